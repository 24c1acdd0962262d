"""Make a text file of glove.6B's shape, of any size, for measuring.

Where the real file is given (``--like``, or the environment variable GLOVEFAST_GLOVE_6B_50D: the text or its
zip), its words are kept in their order and the numbers are drawn from a sample of its numbers; made words
follow behind the last real one. Without it the words are made as well, some of them not ASCII and some of
them traps for CSV readers (``null``, ``"``), and the numbers are drawn from a normal distribution. All
numbers are written as ``%.5g``, which reproduces each number of the real file. The same arguments always make
the same file.

Who draws the numbers knows them: where a made file is kept for measuring, what a loader should make of it is
kept beside it. The plain loop would take minutes for that; it checks both on a small file in the tests.

    python -m benchmarks.made_file --rows 400000 --dim 300 glove.made.300d.txt
"""

import argparse
import io
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, count, islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from benchmarks.agreement import REFERENCE_MATRIX, REFERENCE_WORDS

REAL_FILE_VARIABLE = "GLOVEFAST_GLOVE_6B_50D"

# Numbers to draw from. Half a million strings of 12 bytes stay in a processor's cache.
_POOL_SIZE = 500_000
_BLOCK_NUMBERS = 1 << 21
# As that of the numbers in glove.6B.50d.txt.
_DEVIATION = 0.64

# The first words, as frequent in news text as they are hard on readers of CSV.
_FIRST_WORDS = (
    *("the", ",", ".", "of", '"', "'", "-", "#", "\\", "//", "$", "%", ";", "'s", '""', "``"),
    *(
        "null",
        "nan",
        "NA",
        "N/A",
        "None",
        "true",
        "inf",
        "-inf",
        "1e5",
        "0",
        "-1",
        "1.5",
        "0x1",
        "1,000",
        "1990",
    ),
)
_LATIN = tuple(consonant + vowel for consonant in "tnsrhldcmpfgwbvk" for vowel in "eaoiu")
_OTHER_SCRIPTS = (
    tuple(consonant + vowel for consonant in "ñçßšžł" for vowel in "éäöüå"),
    tuple("абвгдежзиклмнопрстуфхцчшэюя"),
    tuple("αβγδεζηθικλμνξοπρστυφχψω"),
    tuple("日本人大年中国学生水木金火土山川田"),
    tuple("😀🎉🚀🌍🔥💡"),
)
# One word in this many is written in one of the other scripts.
_OTHER_SCRIPT_EVERY = 25


