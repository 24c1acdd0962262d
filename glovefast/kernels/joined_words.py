"""The kernel that takes joined words apart."""

import numpy as np

from glovefast.kernels import WORD_BLOCK_BYTES
from glovefast.kernels.intrinsics import copy_block, matches, trailing_zeros
from glovefast.kernels.registry import kernel

_ONE, _ZERO_BITS = np.uint64(1), np.uint64(0)


@kernel("uint8[]", "int64", "int32[]", "uint8[]")
def split_words(joined, end, offsets, word_bytes):
    """Split words that are joined by NULs.

    Parameters
    ----------
    joined : uint8
        ``joined[:end]`` are the words; `PADDING` bytes follow.
    end : int64
        Where the words end.
    offsets : (n + 1,) int32, n >= 1, written
        Where each word begins in `word_bytes`.
    word_bytes : (end + WORD_BLOCK_BYTES,) uint8, written
        The words, one after the other. The bytes behind the last are scratch.

    Returns
    -------
    int64
        The number of words: n, or another number if a word contains a NUL.
    """
    words = 0
    word_begin = 0
    to = 0
    offsets[0] = 0
    for block in range(0, end, 64):
        separators = matches(joined, block, np.uint8(0))
        if end - block < 64:
            separators &= (_ONE << np.uint64(end - block)) - _ONE
        while separators != _ZERO_BITS:
            place = block + trailing_zeros(separators)
            for done in range(0, place - word_begin, WORD_BLOCK_BYTES):
                copy_block(joined, word_begin + done, word_bytes, to + done)
            to += place - word_begin
            words += 1
            if words + 1 >= len(offsets):
                return words + 1
            offsets[words] = to
            word_begin = place + 1
            separators &= separators - _ONE
    for done in range(0, end - word_begin, WORD_BLOCK_BYTES):
        copy_block(joined, word_begin + done, word_bytes, to + done)
    words += 1
    offsets[words] = to + end - word_begin
    return words
