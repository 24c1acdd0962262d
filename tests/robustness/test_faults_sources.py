"""Sources that misbehave: files that change while they are read, pipes that stall, links to nowhere."""

import fcntl
import gzip
import io
import os
import signal
import subprocess
import sys
import termios
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from glovefast.cli import main
from glovefast.conversion.convert import convert
from glovefast.errors import FormatError
from glovefast.parser import chunks
from glovefast.parser.blocks import BlockParser
from glovefast.vectors import load
from tests.helpers.command_line import started
from tests.helpers.files import names_here
from tests.helpers.waiting import PATIENCE, open_for, wait_until, written

ROWS = b"".join(b"word%d %d 0.5\n" % (row, row) for row in range(1000))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def meanwhile(monkeypatch):
    """Do something once, while the first of many chunks is parsed."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1000)

    def do(action):
        parse, done, lock = BlockParser.parse, [], threading.Lock()

        def parse_after(parser, buffer):
            with lock:  # the workers come here side by side
                if not done:
                    done.append(action())
            return parse(parser, buffer)

        monkeypatch.setattr(BlockParser, "parse", parse_after)

    return do


def write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", ROWS)


WRITERS = {
    "text.txt": lambda path: path.write_bytes(ROWS),
    "text.txt.gz": lambda path: path.write_bytes(gzip.compress(ROWS)),
    "text.zip": write_zip,
}


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more 1 2\n")


def rewrite(path: Path) -> None:
    """As many bytes, and they may even be the same: what was read before and after may not fit together."""
    data, before = path.read_bytes(), path.stat()
    with path.open("r+b") as file:
        file.write(data)
    # A file's times advance in steps of some milliseconds, and not all of them have passed.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000_000))


CHANGES = {
    "grows": (append, "bytes when it was opened, and has"),
    "shrinks": (lambda path: os.truncate(path, 40), "bytes when it was opened, and has 40"),
    "is emptied": (lambda path: os.truncate(path, 0), "bytes when it was opened, and has 0"),
    "is rewritten": (rewrite, "it was written to after it was opened"),
}


@pytest.mark.parametrize("on_bad_row", ["raise", "skip"])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_changes_while_it_is_read(meanwhile, name, change, on_bad_row, replaced):
    path = Path(name)
    WRITERS[name](path)
    if replaced:
        convert(io.BytesIO(b"rook 5 6\n"), "made")
    before = names_here()
    action, reason = CHANGES[change]
    meanwhile(lambda: action(path))
    with pytest.raises(FormatError, match=f"{name}.*: changed while it was read: .*{reason}"):
        convert(path, "made", on_bad_row=on_bad_row, overwrite=replaced)
    assert names_here() == before
    if replaced:
        assert load("made").words.to_pylist() == ["rook"]


def test_a_file_object_or_standard_input_that_changes(meanwhile, monkeypatch):
    path = Path("text.txt")
    for source in ("object", "-"):
        path.write_bytes(ROWS)
        meanwhile(lambda: append(path))
        with path.open("rb") as file, monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(file))
            with pytest.raises(FormatError, match="changed while it was read"):
                convert(file if source == "object" else "-", "made")
    assert names_here() == ["text.txt"]


def test_a_file_that_is_replaced_whole_is_the_old_one(meanwhile):
    """As glovefast itself and careful programs do it; what was opened is still there."""
    path = Path("text.txt")
    path.write_bytes(ROWS)
    Path("other.txt").write_bytes(b"rook 5 6\n")
    meanwhile(lambda: Path("other.txt").replace(path))
    assert len(load(convert(path))) == 1000


def test_a_directory(capfd):
    Path("folder").mkdir()
    assert main(["convert", "folder"]) == 1
    assert capfd.readouterr().err == (
        "glovefast: error: folder: is a directory; pass the embedding text file in it\n"
    )
    assert names_here() == ["folder"]


def test_links():
    Path("disk").mkdir()
    Path("disk/text.txt").write_bytes(ROWS)
    Path("link.txt").symlink_to("disk/text.txt")
    Path("link_to_link.txt").symlink_to("link.txt")
    assert convert("link_to_link.txt") == Path("link_to_link.glovefast")  # named after what the user named
    assert len(load("link_to_link.glovefast")) == 1000
    Path("link_to_folder.txt").symlink_to("disk")
    with pytest.raises(FormatError, match="is a directory"):
        convert("link_to_folder.txt")


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("nowhere.txt", "No such file or directory; check the path"),
        ("link.txt", "Too many levels of symbolic links"),
    ],
)
def test_links_to_nowhere_and_to_themselves(capfd, target, complaint):
    Path("link.txt").symlink_to(target)
    assert main(["convert", "link.txt"]) == 1
    assert capfd.readouterr().err == f"glovefast: error: link.txt: {complaint}\n"
    assert names_here() == ["link.txt"]


def test_a_link_to_a_pipe():
    os.mkfifo("pipe")
    Path("link.txt").symlink_to("pipe")
    with written("pipe", ROWS):
        assert len(load(convert("link.txt", "made"))) == 1000


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_devices(device):
    with pytest.raises(FormatError, match=r"is empty|is a binary file"):
        convert(device, "made")
    assert names_here() == []


@contextmanager
def killed_if_it_stays(process: subprocess.Popen) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()


def wait_for_workers(process: subprocess.Popen, pipe: io.RawIOBase) -> None:
    """Wait until the command has a first chunk, and has taken from the pipe all that was written."""
    wait_until(lambda: list(Path().glob(".made.*.partial/vectors.npy")), process)
    wait_until(lambda: fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)) == bytes(4), process)


MANY_ROWS = ROWS * (2 * chunks.CHUNK_BYTES // len(ROWS))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("way", ["a named pipe", "standard input", "gzip on standard input"])
@pytest.mark.parametrize("replaced", [False, True])
def test_an_interrupt_while_the_writer_stalls(number, way, replaced):
    if replaced:
        convert(io.BytesIO(b"rook 5 6\n"), "made")
    os.mkfifo("pipe")
    before = names_here()
    options = ["--force"] if replaced else []
    if way == "a named pipe":
        process = started("convert", "pipe", "-o", "made", *options, stderr=-1)
        pipe = open_for(process, "pipe")
    else:
        process = started("convert", "-", "-o", "made", *options, stdin=-1, stderr=-1)
        pipe = process.stdin
    data = MANY_ROWS
    if way.startswith("gzip"):
        data = gzip.compress(b"".join(os.urandom(12).hex().encode() + b" 1 2\n" for _ in range(200_000)))[:-9]
    pipe.write(data)
    pipe.flush()
    wait_for_workers(process, pipe)
    process.send_signal(number)
    with killed_if_it_stays(process):  # the pipe is still open
        assert process.wait(PATIENCE) == 128 + number
    assert process.stderr.read() == b"glovefast: interrupted\n"
    assert names_here() == before
    if replaced:
        assert load("made").words.to_pylist() == ["rook"]
    process.stdin = None
    pipe.close()


INTERRUPTED_AFTER_SUBMIT = """
import os, signal, sys
from glovefast.cli import main
from glovefast.threads import Workers

