"""``glovefast fetch`` and ``glovefast cache``: what they print, keep and remove."""

import fcntl
import inspect
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import glovefast
from glovefast.cli import commands
from glovefast.sources import attempts
from glovefast.sources.published import published
from tests.helpers.command_line import TEXT, started
from tests.helpers.containers import zipped
from tests.helpers.waiting import PATIENCE, wait_until
from tests.helpers.web_server import cut_after, serving
from tests.robustness.test_faults_disk import in_namespace

DATA = TEXT.encode()
LONG = b"".join(b"word%d %d.25 -%d 7\n" % (row, row, row) for row in range(20_000))


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(attempts, "_FIRST_WAIT", 0.0)


@pytest.fixture(autouse=True, scope="module")
def compiled(tmp_path_factory):
    """Convert once, so that no test's command says that it compiles the kernels."""
    path = tmp_path_factory.mktemp("first") / "small.txt"
    path.write_bytes(DATA + b"bad\n")
    glovefast.convert(path, on_bad_row="skip")


@pytest.fixture
def fetch(run):
    """Run a command with a cache of the test's own."""
    return lambda command, *arguments: run(command, *arguments, "--cache-dir", "cache")


def left(cache: Path = Path("cache")) -> list[str]:
    return sorted(str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file())


def test_a_file_is_converted_once(fetch):
    code, output, errors = fetch("fetch", "small.2d.txt")
    store = next(Path("cache/stores").glob("*.glovefast"))
    assert (code, errors) == (0, "")
    assert output.startswith(f"Converted 3 × 2 vectors to {store} in ")
    assert output.endswith(f'Next, in Python: glovefast.load("{store}")\n')
    code, output, errors = fetch("fetch", "small.2d.txt")
    assert (code, errors) == (0, "")
    assert output.startswith(f"Already in the cache: {store}\n")
    assert fetch("fetch", "small.2d.txt", "--quiet") == (0, "", "")
    result = json.loads(fetch("fetch", "small.2d.txt", "--json")[1])
    assert (result["destination"], result["rows"], result["is_new"]) == (str(store), 3, False)
    assert len(glovefast.from_pretrained("small.2d.txt", cache_dir="cache")) == 3


def test_a_store_stays_where_it_is(fetch):
    store = glovefast.convert("small.2d.txt", "s")
    code, output, _ = fetch("fetch", "s")
    assert code == 0
    assert output == 'Already a store: s\nNext, in Python: glovefast.load("s")\n'
    (store / "index.arrow").unlink()
    code, output, errors = fetch("fetch", "s")
    assert (code, output) == (1, "")
    assert errors.startswith("glovefast: error: s: the store is damaged: ")


def test_the_next_line_in_python(run, monkeypatch, tmp_path):
    monkeypatch.setattr("glovefast.conversion.cache.cache_directory", lambda: tmp_path / "cache")
    assert run("fetch", "small.2d.txt")[1].endswith('glovefast.from_pretrained("small.2d.txt")\n')
    assert "glovefast.load(" in run("fetch", "small.2d.txt", "--limit", "2")[1]


def test_a_destination(fetch):
    with serving({"/v.zip": zipped({"small.2d.txt": DATA})}) as web:
        address = f"{web.address}/v.zip"
        code, output, errors = fetch("fetch", address, "-o", "made.glovefast")
        assert (code, errors) == (0, "")
        assert 'glovefast.load("made.glovefast")' in output
        assert not Path("cache/stores").exists() or left() == []
        code, _, errors = fetch("fetch", address, "-o", "made.glovefast")
        assert code == 1
        assert "made.glovefast: already exists" in errors
        assert fetch("fetch", address, "-o", "made.glovefast", "--force")[0] == 0
        Path("folder").mkdir()
        assert fetch("fetch", address)[0] == 0
        web.forget()
        code, output, _ = fetch("fetch", address, "-o", "folder")
        assert (code, web.requests) == (0, [])
        assert output.startswith("Copied from the cache to folder/v.glovefast\n")
        assert glovefast.verify("folder/v.glovefast").ok
        assert fetch("fetch", address, "-o", "folder", "--force", "--refresh")[0] == 0
        assert web.requests


@pytest.mark.parametrize("ranges", [True, False])
def test_the_bytes_are_those_of_the_text(fetch, ranges):
    """As for `convert`: also where the archive comes as a whole, and its progress is shown before."""
    with serving({"/v.zip": zipped({"long.txt": LONG})}, ranges=ranges) as web:
        code, output, _ = fetch("fetch", f"{web.address}/v.zip", "--json")
    assert (code, json.loads(output)["bytes_read"]) == (0, len(LONG))


