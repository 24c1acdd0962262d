"""Rounding rows to the type of a store's numbers; `glovefast.store.rounded_rows` reads them back.

float16 numbers are rounded to the nearest, a tie to even. An int8 row has a scale, a 127th of its largest
magnitude, and integers from -127 to 127: the row divided by its scale, rounded in the same way. The row then
stands for ``integers * scale`` in float32.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from glovefast.kernels.load import load_kernels
from glovefast.parser.blocks import Block
from glovefast.store.checksums import as_text, new_checksum
from glovefast.store.files import SCALES, VECTORS
from glovefast.store.metadata import FLOAT16, FLOAT32, INT8, NUMBER_TYPES

# What rounds to infinity in float16: half a step above its largest number, 65504, and everything beyond.
_TOO_LARGE = np.float32(65520)
_INFINITY = np.uint32(0x7F800000)  # the bits of every finite magnitude are less
_NO_SCALES = np.empty(0, dtype=np.float32)
_LARGEST_INT8 = np.float32(127)
# A 127th of the largest float32 is rounded up, so that 127 of it would be infinite. This one is rounded down.
_LARGEST_SCALE = np.nextafter(np.finfo(np.float32).max / _LARGEST_INT8, np.float32(0))

NumberType: TypeAlias = Literal["float32", "float16", "int8"]
RowCheck: TypeAlias = Callable[[NDArray[np.float32]], Mapping[int, str]]


def checked_number_type(dtype: DTypeLike) -> str:
    """Check the type for a store's numbers, and give its name.

    Raises
    ------
    ValueError
        If it is not float32, float16 or int8.
    """
    try:
        name = np.dtype(dtype).name if dtype is not None else None
    except TypeError:
        name = None
    if name not in NUMBER_TYPES:
        raise ValueError(f"dtype must be 'float32', 'float16' or 'int8', not {dtype!r}")
    return name


@dataclass(frozen=True)
class StoredRows:
    """Rows as a store has them.

    Attributes
    ----------
    numbers : numpy.ndarray
        (n, dim) float32, float16 or int8, little-endian and C-contiguous.
    scales : numpy.ndarray or None
        (n,) float32 for int8, otherwise None.
    """

    numbers: NDArray[Any]
    scales: NDArray[np.float32] | None = None

    def first(self, count: int) -> "StoredRows":
        """Give the first rows only."""
        return StoredRows(self.numbers[:count], None if self.scales is None else self.scales[:count])


def rounded(rows: NDArray[Any], dtype: str) -> StoredRows:
    """Round rows to the type of a store.

    Parameters
    ----------
    rows : numpy.ndarray
        (n, dim) of real numbers, which become float32 first. For int8, all are finite.
    dtype : str
        The type's name.

    Returns
    -------
    StoredRows
        The rows; float32 without a copy if they are float32 already.
    """
    numbers = np.ascontiguousarray(rows, dtype="<f4")
    if dtype == FLOAT32:
        return StoredRows(numbers)
    dim = numbers.shape[1]
    if dtype == FLOAT16:
        halves, each = np.empty(numbers.shape, dtype=np.uint16), np.arange(len(numbers))
        gather = load_kernels("gather_float32_as_float16").gather_float32_as_float16
        gather(numbers.reshape(-1), _NO_SCALES, each, each, dim, 0, halves.reshape(-1))
        return StoredRows(halves.view(np.float16))
    scales = np.minimum(_largest_magnitudes(numbers).view(np.float32) / _LARGEST_INT8, _LARGEST_SCALE)
    integers = np.empty(numbers.shape, dtype=np.int8)
    kernels = load_kernels("round_to_int8")
    kernels.round_to_int8(numbers.reshape(-1), scales, dim, integers.reshape(-1))
    return StoredRows(integers, scales)


def rounded_block(block: Block, dtype: str) -> StoredRows:
    """Round the rows of a block; rows that the type cannot hold become bad lines."""
    check = row_check(dtype)
    if check and (reasons := check(block.rows)):
        block.refuse(reasons)
    return rounded(block.rows, dtype)


def row_check(dtype: str) -> RowCheck | None:
    """Give the function that finds rows which a type cannot hold; None for float32, which holds all.

    Parameters
    ----------
    dtype : str
        The type's name.

    Returns
    -------
    callable or None
        A function of (n, dim) float32 rows that gives the reason for each row which cannot be stored:
        float16 has no numbers beyond 65,504, and int8 neither nan nor infinities.
    """
    if dtype == FLOAT32:
        return None
    return _rows_too_large if dtype == FLOAT16 else _rows_not_finite


def _rows_too_large(rows: NDArray[np.float32]) -> Mapping[int, str]:
    bits = _largest_magnitudes(rows)
    suspects = np.flatnonzero(bits >= _TOO_LARGE.view(np.uint32))
    magnitudes = np.abs(rows[suspects])
    return _reasons(rows, suspects, (magnitudes >= _TOO_LARGE) & np.isfinite(magnitudes), FLOAT16)


def _rows_not_finite(rows: NDArray[np.float32]) -> Mapping[int, str]:
    suspects = np.flatnonzero(_largest_magnitudes(rows) >= _INFINITY)
    return _reasons(rows, suspects, ~np.isfinite(rows[suspects]), INT8)


def _reasons(
    rows: NDArray[np.float32], suspects: NDArray[np.int64], wrong: NDArray[np.bool_], dtype: str
) -> Mapping[int, str]:
    found = {}
    for row, at in zip(suspects.tolist(), wrong, strict=True):
        if at.any():
            column = int(np.argmax(at))
            number = rows[row, column]
            reason = "is too large for float16" if dtype == FLOAT16 else "cannot be stored as int8"
            found[row] = f"number {column + 1} is {number}, which {reason}"
    return found


def _largest_magnitudes(rows: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Find the bits of the largest magnitude of each row."""
    largest = np.empty(len(rows), dtype=np.uint32)
    bits = np.ascontiguousarray(rows).view(np.uint32).reshape(-1)
    load_kernels("largest_magnitudes").largest_magnitudes(bits, rows.shape[1], largest)
    return largest


class RowsChecksum:
    """The checksums of a store's rows, taken piece by piece in the order of the rows."""

    def __init__(self) -> None:
        self._numbers = new_checksum()
        self._scales: Any = None

    def update(self, rows: StoredRows) -> None:
        """Add the next rows."""
        self._numbers.update(rows.numbers)
        if rows.scales is not None:
            self._scales = self._scales or new_checksum()
            self._scales.update(rows.scales)

    def as_dict(self) -> dict[str, str]:
        """Give the checksums by the names of their files; they do not cover the files' headers."""
        checksums = {VECTORS: as_text(self._numbers)}
        if self._scales is not None:
            checksums[SCALES] = as_text(self._scales)
        return checksums
