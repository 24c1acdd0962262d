"""Bytes of embedding text from wherever it lies: a file, a compressed file, a zip's member, a pipe.

Containers are told apart by their first bytes, not by their names. Nothing is unpacked to disk, and nothing
is held in memory beyond a container's own window.
"""

import bz2
import errno
import gzip
import io
import lzma
import os
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeAlias

from glovefast.archives import ZIP_MAGIC, candidates, choose_member, is_seekable, open_archive
from glovefast.errors import FormatError
from glovefast.origin import Origin
from glovefast.signatures import HEAD_BYTES, foreign

AnySource: TypeAlias = "str | os.PathLike[str] | BinaryIO"

STANDARD_INPUT = "-"

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DECOMPRESSORS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b\x08": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
# What follows "BZh" and the level: the first block, or the end of an empty stream. A word may start with BZh.
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")
_COMPRESSED_READ_BYTES = 1 << 17
_TEXT_SUFFIXES = {".txt", ".text", ".vec", ".tsv", ".csv", ".w2v", ".glove"}
_COMPRESSION_SUFFIXES = {".gz", ".bz2", ".xz"}
_DAMAGE = (OSError, gzip.BadGzipFile)
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
        text: "_Stream",
        measured: "_Stream",
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
        with _container_errors(self.name):
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
        A file or a pipe by its path, ``"-"`` for standard input, or an object with `read`. Plain text,
        gzip, bzip2, xz or a zip archive, told apart by the first bytes.
    member : str, optional
        The zip archive's member: its name, or the end of its name where only one member ends so. Not
        needed where an archive holds one file.

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
    """List the files in a zip archive that may be embedding text.

    Parameters
    ----------
    path : str, path-like or binary file object
        The archive.

    Returns
    -------
    list of str
        The members' names in the archive's order, without directories, ``__MACOSX/`` and dot-files.

    Raises
    ------
    FormatError
        If it is no zip archive, or a damaged one.
    OSError
        If the file is not there or cannot be read.
    """
    with ExitStack() as resources:
        raw, name, _ = _open_raw(path, resources)
        if not _Stream(raw).head.startswith(ZIP_MAGIC):
            raise FormatError(name, None, "is not a zip archive")
        return candidates(resources.enter_context(open_archive(raw, name)))


def _open(source: AnySource, member: str | None, resources: ExitStack) -> Source:
    raw, name, stem = _open_raw(source, resources)
    origin = Origin(raw, resources)
    raw = origin.raw
    bytes_total = _remaining_bytes(raw)
    stream = _Stream(raw)
    head = stream.head
    if head.startswith(ZIP_MAGIC):
        return _open_member(origin, name, member, resources)
    if member is not None:
        raise FormatError(name, None, f"is not a zip archive, so it has no member {member!r}")
    text, emptiness = stream, "it holds no bytes at all"
    opener = _decompressor(head)
    if opener is not None:
        unpacked = resources.enter_context(opener(io.BufferedReader(stream, _COMPRESSED_READ_BYTES)))
        with _container_errors(name):
            text, emptiness = _Stream(unpacked), "it unpacks to nothing"
    _check_text(name, text.head, emptiness)
    return Source(
        name,
        text=text,
        measured=stream,
        origin=origin,
        bytes_total=bytes_total,
        resources=resources.pop_all(),
        stem=stem,
    )


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


def _open_member(origin: Origin, name: str, member: str | None, resources: ExitStack) -> Source:
    archive = resources.enter_context(open_archive(origin.raw, name))
    info = choose_member(archive, name, member)
    full_name = f"{name}!{info.filename}"
    with _container_errors(full_name):
        text = _Stream(resources.enter_context(archive.open(info)))
    _check_text(full_name, text.head, "the archive's member holds no bytes at all")
    stem = stem_of(PurePosixPath(info.filename).name)
    return Source(
        full_name,
        text=text,
        measured=text,
        origin=origin,
        bytes_total=info.file_size,
        resources=resources.pop_all(),
        stem=stem,
        member=info.filename,
    )


