"""Decompress streams, always to their end, so that every checksum is checked.

A compressed file may consist of several streams with padding between them. Python's own readers stop at the
first one that they do not recognize, and what lies behind it is lost without an error.
"""

import bz2
import io
import lzma
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from glovefast.errors import FormatError
from glovefast.sources.inflate import Inflater
from glovefast.sources.streams import Stream, container_errors

_READ_BYTES = 1 << 17
_BEGINNING_BYTES = 14  # as many as the longest beginning that tells a format


class _Format(NamedTuple):
    """A compression format: its name, the program for it, what a stream begins with, and what unpacks it."""

    name: str
    program: str
    magic: bytes
    begins: Callable[[bytes], bool]
    decompressor: Callable[[], Any]


def _begins_with(pattern: bytes) -> Callable[[bytes], bool]:
    compiled = re.compile(pattern)
    return lambda head: compiled.match(head) is not None


def _begins_as_lzma(head: bytes) -> bool:
    """Recognise the .lzma format, which has no signature, as liblzma does: by what its header can say."""
    if len(head) < 14 or head[0] > 224 or head[13] != 0:
        return False
    dictionary, size = int.from_bytes(head[1:5], "little"), int.from_bytes(head[5:13], "little")
    lowest_bit = dictionary & -dictionary
    is_usual = dictionary >= 4096 and dictionary in (lowest_bit, 3 * lowest_bit)
    return is_usual and (size == 2**64 - 1 or size < 2**38)


_FORMATS = [
    _Format("gzip", "gzip", b"\x1f\x8b\x08", _begins_with(rb"\x1f\x8b\x08"), Inflater),
    # Behind "BZh" and the level comes a block, or the end of an empty stream; a word may begin with BZh.
    _Format("bzip2", "bzip2", b"BZh", _begins_with(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), bz2.BZ2Decompressor),
    _Format(
        "xz",
        "xz",
        b"\xfd7zXZ\0",
        _begins_with(rb"\xfd7zXZ\0"),
        lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ),
    ),
    _Format("LZMA", "xz", b"", _begins_as_lzma, lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE)),
]


class _ArrowFormat(NamedTuple):
    """A format that pyarrow decompresses, and how it calls data in another one."""

    name: str
    program: str  # pyarrow uses the same name
    magic: bytes
    unknown: str


_ARROW_FORMATS = [
    _ArrowFormat("Zstandard", "zstd", b"\x28\xb5\x2f\xfd", "Unknown frame descriptor"),
    _ArrowFormat("LZ4", "lz4", b"\x04\x22\x4d\x18", "ERROR_frameType_unknown"),
]
# A skippable frame: its magic and its length, here below 16 MiB, so that no text looks like one.
_SKIPPABLE = re.compile(rb"(?s)[\x50-\x5f]\x2a\x4d\x18(.{3}\0)")


def decompressed(stream: Stream, name: str) -> Stream:
    """Decompress a stream; return one that is not compressed unchanged.

    Parameters
    ----------
    stream : Stream
        The stream, with nothing read yet.
    name : str
        Its name in messages.

    Returns
    -------
    Stream
        What it unpacks to. Its end is reported only if the compressed data is whole.

    Raises
    ------
    FormatError
        If the data is truncated or damaged, now or while it is read.
    """
    with container_errors(name):
        for kind in _FORMATS:
            if kind.begins(stream.head):
                return Stream(_Decompressed(stream, kind, name))
        if arrow_kind := _arrow_format(stream.head):
            return Stream(_ArrowDecompressed(stream, arrow_kind, name))
    return stream


def compression_of(head: bytes) -> tuple[str, str] | None:
    """Recognise a compressed file by its first bytes; give the format and the program that unpacks it."""
    kind = next((kind for kind in _FORMATS if kind.begins(head)), None) or _arrow_format(head)
    return None if kind is None else (kind.name, kind.program)


def _arrow_format(head: bytes) -> _ArrowFormat | None:
    """Recognise Zstandard and LZ4, also behind the skippable frames that both may begin with (pzstd)."""
    begin = 0
    while frame := _SKIPPABLE.match(head, begin):
        begin = frame.end() + int.from_bytes(frame[1], "little")
    for kind in _ARROW_FORMATS:
        if head.startswith(kind.magic, begin):
            return kind
    # The frame behind is not in sight, or there is none; Zstandard uses skippable frames more often.
    return _ARROW_FORMATS[0] if begin >= len(head) > 0 else None


def _trailing_data(name: str, kind: str, program: str) -> FormatError:
    return FormatError(
        name,
        None,
        f"has extra data after the end of the {kind} data; download it again, or if it should be "
        f"ignored, pipe the text: {program} -dc FILE | glovefast convert - -o DEST",
    )


class _Decompressed(io.RawIOBase):
    """All streams of a compressed file, one after the other."""

    def __init__(self, packed: Stream, kind: _Format, name: str) -> None:
        super().__init__()
        self._packed = packed
        self._kind = kind
        self._name = name
        self._decompressor = kind.decompressor()
        self._rest = b""  # read, but not given to the decompressor yet
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        target = memoryview(buffer).cast("B")
        while not self._ended:
            if self._decompressor.eof:
                self._begin_next_stream()
                continue
            packed, self._rest = self._rest, b""
            if wanted := not packed and self._decompressor.needs_input:
                packed = self._packed.read(_READ_BYTES)
            data = self._decompressor.decompress(packed, len(target))
            if data:
                target[: len(data)] = data
                return len(data)
            if wanted and not packed and not self._decompressor.eof:
                raise EOFError("the compressed data ends too early")
        return 0

    def _begin_next_stream(self) -> None:
        """Go on to the stream behind padding; the format allows zeros there."""
        rest = self._decompressor.unused_data.lstrip(b"\0")
        while len(rest) < _BEGINNING_BYTES and (more := self._packed.read(_READ_BYTES)):
            rest = (rest + more).lstrip(b"\0")
        magic = self._kind.magic
        if not rest:
            self._ended = True
        elif self._kind.begins(rest):
            self._decompressor, self._rest = self._kind.decompressor(), rest
        elif len(rest) < _BEGINNING_BYTES and rest[: len(magic)] == magic[: len(rest)] != b"":
            raise EOFError("the compressed data ends within the beginning of a stream")
        else:
            raise _trailing_data(self._name, self._kind.name, self._kind.program)


class _ArrowDecompressed(io.RawIOBase):
    """A compressed file that pyarrow decompresses, which goes through all its streams itself."""

    def __init__(self, packed: Stream, kind: _ArrowFormat, name: str) -> None:
        super().__init__()
        import pyarrow as pa

        self._kind = kind
        self._name = name
        self._stream = pa.CompressedInputStream(pa.PythonFile(packed, mode="r"), kind.program)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        try:
            return int(self._stream.readinto(buffer))
        except OSError as error:
            if error.errno is not None or type(error) is not OSError:
                raise
            if "Truncated" in str(error):
                raise EOFError(str(error)) from error
            if self._kind.unknown in str(error):  # not the first stream, which begins rightly
                raise _trailing_data(self._name, self._kind.name, self._kind.program) from error
            raise
