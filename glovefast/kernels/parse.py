"""The parse kernel: a chunk of embedding text in, words and float32 rows out.

Two stages, each over the whole chunk. `find_separators` compares 64 bytes at a time and lists where fields
and lines end; `parse_rows` then knows both ends of every number before it looks at one, so that no number has
to wait for the end of the one before, and it knows each line's field count for nothing, which is what words
with spaces need. (The idea of indexing the structure first is that of Langdale and Lemire, "Parsing gigabytes
of JSON per second", 2019, https://arxiv.org/abs/1902.08318.)

Texts are padded (`glovefast.kernels.PADDING`).
"""

import numpy as np

from glovefast.kernels import (
    BAD_LINES,
    LANES,
    NEWLINE,
    NEXT_BYTE,
    NEXT_LINE,
    ODD_NUMBERS,
    RETURN,
    ROWS,
    SEPARATORS_AT_ONCE,
    SPACE,
    WORD_BLOCK_BYTES,
    WORD_BYTES,
)
from glovefast.kernels.intrinsics import copy_block, matches, one_bits, trailing_zeros, without_lowest_bit
from glovefast.kernels.lanes import parse_eight
from glovefast.kernels.registry import kernel

_POINT, _MINUS, _PLUS, _ZERO = 0x2E, 0x2D, 0x2B, 0x30
_LOWER_CASE = 0x20  # this bit makes an ASCII letter lower case
_LETTER_E = 0x65

_POWER = np.array([10.0**n for n in range(309)], dtype=np.float64)
_SIGN = np.array([1.0, -1.0], dtype=np.float64)
_TEN, _ONE, _ZERO_BITS = np.uint64(10), np.uint64(1), np.uint64(0)

_NO_NUMBER, _LEFT_TO_PYTHON, _PARSED = range(3)
_MAX_MANTISSA_DIGITS = 19  # 10**19 < 2**64
_EXACT_MANTISSA = np.uint64(1 << 53)
_EXACT_POWER = 22  # 10**22 is the largest power of ten that a float64 holds exactly
_SAFE_POWER = 280  # mantissa * 10**280 stays below 10**300, and mantissa / 10**280 above 10**-281
_DOUBT = 2.0**-50  # more than the relative error of the product: see _parse_number


@kernel("uint8[]", "int64", "int64", "int32[]", "int32[]")
def find_separators(text, begin, end, separators, line_ends):
    """List where the fields and the lines of a chunk end.

    Parameters
    ----------
    text : (n,) uint8
        The text, padded by `PADDING` bytes on both sides.
    begin, end : int64
        The chunk is ``text[begin:end]``.
    separators : (end - begin + SEPARATORS_AT_ONCE,) int32, written
        The position of every space and newline, ascending; what lies behind them is scratch.
    line_ends : (end - begin,) int32, written
        For every line the number in `separators` of its newline.

    Returns
    -------
    int64
        The number of lines.
    """
    found = 0
    lines = 0
    for block in range(begin, end, 64):
        newlines = matches(text, block, np.uint8(NEWLINE))
        both = newlines | matches(text, block, np.uint8(SPACE))
        if end - block < 64:
            both &= (_ONE << np.uint64(end - block)) - _ONE
            newlines &= both
        while newlines != _ZERO_BITS:
            line_ends[lines] = found + one_bits(both & ((newlines - _ONE) & ~newlines))
            lines += 1
            newlines = without_lowest_bit(newlines)
        # 64 bytes of numbers hold about eight separators, now a few more, now a few less. A loop that ends
        # with the last of them would be mispredicted at nearly every block; one that always lists 12 is not.
        block_end = found + one_bits(both)
        while found < block_end:
            for place in range(SEPARATORS_AT_ONCE):
                separators[found + place] = block + trailing_zeros(both)
                both = without_lowest_bit(both)
            found += SEPARATORS_AT_ONCE
        found = block_end
    return lines