def _decompressor(head: bytes) -> Callable[..., Any] | None:
    for magic, opener in _DECOMPRESSORS.items():
        if head.startswith(magic) and (magic != b"BZh" or head[4:].startswith(_BZIP2_BLOCKS)):
            return opener
    return None


def _check_text(name: str, head: bytes, emptiness: str) -> None:
    head = head.removeprefix(_BYTE_ORDER_MARK)
    if not head:
        raise FormatError(name, None, f"is empty: {emptiness}; check where it comes from")
    reason = foreign(head)
    if reason is not None:
        raise FormatError(name, None, reason)


def stem_of(file_name: str) -> str:
    """Take ``.txt``, ``.vec``, ``.gz`` and the like off a file's name; ``.50d`` and all else stays."""
    path = PurePosixPath(file_name)
    for suffixes in (_COMPRESSION_SUFFIXES, _TEXT_SUFFIXES):
        if path.suffix.lower() in suffixes:
            path = path.with_suffix("")
    return path.name


def _remaining_bytes(raw: Any) -> int | None:  # noqa: ANN401
    if not is_seekable(raw):
        return None
    position = raw.tell()
    end = raw.seek(0, os.SEEK_END)
    raw.seek(position)
    return int(end - position)


@contextmanager
def _container_errors(name: str) -> Iterator[None]:
    """Turn what the decompressors raise into a `FormatError`; errors of the operating system stay."""
    try:
        yield
    except EOFError as error:
        raise FormatError(
            name, None, "is truncated: the compressed data ends too early; download it again"
        ) from error
    except NotImplementedError as error:
        reason = f"cannot be unpacked by Python ({error}); unpack it with another program and give the text"
        raise FormatError(name, None, reason) from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError) as error:
        # bz2 raises a bare OSError for damaged data; the system's have a number or their own type.
        if isinstance(error, OSError) and (error.errno is not None or type(error) not in _DAMAGE):
            raise
        raise FormatError(
            name, None, f"is damaged and cannot be unpacked ({error}); download it again"
        ) from error


class _Stream(io.RawIOBase):
    """A stream whose first bytes can be looked at before they are read, and that counts what it gave out."""

    def __init__(self, raw: Any) -> None:  # noqa: ANN401 - anything with readinto or read
        super().__init__()
        self._raw_readinto = getattr(raw, "readinto", None) or _readinto_by_read(raw)
        self.bytes_read = 0
        buffer = memoryview(bytearray(HEAD_BYTES))
        filled = 0
        while filled < HEAD_BYTES and (count := self._read_raw(buffer[filled:])):
            filled += count
        self.head = bytes(buffer[:filled])
        self._pending = buffer[:filled]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        target = memoryview(buffer).cast("B")
        if self._pending:
            count = min(len(self._pending), len(target))
            target[:count] = self._pending[:count]
            self._pending = self._pending[count:]
        else:
            count = self._read_raw(target)
        self.bytes_read += count
        return count

    def pass_over(self, prefix: bytes) -> None:
        """Skip these bytes if the stream begins with them."""
        if self.head.startswith(prefix):
            self._pending = self._pending[len(prefix) :]
            self.bytes_read += len(prefix)

    def _read_raw(self, target: memoryview) -> int:
        count = self._raw_readinto(target)
        if count is None:
            raise BlockingIOError(errno.EAGAIN, "the source is a non-blocking stream without data")
        return int(count)


def _readinto_by_read(raw: Any) -> Callable[[memoryview], int]:  # noqa: ANN401
    def readinto(target: memoryview) -> int:
        data = raw.read(len(target))
        if isinstance(data, str):
            raise TypeError("the source gives text; open it in binary mode: open(path, 'rb')")
        target[: len(data)] = data
        return len(data)

    return readinto
