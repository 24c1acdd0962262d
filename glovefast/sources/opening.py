"""Open embedding text: a file, a compressed file, an archive's member or a pipe.

Containers are recognised by their first bytes, not by their names. Nothing is unpacked to disk, and only a
decompressor's window is kept in memory.
"""

import errno
import io
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from glovefast.errors import ForeignError, FormatError
from glovefast.sources.file_types import foreign, is_tar
from glovefast.sources.files_and_pipes import Origin
from glovefast.sources.members import Archive, candidates, choose_member
from glovefast.sources.names import stem_of
from glovefast.sources.source import BYTE_ORDER_MARK, Source
from glovefast.sources.streams import Stream, container_errors, is_seekable, unpacked
from glovefast.sources.zip_archives import ZIP_MAGIC, ZipArchive

AnySource: TypeAlias = "str | os.PathLike[str] | BinaryIO"

STANDARD_INPUT = "-"

_NO_ARCHIVE = "is not an archive"
_FILES_OF_A_STORE = ("metadata.json", "vectors.npy")


def open_source(source: AnySource, member: str | None = None) -> Source:
    """Open embedding text for reading.

    Parameters
    ----------
    source : str, path-like or binary file object
        The path of a file or pipe, ``"-"`` for standard input, or an object with `read`. It may be plain
        text, gzip, bzip2, xz, a zip archive, or a tar archive in any of the compressions; the first bytes
        decide. An archive must be a file, because it is read more than once.
    member : str, optional
        The archive's member: its name, or the end of its name if only one member's name ends that way. Not
        needed if the archive holds a single file.

    Returns
    -------
    Source
        The open source.

    Raises
    ------
    FormatError
        If the source is empty, is recognised as something other than embedding text, is a damaged or
        encrypted archive, or does not have the member.
    OSError
        If the file does not exist or cannot be read.
    """
    with ExitStack() as resources:
        return _open(source, member, resources)


def archive_members(path: AnySource) -> list[str]:
    """List the files in a zip or tar archive that may be embedding text.

    Parameters
    ----------
    path : str, path-like or binary file object
        The archive.

    Returns
    -------
    list of str
        The members' names in the archive's order, without directories, links, ``__MACOSX/`` and dot-files.

    Raises
    ------
    FormatError
        If it is not an archive, is damaged, or comes through a pipe.
    OSError
        If the file does not exist or cannot be read.
    """
    with ExitStack() as resources:
        raw, name, _ = _open_raw(path, resources)
        start, stream = _position(raw), Stream(raw)
        archive = _archive(raw, start, name, (stream, unpacked(stream, name, resources)), resources)
        if archive is None:
            raise FormatError(name, None, _NO_ARCHIVE)
        return candidates(archive)


def is_archive(path: str | os.PathLike[str]) -> bool:
    """Tell whether the first bytes of a file are those of a zip or tar archive, compressed or not."""
    with ExitStack() as resources:
        raw, name, _ = _open_raw(path, resources)
        stream = Stream(raw)
        return stream.head.startswith(ZIP_MAGIC) or is_tar(unpacked(stream, name, resources).head)


def _open(source: AnySource, member: str | None, resources: ExitStack) -> Source:
    raw, name, stem = _open_raw(source, resources)
    origin = Origin(raw, resources)
    raw = origin.raw
    bytes_total = _remaining_bytes(raw)
    start, stream = _position(raw), Stream(raw)
    text = unpacked(stream, name, resources)
    archive = _archive(raw, start, name, (stream, text), resources)
    if archive is not None:
        return _open_member(archive, member, origin, resources)
    if member is not None:
        raise FormatError(name, None, f"{_NO_ARCHIVE}, so it has no member {member!r}")
    _check_text(name, text.head, "it has no bytes" if text is stream else "it unpacks to nothing")
    return Source(
        name,
        text=text,
        measured=stream,
        origin=origin,
        bytes_total=bytes_total,
        resources=resources.pop_all(),
        stem=stem,
    )


def _archive(
    raw: Any,  # noqa: ANN401
    start: int,
    name: str,
    streams: tuple[Stream, Stream],
    resources: ExitStack,
) -> Archive | None:
    """Open an archive; None if neither the file nor what it unpacks to begins as one."""
    stream, text = streams
    if stream.head.startswith(ZIP_MAGIC):
        return ZipArchive(raw, name)
    if not is_tar(text.head):
        return None
    from glovefast.sources.tar_archives import TarArchive  # tarfile is slow to import

    if not is_seekable(raw):
        raise FormatError(
            name,
            None,
            "is a tar archive in a pipe, but it must be read twice; pass the file's name, or pipe the text: "
            "tar -xOf ARCHIVE MEMBER | glovefast convert - -o DEST",
        )

    def reopen() -> Stream:
        raw.seek(start)
        return unpacked(Stream(raw), name, resources)

    with container_errors(name):
        return TarArchive(reopen, name)


def _open_raw(source: AnySource, resources: ExitStack) -> tuple[Any, str, str | None]:
    """Open the bytes themselves: (the file object, its name in messages, the stem for a store's name)."""
    if source == STANDARD_INPUT:
        if sys.stdin is None:
            raise OSError(errno.EBADF, "standard input is closed")
        return sys.stdin.buffer, "<stdin>", None
    if isinstance(source, io.TextIOBase):
        raise TypeError("the source is a text file object; open it in binary mode: open(path, 'rb')")
    if not isinstance(source, str | os.PathLike):
        if not hasattr(source, "read"):
            raise TypeError(f"a source is a path, '-' or a binary file object, not {type(source).__name__}")
        name = getattr(source, "name", None)
        return source, name if isinstance(name, str) else "<stream>", None
    path = Path(source)
    if path.is_dir():
        if all((path / file).is_file() for file in _FILES_OF_A_STORE):
            raise FormatError(path, None, "is already a store; open it with glovefast.load")
        raise FormatError(path, None, "is a directory; pass the embedding text file in it")
    raw = resources.enter_context(path.open("rb", buffering=0))
    return raw, str(path), stem_of(path.name) if path.is_file() else None


def _open_member(archive: Archive, member: str | None, origin: Origin, resources: ExitStack) -> Source:
    chosen = choose_member(archive, member)
    full_name = f"{archive.name}!{chosen}"
    with container_errors(full_name):
        raw, size = archive.open(chosen)
        text = Stream(raw)
    _check_text(full_name, text.head, "the archive's member has no bytes")
    stem = stem_of(chosen)
    return Source(
        full_name,
        text=text,
        measured=text,
        origin=origin,
        bytes_total=size,
        resources=resources.pop_all(),
        stem=stem,
        member=chosen,
    )


def _check_text(name: str, head: bytes, emptiness: str) -> None:
    head = head.removeprefix(BYTE_ORDER_MARK)
    if not head:
        raise ForeignError(name, None, f"is empty: {emptiness}; download or export it again")
    reason = foreign(head)
    if reason is not None:
        raise ForeignError(name, None, reason)


def _position(raw: Any) -> int:  # noqa: ANN401
    return int(raw.tell()) if is_seekable(raw) else 0


def _remaining_bytes(raw: Any) -> int | None:  # noqa: ANN401
    if not is_seekable(raw):
        return None
    position = raw.tell()
    end = raw.seek(0, os.SEEK_END)
    raw.seek(position)
    return int(end - position)
