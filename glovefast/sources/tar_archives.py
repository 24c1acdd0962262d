"""Tar archives, plain or compressed: read from front to end, never unpacked to disk."""

import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from glovefast.errors import FormatError

# tarfile reads a header into memory whole; no file's name needs one as long as this.
_MAX_HEADER_BYTES = 1 << 20
_MAX_MEMBERS = 100_000
_READ_BYTES = 1 << 17


class TarArchive:
    """A tar archive; see `glovefast.sources.members.Archive`.

    Parameters
    ----------
    reopen : callable
        Returns the archive's unpacked bytes, from the beginning each time.
    name : str
        The archive's name in messages.

    Raises
    ------
    FormatError
        If the archive is truncated or damaged.
    """

    kind = "tar"

    def __init__(self, reopen: Callable[[], Any], name: str) -> None:
        self.name = name
        self._reopen = reopen
        self._names = []
        with self._errors():
            reader = _Reader(reopen())
            for info in reader.files():
                self._names.append(info.name)
                if len(self._names) > _MAX_MEMBERS:
                    raise FormatError(name, None, f"holds more than {_MAX_MEMBERS:,} files; unpack it first")

    def names(self) -> list[str]:
        """List the regular files' names in the archive's order."""
        return self._names

    def open(self, member: str) -> tuple[Any, int]:
        """Open a member for reading once; give its bytes and their number."""
        with self._errors():
            reader = _Reader(self._reopen())
            for info in reader.files():
                if info.name == member:
                    return _Member(reader.open(info), self._errors), info.size
        raise FormatError(f"{self.name}!{member}", None, "is missing: the archive changed while it was read")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn tarfile's errors into a `FormatError`; pass on those of decompressors and of the system."""
        try:
            yield
        except FormatError:
            raise
        except (tarfile.TarError, ValueError, OverflowError) as error:
            reason = f"is a truncated or damaged tar archive ({error}); download it again"
            raise FormatError(self.name, None, reason) from error


class _Reader:
    """One pass through an archive, with at most a header in memory."""

    def __init__(self, unpacked: Any) -> None:  # noqa: ANN401
        self._bytes = _BoundedReader(unpacked)
        fileobj: Any = self._bytes  # read is all that tarfile needs of it
        self._archive: Any = tarfile.open(fileobj=fileobj, mode="r|", bufsize=_READ_BYTES)  # noqa: SIM115

    def files(self) -> Iterator[tarfile.TarInfo]:
        """Go through the regular files; skip directories, links and devices."""
        while info := self._next():
            if info.isreg() and not info.issparse():
                yield info

    def open(self, info: tarfile.TarInfo) -> Any:  # noqa: ANN401
        """Open the file that `files` yielded last."""
        self._bytes.end = self._archive.offset + _READ_BYTES
        return self._archive.extractfile(info)

    def _next(self) -> tarfile.TarInfo | None:
        archive = self._archive
        self._bytes.end = archive.offset + _MAX_HEADER_BYTES + _READ_BYTES
        info: tarfile.TarInfo | None = archive.next()
        archive.members.clear()  # tarfile would keep them all
        if info is None and archive.offset < self._bytes.position < archive.offset + tarfile.BLOCKSIZE:
            raise tarfile.ReadError("it ends within a header")
        return info


class _BoundedReader:
    """Read a stream up to a limit, which moves as the reader goes on."""

    def __init__(self, raw: Any) -> None:  # noqa: ANN401
        self._raw = raw
        self.position = 0
        self.end = _MAX_HEADER_BYTES

    def read(self, size: int) -> bytes:
        if self.position >= self.end:
            raise tarfile.ReadError(f"a header of more than {_MAX_HEADER_BYTES:,} bytes")
        data: bytes = self._raw.read(size)
        self.position += len(data)
        return data


class _Member:
    """A member's bytes; tarfile's errors become the archive's."""

    def __init__(self, raw: Any, errors: Callable[[], Any]) -> None:  # noqa: ANN401
        self._raw = raw
        self._errors = errors

    def readinto(self, buffer: memoryview) -> int:
        with self._errors():
            return int(self._raw.readinto(buffer))
