"""Processes that come into each other's way, and those that may not write where they would."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import glovefast
from glovefast.conversion.convert import convert
from glovefast.errors import StoreError
from glovefast.kernels import library
from glovefast.kernels import load as kernels
from glovefast.store import atomic, remains
from glovefast.store.writing import StoreWriter
from glovefast.vectors import load
from tests.helpers.command_line import started
from tests.helpers.files import names_here
from tests.helpers.waiting import line_of, open_for, wait_until
from tests.robustness.test_faults_disk import powerless

ROWS = 20_000
PROCESSES = 8

# Waits until all others are ready, too.
CONVERT = """
import hashlib, sys, glovefast
text, destination, *force = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
store = glovefast.convert(text, destination, overwrite=bool(force))
print(hashlib.sha256((store / "vectors.npy").read_bytes()).hexdigest(), glovefast.__file__)
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]), prepend=os.pathsep)


def write_text(name: str) -> None:
    size = ord(name[0])
    Path(name).write_text("".join(f"{name}{row} {row}.5 {-row / size:.5g}\n" for row in range(ROWS)))


def expected_digest(name: str) -> str:
    store = convert(name, "expected")
    digest = hashlib.sha256((store / "vectors.npy").read_bytes()).hexdigest()
    shutil.rmtree(store)
    return digest


