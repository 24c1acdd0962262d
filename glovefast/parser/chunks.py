"""Chunks of whole lines, cut from a source into memory that is used again."""

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import FormatError
from glovefast.kernels import PADDING
from glovefast.parser.row_layout import show

# 1 MiB: less, and the work between two chunks shows; more, and every worker's memory grows for nothing.
CHUNK_BYTES = 1 << 20
# Where only some lines are wanted, most of a chunk is looked at once, and the work between two chunks counts.
CHUNKS_TO_FILTER = 3
MAX_LINE_BYTES = 1 << 24

_NEWLINE = b"\n"
_ENOUGH_BYTES = 1 << 16
_NO_BLANK = re.compile(rb"[^ \r\n]")


class ByteSource(Protocol):
    """What the parser needs of a source: its name and its bytes."""

    name: str

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer; less than its length only at the end."""
        ...


class TextBuffer:
    """A worker's text: whole lines between two paddings, in memory that is used again for each chunk."""

    def __init__(self) -> None:
        self.begin = self.end = PADDING
        self._allocate(CHUNK_BYTES)

    def _allocate(self, capacity: int) -> None:
        self.capacity = capacity
        # One byte more than the paddings, for the newline that a file's last line may lack.
        self.bytes = bytearray(2 * PADDING + capacity + 1)
        self.array: NDArray[np.uint8] = np.frombuffer(self.bytes, dtype=np.uint8)

    def grow(self) -> None:
        """Double the capacity and keep what is there: a line is longer than a chunk."""
        kept = self.bytes[self.begin : self.end]
        self._allocate(2 * self.capacity)
        self.bytes[self.begin : self.end] = kept

    def lines(self, numbers: Sequence[int]) -> list[bytes]:
        """Find lines again by their numbers, counted from 0, for messages."""
        if not numbers:
            return []
        ends = np.flatnonzero(self.array[self.begin : self.end] == _NEWLINE[0]) + self.begin
        begins = [self.begin, *(ends[:-1] + 1).tolist()]
        return [bytes(self.bytes[begins[number] : ends[number]]) for number in numbers]


class ChunkReader:
    """Cut a source into chunks of whole lines. Not thread-safe: its callers take turns.

    Parameters
    ----------
    source : ByteSource
        Where the bytes come from.

    Attributes
    ----------
    chunk_bytes : int
        How much is read at once; may be raised between two chunks.
    chunks : int
        How many chunks were read.
    """

    def __init__(self, source: ByteSource) -> None:
        self.chunk_bytes = CHUNK_BYTES
        self._source = source
        self._rest = b""
        self._ended = False
        self.chunks = 0

    def read(self, buffer: TextBuffer, min_lines: int = 1) -> int | None:
        """Fill a buffer with the next whole lines.

        Parameters
        ----------
        buffer : TextBuffer
            The memory to fill; what it held is gone.
        min_lines : int
            The lines that are not blank to read at least, where there are as many in two chunks.

        Returns
        -------
        int or None
            The chunk's number, counted from 0; None if there is no text left.

        Raises
        ------
        FormatError
            If a line is longer than 16 MiB, or as the source raises it.
        """
        while buffer.capacity < max(self.chunk_bytes, len(self._rest)):
            buffer.grow()
        buffer.begin, buffer.end = PADDING, PADDING + len(self._rest)
        buffer.bytes[buffer.begin : buffer.end] = self._rest
        self._rest = b""
        while not self._ended:
            limit = PADDING + buffer.capacity
            with memoryview(buffer.bytes) as view:
                buffer.end += self._source.readinto(view[buffer.end : limit])
            self._ended = buffer.end < limit
            if self._ended:  # the chunk holds all that is left, its last line with or without newline
                break
            # One call finds the last newline; lines are only looked at where more than one is asked for.
            whole = buffer.bytes.rfind(_NEWLINE, PADDING, buffer.end) + 1
            if whole and (min_lines == 1 or self._holds_lines(buffer, whole, min_lines)):
                self._rest = bytes(memoryview(buffer.bytes)[whole : buffer.end])
                buffer.end = whole
                break
            self._check_line(buffer, max(whole, buffer.begin))
            buffer.grow()
        if buffer.end == buffer.begin:
            return None
        if buffer.bytes[buffer.end - 1] != _NEWLINE[0]:
            buffer.bytes[buffer.end] = _NEWLINE[0]
            buffer.end += 1
        self.chunks += 1
        return self.chunks - 1

    def _holds_lines(self, buffer: TextBuffer, end: int, least: int) -> bool:
        """Say whether there are so many lines that are not blank; one will do behind which much is blank."""
        if buffer.capacity >= max(2 * self.chunk_bytes, _ENOUGH_BYTES):
            least = 1
        position = PADDING
        for _ in range(least):
            filled = _NO_BLANK.search(buffer.bytes, position, end)
            if filled is None:
                return False
            position = buffer.bytes.find(_NEWLINE, filled.start()) + 1
        return True

    def _check_line(self, buffer: TextBuffer, begin: int) -> None:
        if buffer.capacity >= MAX_LINE_BYTES:
            if 2 * (buffer.end - begin) < buffer.capacity:  # there are whole lines, but they are blank
                raise FormatError(
                    self._source.name,
                    None,
                    f"its first {MAX_LINE_BYTES >> 20} MiB are blank lines, so this is no embedding text",
                )
            raise FormatError(
                self._source.name,
                None,
                f"a line goes on for more than {MAX_LINE_BYTES >> 20} MiB, so this is no embedding text; "
                f"it begins {show(bytes(buffer.bytes[begin : begin + 100]))}",
            )

    @property
    def ended(self) -> bool:
        """Whether the last chunk held the last of the text; found out late where it was filled exactly."""
        return self._ended
