"""Words to rows and rows to words, over Arrow arrays that lie memory-mapped on disk.

The index is a static hash table: 2**k buckets, each an Arrow list of ``{hash, row}``; the top k bits of a
word's 64-bit hash choose its bucket, and k is the smallest number that gives each word a bucket of its own
on average. Inside a bucket the entries are ordered by hash, then by row, so that of duplicate words the
first row is found. Batches are looked up with NumPy and Arrow alone: a process that only looks up words
loads no compiler.
"""

from collections.abc import Iterator
from os import PathLike
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import StoreError
from glovefast.kernels import HASH_BITS
from glovefast.vocabulary.arrow import Words, array_offsets, as_numpy, as_string_array, integer_array
from glovefast.vocabulary.hashing import WordBlocks, hash_word, hash_words, same_words

ENTRY_TYPE = pa.struct([pa.field("hash", pa.uint64(), False), pa.field("row", pa.int32(), False)])
BUCKET_TYPE = pa.list_(pa.field("entry", ENTRY_TYPE, False))

_BATCH_ENTRIES = 1 << 16
_BATCH_BYTES = 1 << 20


def build_index(words: pa.StringArray) -> pa.ListArray:
    """Build the hash index of a vocabulary.

    Parameters
    ----------
    words : pyarrow.StringArray
        The n words in row order, without nulls; duplicates are allowed.

    Returns
    -------
    pyarrow.ListArray
        2**k buckets of ``{hash: uint64, row: int32}``, k >= 1, n entries in all.
    """
    hashes = hash_words(words)
    bits = max(1, (len(words) - 1).bit_length())
    # NumPy's unstable sort is five times faster; only equal hashes (duplicate words) need the stable one.
    rows = np.argsort(hashes).astype(np.int32)
    ordered = hashes[rows]
    if np.any(ordered[1:] == ordered[:-1]):
        rows = np.argsort(hashes, kind="stable").astype(np.int32)
    del hashes
    # Count each bucket's entries, piece by piece to spare memory: in order, a piece fills a few buckets only.
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


