"""The cosine similarities of query vectors with the rows of a store, block by block.

A block is a few thousand rows. One BLAS product gives the products of all queries with its rows, and the
rows' inverse norms turn them into similarities. The matrix is never copied; one block is in memory.
`WordVectors` keeps one `RowSimilarities`, and so the norms: 4 bytes a row, made while the first query reads
the rows::

    table = similarities_of(vectors)                 # glovefast.queries.neighbour_methods
    for first_row, block in table.blocks(queries):   # (n, dim) float32 → (n, rows of the block) float32
        ...

The blocks are what BLAS gives, and so depend in their last bits on the library, its threads and the block.
They are within `RowSimilarities.rounding` of `exact`, a cosine in float64 whose additions have a fixed order,
rounded to float32. `glovefast.queries.nearest_rows` finds the best rows by that.

- A row or a query of zeros has the similarity 0 to everything.
- A row with nan or infinity has the similarity nan.
- A row whose norm float32 cannot square, because it is huge or tiny, is scaled in float64 first.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from glovefast.kernels.load import load_kernels

if TYPE_CHECKING:
    from glovefast.store.rounded_rows import Rows

_BLOCK_ROWS = 8192
# What the products of a block may have: few queries take longer blocks, so that less is done in Python.
_BLOCK_PRODUCTS = 1 << 21
# A first pass makes the norms of a block while it is still in the processor's cache.
_NORM_BYTES = 1 << 20
# The squares of norms between these are far from the ends of float32.
_SMALLEST_SQUARE, _LARGEST_SQUARE = np.float32(1e-24), np.float32(1e36)
_EXACT_NUMBERS = 1 << 20  # gathered at once for exact similarities

# The rows to search: all of them, the first ones, those of a range, or chosen ones in ascending order.
Searched: TypeAlias = int | range | NDArray[np.int64] | None


class RowSimilarities:
    """The rows of a store, to be compared with vectors by cosine.

    Parameters
    ----------
    rows : array of (n, dim) float32
        The mapped array, or `RoundedRows`.
    passed_over : numpy.ndarray
        Rows that are never found, int64 and ascending: the later rows of duplicate words.

    Attributes
    ----------
    rounding : float
        How far the similarities of blocks can be from the exact ones.
    """

    def __init__(self, rows: "Rows", passed_over: NDArray[np.int64]) -> None:
        self.rows = rows
        self.passed_over = passed_over
        count, self.dim = rows.shape[0], int(rows.shape[1])
        # A product of n numbers is off by at most n units, a norm by half as many (Higham, "Accuracy and
        # Stability of Numerical Algorithms", 3.1); the rest is for the query's own rounding.
        self.rounding = 2.0 * (self.dim + 8) * 2.0**-24
        # A negative one marks a row that must be scaled before float32 can multiply it.
        self._factors = np.empty(count, dtype=np.float32)
        self._known = 0  # the first rows whose factors are made; every thread would write the same
        self._some_are_scaled = False

    def __len__(self) -> int:
        return len(self.rows)

    def count(self, searched: Searched) -> int:
        """Count the rows to search."""
        begin, end = self._bounds(searched)
        return end - begin

    def blocks(
        self, queries: NDArray[np.float32], searched: Searched = None
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield the similarities of vectors with the rows, block by block.

        Parameters
        ----------
        queries : numpy.ndarray
            (n, dim) float32, of any length. The memory is n times the rows of a block: take a thousand or so
            at once.
        searched : int, range or numpy.ndarray, optional
            Only the first rows, or only these rows, ascending.

        Yields
        ------
        first : int
            The block's first row; its place in `searched`, if that is an array.
        similarities : numpy.ndarray
            (n, rows of the block) float32, C-contiguous. Overwrite it if you like; the next block does.
        """
        for first, products, factors in self.products(queries, searched):
            yield first, np.multiply(products, factors, out=products)

    def products(
        self, queries: NDArray[np.float32], searched: Searched = None
    ) -> Iterator[tuple[int, NDArray[np.float32], NDArray[np.float32]]]:
        """Yield blocks as `blocks` does, before they are multiplied by their factors, which come last."""
        units, (begin, behind) = unit_rows(queries), self._bounds(searched)
        chosen = searched if isinstance(searched, np.ndarray) else None
        buffer = np.empty(0, dtype=np.float32)  # new memory for each block would cost more than it holds
        while begin < behind:
            end = min(begin + self._block_rows(len(units), begin, chosen is not None), behind)
            size = len(units) * (end - begin)
            if len(buffer) < size:
                buffer = np.empty(size, dtype=np.float32)
            products = buffer[:size].reshape(len(units), end - begin)
            block = self._block(begin, end) if chosen is None else self.rows.take(chosen[begin:end], axis=0)
            with np.errstate(all="ignore"):
                np.matmul(units, block.T, out=products)
                factors = _factors(block) if chosen is not None else self._kept_factors(block, begin)
                if chosen is not None or self._some_are_scaled:
                    scaled = np.flatnonzero(factors < 0)
                    if scaled.size:
                        products[:, scaled] = -(units @ unit_rows(block[scaled]).T)
            yield begin, products, factors
            begin = end

    def exact(
        self, queries: NDArray[np.float32], which: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Compute the similarities of pairs, ``queries[which[i]]`` and ``rows[i]``, in float64."""
        similarities = np.empty(len(rows), dtype=np.float32)
        step = max(1, _EXACT_NUMBERS // max(1, self.dim))
        for begin in range(0, len(rows), step):
            part = slice(begin, begin + step)
            similarities[part] = cosines(
                queries.take(which[part], axis=0), self.rows.take(rows[part], axis=0)
            )
        return similarities

    def _bounds(self, searched: Searched) -> tuple[int, int]:
        """Say where the search begins and ends; among the chosen rows, if some are."""
        if isinstance(searched, np.ndarray):
            return 0, len(searched)
        if isinstance(searched, range):
            return min(searched.start, len(self)), max(searched.start, min(searched.stop, len(self)))
        return 0, len(self) if searched is None else min(searched, len(self))

    def _block_rows(self, queries: int, begin: int, is_chosen: bool) -> int:
        """Decide how long a block is."""
        if is_chosen or not isinstance(self.rows, np.ndarray):
            return _BLOCK_ROWS  # a copy as float32, which should stay small
        known = self._known  # read once: other threads change it
        if begin >= known:
            return min(_BLOCK_ROWS, max(64, _NORM_BYTES // (4 * max(1, self.dim))))
        return min(max(_BLOCK_ROWS, _BLOCK_PRODUCTS // max(1, queries)), known - begin)

    def _block(self, begin: int, end: int) -> NDArray[np.float32]:
        """Give a block of rows as float32."""
        if isinstance(self.rows, np.ndarray):
            return self.rows[begin:end]
        return self.rows.take(np.arange(begin, end))  # by a kernel, in a tenth of the time for float16

    def _kept_factors(self, block: NDArray[np.float32], begin: int) -> NDArray[np.float32]:
        """Give the factors of a block of rows; make them the first time."""
        end = begin + len(block)
        if end > self._known:
            factors = _factors(block)
            if (factors < 0).any():  # never set back, whatever other threads find
                self._some_are_scaled = True
            self._factors[begin:end] = factors
            if begin <= self._known:
                self._known = max(self._known, end)
        return self._factors[begin:end]


def cosines(ones: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute the cosines of pairs of rows in float64; 0 for zeros, nan for what is not finite."""
    ones, others = (np.ascontiguousarray(each, dtype=np.float32) for each in (ones, others))
    products, squares = np.empty((2, len(ones)), dtype=np.float64)
    load_kernels("multiply_pairs").multiply_pairs(
        ones.reshape(-1), others.reshape(-1), ones.shape[1], products, squares
    )
    squares[squares == 0] = 1  # and the product is 0
    squares[np.isinf(squares)] = np.nan
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float32] = (products / np.sqrt(squares)).astype(np.float32)
    return found


