"""Compare glovefast with the plain reference, bit for bit, on endless made-up embedding files.

    python -m tests.robustness.fuzz --files 1000000 --processes 2
    NUMBA_BOUNDSCHECK=1 python -m tests.robustness.fuzz --files 100000
    LD_PRELOAD=libc_malloc_debug.so.0 MALLOC_CHECK_=3 python -m tests.robustness.fuzz --files 100000

The first command runs the kernels as a user does. The second lets Numba compile them with a check of every
index, which does not cover the blocks that are loaded and stored whole. For these, the third lets glibc
(2.34 or newer) end the process when something was written behind an array.

The command prints its seed first. A file depends only on the seed and the number of its batch, so ``--seed
S --batch B`` makes one batch again.
"""

import argparse
import faulthandler
import io
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from glovefast.conversion.convert import convert
from glovefast.errors import FormatError, GlovefastError
from glovefast.parser import chunks
from glovefast.parser.blocks import BlockParser
from glovefast.parser.chunks import ChunkReader, TextBuffer
from glovefast.parser.separators import separator_of
from glovefast.sources.file_types import HEAD_BYTES, foreign
from glovefast.store.files import BAD_ROWS
from glovefast.vectors import load
from glovefast.vocabulary.training_vocabulary import UNKNOWN_TOKENS
from glovefast.vocabulary.word_index import WordIndex
from tests.helpers.containers import COMPRESSIONS
from tests.helpers.fuzz_texts import TextMaker, separated
from tests.reference import fields_of, judge_lines

BATCH_FILES = 1000
HUNG_SECONDS = 600  # a file takes about a thousandth
SHOWN_SECONDS = 60
# So many of the files that state their dimension go through the public function as well, which takes a
# hundred times as long.
CONVERTED_SHARE = 0.02
CERTAIN_SHARE = 0.5
FILTERED_SHARE = 0.1
SEPARATORS = (*[" "] * 6, "\t", ",", ";", "|", "whitespace", "whitespace")
# What a conversion says of rows that seem to be separated otherwise, or of another dimension.
REFUSALS = (
    *("you asked for", "the lines end in", "the fields are", "the word is", "most words", "nearly all words"),
    *("the rows have no words", "the rows begin", "the numbers have decimal commas"),
)
ERRORS = ("strict", "strict", "replace", "backslashreplace", "cp1252")


class DifferenceError(Exception):
    """Glovefast and the reference disagree."""


@dataclass
class Case:
    """One file and how it is read."""

    text: bytes
    dim: int
    errors: str
    chunk_bytes: int
    wanted: list[str] | None
    separator: str = " "
    certain: bool = False

    def judge(self, text: bytes, errors: str | None = None) -> list:
        """Read lines with the reference."""
        return judge_lines(text, self.dim, errors or self.errors, self.separator, certain=self.certain)


@dataclass
class Reading:
    """What a reader made of a file; lines are counted from 0."""

    words: list[str]
    vectors: bytes
    rows: list[int]
    bad: list[int]


class Bytes(io.BytesIO):
    """A text in memory with a source's name."""

    name = "made"


def read_by_reference(case: Case) -> Reading:
    """Judge line by line; rows whose words are not wanted leave no trace."""
    lines = case.judge(case.text)
    if case.wanted is not None:
        whole = case.text.split(b"\n")
        lines = [line if is_kept(whole[number], line, case) else None for number, line in enumerate(lines)]
    rows = [number for number, line in enumerate(lines) if isinstance(line, tuple)]
    kept = [lines[number] for number in rows]
    return Reading(
        [word for word, _ in kept],
        b"".join(vector.tobytes() for _, vector in kept),
        rows,
        [number for number, line in enumerate(lines) if line == "bad"],
    )


def is_kept(line: bytes, judged: object, case: Case) -> bool:
    """Say whether a filter keeps a line: its word is wanted, or it has not as many fields as a row."""
    if isinstance(judged, tuple):
        return judged[0] in (case.wanted or [])
    # Bad: the numbers of an unwanted row are not looked at, so that anything may stand in their place.
    fields = fields_of(line, case.separator)
    between = b" " if case.separator == "whitespace" else case.separator.encode()
    plain = between.join([*fields[: -case.dim], *[b"0"] * case.dim])
    if len(fields) <= case.dim or (word := case.judge(plain, "replace")[0]) == "bad":
        return True
    with suppress(TypeError, ValueError):
        word = case.judge(plain)[0]
        return isinstance(word, tuple) and word[0] in (case.wanted or [])
    return False


def read_by_blocks(case: Case) -> Reading:
    """Read as a conversion's worker does, chunk by chunk with buffers that are used again."""
    reading = Reading([], b"", [], [])
    reader, buffer = ChunkReader(Bytes(case.text)), TextBuffer()
    wanted = None if case.wanted is None else WordIndex.from_words(pa.array(case.wanted, pa.string()))
    parser = BlockParser(
        case.dim,
        case.errors,
        wanted,
        separator=separator_of(case.separator),
        dim_is_certain=case.certain,
    )
    line = 0
    while reader.read(buffer) is not None:
        block = parser.parse(buffer)
        reading.words += block.words.to_pylist()
        reading.vectors += block.rows.tobytes()
        reading.rows += [line + int(row) for row in block.row_lines]
        reading.bad += [line + bad.line for bad in block.bad_lines if not bad.kept]
        line += block.lines
    return reading


