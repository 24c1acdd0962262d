"""Open embedding text: a file, a compressed file, an archive's member or a pipe.

Containers are recognized by their first bytes, not by their names. Nothing is unpacked to disk, and only a
decompressor's window is kept in memory.
"""

import errno
import io
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeAlias

from glovefast.errors import ForeignError, FormatError, shortened
from glovefast.sources.compression import decompressed
from glovefast.sources.file_types import is_tar
from glovefast.sources.files_and_pipes import Origin
from glovefast.sources.members import FILES_OF_A_STORE, Archive
from glovefast.sources.names import (
    STANDARD_INPUT,
    check_member,
    near_files,
    question,
    reason_if_address,
    stem_of,
)
from glovefast.sources.source import OpenArchive, Source, check_text
from glovefast.sources.streams import Stream, container_errors, is_seekable, named_errors
from glovefast.sources.zip_archives import ZIP_MAGIC, ZipArchive

AnySource: TypeAlias = str | os.PathLike[str] | BinaryIO

_NOT_AN_ARCHIVE = "is not an archive"


def open_source(source: AnySource, member: str | None = None) -> Source:
    """Open embedding text for reading.

    Parameters
    ----------
    source : str, path-like or binary file object
        The path of a file or pipe, ``"-"`` for standard input, or an object with `read`. It may be plain
        text, compressed (gzip, bzip2, xz, LZMA, Zstandard, LZ4), a zip archive, or a tar archive in any of
        the compressions; the first bytes decide. An archive must be a file, because it is read more than
        once.
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
        If the source is empty, is recognized as something other than embedding text, is a damaged or
        encrypted archive, or does not have the member.
    TypeError
        If the source or the member's name has another type.
    OSError
        If the file does not exist or cannot be read.
    """
    check_member(member)
    with ExitStack() as resources:
        opened = _open(source, resources)
        if opened.archive is not None:
            archive = OpenArchive(opened.archive, opened.origin, resources.pop_all())
            return archive.open(member, closing=True)
        is_plain = opened.text is opened.stream
        check_text(opened.name, opened.text.head, "it has no bytes" if is_plain else "it unpacks to nothing")
        if member is not None:  # after the check: a server's web page in place of an archive says why
            raise FormatError(
                opened.name, None, f"{_NOT_AN_ARCHIVE}, so it has no member {shortened(member)}"
            )
        return Source(
            opened.name,
            text=opened.text,
            measured=opened.stream,
            origin=opened.origin,
            bytes_total=opened.bytes_total,
            resources=resources.pop_all(),
            stem=opened.stem,
            is_packed=not is_plain,
        )


def open_text(path: str, contents: str) -> Source:
    """Open text that is not embedding text, as `open_source` does; a refusal says what to pass.

    Parameters
    ----------
    path : str
        The file, or ``"-"`` for standard input.
    contents : str
        What the text should have, for messages.
    """
    try:
        return open_source(path)
    except ForeignError as error:
        what = error.reason.partition(";")[0].removesuffix(", not embedding text")
        raise ForeignError(error.path, None, f"{what}; pass a text file with {contents}, in UTF-8") from None


def open_archive(path: AnySource) -> OpenArchive:
    """Open a zip or tar archive, to read its members one after the other.

    Parameters
    ----------
    path : str, path-like or binary file object
        The archive.

    Returns
    -------
    OpenArchive
        The open archive.

    Raises
    ------
    FormatError
        If it is not an archive, is damaged, or comes through a pipe.
    OSError
        If the file does not exist or cannot be read.
    """
    with ExitStack() as resources:
        opened = _open(path, resources)
        if opened.archive is None:
            raise FormatError(opened.name, None, _NOT_AN_ARCHIVE)
        return OpenArchive(opened.archive, opened.origin, resources.pop_all())


def is_archive(path: str | os.PathLike[str]) -> bool:
    """Tell whether a file's first bytes are those of a zip or tar archive, compressed or not.

    Nothing is read from a pipe, whose bytes can be read only once; it is never an archive.
    """
    if Path(path).exists() and not Path(path).is_file():
        return False
    with ExitStack() as resources:
        raw, name, _ = _open_raw(path, resources)
        with named_errors(name):
            stream = Stream(raw)
        return stream.head.startswith(ZIP_MAGIC) or is_tar(decompressed(stream, name).head)


def is_archive_of_stores(path: str | os.PathLike[str]) -> bool:
    """Check whether a path leads to a zip or tar archive that contains only stores."""
    try:
        with open_archive(path) as archive:
            return archive.holds_only_stores
    except (FormatError, OSError):
        return False


class _Opened(NamedTuple):
    """An open file or pipe, and what its first bytes show it to be."""

    name: str
    stem: str | None
    origin: Origin
    bytes_total: int | None
    stream: Stream
    text: Stream
    archive: Archive | None


def _open(source: AnySource, resources: ExitStack) -> _Opened:
    raw, name, stem = _open_raw(source, resources)
    origin = Origin(raw, resources)
    raw = origin.raw
    with named_errors(name):
        bytes_total = _remaining_bytes(raw)
        start, stream = _position(raw), Stream(raw)
    text = decompressed(stream, name)
    archive = _archive(raw, start, name, (stream, text), bytes_total)
    return _Opened(name, stem, origin, bytes_total, stream, text, archive)


def _archive(
    raw: Any,  # noqa: ANN401
    start: int,
    name: str,
    streams: tuple[Stream, Stream],
    bytes_total: int | None,
) -> Archive | None:
    """Open an archive; None if neither the file nor what it unpacks to begins as one."""
    stream, text = streams
    if stream.head.startswith(ZIP_MAGIC):
        return ZipArchive(name, raw)
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

    def reopen() -> Any:  # noqa: ANN401
        raw.seek(start)
        return raw if text is stream else decompressed(Stream(raw), name)

    with container_errors(name):
        return TarArchive(name, reopen, bytes_total if text is stream else None)


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
        if all((path / file).is_file() for file in FILES_OF_A_STORE):
            raise FormatError(path, None, "is already a store; open it with glovefast.load")
        raise FormatError(path, None, "is a directory; pass the embedding text file in it")
    try:
        raw = resources.enter_context(path.open("rb", buffering=0))
    except FileNotFoundError as error:
        raise _missing(os.fspath(source), error) from None
    return raw, str(path), stem_of(path.name) if path.is_file() else None


def _missing(source: str, error: FileNotFoundError) -> FormatError | FileNotFoundError:
    """Add to the error of a missing file what the user may have meant."""
    if (address := reason_if_address(source)) is not None:
        return FormatError(address[0], None, address[1])
    from glovefast.sources.published import where_to_download

    path = Path(source)
    hint = question(near_files(path)) or where_to_download(path.name)
    strerror = "; ".join([error.strerror or "", *filter(None, [hint])])
    return FileNotFoundError(error.errno, strerror, error.filename)


def _position(raw: Any) -> int:  # noqa: ANN401
    return int(raw.tell()) if is_seekable(raw) else 0


def _remaining_bytes(raw: Any) -> int | None:  # noqa: ANN401
    if not is_seekable(raw):
        return None
    position = raw.tell()
    end = raw.seek(0, os.SEEK_END)
    raw.seek(position)
    return int(end - position)
