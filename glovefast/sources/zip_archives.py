"""Zip archives, which keep the list of their members at their end."""

import errno
import os
import struct
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from glovefast.errors import FormatError
from glovefast.sources.inflate import file_number, open_member
from glovefast.sources.members import Archive
from glovefast.sources.streams import is_seekable

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")

_ENCRYPTED_FLAG = 0x1
_LONGEST_HEADER = 30 + 2 * 0xFFFF  # in front of a member, with its name and an extra field
# The record at the end of an archive: its length without the comment, and the longest comment.
_END_MAGIC, _END_BYTES, _LONGEST_COMMENT = b"PK\x05\x06", 22, 0xFFFF


class ZipArchive(Archive):
    """A zip archive; see `glovefast.sources.members.Archive`.

    Parameters
    ----------
    name : str
        The archive's name in messages.
    raw : binary file object
        The archive; the caller closes it.

    Raises
    ------
    FormatError
        If the archive is truncated, is damaged, or comes through a pipe.
    """

    kind = "zip"

    def __init__(self, name: str, raw: Any) -> None:  # noqa: ANN401 - any binary file object
        if not is_seekable(raw):
            raise FormatError(
                name,
                None,
                "is a zip archive in a pipe, but its list of members is at its end; pass the file's name, "
                "or pipe the text: unzip -p ARCHIVE MEMBER | glovefast convert - -o DEST",
            )
        try:
            with _wrong_positions():
                self._archive = zipfile.ZipFile(raw)
        except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
            reason = f"is a truncated or damaged zip archive ({error}); download it again"
            raise FormatError(name, None, reason) from error
        if _is_one_of_several(self._archive, raw):
            raise FormatError(
                name,
                None,
                "is two or more zip archives, one behind the other, and only one would be read; "
                "download them separately",
            )
        self._raw = raw
        files = [info.filename for info in self._archive.infolist() if info.filename and not info.is_dir()]
        super().__init__(name, files)
        self.reads_in_parallel = file_number(raw) is not None
        self._opening = threading.Lock()

    def open(self, member: str) -> tuple[Any, int]:
        """Open a member for reading; give its bytes and their number.

        Raises
        ------
        FormatError
            If the member is encrypted, or its place is outside the archive.
        zipfile.BadZipFile, EOFError, NotImplementedError
            As `glovefast.sources.inflate.open_member` raises them.
        """
        info = self._archive.getinfo(member)
        name = f"{self.name}!{member}"
        if info.header_offset < 0:  # zipfile subtracts what is missing at the front
            raise FormatError(name, None, "is outside the zip archive, which is damaged; download it again")
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise FormatError(
                name, None, "is encrypted; unpack the archive with its password and convert the text"
            )
        if hasattr(self._raw, "will_need"):  # a file on a server
            self._raw.will_need(info.header_offset, self._end_of(info))
        with _wrong_positions(), self._opening:
            return _Member(open_member(self._archive, info), info), info.file_size

    def is_packed(self, member: str) -> bool:
        """Say whether a member is compressed."""
        return self._archive.getinfo(member).compress_type != zipfile.ZIP_STORED

    def _end_of(self, info: zipfile.ZipInfo) -> int:
        """Say where a member's bytes end: its own header may be longer than the list of members says."""
        following = [each.header_offset for each in self._archive.infolist()] + [self._archive.start_dir]
        most = info.header_offset + _LONGEST_HEADER + info.compress_size
        return min([most, *(offset for offset in following if offset > info.header_offset)])


def _is_one_of_several(archive: zipfile.ZipFile, raw: Any) -> bool:  # noqa: ANN401
    """Tell whether another archive ends before this one begins, or begins behind its end."""
    first = min([archive.start_dir, *(info.header_offset for info in archive.infolist())])
    if first > 0:
        raw.seek(max(0, first - _END_BYTES - _LONGEST_COMMENT))
        if _END_MAGIC in _read(raw, first - raw.tell()):
            return True
    size = raw.seek(0, os.SEEK_END)
    raw.seek(size - _END_BYTES)
    last = _read(raw, _END_BYTES)
    if last.startswith(_END_MAGIC) and last.endswith(b"\0\0"):  # without a comment: the file's last bytes
        return False
    raw.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
    tail = _read(raw, size - raw.tell())
    end = tail.rfind(_END_MAGIC)
    comment = int.from_bytes(tail[end + _END_BYTES - 2 : end + _END_BYTES], "little")
    return tail.startswith(ZIP_MAGIC, end + _END_BYTES + comment)


def _read(raw: Any, count: int) -> bytes:  # noqa: ANN401
    """Read so many bytes, or all up to the end."""
    data = b""
    while len(data) < count and (more := raw.read(count - len(data))):
        data += more
    return data


class _Member:
    """A member's bytes, which must be as many as the archive says."""

    def __init__(self, raw: Any, info: zipfile.ZipInfo) -> None:  # noqa: ANN401
        self._raw = raw
        self._info = info
        self._bytes_read = 0

    def readinto(self, buffer: memoryview) -> int:
        count = int(self._raw.readinto(buffer))
        self._bytes_read += count
        if not count and self._bytes_read != self._info.file_size:
            raise zipfile.BadZipFile(f"{self._bytes_read:,} bytes instead of {self._info.file_size:,}")
        return count


@contextmanager
def _wrong_positions() -> Iterator[None]:
    """Turn what follows from positions and sizes that cannot be into the error of a damaged archive."""
    try:
        yield
    except (struct.error, ValueError, OverflowError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        raise zipfile.BadZipFile(str(error)) from error