class WordIndex:
    """The words of a store, each found by its row and its row by the word.

    Parameters
    ----------
    words : pyarrow.StringArray
        n words in row order.
    index : pyarrow.ListArray
        What `build_index` made of them.
    path : path-like, optional
        The store that both were mapped from, and where neither is trusted: a look-up checks what it follows,
        `words` checks all at the first use.
    """

    def __init__(
        self, words: pa.StringArray, index: pa.ListArray, path: str | PathLike[str] | None = None
    ) -> None:
        self._words = words
        self._path = path
        self._checked = path is None
        self.index = index
        buckets = len(index)
        self._shift = HASH_BITS - (buckets.bit_length() - 1)
        self._bucket_offsets = array_offsets(index)
        entries = index.values
        self._hashes = as_numpy(entries.field(0), np.uint64)
        self._rows = as_numpy(entries.field(1), np.int32)
        self._blocks = WordBlocks(words)
        # Python objects over the same memory: they answer a single look-up several times faster than NumPy.
        self._bucket_view = self._bucket_offsets.data
        self._hash_view = self._hashes.data
        self._row_view = self._rows.data
        self._offset_view = array_offsets(words).data
        self._byte_view = memoryview(words.buffers()[2] or b"").cast("B")

    @classmethod
    def from_words(cls, words: Words) -> "WordIndex":
        """Build a vocabulary, index and all, in memory."""
        array = as_string_array(words)
        return cls(array, build_index(array))

    @property
    def words(self) -> pa.StringArray:
        """The words in row order.

        Those of a store are gone through at the first use: every offset lies within the words' bytes and
        every word is UTF-8, so that neither Arrow nor a kernel can be led elsewhere.

        Raises
        ------
        StoreError
            If that is not so.
        """
        if not self._checked:
            try:
                self._words.validate(full=True)
            except pa.ArrowException as error:
                raise self._damaged(f"its words cannot be used ({error})") from error
            self._checked = True
        return self._words

    def __len__(self) -> int:
        return len(self._words)

    def __iter__(self) -> Iterator[str]:
        return (word.as_py() for word in self.words)

    def tables(self) -> tuple[NDArray[Any], ...]:
        """Give the arrays that a look-up goes through; for a kernel only where they were built here.

        Those of a store are not checked, and a kernel would follow them anywhere.

        Returns
        -------
        tuple of numpy.ndarray
            Where each bucket begins among the hashes, int32; the hashes, uint64; their rows, int32; where
            each word begins among the bytes, int32; the words' bytes, uint8.
        """
        word_bytes = np.frombuffer(self._byte_view, dtype=np.uint8)
        return self._bucket_offsets, self._hashes, self._rows, array_offsets(self._words), word_bytes

    def duplicate_rows(self) -> NDArray[np.int64]:
        """Find the rows whose word stands in an earlier row already.

        Returns
        -------
        numpy.ndarray
            int64, ascending.

        Raises
        ------
        StoreError
            If the index leads out of the store.
        """
        # Equal words have equal hashes, and in the index equal hashes are neighbours.
        neighbours = np.flatnonzero(self._hashes[1:] == self._hashes[:-1])
        if not neighbours.size:  # np.unique and Arrow's take are slow to load where nothing else needs them
            return neighbours
        suspects = np.unique(self._rows[neighbours + 1]).astype(np.int64)
        try:
            words = self.words.take(integer_array(suspects))
        except IndexError as error:
            raise self._damaged(f"its index leads out of it ({error})") from error
        duplicates: NDArray[np.int64] = suspects[self.rows(words) != suspects]
        return duplicates

    def words_with_spaces(self) -> int:
        """Count the words that hold a space."""
        offsets = array_offsets(self._words)
        data = np.frombuffer(self._byte_view, dtype=np.uint8)[offsets[0] : offsets[-1]]
        # Piece by piece, since the comparison takes as much memory as the words.
        pieces = range(0, len(data), _BATCH_BYTES)
        spaces = [first + np.flatnonzero(data[first : first + _BATCH_BYTES] == ord(" ")) for first in pieces]
        # Of the offsets' own type, or np.searchsorted makes a copy of them all.
        inside = offsets[0] + np.concatenate([np.empty(0, dtype=np.int32), *spaces], dtype=np.int32)
        rows = np.searchsorted(offsets, inside, side="right")  # ascending, as the spaces are
        return int(np.count_nonzero(rows[1:] != rows[:-1])) + bool(rows.size)

    def row(self, word: str) -> int:
        """Find one word's row: the first where the word stands more than once, -1 where it is missing.

        Raises
        ------
        StoreError
            If the index leads out of the store.
        """
        try:
            encoded = word.encode()
        except UnicodeEncodeError:  # a lone surrogate: no UTF-8 text holds it
            return -1
        hashed = hash_word(encoded)
        bucket = hashed >> self._shift
        try:
            for slot in range(self._bucket_view[bucket], self._bucket_view[bucket + 1]):
                if self._hash_view[slot] == hashed:
                    row = self._row_view[slot]
                    if row < 0:  # Python takes it for a place counted from the end
                        raise IndexError(f"row {row}")
                    if self._byte_view[self._offset_view[row] : self._offset_view[row + 1]] == encoded:
                        return row
        except IndexError as error:
            raise self._damaged(f"its index leads out of it ({error})") from error
        return -1

    def rows(self, words: Words) -> NDArray[np.int64]:
        """Find the rows of a batch of words.

        Parameters
        ----------
        words : sequence of str, numpy.ndarray or pyarrow array
            n words.

        Returns
        -------
        numpy.ndarray
            (n,) int64; -1 where a word is missing, the first row where it stands more than once.

        Raises
        ------
        VocabularyError
            If an entry is no string.
        StoreError
            If the index leads out of the store.
        """
        wanted = as_string_array(words)
        try:
            return self._find(wanted)
        except IndexError as error:  # NumPy follows no index out of an array
            raise self._damaged(f"its index leads out of it ({error})") from error

    def _find(self, wanted: pa.StringArray) -> NDArray[np.int64]:
        hashes = hash_words(wanted)
        bucket = (hashes >> np.uint64(self._shift)).astype(np.int64)
        slot, end = self._bucket_offsets[bucket], self._bucket_offsets[bucket + 1]
        slot_found = np.full(len(wanted), -1, dtype=np.int64)
        pending = np.flatnonzero(slot < end)
        slot, end, sought = slot[pending], end[pending], hashes[pending]
        # One turn per place in a bucket: all words look at their bucket's first entry, then those that are
        # still without one at the second, and so on. Few buckets hold more than four.
        while pending.size:
            hit = self._hashes[slot] == sought
            slot_found[pending[hit]] = slot[hit]
            slot += 1
            going_on = np.flatnonzero(~hit & (slot < end))
            pending, slot, end, sought = pending[going_on], slot[going_on], end[going_on], sought[going_on]
        hits = np.flatnonzero(slot_found >= 0)
        rows = self._rows[slot_found[hits]]
        if rows.size and rows.min() < 0:  # NumPy takes it for a place counted from the end
            raise IndexError(f"row {rows.min()}")
        same = same_words(self._blocks, rows, WordBlocks(wanted), hits)
        found = np.full(len(wanted), -1, dtype=np.int64)
        found[hits] = rows
        for other in hits[~same].tolist():  # another word with the same 64 bits: look behind it
            found[other] = self.row(wanted[other].as_py())
        return found

    def _damaged(self, reason: str) -> StoreError:
        return StoreError.damaged(self._path or "vocabulary", reason)
