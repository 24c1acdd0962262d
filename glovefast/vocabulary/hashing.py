"""The hash of a word: in Python for one word, with a kernel for many.

A word is read in zero-padded little-endian blocks of eight bytes.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.kernels import (
    HASH_BITS,
    HASH_BLOCK_BYTES,
    HASH_FINAL_MULTIPLIER,
    HASH_FINAL_SHIFT,
    HASH_MULTIPLIER,
    HASH_SEED,
    HASH_SHIFT,
)
from glovefast.vocabulary.arrow import array_bytes, array_offsets, misplaced_word, word_kernels

_ALL_BITS = (1 << HASH_BITS) - 1


def hash_word(word: bytes) -> int:
    """Hash one word.

    Parameters
    ----------
    word : bytes
        The word in UTF-8.

    Returns
    -------
    int
        The 64-bit hash. Each block is xored into the state, which is then multiplied and folded, as in
        MurmurHash3. The state starts as a multiple of the length, so that trailing NUL bytes count.
    """
    state = len(word) * HASH_SEED & _ALL_BITS
    for start in range(0, len(word), HASH_BLOCK_BYTES):
        state ^= int.from_bytes(word[start : start + HASH_BLOCK_BYTES], "little")
        state = state * HASH_MULTIPLIER & _ALL_BITS
        state ^= state >> HASH_SHIFT
    state = state * HASH_FINAL_MULTIPLIER & _ALL_BITS
    return state ^ state >> HASH_FINAL_SHIFT


def hash_words(words: pa.StringArray) -> NDArray[np.uint64]:
    """Hash many words, with the same result as `hash_word`.

    Parameters
    ----------
    words : pyarrow.StringArray
        n words, without nulls.

    Returns
    -------
    numpy.ndarray
        (n,) uint64.

    Raises
    ------
    VocabularyError
        If a word does not lie in the array's bytes.
    """
    hashes = np.empty(len(words), dtype=np.uint64)
    hashed = word_kernels().hash_words(array_bytes(words), array_offsets(words), hashes)
    if hashed < len(words):
        raise misplaced_word(words)
    return hashes
