"""Zip archives: what is in them, and which member is meant."""

import struct
import zipfile
from pathlib import PurePosixPath
from typing import Any

from glovefast.errors import FormatError

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")

_DAMAGED = "is a truncated or damaged zip archive, download it again"
_LISTED_MEMBERS = 20
_ENCRYPTED_FLAG = 0x1


def open_archive(raw: Any, name: str) -> zipfile.ZipFile:  # noqa: ANN401 - any binary file object
    """Read an archive's list of members.

    Parameters
    ----------
    raw : binary file object
        The archive.
    name : str
        What to call it in messages.

    Returns
    -------
    zipfile.ZipFile
        The open archive; closing it leaves `raw` open.

    Raises
    ------
    FormatError
        If the archive is truncated or damaged, or comes through a pipe.
    """
    if not is_seekable(raw):
        raise FormatError(
            name,
            None,
            "is a zip archive in a pipe, and its list of members stands at its end; give the file by name, "
            "or pipe the text: unzip -p ARCHIVE MEMBER | glovefast convert - -o DEST",
        )
    try:
        return zipfile.ZipFile(raw)
    except (zipfile.BadZipFile, struct.error, EOFError, ValueError, NotImplementedError) as error:
        raise FormatError(name, None, f"{_DAMAGED} ({error})") from error


def candidates(archive: zipfile.ZipFile) -> list[str]:
    """List the members that may be embedding text: no directories, nothing in ``__MACOSX/``, no dot-files."""
    names = dict.fromkeys(info.filename for info in archive.infolist() if info.filename and not info.is_dir())
    return [
        name
        for name in names
        if not name.startswith("__MACOSX/") and not PurePosixPath(name).name.startswith(".")
    ]


def choose_member(archive: zipfile.ZipFile, name: str, member: str | None) -> zipfile.ZipInfo:
    """Find the member that is meant.

    Parameters
    ----------
    archive : zipfile.ZipFile
        The open archive.
    name : str
        What to call the archive in messages.
    member : str or None
        The member's name, or the end of it where only one member's name ends so; None for the only one.

    Returns
    -------
    zipfile.ZipInfo
        The member.

    Raises
    ------
    FormatError
        If there is no such member or more than one, or it is encrypted, or lies outside a damaged archive.
    """
    info = archive.getinfo(_only_member(archive, name) if member is None else _named(archive, name, member))
    full_name = f"{name}!{info.filename}"
    if info.header_offset < 0:  # zipfile subtracts what is missing at the front
        raise FormatError(full_name, None, _DAMAGED)
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise FormatError(
            full_name, None, "is encrypted; unpack the archive with its password and give the text"
        )
    return info


def is_seekable(raw: Any) -> bool:  # noqa: ANN401 - any binary file object
    """Tell a file from a pipe."""
    return hasattr(raw, "seekable") and bool(raw.seekable())


def _only_member(archive: zipfile.ZipFile, name: str) -> str:
    members = candidates(archive)
    if len(members) == 1:
        return members[0]
    if not members:
        raise FormatError(name, None, "is a zip archive without any file in it")
    raise FormatError(
        name,
        None,
        f"holds {len(members)} members: {_listed(members)}; choose one with --member NAME (member=...), "
        "or convert each of them with --all (convert_archive)",
    )


def _named(archive: zipfile.ZipFile, name: str, member: str) -> str:
    if member in archive.NameToInfo:
        return member
    members = candidates(archive)
    ending = [each for each in members if each.endswith(f"/{member}")]
    ending = ending or [each for each in members if member and each.endswith(member)]
    if len(ending) == 1:
        return ending[0]
    if ending:
        raise FormatError(name, None, f"has {len(ending)} members that end in {member!r}: {_listed(ending)}")
    raise FormatError(name, None, f"has no member {member!r}; it holds: {_listed(members) or 'no files'}")


def _listed(members: list[str]) -> str:
    more = len(members) - _LISTED_MEMBERS
    return ", ".join(members[:_LISTED_MEMBERS]) + (f" and {more} more" if more > 0 else "")
