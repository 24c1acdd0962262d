"""Make a text file of glove.6B's shape, of any size, for measuring.

If the environment variable GLOVEFAST_GLOVE_6B_50D names the real file (the text or its zip), its words are
kept in their order, made words follow after the last real one, and the numbers are drawn from a sample of its
numbers. Without it the words are made as well, some of them not ASCII and some of them traps for CSV readers
(``null``, ``"``), and the numbers come from a normal distribution. All numbers are written as ``%.5g``, which
reproduces every number of the real file. The same arguments always make the same file.

The generator knows the numbers it drew, so the words and the matrix that a loader should return are kept
beside a made file. A plain loop would take minutes to read them; the tests compare both on a small file.
"""

import os
import shutil
import tempfile
import zipfile
from itertools import chain, count, islice
from pathlib import Path

import numpy as np

from benchmarks.agreement import REFERENCE_MATRIX, REFERENCE_WORDS

REAL_FILE_VARIABLE = "GLOVEFAST_GLOVE_6B_50D"

_POOL_SIZE = 500_000  # numbers to draw from: half a million strings of 12 bytes stay in a processor's cache
_BLOCK_NUMBERS = 1 << 21
_DEVIATION = 0.64  # as in glove.6B.50d.txt

# The first words are frequent in news text and hard on CSV readers.
_FIRST_WORDS = (
    *("the", ",", ".", "of", '"', "'", "-", "#", "\\", "//", "$", "%", ";", "'s", '""', "``"),
    *"null nan NA N/A None true inf -inf 1e5 0 -1 1.5 0x1 1,000 1990".split(),  # noqa: SIM905
)
_LATIN = [consonant + vowel for consonant in "tnsrhldcmpfgwbvk" for vowel in "eaoiu"]
_OTHER_SCRIPTS = (
    [consonant + vowel for consonant in "ñçßšžł" for vowel in "éäöüå"],
    *("абвгдежзиклмнопрстуфхцчшэюя", "αβγδεζηθικλμνξοπρστυφχψω"),
    *("日本人大年中国学生水木金火土山川田", "😀🎉🚀🌍🔥💡"),
)
_OTHER_SCRIPT_EVERY = 25  # one word in this many is written in another script


def write_made_file(path: Path, rows: int, dim: int, seed: int = 0, like: Path | None = None) -> None:
    """Write a made file, which appears whole, by a rename; `like` is the real text, or a zip with it.

    A directory beside it, ``.reference``, gets the words and the matrix that a loader should make of it.
    """
    generator = np.random.default_rng(seed)
    if like is None:
        known: list[str] = []
        numbers = [f"{number:.5g}" for number in generator.normal(0.0, _DEVIATION, _POOL_SIZE)]
    else:
        known, numbers = _words_and_numbers(like)
    known_set = set(known)
    words = islice(chain(known, (word for word in map(made_word, count()) if word not in known_set)), rows)
    # Fixed width, padded with NUL; the NULs are dropped when a block is written.
    pool = np.array([f" {number}".encode() for number in numbers])
    values = np.asarray(numbers, dtype=np.float32)
    reference = path.with_suffix(".reference")
    shutil.rmtree(reference, ignore_errors=True)  # of an interrupted run
    reference.mkdir()
    matrix = np.lib.format.open_memmap(reference / REFERENCE_MATRIX, "w+", np.float32, (rows, dim))
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as text_file, (reference / REFERENCE_WORDS).open("wb") as words_file:
            block_rows = max(1, _BLOCK_NUMBERS // dim)
            for start in range(0, rows, block_rows):
                block = list(islice(words, block_rows))
                drawn = generator.integers(len(pool), size=(len(block), dim))
                first = np.array([word.encode() for word in block])
                fields = (first, pool[drawn], np.full(len(block), b"\n"))
                lines = np.concatenate([_as_bytes(field, len(block)) for field in fields], axis=1).ravel()
                text_file.write(lines[lines != 0].data)
                words_file.write("".join(f"{word}\n" for word in block).encode())
                matrix[start : start + len(block)] = values[drawn]
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def cached_made_file(
    directory: Path, rows: int, dim: int, seed: int = 0, like: Path | None = None
) -> tuple[Path, Path]:
    """Return a made file and its reference from a directory; make them if they are not there yet."""
    words = "made" if like is None else "real"
    path = directory / f"glove.made.{rows}x{dim}.{words}-words.seed{seed}.txt"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        write_made_file(path, rows, dim, seed, like)
    return path, path.with_suffix(".reference")


def real_file() -> Path | None:
    value = os.environ.get(REAL_FILE_VARIABLE)
    return Path(value) if value else None


def unpacked(path: Path, directory: Path) -> Path:
    """Return a text, unpacked into a directory if it is in a zip archive."""
    if not zipfile.is_zipfile(path):
        return path.resolve()
    with zipfile.ZipFile(path) as archive:
        texts = [name for name in archive.namelist() if name.endswith(".txt")]
        if len(texts) != 1:
            raise ValueError(f"{path} holds {len(texts)} texts, expected one; unpack the one you want")
        return Path(archive.extract(texts[0], directory))


def made_word(number: int) -> str:
    """Make a different word for each number; small numbers get short words, as frequent words are short."""
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


def _words_and_numbers(like: Path) -> tuple[list[str], list[str]]:
    with tempfile.TemporaryDirectory() as directory, unpacked(like, Path(directory)).open("rb") as file:
        fields = [line.rstrip(b"\n").partition(b" ") for line in file]
    words, rows = [word.decode() for word, _, _ in fields], [numbers for _, _, numbers in fields]
    every = max(1, len(rows) * len(rows[0].split()) // _POOL_SIZE)
    return words, b" ".join(rows[::every]).decode().split(" ")


def _as_bytes(field: np.ndarray, rows: int) -> np.ndarray:
    return np.ascontiguousarray(field).view(np.uint8).reshape(rows, -1)
