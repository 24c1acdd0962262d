"""The kernels of the Tokenizer: count the words of texts, or number them, with a hash table that grows.

A text is handled in three steps: its words are listed, then hashed, then searched in the hash table one by
one. The record of a word has eight numbers, one line of a processor's cache.
"""

import numpy as np

from glovefast.kernels import (
    FIRST_TEXT,
    HASH_BLOCK_BYTES,
    NEXT_TEXT,
    NEXT_WORD,
    TABLE_BYTES,
    TABLE_WORDS,
    WORD_BEGIN,
    WORD_BLOCK,
    WORD_COUNT,
    WORD_FIRST,
    WORD_HASH,
    WORD_LAST_TEXT,
    WORD_LENGTH,
    WORD_RECORD,
    WORD_TEXTS,
)
from glovefast.kernels.registry import kernel
from glovefast.kernels.word_splitting import hash_words, split_text, word_block

_ZERO_BITS = np.uint64(0)
_TAG = np.uint64(0xFFFFFFFF00000000)
_NUMBER = np.uint64(0xFFFFFFFF)


@kernel(inline=True)
def _place(text, begin, end, hashed, block, slots, records, word_bytes):
    """Find a word in the table: its number, or if it is missing, -1 minus the slot for it."""
    last_slot = len(slots) - 1
    slot = np.int64(hashed) & last_slot
    while slots[slot] != _ZERO_BITS:
        if (slots[slot] ^ hashed) & _TAG == _ZERO_BITS:
            word = np.int64(slots[slot] & _NUMBER) - 1
            record = word * WORD_RECORD
            differ = np.uint64(records[record + WORD_BLOCK]) ^ block
            differ |= np.uint64(records[record + WORD_LENGTH] ^ (end - begin))
            if differ == _ZERO_BITS:
                if end - begin <= HASH_BLOCK_BYTES:
                    return word
                known = records[record + WORD_BEGIN] - begin
                position = begin + HASH_BLOCK_BYTES
                while position < end and differ == _ZERO_BITS:
                    differ = word_block(text, position, end) ^ word_block(
                        word_bytes, known + position, known + end
                    )
                    position += HASH_BLOCK_BYTES
                if differ == _ZERO_BITS:
                    return word
        slot = (slot + 1) & last_slot
    return -1 - slot


@kernel()
def _add(text, begin, end, hashed, block, slot, slots, records, word_bytes, status):
    """Add a word to the table without a count; its number, or -1 if there is no room."""
    word = status[TABLE_WORDS]
    known = status[TABLE_BYTES]
    record = word * WORD_RECORD
    if (
        record + WORD_RECORD > len(records)
        or 2 * (word + 1) > len(slots)
        or known + (end - begin) + HASH_BLOCK_BYTES > len(word_bytes)
    ):
        return -1
    slots[slot] = (hashed & _TAG) | np.uint64(word + 1)
    for place in range(WORD_RECORD):
        records[record + place] = 0
    records[record + WORD_BEGIN] = known
    records[record + WORD_LENGTH] = end - begin
    records[record + WORD_BLOCK] = np.int64(block)
    records[record + WORD_HASH] = np.int64(hashed)
    records[record + WORD_LAST_TEXT] = -1
    for place in range(end - begin):
        word_bytes[known + place] = text[begin + place]
    status[TABLE_WORDS] = word + 1
    status[TABLE_BYTES] = known + (end - begin)
    return word


@kernel(
    *("uint8[]", "int64[]", "int64", "int64[]", "uint8[]", "int64", "int64"),
    *("uint8[]", "int64[]", "uint64[]", "uint64[]"),
    *("uint64[]", "int64[]", "uint8[]", "int64[]"),
)
def count_words(
    text,
    text_ends,
    how,
    given_ends,
    separators,
    lower,
    seed,
    scratch,
    bounds,
    hashes,
    blocks,
    slots,
    records,
    word_bytes,
    status,
):
    """Count the words of texts, and the texts that contain each word.

    Parameters
    ----------
    text : (n,) uint8
        The concatenated bytes of the texts.
    text_ends : (t,) int64
        The end of each text: in `text`, or in `given_ends` if the words are given.
    how : int64
        How texts are split: one of ``WORDS_ARE_...`` in `glovefast.kernels`.
    given_ends : (w,) int64
        If the words are given: the end of each word in `text`.
    separators : (2 * s,) uint8
        The bytes that separate words, in runs: the first byte of each, and the number of those after it.
    lower : int64
        What is added to the bytes from A to Z: 32 for lower case, or 0.
    seed : int64
        The seed of the words' hashes, the same in every call for a table and for tables that are added to it.
        It must be secret, so that nobody can make texts whose words collide.
    scratch : (m,) uint8, written
        m is the length of the longest text, in bytes or in words, plus `PADDING`.
    bounds : (2 * m,) int64, written
        Scratch: where each word of a text begins and ends.
    hashes, blocks : (m,) uint64, written
        Scratch: the hashes and the first eight bytes of the words of a text.
    slots : (2**k,) uint64, changed
        The table: 0, or the upper half of a word's hash and its number plus one. At most half are taken.
    records : (r * WORD_RECORD,) int64, changed
        The numbers of each word; `glovefast.kernels` names their places.
    word_bytes : uint8, changed
        The concatenated bytes of the words.
    status : (TEXT_STATUS_LENGTH,) int64, changed
        The words and bytes in the table, the number of the first text, and the place to continue at;
        `glovefast.kernels` names the places.

    Returns
    -------
    int64
        The number of texts that are counted. If it is less than t, the table must grow, and ``status`` tells
        where to continue.
    """
    number = status[NEXT_TEXT]
    next_word = status[NEXT_WORD]
    while number < len(text_ends):
        words = split_text(text, text_ends, number, how, given_ends, separators, lower, scratch, bounds)
        text_number = status[FIRST_TEXT] + number
        hash_words(scratch, bounds, words, seed, slots, records, hashes, blocks)
        while next_word < words:
            begin, end = bounds[2 * next_word], bounds[2 * next_word + 1]
            hashed, block = hashes[next_word], blocks[next_word]
            word = _place(scratch, begin, end, hashed, block, slots, records, word_bytes)
            if word < 0:
                word = _add(scratch, begin, end, hashed, block, -1 - word, slots, records, word_bytes, status)
                if word < 0:
                    status[NEXT_TEXT] = number
                    status[NEXT_WORD] = next_word
                    return number
                records[word * WORD_RECORD + WORD_FIRST] = (text_number << 32) + next_word
            record = word * WORD_RECORD
            if text_number < records[record + WORD_LAST_TEXT]:  # texts may be counted in any order
                first = (text_number << 32) + next_word
                records[record + WORD_FIRST] = min(records[record + WORD_FIRST], first)
            records[record + WORD_COUNT] += 1
            records[record + WORD_TEXTS] += np.int64(records[record + WORD_LAST_TEXT] != text_number)
            records[record + WORD_LAST_TEXT] = text_number
            next_word += 1
        next_word = 0
        number += 1
    status[NEXT_TEXT] = 0
    status[NEXT_WORD] = 0
    return number


