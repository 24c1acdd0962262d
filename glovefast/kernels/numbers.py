"""Single numbers: any decimal form, at the speed of a loop over its bytes.

`glovefast.kernels.lanes` reads the common form, eight numbers at a time; the other forms come here.
"""

import numpy as np

from glovefast.kernels.registry import kernel

NOT_A_NUMBER, LEFT_TO_PYTHON, PARSED = range(3)

_POINT, _MINUS, _PLUS, _ZERO = 0x2E, 0x2D, 0x2B, 0x30
_LOWER_CASE = 0x20  # this bit makes an ASCII letter lower case
_LETTER_E = 0x65

_POWER = np.array([10.0**n for n in range(309)], dtype=np.float64)
_SIGN = np.array([1.0, -1.0], dtype=np.float64)
_TEN, _ZERO_BITS = np.uint64(10), np.uint64(0)

_MAX_MANTISSA_DIGITS = 19  # 10**19 < 2**64
_EXACT_MANTISSA = np.uint64(1 << 53)
_EXACT_POWER = 22  # 10**22 is the largest power of ten that a float64 holds exactly
_SAFE_POWER = 280  # mantissa * 10**280 stays below 10**300, and mantissa / 10**280 above 10**-281
_DOUBT = 2.0**-50  # more than the relative error of the product: see parse_number


@kernel()
def parse_number(text, begin, end, numbers, place):
    """Parse one number of any decimal form into ``numbers[place]``.

    Returns `PARSED`; `NOT_A_NUMBER` if the form is not decimal; `LEFT_TO_PYTHON` if its bits are in doubt.

    The result is the float32 of the correctly rounded float64. Up to 2**53 and 10**22 both operands are
    exact and one division or multiplication rounds once (Clinger, "How to read floating point numbers
    accurately", 1990). Beyond, the mantissa, the power and their product each err by at most 2**-53, and the
    digits cut off by 10**-18, in total less than 2**-50. If the values 2**-50 below and above round to the
    same float32, so does the exact one. Otherwise, about once in 2**25 numbers, Python decides.
    """
    position = begin
    negative = 0
    if position < end and (text[position] == _MINUS or text[position] == _PLUS):
        negative = 1 if text[position] == _MINUS else 0
        position += 1
    mantissa = _ZERO_BITS
    significant = 0
    power = 0
    digits = 0
    point = False
    while position < end:
        byte = text[position]
        if _ZERO <= byte <= _ZERO + 9:
            digits += 1
            if significant < _MAX_MANTISSA_DIGITS:
                mantissa = mantissa * _TEN + np.uint64(byte - _ZERO)
                if mantissa != _ZERO_BITS:
                    significant += 1
                power -= 1 if point else 0
            else:  # 19 digits exceed 2**53, so the result is treated as inexact
                power += 0 if point else 1
        elif byte == _POINT and not point:
            point = True
        else:
            break
        position += 1
    if digits == 0:
        return NOT_A_NUMBER
    if position < end and (text[position] | _LOWER_CASE) == _LETTER_E:
        position += 1
        exponent_negative = False
        if position < end and (text[position] == _MINUS or text[position] == _PLUS):
            exponent_negative = text[position] == _MINUS
            position += 1
        exponent = 0
        first = position
        while position < end and _ZERO <= text[position] <= _ZERO + 9:
            if exponent < 10000:  # far larger exponents only need the right form
                exponent = exponent * 10 + int(text[position] - _ZERO)
            position += 1
        if position == first:
            return NOT_A_NUMBER
        power += -exponent if exponent_negative else exponent
    if position != end:
        return NOT_A_NUMBER
    if power > _SAFE_POWER or power < -_SAFE_POWER:
        return LEFT_TO_PYTHON
    value = np.float64(mantissa)
    value = value / _POWER[-power] if power < 0 else value * _POWER[power]
    exact = mantissa <= _EXACT_MANTISSA and -_EXACT_POWER <= power <= _EXACT_POWER
    if not exact and np.float32(value * (1.0 - _DOUBT)) != np.float32(value * (1.0 + _DOUBT)):
        return LEFT_TO_PYTHON
    numbers[place] = np.float32(value * _SIGN[negative])
    return PARSED


@kernel()
def is_of_another_dimension(text, separators, first, last, numbers, place):
    """Tell a word with spaces from a row with too many numbers (two rows in one line, another dimension).

    The fields of the word after its first lie between ``separators[first]`` and ``separators[last]``. A
    number directly before the vector, or two numbers anywhere, cannot belong to a word. ``numbers[place]`` is
    scratch.
    """
    count = 0
    for number in range(first, last):
        form = parse_number(text, separators[number] + 1, separators[number + 1], numbers, place)
        if form != NOT_A_NUMBER:
            count += 1
            if number == last - 1:
                return True
    return count > 1
