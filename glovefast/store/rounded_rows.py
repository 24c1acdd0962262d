"""Rows that a store has as float16 or int8, read as float32."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

_NO_SCALES = np.empty(0, dtype=np.float32)


class RoundedRows:
    """float16 or int8 rows of a store, which act as a read-only array of float32 rows.

    Parameters
    ----------
    numbers : numpy.ndarray
        (n, dim) float16 or int8.
    scales : numpy.ndarray or None
        (n,) float32 for int8.
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(self, numbers: NDArray[Any], scales: NDArray[np.float32] | None) -> None:
        self.numbers = numbers
        self.scales = scales
        self.shape = numbers.shape

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: int | slice | NDArray[np.integer]) -> NDArray[np.float32]:
        """Read a row, or some of them, as a new array."""
        with np.errstate(over="ignore", invalid="ignore"):  # as the kernels do for odd scales
            numbers: NDArray[np.float32] = self.numbers[rows].astype(np.float32)
            if self.scales is not None:
                numbers *= self.scales[rows] if numbers.ndim == 1 else self.scales[rows][:, None]
        return numbers

    def take(self, rows: NDArray[np.integer], axis: int = 0) -> NDArray[np.float32]:
        """Read some rows as a new array, as ``numpy.take`` does along the first axis."""
        from glovefast.kernels.load import load_kernels

        dim = self.shape[1]
        found = np.empty((len(rows), dim), dtype=np.float32)
        dtype, flat, scales = stored_numbers(self)
        name = f"gather_{dtype}_as_float32"
        wanted = np.ascontiguousarray(rows, dtype=np.int64)
        gather = getattr(load_kernels(name), name)
        if gather(flat, scales, wanted, np.arange(len(rows)), dim, 0, found.reshape(-1)) < 0 or (
            wanted.size and wanted.min() < 0
        ):
            raise IndexError(f"rows must be from 0 to {len(self) - 1}")
        return found

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Give NumPy all rows, which takes a copy."""
        if copy is False:
            raise ValueError("rows that are stored as float16 or int8 need a copy to become float32")
        return self[:] if dtype is None else self[:].astype(dtype, copy=False)


# Rows to read from: the mapped array itself, or what gives its numbers as float32.
Rows: TypeAlias = "NDArray[np.float32] | RoundedRows"


def stored_numbers(rows: Rows) -> tuple[str, NDArray[Any], NDArray[np.float32]]:
    """Give rows to a kernel.

    Parameters
    ----------
    rows : numpy.ndarray or RoundedRows
        (n, dim).

    Returns
    -------
    dtype : str
        The type of the stored numbers, which is part of a kernel's name.
    numbers : numpy.ndarray
        (n * dim,): the stored numbers; kernels know float16 as uint16.
    scales : numpy.ndarray
        (n,) float32 for int8; otherwise empty.
    """
    if isinstance(rows, np.ndarray):
        return rows.dtype.name, rows.reshape(-1), _NO_SCALES
    numbers = rows.numbers.reshape(-1)
    if rows.scales is None:
        return "float16", numbers.view(np.uint16), _NO_SCALES
    return "int8", numbers, rows.scales
