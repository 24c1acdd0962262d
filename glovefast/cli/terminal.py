"""What the command writes: results, one-line messages and a progress bar."""

import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self, TextIO

from glovefast.errors import printable
from glovefast.progress import Progress, ProgressBar


def complain(message: str) -> None:
    """Write one line to standard error, even if a name or a word in it contains newlines."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):  # closed, or without a reader
            _write(sys.stderr, f"glovefast: {printable(message)}\n")


def print_text(text: str) -> None:
    """Write a result to standard output."""
    if sys.stdout is not None:
        _write(sys.stdout, "".join(printable(line) + "\n" for line in text.split("\n")))


def announce(text: str, done: str) -> None:
    """Write a result to standard output; if that fails, the work is still done.

    Parameters
    ----------
    text : str
        The result.
    done : str
        What was done, for the warning that the result cannot be written.
    """
    try:
        print_text(text)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
    except OSError as error:
        discard_output()
        complain(f"warning: {done}, but standard output cannot be written: {error.strerror}")


def python_literal(text: str) -> str:
    """Write a string as Python code that can be copied from the terminal."""
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else ascii(text)


def print_json(result: dict[str, Any]) -> None:
    """Write a result to standard output as one JSON object on one line."""
    print_text(json.dumps(result))


def _write(stream: TextIO, text: str) -> None:
    """Write text to a stream whose encoding may lack some of its characters."""
    encoding = stream.encoding or "utf-8"
    try:
        "×".encode(encoding)
    except UnicodeEncodeError:
        text = text.replace(" × ", " x ")
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def discard_output() -> None:
    """Discard what is still buffered for standard output, so that flushing it later cannot fail."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class _LogLines(logging.Handler):
    """Writes the library's log messages to standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        prefix = "warning: " if record.levelno >= logging.WARNING else ""
        complain(prefix + record.getMessage())


@contextmanager
def shown_log(quiet: bool) -> Iterator[None]:
    """Show the library's messages (for example that it compiles its kernels), and only warnings if quiet."""
    logger = logging.getLogger("glovefast")
    handler, level = _LogLines(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_where: complain(f"warning: {message}")
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class ProgressMeter:
    """Counts bytes and seconds, and shows a progress bar on a terminal.

    Parameters
    ----------
    quiet : bool
        Show no bar.
    counted : str
        The name of what is counted.

    Attributes
    ----------
    bytes_read : int
        The bytes of all sources.
    bytes_of_last : int
        The bytes of the source that was reported last.
    """

    def __init__(self, quiet: bool, counted: str = "rows") -> None:
        shown = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._bar = ProgressBar(counted) if shown else None
        self._positions: dict[str, int] = {}
        self._started = time.perf_counter()
        self._lap = (0, self._started)
        self.bytes_read = self.bytes_of_last = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.hide()

    def __call__(self, progress: Progress) -> None:
        """Show how far the work has come."""
        self.bytes_read += progress.bytes_read - self._positions.get(progress.source, 0)
        self._positions[progress.source] = self.bytes_of_last = progress.bytes_read
        if self._bar is not None:
            self._bar(progress)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._started

    def lap(self) -> tuple[int, float]:
        """Return the bytes read and the seconds since the last lap, and start the next one."""
        self._positions.clear()  # the next source may be the same once more
        bytes_before, started = self._lap
        self._lap = (self.bytes_read, time.perf_counter())
        return self.bytes_read - bytes_before, self._lap[1] - started

    def hide(self) -> None:
        """Remove the bars from the terminal, until the next report."""
        if self._bar is not None:
            self._bar.close()
