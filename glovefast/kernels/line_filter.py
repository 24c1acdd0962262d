"""The filter kernel: it keeps the lines of wanted words in a chunk, before anything is parsed.

A dropped line costs one comparison per 64 bytes, which gives its end and its number of fields, and the
look-up of its word; its numbers are not located. The kept lines are moved together, so `parse_rows` sees only
them.
"""

import numpy as np

from glovefast.kernels import (
    KEPT_END,
    LINES,
    NEWLINE,
    SPACE,
    UNDECIDED,
    WHITESPACE,
)
from glovefast.kernels.intrinsics import load_block, matches, one_bits, store_block, trailing_zeros
from glovefast.kernels.numbers import LEFT_TO_PYTHON, NOT_A_WORD, judge_word
from glovefast.kernels.registry import kernel
from glovefast.kernels.separators import blanks, ends_line, is_blank, separator_bits, without_blanks
from glovefast.kernels.word_lookup import find_row

_ONE, _ZERO_BITS = np.uint64(1), np.uint64(0)
_FIRST_OF_MANY_BYTES = 0x80  # of a UTF-8 character that is not ASCII; its other bytes are larger, too


_IS_FOR_PARSER, _IS_WORD, _IS_UNDECIDED = range(3)


@kernel()
def _is_separator(text, position, separator):
    """Tell whether a byte separates fields; of a run of blanks only the last does."""
    if separator == WHITESPACE:
        return is_blank(text[position]) and not is_blank(text[position + 1])
    return text[position] == separator


@kernel()
def _find_word(text, begin, end, separator, fields, dim, dim_is_certain, separators, scratch):
    """Find the word of a line: what it is, its begin and its end.

    The line is ``text[begin:end]`` with `fields` separators. `separators` and `scratch` are overwritten.
    `_IS_FOR_PARSER` is a blank line or a bad row. `_IS_UNDECIDED` may be a bad row, or have a word that the
    parser changes.
    """
    whitespace = separator == WHITESPACE
    while end > begin:
        last = np.int64(text[end - 1])
        if not ends_line(last, separator):
            break
        end -= 1
        if _is_separator(text, end, separator):
            fields -= 1
    if whitespace and end > begin:
        while is_blank(text[begin]):
            if _is_separator(text, begin, separator):
                fields -= 1
            begin += 1
    if fields < dim:
        return _IS_FOR_PARSER, begin, end
    if fields == dim:  # the common form: the word is the first field
        end = begin
        while True:
            bits = blanks(text, end) if whitespace else matches(text, end, np.uint8(separator))
            end += trailing_zeros(bits)
            if bits != _ZERO_BITS:
                break
        if separator != SPACE:
            begin, end = without_blanks(text, begin, end)
        return _IS_WORD, begin, end
    found = 0
    for position in range(begin, end):
        if _is_separator(text, position, separator):
            separators[found] = position
            found += 1
    vector = fields - dim
    judged = judge_word(text, begin, separators, 0, vector, dim, dim_is_certain, scratch, 0)
    end = np.int64(separators[vector])
    if separator != SPACE:
        begin, end = without_blanks(text, begin, end)
    if judged == NOT_A_WORD:
        return _IS_FOR_PARSER, begin, end
    # If runs of blanks separate, the parser makes one space of each in a word.
    return _IS_UNDECIDED if whitespace or judged == LEFT_TO_PYTHON else _IS_WORD, begin, end


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
    *("uint8[]", "int64", "int64", "int64", "int64", "int64", "int64"),
    *("int32[]", "uint64[]", "int32[]", "int32[]", "uint8[]"),
    *("int32[]", "int32[]", "float32[]", "int64[]"),
)
def keep_wanted_lines(
    text,
    begin,
    end,
    separator,
    dim,
    dim_is_certain,
    keep_non_ascii,
    buckets,
    hashes,
    rows,
    word_offsets,
    word_bytes,
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
    separator : int64
        The byte that separates fields, or `WHITESPACE`.
    dim : int64
        Numbers per row.
    dim_is_certain : int64
        Not 0 if the words may end in numbers; see `parse_rows`.
    keep_non_ascii : int64
        Not 0 to keep the lines of all words that are not ASCII, wanted or not.
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
    kept_lines : (end - begin,) int32, written
        The lines that stay, counted from 0.
    separators : (end - begin,) int32
        Scratch.
    scratch : (1,) float32
        Scratch.
    status : (WANTED_STATUS_LENGTH,) int64, written
        As named in `glovefast.kernels`: the number of lines, where the lines that stay end, and how
        many of these may have an unwanted word.

    Returns
    -------
    int64
        The number of lines that stay, in ``text[begin : status[KEPT_END]]``.
    """
    lines = 0
    kept = 0
    kept_end = begin
    line_begin = begin
    undecided = 0
    fields_before = 0  # separators of this line, in earlier blocks
    for block in range(begin, end, 64):
        newlines = matches(text, block, np.uint8(NEWLINE))
        found = separator_bits(text, block, separator)
        if end - block < 64:
            newlines &= (_ONE << np.uint64(end - block)) - _ONE
        while newlines != _ZERO_BITS:
            bit = trailing_zeros(newlines)
            in_line = found & ((_ONE << np.uint64(bit)) - _ONE)
            found ^= in_line
            line_end = block + bit
            fields = fields_before + one_bits(in_line)
            kind, word_begin, word_end = _find_word(
                text, line_begin, line_end, separator, fields, dim, dim_is_certain, separators, scratch
            )
            keep = (
                kind != _IS_WORD
                or find_row(text, word_begin, word_end, buckets, hashes, rows, word_offsets, word_bytes) >= 0
            )
            undecided += 1 if kind == _IS_UNDECIDED else 0
            if not keep and keep_non_ascii != 0:
                for index in range(word_begin, word_end):
                    keep = keep or text[index] >= _FIRST_OF_MANY_BYTES
            if keep:
                kept_lines[kept] = lines
                kept += 1
                kept_end = _move(text, line_begin, line_end + 1, kept_end)
            lines += 1
            line_begin = line_end + 1
            fields_before = 0
            newlines &= newlines - _ONE
        fields_before += one_bits(found)
    status[LINES] = lines
    status[KEPT_END] = kept_end
    status[UNDECIDED] = undecided
    return kept