def test_options_of_convert(fetch):
    Path("words.txt").write_bytes(b"KING\n")
    code, output, _ = fetch("fetch", "small.2d.txt", "--words", "words.txt", "--fallback", "lower", "--json")
    assert (code, json.loads(output)["rows"]) == (0, 1)
    assert fetch("fetch", "small.2d.txt", "--fallback", "lower")[0] == 2
    assert fetch("fetch", "small.2d.txt", "--encoding", "utf-16")[0] == 2


def test_the_options_are_those_of_the_function():
    of_the_function = set(inspect.signature(glovefast.from_pretrained).parameters) - {"progress"}
    of_the_command = {each.name for each in commands.fetch.params}
    own = {"lists", "destination", "overwrite", "quiet", "as_json"}
    assert of_the_command == (of_the_function - {"words"}) | {"words_file"} | own


@pytest.mark.parametrize(
    "arguments",
    [
        ["fetch"],
        ["fetch", ""],
        ["fetch", "small.2d.txt", "--force"],
        ["fetch", "--list", "glove.6B.50d"],
    ],
)
def test_wrong_usage(run, arguments):
    code, output, errors = run(*arguments)
    assert (code, output) == (2, "")
    assert "Usage: glovefast fetch" in errors


def test_the_list(run):
    code, output, errors = run("fetch", "--list")
    lines = output.splitlines()
    assert (code, errors) == (0, "")
    assert lines[0].split() == ["name", "rows", "dim", "licence", "file"]
    assert [line.split()[0] for line in lines[1 : 1 + len(published())]] == list(published())
    assert "glove.6B.100d *" in output
    assert lines[-1] == "* not yet downloaded from its real server by any release of glovefast"
    listed = json.loads(run("fetch", "--list", "--json")[1])["published"]
    assert listed[0]["addresses"][1] == "https://nlp.stanford.edu/data/wordvecs/glove.6B.zip"
    assert listed[0]["md5"] == "0fac3659c38a4c0e9432fe603de60b12"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "the server answers 404 Not Found; check the address"),
        (b"<html><body>Log in</body></html>", "is an HTML page, not embedding text; the server sent"),
        (zipped({"v.txt": DATA})[:-30], "is a truncated or damaged zip archive"),
        (DATA + b"bad\n", "expected 2 numbers"),
    ],
)
def test_what_goes_wrong_is_one_line(fetch, data, said):
    with serving({} if data is None else {"/v.txt": data}) as web:
        code, output, errors = fetch("fetch", f"{web.address}/v.txt")
    assert (code, output) == (1, "")
    assert errors.startswith(f"glovefast: error: {web.address}/v.txt")
    assert said in errors
    assert errors.count("\n") == 1
    assert left() == []


def test_without_a_network(fetch):
    with serving({}) as web:
        pass
    code, output, errors = fetch("fetch", f"{web.address}/v.txt")
    assert (code, output) == (1, "")
    assert errors.startswith(f"glovefast: error: {web.address}/v.txt: cannot reach localhost (")
    assert errors.endswith("on another one and put it here: cache/files/localhost/v.txt\n")
    assert errors.count("\n") == 1
    assert left() == []


def test_names_that_nobody_published(fetch):
    code, _, errors = fetch("fetch", "glove.6B.1000d")
    assert code == 1
    assert errors == (
        "glovefast: error: glove.6B.1000d: No such file or directory, "
        "and no published vectors have this name; did you mean glove.6B.100d?\n"
    )


def test_the_cache(fetch):
    assert fetch("cache") == (0, "cache: no stores\n", "")
    with serving({"/v.zip": zipped({"a.2d.txt": DATA, "b.2d.txt": DATA})}) as web:
        fetch("fetch", f"{web.address}/v.zip", "--member", "b.2d.txt", "--limit", "2")
    fetch("fetch", "small.2d.txt")
    code, output, _ = fetch("cache")
    lines = output.splitlines()
    assert code == 0
    assert lines[0].startswith("cache/stores: 2 stores, ")
    assert f"{web.address}/v.zip!b.2d.txt" in output
    assert "limit=2" in output
    assert str(Path("small.2d.txt").absolute()) in output
    listed = json.loads(fetch("cache", "--json")[1])["stores"]
    assert [each["options"] for each in listed] == [{"limit": 2}, {}]
    assert all(each["bytes"] > 2000 and each["last_used"] for each in listed)


