"""Parse a text that is already in memory, with glovefast's kernels only, and print the times as JSON.

``python -m benchmarks.in_memory glovefast|two-threads|two-apart|floor TEXT DIM AGAIN [OUTPUT]``

``two-apart`` parses the whole text on each of two threads, which share nothing, and prints half the time:
what two threads could reach on this machine. The first call meets untouched memory; AGAIN is the number of
calls after it. OUTPUT receives the rows, the positions where the words end, and the words, one after the
other, as `fast_float_parse.cpp` writes them.
"""

import copy
import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from glovefast import kernels
from glovefast.kernels import PADDING
from glovefast.kernels.load import load_kernels
from glovefast.parser.chunks import CHUNK_BYTES

THREADS = {"glovefast": 1, "two-threads": 2}
_FAILED = -1


class Worker:
    """The buffers of one thread, in the sizes that `glovefast.parser.blocks.BlockParser` uses."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self.max_rows = CHUNK_BYTES // (dim + 1) + 1
        self.kernels = load_kernels("find_separators", "parse_rows")
        self.separators = np.empty(CHUNK_BYTES + kernels.SEPARATORS_AT_ONCE, dtype=np.int32)
        self.line_ends = np.empty(CHUNK_BYTES, dtype=np.int32)
        self.numbers = np.empty(self.max_rows * dim + 1, dtype=np.float32)
        self.words = np.empty(CHUNK_BYTES + kernels.WORD_BLOCK_BYTES, dtype=np.uint8)
        self.word_ends, self.row_lines = np.empty((2, self.max_rows), dtype=np.int32)
        self.bad_lines = np.empty(1, dtype=np.int32)
        self.odd_numbers = np.empty(3 * (dim + kernels.LANES), dtype=np.int64)
        self.status = np.zeros(kernels.STATUS_LENGTH, dtype=np.int64)

    def parse(self, chunk: np.ndarray) -> tuple[int, int]:
        """Parse a chunk, padded on both sides; return its rows and the bytes of its words."""
        begin, end = PADDING, len(chunk) - PADDING
        lines = self.kernels.find_separators(
            chunk, begin, end, kernels.SPACE, self.separators, self.separators, self.line_ends
        )
        self.status[:] = 0
        self.status[kernels.NEXT_BYTE] = begin
        text = (chunk, kernels.SPACE, self.dim, 0, 1, self.separators, self.separators, self.line_ends, lines)
        rows = (self.max_rows, self.numbers, self.words, self.word_ends, self.row_lines)
        done = self.kernels.parse_rows(*text, *rows, self.bad_lines, self.odd_numbers, self.status)
        if done != lines or self.status[kernels.BAD_LINES] or self.status[kernels.ODD_NUMBERS]:
            raise ValueError("the parser's Python must read a line of this text; measure another one")
        return int(self.status[kernels.ROWS]), int(self.status[kernels.WORD_BYTES])


class InMemory:
    """A text in memory, and room for what it gives."""

    def __init__(self, path: Path, dim: int) -> None:
        size = path.stat().st_size
        self.bytes = bytearray(size + 2 * PADDING)
        with path.open("rb") as file, memoryview(self.bytes) as view:
            file.readinto(view[PADDING : PADDING + size])
        self.text = np.frombuffer(self.bytes, dtype=np.uint8)
        self.end = PADDING + size
        self.dim = dim
        rows = self.bytes.count(b"\n")
        self.numbers = np.empty(rows * dim, dtype=np.float32)
        self.word_ends = np.empty(rows, dtype=np.int64)
        self.words = np.empty(size, dtype=np.uint8)

    def parse(self, workers: list[Worker]) -> None:
        """Parse with one thread per worker; they take chunks and place their rows in turn."""
        self._next_begin = PADDING
        self._next_chunk = self._placed_chunks = 0
        self.rows = self.word_bytes = 0
        self._cutting, self._turn = threading.Lock(), threading.Condition()
        with ThreadPoolExecutor(len(workers)) as pool:
            for future in [pool.submit(self._work, worker) for worker in workers]:
                future.result()

    def apart(self) -> "InMemory":
        """Return the same text with room of its own."""
        other, room = copy.copy(self), (self.numbers, self.word_ends, self.words)
        other.numbers, other.word_ends, other.words = map(np.empty_like, room)
        return other

    def _work(self, worker: Worker) -> None:
        try:
            while self._parse_chunk(worker):
                pass
        except BaseException:
            with self._turn:
                self._placed_chunks = _FAILED
                self._turn.notify_all()
            raise

    def _parse_chunk(self, worker: Worker) -> bool:
        with self._cutting:
            number, begin = self._next_chunk, self._next_begin
            if begin == self.end:
                return False
            end = self.bytes.rfind(b"\n", begin, min(begin + CHUNK_BYTES, self.end)) + 1
            if end == 0:
                raise ValueError(f"no line ends within {CHUNK_BYTES} bytes; measure another text")
            self._next_chunk, self._next_begin = number + 1, end
        rows, word_bytes = worker.parse(self.text[begin - PADDING : end + PADDING])
        with self._turn:
            self._turn.wait_for(lambda: self._placed_chunks in (number, _FAILED))
            if self._placed_chunks == _FAILED:
                return False
            row, word_byte = self.rows, self.word_bytes
            self.rows, self.word_bytes = row + rows, word_byte + word_bytes
            self._placed_chunks += 1
            self._turn.notify_all()
        self.numbers[row * self.dim : (row + rows) * self.dim] = worker.numbers[: rows * self.dim]
        np.add(worker.word_ends[:rows], word_byte, out=self.word_ends[row : row + rows])
        self.words[word_byte : word_byte + word_bytes] = worker.words[:word_bytes]
        return True

    def read_and_write(self) -> None:
        """Only read every byte of the text and write every byte of the rows."""
        np.bitwise_xor.reduce(self.text[PADDING : PADDING + (self.end - PADDING) // 8 * 8].view(np.uint64))
        self.numbers.fill(0)

    def write(self, output: Path) -> None:
        """Write the result."""
        with output.open("wb") as file:
            file.write(self.numbers[: self.rows * self.dim].data)
            file.write(self.word_ends[: self.rows].data)
            file.write(self.words[: self.word_bytes].data)


def main() -> None:
    name, path, dim, again, *output = sys.argv[1:]
    in_memory = InMemory(Path(path), int(dim))
    pool, shares = ThreadPoolExecutor(2), 1
    if name == "floor":
        work: Callable[[], object] = in_memory.read_and_write
    elif name == "two-apart":
        shares, texts = 2, (in_memory, in_memory.apart())
        apart = [(text, [Worker(text.dim)]) for text in texts]
        work = lambda: list(pool.map(lambda each: each[0].parse(each[1]), apart))  # noqa: E731
    else:
        workers = [Worker(in_memory.dim) for _ in range(THREADS[name])]
        work = lambda: in_memory.parse(workers)  # noqa: E731
    seconds = []
    for _ in range(1 + int(again)):
        start = time.perf_counter()
        work()
        seconds.append((time.perf_counter() - start) / shares)
    for file in output:
        in_memory.write(Path(file))
    print(json.dumps({"first": seconds[0], "again": seconds[1:]}))


if __name__ == "__main__":
    main()
