"""The parse kernel: a chunk of embedding text in, words and float32 rows out.

Two stages, each over the whole chunk. `find_separators` compares 64 bytes at a time and lists where fields
and lines end. `parse_rows` then knows both ends of every number before it reads one, so no number waits for
the one before it; and it knows how many fields each line has, which words with spaces need. (Langdale and
Lemire index the structure first in the same way: "Parsing gigabytes of JSON per second", 2019,
https://arxiv.org/abs/1902.08318.)

Texts are padded (`glovefast.kernels.PADDING`).
"""

import numpy as np

from glovefast.kernels import (
    BAD_LINES,
    INFINITIES,
    LANES,
    NEXT_BYTE,
    NEXT_LINE,
    ODD_NUMBERS,
    ROWS,
    SPACE,
    WHITESPACE,
    WORD_BLOCK_BYTES,
    WORD_BYTES,
)
from glovefast.kernels.intrinsics import copy_block, trailing_zeros, without_lowest_bit
from glovefast.kernels.lanes import parse_eight
from glovefast.kernels.numbers import (
    LEFT_TO_PYTHON,
    NOT_A_NUMBER,
    NOT_A_WORD,
    PARSED,
    form_of_field,
    judge_word,
    parse_number,
)
from glovefast.kernels.registry import kernel
from glovefast.kernels.separators import ends_line, is_blank, without_blanks

_ONE, _ZERO_BITS = np.uint64(1), np.uint64(0)


@kernel()
def _copy_word(text, begin, end, words, place):
    """Copy a word, each run of blanks as one space; give the place after it."""
    for position in range(begin, end):
        if not is_blank(text[position]):
            words[place] = text[position]
            place += 1
        elif not is_blank(text[position + 1]):
            words[place] = SPACE
            place += 1
    return place


