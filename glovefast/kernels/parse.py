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
from glovefast.kernels.numbers import PARSED, is_of_another_dimension, parse_number
from glovefast.kernels.registry import kernel

_ONE, _ZERO_BITS = np.uint64(1), np.uint64(0)


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
        The position of every space and newline, ascending; the places after the last are scratch.
    line_ends : (end - begin,) int32, written
        For every line the place of its newline in `separators`.

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
        # 64 bytes of numbers hold about eight separators. A loop that ends with the last of them would be
        # mispredicted at nearly every block; a loop that always lists 12 is not.
        block_end = found + one_bits(both)
        while found < block_end:
            for place in range(SEPARATORS_AT_ONCE):
                separators[found + place] = block + trailing_zeros(both)
                both = without_lowest_bit(both)
            found += SEPARATORS_AT_ONCE
        found = block_end
    return lines


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

    The word of a line is everything before its last `dim` fields; only the ASCII space separates. Carriage
    returns and spaces at the end of a line are skipped, as are blank lines. Bad lines give no row and are
    listed. Numbers that need exact arithmetic beyond 64 bits, and fields that are not decimal numbers
    (``nan``, ``inf``, garbage), are listed for Python.

    Parameters
    ----------
    text : (n,) uint8
        The text, padded by `PADDING` bytes on both sides.
    separators, line_ends : int32
        The output of `find_separators`; `separators` is changed where a line ends in white space.
    lines : int64
        The result of `find_separators`.
    dim : int64
        Numbers per row.
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
        two groups share is listed twice.
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
    line = status[NEXT_LINE]
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
            number = min(
                group, dim - LANES
            )  # the last group overlaps the one before, so there is no remainder
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
                if parse_number(text, begin_number, end, numbers, place + odd_number) != PARSED:
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
