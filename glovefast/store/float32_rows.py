"""The rows of a matrix of any real numbers, read as float32 and checked on the way."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import shortened


class Float32Rows:
    """Read rows as float32; count those that change, and refuse numbers that are too large.

    Parameters
    ----------
    matrix : numpy.ndarray
        (n, dim) of real numbers; only the rows that are read come into memory.
    words : pyarrow.StringArray
        The n words, for messages.
    owner : str
        What has the matrix, for messages: "the layer 'embedding'", say.

    Attributes
    ----------
    shape : tuple of int
        (n, dim).
    rounded_rows : int
        How many of the rows read so far changed when they became float32.
    rows_not_finite : int
        How many of them contain nan or inf.
    """

    def __init__(self, matrix: NDArray[Any], words: pa.StringArray, owner: str) -> None:
        self._matrix = matrix
        self._words = words
        self._owner = owner
        self.shape: tuple[int, ...] = matrix.shape
        self.rounded_rows = 0
        self.rows_not_finite = 0

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        """Read some rows.

        Raises
        ------
        ValueError
            If a number is too large for float32; the message names the word.
        """
        values = np.asarray(self._matrix[part])
        with np.errstate(over="ignore"):
            rows: NDArray[np.float32] = np.ascontiguousarray(values, dtype="<f4")
        is_finite = np.isfinite(rows).all(axis=1)
        if not is_finite.all():
            self.rows_not_finite += int(np.count_nonzero(~is_finite))
        if values.dtype.kind in "iu" or values.dtype.itemsize > rows.dtype.itemsize:
            changed = _is_changed(values, rows)
            too_large = np.flatnonzero((changed & np.isinf(rows)).any(axis=1))
            if too_large.size:
                word = self._words[part][int(too_large[0])].as_py()
                raise ValueError(
                    f"the word {shortened(word)} has numbers that are too large for float32 in {self._owner}"
                )
            self.rounded_rows += int(np.count_nonzero(changed.any(axis=1)))
        return rows


def _is_changed(values: NDArray[Any], rows: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Say which numbers float32 changes; an integer is compared as what it is, also beyond 2**53."""
    changed: NDArray[np.bool_]
    if values.dtype.kind == "f":
        changed = (rows != values) & ~np.isnan(values)
        return changed
    # float32 holds every power of two that bounds an integer type, but the type itself does not.
    bound = np.float32(2.0 ** (8 * values.itemsize - (values.dtype.kind == "i")))
    fits = rows < bound
    changed = ~fits | (np.where(fits, rows, 0).astype(values.dtype) != values)
    return changed
