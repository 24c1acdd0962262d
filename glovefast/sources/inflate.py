"""Inflate zip members and gzip files.

ISA-L (the package isal) inflates twice as fast as zlib: 0.27 s against 0.55 s for the 171 MB of
glove.6B.50d.txt. Threads cannot share this work, so it decides how long a conversion from an archive takes.
Without isal, the standard library does the same.
"""

import gzip
import importlib
import io
import struct
import zipfile
import zlib
from types import ModuleType
from typing import IO, Any

_READ_BYTES = 1 << 18
_LOCAL_HEADER = struct.Struct("<26xHH")  # the lengths of the name and of the extra field that follow it
_RAW_DEFLATE = -15  # no zlib header, and a window of 32 KiB


def open_gzip(raw: Any) -> gzip.GzipFile:  # noqa: ANN401 - any binary file object
    """Open a gzip stream for reading.

    Parameters
    ----------
    raw : binary file object
        The compressed bytes.

    Returns
    -------
    gzip.GzipFile
        The text; with isal, an object of its own class that behaves the same.
    """
    opened: gzip.GzipFile = _fastest("isal.igzip", gzip).open(raw)
    return opened


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes] | io.RawIOBase:
    """Open a member of a zip archive for reading.

    Parameters
    ----------
    archive : zipfile.ZipFile
        The open archive.
    info : zipfile.ZipInfo
        The member.

    Returns
    -------
    binary file object
        The member's bytes. Reading raises `zipfile.BadZipFile` if they are damaged, and EOFError if the
        archive ends too early.

    Raises
    ------
    zipfile.BadZipFile
        If the member's headers are damaged.
    NotImplementedError
        If Python does not know the member's compression method.
    """
    member = archive.open(info)  # checks its headers
    if info.compress_type != zipfile.ZIP_DEFLATED or archive.fp is None:
        return member
    member.close()
    return _DeflatedMember(archive.fp, info)


class _DeflatedMember(io.RawIOBase):
    """A deflated member; nothing else may read from the archive at the same time."""

    def __init__(self, archive: Any, info: zipfile.ZipInfo) -> None:  # noqa: ANN401 - any binary file object
        super().__init__()
        archive.seek(info.header_offset)
        name_bytes, extra_bytes = _LOCAL_HEADER.unpack(archive.read(_LOCAL_HEADER.size))
        archive.seek(name_bytes + extra_bytes, io.SEEK_CUR)
        self._archive = archive
        self._info = info
        self._packed_left = info.compress_size
        self._library = _fastest("isal.isal_zlib", zlib)
        self._inflater = self._library.decompressobj(_RAW_DEFLATE)
        self._checksum = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        target = memoryview(buffer).cast("B")
        while not self._inflater.eof:
            packed = self._inflater.unconsumed_tail
            if not packed:
                packed = self._archive.read(min(_READ_BYTES, self._packed_left))
                self._packed_left -= len(packed)
            try:
                data = self._inflater.decompress(packed, len(target))
            except self._library.error as error:
                raise zipfile.BadZipFile(str(error)) from error
            if data:
                self._checksum = self._library.crc32(data, self._checksum)
                target[: len(data)] = data
                return len(data)
            # Only after an empty read: the last bytes may still be in the inflater when all is read.
            if not packed and not self._inflater.eof:
                raise EOFError(f"{self._info.filename!r} ends too early")
        if self._checksum != self._info.CRC:
            raise zipfile.BadZipFile(f"Bad CRC-32 for file {self._info.filename!r}")
        return 0


def inflating_error() -> type[Exception]:
    """Return the class of the errors that `open_gzip` raises for damaged data."""
    error: type[Exception] = _fastest("isal.isal_zlib", zlib).error
    return error


def _fastest(name: str, otherwise: ModuleType) -> Any:  # noqa: ANN401 - two modules that offer the same
    try:
        return importlib.import_module(name)
    except ImportError:
        return otherwise
