"""Whole load, by every contender: embedding text in, words and a float32 matrix out.

Each function takes the text and an empty directory for its files. It is written as its library's manual
recommends, with what glove.6B needs: no header, one space between fields, quotes and ``null`` as ordinary
words. The library is imported first, so that its import is not part of the load's time::

    python -m benchmarks.contenders measure NAME TEXT REFERENCE SCRATCH  # print times and what is wrong
    python -m benchmarks.contenders save NAME TEXT DIRECTORY [WORDS]     # write matrix.npy and the words
    python -m benchmarks.contenders convert NAME SOURCE STORE [WORDS]    # print the times of our conversions

WORDS is a file with one word per line; only polars takes it when it saves. Times are printed as JSON.
"""

import csv
import gc
import json
import resource
import shutil
import sys
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.agreement import disagreement, read_reference
from benchmarks.matrices import read_embeddings_index

_UNIT = 1 if sys.platform == "darwin" else 1024  # of the peak memory
Loaded = tuple[Iterable[str], np.ndarray | list[np.ndarray]]


@dataclass(frozen=True)
class Contender:
    """One way of loading."""

    load: Callable[[Path, Path], Loaded]  # (text, directory) → (words, matrix)
    modules: tuple[str, ...] = ()  # what to import beforehand
    warm: bool = True  # whether a second call can be faster than the first, and counts instead
    rounds: int | None = None  # at most this many, if it takes too long for more

    @property
    def installed(self) -> bool:
        """Whether its library is there."""
        return all(is_installed(module) for module in self.modules)


def is_installed(module: str) -> bool:
    """Say whether a module's package is there, without importing it."""
    return find_spec(module.partition(".")[0]) is not None


def load_with_glovefast(text: Path, directory: Path) -> Loaded:
    import glovefast

    vectors = glovefast.load(glovefast.convert(text, directory / "text.glovefast"))
    return vectors.words, vectors.vectors


def load_with_loop(text: Path, directory: Path) -> Loaded:
    """Load as the tutorial does, into a dictionary; its arrays are not joined into a matrix."""
    embeddings_index = read_embeddings_index(text)
    return list(embeddings_index), list(embeddings_index.values())


def load_with_fromstring(text: Path, directory: Path) -> Loaded:
    words, rows = [], []
    with text.open("rb") as file:
        for line in file:
            word, _, numbers = line.partition(b" ")
            words.append(word.decode())
            rows.append(np.fromstring(numbers, dtype=np.float32, sep=" "))
    return words, np.array(rows)


def load_with_pandas(text: Path, directory: Path) -> Loaded:
    import pandas as pd

    frame = pd.read_csv(
        text,
        sep=" ",
        header=None,
        dtype={0: str} | dict.fromkeys(range(1, numbers_per_row(text) + 1), np.float32),
        engine="c",
        quoting=csv.QUOTE_NONE,
        keep_default_na=False,
        na_filter=False,
        lineterminator="\n",
        encoding="utf-8",
        # low_memory=False reads the whole text before it parses, and takes three to five times as long.
    )
    return frame[0], np.ascontiguousarray(frame.iloc[:, 1:].to_numpy())


def read_with_polars(text: Path) -> Any:
    import polars as pl

    return pl.read_csv(
        text,
        separator=" ",
        has_header=False,
        quote_char=None,
        schema={"word": pl.String} | {f"{column}": pl.Float32 for column in range(numbers_per_row(text))},
    )


def load_with_polars(text: Path, directory: Path) -> Loaded:
    frame = read_with_polars(text)
    return frame["word"], frame.drop("word").to_numpy(order="c")


