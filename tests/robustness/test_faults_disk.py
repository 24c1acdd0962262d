"""Destinations that misbehave: full and read-only disks, limits, folders that may not be written to."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from glovefast.conversion.convert import convert
from glovefast.kernels import library
from glovefast.kernels import load as kernels
from glovefast.store import atomic

ROWS = b"".join(b"word%d %d.25 -%d 7\n" % (row, row, row) for row in range(20_000))
OLD = b"old 1 2 3\n"

# Converts, and shows the exit code, what is in the folder, and the store's numbers where one is there.
PROGRAM = """
import json, os, pathlib, resource, sys
folder, limit, *arguments = sys.argv[1:]
from glovefast.cli import main
from tests.robustness.killing import contents
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
code = main(arguments)
store = pathlib.Path(folder, "made.glovefast")
is_old = store.exists() and contents(store) == contents(pathlib.Path(folder).parent / "old.glovefast")
is_new = store.exists() and contents(store) == contents(pathlib.Path(folder).parent / "new.glovefast")
print(json.dumps([code, sorted(os.listdir(folder)), is_old, is_new]))
"""
MOUNT = 'mount -t tmpfs -o "$0" none "$1"; shift; exec "$@"'
MOUNT_AND_COPY = 'mount -t tmpfs -o "$0" none "$1"; cp -r "$2" "$1/made.glovefast"; shift 2; exec "$@"'
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"; exec "$@"'
NAMESPACE = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty folder; beside it the text, and what the old and the new store are like."""
    (tmp_path / "text.txt").write_bytes(ROWS)
    (tmp_path / "old.txt").write_bytes(OLD)
    convert(tmp_path / "text.txt", tmp_path / "new.glovefast")
    convert(tmp_path / "old.txt", tmp_path / "old.glovefast")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]), prepend=os.pathsep)
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


def conversion(folder: Path, limit: int, *options: str) -> list[str]:
    arguments = ["convert", str(folder.parent / "text.txt"), "-o", str(folder / "made.glovefast"), *options]
    return [sys.executable, "-c", PROGRAM, str(folder), str(limit), *arguments]


def outcome(command: list[str]) -> tuple[int, list[str], bool, bool, str]:
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return *json.loads(run.stdout.splitlines()[-1]), run.stderr


def in_namespace(script: str, *arguments: str) -> list[str]:
    """Mount something that only one process and its children see."""
    if shutil.which("unshare") is None or subprocess.run([*NAMESPACE, "true"], check=False).returncode:
        pytest.skip("this process may not mount anything")
    return [*NAMESPACE, "sh", "-c", script, *arguments]