name, submit = sys.argv[1], Workers.submit

def interrupted(pool, work, *arguments):
    future = submit(pool, work, *arguments)
    if work.__name__ == name:
        os.kill(os.getpid(), signal.SIGINT)
    return future

Workers.submit = interrupted
sys.exit(main(["convert", "pipe", "-o", "made"]))
"""


def write_as_far_as_possible(pipe: io.RawIOBase, data: bytes) -> None:
    with suppress(OSError, ValueError):  # the reader has gone, or the test has closed it
        pipe.write(data)


@pytest.mark.parametrize("work", ["work", "_flush"])
def test_an_interrupt_right_after_a_thread_is_started(work):
    os.mkfifo("pipe")
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED_AFTER_SUBMIT, work], stderr=subprocess.PIPE)
    with killed_if_it_stays(process):
        with open_for(process, "pipe") as pipe:  # stays open: the writer stalls
            # Nobody may read it any more, so it is written beside.
            threading.Thread(target=write_as_far_as_possible, args=(pipe, MANY_ROWS), daemon=True).start()
            assert process.wait(PATIENCE) == 130
        assert process.communicate()[1] == b"glovefast: interrupted\n"
        assert names_here() == ["pipe"]


@pytest.mark.parametrize("handed_over", ["buffered", "raw", "popen"])
def test_no_more_is_waited_for_than_is_wanted(handed_over):
    """The limit is reached, or a row is bad, and the writer still keeps its end open."""
    for data, options in ((MANY_ROWS, {"limit": 10}), (ROWS + b"bad\n" + MANY_ROWS, {})):
        if handed_over == "popen":
            echo = "import sys, time; sys.stdout.buffer.write(sys.stdin.buffer.read()); "
            program = f"{echo}sys.stdout.flush(); time.sleep({PATIENCE})"
            process = subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1)
            process.stdin.write(data)
            process.stdin.close()
            source, stop = process.stdout, process.kill
            keeps_open = lambda process=process: process.poll() is None  # noqa: E731
        else:
            reading, writing = os.pipe()
            source = os.fdopen(reading, "rb", buffering=0 if handed_over == "raw" else -1)
            alarm = threading.Timer(PATIENCE, os.close, [writing])
            alarm.daemon = True
            writer = threading.Thread(target=write_all, args=[writing, data], daemon=True)
            writer.start()
            alarm.start()
            stop, keeps_open = alarm.cancel, alarm.is_alive
        if options:
            assert len(load(convert(source, "made", threads=2, overwrite=True, **options))) == 10
        else:
            with pytest.raises(FormatError, match="'bad'"):
                convert(source, "made", threads=2, overwrite=True)
        assert keeps_open()  # the writer, still
        stop()
        source.close()
        if handed_over == "popen":
            process.wait()
        else:
            writer.join()
            os.close(writing)


def write_all(number: int, data: bytes) -> None:
    remaining = memoryview(data)
    try:
        while remaining:
            remaining = remaining[os.write(number, remaining) :]
    except BrokenPipeError:  # nobody wants the rest
        pass
