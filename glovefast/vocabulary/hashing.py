"""Hashing and comparing words, one at a time and in batches.

A word is read in zero-padded little-endian blocks of eight bytes. A batch of words then costs a few NumPy
operations for every eight bytes of its longest word.
"""

from typing import Any

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
from glovefast.vocabulary.arrow import array_offsets

_ALL_BITS = (1 << HASH_BITS) - 1
_BATCH_WORDS = 1 << 14
# Longer words are hashed one by one: a step of a batch costs as much for one word as for all of them, and a
# word can be as long as a line.
_LONG_WORD_BYTES = 1 << 12
# _TAIL_MASKS[n] keeps the first n bytes of a block.
_TAIL_MASKS = np.array([(1 << (8 * n)) - 1 for n in range(HASH_BLOCK_BYTES + 1)], dtype=np.uint64)


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


class WordBlocks:
    """A view of the words of an Arrow array as blocks; nothing is copied.

    Parameters
    ----------
    words : pyarrow.StringArray
        n words, without nulls.
    """

    def __init__(self, words: pa.StringArray) -> None:
        self.offsets = array_offsets(words)
        data = np.frombuffer(words.buffers()[2] or b"", dtype=np.uint8)
        if data.size < HASH_BLOCK_BYTES:
            data = np.concatenate([data, np.zeros(HASH_BLOCK_BYTES, dtype=np.uint8)])
        self.bytes = data
        self._last = data.size - HASH_BLOCK_BYTES
        # The blocks overlap: one begins at every byte.
        self._blocks = np.ndarray((self._last + 1,), dtype="<u8", buffer=data, strides=(1,))

    def spans(self, rows: Any = slice(None)) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # noqa: ANN401
        """Return where the words of some rows begin and their lengths in bytes, both int64."""
        begin = self.offsets[:-1][rows].astype(np.int64)
        return begin, self.offsets[1:][rows] - begin

    def read(self, position: NDArray[np.int64], remaining: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Read the blocks at some positions, of words that have `remaining` bytes from there on."""
        # Near the end of the data, read the last whole block and shift it, so as not to read past the end.
        start = np.minimum(position, self._last)
        blocks: NDArray[np.uint64] = self._blocks[start]
        blocks >>= ((position - start) << 3).astype(np.uint64)
        blocks &= _TAIL_MASKS[np.minimum(remaining, HASH_BLOCK_BYTES)]
        return blocks


def hash_words(words: pa.StringArray) -> NDArray[np.uint64]:
    """Hash a batch of words, with the same result as `hash_word`.

    Parameters
    ----------
    words : pyarrow.StringArray
        n words, without nulls.

    Returns
    -------
    numpy.ndarray
        (n,) uint64.
    """
    blocks = WordBlocks(words)
    hashes = np.empty(len(words), dtype=np.uint64)
    # The arrays of a few thousand words stay in the processor's cache.
    for first in range(0, len(words), _BATCH_WORDS):
        batch = slice(first, first + _BATCH_WORDS)
        hashes[batch] = _hash_batch(blocks, *blocks.spans(batch))
    return hashes


def _hash_batch(
    blocks: WordBlocks, position: NDArray[np.int64], remaining: NDArray[np.int64]
) -> NDArray[np.uint64]:
    hashes: NDArray[np.uint64] = remaining.astype(np.uint64) * np.uint64(HASH_SEED)
    state, active = hashes, np.arange(len(hashes))
    long = np.flatnonzero(remaining > _LONG_WORD_BYTES)
    if long.size or not remaining.all():
        whole_position, whole_remaining = position, remaining
        active = np.flatnonzero((remaining > 0) & (remaining <= _LONG_WORD_BYTES))
        position, remaining, state = position[active], remaining[active], state[active]
    while active.size:
        state = (state ^ blocks.read(position, remaining)) * np.uint64(HASH_MULTIPLIER)
        state ^= state >> np.uint64(HASH_SHIFT)
        hashes[active] = state
        goes_on = np.flatnonzero(remaining > HASH_BLOCK_BYTES)
        active, state = active[goes_on], state[goes_on]
        position, remaining = position[goes_on] + HASH_BLOCK_BYTES, remaining[goes_on] - HASH_BLOCK_BYTES
    hashes *= np.uint64(HASH_FINAL_MULTIPLIER)
    hashes ^= hashes >> np.uint64(HASH_FINAL_SHIFT)
    for word in long.tolist():
        begin, size = whole_position[word], whole_remaining[word]
        hashes[word] = hash_word(blocks.bytes[begin : begin + size].tobytes())
    return hashes


def same_words(
    one: WordBlocks, rows: NDArray[np.integer], other: WordBlocks, other_rows: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """Compare words of one array with words of another, pair by pair.

    Returns
    -------
    numpy.ndarray
        (n,) bool: whether the two words of each pair have the same bytes.
    """
    position, remaining = one.spans(rows)
    other_position, other_remaining = other.spans(other_rows)
    # The offsets of a damaged store can point anywhere.
    same: NDArray[np.bool_] = (remaining == other_remaining) & (position >= 0)
    same &= position + remaining <= one.bytes.size
    for pair in np.flatnonzero(same & (remaining > _LONG_WORD_BYTES)).tolist():
        begin, other_begin, size = position[pair], other_position[pair], remaining[pair]
        word, other_word = one.bytes[begin : begin + size], other.bytes[other_begin : other_begin + size]
        same[pair] = np.array_equal(word, other_word)
    active = np.flatnonzero(same & (remaining <= _LONG_WORD_BYTES))
    if len(active) < len(same):
        position, other_position, remaining = position[active], other_position[active], remaining[active]
    while active.size:
        equal = one.read(position, remaining) == other.read(other_position, remaining)
        same[active] = equal
        goes_on = np.flatnonzero(equal & (remaining > HASH_BLOCK_BYTES))
        active, remaining = active[goes_on], remaining[goes_on] - HASH_BLOCK_BYTES
        position, other_position = (
            position[goes_on] + HASH_BLOCK_BYTES,
            other_position[goes_on] + HASH_BLOCK_BYTES,
        )
    return same


def words_before(
    one: WordBlocks, rows: NDArray[np.integer], other: WordBlocks, other_rows: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """Compare the order of words of one array with words of another, pair by pair.

    Returns
    -------
    numpy.ndarray
        (n,) bool: whether the first word of each pair comes before the second, in the order of their bytes.
    """
    position, remaining = one.spans(rows)
    other_position, other_remaining = other.spans(other_rows)
    if np.any((position < 0) | (remaining < 0) | (position + remaining > one.bytes.size)):
        raise IndexError("a word")
    before: NDArray[np.bool_] = remaining < other_remaining
    common = np.minimum(remaining, other_remaining)
    for pair in np.flatnonzero(common > _LONG_WORD_BYTES).tolist():
        begin, other_begin = position[pair], other_position[pair]
        word = one.bytes[begin : begin + remaining[pair]].tobytes()
        before[pair] = word < other.bytes[other_begin : other_begin + other_remaining[pair]].tobytes()
    active = np.flatnonzero(common <= _LONG_WORD_BYTES)
    done = 0
    while active.size:
        # As big-endian numbers, blocks are in the order of their bytes.
        block = one.read(position[active] + done, remaining[active] - done).byteswap()
        other_block = other.read(other_position[active] + done, other_remaining[active] - done).byteswap()
        differ = block != other_block
        before[active[differ]] = block[differ] < other_block[differ]
        done += HASH_BLOCK_BYTES
        active = active[~differ & (common[active] > done)]
    return before
