"""A stream whose first bytes can be inspected before they are read."""

import errno
import io
import lzma
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from glovefast.errors import FormatError
from glovefast.sources.file_types import HEAD_BYTES
from glovefast.sources.inflate import inflating_error


def is_seekable(raw: Any) -> bool:  # noqa: ANN401 - any binary file object
    """Tell a file from a pipe."""
    return hasattr(raw, "seekable") and bool(raw.seekable())


class Stream(io.RawIOBase):
    """A stream whose first bytes can be inspected before they are read, and which counts what is read.

    Parameters
    ----------
    raw : binary file object
        An object with `readinto` or `read`.

    Attributes
    ----------
    head : bytes
        The first `HEAD_BYTES`.
    bytes_read : int
        The number of bytes read so far.
    """

    def __init__(self, raw: Any) -> None:  # noqa: ANN401 - anything with readinto or read
        super().__init__()
        self._raw_readinto = readinto_of(raw)
        self.bytes_read = 0
        buffer = memoryview(bytearray(HEAD_BYTES))
        filled = 0
        while filled < HEAD_BYTES and (count := self._read_raw(buffer[filled:])):
            filled += count
        self.head = bytes(buffer[:filled])
        self._pending = buffer[:filled]

    def readable(self) -> bool:
        """Report that the stream is readable; io.BufferedReader asks."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Read the next bytes into a buffer, as many as come at once; 0 at the end."""
        target = memoryview(buffer).cast("B")
        if self._pending:
            count = min(len(self._pending), len(target))
            target[:count] = self._pending[:count]
            self._pending = self._pending[count:]
        else:
            count = self._read_raw(target)
        self.bytes_read += count
        return count

    def pass_over(self, prefix: bytes) -> None:
        """Skip these bytes if the stream begins with them."""
        if self.head.startswith(prefix):
            self._pending = self._pending[len(prefix) :]
            self.bytes_read += len(prefix)

    def _read_raw(self, target: memoryview) -> int:
        count = self._raw_readinto(target)
        if count is None:
            raise BlockingIOError(errno.EAGAIN, "the source is a non-blocking stream without data")
        return int(count)


def readinto_of(raw: Any) -> Callable[[memoryview], int | None]:  # noqa: ANN401
    """Return the object's `readinto`, or one made of its `read`."""
    if hasattr(raw, "readinto"):
        return raw.readinto  # type: ignore[no-any-return]

    def readinto(target: memoryview) -> int:
        data = raw.read(len(target))
        if isinstance(data, str):
            raise TypeError("the source returns str; open it in binary mode: open(path, 'rb')")
        target[: len(data)] = data
        return len(data)

    return readinto


@contextmanager
def named_errors(name: str) -> Iterator[None]:
    """Add the source's name to errors of the operating system that name no file."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = name
        raise


@contextmanager
def container_errors(name: str) -> Iterator[None]:
    """Turn the decompressors' errors into a `FormatError`; pass on the system's, with the name."""
    try:
        with named_errors(name):
            yield
    except EOFError as error:
        raise FormatError(
            name, None, "is truncated: the compressed data ends too early; download it again"
        ) from error
    except NotImplementedError as error:
        reason = f"cannot be unpacked by Python ({error}); unpack it another way and convert the text"
        raise FormatError(name, None, reason) from error
    except (zipfile.BadZipFile, inflating_error(), lzma.LZMAError, OSError) as error:
        # bz2 and pyarrow raise a bare OSError for damaged data; the system's have a number or their own type.
        if isinstance(error, OSError) and (error.errno is not None or type(error) is not OSError):
            raise
        raise FormatError(
            name, None, f"is damaged and cannot be unpacked ({error}); download it again"
        ) from error
