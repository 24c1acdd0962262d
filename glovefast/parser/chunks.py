"""Chunks of whole lines, read from a source into buffers that are reused."""

import re
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import FormatError
from glovefast.kernels import PADDING
from glovefast.parser.bad_lines import CARRIAGE_RETURNS, show

# 1 MiB: with less the work between two chunks shows, with more every worker takes memory for nothing.
CHUNK_BYTES = 1 << 20
# If only some lines are wanted, most of a chunk is read only once, and the work between two chunks counts.
CHUNKS_TO_FILTER = 2
MAX_LINE_BYTES = 1 << 24

_NEWLINE = b"\n"
_ENOUGH_BYTES = 1 << 16
_NO_BLANK = re.compile(rb"[^ \r\n]")


class ByteSource(Protocol):
    """What the parser needs from a source: its name and its bytes."""

    name: str

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer; give fewer bytes only at the end of the source."""
        ...


class TextBuffer:
    """A worker's text: whole lines between two paddings, in memory that is reused for each chunk.

    Parameters
    ----------
    capacity : int, optional
        How many bytes of text it holds before it must grow; by default those of a chunk.
    """

    def __init__(self, capacity: int | None = None) -> None:
        self.begin = self.end = PADDING
        self.position = 0  # of the chunk in the source, where its reader counts bytes
        self._allocate(capacity or CHUNK_BYTES)

    def _allocate(self, capacity: int) -> None:
        self.capacity = capacity
        # One byte more than the paddings, for the newline that the last line of a file may lack.
        self.bytes = bytearray(2 * PADDING + capacity + 1)
        self.array: NDArray[np.uint8] = np.frombuffer(self.bytes, dtype=np.uint8)

    def grow(self) -> None:
        """Double the capacity and keep the contents: a line is longer than a chunk."""
        kept = self.bytes[self.begin : self.end]
        self._allocate(2 * self.capacity)
        self.bytes[self.begin : self.end] = kept

    def bounds_of_lines(self, numbers: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the begin and the newline of lines by their numbers, counted from 0."""
        ends = np.flatnonzero(self.array[self.begin : self.end] == _NEWLINE[0]) + self.begin
        begins = np.empty_like(ends)
        begins[:1], begins[1:] = self.begin, ends[:-1] + 1
        return begins[numbers], ends[numbers]


class ChunkReader:
    """Cut a source into chunks of whole lines. Not thread-safe: callers must take turns.

    Parameters
    ----------
    source : ByteSource
        Where the bytes come from.

    Attributes
    ----------
    chunk_bytes : int
        How many bytes to read at once; may be raised between two chunks.
    chunks : int
        The number of chunks read so far.
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
            The memory to fill; its contents are replaced.
        min_lines : int
            Read at least this many lines that are not blank, if two chunks hold as many.

        Returns
        -------
        int or None
            The chunk's number, counted from 0; None if there is no text left.

        Raises
        ------
        FormatError
            If a line is longer than 16 MiB, or if the source raises it.
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
            # One call finds the last newline; single lines are looked at only if more than one is needed.
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

    def _holds_lines(self, buffer: TextBuffer, end: int, min_lines: int) -> bool:
        """Check for enough lines that are not blank; one will do if a lot of blank text follows it."""
        if buffer.capacity >= max(2 * self.chunk_bytes, _ENOUGH_BYTES):
            min_lines = 1
        position = PADDING
        for _ in range(min_lines):
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
                    f"not embedding text: the first {MAX_LINE_BYTES >> 20} MiB are blank lines",
                )
            if b"\r" in buffer.bytes[begin : buffer.end].rstrip(b"\r"):
                raise FormatError(self._source.name, None, CARRIAGE_RETURNS)
            raise FormatError(
                self._source.name,
                None,
                f"not embedding text: a line is longer than {MAX_LINE_BYTES >> 20} MiB; it begins with "
                f"{show(bytes(buffer.bytes[begin : begin + 100]))}",
            )

    @property
    def ended(self) -> bool:
        """Whether the last chunk held the end of the text; known one read later if it was filled exactly."""
        return self._ended
