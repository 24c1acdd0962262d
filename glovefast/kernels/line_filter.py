"""The filter kernel: it keeps the lines of wanted words in a chunk, before anything is parsed.

A dropped line costs one comparison per 64 bytes, which gives its end and its number of fields, and the
look-up of its word; its numbers are not located. The kept lines are moved together, so `parse_rows` sees only
them.
"""

import numpy as np

from glovefast.kernels import (
    HASH_BITS,
    HASH_FINAL_MULTIPLIER,
    HASH_FINAL_SHIFT,
    HASH_MULTIPLIER,
    HASH_SEED,
    HASH_SHIFT,
    INDEX_FEW_ENTRIES,
    KEPT_END,
    LINES,
    NEWLINE,
    RETURN,
    SPACE,
)
from glovefast.kernels.hashing import hash_bytes
from glovefast.kernels.intrinsics import load_block, matches, one_bits, store_block, trailing_zeros
from glovefast.kernels.numbers import is_of_another_dimension
from glovefast.kernels.registry import kernel

_SEED = np.uint64(HASH_SEED)
_MULTIPLIER, _FINAL_MULTIPLIER = np.uint64(HASH_MULTIPLIER), np.uint64(HASH_FINAL_MULTIPLIER)
_SHIFT, _FINAL_SHIFT = np.uint64(HASH_SHIFT), np.uint64(HASH_FINAL_SHIFT)
_ONE, _EIGHT, _ZERO_BITS = np.uint64(1), np.uint64(8), np.uint64(0)
_FIRST_OF_MANY_BYTES = 0x80  # of a UTF-8 character that is not ASCII; its other bytes are larger, too


@kernel()
def _order_of(text, begin, end, row, word_offsets, word_bytes):
    """Compare a word with the word of a row: negative if it comes before it, 0 if it is the same word."""
    first = np.int64(word_offsets[row])
    length = np.int64(word_offsets[row + 1]) - first
    for place in range(min(length, end - begin)):
        if text[begin + place] != word_bytes[first + place]:
            return np.int64(text[begin + place]) - np.int64(word_bytes[first + place])
    return end - begin - length


@kernel()
def _is_in_index(text, begin, end, buckets, hashes, rows, word_offsets, word_bytes):
    """Look up one word."""
    state = hash_bytes(text, begin, end, _ZERO_BITS)
    bucket_bits = trailing_zeros(np.uint64(len(buckets) - 1))
    bucket = np.int64(state >> np.uint64(HASH_BITS - bucket_bits))
    slot = np.int64(buckets[bucket])
    last = np.int64(buckets[bucket + 1])
    slots_end = last
    while slots_end - slot > INDEX_FEW_ENTRIES:
        middle = (slot + slots_end) >> 1
        order = np.int64(-1)
        if hashes[middle] == state:
            order = _order_of(text, begin, end, rows[middle], word_offsets, word_bytes)
        if hashes[middle] < state or order > 0:
            slot = middle + 1
        else:
            slots_end = middle
    while slot <= slots_end and slot < last:
        if hashes[slot] == state and (_order_of(text, begin, end, rows[slot], word_offsets, word_bytes) == 0):
            return True
        slot += 1
    return False


@kernel()
def _word_end(text, begin, end, spaces, dim, separators, scratch):
    """Find where the word of a line ends; -1 if `parse_rows` must judge the line: it is blank or a bad row.

    The line is ``text[begin:end]`` and contains `spaces` spaces. `separators` and `scratch` are overwritten.
    """
    while end > begin and (text[end - 1] == RETURN or text[end - 1] == SPACE):
        end -= 1
        if text[end] == SPACE:
            spaces -= 1
    if spaces < dim:
        return -1
    if spaces == dim:  # the common form: the word is the first field
        while matches(text, begin, np.uint8(SPACE)) == _ZERO_BITS:
            begin += 64
        return begin + trailing_zeros(matches(text, begin, np.uint8(SPACE)))
    found = 0
    for position in range(begin, end):
        if text[position] == SPACE:
            separators[found] = position
            found += 1
    vector = spaces - dim
    if is_of_another_dimension(text, separators, 0, vector, scratch, 0):
        return -1
    return np.int64(separators[vector])