def test_the_last_use(fetch):
    fetch("fetch", "small.2d.txt")
    note = next(Path("cache/stores").glob("*.json"))
    os.utime(note, (0, 0))
    assert "1970-01-01 00:00:00" in fetch("cache")[1]
    glovefast.from_pretrained("small.2d.txt", cache_dir="cache")
    assert "1970" not in fetch("cache")[1]


def test_clearing_removes_only_what_is_ours(fetch):
    fetch("fetch", "small.2d.txt")
    fetch("fetch", "small.2d.txt", "--limit", "1")
    mine = ["files/v.zip", "kernels.so", "stores/notes.txt", "stores/mine.glovefast/metadata.json"]
    for name in mine:
        path = Path("cache", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")
    code, output, errors = fetch("cache", "--clear")
    assert (code, errors) == (0, "")
    assert output.startswith("Removed 2 stores from cache (")
    assert left() == sorted(mine)
    assert json.loads(fetch("cache", "--clear", "--json")[1])["bytes_freed"] == 0


def test_clearing_removes_what_killed_processes_left(fetch):
    """A conversion that never came to its store, the note of one, and a lock alone."""
    fetch("fetch", "small.2d.txt")
    store = next(Path("cache/stores").glob("*.glovefast"))
    left_behind = store.with_name(f".{store.name}.0123abcd.partial")
    store.rename(left_behind)
    note = store.with_suffix(".json")
    note_behind = note.with_name(f".{note.name}.0123abcd.partial")
    note_behind.mkdir()
    (note_behind / note.name).write_bytes(b"{")
    size = sum(file.stat().st_size for file in left_behind.iterdir())
    (listed,) = json.loads(fetch("cache", "--json")[1])["stores"]
    assert (listed["bytes"], listed["unfinished_bytes"]) == (0, size)
    assert " so far " in fetch("cache")[1]
    assert json.loads(fetch("cache", "--clear", "--json")[1])["bytes_freed"] == size
    assert left() == []
    Path("cache/stores", f"{store.stem}.lock").touch()
    assert fetch("cache")[1] == "cache: no stores\n"
    assert fetch("cache", "--clear")[1] == "Removed 0 stores from cache (0 bytes)\n"
    assert left() == []


def test_one_source_or_store_is_removed(fetch):
    """All stores of a source, or one of them by the name of its file."""
    for options in ([], ["--limit", "1"], ["--limit", "2"]):
        fetch("fetch", "small.2d.txt", *options)
    Path("other.txt").write_bytes(b"a 1 2\n")
    fetch("fetch", "other.txt")
    stores = json.loads(fetch("cache", "--json")[1])["stores"]
    (limited,) = (each for each in stores if each["options"] == {"limit": 1})
    name = Path(limited["store"]).name
    code, output, errors = fetch("cache", "--remove", name)
    assert (code, errors) == (0, "")
    assert output.startswith("Removed 1 store from cache (")
    assert name not in fetch("cache")[1]
    removed = json.loads(fetch("cache", "--remove", limited["source"], "--json")[1])
    assert removed["busy"] == []
    (kept,) = json.loads(fetch("cache", "--json")[1])["stores"]
    assert kept["source"].endswith("other.txt")
    assert removed["bytes_freed"] == sum(each["bytes"] for each in stores) - limited["bytes"] - kept["bytes"]


def test_a_store_that_is_not_there_is_not_removed(fetch):
    """Nor is any other one."""
    fetch("fetch", "small.2d.txt")
    before = left()
    source = json.loads(fetch("cache", "--json")[1])["stores"][0]["source"]
    code, output, errors = fetch("cache", "--remove", source, "--remove", "glove.6B.50d")
    assert (code, output) == (1, "")
    assert errors == (
        "glovefast: error: glove.6B.50d: no store of this name or source is in cache; list them with: "
        "glovefast cache\n"
    )
    assert fetch("cache", "--remove", source, "--clear")[0] == 2
    assert left() == before


def test_clearing_leaves_open_stores_usable(fetch):
    fetch("fetch", "small.2d.txt")
    vectors = glovefast.from_pretrained("small.2d.txt", cache_dir="cache")
    fetch("cache", "--clear")
    assert vectors["king"].tolist() == [4, 5]
    assert glovefast.from_pretrained("small.2d.txt", cache_dir="cache")["king"].tolist() == [4, 5]


def test_clearing_leaves_a_link_alone(fetch):
    fetch("fetch", "small.2d.txt")
    store = next(Path("cache/stores").glob("*.glovefast"))
    store.rename("elsewhere.glovefast")
    store.symlink_to(Path("elsewhere.glovefast").resolve())
    fetch("cache", "--clear")
    assert len(glovefast.load("elsewhere.glovefast")) == 3


def test_clearing_leaves_what_is_being_made(fetch):
    fetch("fetch", "small.2d.txt")
    before = left()
    with next(Path("cache/stores").glob("*.lock")).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, output, errors = fetch("cache", "--clear")
    assert (code, output) == (0, "Removed 0 stores from cache (0 bytes)\n")
    assert errors.endswith("is kept: another process is making it\n")
    assert left() == before


def test_an_interrupt_keeps_what_came(tmp_path, command_directory):
    """The next run goes on; the list shows it until then."""
    half, released = len(LONG) // 2, threading.Event()

    def stop_halfway(handler):
        data = web.body(handler)
        web.send(handler, data[: half - 4096])
        released.wait(PATIENCE)
        handler.close_connection = True

    def come_so_far() -> bool:
        return sum(path.stat().st_size for path in Path("cache").glob("downloads/*/0.part")) == half

    with serving({"/v.txt": LONG}, faults=[None, stop_halfway]) as web:
        arguments = ["fetch", f"{web.address}/v.txt", "--cache-dir", "cache"]
        process = started(*arguments, stderr=subprocess.PIPE, text=True)
        wait_until(come_so_far, process)
        process.send_signal(signal.SIGINT)
        assert process.communicate()[1] == "glovefast: interrupted\n"
        assert process.returncode == 130
        released.set()
        listed = started("cache", "--cache-dir", "cache", stdout=subprocess.PIPE, text=True).communicate()[0]
        assert "so far" in listed
        web.forget()
        assert started(*arguments, stdout=subprocess.DEVNULL).wait() == 0
        assert web.sent == len(LONG) - half + 1


def test_a_lost_connection_keeps_what_came(fetch):
    with serving({"/v.txt": LONG}, faults=[None, cut_after(100_000), *[cut_after(0)] * 9]) as web:
        code, _, errors = fetch("fetch", f"{web.address}/v.txt")
        assert code == 1
        assert errors.splitlines()[-1].endswith("; try again later; the download continues where it stopped")
        web.faults.clear()
        web.forget()
        assert fetch("fetch", f"{web.address}/v.txt")[0] == 0
        assert web.sent == len(LONG) - 104_096 + 1


ROOT = Path(__file__).parents[2]
MOUNT_READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"; exec "$@"'
MOUNT_SMALL = 'mount -t tmpfs -o "$0" none "$1"; shift; "$@"; code=$?; find cache -type f >&2; exit $code'


def test_a_read_only_cache(fetch, monkeypatch):
    """What is there opens; what is not, cannot be made."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    assert fetch("fetch", "small.2d.txt")[0] == 0
    glovefast_here = [sys.executable, "-m", "glovefast", "fetch", "--cache-dir", "cache"]
    command = in_namespace(MOUNT_READ_ONLY, "cache", *glovefast_here, "small.2d.txt", "--limit", "1")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith(
        "Read-only file system; choose another cache directory "
        "(cache_dir=, --cache-dir, GLOVEFAST_CACHE_DIR)\n"
    )
    assert done.stderr.count("\n") == 1
    program = "import glovefast; print(len(glovefast.from_pretrained('small.2d.txt', cache_dir='cache')))"
    command = in_namespace(MOUNT_READ_ONLY, "cache", sys.executable, "-c", program)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("3\n", "")


@pytest.mark.parametrize("pages", [8, 60, 120, 200])
def test_a_full_disk(command_directory, monkeypatch, pages):
    """Whether there is no room for the file or for the store: nothing is left."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    Path("cache").mkdir()
    with serving({"/v.txt": LONG}) as web:
        program = [sys.executable, "-m", "glovefast", "fetch", "--cache-dir", "cache", f"{web.address}/v.txt"]
        command = in_namespace(MOUNT_SMALL, f"size={pages * 4096}", "cache", *program)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert done.stderr.count("\n") == 1
    assert shutil.disk_usage("cache").free
