"""The kernels that find the rows of words in an index (see `glovefast.vocabulary.word_index`).

An index can come from a damaged or malicious store. Every position that is read from it is checked against
the length of its array before it is used.
"""

import numpy as np

from glovefast.kernels import (
    BAD_BUCKET,
    BAD_ROW,
    BAD_TEXT,
    BAD_WORD,
    HASH_BITS,
    INDEX_FEW_ENTRIES,
    LOOK_UPS_AT_ONCE,
    MISSING_WORD,
)
from glovefast.kernels.hashing import hash_bytes, order_of
from glovefast.kernels.intrinsics import prefetch, trailing_zeros
from glovefast.kernels.registry import kernel

_ZERO_BITS, _ONE = np.uint64(0), np.uint64(1)
_LAST_BIT = HASH_BITS - 1


@kernel(inline=True)
def _bucket_of(hashed, buckets):
    """Find the bucket of a hash among 2**k buckets."""
    bits = trailing_zeros(np.uint64(len(buckets) - 1))
    return np.int64((hashed >> _ONE) >> np.uint64(_LAST_BIT - bits))  # no number is shifted by all its bits


@kernel()
def find_row(text, begin, end, buckets, hashes, rows, word_offsets, word_bytes):
    """Find the row of one word: `MISSING_WORD` if it has none, a smaller number if the index is damaged."""
    return _row_by_hash(
        text,
        begin,
        end,
        hash_bytes(text, begin, end, _ZERO_BITS),
        buckets,
        hashes,
        rows,
        word_offsets,
        word_bytes,
    )


@kernel()
def _row_by_hash(text, begin, end, hashed, buckets, hashes, rows, word_offsets, word_bytes):
    if len(buckets) < 2:
        return BAD_BUCKET
    bucket = _bucket_of(hashed, buckets)
    slot, last = np.int64(buckets[bucket]), np.int64(buckets[bucket + 1])
    if slot < 0 or last < slot or last > min(len(hashes), len(rows)):
        return BAD_BUCKET
    narrowed = last
    while narrowed - slot > INDEX_FEW_ENTRIES:
        middle = (slot + narrowed) >> 1
        order = np.int64(-1)
        if hashes[middle] == hashed:
            row = np.int64(rows[middle])
            if row < 0 or row + 1 >= len(word_offsets):
                return BAD_ROW
            first, behind = np.int64(word_offsets[row]), np.int64(word_offsets[row + 1])
            if first < 0 or behind < first or behind > len(word_bytes):
                return BAD_WORD
            order = order_of(text, begin, end, word_bytes, first, behind)
        if hashes[middle] < hashed or order > 0:
            slot = middle + 1
        else:
            narrowed = middle
    # The entry at `narrowed` is the first that is not before the word, if none before it is.
    while slot <= narrowed and slot < last:
        if hashes[slot] == hashed:
            row = np.int64(rows[slot])
            if row < 0 or row + 1 >= len(word_offsets):
                return BAD_ROW
            if _is_word_of(text, begin, end, row, word_offsets, word_bytes):
                return row
        slot += 1
    return MISSING_WORD


@kernel(inline=True)
def _is_word_of(text, begin, end, row, word_offsets, word_bytes):
    """Compare a word with the word of a row; a row whose word does not lie in the bytes has none."""
    first, behind = np.int64(word_offsets[row]), np.int64(word_offsets[row + 1])
    if behind - first != end - begin or first < 0 or behind > len(word_bytes):
        return False
    return order_of(text, begin, end, word_bytes, first, behind) == 0


@kernel(inline=True)
def find_hashed(
    text,
    bounds,
    first,
    step,
    words,
    hashes_sought,
    buckets,
    hashes,
    rows,
    word_offsets,
    word_bytes,
    found,
    to,
):
    """Find the rows of hashed words; give 0, or a status if the index is damaged.

    Word i begins at ``bounds[first + i * step]`` and ends at the next bound. It is entered at
    ``found[to + i]``.
    """
    if len(buckets) < 2:
        return BAD_BUCKET
    for word in range(words):
        found[to + word] = _bucket_of(hashes_sought[word], buckets)
        prefetch(buckets, found[to + word])
    for word in range(words):
        slot, last = np.int64(buckets[found[to + word]]), np.int64(buckets[found[to + word] + 1])
        if slot < 0 or last < slot or last > min(len(hashes), len(rows)):
            return BAD_BUCKET
        prefetch(hashes, slot)
        prefetch(rows, slot)
    for word in range(words):
        hashed = hashes_sought[word]
        slot, last = np.int64(buckets[found[to + word]]), np.int64(buckets[found[to + word] + 1])
        row = np.int64(MISSING_WORD)
        if last - slot > INDEX_FEW_ENTRIES:
            begin, end = np.int64(bounds[first + word * step]), np.int64(bounds[first + word * step + 1])
            row = _row_by_hash(text, begin, end, hashed, buckets, hashes, rows, word_offsets, word_bytes)
            if row < MISSING_WORD:
                return row
        else:
            while slot < last and hashes[slot] != hashed:
                slot += 1
            if slot < last:
                row = np.int64(rows[slot])
                if row < 0 or row + 1 >= len(word_offsets):
                    return BAD_ROW
        found[to + word] = row
        if row >= 0:
            prefetch(word_offsets, row)
    for word in range(words):
        if found[to + word] >= 0:
            start = np.int64(word_offsets[found[to + word]])
            if 0 <= start < len(word_bytes):
                prefetch(word_bytes, start)
    for word in range(words):
        if found[to + word] >= 0:
            begin, end = np.int64(bounds[first + word * step]), np.int64(bounds[first + word * step + 1])
            if not _is_word_of(text, begin, end, found[to + word], word_offsets, word_bytes):
                # Another word has the same hash, and comes first or stands alone.
                row = _row_by_hash(
                    text,
                    begin,
                    end,
                    hashes_sought[word],
                    buckets,
                    hashes,
                    rows,
                    word_offsets,
                    word_bytes,
                )
                if row < MISSING_WORD:
                    return row
                found[to + word] = row
    return 0