@kernel()
def _parse_number(text, begin, end, numbers, place):
    """Parse one number of any decimal form into ``numbers[place]``, and say whether that could be done.

    `_NO_NUMBER` has no decimal form; `_LEFT_TO_PYTHON` has it, but its bits are in doubt.

    The contract is the float32 of the correctly rounded float64. Up to 2**53 and 10**22 both operands are
    exact and one division or multiplication rounds once (Clinger, "How to read floating point numbers
    accurately", 1990). Beyond, the mantissa, the power and their product each err by at most 2**-53 and the
    digits that were cut off by 10**-18, in all less than 2**-50: if the values 2**-50 below and above round
    to the same float32, the exact one does. Otherwise, about once in 2**25 numbers, Python decides.
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
            else:  # with 19 digits the mantissa is beyond 2**53, so that what is cut off is in doubt
                power += 0 if point else 1
        elif byte == _POINT and not point:
            point = True
        else:
            break
        position += 1
    if digits == 0:
        return _NO_NUMBER
    if position < end and (text[position] | _LOWER_CASE) == _LETTER_E:
        position += 1
        exponent_negative = False
        if position < end and (text[position] == _MINUS or text[position] == _PLUS):
            exponent_negative = text[position] == _MINUS
            position += 1
        exponent = 0
        first = position
        while position < end and _ZERO <= text[position] <= _ZERO + 9:
            if exponent < 10000:  # beyond, and far below that, nothing but its form counts
                exponent = exponent * 10 + int(text[position] - _ZERO)
            position += 1
        if position == first:
            return _NO_NUMBER
        power += -exponent if exponent_negative else exponent
    if position != end:
        return _NO_NUMBER
    if power > _SAFE_POWER or power < -_SAFE_POWER:
        return _LEFT_TO_PYTHON
    value = np.float64(mantissa)
    value = value / _POWER[-power] if power < 0 else value * _POWER[power]
    exact = mantissa <= _EXACT_MANTISSA and -_EXACT_POWER <= power <= _EXACT_POWER
    if not exact and np.float32(value * (1.0 - _DOUBT)) != np.float32(value * (1.0 + _DOUBT)):
        return _LEFT_TO_PYTHON
    numbers[place] = np.float32(value * _SIGN[negative])
    return _PARSED


@kernel()
def is_of_another_dimension(text, separators, first, last, numbers, place):
    """Tell a word with spaces from a row with too many numbers (two rows in one line, another dimension).

    The fields of the word behind its first one lie between ``separators[first]`` and ``separators[last]``: a
    number just before the vector, or two numbers anywhere, are no part of a word. ``numbers[place]`` is
    scratch.
    """
    count = 0
    for number in range(first, last):
        form = _parse_number(text, separators[number] + 1, separators[number + 1], numbers, place)
        if form != _NO_NUMBER:
            count += 1
            if number == last - 1:
                return True
    return count > 1


@kernel(
    *("uint8[]", "int32[]", "int32[]", "int64", "int64", "int64"),
    *("float32[]", "uint8[]", "int32[]", "int32[]", "int32[]", "int64[]", "int64[]"),
)
def parse_rows(
    text,
    separators,
    line_ends,
    lines,
    dim,
    max_rows,
    numbers,
    words,
    word_ends,
    row_lines,
    bad_lines,
    odd_numbers,
    status,
):
    """Parse the lines of a chunk into words and rows.

    A line's word is all that stands before the last `dim` fields; only the ASCII space separates. Carriage
    returns and spaces at a line's end are passed over, as are blank lines. Bad lines give no row and are
    listed. Numbers that need exact arithmetic beyond 64 bits, and whatever is no decimal number (``nan``,
    ``inf``, trash), are listed for Python to judge.

    Parameters
    ----------
    text : (n,) uint8
        The text, padded by `PADDING` bytes on both sides.
    separators, line_ends : int32
        What `find_separators` wrote; `separators` is changed where a line ends in white space.
    lines : int64
        What `find_separators` returned.
    dim : int64
        Numbers per row.
    max_rows : int64
        How many rows there is room for.
    numbers : (max_rows * dim + 1,) float32, written
        The rows; the place behind the last row is scratch.
    words : (n + WORD_BLOCK_BYTES,) uint8, written
        The words' bytes, one after the other; what lies behind them is scratch.
    word_ends : (max_rows,) int32, written
        Where each word ends in `words`.
    row_lines : (max_rows,) int32, written
        Each row's line in the chunk, counted from 0.
    bad_lines : (b,) int32, written
        The bad lines, counted from 0.
    odd_numbers : (3 * m,) int64, m >= dim + LANES, written
        For each number left to Python: its place in `numbers`, its begin and its end in `text`. One that two
        groups have in common is listed twice.
    status : (STATUS_LENGTH,) int64, changed
        What `glovefast.kernels` names: the line to begin with and the byte at which it begins (0 and the
        chunk's begin at first), then counters; all go on from what they hold.

    Returns
    -------
    int64
        The line to go on with once the lists are emptied, `lines` at the end; also ``status[NEXT_LINE]``.
    """
    rows = status[ROWS]
    word_bytes = status[WORD_BYTES]
    bad = status[BAD_LINES]
    odd = status[ODD_NUMBERS]
    line = status[NEXT_LINE]
    # Not looked up in `separators`: the entry of the line before is changed where that ends in CRLF.
    next_line_begin = status[NEXT_BYTE]
    while line < lines:
        if rows >= max_rows or bad >= len(bad_lines) or 3 * (odd + dim + LANES) > len(odd_numbers):
            break
        newline = np.int64(line_ends[line])
        first = np.int64(line_ends[line - 1]) + 1 if line > 0 else 0
        line_begin = next_line_begin
        line_end = np.int64(separators[newline])
        next_line_begin = line_end + 1
        line += 1
        while line_end > line_begin and (text[line_end - 1] == RETURN or text[line_end - 1] == SPACE):
            line_end -= 1
            if text[line_end] == SPACE:
                newline -= 1
            else:
                separators[newline] = line_end
        if line_end == line_begin:
            continue
        vector = newline - dim
        if vector < first:
            bad_lines[bad] = line - 1
            bad += 1
            continue
        place = rows * dim
        if vector > first and is_of_another_dimension(text, separators, first, vector, numbers, place):
            bad_lines[bad] = line - 1
            bad += 1
            continue

        end = np.int64(separators[vector])
        for index in range(0, end - line_begin, WORD_BLOCK_BYTES):
            copy_block(text, line_begin + index, words, word_bytes + index)
        word_bytes += end - line_begin
        word_ends[rows] = word_bytes
        row_lines[rows] = line - 1
        for group in range(0, dim, LANES):
            number = min(group, dim - LANES)  # the last group overlaps the one before: no rest to care for
            if dim < LANES:
                number = 0
                odd_forms = (_ONE << np.uint64(dim)) - _ONE
            else:
                odd_forms = parse_eight(text, separators, vector + number, numbers, place + number)
            while odd_forms != _ZERO_BITS:
                odd_number = number + trailing_zeros(odd_forms)
                odd_forms = without_lowest_bit(odd_forms)
                begin_number = np.int64(separators[vector + odd_number]) + 1
                end = np.int64(separators[vector + odd_number + 1])
                if _parse_number(text, begin_number, end, numbers, place + odd_number) != _PARSED:
                    odd_numbers[3 * odd] = place + odd_number
                    odd_numbers[3 * odd + 1] = begin_number
                    odd_numbers[3 * odd + 2] = end
                    odd += 1
        rows += 1
    status[NEXT_LINE] = line
    status[NEXT_BYTE] = next_line_begin
    status[ROWS] = rows
    status[WORD_BYTES] = word_bytes
    status[BAD_LINES] = bad
    status[ODD_NUMBERS] = odd
    return line
