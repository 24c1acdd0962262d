"""What a user may name as pretrained vectors, and what identifies it in the cache."""

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glovefast.errors import FormatError
from glovefast.sources.addresses import is_address, path_of, stem_of_address, without_password
from glovefast.sources.names import (
    STANDARD_INPUT,
    check_member,
    close_names,
    question,
    reason_if_address,
    stem_of,
)
from glovefast.sources.published import Published, find, published
from glovefast.store.metadata_file import is_store


@dataclass(frozen=True)
class PretrainedSource:
    """Vectors to fetch or to convert.

    Attributes
    ----------
    shown : str
        The source, as the user named it; the whole path of a file, which means the same in every directory.
    stem : str
        What a store of it is named after.
    identity : mapping
        What tells this source, in this version, from all others.
    path : pathlib.Path or None
        The file; None if it is somewhere else.
    store : pathlib.Path or None
        The store, if it is one already.
    addresses : tuple of str
        Where to fetch it from; the first one is asked first.
    by_hand : mapping
        Where users may have put the file, relative to a folder of the cache, and the member to take of it.
    member : str or None
        The archive's member.
    md5 : str or None
        The MD5 of the text.
    """

    shown: str
    stem: str
    identity: Mapping[str, Any]
    path: Path | None = None
    store: Path | None = None
    addresses: tuple[str, ...] = ()
    by_hand: Mapping[str, str | None] | None = None
    member: str | None = None
    md5: str | None = None


def pretrained_source(source: str | os.PathLike[str], member: str | None) -> PretrainedSource:
    """Find out what a source is.

    Raises
    ------
    TypeError
        If it is neither a string nor a path, or the member is not a string.
    FormatError
        If it is standard input, a pipe, a directory that is not a store, or a path made of an address; or if
        a member of published vectors is asked for.
    FetchError
        If it is an address that is not valid.
    FileNotFoundError
        If there is no such file, and no published vectors have this name.
    """
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"source must be a name, an address or a path, not {type(source).__name__}")
    check_member(member)
    name = os.fspath(source)
    if name == STANDARD_INPUT:
        raise FormatError(
            name, None, "standard input cannot be cached; convert it with glovefast.convert instead"
        )
    if is_address(name):
        return _of_address(name, member)
    path = Path(name)
    if path.is_dir() and is_store(path):
        return PretrainedSource(name, path.stem, {}, store=path)
    if path.is_file():
        return _of_file(path, member)
    if path.exists() and not path.is_dir():
        raise FormatError(name, None, "is not a regular file; convert it with glovefast.convert instead")
    if not path.exists():
        text = find(name) if isinstance(source, str) else None
        if text is None:
            raise _missing(name)
        return _of_published(text, member)
    raise FormatError(name, None, "is a directory, but not a store; pass the embedding text file in it")


def _of_address(address: str, member: str | None) -> PretrainedSource:
    shown = without_password(address)
    return PretrainedSource(
        shown,
        (stem_of(member) if member else None) or stem_of_address(address),
        {"address": shown},
        addresses=(address,),
        by_hand={str(path_of(address)): member},
        member=member,
    )


def _of_file(path: Path, member: str | None) -> PretrainedSource:
    status = path.stat()
    place = os.path.realpath(path)
    identity = {"file": place, "size": status.st_size, "time": status.st_mtime_ns}
    stem = (stem_of(member) if member else None) or stem_of_address(path.name)
    return PretrainedSource(str(path.absolute()), stem, identity, path=path, member=member)


def _of_published(text: Published, member: str | None) -> PretrainedSource:
    if member is not None:
        raise FormatError(text.name, None, "is a single text; leave out the member")
    by_hand = {text.file: text.member}
    if text.member is not None:
        by_hand[text.member] = None
    return PretrainedSource(
        text.name,
        text.name,
        {"name": text.name},
        addresses=text.addresses,
        by_hand=by_hand,
        member=text.member,
        md5=text.md5,
    )


def _missing(name: str) -> Exception:
    if (address := reason_if_address(name)) is not None:
        is_local = name.lower().startswith("file:")
        reason = address[1] if is_local else "is an address that lost a slash as a path; pass it as a string"
        return FormatError(address[0], None, reason)
    names = list(published())
    of_one_file = [each for each in names if each.lower().startswith(f"{name.lower()}.")]  # glove.6B.50d, ...
    guess = question(of_one_file or close_names(Path(name).name, names))
    advice = guess or "list the published vectors with: glovefast fetch --list"
    reason = f"{os.strerror(errno.ENOENT)}, and no published vectors have this name; {advice}"
    return FileNotFoundError(errno.ENOENT, reason, name)
