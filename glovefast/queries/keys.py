"""What a query is made of: words, numbers of rows, and vectors, each with a weight or without."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import UnknownWordError, printable, shortened
from glovefast.integers import is_integer
from glovefast.queries.row_similarities import RowSimilarities, unit_rows
from glovefast.vocabulary.arrow import as_string_array, integer_array
from glovefast.vocabulary.word_index import WordIndex

_FEW_WORDS = 1000

# gensim's term: a word, or the number of its row.
Key: TypeAlias = str | int | np.integer
KeyOrVector: TypeAlias = Key | NDArray[Any]


@dataclass(frozen=True)
class Operand:
    """One part of a query.

    Attributes
    ----------
    vector : numpy.ndarray
        (dim,) float32 for a key, float64 for a vector.
    row : int
        The row of a key, -1 for a vector.
    weight : float
        Its weight.
    """

    vector: NDArray[Any]
    row: int
    weight: float


@dataclass(frozen=True)
class Keys:
    """The words and rows of a store, for queries.

    Attributes
    ----------
    index : WordIndex
        The words.
    table : RowSimilarities
        The rows.
    path : pathlib.Path
        The store, for messages.
    """

    index: WordIndex
    table: RowSimilarities
    path: Path

    def rows(self, words: Any) -> NDArray[np.int64]:  # noqa: ANN401 - every kind of a list of words
        """Find the rows of words; UnknownWordError if some are missing."""
        wanted = as_string_array(words)
        rows = self.index.rows(wanted)
        missing = np.flatnonzero(rows < 0)
        if missing.size:
            raise self.unknown(wanted.take(integer_array(missing)).to_pylist())
        return rows

    def row(self, key: Key) -> int:
        """Find the row of a key."""
        if isinstance(key, str):
            row = self.index.row(key)
            if row < 0:
                raise self.unknown([key])
            return row
        if not is_integer(key):
            raise TypeError(f"expected a word or the number of a row, not {shortened(key)}")
        if not 0 <= key < len(self.table):
            message = f"there is no row {key} in {printable(str(self.path))}; it has {len(self.table):,} rows"
            raise UnknownWordError([str(key)], message)
        return int(key)

    def words_of(self, rows: NDArray[np.int64]) -> list[str]:
        """List the words of rows."""
        return words_at(self.index.words, rows)

    def unknown(self, words: list[str]) -> UnknownWordError:
        """Make the error for missing words."""
        from glovefast.queries.near_spellings import unknown_words

        return unknown_words(self.index, words, self.path)

    def known(self, keys: Iterable[Key]) -> tuple[list[int], list[str]]:
        """Give the rows of the keys that are there, and the words that are missing."""
        found, missing = [], []
        for key in _as_list(keys):
            row = self.index.row(key) if isinstance(key, str) else self.row(key)
            if row < 0:
                missing.append(str(key))
            else:
                found.append(row)
        return found, missing

    def row_vector(self, row: int) -> NDArray[np.float32]:
        """Give the vector of a row."""
        vector: NDArray[np.float32] = self.table.rows[row]
        return vector

    def vector(self, key: KeyOrVector) -> NDArray[np.float32]:
        """Give the vector of a key, or a vector as a query."""
        if isinstance(key, np.ndarray) and key.dtype.kind not in "USO":
            query: NDArray[np.float32] = as_queries(_one_vector(key, self.table.dim), self.table.dim)[0]
            return query
        return self.row_vector(self.row(key))  # type: ignore[arg-type]  # what it does not know, it refuses

    def operand(self, item: Any, weight: float, *, weighted: bool = True) -> Operand:  # noqa: ANN401
        """Read a key or a vector, or a pair of one and its weight."""
        if weighted and isinstance(item, tuple | list) and len(item) == 2:
            item, weight = item[0], _as_weight(*item)
        if isinstance(item, np.ndarray) and item.dtype.kind not in "USO":
            return Operand(_one_vector(item, self.table.dim), -1, weight)
        row = self.row(item)
        return Operand(self.row_vector(row), row, weight)

    def operands(self, keys: Any, weight: float, *, weighted: bool = True) -> list[Operand]:  # noqa: ANN401
        """Read one key or vector, or a list of them."""
        return [self.operand(item, weight, weighted=weighted) for item in _as_list(keys)]

    def combined(self, operands: list[Operand]) -> NDArray[np.float32]:
        """Add up the operands as a query: (1, dim) float32. Keys count with length 1, vectors with theirs."""
        if len(operands) == 1 and operands[0].weight > 0:
            only = operands[0]
            return (
                self.row_vector(only.row)[None] if only.row >= 0 else as_queries(only.vector, self.table.dim)
            )
        parts = [each.vector if each.row < 0 else unit_rows(each.vector[None])[0] for each in operands]
        with np.errstate(over="ignore", invalid="ignore"):
            weighted = (each.weight * np.float64(part) for each, part in zip(operands, parts, strict=True))
            total = np.sum(list(weighted), axis=0)
        if not np.isfinite(total).all() and np.isfinite(np.concatenate(parts)).all():
            raise ValueError("the weights or the vectors are so large that their sum is infinite")
        return unit_rows(total[None])


def words_at(words: pa.StringArray, rows: NDArray[np.int64]) -> list[str]:
    """List the words of rows; a few are taken one by one, because `take` imports pyarrow.compute."""
    if len(rows) <= _FEW_WORDS:
        return [words[row].as_py() for row in rows.tolist()]
    found: list[str] = words.take(integer_array(np.ascontiguousarray(rows))).to_pylist()
    return found


def _as_weight(item: object, given: object) -> float:
    """Check the weight of an item; TypeError names the item."""
    with suppress(OverflowError):  # an integer beyond float64
        if isinstance(given, Real) and np.isfinite(float(given)):
            return float(given)
    raise TypeError(f"the weight of {shortened(item)} must be a finite number, not {shortened(given)}")


def _as_list(keys: Any) -> list[Any]:  # noqa: ANN401
    """Give the keys and vectors of an argument as a list: None, a single one, or several."""
    if keys is None:
        return []
    if isinstance(keys, bytes | bytearray):
        raise TypeError(f"expected words, numbers of rows or vectors, not {shortened(keys)}")
    if hasattr(keys, "__array__") and not is_integer(keys):
        keys = np.asarray(keys)  # a column of words, a table of vectors, a tensor
    if isinstance(keys, np.ndarray):
        if keys.dtype.kind in "USO":
            return [keys.item()] if keys.ndim == 0 else list(keys.tolist())
        return list(keys) if keys.ndim == 2 else [keys]
    if isinstance(keys, str) or is_integer(keys):
        return [keys]
    if not isinstance(keys, Iterable):
        raise TypeError(f"expected words, numbers of rows or vectors, not {shortened(keys)}")
    return list(keys)


def _one_vector(vector: NDArray[Any], dim: int) -> NDArray[Any]:
    """Check a vector from the user as `as_vectors` does, and that it is only one."""
    checked = as_vectors(vector, dim)
    if len(checked) != 1:
        raise ValueError(f"expected one vector, got an array of shape {vector.shape}")
    only: NDArray[Any] = checked[0]
    return only


def as_vectors(vectors: Any, dim: int) -> NDArray[Any]:  # noqa: ANN401 - what NumPy can read
    """Check vectors from the user: (n, dim) float32 or float64, finite; one vector counts as one row."""
    array = np.asarray(vectors)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"a vector must contain real numbers, not {array.dtype}")
    if array.ndim == 1:
        array = array[None]
    if array.ndim != 2 or array.shape[1] != dim:
        shape = np.shape(vectors)
        raise ValueError(f"the store's vectors have {dim} numbers; got an array of shape {shape}")
    if array.dtype != np.float32:
        with np.errstate(over="ignore"):  # a longdouble beyond float64 is refused as infinite
            array = array.astype(np.float64)
    is_finite = np.isfinite(array).all(axis=1)
    if not is_finite.all():
        raise ValueError(f"vector {int(np.argmin(is_finite))} has a number that is nan or infinite")
    return array


def as_queries(vectors: Any, dim: int) -> NDArray[np.float32]:  # noqa: ANN401
    """Check vectors from the user, and give float32 vectors of the same direction: (n, dim)."""
    array = as_vectors(vectors, dim)
    if array.dtype == np.float32:
        return np.ascontiguousarray(array)
    # A power of two brings the largest number of each near 1: then float32 neither overflows nor vanishes.
    _, exponents = np.frexp(np.abs(array).max(axis=1, initial=0))
    queries: NDArray[np.float32] = np.ldexp(array, -exponents[:, None]).astype(np.float32)
    return queries
