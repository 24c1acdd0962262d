"""The hash of a word as a kernel; `glovefast.vocabulary.hashing` is the same in Python."""

import numpy as np

from glovefast.kernels import (
    HASH_BLOCK_BYTES,
    HASH_FINAL_MULTIPLIER,
    HASH_FINAL_SHIFT,
    HASH_MULTIPLIER,
    HASH_SEED,
    HASH_SHIFT,
)
from glovefast.kernels.intrinsics import load_block
from glovefast.kernels.registry import kernel

_SEED = np.uint64(HASH_SEED)
_MULTIPLIER, _FINAL_MULTIPLIER = np.uint64(HASH_MULTIPLIER), np.uint64(HASH_FINAL_MULTIPLIER)
_SHIFT, _FINAL_SHIFT = np.uint64(HASH_SHIFT), np.uint64(HASH_FINAL_SHIFT)
_ONE, _EIGHT, _ZERO_BITS = np.uint64(1), np.uint64(8), np.uint64(0)


@kernel()
def hash_bytes(text, begin, end, seed):
    """Hash one word; with the seed 0, as `glovefast.vocabulary.hashing.hash_word` does.

    Without knowing a seed, nobody can make words that collide. The factor between two blocks is part of that:
    otherwise a difference in the highest bit of a block could be undone in the next block, whatever the seed.
    """
    state = np.uint64(end - begin) * _SEED ^ seed
    factor = seed | _ONE
    for position in range(begin, end, HASH_BLOCK_BYTES):
        block = load_block(text, position)
        if end - position < HASH_BLOCK_BYTES:
            block &= (_ONE << (_EIGHT * np.uint64(end - position))) - _ONE
        state = (state * factor ^ block) * _MULTIPLIER
        state ^= state >> _SHIFT
    state *= _FINAL_MULTIPLIER
    return state ^ (state >> _FINAL_SHIFT)
