"""Convert in this process, more than once, and print the times as JSON; the last store stays.

``python -m benchmarks.conversions NAME SOURCE STORE [WORDS]``, the names being those of `CONVERSIONS`. WORDS
is a file with a word a line.
"""

import json
import shutil
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import glovefast
from benchmarks.tables import GLOVEFAST
from glovefast.sources.opening import open_source

AGAIN = 1
_INFLATED_BYTES = 1 << 19


def convert(source: Path, store: Path, words: list[str]) -> None:
    """Convert all."""
    glovefast.convert(source, store)


def convert_on_one_thread(source: Path, store: Path, words: list[str]) -> None:
    """Convert all, with one worker."""
    glovefast.convert(source, store, threads=1)


def convert_wanted_words(source: Path, store: Path, words: list[str]) -> None:
    """Convert the rows of the wanted words."""
    glovefast.convert(source, store, words=words)


def inflate(source: Path, store: Path, words: list[str]) -> None:
    """Read a zip's member to nowhere, by the library that glovefast reads it with."""
    buffer = memoryview(bytearray(_INFLATED_BYTES))
    with open_source(source) as opened:
        while opened.readinto(buffer):
            pass


def inflate_with_zipfile(source: Path, store: Path, words: list[str]) -> None:
    """Read a zip's member to nowhere, by Python's own library and nothing else."""
    buffer = memoryview(bytearray(_INFLATED_BYTES))
    with zipfile.ZipFile(source) as archive, archive.open(archive.namelist()[0]) as member:
        while member.readinto(buffer):
            pass


CONVERSIONS: dict[str, Callable[[Path, Path, list[str]], None]] = {
    GLOVEFAST: convert,
    "one thread": convert_on_one_thread,
    "wanted words": convert_wanted_words,
    "inflate": inflate,
    "zipfile": inflate_with_zipfile,
}


def main() -> None:
    """Run the command."""
    name, source, store, *words_file = sys.argv[1:]
    words = [line for file in words_file for line in read_words(Path(file))]
    seconds = []
    for _ in range(1 + AGAIN):
        shutil.rmtree(store, ignore_errors=True)
        start = time.perf_counter()
        CONVERSIONS[name](Path(source), Path(store), words)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"first": seconds[0], "again": seconds[1:]}))


def read_words(file: Path) -> list[str]:
    """Read a list of words, one a line; only a newline ends a word."""
    return file.read_bytes().decode().removesuffix("\n").split("\n")


if __name__ == "__main__":
    main()
