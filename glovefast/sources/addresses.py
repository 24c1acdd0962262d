"""Addresses: what is one, who fetches from it, and where its file can be put by hand."""

import re
import zlib
from pathlib import PurePosixPath
from urllib.parse import SplitResult, unquote, urlsplit

from glovefast.errors import FetchError
from glovefast.sources.names import stem_of
from glovefast.sources.remote import Remote

_ADDRESS = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://[^/]", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_LONGEST_NAME = 200  # bytes
_LOGIN = re.compile(r"(?<=://)[^/@]*@")
_ARCHIVE = re.compile(r"(?i)\.(zip|tar|tgz|tbz2|txz)(\.\w+)?$")
_UNUSUAL = re.compile(r"[^\w.@=+-]")


def is_address(source: str) -> bool:
    """Tell an address from a path."""
    return _ADDRESS.match(source) is not None


def without_password(address: str) -> str:
    """Give an address as it may be shown and noted."""
    return _LOGIN.sub("", address, count=1)


def stem_of_address(address: str) -> str:
    """Name a store after an address, without the suffixes of archives either."""
    name = file_name_of(address)
    return stem_of(_ARCHIVE.sub("", name)) or stem_of(name) or "vectors"


def remote_of(address: str) -> Remote:
    """Give the file at an address, without asking for it yet.

    Raises
    ------
    FetchError
        If the address is not valid.
    DependencyError
        If a package is missing that fetches from there.
    """
    if _WEB.match(address):
        from glovefast.sources.http import HttpRemote

        return HttpRemote(address)
    from glovefast.sources.file_systems import FileSystemRemote

    return FileSystemRemote(address)


def file_name_of(address: str) -> str:
    """Give the name of the file at an address; the server's if the address ends in none."""
    parts = _split(address)
    return PurePosixPath(unquote(parts.path)).name or parts.hostname or "vectors"


def path_of(address: str) -> PurePosixPath:
    """Name a file after an address: the server, the folders, the name, as ``wget -x`` does."""
    parts = _split(address)
    names = [parts.hostname or parts.netloc, *PurePosixPath(unquote(parts.path).lstrip("/")).parts]
    if parts.query:
        names[-1] += f"?{parts.query}"
    usual = [_UNUSUAL.sub("_", name) for name in names if name not in ("", ".", "..")]
    return PurePosixPath(*map(_shortened, usual))


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError as error:
        raise FetchError(address, f"is not a valid address ({error})") from error


def _shortened(name: str) -> str:
    """Shorten a name that file systems would refuse, so that it still differs from others."""
    encoded = name.encode()
    if len(encoded) <= _LONGEST_NAME:
        return name
    return f"{encoded[:_LONGEST_NAME].decode(errors='ignore')}~{zlib.crc32(encoded):08x}"
