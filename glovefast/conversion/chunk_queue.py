"""The chunks of one source, handed to several workers in order, and read ahead where reading takes long."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from glovefast.errors import FormatError
from glovefast.parser.chunks import CHUNKS_TO_FILTER, ChunkReader, TextBuffer
from glovefast.parser.word2vec_binary import BinaryRowReader

# How far to read ahead: enough to go on while the other workers wait for the disk for some milliseconds.
_AHEAD_CHUNKS, _AHEAD_BYTES = 4, 4 << 20


class Chunk(NamedTuple):
    """A chunk's number, counted from 0, and its text."""

    number: int
    buffer: TextBuffer


class ChunkQueue:
    """Hand out the chunks of a source, each to one worker.

    One worker reads at a time. From a plain file it takes the chunk that it has read, which is still in its
    processor's cache. Inflating takes longer than parsing: there, and at a pipe, the worker that reads goes
    on reading while others parse, so that reading never waits for them.

    Parameters
    ----------
    reader : ChunkReader or BinaryRowReader
        Cuts the source into chunks.
    reads_ahead : bool
        Whether to read ahead, because reading takes longer than parsing.

    Attributes
    ----------
    error : FormatError, OSError or None
        Why reading ended early.
    """

    def __init__(self, reader: ChunkReader | BinaryRowReader, *, reads_ahead: bool) -> None:
        self._reader = reader
        self._reads_ahead = reads_ahead
        self._changed = threading.Condition()
        self._ready: deque[Chunk] = deque()
        self._free: list[TextBuffer] = []
        self._is_reading = self._ended = self._stopped = False
        self.error: FormatError | OSError | None = None

    def read_first(self, min_lines: int) -> tuple[TextBuffer, bool]:
        """Read the first chunk, which `take` then gives first; also say whether it is the whole text."""
        buffer = TextBuffer()
        number = self._reader.read(buffer, min_lines)
        if number is not None:
            self._ready.append(Chunk(number, buffer))
        return buffer, self._reader.ended

    def read_larger_chunks(self) -> None:
        """Read more at once from now on, because workers will drop most lines."""
        self._reader.chunk_bytes *= CHUNKS_TO_FILTER

    def take(self, *, alone: bool) -> Chunk | None:
        """Wait for the next chunk; None if there is none left.

        An error while reading counts as the end of the text until the chunks before it are counted: they may
        have a bad row to report, or all the rows that are wanted.

        Parameters
        ----------
        alone : bool
            Whether this is the only worker, which would read ahead only for itself.
        """
        ahead = _AHEAD_CHUNKS if self._reads_ahead and not alone else 1
        with self._changed:
            while not self._stopped:
                if not (self._is_reading or self._ended) and self._has_room(ahead):
                    self._read()
                elif self._ready:
                    return self._ready.popleft()
                elif self._ended:
                    break
                else:
                    self._changed.wait()
        return None

    def give_back(self, buffer: TextBuffer) -> None:
        """Return the buffer of a chunk, for another one."""
        with self._changed:
            self._free.append(buffer)

    def stop(self) -> None:
        """Give no more chunks: everything needed is read, or a worker has failed."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    @property
    def is_exhausted(self) -> bool:
        """Whether all chunks have been taken, and nothing more is read."""
        with self._changed:
            is_over = self._stopped or (self._ended and not self._ready)
            return is_over and not self._is_reading

    def clear(self) -> None:
        """Free the buffers."""
        with self._changed:
            self._free.clear()
            self._ready.clear()

    def _has_room(self, chunks: int) -> bool:
        """Say whether less is ready than so many chunks, and than `_AHEAD_BYTES`."""
        ready = sum(chunk.buffer.end - chunk.buffer.begin for chunk in self._ready)
        return len(self._ready) < chunks and ready < _AHEAD_BYTES

    def _read(self) -> None:
        buffer = self._free.pop() if self._free else TextBuffer(self._reader.chunk_bytes)
        number = None
        try:
            with self._others_go_on():
                number = self._reader.read(buffer)
        except (FormatError, OSError) as error:
            self.error = error
        if number is None:
            self._ended = True
        else:
            self._ready.append(Chunk(number, buffer))
        self._changed.notify_all()

    @contextmanager
    def _others_go_on(self) -> Iterator[None]:
        """Let other workers take what is ready while this one reads."""
        self._is_reading = True
        self._changed.release()
        try:
            yield
        finally:
            self._changed.acquire()
            self._is_reading = False
