"""The kernels of the Tokenizer: split texts, and count or number their words, with a hash table that grows.

A text is handled in two steps. `_split` looks up each byte in a table that lowers letters and marks
separators, and lists the bounds of the words. Then each word is hashed and searched in the hash table. The
record of a word has eight numbers, one line of a processor's cache.
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
    WORD_SEPARATOR,
    WORD_TEXTS,
    WORDS_ARE_CHARACTERS,
    WORDS_ARE_GIVEN,
)
from glovefast.kernels.hashing import hash_bytes
from glovefast.kernels.intrinsics import load_block, matches, prefetch, trailing_zeros
from glovefast.kernels.registry import kernel

_ALL_BITS = np.uint64(64)
_ONE, _EIGHT, _ZERO_BITS = np.uint64(1), np.uint64(8), np.uint64(0)
_TAG = np.uint64(0xFFFFFFFF00000000)
_NUMBER = np.uint64(0xFFFFFFFF)
_TWO_BYTES, _THREE_BYTES, _FOUR_BYTES = 0xC0, 0xE0, 0xF0  # the smallest first bytes of longer characters


@kernel()
def _split(text, text_ends, number, how, given_ends, byte_of, scratch, begins, ends):
    """Copy a text to `scratch`, list the bounds of its words there, and give their number."""
    first = text_ends[number - 1] if number > 0 else 0
    last = text_ends[number]
    found = 0
    if how == WORDS_ARE_GIVEN:
        if last == first:
            return found
        text_begin = given_ends[first - 1] if first > 0 else 0
        word_begin = text_begin
        for word in range(first, last):
            begins[found] = word_begin - text_begin
            ends[found] = given_ends[word] - text_begin
            word_begin = given_ends[word]
            found += 1
        for place in range(word_begin - text_begin):
            scratch[place] = text[text_begin + place]
        return found
    length = last - first
    for place in range(length):
        scratch[place] = byte_of[text[first + place]]
    if how == WORDS_ARE_CHARACTERS:
        place = 0
        while place < length:
            begins[found] = place
            byte = scratch[place]
            place += 1
            if byte >= _TWO_BYTES:
                place += 1 if byte < _THREE_BYTES else 2 if byte < _FOUR_BYTES else 3
            ends[found] = place
            found += 1
        return found
    scratch[length] = WORD_SEPARATOR
    word_begin = 0
    for block in range(0, length + 1, 64):
        separators = matches(scratch, block, np.uint8(WORD_SEPARATOR))
        if length + 1 - block < 64:
            separators &= (_ONE << np.uint64(length + 1 - block)) - _ONE
        while separators != _ZERO_BITS:
            place = block + trailing_zeros(separators)
            begins[found] = word_begin
            ends[found] = place
            found += int(place > word_begin)  # not a branch, since no processor could predict it
            word_begin = place + 1
            separators &= separators - _ONE
    return found


@kernel()
def _hash_all(text, begins, ends, first, words, seed, slots, records, hashes):
    """Hash words, and prefetch their slots and records.

    A table of some ten thousand words does not fit in a processor's nearest caches. Prefetching for the words
    of a whole text at once halves the time.
    """
    last_slot = len(slots) - 1
    for word in range(first, words):
        hashed = hash_bytes(text, begins[word], ends[word], np.uint64(seed))
        hashes[word] = hashed
        prefetch(slots, np.int64(hashed) & last_slot)
    for word in range(first, words):
        entry = np.int64(slots[np.int64(hashes[word]) & last_slot] & _NUMBER)
        prefetch(records, (entry - int(entry > 0)) * WORD_RECORD)


@kernel()
def _block(text, begin, end):
    """Load the first eight bytes of a word; a shorter word is followed by zeros."""
    bits = _EIGHT * np.uint64(max(0, HASH_BLOCK_BYTES - (end - begin)))
    if bits >= _ALL_BITS:  # an empty word
        return _ZERO_BITS
    return (load_block(text, begin) << bits) >> bits


@kernel()
def _place(text, begin, end, hashed, slots, records, word_bytes):
    """Find a word in the table: its number, or if it is missing, -1 minus the slot for it."""
    last_slot = len(slots) - 1
    slot = np.int64(hashed) & last_slot
    while slots[slot] != _ZERO_BITS:
        if (slots[slot] ^ hashed) & _TAG == _ZERO_BITS:
            word = np.int64(slots[slot] & _NUMBER) - 1
            record = word * WORD_RECORD
            differ = np.uint64(records[record + WORD_BLOCK]) ^ _block(text, begin, end)
            differ |= np.uint64(records[record + WORD_LENGTH] ^ (end - begin))
            if differ == _ZERO_BITS:
                if end - begin <= HASH_BLOCK_BYTES:
                    return word
                known = records[record + WORD_BEGIN] - begin
                position = begin + HASH_BLOCK_BYTES
                while position < end and differ == _ZERO_BITS:
                    differ = _block(text, position, end) ^ _block(word_bytes, known + position, known + end)
                    position += HASH_BLOCK_BYTES
                if differ == _ZERO_BITS:
                    return word
        slot = (slot + 1) & last_slot
    return -1 - slot


@kernel()
def _add(text, begin, end, hashed, slot, slots, records, word_bytes, status):
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
    records[record + WORD_BLOCK] = np.int64(_block(text, begin, end))
    records[record + WORD_HASH] = np.int64(hashed)
    records[record + WORD_LAST_TEXT] = -1
    for place in range(end - begin):
        word_bytes[known + place] = text[begin + place]
    status[TABLE_WORDS] = word + 1
    status[TABLE_BYTES] = known + (end - begin)
    return word


@kernel(
    *("uint8[]", "int64[]", "int64", "int64[]", "uint8[]", "int64"),
    *("uint8[]", "int64[]", "int64[]", "uint64[]"),
    *("uint64[]", "int64[]", "uint8[]", "int64[]"),
)
def count_words(
    text,
    text_ends,
    how,
    given_ends,
    byte_of,
    seed,
    scratch,
    begins,
    ends,
    hashes,
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
    byte_of : (256,) uint8
        The byte that replaces each byte of a text; `WORD_SEPARATOR` for separators.
    seed : int64
        The seed of the words' hashes, the same in every call for a table and for tables that are added to it.
        It must be secret, so that nobody can make texts whose words collide.
    scratch : (m,) uint8, written
        m is the length of the longest text, in bytes or in words, plus `PADDING`.
    begins, ends : (m,) int64, written
        Scratch: the bounds of the words of a text.
    hashes : (m,) uint64, written
        Scratch: the hashes of the words of a text.
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
        words = _split(text, text_ends, number, how, given_ends, byte_of, scratch, begins, ends)
        text_number = status[FIRST_TEXT] + number
        _hash_all(scratch, begins, ends, next_word, words, seed, slots, records, hashes)
        while next_word < words:
            begin, end = begins[next_word], ends[next_word]
            hashed = hashes[next_word]
            word = _place(scratch, begin, end, hashed, slots, records, word_bytes)
            if word < 0:
                word = _add(scratch, begin, end, hashed, -1 - word, slots, records, word_bytes, status)
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
        word = _place(text, begin, end, hashed, slots, records, word_bytes)
        if word < 0:
            word = _add(text, begin, end, hashed, -1 - word, slots, records, word_bytes, status)
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
    *("uint8[]", "int64[]", "int64", "int64[]", "uint8[]", "int64"),
    *("uint8[]", "int64[]", "int64[]", "uint64[]"),
    *("uint64[]", "int64[]", "uint8[]", "int32[]", "int64", "int32[]", "int64[]"),
)
def number_words(
    text,
    text_ends,
    how,
    given_ends,
    byte_of,
    seed,
    scratch,
    begins,
    ends,
    hashes,
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
    text, text_ends, how, given_ends, byte_of, seed, scratch, begins, ends, hashes
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
        words = _split(text, text_ends, number, how, given_ends, byte_of, scratch, begins, ends)
        _hash_all(scratch, begins, ends, 0, words, seed, slots, records, hashes)
        for each in range(words):
            word = _place(scratch, begins[each], ends[each], hashes[each], slots, records, word_bytes)
            index = np.int64(index_of[word]) if word >= 0 else unknown
            indices[found] = index
            found += int(index >= 0)
        index_ends[number] = found
    return found
