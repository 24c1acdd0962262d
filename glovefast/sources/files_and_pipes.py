"""What a source is read from: a file, which must not change meanwhile, or a pipe, which may stall."""

import errno
import io
import os
import selectors
import stat
import threading
from contextlib import ExitStack, suppress
from typing import Any


class Origin:
    """The bytes that a source is read from.

    Parameters
    ----------
    raw : binary file object
        Open, with nothing read yet.
    resources : contextlib.ExitStack
        Closes what this class opens.

    Attributes
    ----------
    raw : binary file object
        What to read from: the given object, or for a pipe a wrapper that can be woken.
    """

    def __init__(self, raw: Any, resources: ExitStack) -> None:  # noqa: ANN401 - any binary file object
        self.raw = raw
        self._file: int | None = None
        self._pipe: Any = None
        if hasattr(raw, "stop_waiting"):  # a file on a server
            self._pipe = raw
            return
        try:
            number = raw.fileno()
            self._opened = os.fstat(number)
        except (OSError, AttributeError, TypeError):  # bytes in memory, for example
            return
        if stat.S_ISREG(self._opened.st_mode):
            self._file = number
        elif os.get_blocking(number) and (pipe := _open_pipe(raw, resources)):
            self.raw = self._pipe = pipe

    @property
    def is_file(self) -> bool:
        """Whether this is a file, rather than a pipe or an object with a `read` of its own."""
        return self._file is not None

    def stop_waiting(self) -> None:
        """Make a `readinto` that waits for a pipe's writer, and all later ones, raise OSError (ECANCELED)."""
        if self._pipe is not None:
            self._pipe.stop_waiting()

    def change(self) -> str | None:
        """Describe how the file has changed since it was opened; None if it has not or is not a file."""
        if self._file is None:
            return None
        before, now = self._opened, os.fstat(self._file)
        if now.st_size != before.st_size:
            return f"it had {before.st_size:,} bytes when it was opened, and has {now.st_size:,}"
        if now.st_mtime_ns != before.st_mtime_ns:
            return "it was written to after it was opened"
        return None


def _open_pipe(raw: Any, resources: ExitStack) -> "_Pipe | None":  # noqa: ANN401
    """Wrap a pipe so that its reader can be woken; None if the object has its own way of reading."""
    buffered = b""
    if isinstance(raw, io.BufferedReader) and isinstance(raw.raw, io.FileIO):
        # Empty Python's buffer first: a selector does not see what it holds.
        buffered = raw.read(len(raw.peek()))
        raw = raw.raw
    return resources.enter_context(_Pipe(raw, buffered)) if isinstance(raw, io.FileIO) else None


class _Pipe(io.RawIOBase):
    """A pipe or terminal whose reader can be woken while it waits for the writer."""

    def __init__(self, raw: io.FileIO, buffered: bytes) -> None:
        super().__init__()
        self._raw = raw
        self._buffered = buffered
        self._wake, self._waker = os.pipe()
        self._stopped = False
        self._ending = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake, selectors.EVENT_READ)
        # Devices such as /dev/null, which never make a reader wait, cannot be selected.
        with suppress(PermissionError):
            self._selector.register(raw, selectors.EVENT_READ)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - any writable buffer
        target = memoryview(buffer).cast("B")
        if self._buffered:
            count = min(len(self._buffered), len(target))
            target[:count] = self._buffered[:count]
            self._buffered = self._buffered[count:]
            return count
        if len(self._selector.get_map()) > 1:
            self._selector.select()
        if self._stopped:
            # Not InterruptedError, after which Python's buffered readers would read again.
            raise OSError(errno.ECANCELED, os.strerror(errno.ECANCELED))
        return self._raw.readinto(target)

    def stop_waiting(self) -> None:
        with self._ending:  # else it could be closed before the byte is written, even to another file
            if not self._stopped and not self.closed:
                self._stopped = True
                os.write(self._waker, b"\0")

    def close(self) -> None:
        with self._ending:
            if not self.closed:
                self._selector.close()
                os.close(self._wake)
                os.close(self._waker)
            super().close()