@kernel("uint8[]", "int64[]", "int64[]", "uint64[]", "int64[]", "uint8[]", "int64[]")
def add_words(text, others, order, slots, records, word_bytes, status):
    """Add the words of other tables and their counts.

    Parameters
    ----------
    text : (n,) uint8
        The bytes of the other words, padded.
    others : (m * WORD_RECORD,) int64
        The records of the other words.
    order : (m,) int64
        The numbers of these records, in the order in which to add them.
    slots, records, word_bytes : arrays, changed
        The table, as for `count_words`.
    status : (TEXT_STATUS_LENGTH,) int64, changed
        As for `count_words`; ``status[NEXT_WORD]`` is the place in `order` to continue at.

    Returns
    -------
    int64
        The place in `order` to continue at. If it is less than m, the table must grow.
    """
    next_word = status[NEXT_WORD]
    while next_word < len(order):
        other = order[next_word] * WORD_RECORD
        begin = others[other + WORD_BEGIN]
        end = begin + others[other + WORD_LENGTH]
        hashed = np.uint64(others[other + WORD_HASH])
        block = np.uint64(others[other + WORD_BLOCK])
        word = _place(text, begin, end, hashed, block, slots, records, word_bytes)
        if word < 0:
            word = _add(text, begin, end, hashed, block, -1 - word, slots, records, word_bytes, status)
            if word < 0:
                break
            records[word * WORD_RECORD + WORD_FIRST] = others[other + WORD_FIRST]
        records[word * WORD_RECORD + WORD_COUNT] += others[other + WORD_COUNT]
        records[word * WORD_RECORD + WORD_TEXTS] += others[other + WORD_TEXTS]
        next_word += 1
    status[NEXT_WORD] = next_word if next_word < len(order) else 0
    return next_word


@kernel("int64[]", "int64", "uint64[]")
def fill_slots(records, words, slots):
    """Enter the words of a table into empty slots; give their number."""
    last_slot = len(slots) - 1
    for word in range(words):
        hashed = np.uint64(records[word * WORD_RECORD + WORD_HASH])
        slot = np.int64(hashed) & last_slot
        while slots[slot] != _ZERO_BITS:
            slot = (slot + 1) & last_slot
        slots[slot] = (hashed & _TAG) | np.uint64(word + 1)
    return words


@kernel(
    *("uint8[]", "int64[]", "int64", "int64[]", "uint8[]", "int64", "int64"),
    *("uint8[]", "int64[]", "uint64[]", "uint64[]"),
    *("uint64[]", "int64[]", "uint8[]", "int32[]", "int64", "int32[]", "int64[]"),
)
def number_words(
    text,
    text_ends,
    how,
    given_ends,
    separators,
    lower,
    seed,
    scratch,
    bounds,
    hashes,
    blocks,
    slots,
    records,
    word_bytes,
    index_of,
    unknown,
    indices,
    index_ends,
):
    """Give the indices of the words of texts.

    Parameters
    ----------
    text, text_ends, how, given_ends, separators, lower, seed, scratch, bounds, hashes, blocks
        The texts, as for `count_words`.
    slots, records, word_bytes : arrays
        The table, as for `count_words`.
    index_of : (r,) int32
        The index of each word of the table; negative to leave the word out.
    unknown : int64
        The index of words that are not in the table; -1 to leave them out.
    indices : (n,) int32, written
        The indices of the words, with room for every word and one more.
    index_ends : (t,) int64, written
        The end of the indices of each text.

    Returns
    -------
    int64
        The number of indices.
    """
    found = 0
    for number in range(len(text_ends)):
        words = split_text(text, text_ends, number, how, given_ends, separators, lower, scratch, bounds)
        hash_words(scratch, bounds, words, seed, slots, records, hashes, blocks)
        for each in range(words):
            begin, end = bounds[2 * each], bounds[2 * each + 1]
            word = _place(scratch, begin, end, hashes[each], blocks[each], slots, records, word_bytes)
            index = np.int64(index_of[word]) if word >= 0 else unknown
            indices[found] = index
            found += int(index >= 0)
        index_ends[number] = found
    return found