def at_once(
    runs: list[list[str]], start: Sequence[str] = (), **environment: str
) -> list[tuple[int, str, str]]:
    """Start conversions, let them go together, and give their exit codes, outputs and complaints."""
    processes = [
        subprocess.Popen(
            [*start, sys.executable, "-c", CONVERT, *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for arguments in runs
    ]
    for process in processes:
        line_of(process, "ready\n")
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate() for process in processes]
    return [(process.returncode, *texts) for process, texts in zip(processes, said, strict=True)]


def test_eight_processes_on_an_empty_kernel_cache(tmp_path):
    write_text("text.txt")
    ended = at_once(
        [["text.txt", f"made{number}"] for number in range(PROCESSES)],
        GLOVEFAST_CACHE_DIR=str(tmp_path / "cache"),
    )
    assert [code for code, _, _ in ended] == [0] * PROCESSES, ended
    assert {output.split()[0] for _, output, _ in ended} == {expected_digest("text.txt")}
    assert {path.suffix for path in Path("cache").iterdir()} <= {".json", ".so", ".o"}


@pytest.mark.parametrize("force", [[], ["force"]], ids=["kept", "forced"])
def test_conversions_into_one_destination_at_once(force):
    """Without --force one of them comes first, and the others say so; with it the last one stays, whole."""
    texts = ["one.txt", "two.txt", "sea.txt"]
    for name in texts:
        write_text(name)
    digests = {expected_digest(name): name for name in texts}
    for _ in range(3):
        ended = at_once([[name, "made", *force] for name in texts])
        codes = [code for code, _, _ in ended]
        assert sorted(codes) == ([0, 0, 0] if force else [0, 1, 1]), ended
        assert all("made: already exists" in errors for code, _, errors in ended if code)
        made = load("made")
        source = made.metadata.source.name
        assert digests[hashlib.sha256(Path("made/vectors.npy").read_bytes()).hexdigest()] == source
        assert made.words[0].as_py() == f"{source}0"
        assert codes[texts.index(source)] == 0
        assert names_here() == sorted(["made", *texts])
        shutil.rmtree("made")


def test_what_a_living_process_writes_is_not_cleared_away():
    """Another conversion into the same destination comes and goes meanwhile."""
    os.mkfifo("slow.txt")
    process = started("convert", "slow.txt", "-o", "made", "--quiet", "--force", stderr=-1)
    text = b"".join(b"slow%d %d 1\n" % (row, row) for row in range(200_000))
    with open_for(process, "slow.txt") as pipe:
        remaining = memoryview(text)[: len(text) // 2]
        while remaining:
            remaining = remaining[pipe.write(remaining) :]
        wait_until(lambda: list(Path().glob(".made.*.partial/vectors.npy")), process)
        Path("fast.txt").write_bytes(b"fast 1 2\n")
        Path(".made.abcdefgh.partial").mkdir()  # left by one that was killed
        Path(".made.abcdefgh.partial/vectors.npy").touch()
        Path(".made.other.abcdefgh.partial").mkdir()  # of another destination
        Path(".made.abcdefgh.partial.txt").touch()
        assert load(convert("fast.txt", "made")).words.to_pylist() == ["fast"]
        (partial,) = [name for name in names_here() if name.endswith(".partial") and "other" not in name]
        assert partial != ".made.abcdefgh.partial"
        remaining = memoryview(text)[len(text) // 2 :]
        while remaining:
            remaining = remaining[pipe.write(remaining) :]
    assert process.wait() == 0, process.stderr.read()
    process.stderr.close()
    assert len(load("made")) == 200_000
    others = [".made.abcdefgh.partial.txt", ".made.other.abcdefgh.partial"]
    assert names_here() == [*others, "fast.txt", "made", "slow.txt"]


def test_the_name_is_taken_in_the_last_instant(monkeypatch):
    """After all has been looked at, and before the rename."""
    put_in_place = atomic.Partial.put_in_place

    def late(partial, overwrite):
        if not Path("made").exists():
            shutil.copytree("other", "made")
        put_in_place(partial, overwrite)

    Path("other.txt").write_bytes(b"other 1 2\n")
    Path("text.txt").write_bytes(b"text 1 2\n")
    convert("other.txt", "other")
    monkeypatch.setattr(atomic.Partial, "put_in_place", late)
    with pytest.raises(StoreError, match="made: already exists; choose another destination"):
        convert("text.txt", "made")
    assert load("made").words.to_pylist() == ["other"]
    assert names_here() == ["made", "other", "other.txt", "text.txt"]


def test_what_is_no_store_comes_there_meanwhile():
    """It is not replaced, though a store might be."""
    Path("text.txt").write_bytes(b"text 1 2\n")

    def take_the_name(progress):
        Path("made").mkdir(exist_ok=True)
        Path("made/mine").touch()

    with pytest.raises(StoreError, match="made: is not a glovefast store, so it is not replaced"):
        convert("text.txt", "made", overwrite=True, progress=take_the_name)
    assert names_here() == ["made", "text.txt"]
    assert Path("made/mine").is_file()


@pytest.mark.parametrize(("home", "name"), [(atomic.os, "open"), (fcntl, "flock")])
def test_cleared_away_in_the_instant_before_its_lock(tmp_path, monkeypatch, home, name):
    """By another process that cannot tell it from what a killed one left."""
    original, cleared = getattr(home, name), []

    def late(*arguments, **options):
        if not cleared:
            (partial,) = tmp_path.glob(".made.*.partial")
            cleared.append(partial)
            partial.rmdir()
        return original(*arguments, **options)

    monkeypatch.setattr(home, name, late)
    with atomic.Partial(tmp_path / "made") as partial:
        assert partial.path.is_dir()
        assert partial.path not in cleared
    assert len(cleared) == 1
    assert names_here() == []


def test_one_that_clears_away_meets_one_that_begins(tmp_path):
    """Directories that are made, locked and removed while others are cleared: none that is in use is lost."""
    target = tmp_path / "made"
    passes, stopped, passed = 0, False, threading.Condition()

    def clear():
        nonlocal passes, stopped
        try:
            while not stopped:
                remains.clear_remains(target)
                with passed:
                    passes += 1
                    passed.notify_all()
        finally:
            with passed:
                stopped = True
                passed.notify_all()

    with ThreadPoolExecutor(3) as pool:
        clearing = [pool.submit(clear) for _ in range(3)]
        try:
            for _ in range(300):
                with StoreWriter(target, 2) as writer:
                    with passed:  # one of the threads at least goes through the directory from start to end
                        last = passes + 2 * len(clearing)
                        passed.wait_for(lambda last=last: passes >= last or stopped)
                    assert writer.directory.is_dir()
                assert not stopped
        finally:
            stopped = True
            for work in clearing:
                work.result()
    assert names_here() == []


def test_an_install_directory_and_a_cache_that_cannot_be_written(tmp_path):
    """The package is run from a copy, without the superuser's right to write everywhere."""
    write_text("text.txt")
    installed, cache = tmp_path / "installed", tmp_path / "cache"
    shutil.copytree(
        Path(glovefast.__file__).parent, installed / "glovefast", ignore=shutil.ignore_patterns("__pycache__")
    )
    cache.mkdir()
    for path in [installed, *installed.rglob("*"), cache]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = sorted(installed.rglob("*"))
    environment = {
        "PYTHONPATH": str(installed),
        "GLOVEFAST_CACHE_DIR": str(cache),
        "NUMBA_CACHE_DIR": str(cache),
    }
    ((code, output, errors),) = at_once([["text.txt", "made"]], powerless(), **environment)
    for path in [installed, *installed.rglob("*"), cache]:
        path.chmod(0o755)  # so that it can be cleared away
    assert code == 0, errors
    digest, ran = output.split()
    assert (digest, Path(ran).parent.parent) == (expected_digest("text.txt"), installed)
    assert sorted(installed.rglob("*")) == before
    assert list(cache.iterdir()) == []
    if not (kernels.PREPARED.exists() or library.PACKAGED.exists()):
        assert "cannot cache the compiled kernels" in errors
        assert "Permission denied" in errors
        assert "set GLOVEFAST_CACHE_DIR to a writable directory" in errors