def write_made_file(
    path: Path, rows: int, dim: int, seed: int = 0, like: Path | None = None, reference: Path | None = None
) -> None:
    """Write a made file.

    Parameters
    ----------
    path : pathlib.Path
        Where to; it appears whole, by a rename.
    rows : int
        Words.
    dim : int
        Numbers per word.
    seed : int
        For the drawing of the numbers.
    like : pathlib.Path, optional
        The real text, or a zip with it as its only member.
    reference : pathlib.Path, optional
        A directory to be made, for the words and the matrix that a loader should make of the file.
    """
    generator = np.random.default_rng(seed)
    if like is None:
        known: list[str] = []
        numbers = [f"{number:.5g}" for number in generator.normal(0.0, _DEVIATION, _POOL_SIZE)]
    else:
        known, numbers = _words_and_numbers(like)
    words = islice(chain(known, _words_not_in(set(known))), rows)
    # Fixed width, padded with NUL; the NULs are left out when a block is written.
    pool = np.array([f" {number}".encode() for number in numbers])
    values = np.asarray(numbers, dtype=np.float32)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with ExitStack() as files:
            text_file = files.enter_context(partial.open("wb"))
            if reference is not None:
                reference.mkdir()
                words_file = files.enter_context((reference / REFERENCE_WORDS).open("wb"))
                matrix = np.lib.format.open_memmap(
                    reference / REFERENCE_MATRIX, mode="w+", dtype=np.float32, shape=(rows, dim)
                )
            block_rows = max(1, _BLOCK_NUMBERS // dim)
            for start in range(0, rows, block_rows):
                block = list(islice(words, block_rows))
                drawn = generator.integers(len(pool), size=(len(block), dim))
                first = np.array([word.encode() for word in block])
                fields = (first, pool[drawn], np.full(len(block), b"\n"))
                lines = np.concatenate([_as_bytes(field, len(block)) for field in fields], axis=1).ravel()
                text_file.write(lines[lines != 0].data)
                if reference is not None:
                    words_file.write("".join(f"{word}\n" for word in block).encode())
                    matrix[start : start + len(block)] = values[drawn]
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def cached_made_file(
    directory: Path, rows: int, dim: int, seed: int = 0, like: Path | None = None
) -> tuple[Path, Path]:
    """Give a made file and its reference from a directory, where they are made if they are not there yet."""
    words = "made" if like is None else "real"
    path = directory / f"glove.made.{rows}x{dim}.{words}-words.seed{seed}.txt"
    reference = path.with_suffix(".reference")
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(reference, ignore_errors=True)  # of a run that was interrupted
        write_made_file(path, rows, dim, seed, like, reference)
    return path, reference


def real_file() -> Path | None:
    """Give the real file that the environment variable names, if it names one."""
    value = os.environ.get(REAL_FILE_VARIABLE)
    return Path(value) if value else None


def open_text(path: Path) -> BinaryIO:
    """Open a text, or the only member of a zip."""
    if not zipfile.is_zipfile(path):
        return path.open("rb")
    with zipfile.ZipFile(path) as archive:
        (member,) = archive.namelist()
        return io.BufferedReader(archive.open(member), 1 << 20)


def made_word(number: int) -> str:
    """Make a word: another one for each number, short ones for small numbers, as frequent words are short."""
    if number < len(_FIRST_WORDS):
        return _FIRST_WORDS[number]
    turn, place = divmod(number - len(_FIRST_WORDS), _OTHER_SCRIPT_EVERY)
    if place < _OTHER_SCRIPT_EVERY - 1:
        syllables, remaining = _LATIN, turn * (_OTHER_SCRIPT_EVERY - 1) + place + 1
    else:
        turn, script = divmod(turn, len(_OTHER_SCRIPTS))
        syllables, remaining = _OTHER_SCRIPTS[script], turn + 1
    # Bijective numeration: https://en.wikipedia.org/wiki/Bijective_numeration
    word = ""
    while remaining:
        remaining, digit = divmod(remaining - 1, len(syllables))
        word = syllables[digit] + word
    return word


def _words_not_in(known: set[str]) -> Iterator[str]:
    return (word for word in map(made_word, count()) if word not in known)


def _words_and_numbers(like: Path) -> tuple[list[str], list[str]]:
    """Read all words of the real file and every so manieth row's numbers."""
    words: list[str] = []
    rows: list[bytes] = []
    with open_text(like) as file:
        for line in file:
            word, _, numbers = line.rstrip(b"\n").partition(b" ")
            words.append(word.decode())
            rows.append(numbers)
    every = max(1, len(rows) * len(rows[0].split()) // _POOL_SIZE)
    return words, b" ".join(rows[::every]).decode().split(" ")


def _as_bytes(field: np.ndarray, rows: int) -> np.ndarray:
    return np.ascontiguousarray(field).view(np.uint8).reshape(rows, -1)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.made_file", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("path", type=Path, help="the file to write")
    parser.add_argument("--rows", type=int, default=400_000, help="words (default: %(default)s)")
    parser.add_argument("--dim", type=int, default=50, help="numbers per word (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="for the numbers (default: %(default)s)")
    parser.add_argument(
        "--like",
        type=Path,
        default=real_file(),
        help=f"the real glove.6B.50d, text or zip (default: what {REAL_FILE_VARIABLE} names)",
    )
    arguments = parser.parse_args()
    write_made_file(arguments.path, arguments.rows, arguments.dim, arguments.seed, arguments.like)
    print(f"{arguments.path}: {arguments.path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
