"""An interrupt while a pipe stalls ends a conversion at once, and leaves nothing behind."""

import gzip
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

from glovefast.conversion import chunk_queue, pipeline
from glovefast.conversion.convert import convert
from glovefast.parser import chunks
from glovefast.sources import compression, files_and_pipes, source, streams
from tests.helpers.files import names_here
from tests.helpers.waiting import PATIENCE, written

ROWS = b"".join(b"word%d %d 0.5\n" % (row, row) for row in range(1000))
WRITES = {"text": lambda data: data, "gzip": lambda data: gzip.compress(data)[:-8]}
FILES = {module.__file__ for module in (pipeline, chunk_queue, source, streams, compression, files_and_pipes)}
# Between a `with` and its lock no signal is handled, but a line is traced.
SPARED = {"stop"}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1000)


class StalledPipe:
    """A named pipe whose writer writes some text, and then neither writes nor closes its end."""

    def __init__(self, data: bytes) -> None:
        os.mkfifo("pipe")
        self._data = data
        self._enough = threading.Event()
        self._writer = ExitStack()
        self.has_hung = False

    def __enter__(self) -> "StalledPipe":
        self._writer.enter_context(written("pipe", self._write))
        return self

    def __exit__(self, *error: object) -> None:
        self._enough.set()
        self._writer.close()
        Path("pipe").unlink()

    def _write(self, file: IO[bytes]) -> None:
        file.write(self._data)
        file.flush()  # a conversion that waits for more until the end of patience has hung
        self.has_hung = not self._enough.wait(PATIENCE)


@pytest.mark.parametrize("way", WRITES)
@pytest.mark.parametrize("submitted", [1, 2, 3, 4])
def test_an_interrupt_right_behind_the_start_of_a_worker(monkeypatch, way, submitted):
    """The thread that hands rows to the disk starts first, then three that read."""
    submit, started = ThreadPoolExecutor.submit, []

    def interrupted(pool, function, /, *arguments):
        future = submit(pool, function, *arguments)
        started.append(future)
        if len(started) == submitted:
            raise KeyboardInterrupt
        return future

    monkeypatch.setattr(ThreadPoolExecutor, "submit", interrupted)
    with StalledPipe(WRITES[way](ROWS)) as pipe, pytest.raises(KeyboardInterrupt):
        convert("pipe", "made", threads=3)
    assert not pipe.has_hung
    assert names_here() == []
    assert len(started) == submitted


class Interrupting:
    """Raise KeyboardInterrupt in the main thread at one of the lines of `FILES`, counted from the first."""

    def __init__(self, line: int) -> None:
        self.left = line

    def __call__(self, frame, event, argument):
        code = frame.f_code
        if code.co_filename not in FILES or code.co_name in SPARED:
            return None if event == "call" else self
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a file between two lines
@pytest.mark.parametrize("way", WRITES)
def test_an_interrupt_at_every_line(monkeypatch, way):
    """From the first read to the moment when the main thread waits for the workers."""
    data = WRITES[way](ROWS)
    interrupted = []

    def waiting(*arguments):
        sys.settrace(None)
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "wait", waiting)
    for line in range(1, 10_000):
        at_line = Interrupting(line)
        with StalledPipe(data) as pipe:
            try:
                sys.settrace(at_line)
                with pytest.raises(KeyboardInterrupt):
                    convert("pipe", "made", threads=2)
            finally:
                sys.settrace(None)
        assert (line, pipe.has_hung, names_here()) == (line, False, [])
        if at_line.left:
            break
        interrupted.append(line)
    assert len(interrupted) > 100
