"""The nearest rows of many queries at once, as arrays, words or an Arrow table."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import shortened
from glovefast.integers import as_integer, is_integer
from glovefast.queries.keys import Keys, as_queries, words_at
from glovefast.queries.nearest_rows import nearest_rows
from glovefast.queries.row_similarities import Searched
from glovefast.vocabulary.arrow import Words, as_string_array, integer_array

Queries: TypeAlias = "str | Words | NDArray[Any]"
Candidates: TypeAlias = "int | Words | None"

_WORDS_AT_ONCE = 1024
_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest rows of n queries, the most similar first, equal ones in row order.

    Attributes
    ----------
    rows : numpy.ndarray
        (n, k) int64; -1 where a query has fewer than k neighbors.
    similarities : numpy.ndarray
        (n, k) float32, the cosine similarities; nan where a query has fewer than k neighbors.
    queries : pyarrow.StringArray or None
        The queries, if they were words.
    """

    rows: NDArray[np.int64]
    similarities: NDArray[np.float32]
    queries: pa.StringArray | None
    _vocabulary: pa.StringArray = field(repr=False)

    @property
    def words(self) -> list[list[str]]:
        """The words of the neighbors of each query."""
        return [[word for word, _ in neighbors] for neighbors in self]

    def __len__(self) -> int:
        """Count the queries."""
        return len(self.rows)

    def __iter__(self) -> Iterator[list[tuple[str, float]]]:
        """Iterate over the queries, as indexing gives them."""
        return (self[query] for query in range(len(self)))

    def __getitem__(self, query: int) -> list[tuple[str, float]]:
        """List the neighbors of a query as (word, similarity), as `most_similar` does."""
        query = as_integer(query, "query")
        found = self.rows[query] >= 0
        words = words_at(self._vocabulary, self.rows[query][found])
        return list(zip(words, self.similarities[query][found].tolist(), strict=True))

    def to_table(self) -> pa.Table:
        """Give all neighbors as an Arrow table, one a row.

        Returns
        -------
        pyarrow.Table
            The columns ``query`` (the word, or the number of the vector), ``rank`` (from 1), ``word``,
            ``row`` and ``similarity``.
        """
        query, rank = np.nonzero(self.rows >= 0)
        rows = self.rows[query, rank]
        number = integer_array(query.astype(np.int64))
        columns = {
            "query": number if self.queries is None else self.queries.take(number),
            "rank": integer_array(rank.astype(np.int32) + np.int32(1)),
            "word": self._vocabulary.take(integer_array(rows)),
            "row": integer_array(rows),
            "similarity": integer_array(self.similarities[query, rank]),
        }
        return pa.table(columns)

    def __repr__(self) -> str:
        queries, k = self.rows.shape
        return f"<Neighbours: {queries:,} queries, up to {k:,} neighbors each>"

    def _repr_html_(self) -> str:
        from glovefast.matrix.tables import html_table, shown

        names = range(len(self)) if self.queries is None else self.queries[:_SHOWN].to_pylist()
        rows = [
            (
                shown(str(name)),
                ", ".join(f"{shown(word)} {similarity:.2f}" for word, similarity in self[query]),
            )
            for query, name in enumerate(names[:_SHOWN])
        ]
        more = [f"and {len(self) - _SHOWN:,} more queries"] if len(self) > _SHOWN else []
        return html_table(("query", "neighbors"), rows, more)


def nearest(keys: Keys, queries: Queries, k: int, candidates: Candidates, include_self: bool) -> Neighbours:
    """Find the neighbors of words or vectors; see `WordVectors.nearest`."""
    size = as_integer(k, "k")
    if size < 0:
        raise ValueError(f"k must not be negative, but is {size}")
    searched = _searched(keys, candidates)
    size = min(size, keys.table.count(searched))
    words = _as_words(queries)
    if words is None:
        rows, similarities = nearest_rows(keys.table, as_queries(queries, keys.table.dim), size, searched)
        return Neighbours(rows, similarities, None, keys.index.words)
    own = keys.rows(words)
    rows = np.empty((len(own), size), dtype=np.int64)
    similarities = np.empty((len(own), size), dtype=np.float32)
    for begin in range(0, len(own), _WORDS_AT_ONCE):
        part = slice(begin, begin + _WORDS_AT_ONCE)
        vectors = keys.table.rows.take(own[part], axis=0)
        excluded = None if include_self else own[part, None]
        rows[part], similarities[part] = nearest_rows(keys.table, vectors, size, searched, excluded)
    return Neighbours(rows, similarities, words, keys.index.words)


def _searched(keys: Keys, candidates: Candidates) -> Searched:
    """Give the rows to search: all, the first ones, or those of words."""
    if candidates is None:
        return None
    if is_integer(candidates):
        first = as_integer(candidates, "candidates")
        if first < 0:
            raise ValueError(f"candidates must not be negative, but is {first}")
        return first
    if isinstance(candidates, str | int):
        raise TypeError(f"candidates must be a number of rows or a list of words, not {candidates!r}")
    return np.unique(keys.rows(candidates))


def _as_words(queries: Any) -> pa.StringArray | None:  # noqa: ANN401
    """Give queries that are words as an Arrow array; None for vectors."""
    if isinstance(queries, str):
        return as_string_array([queries])
    if isinstance(queries, pa.Array | pa.ChunkedArray):
        return as_string_array(queries)
    if isinstance(queries, np.ndarray):
        return as_string_array(queries) if queries.dtype.kind in "USO" and queries.ndim == 1 else None
    if isinstance(queries, list | tuple):
        return as_string_array(queries) if not queries or isinstance(queries[0], str) else None
    if hasattr(queries, "__array__"):
        array = np.asarray(queries)
        return as_string_array(array) if array.dtype.kind in "USO" else None
    raise TypeError(f"expected words or vectors, not {shortened(queries)}")
