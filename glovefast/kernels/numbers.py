"""Single numbers: any decimal form, at the speed of a loop over its bytes.

`glovefast.kernels.lanes` reads the common form, eight numbers at a time; the other forms come here.
"""

import numpy as np

from glovefast.kernels import NUMBERS_IN_DAMAGE
from glovefast.kernels.registry import kernel
from glovefast.kernels.separators import is_blank

NOT_A_NUMBER, LEFT_TO_PYTHON, PARSED = range(3)
NOT_A_WORD, IS_A_WORD = NOT_A_NUMBER, PARSED

_POINT, _MINUS, _PLUS, _ZERO = 0x2E, 0x2D, 0x2B, 0x30
_LOWER_CASE = 0x20  # this bit makes an ASCII letter lower case
_LETTER_E, _UNDERSCORE = 0x65, 0x5F
_CARRIAGE_RETURN, _QUOTE = 0x0D, 0x22
_NAN, _INF, _INFINITY = (int.from_bytes(name, "big") for name in (b"nan", b"inf", b"infinity"))

_POWER = np.array([10.0**n for n in range(309)], dtype=np.float64)
_SIGN = np.array([1.0, -1.0], dtype=np.float64)
_TEN, _ZERO_BITS = np.uint64(10), np.uint64(0)

_MAX_MANTISSA_DIGITS = 19  # 10**19 < 2**64
_EXACT_MANTISSA = np.uint64(1 << 53)
_EXACT_POWER = 22  # 10**22 is the largest power of ten that a float64 holds exactly
_SAFE_POWER = 280  # mantissa * 10**280 stays below 10**300, and mantissa / 10**280 above 10**-281
_DOUBT = 2.0**-50  # more than the relative error of the product: see parse_number


@kernel()
def _is_white_space(byte):
    """Recognise the ASCII white space that Python's ``float`` ignores around a number."""
    return byte == 0x20 or 0x09 <= byte <= 0x0D


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
    while begin < end and _is_white_space(text[begin]):
        begin += 1
    while end > begin and _is_white_space(text[end - 1]):
        end -= 1
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
def form_of_field(text, begin, end, numbers, place):
    """Tell whether Python's ``float`` reads a field: `PARSED` if so, `LEFT_TO_PYTHON` if that is unclear.

    Besides decimal numbers it reads names (``nan``, ``-Infinity``), ``1_000`` and the digits of other
    alphabets; of the latter two Python decides.
    """
    if parse_number(text, begin, end, numbers, place) != NOT_A_NUMBER:
        return PARSED
    while begin < end and _is_white_space(text[begin]):
        begin += 1
    while end > begin and _is_white_space(text[end - 1]):
        end -= 1
    name = np.int64(0)  # up to eight letters in lower case, the last in the lowest byte
    letters = unclear = False
    for position in range(begin, end):
        byte = text[position]
        lower = byte | _LOWER_CASE
        if byte >= 0x80:
            # Characters that begin with these bytes are neither digits nor white space.
            if 0xC3 <= byte <= 0xD8 or 0xE4 <= byte <= 0xE9:
                return NOT_A_NUMBER
            unclear = True
        elif byte == _UNDERSCORE or byte <= 0x20:
            unclear = True
        elif 0x61 <= lower <= 0x7A:
            letters = letters or lower != _LETTER_E
            name = (name << 8) | np.int64(lower)
        elif not (_ZERO <= byte <= _ZERO + 9 or byte in (_POINT, _MINUS, _PLUS)):
            return NOT_A_NUMBER
    signs = 1 if begin < end and (text[begin] == _MINUS or text[begin] == _PLUS) else 0
    length = end - begin - signs
    if length == 3 and name in (_NAN, _INF):
        return PARSED
    if length == 8 and name == _INFINITY:
        return PARSED
    if unclear and not (letters and name != _NAN and name != _INF and name != _INFINITY):
        return LEFT_TO_PYTHON
    return NOT_A_NUMBER


@kernel()
def is_quoted(text, begin, end):
    """Tell whether double quotes surround a word, apart from blanks."""
    while begin < end and is_blank(text[begin]):
        begin += 1
    while end > begin and is_blank(text[end - 1]):
        end -= 1
    return end - begin > 1 and text[begin] == _QUOTE and text[end - 1] == _QUOTE


@kernel()
def judge_word(text, begin, separators, first, last, dim, dim_is_certain, numbers, place):
    """Tell a word with spaces from a row with too many numbers (two rows in one line, another dimension).

    The word begins at `begin`; its fields after the first lie between ``separators[first]`` and
    ``separators[last]``; ``numbers[place]`` is scratch.
    Returns `IS_A_WORD`, `NOT_A_WORD`, or `LEFT_TO_PYTHON` where Python decides
    what a number is. The rules are `glovefast.parser.separators.is_quoted` and, behind it, `is_word`.
    """
    if not is_blank(text[separators[first]]) and is_quoted(text, begin, separators[last]):
        return NOT_A_WORD
    count = 0
    ends_in_number = False
    for number in range(first, last):
        field = separators[number] + 1
        position = field
        while position < separators[number + 1] and text[position] != _CARRIAGE_RETURN:
            position += 1
        if position < separators[number + 1]:
            form = form_of_field(text, field, position, numbers, place)
            if form == LEFT_TO_PYTHON:
                return LEFT_TO_PYTHON
            if form == PARSED or (position == field and ends_in_number):
                return NOT_A_WORD
        form = form_of_field(text, separators[number] + 1, separators[number + 1], numbers, place)
        if form == LEFT_TO_PYTHON:
            return LEFT_TO_PYTHON
        ends_in_number = form == PARSED
        count += 1 if form == PARSED else 0
    if dim_is_certain == 0:
        return NOT_A_WORD if ends_in_number or count > 1 else IS_A_WORD
    least = 2 + (1 if ends_in_number else 0)
    return NOT_A_WORD if count >= max(least, min(dim, NUMBERS_IN_DAMAGE)) else IS_A_WORD
