"""Kernels that round float32 rows to the smaller types of a store.

float16 is made from the bits of the numbers, since processors differ in what they make of nan.
"""

import numpy as np

from glovefast.kernels.registry import kernel

_MAGNITUDE = np.uint32(0x7FFFFFFF)
_INFINITY = np.uint32(0x7F800000)
_SMALLEST_NORMAL = np.uint32(0x38800000)  # 2**-14, the smallest normal float16
_REBIAS = np.uint32(112 << 23)  # what the exponents of float32 and float16 differ by
_HALF_INFINITY, _HALF_QUIET = np.uint32(0x7C00), np.uint32(0x0200)
_SIGN, _FRACTION, _IMPLICIT = np.uint32(0x8000), np.uint32(0x7FFFFF), np.uint32(0x800000)
_LAST_SHIFT = np.uint32(126)  # less the exponent: how far a subnormal result shifts the fraction
_LOST_BITS, _BELOW_HALF, _SIGN_SHIFT, _EXPONENT_SHIFT = (np.uint32(n) for n in (13, 0xFFF, 16, 23))
_ONE, _MOST_SHIFT = np.uint32(1), np.uint32(25)

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


@kernel("uint32[]", "uint16[]")
def round_to_float16(bits, halves):
    """Round float32 to float16: to the nearest, a tie to even; what is too large becomes infinite.

    Parameters
    ----------
    bits : (n,) uint32
        The bits of float32 numbers. A nan keeps its sign and the front of its payload, and is quiet.
    halves : (n,) uint16, written
        The bits of float16 numbers.

    Returns
    -------
    int64
        n.
    """
    for place in range(len(bits)):
        sign = (bits[place] >> _SIGN_SHIFT) & _SIGN
        magnitude = bits[place] & _MAGNITUDE
        if magnitude > _INFINITY:
            half = _HALF_INFINITY | _HALF_QUIET | ((magnitude & _FRACTION) >> _LOST_BITS)
        elif magnitude >= _SMALLEST_NORMAL:
            odd = (magnitude >> _LOST_BITS) & _ONE
            half = min((magnitude + _BELOW_HALF + odd - _REBIAS) >> _LOST_BITS, _HALF_INFINITY)
        else:
            # Below 2**-25 a shift of 25 places leaves nothing of the 24 bits, and less than a half.
            shift = min(_LAST_SHIFT - (magnitude >> _EXPONENT_SHIFT), _MOST_SHIFT)
            fraction = (magnitude & _FRACTION) | _IMPLICIT
            half = fraction >> shift
            rest, tie = fraction & ((_ONE << shift) - _ONE), _ONE << (shift - _ONE)
            if rest > tie or (rest == tie and half & _ONE == _ONE):
                half += _ONE
        halves[place] = np.uint16(sign | half)
    return len(bits)


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