def load_with_pyarrow(text: Path, directory: Path) -> Loaded:
    """Read on all cores; blocks of 4 MiB were the fastest of 1 to 32."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    columns = [str(column) for column in range(numbers_per_row(text))]
    table = arrow_csv.read_csv(
        text,
        read_options=arrow_csv.ReadOptions(column_names=["word", *columns], block_size=1 << 22),
        parse_options=arrow_csv.ParseOptions(delimiter=" ", quote_char=False, double_quote=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types={"word": pa.string()} | dict.fromkeys(columns, pa.float32()),
            null_values=[],
            strings_can_be_null=False,
        ),
    )
    matrix = np.empty((table.num_rows, len(columns)), dtype=np.float32)
    first = 0
    for batch in table.select(columns).to_batches():
        matrix[first : first + len(batch)] = batch.to_tensor(row_major=False).to_numpy()
        first += len(batch)
    return table["word"], matrix


def load_with_gensim(text: Path, directory: Path) -> Loaded:
    """Load text without a header, which gensim reads twice."""
    from gensim.models import KeyedVectors

    keyed_vectors = KeyedVectors.load_word2vec_format(str(text), binary=False, no_header=True)
    return keyed_vectors.index_to_key, keyed_vectors.vectors


CONTENDERS = {
    "glovefast": Contender(load_with_glovefast, ("glovefast",)),
    "loop": Contender(load_with_loop, warm=False, rounds=3),
    "fromstring": Contender(load_with_fromstring, warm=False, rounds=3),
    "pandas": Contender(load_with_pandas, ("pandas",)),
    "polars": Contender(load_with_polars, ("polars",)),
    "pyarrow": Contender(load_with_pyarrow, ("pyarrow.csv",)),
    "gensim": Contender(load_with_gensim, ("gensim.models",), warm=False, rounds=1),
}


def numbers_per_row(text: Path) -> int:
    """Count the numbers in the first row; no word of a measured text contains a space."""
    with text.open("rb") as file:
        return len(file.readline().split(b" ")) - 1


def measure(name: str, text: Path, reference: Path, scratch: Path) -> dict[str, Any]:
    """Load once, and again if that can be faster; only then read the reference and compare."""
    contender = CONTENDERS[name]
    for module in contender.modules:
        import_module(module)
    seconds, wrong = [], None
    for _ in range(1 + contender.warm):
        loaded = None
        gc.collect()
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        start = time.perf_counter()
        loaded = contender.load(text, scratch)
        seconds.append(time.perf_counter() - start)
        if len(seconds) == 1:  # before the reference is read
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        wrong = wrong or disagreement(as_list(loaded[0]), np.asarray(loaded[1]), *read_reference(reference))
    return {"first": seconds[0], "again": seconds[1:], "peak_bytes": peak * _UNIT, "wrong": wrong}


def save(name: str, text: Path, directory: Path, *words_file: Path) -> None:
    directory.mkdir()
    if name == "polars":
        frame = read_with_polars(text)
        for file in words_file:
            frame = frame.filter(frame["word"].is_in(read_words(file)))
        np.save(directory / "matrix.npy", frame.drop("word").to_numpy(order="c"))
        frame.select("word").write_ipc(directory / "words.arrow", compression="uncompressed")
        return
    words, matrix = CONTENDERS[name].load(text, directory)
    np.save(directory / "matrix.npy", np.asarray(matrix))
    (directory / "words.txt").write_text("\n".join(as_list(words)), encoding="utf-8", newline="\n")


def as_list(words: Iterable[str]) -> list[str]:
    return words.to_pylist() if hasattr(words, "to_pylist") else list(words)


def read_words(file: Path) -> list[str]:
    """Read one word per line; only a newline ends a word."""
    return file.read_bytes().decode().split("\n")[:-1]


CONVERSIONS = (
    *("glovefast", "one thread", "wanted words"),
    *("inflate", "zipfile"),
    *("all members", "one by one", "one by one, one thread"),
)


def convert_twice(name: str, source: Path, store: Path, *words_file: Path) -> dict[str, Any]:
    """Convert, or inflate and drop a zip's member, in a way of `CONVERSIONS`.

    What is converted last stays: a store, or a directory with one for each member.
    """
    import glovefast
    from glovefast.sources.opening import open_source

    words = [word for file in words_file for word in read_words(file)]
    options: dict[str, Any] = {"wanted words": {"words": words}}.get(name, {})
    if name.endswith("one thread"):
        options = {"threads": 1}
    seconds, buffer = [], memoryview(bytearray(1 << 19))
    for _ in range(2):
        shutil.rmtree(store, ignore_errors=True)
        start = time.perf_counter()
        if name == "inflate":  # with the library that glovefast uses
            with open_source(source) as opened:
                while opened.readinto(buffer):
                    pass
        elif name == "zipfile":  # with Python's own library only
            with zipfile.ZipFile(source) as archive, archive.open(archive.namelist()[0]) as member:
                while member.readinto(buffer):
                    pass
        elif name == "all members":
            glovefast.convert_archive(source, store)
        elif name.startswith("one by one"):
            store.mkdir()
            with zipfile.ZipFile(source) as archive:
                members = archive.namelist()
            for member in members:
                glovefast.convert(source, store, member=member, **options)
        else:
            glovefast.convert(source, store, **options)
        seconds.append(time.perf_counter() - start)
    return {"first": seconds[0], "again": seconds[1:]}


def main() -> None:
    task, name, *paths = sys.argv[1:]
    report = {"measure": measure, "save": save, "convert": convert_twice}[task](name, *map(Path, paths))
    if report:
        print(json.dumps(report))


if __name__ == "__main__":
    main()