def read_by_converting(case: Case, directory: Path, generator: random.Random) -> Reading | None:
    """Convert into a store and read that; None for what is refused before a row is looked at."""
    rows = case.judge(case.text)
    if not any(isinstance(row, tuple) for row in rows) or foreign(case.text[:HEAD_BYTES]):
        return None
    header = b"%d %d\n" % (generator.randrange(10**6), case.dim) if generator.random() < 0.3 else b""
    pack = generator.choice(list(COMPRESSIONS.values()))
    destination = directory / "made.glovefast"
    convert(
        io.BytesIO(pack(header + case.text)),
        destination,
        words=case.wanted,
        dim=case.dim,
        header=bool(header),
        separator=case.separator,
        threads=generator.randint(1, 3),
        errors=case.errors,
        on_bad_row="skip",
        overwrite=True,
    )
    store = load(destination)
    bad, first_line = [], 1 + bool(header)
    with suppress(FileNotFoundError):
        for entry in (store.path / BAD_ROWS).read_text("utf-8").split("\n")[:-1]:
            if not (listed := json.loads(entry))["kept"]:
                bad.append(listed["line"] - first_line)
    reading = Reading(store.words.to_pylist(), store.vectors.tobytes(), [], bad)
    if store.metadata.report.skipped_rows != len(bad):
        raise DifferenceError(f"{case}\n\nskipped rows: {store.metadata.report} but listed {bad}")
    return reading


def compare(case: Case, found: Reading | None, expected: Reading, way: str) -> None:
    """Raise for the first thing that differs."""
    if found is None:
        return
    for name in ("words", "vectors", "bad", "rows"):
        if name == "rows" and way == "convert":
            continue
        one, other = getattr(found, name), getattr(expected, name)
        if name == "vectors":
            one, other = (np.frombuffer(each, "u4").tolist() for each in (one, other))
        if one != other:
            raise DifferenceError(f"{case}\n\n{way}, {name}:\n{one}\nreference:\n{other}")


def run_batch(seed: int, batch: int, directory: Path, count: Callable[[int, int], None]) -> None:
    """Make a batch of files and read each in all ways."""
    generator = random.Random(f"{seed} {batch}")
    maker = TextMaker(generator)
    for _ in range(BATCH_FILES):
        text, dim = maker.make()
        # Every position of a short text can be a chunk's end; sometimes the whole text is one chunk.
        chunk_bytes = generator.choice([generator.randint(1, len(text) + 2), len(text) + 2, 64])
        separator = generator.choice(SEPARATORS)
        text = separated(text, separator, generator)
        certain = generator.random() < CERTAIN_SHARE
        case = Case(text, dim, generator.choice(ERRORS), chunk_bytes, None, separator, certain)
        chunks.CHUNK_BYTES = chunk_bytes
        expected = read_by_reference(case)
        if generator.random() < FILTERED_SHARE and expected.words:
            # A store of wanted words keeps those for unknown ones in any case.
            case.wanted = [
                *UNKNOWN_TOKENS,
                "absent",
                *generator.sample(expected.words, min(3, len(expected.words))),
            ]
            expected = read_by_reference(case)
        compare(case, read_by_blocks(case), expected, "blocks")
        count(1, len(expected.vectors) // 4)
        if generator.random() < CONVERTED_SHARE and case.certain and expected.words:
            try:
                compare(case, read_by_converting(case, directory, generator), expected, "convert")
            except GlovefastError as error:
                if isinstance(error, FormatError) and error.reason.startswith(REFUSALS):
                    continue
                raise DifferenceError(f"{case}\n\nconvert refused it: {error}") from error


def work(
    seed: int, batches: range, place: int, counters: "multiprocessing.sharedctypes.SynchronizedArray"
) -> None:
    """Run batches in a process of their own; say in the counters how far it is."""
    memory = Path("/dev/shm")  # a store is synced to its disk, which takes its time and is not tested here
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as directory:

        def count(files: int, numbers: int) -> None:
            counters[place] += files
            counters[place + 1] += numbers

        for batch in batches:
            counters[place + 2] = batch
            run_batch(seed, batch, Path(directory), count)


def main() -> int:
    """Run batches until as many files were read as the arguments say."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--files", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4)))
    arguments.add_argument("--batch", type=int, help="this batch only")
    arguments.add_argument("--processes", type=int, default=1)
    chosen = arguments.parse_args()
    faulthandler.enable()
    print(f"seed {chosen.seed}", flush=True)
    first, batches = 0, -(-chosen.files // BATCH_FILES)
    if chosen.batch is not None:
        first, batches = chosen.batch, 1
    context = multiprocessing.get_context("spawn")
    counters = context.Array("q", 3 * chosen.processes)
    workers = [
        context.Process(
            target=work,
            args=(chosen.seed, range(first + place, first + batches, chosen.processes), 3 * place, counters),
        )
        for place in range(chosen.processes)
    ]
    started = shown = last_change = time.monotonic()
    last: list[int] = []
    for worker in workers:
        worker.start()
    failed = False
    while any(worker.is_alive() for worker in workers) and not failed:
        for worker in workers:
            worker.join(1 / len(workers))
        now = list(counters)
        if now != last:
            last, last_change = now, time.monotonic()
        if time.monotonic() - shown > SHOWN_SECONDS:
            shown = time.monotonic()
            print(f"{sum(now[0::3]):,} files", file=sys.stderr, flush=True)
        failed = any(worker.exitcode for worker in workers)
        if time.monotonic() - last_change > HUNG_SECONDS:
            print("hung", file=sys.stderr)
            failed = True
    failed = failed or any(worker.exitcode for worker in workers)
    for place, worker in enumerate(workers):
        worker.kill()
        worker.join()
        if failed:
            print(f"process {place} was at: --seed {chosen.seed} --batch {counters[3 * place + 2]}")
    seconds = time.monotonic() - started
    files, numbers = sum(counters[0::3]), sum(counters[1::3])
    outcome = "FAILED" if failed else "no difference"
    print(f"{files:,} files with {numbers:,} numbers in {seconds:.0f} s: {outcome}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