@kernel(
    *("uint8[]", "int32[]"),
    *("int32[]", "uint64[]", "int32[]", "int32[]", "uint8[]"),
    *("uint64[]", "int64[]"),
)
def find_rows(text, offsets, buckets, hashes, rows, word_offsets, word_bytes, hashes_sought, found):
    """Find the rows of words.

    A batch of words goes through the index together. Each step prefetches what the next step reads, because
    hardly any of it is in the processor's caches.

    Parameters
    ----------
    text : uint8
        The bytes of the words to find, one after the other.
    offsets : (n + 1,) int32
        Where each of these words begins in `text`.
    buckets : (2**k + 1,) int32, k >= 1
        The index: where each bucket begins in `hashes`.
    hashes : (w,) uint64
        The hashes of the index's words by bucket.
    rows : (w,) int32
        For each hash the row of its word.
    word_offsets : (w + 1,) int32
        Where the word of each row begins in `word_bytes`.
    word_bytes : uint8
        The bytes of the index's words, one after the other.
    hashes_sought : (min(n, LOOK_UPS_AT_ONCE),) uint64
        Scratch.
    found : (n,) int64, written
        The first row of each word, `MISSING_WORD` for a missing one.

    Returns
    -------
    int64
        0, or `BAD_BUCKET`, `BAD_ROW` or `BAD_WORD` if the index is damaged there; `BAD_TEXT` if a word to
        find does not lie in `text`.
    """
    for batch in range(0, len(found), LOOK_UPS_AT_ONCE):
        words = min(LOOK_UPS_AT_ONCE, len(found) - batch)
        for word in range(words):
            begin, end = np.int64(offsets[batch + word]), np.int64(offsets[batch + word + 1])
            if begin < 0 or end < begin or end > len(text):
                return BAD_TEXT
            hashes_sought[word] = hash_bytes(text, begin, end, _ZERO_BITS)
        status = find_hashed(
            text,
            offsets,
            batch,
            1,
            words,
            hashes_sought,
            buckets,
            hashes,
            rows,
            word_offsets,
            word_bytes,
            found,
            batch,
        )
        if status < 0:
            return status
    return 0


@kernel("int32[]", "int32[]", "int32[]", "uint8[]", "int64[]")
def compare_rows(rows, other_rows, word_offsets, word_bytes, orders):
    """Compare the words of rows, pair by pair.

    Parameters
    ----------
    rows, other_rows : (n,) int32
        The rows.
    word_offsets : (w + 1,) int32
        Where the word of each row begins in `word_bytes`.
    word_bytes : uint8
        The bytes of the words, one after the other.
    orders : (n,) int64, written
        Negative if the first word of the pair comes before the second in the order of their bytes, 0 if the
        two are equal.

    Returns
    -------
    int64
        0, or `BAD_ROW` or `BAD_WORD` if there is no such row, or its word does not lie in the bytes.
    """
    for pair in range(len(orders)):
        row, other = np.int64(rows[pair]), np.int64(other_rows[pair])
        if row < 0 or other < 0 or max(row, other) + 1 >= len(word_offsets):
            return BAD_ROW
        first, behind = np.int64(word_offsets[row]), np.int64(word_offsets[row + 1])
        other_first, other_behind = np.int64(word_offsets[other]), np.int64(word_offsets[other + 1])
        if first < 0 or behind < first or behind > len(word_bytes):
            return BAD_WORD
        if other_first < 0 or other_behind < other_first or other_behind > len(word_bytes):
            return BAD_WORD
        orders[pair] = order_of(word_bytes, first, behind, word_bytes, other_first, other_behind)
    return 0
