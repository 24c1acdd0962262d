"""Kernels that round float32 rows to int8; `glovefast.kernels.gather` has one that makes float16 of them."""

import numpy as np

from glovefast.kernels.registry import kernel

_MAGNITUDE = np.uint32(0x7FFFFFFF)

_LARGEST_INT8 = 127.0
# Adding and subtracting it leaves no room for a fraction: that rounds to the nearest, a tie to even.
_ROUNDER = 1.5 * 2.0**52


@kernel("uint32[]", "int64", "uint32[]")
def largest_magnitudes(bits, dim, largest):
    """Find the largest magnitude of each row, as bits: they are ordered as the magnitudes are, nan last.

    Parameters
    ----------
    bits : (rows * dim,) uint32
        The bits of float32 numbers.
    dim : int64
        Numbers per row.
    largest : (rows,) uint32, written
        The bits of the largest magnitudes.

    Returns
    -------
    int64
        The number of rows.
    """
    for row in range(len(largest)):
        most = np.uint32(0)
        for place in range(row * dim, row * dim + dim):
            most = max(most, bits[place] & _MAGNITUDE)
        largest[row] = most
    return len(largest)


@kernel("float32[]", "float32[]", "int64", "int8[]")
def round_to_int8(numbers, scales, dim, rounded):
    """Divide finite rows by their scales and round to the nearest integer, a tie to even.

    Parameters
    ----------
    numbers : (rows * dim,) float32
        The rows.
    scales : (rows,) float32
        What a step of one stands for in each row; 0 makes the row 0.
    dim : int64
        Numbers per row.
    rounded : (rows * dim,) int8, written
        The integers, from -127 to 127.

    Returns
    -------
    int64
        The number of rows.
    """
    for row in range(len(scales)):
        scale = np.float64(scales[row])
        for place in range(row * dim, row * dim + dim):
            # The quotient of two float32 has no tie that float64 does not show.
            value = 0.0
            if scale != 0.0:
                value = (np.float64(numbers[place]) / scale + _ROUNDER) - _ROUNDER
            rounded[place] = np.int8(min(max(value, -_LARGEST_INT8), _LARGEST_INT8))
    return len(scales)
