"""Bytes of embedding text from wherever it lies: a file, a compressed file, an archive's member, a pipe.

Containers are told apart by their first bytes, not by their names. Nothing is unpacked to disk, and nothing
is held in memory beyond a container's own window.
"""

import errno
import io
import os
import sys
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeAlias

from glovefast.errors import ForeignError, FormatError
from glovefast.sources.file_types import foreign, is_tar
from glovefast.sources.files_and_pipes import Origin
from glovefast.sources.members import Archive, candidates, choose_member
from glovefast.sources.streams import Stream, container_errors, is_seekable, unpacked
from glovefast.sources.zip_archives import ZIP_MAGIC, ZipArchive

AnySource: TypeAlias = "str | os.PathLike[str] | BinaryIO"

STANDARD_INPUT = "-"

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TEXT_SUFFIXES = {".txt", ".text", ".vec", ".tsv", ".csv", ".w2v", ".glove"}
_COMPRESSION_SUFFIXES = {".gz", ".bz2", ".xz"}
_NO_ARCHIVE = "is not an archive"
_FILES_OF_A_STORE = ("metadata.json", "vectors.npy")


class Source:
    """Embedding text, open for reading; a context manager that closes what `open_source` opened.

    Attributes
    ----------
    name : str
        What to call it in messages: the path, ``archive.zip!member``, ``<stdin>``.
    stem : str or None
        The file's or the member's name without folders and without ``.txt``, ``.gz`` and the like; None
        where there is no name to call a destination after.
    member : str or None
        The archive's member, by its full name.
    bytes_total : int or None
        The size in the units of `bytes_read`, where it is known.
    """

    def __init__(
        self,
        name: str,
        *,
        text: Stream,
        measured: Stream,
        origin: Origin,
        bytes_total: int | None,
        resources: ExitStack,
        stem: str | None,
        member: str | None = None,
    ) -> None:
        self.name = name
        self.stem = stem
        self.member = member
        self.bytes_total = bytes_total
        text.pass_over(_BYTE_ORDER_MARK)
        self._text = text
        self._measured = measured
        self._origin = origin
        self._resources = resources

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Source {self.name!r}>"

    @property
    def bytes_read(self) -> int:
        """Bytes read so far: of the compressed file for a compressed file, of the text for all else."""
        return self._measured.bytes_read

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer with the next bytes of the text.

        Parameters
        ----------
        buffer : memoryview
            Writable bytes.

        Returns
        -------
        int
            How many bytes were put there: all that `buffer` holds, fewer only at the end, then 0.

        Raises
        ------
        FormatError
            If the container is truncated or damaged.
        OSError
            If the file cannot be read.
        """
        filled = 0
        with container_errors(self.name):
            while filled < len(buffer):
                count = self._text.readinto(buffer[filled:])
                if count == 0:
                    break
                filled += count
        return filled

    def stop_waiting(self) -> None:
        """Let a `readinto` that waits for a pipe's writer, in another thread, raise OSError."""
        self._origin.stop_waiting()

    def check_unchanged(self) -> None:
        """Raise FormatError if the file is another one than when it was opened, by its size or its time."""
        change = self._origin.change()
        if change is not None:
            reason = f"changed while it was read: {change}; convert it again once nobody writes to it"
            raise FormatError(self.name, None, reason)

    def close(self) -> None:
        """Close the files that `open_source` opened; one that was handed over stays open."""
        self._resources.close()


def open_source(source: AnySource, member: str | None = None) -> Source:
    """Open embedding text for reading.

    Parameters
    ----------
    source : str, path-like or binary file object
        A file or a pipe by its path, ``"-"`` for standard input, or an object with `read`. Plain text, gzip,
        bzip2, xz, a zip archive, or a tar archive in any of these, told apart by the first bytes. An archive
        has to be a file, since it is read from its beginning more than once.
    member : str, optional
        The archive's member: its name, or the end of its name where only one member ends so. Not needed
        where an archive holds one file.

    Returns
    -------
    Source
        The open source.

    Raises
    ------
    FormatError
        If the source is empty, is recognised as no embedding text, is a damaged or encrypted archive, or
        does not have the member.
    OSError
        If the file is not there or cannot be read.
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
        If it is no archive, a damaged one, or one in a pipe.
    OSError
        If the file is not there or cannot be read.
    """
    with ExitStack() as resources:
        raw, name, _ = _open_raw(path, resources)
        start, stream = _position(raw), Stream(raw)
        archive = _archive(raw, start, name, (stream, unpacked(stream, name, resources)), resources)
        if archive is None:
            raise FormatError(name, None, _NO_ARCHIVE)
        return candidates(archive)


def is_archive(path: str | os.PathLike[str]) -> bool:
    """Tell a zip or tar archive, compressed or not, from any other file, by its first bytes."""
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
    _check_text(name, text.head, "it holds no bytes at all" if text is stream else "it unpacks to nothing")
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
    """Open an archive, told by the first bytes of the file and of what it unpacks to; None if it is none."""
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
            "is a tar archive in a pipe, and it is read twice; give the file by name, or pipe the text: "
            "tar -xOf ARCHIVE MEMBER | glovefast convert - -o DEST",
        )

    def reopen() -> Stream:
        raw.seek(start)
        return unpacked(Stream(raw), name, resources)

    with container_errors(name):
        return TarArchive(reopen, name)


def _open_raw(source: AnySource, resources: ExitStack) -> tuple[Any, str, str | None]:
    """Open the bytes themselves: (the file object, its name in messages, what to call a destination)."""
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
            raise FormatError(path, None, "is a store already; glovefast.load opens it")
        raise FormatError(path, None, "is a directory; give the embedding text file in it")
    raw = resources.enter_context(path.open("rb", buffering=0))
    return raw, str(path), stem_of(path.name) if path.is_file() else None


def _open_member(archive: Archive, member: str | None, origin: Origin, resources: ExitStack) -> Source:
    chosen = choose_member(archive, member)
    full_name = f"{archive.name}!{chosen}"
    with container_errors(full_name):
        raw, size = archive.open(chosen)
        text = Stream(raw)
    _check_text(full_name, text.head, "the archive's member holds no bytes at all")
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
    head = head.removeprefix(_BYTE_ORDER_MARK)
    if not head:
        raise ForeignError(name, None, f"is empty: {emptiness}; check where it comes from")
    reason = foreign(head)
    if reason is not None:
        raise ForeignError(name, None, reason)


def stem_of(name: str) -> str | None:
    """Give a file's or a member's name without folders and without ``.txt``, ``.vec``, ``.gz`` and the like.

    ``.50d`` and all else stays. None for a name after which nothing can be called: a member's may be ``..``.
    """
    path = PurePosixPath(name)
    if path.name in ("", "..", *_TEXT_SUFFIXES, *_COMPRESSION_SUFFIXES) or "\0" in name:
        return None
    for suffixes in (_COMPRESSION_SUFFIXES, _TEXT_SUFFIXES):
        if path.suffix.lower() in suffixes:
            path = path.with_suffix("")
    return path.name


def _position(raw: Any) -> int:  # noqa: ANN401
    return int(raw.tell()) if is_seekable(raw) else 0


def _remaining_bytes(raw: Any) -> int | None:  # noqa: ANN401
    if not is_seekable(raw):
        return None
    position = raw.tell()
    end = raw.seek(0, os.SEEK_END)
    raw.seek(position)
    return int(end - position)
