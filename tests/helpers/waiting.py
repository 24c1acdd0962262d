"""Waiting in tests: for what must happen, however busy the machine is, and not for what no longer can."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

PATIENCE = 600  # seconds, after which what is waited for has not happened
_PAUSE = 0.01


def wait_until(condition: Callable[[], object], process: subprocess.Popen) -> None:
    """Wait for something that a process does, however long that takes; it must not end before."""
    while not condition():
        if process.poll() is not None and not condition():
            raise AssertionError(f"it ended with {process.returncode}\n{said_by(process)}")
        time.sleep(_PAUSE)


def said_by(process: subprocess.Popen) -> str:
    """Read what a process that has ended wrote into its pipes."""
    said = [pipe.read() for pipe in (process.stdout, process.stderr) if pipe]
    return "\n".join(text.decode(errors="replace") if isinstance(text, bytes) else text for text in said)


def line_of(process: subprocess.Popen, expected: str) -> None:
    """Wait until a process prints a line; it must neither print another one nor end before."""
    line = process.stdout.readline()
    if line != expected:
        process.kill()
        raise AssertionError(f"{line!r} instead of {expected!r}\n{said_by(process)}")


def open_for(process: subprocess.Popen, pipe: str | Path) -> IO[bytes]:
    """Open a named pipe for writing once a process has opened it for reading."""
    opened: list[int] = []

    def is_read() -> list[int]:
        with suppress(OSError):  # nobody reads from it yet
            opened.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return opened

    wait_until(is_read, process)
    os.set_blocking(opened[0], True)
    return os.fdopen(opened[0], "wb", buffering=0)


@contextmanager
def written(pipe: str | Path, data: bytes | Callable[[IO[bytes]], object]) -> Iterator[None]:
    """Write into a named pipe from another thread, which ends with this context, even without a reader."""

    def write() -> None:
        with suppress(BrokenPipeError), Path(pipe).open("wb") as file:
            if callable(data):
                data(file)
            else:
                file.write(data)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield
    finally:
        while writer.is_alive():
            # A reader that comes and goes lets a writer go that waits for one.
            os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
            writer.join(_PAUSE)
