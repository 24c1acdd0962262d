"""Build the hash index of a vocabulary, where words whose hashes collide are ordered by their bytes.

`glovefast.vocabulary.word_index` describes the index and reads it.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.kernels import BAD_BUCKET, BAD_ROW, BAD_WORD, HASH_BITS
from glovefast.vocabulary.arrow import array_bytes, array_offsets, as_numpy, integer_array, word_kernels
from glovefast.vocabulary.hashing import hash_words

ENTRY_TYPE = pa.struct([pa.field("hash", pa.uint64(), False), pa.field("row", pa.int32(), False)])
BUCKET_TYPE = pa.list_(pa.field("entry", ENTRY_TYPE, False))

# What a kernel's status says of an index that points outside of its arrays.
PLACES = {BAD_BUCKET: "a bucket", BAD_ROW: "a row", BAD_WORD: "a word"}

_BATCH_ENTRIES = 1 << 16


def build_index(words: pa.StringArray) -> pa.ListArray:
    """Build the hash index of some words.

    Parameters
    ----------
    words : pyarrow.StringArray
        n words in the order of their rows, without nulls; duplicates are allowed.

    Returns
    -------
    pyarrow.ListArray
        2**k buckets of ``{hash: uint64, row: int32}``, k >= 1, n entries in all.
    """
    hashes = hash_words(words)
    bits = max(1, (len(words) - 1).bit_length())
    # NumPy's unstable sort is five times faster. Only equal hashes (duplicate words) need the stable one.
    rows = np.argsort(hashes).astype(np.int32)
    ordered = hashes[rows]
    if np.any(ordered[1:] == ordered[:-1]):
        rows = np.argsort(hashes, kind="stable").astype(np.int32)
        _order_collisions(words, ordered, rows)
    del hashes
    # Count the entries of each bucket, in pieces to save memory: sorted, a piece fills only a few buckets.
    offsets = np.zeros((1 << bits) + 1, dtype=np.int32)
    for first in range(0, len(ordered), _BATCH_ENTRIES):
        buckets = (ordered[first : first + _BATCH_ENTRIES] >> np.uint64(HASH_BITS - bits)).astype(np.int64)
        counts = np.bincount(buckets - buckets[0])
        offsets[buckets[0] + 1 : buckets[0] + 1 + len(counts)] += counts.astype(np.int32)
    np.cumsum(offsets, out=offsets)
    entries = pa.StructArray.from_arrays(
        [integer_array(ordered), integer_array(rows)], fields=list(ENTRY_TYPE)
    )
    return pa.ListArray.from_arrays(integer_array(offsets), entries, type=BUCKET_TYPE)


def equal_neighbors(
    hashes: NDArray[np.uint64],
    rows: NDArray[np.int32],
    word_offsets: NDArray[np.int32],
    word_bytes: NDArray[np.uint8],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Yield in pieces the slots with the hash of the slot before, and whether the words are equal, too."""
    for first in range(1, len(hashes), _BATCH_ENTRIES):
        piece = hashes[first - 1 : first + _BATCH_ENTRIES]
        slots = first + np.flatnonzero(piece[1:] == piece[:-1])
        if slots.size:
            yield slots, compare_rows(rows[slots - 1], rows[slots], word_offsets, word_bytes) == 0


def compare_rows(
    rows: NDArray[np.int32],
    other_rows: NDArray[np.int32],
    word_offsets: NDArray[np.int32],
    word_bytes: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Compare the words of rows, pair by pair.

    Returns
    -------
    numpy.ndarray
        (n,) int64: negative if the first word of a pair comes before the second in the order of their bytes,
        0 if the two are equal.

    Raises
    ------
    IndexError
        If there is no such row, or its word does not lie in the bytes.
    """
    orders = np.empty(len(rows), dtype=np.int64)
    status = word_kernels().compare_rows(rows, other_rows, word_offsets, word_bytes, orders)
    if status:
        raise IndexError(PLACES[status])
    return orders


def _order_collisions(words: pa.StringArray, hashes: NDArray[np.uint64], rows: NDArray[np.int32]) -> None:
    """Order the rows of different words with the same hash by word. Equal words stay in order."""
    places = array_offsets(words), array_bytes(words)
    collided = [hashes[slots[~same]] for slots, same in equal_neighbors(hashes, rows, *places)]
    colliding = np.unique(np.concatenate(collided))
    if not colliding.size:
        return
    from pyarrow.compute import sort_indices

    # All at once, because an attacker can make as many pairs as there are words.
    begins = np.searchsorted(hashes, colliding, "left")
    lengths = np.searchsorted(hashes, colliding, "right") - begins
    slots = np.arange(lengths.sum()) + np.repeat(begins - (np.cumsum(lengths) - lengths), lengths)
    found = rows[slots]
    columns = {"hash": integer_array(hashes[slots]), "word": words.take(integer_array(found))}
    entries = pa.table({**columns, "row": integer_array(found)})
    # Strings are in the order of their bytes.
    order = sort_indices(entries, sort_keys=[(name, "ascending") for name in entries.column_names])
    rows[slots] = found[as_numpy(order, np.uint64)]