def unit_rows(rows: NDArray[Any]) -> NDArray[np.float32]:
    """Scale rows to length 1, in float64; zeros stay zeros, and what is not finite becomes nan."""
    return exact_unit_rows(rows).astype(np.float32)


def exact_unit_rows(rows: NDArray[Any]) -> NDArray[np.float64]:
    """Scale rows to length 1 as `unit_rows` does, and leave them in float64."""
    with np.errstate(all="ignore"):
        exact = np.asarray(rows, dtype=np.float64)
        if rows.dtype == np.float64:  # whose squares could overflow, or vanish
            largest = np.abs(exact).max(axis=1, initial=0)
            exact = np.ldexp(exact, -np.frexp(largest)[1][:, None])
        norms = np.sqrt(np.einsum("ij,ij->i", exact, exact))
        norms[norms == 0] = 1
        norms[np.isinf(norms)] = np.nan
        units: NDArray[np.float64] = exact / norms[:, None]
    return units


def _factors(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the inverse norms of rows; 0 for zeros, nan for what is not finite, -1 for a row to be scaled."""
    with np.errstate(all="ignore"):
        squares = np.einsum("ij,ij->i", block, block)
        factors: NDArray[np.float32] = 1 / np.sqrt(squares)
        odd = np.flatnonzero(~((squares > _SMALLEST_SQUARE) & (squares < _LARGEST_SQUARE)))
    if odd.size:
        largest = np.abs(block[odd]).max(axis=1, initial=0)
        factors[odd] = np.where(largest == 0, 0, np.where(np.isfinite(largest), -1, np.nan))
    return factors
