"""The kernels for word2vec's binary format: where its rows end, and their words and numbers.

A row is a word, a space and the bytes of its float32 numbers. Some writers put a newline behind each row; in
front of a word, newlines do not count. Texts are padded (`glovefast.kernels.PADDING`).
"""

import numpy as np

from glovefast.kernels import NEWLINE, SPACE, WORD_BLOCK_BYTES
from glovefast.kernels.intrinsics import copy_block, matches, trailing_zeros
from glovefast.kernels.registry import kernel

_ZERO_BITS = np.uint64(0)
_NUMBER_BYTES = 4


@kernel()
def _without_newlines(text, begin, end):
    """Find the first byte that is not a newline; `end` if there is none."""
    while begin < end and text[begin] == NEWLINE:
        begin += 1
    return begin


@kernel()
def _find_space(text, begin, end):
    """Find the first space; `end` if there is none."""
    for block in range(begin, end, 64):
        spaces = matches(text, block, np.uint8(SPACE))
        if spaces != _ZERO_BITS:
            return min(block + trailing_zeros(spaces), end)
    return end


@kernel("uint8[]", "int64", "int64", "int64", "int64", "int64[]")
def find_binary_rows(text, begin, end, dim, max_rows, rows_end):
    """Count the whole rows of a text.

    Parameters
    ----------
    text : (n,) uint8
        The text, padded by `PADDING` bytes on both sides.
    begin, end : int64
        The rows are in ``text[begin:end]``; the last one may be cut off.
    dim : int64
        Numbers per row.
    max_rows : int64
        Count no more rows than these.
    rows_end : (1,) int64, written
        Where the last whole row ends.

    Returns
    -------
    int64
        The number of whole rows.
    """
    rows = 0
    position = begin
    rows_end[0] = begin
    while rows < max_rows:
        position = _find_space(text, _without_newlines(text, position, end), end) + 1 + _NUMBER_BYTES * dim
        if position > end:
            break
        rows_end[0] = position
        rows += 1
    return rows


@kernel("uint8[]", "int64", "int64", "int64", "uint8[]", "int32[]", "int32[]")
def split_binary_rows(text, begin, end, dim, words, word_ends, vector_begins):
    """List the words of a text and where their vectors begin.

    Parameters
    ----------
    text : (n,) uint8
        The text, padded by `PADDING` bytes on both sides.
    begin, end : int64
        The rows are ``text[begin:end]``.
    dim : int64
        Numbers per row.
    words : (end - begin + WORD_BLOCK_BYTES,) uint8, written
        The bytes of the words, one after the other; the places after the last are scratch.
    word_ends : ((end - begin) // (4 * dim + 1),) int32, written
        Where each word ends in `words`.
    vector_begins : ((end - begin) // (4 * dim + 1),) int32, written
        Where each vector begins in `text`.

    Returns
    -------
    int64
        The number of rows.
    """
    rows = 0
    word_bytes = 0
    position = begin
    while position < end:
        word = _without_newlines(text, position, end)
        space = _find_space(text, word, end)
        position = space + 1 + _NUMBER_BYTES * dim
        if position > end:
            break
        for index in range(0, space - word, WORD_BLOCK_BYTES):
            copy_block(text, word + index, words, word_bytes + index)
        word_bytes += space - word
        word_ends[rows] = word_bytes
        vector_begins[rows] = space + 1
        rows += 1
    return rows


@kernel("uint8[]", "int32[]", "int64", "uint8[]", "float32[]", "uint8[]")
def copy_vectors(text, vector_begins, dim, number_bytes, numbers, is_finite):
    """Copy vectors from any address, and check that their numbers are finite.

    Parameters
    ----------
    text : (n,) uint8
        The text, padded by `PADDING` bytes on both sides.
    vector_begins : (r,) int32
        Where each vector begins.
    dim : int64
        Numbers per row.
    number_bytes : (4 * r * dim + WORD_BLOCK_BYTES,) uint8, written
        The vectors, one after the other; the places after the last are scratch.
    numbers : (m,) float32
        The same memory.
    is_finite : (r,) uint8, written
        For each row 1 if all its numbers are finite, 0 if one is nan or infinite.

    Returns
    -------
    int64
        The number of rows that are not finite.
    """
    odd_rows = 0
    row_bytes = _NUMBER_BYTES * dim
    for row in range(len(vector_begins)):
        begin, place = np.int64(vector_begins[row]), row * row_bytes
        for index in range(0, row_bytes, WORD_BLOCK_BYTES):
            copy_block(text, begin + index, number_bytes, place + index)
        is_odd = False
        for position in range(row * dim, row * dim + dim):
            is_odd |= numbers[position] - numbers[position] != 0  # nan for nan and infinity
        is_finite[row] = 0 if is_odd else 1
        odd_rows += is_odd
    return odd_rows
