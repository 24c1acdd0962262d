"""Tar archives, plain or compressed: read from front to end, never unpacked to disk."""

import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from glovefast.errors import FormatError
from glovefast.sources.members import Archive
from glovefast.sources.streams import readinto_of

# tarfile reads headers into memory whole; no file's name needs more than this.
_MAX_HEADER_BYTES = 1 << 20
_MAX_MEMBERS = 100_000
_READ_BYTES = 1 << 17
# On a long run of digits, tarfile's regular expressions take quadratic time before Python 3.11.10 and 3.12.6.
_LONG_NUMBER = re.compile(rb"[0-9]{100}")


class TarArchive(Archive):
    """A tar archive; see `glovefast.sources.members.Archive`.

    Opening it reads it to its end, so that a truncated or damaged one is noticed whichever member is wanted.
    Members that are opened in the archive's order take one more pass together.

    Parameters
    ----------
    name : str
        The archive's name in messages.
    reopen : callable
        Returns the archive's unpacked bytes, from the beginning each time.
    size : int, optional
        The number of these bytes, if they can be searched: if the archive is not compressed.

    Raises
    ------
    FormatError
        If the archive is truncated or damaged.
    """

    kind = "tar"

    def __init__(self, name: str, reopen: Callable[[], Any], size: int | None = None) -> None:
        def reader() -> _ForwardReader:
            return _ForwardReader(reopen(), size)

        self._reopen = reader
        self._is_packed = size is None
        self._reader: _ForwardReader | None = None
        self._places: dict[str, _Place | None] = {}  # None for a sparse file
        with _tar_errors(name):
            names = []
            for info in _files(self._reopen()):
                names.append(info.name)
                is_sparse = info.issparse()
                self._places[info.name] = None if is_sparse else _Place(info.offset_data, info.size)
                if len(names) > _MAX_MEMBERS:
                    raise FormatError(name, None, f"holds more than {_MAX_MEMBERS:,} files; unpack it first")
        super().__init__(name, names)

    def open(self, member: str) -> tuple[Any, int]:
        """Open a member for reading once; give its bytes and their number.

        Raises
        ------
        FormatError
            If the member is a sparse file, in which a few bytes can stand for any number of zeros.
        """
        place = self._places[member]
        if place is None:
            reason = "is stored as a sparse file; unpack the archive and convert the text"
            raise FormatError(f"{self.name}!{member}", None, reason)
        if self._reader is None or self._reader.tell() > place.offset:
            self._reader = self._reopen()
        self._reader.seek(place.offset)
        return _Member(self._reader, place.size), place.size

    def is_packed(self, member: str) -> bool:
        """Say whether the archive is compressed, and the member with it."""
        return self._is_packed


class _Place(NamedTuple):
    offset: int
    size: int


@contextmanager
def _tar_errors(name: str) -> Iterator[None]:
    """Turn tarfile's errors into a `FormatError`; pass on those of decompressors and of the system."""
    try:
        yield
    except FormatError:
        raise
    # tarfile lets LookupError and RecursionError out of some damaged headers.
    except (tarfile.TarError, ValueError, OverflowError, LookupError, RecursionError) as error:
        reason = f"is a truncated or damaged tar archive ({error}); download it again"
        raise FormatError(name, None, reason) from error


def _files(reader: "_ForwardReader") -> Iterator[tarfile.TarInfo]:
    """Go through the regular files up to the end; skip directories, links and devices."""
    fileobj: Any = reader  # tarfile needs no more of it than read, seek and tell
    archive: Any = tarfile.TarFile(fileobj=fileobj, encoding="utf-8", errors="backslashreplace")
    while True:
        reader.header_bytes = 0
        info: tarfile.TarInfo | None = archive.next()
        if info is None:
            break
        archive.members.clear()  # tarfile would keep them all
        if info.size < 0:
            raise tarfile.ReadError("a member with a negative size")
        if info.isreg():
            yield info
    reader.check_end()


class _ForwardReader:
    """An archive's unpacked bytes from front to end, as a file object for tarfile."""

    def __init__(self, raw: Any, size: int | None) -> None:  # noqa: ANN401
        self._raw = raw
        self._raw_readinto = readinto_of(raw)
        self._size = size
        self._start = 0 if size is None else raw.tell()
        self._position = 0
        self._last = b""
        self._scratch = memoryview(bytearray(_READ_BYTES))
        self.header_bytes = 0

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> None:
        if position < self._position:
            raise tarfile.ReadError("a member with a negative size")
        if self._size is not None and position <= self._size:
            self._raw.seek(self._start + position)
            self._position = position
        while self._position < position:
            if not self.readinto(self._scratch[: position - self._position]):
                raise tarfile.ReadError("unexpected end of data")

    def readinto(self, buffer: memoryview) -> int:
        count = self._raw_readinto(buffer) or 0
        self._position += count
        return count

    def read(self, size: int) -> bytes:
        """Read all of the next bytes of a header, fewer only at the end."""
        self.header_bytes += size
        if self.header_bytes > _MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of more than {_MAX_HEADER_BYTES:,} bytes")
        data = bytearray(size)
        filled = 0
        while filled < size and (count := self.readinto(memoryview(data)[filled:])):
            filled += count
        self._last = bytes(data[:filled])
        if size > tarfile.BLOCKSIZE and _LONG_NUMBER.search(self._last):
            raise tarfile.ReadError("a header with a number of more than 100 digits")
        return self._last

    def check_end(self) -> None:
        """Make sure that the last block read marks the end, and read the rest, with its checksums."""
        if not self._last:
            raise tarfile.ReadError("it ends without an end marker")
        if len(self._last) < tarfile.BLOCKSIZE:
            raise tarfile.ReadError("it ends within a header")
        if any(self._last):
            raise tarfile.ReadError("a damaged header")
        while count := self.readinto(self._scratch):
            if self._scratch[:count].tobytes().strip(b"\0"):
                raise tarfile.ReadError("there is data after its end marker")


class _Member:
    """A member's bytes."""

    def __init__(self, reader: _ForwardReader, size: int) -> None:
        self._reader = reader
        self._left = size

    def readinto(self, buffer: memoryview) -> int:
        if not self._left:
            return 0
        count = self._reader.readinto(buffer[: self._left])
        if not count:
            raise EOFError("the archive was truncated while it was read")
        self._left -= count
        return count
