"""Convert twice in this process and print the times as JSON; the last store stays.

``python -m benchmarks.conversions NAME SOURCE STORE [WORDS]``: the names are those of `CONVERSIONS`, and
WORDS is a file with one word per line.
"""

import json
import shutil
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import glovefast
from glovefast.sources.opening import open_source

_BUFFER_BYTES = 1 << 19


def _inflate(source: Path, store: Path, words: list[str]) -> None:
    """Inflate a zip's member and drop the bytes, with the library that glovefast uses."""
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    with open_source(source) as opened:
        while opened.readinto(buffer):
            pass


def _inflate_with_zipfile(source: Path, store: Path, words: list[str]) -> None:
    """Inflate a zip's member and drop the bytes, with Python's own library only."""
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    with zipfile.ZipFile(source) as archive, archive.open(archive.namelist()[0]) as member:
        while member.readinto(buffer):
            pass


CONVERSIONS: dict[str, Callable[[Path, Path, list[str]], object]] = {
    "glovefast": lambda source, store, words: glovefast.convert(source, store),
    "one thread": lambda source, store, words: glovefast.convert(source, store, threads=1),
    "wanted words": lambda source, store, words: glovefast.convert(source, store, words=words),
    "inflate": _inflate,
    "zipfile": _inflate_with_zipfile,
}


def main() -> None:
    """Run the command."""
    name, source, store, *words_file = sys.argv[1:]
    # Only a newline ends a word.
    words = [word for file in words_file for word in Path(file).read_bytes().decode().split("\n")[:-1]]
    seconds = []
    for _ in range(2):
        shutil.rmtree(store, ignore_errors=True)
        start = time.perf_counter()
        CONVERSIONS[name](Path(source), Path(store), words)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"first": seconds[0], "again": seconds[1:]}))


if __name__ == "__main__":
    main()
