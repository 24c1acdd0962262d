"""The hash and the order of words as kernels; `glovefast.vocabulary.hashing` is the same hash in Python."""

import numpy as np

from glovefast.kernels import (
    HASH_BLOCK_BYTES,
    HASH_FINAL_MULTIPLIER,
    HASH_FINAL_SHIFT,
    HASH_MULTIPLIER,
    HASH_SEED,
    HASH_SHIFT,
)
from glovefast.kernels.intrinsics import load_block, trailing_zeros
from glovefast.kernels.registry import kernel

_SEED = np.uint64(HASH_SEED)
_MULTIPLIER, _FINAL_MULTIPLIER = np.uint64(HASH_MULTIPLIER), np.uint64(HASH_FINAL_MULTIPLIER)
_SHIFT, _FINAL_SHIFT = np.uint64(HASH_SHIFT), np.uint64(HASH_FINAL_SHIFT)
_ONE, _EIGHT, _ZERO_BITS = np.uint64(1), np.uint64(8), np.uint64(0)
_LAST_BYTE, _BITS_OF_BYTE = np.uint64(0xFF), np.uint64(7)


@kernel(inline=True)
def load_bytes(text, begin, end):
    """Load up to eight bytes, followed by zeros, without reading past the end of the text."""
    size = end - begin
    if begin + HASH_BLOCK_BYTES <= len(text):
        block = load_block(text, begin)
        if size < HASH_BLOCK_BYTES:
            block &= (_ONE << (_EIGHT * np.uint64(size))) - _ONE
        return block
    block = _ZERO_BITS
    for place in range(min(size, HASH_BLOCK_BYTES)):
        block |= np.uint64(text[begin + place]) << (_EIGHT * np.uint64(place))
    return block


@kernel()
def hash_bytes(text, begin, end, seed):
    """Hash one word; with the seed 0, as `glovefast.vocabulary.hashing.hash_word` does.

    Without knowing a seed, nobody can make words that collide. The factor between two blocks is part of that:
    otherwise a difference in the highest bit of a block could be undone in the next block, whatever the seed.
    """
    state = np.uint64(end - begin) * _SEED ^ seed
    factor = seed | _ONE
    for position in range(begin, end, HASH_BLOCK_BYTES):
        state = (state * factor ^ load_bytes(text, position, end)) * _MULTIPLIER
        state ^= state >> _SHIFT
    state *= _FINAL_MULTIPLIER
    return state ^ (state >> _FINAL_SHIFT)


@kernel("uint8[]", "int32[]", "uint64[]")
def hash_words(text, offsets, hashes):
    """Hash words, as `glovefast.vocabulary.hashing.hash_word` does.

    Parameters
    ----------
    text : uint8
        The bytes of the words, one after the other.
    offsets : (n + 1,) int32
        Where each word begins in `text`.
    hashes : (n,) uint64, written
        The hashes.

    Returns
    -------
    int64
        The number of words hashed: n, or the number of the first word that does not lie in `text`.
    """
    for word in range(len(hashes)):
        begin, end = np.int64(offsets[word]), np.int64(offsets[word + 1])
        if begin < 0 or end < begin or end > len(text):
            return word
        hashes[word] = hash_bytes(text, begin, end, _ZERO_BITS)
    return len(hashes)


@kernel(inline=True)
def order_of(one, begin, end, other, other_begin, other_end):
    """Compare two words by their bytes: negative if the first comes first, 0 if they are equal."""
    size, other_size = end - begin, other_end - other_begin
    common = min(size, other_size)
    for done in range(0, common, HASH_BLOCK_BYTES):
        block = load_bytes(one, begin + done, begin + common)
        other_block = load_bytes(other, other_begin + done, other_begin + common)
        if block != other_block:
            shift = np.uint64(trailing_zeros(block ^ other_block)) & ~_BITS_OF_BYTE
            byte, other_byte = (block >> shift) & _LAST_BYTE, (other_block >> shift) & _LAST_BYTE
            return np.int64(byte) - np.int64(other_byte)
    return size - other_size
