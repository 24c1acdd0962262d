"""Where fields and lines end: the first stage of the parser, and what it means by a separator.

A separator is one byte, or `WHITESPACE`: runs of spaces and tabs, of which those around a row do not count.
"""

import numpy as np

from glovefast.kernels import NEWLINE, RETURN, SEPARATORS_AT_ONCE, SPACE, TAB, WHITESPACE
from glovefast.kernels.intrinsics import matches, one_bits, trailing_zeros, without_lowest_bit
from glovefast.kernels.registry import kernel

_ONE, _ZERO_BITS = np.uint64(1), np.uint64(0)


@kernel()
def is_blank(byte):
    """Recognise a space or a tab."""
    return byte in (SPACE, TAB)


@kernel()
def blanks(text, block):
    """Compare 64 bytes with space and tab."""
    return matches(text, block, np.uint8(SPACE)) | matches(text, block, np.uint8(TAB))


@kernel()
def _first_blanks(text, block, begin):
    """Find the first byte of each run of blanks in 64 bytes of a text that begins at `begin`."""
    before = blanks(text, block - 1)
    if block == begin:
        before &= ~_ONE
    return blanks(text, block) & ~before


@kernel()
def separator_bits(text, block, separator):
    """Find the separators in 64 bytes; in a run of blanks only the last."""
    if separator == WHITESPACE:
        return blanks(text, block) & ~blanks(text, block + 1)
    return matches(text, block, np.uint8(separator))


@kernel("uint8[]", "int64", "int64", "int64", "int32[]", "int32[]", "int32[]")
def find_separators(text, begin, end, separator, separators, field_ends, line_ends):
    """List where the fields and the lines of a chunk end.

    Parameters
    ----------
    text : (n,) uint8
        The text, padded by `PADDING` bytes on both sides.
    begin, end : int64
        The chunk is ``text[begin:end]``.
    separator : int64
        The byte that separates fields, or `WHITESPACE`.
    separators : (end - begin + SEPARATORS_AT_ONCE,) int32, written
        The position of every separator and newline, ascending; of a run of blanks that of the last. The
        places after the last are scratch.
    field_ends : (end - begin + SEPARATORS_AT_ONCE,) int32, written
        The same, but of a run of blanks the position of the first; not written unless runs of blanks
        separate.
    line_ends : (end - begin,) int32, written
        For every line the place of its newline in `separators`.

    Returns
    -------
    int64
        The number of lines.
    """
    found = ends = 0
    lines = 0
    for block in range(begin, end, 64):
        newlines = matches(text, block, np.uint8(NEWLINE))
        both = newlines | separator_bits(text, block, separator)
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
        if separator == WHITESPACE:
            firsts = _first_blanks(text, block, begin) | (both & matches(text, block, np.uint8(NEWLINE)))
            if end - block < 64:
                firsts &= (_ONE << np.uint64(end - block)) - _ONE
            ends_end = ends + one_bits(firsts)  # a run may begin in this block and end in the next
            for first in range(ends, ends_end, SEPARATORS_AT_ONCE):
                for place in range(SEPARATORS_AT_ONCE):
                    field_ends[first + place] = block + trailing_zeros(firsts)
                    firsts = without_lowest_bit(firsts)
            ends = ends_end
        while found < block_end:
            for place in range(SEPARATORS_AT_ONCE):
                separators[found + place] = block + trailing_zeros(both)
                both = without_lowest_bit(both)
            found += SEPARATORS_AT_ONCE
        found = block_end
    return lines


@kernel()
def ends_line(byte, separator):
    """Recognise what may follow a row on its line; a tab only if the space does not separate."""
    return byte in (SPACE, RETURN, separator) or (byte == TAB and separator != SPACE)


@kernel()
def without_blanks(text, begin, end):
    """Move the ends of a word inwards over spaces and tabs."""
    while begin < end and is_blank(text[begin]):
        begin += 1
    while end > begin and is_blank(text[end - 1]):
        end -= 1
    return begin, end
