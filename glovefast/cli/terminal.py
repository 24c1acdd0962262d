"""What the command puts on the terminal: results, one-line complaints and a progress bar."""

import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

if TYPE_CHECKING:
    from tqdm import tqdm

    from glovefast.progress import Progress

_LABEL_LENGTH = 24


def complain(message: str) -> None:
    """Write one line to standard error, whatever newlines a name or a word may hold."""
    if sys.stderr is not None:
        _write(sys.stderr, f"glovefast: {_escaped(message)}\n")


def print_text(text: str) -> None:
    """Write a result to standard output."""
    if sys.stdout is not None:
        _write(sys.stdout, "".join(_escaped(line) + "\n" for line in text.split("\n")))


def print_json(result: dict[str, Any]) -> None:
    """Write a result to standard output as one JSON object on one line."""
    print_text(json.dumps(result))


def _write(stream: TextIO, text: str) -> None:
    """Write text to a stream that may not know all of its characters."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _escaped(line: str) -> str:
    """Show what would break a line or steer the terminal as Python writes it; words may hold anything."""
    if line.isprintable():
        return line
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)


def _label(source: str) -> str:
    """Name a source in front of a bar: its file or member, cut so that rate and time find room behind it."""
    label = _escaped(re.split("[/!]", source)[-1])
    return label if len(label) <= _LABEL_LENGTH else f"{label[: _LABEL_LENGTH - 1]}…"


def discard_output() -> None:
    """Let what is still buffered go nowhere, so that Python does not stumble over it at the end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class _LogLines(logging.Handler):
    """What the library logs, as lines on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        complain(record.getMessage())


@contextmanager
def shown_log(quiet: bool) -> Iterator[None]:
    """Show what the library has to say on the way (that it compiles its kernels); only warnings if quiet."""
    logger = logging.getLogger("glovefast")
    handler, level = _LogLines(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class ProgressBar:
    """A bar with rate and remaining time on a terminal; elsewhere it only counts.

    Parameters
    ----------
    quiet : bool
        Show nothing on a terminal either.
    counted : str
        What the reports count as rows.
    """

    def __init__(self, quiet: bool, counted: str = "rows") -> None:
        self._counted = counted
        self._shown = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._bar: tqdm[Any] | None = None
        self._source: str | None = None
        self._position = 0
        self._started = time.perf_counter()
        self.bytes_read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.hide()

    def __call__(self, progress: "Progress") -> None:
        """Take a report of a conversion, or of whatever else is read."""
        if progress.source != self._source:  # an archive's next member
            self.hide()
            self._source = progress.source
        step = progress.bytes_read - self._position
        self._position = progress.bytes_read
        self.bytes_read += step
        if not self._shown:
            return
        rows = f"{progress.rows:,} {self._counted}"
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(
                desc=_label(progress.source),
                total=progress.bytes_total,
                unit="B",
                unit_scale=True,
                leave=False,
                postfix=rows,
            )
        self._bar.set_postfix_str(rows, refresh=False)
        self._bar.update(step)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._started

    def hide(self) -> None:
        """Take the bar off the terminal and begin anew with the next source."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None
        self._source = None
        self._position = 0
