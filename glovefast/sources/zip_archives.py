"""Zip archives, which keep the list of their members at their end."""

import struct
import zipfile
from typing import Any

from glovefast.errors import FormatError
from glovefast.sources.inflate import open_member
from glovefast.sources.streams import is_seekable

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")

_DAMAGED = "is a truncated or damaged zip archive; download it again"
_ENCRYPTED_FLAG = 0x1


class ZipArchive:
    """A zip archive; see `glovefast.sources.members.Archive`.

    Parameters
    ----------
    raw : binary file object
        The archive; the caller closes it.
    name : str
        The archive's name in messages.

    Raises
    ------
    FormatError
        If the archive is truncated, is damaged, or comes through a pipe.
    """

    kind = "zip"

    def __init__(self, raw: Any, name: str) -> None:  # noqa: ANN401 - any binary file object
        self.name = name
        if not is_seekable(raw):
            raise FormatError(
                name,
                None,
                "is a zip archive in a pipe, but its list of members is at its end; pass the file's name, "
                "or pipe the text: unzip -p ARCHIVE MEMBER | glovefast convert - -o DEST",
            )
        try:
            self._archive = zipfile.ZipFile(raw)
        except (zipfile.BadZipFile, struct.error, EOFError, ValueError, NotImplementedError) as error:
            raise FormatError(name, None, f"{_DAMAGED} ({error})") from error
        self._names = [
            info.filename for info in self._archive.infolist() if info.filename and not info.is_dir()
        ]

    def names(self) -> list[str]:
        """List the files' names in the archive's order."""
        return self._names

    def open(self, member: str) -> tuple[Any, int]:
        """Open a member for reading; give its bytes and their number.

        Raises
        ------
        FormatError
            If the member is encrypted, or its place is outside the archive.
        """
        info = self._archive.getinfo(member)
        full_name = f"{self.name}!{member}"
        if info.header_offset < 0:  # zipfile subtracts what is missing at the front
            raise FormatError(full_name, None, _DAMAGED)
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise FormatError(
                full_name, None, "is encrypted; unpack the archive with its password and convert the text"
            )
        return open_member(self._archive, info), info.file_size
