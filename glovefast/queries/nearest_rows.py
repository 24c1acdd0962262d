"""The most similar rows of many query vectors: BLAS finds candidates, exact cosines decide.

A kernel looks only at what beats the k-th best of a query so far, and keeps a few rows more than k. Their
exact similarities give the order. Where the rounding of BLAS could hide a row behind the last one kept, every
row in question is computed exactly. So the result is the same for every BLAS library, number of threads and
size of blocks: the k best by the exact similarity, equal ones in the order of their rows.

The later rows of a duplicate word, which no look-up finds, are never among the best; nor are rows with nan or
infinity::

    rows, similarities = nearest_rows(table, queries, k=10)    # (n, dim) → (n, k) int64 and float32
    nearest_rows(table, queries, k=1, searched=30_000, excluded=rows_in_the_questions)

`BestRows` keeps the best of anything that is made of raw blocks (`RowSimilarities.blocks`)::

    best = BestRows(len(questions), k=1)
    for first_row, block in table.blocks(queries):
        best.add(objective(block), first_row)      # (questions, rows of the block) float32; nan is left out
    rows, values = best.ordered()
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from glovefast.kernels.load import load_kernels
from glovefast.queries.row_similarities import RowSimilarities, Searched

_QUERIES_AT_ONCE = 1024
_MORE_THAN_K = 8  # candidates of BLAS, whose rounding may exchange neighbors
_IN_DOUBT_AT_ONCE = 16
_NO_ROW = np.iinfo(np.int64).max

Pairs: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]
Excluded: TypeAlias = Pairs | NDArray[np.int64] | None
Found: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float32]]


class BestRows:
    """The k best rows of each query, kept while blocks pass by.

    Parameters
    ----------
    queries, k : int
        Their numbers; k is at least 1.
    """

    def __init__(self, queries: int, k: int) -> None:
        self.rows = np.full((queries, k), _NO_ROW, dtype=np.int64)
        self.similarities = np.full((queries, k), -np.inf, dtype=np.float32)
        self._keep_best = load_kernels("keep_best").keep_best

    def add(
        self, block: NDArray[np.float32], first_row: int, factors: NDArray[np.float32] | None = None
    ) -> None:
        """Look at the next block; the blocks come in the order of their rows.

        Parameters
        ----------
        block : numpy.ndarray
            (queries, rows of the block) float32, C-contiguous.
        first_row : int
            The row of its first column.
        factors : numpy.ndarray, optional
            (rows of the block,) float32, by which the columns are multiplied.
        """
        if factors is None:
            factors = np.ones(block.shape[1], dtype=np.float32)
        kept = (self.similarities.reshape(-1), self.rows.reshape(-1))
        self._keep_best(block.reshape(-1), factors, first_row, *kept)

    def ordered(self) -> Found:
        """Give the rows and their similarities, the best first; -1 and nan where there are no more."""
        return _ordered(self.rows, self.similarities)


def nearest_rows(
    table: RowSimilarities,
    queries: NDArray[np.float32],
    k: int,
    searched: Searched = None,
    excluded: Excluded = None,
) -> Found:
    """Find the k most similar rows of each query vector.

    Parameters
    ----------
    table : RowSimilarities
        The rows.
    queries : numpy.ndarray
        (n, dim) float32, of any length.
    k : int
        How many rows to find for each.
    searched : int, range or numpy.ndarray, optional
        Search only the first rows, or only these rows, ascending.
    excluded : numpy.ndarray or two of them, optional
        Rows that are not to be found: (n, m) int64, m for each query, -1 for none; or the numbers of queries
        and a row for each number.

    Returns
    -------
    rows : numpy.ndarray
        (n, k) int64, the most similar first, equal ones in row order; -1 where there are no more.
    similarities : numpy.ndarray
        (n, k) float32; nan where there are no more.
    """
    queries = np.ascontiguousarray(queries, dtype=np.float32)
    rows = np.full((len(queries), k), -1, dtype=np.int64)
    similarities = np.full((len(queries), k), np.nan, dtype=np.float32)
    which, without = _pairs(excluded)
    if k and table.count(searched):
        for begin in range(0, len(queries), _QUERIES_AT_ONCE):
            part = slice(begin, begin + _QUERIES_AT_ONCE)
            inside = (which >= begin) & (which < part.stop)
            pairs = which[inside] - begin, without[inside]
            found_rows, found = _nearest(table, queries[part], k, searched, pairs)
            rows[part, : found.shape[1]], similarities[part, : found.shape[1]] = found_rows, found
    return rows, similarities


def rows_reaching(
    table: RowSimilarities,
    queries: NDArray[np.float32],
    least: NDArray[np.float32],
    searched: Searched = None,
    excluded: Excluded = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Find every row that is at least as similar as a bound, by the exact similarity.

    Parameters
    ----------
    table : RowSimilarities
        The rows.
    queries : numpy.ndarray
        (n, dim) float32.
    least : numpy.ndarray
        (n,) float32, a bound for each query.
    searched, excluded
        See `nearest_rows`.

    Returns
    -------
    which, rows : numpy.ndarray
        The number of the query and the row of each hit, int64, in the order of the blocks.
    similarities : numpy.ndarray
        Their similarities, float32.
    """
    bounds = (least - np.float32(table.rounding))[:, None]
    pairs = _by_row(_pairs(excluded), searched)
    some_queries, some_rows = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for first, block in table.blocks(queries, searched):
        _leave_out(block, first, table.passed_over, searched, pairs)
        hits, columns = np.nonzero(block >= bounds)
        some_queries.append(hits)
        some_rows.append(columns + first)
    which, rows = np.concatenate(some_queries), np.concatenate(some_rows)
    if isinstance(searched, np.ndarray):
        rows = searched[rows]
    similarities = table.exact(queries, which, rows)
    reach = similarities >= least[which]
    return which[reach], rows[reach], similarities[reach]


