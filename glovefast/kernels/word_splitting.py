"""The parts of kernels that split a text into words and hash them, 64 bytes and many words at a time."""

import numpy as np

from glovefast.kernels import (
    HASH_BLOCK_BYTES,
    HASH_FINAL_MULTIPLIER,
    HASH_FINAL_SHIFT,
    HASH_MULTIPLIER,
    HASH_SEED,
    HASH_SHIFT,
    WORD_BOUNDS_AT_ONCE,
    WORD_RECORD,
    WORDS_ARE_CHARACTERS,
    WORDS_ARE_GIVEN,
)
from glovefast.kernels.intrinsics import (
    copy_lowered,
    load_block,
    matches_any,
    one_bits,
    prefetch,
    trailing_zeros,
    without_lowest_bit,
)
from glovefast.kernels.registry import kernel

_BITS = 64  # the bytes of a block, a bit for each
_LAST_BIT, _ONE, _ZERO_BITS = np.uint64(63), np.uint64(1), np.uint64(0)
_NUMBER = np.uint64(0xFFFFFFFF)
_SEED, _MULTIPLIER, _FINAL_MULTIPLIER = map(np.uint64, (HASH_SEED, HASH_MULTIPLIER, HASH_FINAL_MULTIPLIER))
_SHIFT, _FINAL_SHIFT = np.uint64(HASH_SHIFT), np.uint64(HASH_FINAL_SHIFT)
_BITS_PER_BYTE = np.uint64(3)  # as a shift
_TWO_BYTES, _THREE_BYTES, _FOUR_BYTES = 0xC0, 0xE0, 0xF0  # the smallest first bytes of longer characters


@kernel(inline=True)
def split_text(text, text_ends, number, how, given_ends, separators, lower, scratch, bounds):
    """Copy a text to `scratch`, list where its words begin and end there, and give their number."""
    first = text_ends[number - 1] if number > 0 else 0
    last = text_ends[number]
    if how == WORDS_ARE_GIVEN:
        return _take_words(text, first, last, given_ends, lower, scratch, bounds)
    if how == WORDS_ARE_CHARACTERS:
        return _split_characters(text, first, last - first, lower, scratch, bounds)
    return _split_at_separators(text, first, last - first, separators, lower, scratch, bounds)


@kernel()
def _take_words(text, first, last, given_ends, lower, scratch, bounds):
    text_begin = given_ends[first - 1] if first > 0 else 0
    end = 0
    for word in range(last - first):
        bounds[2 * word] = end
        end = given_ends[first + word] - text_begin
        bounds[2 * word + 1] = end
    for block in range(0, end, _BITS):
        _copy_block(text, text_begin, end, block, lower, scratch)
    return last - first


@kernel()
def _split_characters(text, first, length, lower, scratch, bounds):
    for block in range(0, length, _BITS):
        _copy_block(text, first, length, block, lower, scratch)
    found = 0
    place = 0
    while place < length:
        bounds[2 * found] = place
        byte = scratch[place]
        place += 1
        if byte >= _TWO_BYTES:
            place += 1 if byte < _THREE_BYTES else 2 if byte < _FOUR_BYTES else 3
        bounds[2 * found + 1] = place
        found += 1
    return found


@kernel(inline=True)
def _split_at_separators(text, first, length, separators, lower, scratch, bounds):
    found = 0
    before = _ZERO_BITS  # 1 if the byte before the block belongs to a word
    for block in range(0, length + 1, _BITS):
        _copy_block(text, first, length, block, lower, scratch)
        inside = ~matches_any(scratch, block, separators)
        if length - block < _BITS:
            inside &= (_ONE << np.uint64(length - block)) - _ONE
        # A bit for the first byte of each word and for the byte after its last one, in turn.
        changes = inside ^ (inside << _ONE | before)
        before = inside >> _LAST_BIT
        end = found + one_bits(changes)
        # As many as a block seldom exceeds, so that no branch depends on their number.
        for place in range(WORD_BOUNDS_AT_ONCE):
            bounds[found + place] = block + trailing_zeros(changes)
            changes = without_lowest_bit(changes)
        found += WORD_BOUNDS_AT_ONCE
        while changes != _ZERO_BITS:
            bounds[found] = block + trailing_zeros(changes)
            changes = without_lowest_bit(changes)
            found += 1
        found = end
    return found >> 1


@kernel(inline=True)
def _copy_block(text, first, length, block, lower, scratch):
    """Copy 64 bytes of a text to `scratch`; of the last text, those behind its end cannot be read."""
    if first + block + _BITS <= len(text):
        copy_lowered(text, first + block, scratch, block, np.uint8(lower))
        return
    for place in range(block, min(block + _BITS, length)):
        scratch[place] = text[first + place]
    copy_lowered(scratch, block, scratch, block, np.uint8(lower))


@kernel(inline=True)
def hash_words(text, bounds, words, seed, slots, records, hashes, blocks):
    """Hash words, list the first eight bytes of each, and prefetch their slots and records.

    A table of some ten thousand words does not fit in a processor's nearest caches. Prefetching for the words
    of a whole text at once halves the time.
    """
    last_slot = len(slots) - 1
    for word in range(words):
        begin, end = bounds[2 * word], bounds[2 * word + 1]
        block = word_block(text, begin, end)
        hashed = hash_word(text, begin, end, block, np.uint64(seed))
        blocks[word] = block
        hashes[word] = hashed
        prefetch(slots, np.int64(hashed) & last_slot)
    for word in range(words):
        entry = np.int64(slots[np.int64(hashes[word]) & last_slot] & _NUMBER)
        prefetch(records, (entry - int(entry > 0)) * WORD_RECORD)


@kernel(inline=True)
def word_block(text, begin, end):
    """Load the first eight bytes of a word; a shorter word is followed by zeros."""
    missing = np.uint64(max(0, HASH_BLOCK_BYTES - (end - begin)))
    shift = missing << _BITS_PER_BYTE & _LAST_BIT
    block = load_block(text, begin) << shift >> shift
    return block if end > begin else _ZERO_BITS


@kernel(inline=True)
def hash_word(text, begin, end, block, seed):
    """Hash a word as `hash_bytes` does, without a branch for words of up to 16 bytes.

    No processor could predict whether a word has more than eight bytes. Both hashes take less time than the
    wrong guesses.
    """
    length = end - begin
    factor = seed | _ONE
    state = np.uint64(length) * _SEED ^ seed
    if length > 0:  # only given words can be empty
        state = (state * factor ^ block) * _MULTIPLIER
        state ^= state >> _SHIFT
    longer = _ZERO_BITS - (np.uint64(HASH_BLOCK_BYTES - length) >> _LAST_BIT)  # all bits or none
    second = word_block(text, begin + HASH_BLOCK_BYTES, end)
    mixed = (state * factor ^ second) * _MULTIPLIER
    state ^= (state ^ mixed ^ mixed >> _SHIFT) & longer
    for position in range(begin + 2 * HASH_BLOCK_BYTES, end, HASH_BLOCK_BYTES):
        state = (state * factor ^ word_block(text, position, end)) * _MULTIPLIER
        state ^= state >> _SHIFT
    state *= _FINAL_MULTIPLIER
    return state ^ (state >> _FINAL_SHIFT)