@kernel(
    *("uint8[]", "int64", "int64", "int64", "int64"),
    *("int32[]", "int32[]", "int32[]", "int64", "int64"),
    *("float32[]", "uint8[]", "int32[]", "int32[]", "int32[]", "int64[]", "int64[]"),
)
def parse_rows(
    text,
    separator,
    dim,
    dim_is_certain,
    rejects_rows,
    separators,
    field_ends,
    line_ends,
    lines,
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

    The word of a line is everything before its last `dim` fields. Carriage returns, spaces and separators at
    the end of a line are skipped, as are blank lines. Unless the space separates, blanks around a word are
    not part of it; if runs of blanks do, each run in a word becomes one space. Bad lines give no row and are
    listed. Numbers that need exact arithmetic beyond 64 bits, and fields that are not decimal numbers
    (``nan``, ``inf``, garbage), are listed for Python.

    Parameters
    ----------
    text : (n,) uint8
        The text, padded by `PADDING` bytes on both sides.
    separator : int64
        The byte that separates fields, or `WHITESPACE`.
    dim : int64
        Numbers per row.
    dim_is_certain : int64
        Not 0 if the words may end in numbers, since the file or the user states the dimension.
    rejects_rows : int64
        Not 0 to list a row as a bad line if a field is certainly not a number; otherwise Python finds that.
    separators, field_ends, line_ends : int32
        The output of `find_separators`; `field_ends` is changed where a line ends in white space. It is the
        same array as `separators` unless runs of blanks separate.
    lines : int64
        The result of `find_separators`.
    max_rows : int64
        The number of rows that fit into the output.
    numbers : (max_rows * dim + 1,) float32, written
        The rows; the place after the last row is scratch.
    words : (n + WORD_BLOCK_BYTES,) uint8, written
        The bytes of the words, one after the other; the places after the last are scratch.
    word_ends : (max_rows,) int32, written
        Where each word ends in `words`.
    row_lines : (max_rows,) int32, written
        The line of each row in the chunk, counted from 0.
    bad_lines : (b,) int32, written
        The bad lines, counted from 0.
    odd_numbers : (3 * m,) int64, m >= dim + LANES, written
        For each number left to Python: its place in `numbers`, its begin and its end in `text`. A number that
        two groups share is listed twice. For each word that Python must judge: -1 - its row, its begin and
        its end.
    status : (STATUS_LENGTH,) int64, changed
        As named in `glovefast.kernels`: the line to begin with and its first byte (0 and the begin of the
        chunk at first), then counters, which continue from their values.

    Returns
    -------
    int64
        The line to go on with when the lists are emptied, `lines` at the end; also ``status[NEXT_LINE]``.
    """
    rows = status[ROWS]
    word_bytes = status[WORD_BYTES]
    bad = status[BAD_LINES]
    odd = status[ODD_NUMBERS]
    infinities = status[INFINITIES]
    line = status[NEXT_LINE]
    whitespace = separator == WHITESPACE
    # Not read from `separators`, where the entry of a line that ends in CRLF is changed.
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
        while line_end > line_begin:
            last = np.int64(text[line_end - 1])
            if not ends_line(last, separator):
                break
            line_end -= 1
            if newline > first and separators[newline - 1] == line_end:
                newline -= 1
            field_ends[newline] = line_end
        if line_end == line_begin:
            continue
        if whitespace and is_blank(text[line_begin]):
            line_begin = np.int64(separators[first]) + 1
            first += 1
        vector = newline - dim
        if vector < first:
            bad_lines[bad] = line - 1
            bad += 1
            continue
        place = rows * dim
        odd_before, infinities_before, word_begin = odd, infinities, word_bytes
        end = np.int64(separators[vector])
        if whitespace:
            line_begin, end = without_blanks(text, line_begin, end)
        if vector > first:
            judged = judge_word(
                text, line_begin, separators, first, vector, dim, dim_is_certain, numbers, place
            )
            if judged == NOT_A_WORD:
                bad_lines[bad] = line - 1
                bad += 1
                continue
            if judged == LEFT_TO_PYTHON:
                odd_numbers[3 * odd] = -1 - rows
                odd_numbers[3 * odd + 1] = line_begin
                odd_numbers[3 * odd + 2] = end
                odd += 1

        if separator != SPACE:
            line_begin, end = without_blanks(text, line_begin, end)
        if whitespace and vector > first:
            word_bytes = _copy_word(text, line_begin, end, words, word_bytes)
        else:
            for index in range(0, end - line_begin, WORD_BLOCK_BYTES):
                copy_block(text, line_begin + index, words, word_bytes + index)
            word_bytes += end - line_begin
        word_ends[rows] = word_bytes
        row_lines[rows] = line - 1
        rejected = False
        for group in range(0, dim, LANES):
            number = min(
                group, dim - LANES
            )  # the last group overlaps the one before, so there is no remainder
            if dim < LANES:
                number = 0
                odd_forms = (_ONE << np.uint64(dim)) - _ONE
            else:
                odd_forms = parse_eight(
                    text, separators, field_ends, vector + number, numbers, place + number
                )
            while odd_forms != _ZERO_BITS:
                odd_number = number + trailing_zeros(odd_forms)
                odd_forms = without_lowest_bit(odd_forms)
                begin_number = np.int64(separators[vector + odd_number]) + 1
                end = np.int64(field_ends[vector + odd_number + 1])
                if parse_number(text, begin_number, end, numbers, place + odd_number) != PARSED:
                    if rejects_rows != 0:
                        form = form_of_field(text, begin_number, end, numbers, place + odd_number)
                        rejected = rejected or form == NOT_A_NUMBER
                    odd_numbers[3 * odd] = place + odd_number
                    odd_numbers[3 * odd + 1] = begin_number
                    odd_numbers[3 * odd + 2] = end
                    odd += 1
                elif np.isinf(numbers[place + odd_number]):
                    infinities += 1
            if rejected:
                break
        if rejected:
            odd, infinities, word_bytes = odd_before, infinities_before, word_begin
            bad_lines[bad] = line - 1
            bad += 1
            continue
        rows += 1
    status[NEXT_LINE] = line
    status[NEXT_BYTE] = next_line_begin
    status[ROWS] = rows
    status[WORD_BYTES] = word_bytes
    status[BAD_LINES] = bad
    status[ODD_NUMBERS] = odd
    status[INFINITIES] = infinities
    return line
