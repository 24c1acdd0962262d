"""Parse a text that lies in memory, with glovefast's kernels alone, and print the times as JSON.

``python -m benchmarks.in_memory glovefast|two-threads|two-apart|floor TEXT DIM AGAIN [OUTPUT]``

``two-apart`` parses the whole text on each of two threads, which share nothing, and prints half the time:
what two threads could reach on this machine. The first call meets untouched memory; AGAIN says how many
follow. With OUTPUT the rows, the places where the words end and the words are written there, one behind the
other, as `fast_float_parse.cpp` does it.
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


class Worker:
    """The buffers of one thread, of the sizes that `glovefast.parser.blocks.BlockParser` gives them."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self.max_rows = CHUNK_BYTES // (dim + 1) + 1
        self.kernels = load_kernels("find_separators", "parse_rows")
        self.separators = np.empty(CHUNK_BYTES + kernels.SEPARATORS_AT_ONCE, dtype=np.int32)
        self.line_ends = np.empty(CHUNK_BYTES, dtype=np.int32)
        self.numbers = np.empty(self.max_rows * dim + 1, dtype=np.float32)
        self.words = np.empty(CHUNK_BYTES + kernels.WORD_BLOCK_BYTES, dtype=np.uint8)
        self.word_ends = np.empty(self.max_rows, dtype=np.int32)
        self.row_lines = np.empty(self.max_rows, dtype=np.int32)
        self.bad_lines = np.empty(1, dtype=np.int32)
        self.odd_numbers = np.empty(3 * (dim + kernels.LANES), dtype=np.int64)
        self.status = np.zeros(kernels.STATUS_LENGTH, dtype=np.int64)

    def parse(self, chunk: np.ndarray) -> tuple[int, int]:
        """Parse a chunk, padded on both sides; give its rows and its words' bytes."""
        begin, end = PADDING, len(chunk) - PADDING
        lines = self.kernels.find_separators(chunk, begin, end, self.separators, self.line_ends)
        self.status[:] = 0
        self.status[kernels.NEXT_BYTE] = begin
        done = self.kernels.parse_rows(
            chunk,
            self.separators,
            self.line_ends,
            lines,
            self.dim,
            self.max_rows,
            self.numbers,
            self.words,
            self.word_ends,
            self.row_lines,
            self.bad_lines,
            self.odd_numbers,
            self.status,
        )
        if done != lines or self.status[kernels.BAD_LINES] or self.status[kernels.ODD_NUMBERS]:
            raise ValueError("the text has a line that is left to the parser's Python; measure another one")
        return int(self.status[kernels.ROWS]), int(self.status[kernels.WORD_BYTES])


class InMemory:
    """A text in memory, and room for what it gives."""

    def __init__(self, path: Path, dim: int) -> None:
        size = path.stat().st_size
        self.bytes = bytearray(size + 2 * PADDING)
        with path.open("rb", buffering=0) as file, memoryview(self.bytes) as view:
            filled = 0
            while filled < size:
                filled += file.readinto(view[PADDING + filled : PADDING + size])
        self.text = np.frombuffer(self.bytes, dtype=np.uint8)
        self.end = PADDING + size
        self.dim = dim
        rows = self.bytes.count(b"\n")
        self.numbers = np.empty(rows * dim, dtype=np.float32)
        self.word_ends = np.empty(rows, dtype=np.int64)
        self.words = np.empty(size, dtype=np.uint8)

    def parse(self, workers: list[Worker]) -> None:
        """Parse with one thread for each worker, which take chunks and find their place in turn."""
        self._next_begin = PADDING
        self._next_chunk = self._finished_chunks = 0
        self.rows = self.word_bytes = 0
        self._failed = False
        self._cutting, self._turn = threading.Lock(), threading.Condition()
        with ThreadPoolExecutor(len(workers)) as pool:
            for future in [pool.submit(self._work, worker) for worker in workers]:
                future.result()

    def apart(self) -> "InMemory":
        """Give the same text with room of its own."""
        other = copy.copy(self)
        other.numbers, other.word_ends, other.words = map(
            np.empty_like, (self.numbers, self.word_ends, self.words)
        )
        return other

    def _work(self, worker: Worker) -> None:
        try:
            self._parse_chunks(worker)
        except BaseException:
            with self._turn:
                self._failed = True
                self._turn.notify_all()
            raise

    def _parse_chunks(self, worker: Worker) -> None:
        dim = self.dim
        while True:
            with self._cutting:
                number, begin = self._next_chunk, self._next_begin
                if begin == self.end:
                    return
                end = self.bytes.rfind(b"\n", begin, min(begin + CHUNK_BYTES, self.end)) + 1
                if end == 0:
                    raise ValueError(f"no line ends within {CHUNK_BYTES} bytes; measure another text")
                self._next_chunk, self._next_begin = number + 1, end
            rows, word_bytes = worker.parse(self.text[begin - PADDING : end + PADDING])
            with self._turn:
                self._turn.wait_for(lambda number=number: self._failed or self._finished_chunks == number)
                if self._failed:
                    return
                row, word_byte = self.rows, self.word_bytes
                self.rows, self.word_bytes = row + rows, word_byte + word_bytes
                self._finished_chunks += 1
                self._turn.notify_all()
            self.numbers[row * dim : (row + rows) * dim] = worker.numbers[: rows * dim]
            np.add(worker.word_ends[:rows], word_byte, out=self.word_ends[row : row + rows])
            self.words[word_byte : word_byte + word_bytes] = worker.words[:word_bytes]

    def read_and_write(self) -> None:
        """Read every byte of the text and write every byte of the rows, and no more."""
        np.bitwise_xor.reduce(self.text[PADDING : PADDING + (self.end - PADDING) // 8 * 8].view(np.uint64))
        self.numbers.fill(0)

    def write(self, output: Path) -> None:
        """Write what the text gave."""
        with output.open("wb") as file:
            file.write(self.numbers[: self.rows * self.dim].data)
            file.write(self.word_ends[: self.rows].data)
            file.write(self.words[: self.word_bytes].data)


def main() -> None:
    """Run the command."""
    name, path, dim, again, *output = sys.argv[1:]
    in_memory = InMemory(Path(path), int(dim))
    shares = 1
    if name == "floor":
        work: Callable[[], None] = in_memory.read_and_write
    elif name == "two-apart":
        shares = 2
        apart = [(one, Worker(one.dim)) for one in (in_memory, in_memory.apart())]

        def work() -> None:
            with ThreadPoolExecutor(shares) as pool:
                for future in [pool.submit(one.parse, [worker]) for one, worker in apart]:
                    future.result()
    else:
        workers = [Worker(in_memory.dim) for _ in range(THREADS[name])]

        def work() -> None:
            in_memory.parse(workers)

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