def pages(store: Path) -> int:
    """Count what a store takes in memory, in pages of 4096 bytes."""
    return sum(-(-file.stat().st_size // 4096) for file in store.iterdir())


@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize("share", [0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_full_disk(folder, replaced, share):
    """At whatever file the disk is full: one line says so, and nothing has changed."""
    old = folder.parent / "old.glovefast"
    room = max(1, int(pages(folder.parent / "new.glovefast") * share)) + (pages(old) if replaced else 0)
    size = f"size={room * 4096}"
    if replaced:
        start = in_namespace(MOUNT_AND_COPY, size, str(folder), str(old))
    else:
        start = in_namespace(MOUNT, size, str(folder))
    code, names, is_old, _, errors = outcome([*start, *conversion(folder, 0, "--force", "--quiet")])
    made = folder / "made.glovefast"
    assert (code, names, is_old) == (1, ["made.glovefast"] if replaced else [], replaced)
    advice = "No space left on device; free some space, or write to another disk"
    assert errors == f"glovefast: error: {made}: {advice}\n"


@pytest.mark.parametrize("inodes", [1, 2, 3, 4, 5])
def test_a_disk_that_takes_no_more_files(folder, inodes):
    start = in_namespace(MOUNT, f"size=64m,nr_inodes={inodes}", str(folder))
    code, names, _, _, errors = outcome([*start, *conversion(folder, 0, "--quiet")])
    assert (code, names) == (1, [])
    assert "No space left on device; free some space" in errors
    assert str(folder) in errors


@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_a_limit_to_the_size_of_files(folder, replaced, share):
    """As `ulimit -f` sets it; the largest file is the index or the vectors."""
    if replaced:
        shutil.copytree(folder.parent / "old.glovefast", folder / "made.glovefast")
    largest = max(file.stat().st_size for file in (folder.parent / "new.glovefast").iterdir())
    command = conversion(folder, int(largest * share), "--force", "--quiet")
    code, names, is_old, _, errors = outcome(command)
    assert (code, names, is_old) == (1, ["made.glovefast"] if replaced else [], replaced)
    assert errors == f"glovefast: error: {folder / 'made.glovefast'}: File too large\n"


@pytest.mark.parametrize("replaced", [False, True])
def test_a_read_only_disk(folder, replaced):
    if replaced:
        shutil.copytree(folder.parent / "old.glovefast", folder / "made.glovefast")
    start = in_namespace(READ_ONLY, str(folder))
    code, names, is_old, _, errors = outcome([*start, *conversion(folder, 0, "--force", "--quiet")])
    assert (code, names, is_old) == (1, ["made.glovefast"] if replaced else [], replaced)
    advice = "Read-only file system; choose another destination (destination, -o)"
    assert errors == f"glovefast: error: {folder}: {advice}\n"


def powerless() -> list[str]:
    """Start a command without the superuser's right to write everywhere."""
    if os.geteuid() != 0:
        return []
    if (
        shutil.which("unshare") is None
        or subprocess.run(["unshare", "--user", "true"], check=False).returncode
    ):
        pytest.skip("the superuser writes everywhere, and this one cannot do without")
    return ["unshare", "--user"]


@pytest.mark.parametrize("replaced", [False, True])
def test_a_folder_that_may_not_be_written_to(folder, replaced):
    if replaced:
        shutil.copytree(folder.parent / "old.glovefast", folder / "made.glovefast")
    folder.chmod(0o555)
    command = [*powerless(), *conversion(folder, 0, "--force", "--quiet")]
    code, names, is_old, _, errors = outcome(command)
    assert (code, names, is_old) == (1, ["made.glovefast"] if replaced else [], replaced)
    advice = "Permission denied; choose another destination (destination, -o)"
    assert errors == f"glovefast: error: {folder}: {advice}\n"


def test_what_is_there_is_kept_unless_it_may_be_replaced(folder):
    shutil.copytree(folder.parent / "old.glovefast", folder / "made.glovefast")
    code, names, is_old, _, errors = outcome(conversion(folder, 0, "--quiet"))
    assert (code, names, is_old) == (1, ["made.glovefast"], True)
    assert "already exists; choose another destination, or replace it (overwrite=True, --force)" in errors
    code, names, _, is_new, errors = outcome(conversion(folder, 0, "--quiet", "--force"))
    assert (code, names, is_new, errors) == (0, ["made.glovefast"], True, "")


def test_a_full_disk_under_the_kernel_cache(folder, tmp_path, monkeypatch):
    """What cannot be kept is made anew, and leaves nothing half-written to be found by the next."""
    if kernels.PREPARED.exists() or library.PACKAGED.exists():
        pytest.skip("the kernels were prepared")
    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setenv("GLOVEFAST_CACHE_DIR", str(cache))
    start = in_namespace(
        'mount -t tmpfs -o "$0" none "$1"; shift; "$@"; ls -A "$CACHE" >&2', "size=16k", str(cache)
    )
    monkeypatch.setenv("CACHE", str(cache))
    code, names, _, is_new, errors = outcome([*start, *conversion(folder, 0, "--quiet")])
    assert (code, names, is_new) == (0, ["made.glovefast"], True)
    warning, *left = errors.splitlines()
    assert "cannot cache" in warning
    assert "No space left on device" in warning
    assert "set GLOVEFAST_CACHE_DIR to a writable directory" in warning
    assert all(name.startswith("kernel") for name in left)  # what there was room for, whole


@pytest.mark.parametrize("replaced", [False, True])
def test_all_is_on_the_disk_before_the_rename(folder, monkeypatch, replaced):
    """Each file of the store and the directory that names them; and after it, the directory around."""
    made = folder / "made.glovefast"
    if replaced:
        shutil.copytree(folder.parent / "old.glovefast", made)
    synced, put_in_place, fsync = [], atomic.Partial._take_name, os.fsync
    checked = []

    def take_name(partial, overwrite):
        files = [partial.path, *partial.path.iterdir()]
        checked.append({path.stat().st_ino for path in files} <= set(synced))
        checked.append(len(files) == 5)
        synced.clear()
        return put_in_place(partial, overwrite)

    def recorded(number):
        synced.append(os.fstat(number).st_ino)
        fsync(number)

    monkeypatch.setattr(atomic.Partial, "_take_name", take_name)
    monkeypatch.setattr(os, "fsync", recorded)
    convert(folder.parent / "text.txt", made, overwrite=True)
    assert checked == [True, True]
    assert synced == [folder.stat().st_ino]
