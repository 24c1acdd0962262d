"""Whole load, by everybody: embedding text in, words and a float32 matrix out.

Each function takes the text and an empty directory for what it writes, and is written as its library's manual
would have it, with what glove.6B needs: no header, a space between fields, quotes and ``null`` as words like
any other. Libraries are imported by `prepare`, so that their import is not in the time of the load.
"""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.tables import GLOVEFAST

Loaded = tuple[Iterable[str], np.ndarray | list[np.ndarray]]


@dataclass(frozen=True)
class Contender:
    """One way of loading.

    Attributes
    ----------
    load : callable
        (text, directory) → (words, matrix).
    modules : tuple of str
        What to import beforehand.
    warm : bool
        Whether a second call can be faster than the first: then the first one is not the one that counts.
    rounds : int or None
        At most so many rounds, for what takes too long for more.
    """

    load: Callable[[Path, Path], Loaded]
    modules: tuple[str, ...] = ()
    warm: bool = True
    rounds: int | None = None

    @property
    def installed(self) -> bool:
        """Whether its library is there."""
        return all(is_installed(module) for module in self.modules)

    def prepare(self) -> None:
        """Import what the load needs."""
        for module in self.modules:
            import_module(module)


def is_installed(module: str) -> bool:
    """Say whether a module's package is there, without importing it."""
    return find_spec(module.partition(".")[0]) is not None


def load_with_glovefast(text: Path, directory: Path) -> Loaded:
    """Convert into a new store and open it."""
    import glovefast

    vectors = glovefast.load(glovefast.convert(text, directory / "text.glovefast"))
    return vectors.words, vectors.vectors


def load_with_loop(text: Path, directory: Path) -> Loaded:
    """Load as the tutorial does, into a dictionary; its arrays are not gathered in a matrix."""
    embeddings_index = {}
    with text.open(encoding="utf-8") as file:
        for line in file:
            values = line.split()
            embeddings_index[values[0]] = np.asarray(values[1:], dtype="float32")
    return list(embeddings_index), list(embeddings_index.values())


def load_with_fromstring(text: Path, directory: Path) -> Loaded:
    """Hand each line's numbers to ``numpy.fromstring`` in its text mode."""
    words, rows = [], []
    with text.open("rb") as file:
        for line in file:
            word, _, numbers = line.partition(b" ")
            words.append(word.decode())
            rows.append(np.fromstring(numbers, dtype=np.float32, sep=" "))
    return words, np.array(rows)


def load_with_pandas(text: Path, directory: Path) -> Loaded:
    """Read with the C engine."""
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


def load_with_polars(text: Path, directory: Path) -> Loaded:
    """Read on all cores."""
    import polars as pl

    frame = pl.read_csv(
        text,
        separator=" ",
        has_header=False,
        quote_char=None,
        schema={"word": pl.String} | {f"{column}": pl.Float32 for column in range(numbers_per_row(text))},
    )
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
    """Load text without a header, for which gensim reads the file twice."""
    from gensim.models import KeyedVectors

    keyed_vectors = KeyedVectors.load_word2vec_format(str(text), binary=False, no_header=True)
    return keyed_vectors.index_to_key, keyed_vectors.vectors


CONTENDERS = {
    GLOVEFAST: Contender(load_with_glovefast, ("glovefast",)),
    "loop": Contender(load_with_loop, warm=False, rounds=3),
    "fromstring": Contender(load_with_fromstring, warm=False, rounds=3),
    "pandas": Contender(load_with_pandas, ("pandas",)),
    "polars": Contender(load_with_polars, ("polars",)),
    "pyarrow": Contender(load_with_pyarrow, ("pyarrow.csv",)),
    "gensim": Contender(load_with_gensim, ("gensim.models",), warm=False, rounds=1),
}


def numbers_per_row(text: Path) -> int:
    """Count the numbers in the first row; no word of a text that is measured has a space in it."""
    with text.open("rb") as file:
        return len(file.readline().split(b" ")) - 1