@kernel()
def _move(text, begin, end, to):
    """Move ``text[begin:end]`` to a place before it, and give the end of that place."""
    # Moving single bytes would take longer than all other work on a line. No byte after the place is changed,
    # since it may still have to be read.
    while end - begin >= 8:
        store_block(text, to, load_block(text, begin))
        begin += 8
        to += 8
    while begin < end:
        text[to] = text[begin]
        begin += 1
        to += 1
    return to


@kernel(
    *("uint8[]", "int64", "int64", "int64"),
    *("int32[]", "uint64[]", "int32[]", "int32[]", "uint8[]", "int64"),
    *("int32[]", "int32[]", "float32[]", "int64[]"),
)
def keep_wanted_lines(
    text,
    begin,
    end,
    dim,
    buckets,
    hashes,
    rows,
    word_offsets,
    word_bytes,
    keep_non_ascii,
    kept_lines,
    separators,
    scratch,
    status,
):
    """Move the lines of wanted words to the front of a chunk, in their order.

    Blank lines stay as well, and lines with too few or too many numbers: `parse_rows` counts or lists them.
    Both kernels agree on the word of a line.

    Parameters
    ----------
    text : (n,) uint8, changed
        The text, padded by `PADDING` bytes on both sides.
    begin, end : int64
        The chunk is ``text[begin:end]``, whole lines.
    dim : int64
        Numbers per row.
    buckets : (2**k + 1,) int32, k >= 1
        The index of the wanted words (see `glovefast.vocabulary.word_index`): where each bucket begins in
        `hashes`.
    hashes : (w,) uint64
        The hashes of the words by bucket.
    rows : (w,) int32
        For each hash the number of its word.
    word_offsets : (w + 1,) int32
        Where each word begins in `word_bytes`.
    word_bytes : uint8
        The bytes of the words, one after the other.
    keep_non_ascii : int64
        Not 0 to keep the lines of all words that are not ASCII, wanted or not.
    kept_lines : (end - begin,) int32, written
        The lines that stay, counted from 0.
    separators : (end - begin,) int32
        Scratch.
    scratch : (1,) float32
        Scratch.
    status : (WANTED_STATUS_LENGTH,) int64, written
        As named in `glovefast.kernels`: the number of lines, and the end of those that stay.

    Returns
    -------
    int64
        The number of lines that stay, in ``text[begin : status[KEPT_END]]``.
    """
    lines = 0
    kept = 0
    kept_end = begin
    line_begin = begin
    spaces_before = 0  # of this line, in earlier blocks
    for block in range(begin, end, 64):
        newlines = matches(text, block, np.uint8(NEWLINE))
        spaces = matches(text, block, np.uint8(SPACE))
        if end - block < 64:
            newlines &= (_ONE << np.uint64(end - block)) - _ONE
        while newlines != _ZERO_BITS:
            bit = trailing_zeros(newlines)
            in_line = spaces & ((_ONE << np.uint64(bit)) - _ONE)
            spaces ^= in_line
            line_end = block + bit
            spaces_in_line = spaces_before + one_bits(in_line)
            word_end = _word_end(text, line_begin, line_end, spaces_in_line, dim, separators, scratch)
            keep = word_end < 0 or _is_in_index(
                text, line_begin, word_end, buckets, hashes, rows, word_offsets, word_bytes
            )
            if not keep and keep_non_ascii != 0:
                for index in range(line_begin, word_end):
                    keep = keep or text[index] >= _FIRST_OF_MANY_BYTES
            if keep:
                kept_lines[kept] = lines
                kept += 1
                kept_end = _move(text, line_begin, line_end + 1, kept_end)
            lines += 1
            line_begin = line_end + 1
            spaces_before = 0
            newlines &= newlines - _ONE
        spaces_before += one_bits(spaces)
    status[LINES] = lines
    status[KEPT_END] = kept_end
    return kept