def _nearest(
    table: RowSimilarities, queries: NDArray[np.float32], k: int, searched: Searched, excluded: Pairs
) -> Found:
    count = table.count(searched)
    width = min(k + _MORE_THAN_K, count)
    best = BestRows(len(queries), width)
    pairs = _by_row(excluded, searched)
    for first, products, factors in table.products(queries, searched):
        _leave_out(products, first, table.passed_over, searched, pairs)
        best.add(products, first, factors)
    # Every row that is not kept has at most the worst of these similarities, plus the rounding of BLAS.
    others = best.similarities[:, 0] + np.float32(table.rounding)
    rows, is_row = best.rows, best.rows != _NO_ROW
    rows[~is_row] = 0
    if isinstance(searched, np.ndarray):
        rows = searched[rows]
    which = np.repeat(np.arange(len(queries)), width)
    similarities = table.exact(queries, which, rows.reshape(-1)).reshape(rows.shape)
    rows[~is_row], similarities[~is_row] = _NO_ROW, -np.inf
    if width < count:
        least = np.partition(similarities, width - k, axis=1)[:, width - k]
        in_doubt = np.flatnonzero((others >= least) & (others > -np.inf))
        for begin in range(0, len(in_doubt), _IN_DOUBT_AT_ONCE):
            some = in_doubt[begin : begin + _IN_DOUBT_AT_ONCE]
            pairs = _pairs_of(excluded, some, len(queries))
            found = rows_reaching(table, queries[some], least[some], searched, pairs)
            rows[some], similarities[some] = _best_of(found, len(some), width)
    rows, similarities = _ordered(rows, similarities)
    return rows[:, :k], similarities[:, :k]


def _best_of(
    found: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]], queries: int, width: int
) -> Found:
    """Give the best of all rows that reach the bounds of some queries."""
    order = np.lexsort((found[1], -found[2], found[0]))
    which, rows, similarities = (each[order] for each in found)
    place = np.arange(len(which)) - np.searchsorted(which, which)
    kept = place < width
    best = BestRows(queries, width)
    best.rows[which[kept], place[kept]] = rows[kept]
    best.similarities[which[kept], place[kept]] = similarities[kept]
    return best.rows, best.similarities


def _leave_out(
    products: NDArray[np.float32],
    first: int,
    passed_over: NDArray[np.int64],
    searched: Searched,
    pairs: Pairs,
) -> None:
    """Make the products nan of rows that are not to be found."""
    end = first + products.shape[1]
    if passed_over.size:
        if isinstance(searched, np.ndarray):
            products[:, np.isin(searched[first:end], passed_over)] = np.nan
        else:
            begin, behind = np.searchsorted(passed_over, [first, end])
            products[:, passed_over[begin:behind] - first] = np.nan
    begin, behind = np.searchsorted(pairs[1], [first, end])
    products[pairs[0][begin:behind], pairs[1][begin:behind] - first] = np.nan


def _pairs(excluded: Excluded) -> Pairs:
    """Give excluded rows as numbers of queries and a row for each."""
    if excluded is None:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if isinstance(excluded, tuple):
        return excluded
    which, columns = np.nonzero(excluded >= 0)
    return which, excluded[which, columns]


def _pairs_of(pairs: Pairs, some: NDArray[np.int64], queries: int) -> Pairs:
    """Give the pairs of some queries, by their places among these."""
    place = np.full(queries, -1, dtype=np.int64)
    place[some] = np.arange(len(some))
    concerned = place[pairs[0]] >= 0
    return place[pairs[0][concerned]], pairs[1][concerned]


def _by_row(pairs: Pairs, searched: Searched) -> Pairs:
    """Sort pairs by row; if chosen rows are searched, give places among them."""
    which, rows = pairs
    if isinstance(searched, np.ndarray):
        inside = np.isin(rows, searched)
        which, rows = which[inside], np.searchsorted(searched, rows[inside])
    order = np.argsort(rows, kind="stable")
    return which[order], rows[order]


def _ordered(rows: NDArray[np.int64], similarities: NDArray[np.float32]) -> Found:
    """Sort the rows of each query, the best first, equal ones by row; -1 and nan where there is none."""
    order = np.lexsort((rows, -similarities), axis=1)
    ordered = np.take_along_axis(rows, order, axis=1), np.take_along_axis(similarities, order, axis=1)
    missing = ordered[0] == _NO_ROW
    ordered[0][missing], ordered[1][missing] = -1, np.nan
    return ordered
