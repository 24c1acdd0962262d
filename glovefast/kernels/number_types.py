"""Single numbers of each type of a store: how they are read as float32, and what float32 becomes.

float16 is converted by its bits, because not every processor can do it.
"""

import numpy as np

from glovefast.kernels.intrinsics import bits_of_float, float_of_bits
from glovefast.kernels.registry import kernel

_SIGN, _SIZE, _INFINITY = np.uint32(0x80000000), np.uint32(0x7FFFFFFF), np.uint32(0x7F800000)
_HALF_SIGN, _HALF_SIZE, _HALF_INFINITY = np.uint32(0x8000), np.uint32(0x7FFF), np.uint32(0x7C00)
_HALF_MANTISSA = np.uint32(0x03FF)
# The smallest normal float16, and the smallest float32 that becomes infinite.
_HALF_NORMAL, _FLOAT_OF_HALF_NORMAL, _TOO_LARGE = (
    np.uint32(0x0400),
    np.uint32(0x38800000),
    np.uint32(0x477FF000),
)
_MORE_BITS, _BELOW_MIDDLE = np.uint32(13), np.uint32(0x0FFF)  # of a float32's mantissa
_BIAS, _HALF_BIAS = np.uint32(112 << 23), np.uint32(112 << 10)  # what float32 adds to the exponent
_TO_SIGN, _ONE = np.uint32(16), np.uint32(1)
# The last bit of 0.5 is the unit of the float16 numbers below the smallest normal one.
_MIDDLE, _MIDDLE_BITS, _UNIT = np.float32(0.5), np.uint32(0x3F000000), np.float32(2.0**-24)


@kernel()
def read_float32(vectors, scale, place):
    """Read a float32."""
    return vectors[place]


@kernel()
def read_float16(vectors, scale, place):
    """Read the bits of a float16."""
    bits = np.uint32(vectors[place])
    size = bits & _HALF_SIZE
    widened = np.uint32(size << _MORE_BITS)
    if size < _HALF_NORMAL:
        found = bits_of_float(np.float32(size) * _UNIT)
    elif size < _HALF_INFINITY:
        found = np.uint32(widened + _BIAS)
    else:
        found = np.uint32(widened | _INFINITY)
    return float_of_bits(np.uint32(found | np.uint32((bits & _HALF_SIGN) << _TO_SIGN)))


@kernel()
def read_int8(vectors, scale, place):
    """Read an int8 of a row with a scale."""
    return np.float32(vectors[place]) * scale


@kernel()
def as_float32(number):
    """Keep the number."""
    return number


@kernel()
def as_float64(number):
    """Widen the number."""
    return np.float64(number)


@kernel()
def as_float16(number):
    """Round to the nearest float16, to the even one of two."""
    bits = bits_of_float(number)
    size = np.uint32(bits & _SIZE)
    shifted = np.uint32(size >> _MORE_BITS)
    if size >= _TOO_LARGE:
        half = _HALF_INFINITY
        if size > _INFINITY:
            payload = shifted & _HALF_MANTISSA
            half = np.uint32(_HALF_INFINITY | (payload if payload != 0 else _ONE))  # still not a number
    elif size < _FLOAT_OF_HALF_NORMAL:
        half = np.uint32(bits_of_float(float_of_bits(size) + _MIDDLE) - _MIDDLE_BITS)
    else:
        rounded = np.uint32(size + _BELOW_MIDDLE + (shifted & _ONE))
        half = np.uint32(np.uint32(rounded >> _MORE_BITS) - _HALF_BIAS)
    return np.uint16(half | np.uint32(np.uint32(bits >> _TO_SIGN) & _HALF_SIGN))


@kernel()
def fits(number):
    """Say that no number is beyond the type: of float32 and float64."""
    return False


@kernel()
def is_beyond_float16(number):
    """Say whether a finite number becomes infinite as float16."""
    size = np.uint32(bits_of_float(number) & _SIZE)
    return (size >= _TOO_LARGE) & (size < _INFINITY)
