"""Words and their vectors, handed to the writers piece by piece, so that memory does not grow with them."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import VocabularyError, shortened
from glovefast.progress import Callback, Progress
from glovefast.vocabulary.arrow import array_offsets

PIECE_NUMBERS = 1 << 20  # 4 MiB; as text they take ten times as much while Arrow works
_NUMBER_BYTES = 4


class Rows(Protocol):
    """Rows to read from: an array, or what gives some of its rows as one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of rows and of numbers in each."""
        ...

    def __getitem__(self, part: slice, /) -> Any:  # noqa: ANN401 - NumPy's arrays say so too
        """Read some rows: (n, dim)."""
        ...


class ChosenRows:
    """Some rows of an array, in any order, read when they are asked for.

    Parameters
    ----------
    array : numpy.ndarray
        (n, dim), or what acts like one.
    chosen : numpy.ndarray
        (m,) integers: the rows.
    """

    def __init__(self, array: Any, chosen: NDArray[np.int64]) -> None:  # noqa: ANN401
        self._array = array
        self._chosen = chosen
        self.shape = (len(chosen), array.shape[1])

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        """Read some of the chosen rows."""
        rows: NDArray[np.float32] = self._array.take(self._chosen[part], axis=0)
        return rows


def pieces(
    words: pa.StringArray,
    rows: Rows,
    *,
    numbers: int | None = None,
    progress: Callback | None = None,
    name: str = "",
) -> Iterator[tuple[pa.StringArray, NDArray[np.float32]]]:
    """Cut words and vectors into pieces.

    Parameters
    ----------
    words : pyarrow.StringArray
        n words, without nulls.
    rows : Rows
        (n, dim).
    numbers : int, optional
        At most so many numbers in a piece, or one row; `PIECE_NUMBERS` by default.
    progress : callable, optional
        Called before each piece and at the end with a `Progress`.
    name : str
        What is written, for `progress`.

    Yields
    ------
    tuple
        Some words, and their vectors: (k, dim) float32, C-contiguous, little-endian.
    """
    dim = rows.shape[1]
    step = max(1, (numbers or PIECE_NUMBERS) // max(1, dim))
    row_bytes = _NUMBER_BYTES * dim

    def report(done: int) -> None:
        if progress:
            progress(Progress(done * row_bytes, len(words) * row_bytes, done, name))

    for start in range(0, len(words), step):
        report(start)
        yield words.slice(start, step), np.ascontiguousarray(rows[start : start + step], dtype="<f4")
    report(len(words))


def data_of(strings: pa.Array) -> memoryview:
    """View the bytes of strings, one after the other."""
    offsets = array_offsets(strings)
    return memoryview(strings.buffers()[2] or b"")[offsets[0] : offsets[-1]]


def check_shape(words: pa.StringArray, rows: Rows) -> None:
    """Raise ValueError unless there is one vector for each word."""
    if len(rows.shape) != 2 or rows.shape[0] != len(words):
        raise ValueError(f"expected {len(words)} vectors, one per word, not shape {rows.shape}")


def check_words(words: pa.StringArray, pattern: str, what: str, format_name: str) -> None:
    """Raise VocabularyError if a word matches a regular expression, because a format cannot hold it.

    Parameters
    ----------
    words : pyarrow.StringArray
        The words.
    pattern : str
        The regular expression.
    what : str
        What is wrong with words that match it.
    format_name : str
        The format in messages.
    """
    import pyarrow.compute as pc

    place = pc.index(pc.match_substring_regex(words, pattern), True).as_py()
    if place >= 0:
        raise VocabularyError(
            f"the word {shortened(words[place].as_py())} {what}, which {format_name} cannot store; "
            "save as a store or as .parquet instead"
        )
