"""Find the rows of words, in Arrow arrays that are memory-mapped.

The index is a static hash table with 2**k buckets. Each bucket is an Arrow list of ``{hash, row}``. The top
k bits of a word's 64-bit hash choose its bucket, and k is the smallest number with a bucket for each word on
average. The entries of a bucket are ordered by hash, then by row, so that a look-up of a duplicate word finds
its first row. Look-ups need only NumPy and Arrow: a process that only looks up words loads no compiler.
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


class WordIndex:
    """The words of a store and the index that finds their rows.

    Parameters
    ----------
    words : pyarrow.StringArray
        n words in the order of their rows.
    index : pyarrow.ListArray
        The result of `build_index` for these words.
    path : path-like, optional
        The store that both were mapped from. They are then not trusted: a look-up checks every number that it
        follows, and `words` checks all words at the first use.
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
        # Python's own views of the same memory: single look-ups are several times faster than with NumPy.
        self._bucket_view = self._bucket_offsets.data
        self._hash_view = self._hashes.data
        self._row_view = self._rows.data
        self._offset_view = array_offsets(words).data
        self._byte_view = memoryview(words.buffers()[2] or b"").cast("B")

    @classmethod
    def from_words(cls, words: Words) -> "WordIndex":
        """Build an index in memory."""
        array = as_string_array(words)
        return cls(array, build_index(array))

    @property
    def words(self) -> pa.StringArray:
        """The words in the order of their rows.

        The words of a store are checked at the first use. Every offset must lie within the words' bytes and
        every word must be UTF-8, so that neither Arrow nor a kernel reads anything else.

        Raises
        ------
        StoreError
            If the words are damaged.
        """
        if not self._checked:
            try:
                self._words.validate(full=True)
            except pa.ArrowException as error:
                raise self._damaged(f"its words are damaged ({error})") from error
            self._checked = True
        return self._words

    def __len__(self) -> int:
        return len(self._words)

    def __iter__(self) -> Iterator[str]:
        return (word.as_py() for word in self.words)

    def tables(self) -> tuple[NDArray[Any], ...]:
        """Return the arrays that a look-up reads. Pass them to a kernel only if they were built in memory.

        The arrays of a store are not checked, and a kernel would follow any number in them.

        Returns
        -------
        tuple of numpy.ndarray
            Where each bucket begins among the hashes, int32; the hashes, uint64; their rows, int32; where
            each word begins among the bytes, int32; the words' bytes, uint8.
        """
        word_bytes = np.frombuffer(self._byte_view, dtype=np.uint8)
        return self._bucket_offsets, self._hashes, self._rows, array_offsets(self._words), word_bytes

    def duplicate_rows(self) -> NDArray[np.int64]:
        """Find the rows whose word already occurs in an earlier row.

        Returns
        -------
        numpy.ndarray
            int64, ascending.

        Raises
        ------
        StoreError
            If the index is damaged.
        """
        # Equal words have equal hashes, and equal hashes are neighbours in the index.
        neighbours = np.flatnonzero(self._hashes[1:] == self._hashes[:-1])
        if not neighbours.size:  # saves loading np.unique and Arrow's take
            return neighbours
        suspects = np.unique(self._rows[neighbours + 1]).astype(np.int64)
        try:
            words = self.words.take(integer_array(suspects))
        except IndexError as error:
            raise self._damaged(f"its index points outside of the store ({error})") from error
        duplicates: NDArray[np.int64] = suspects[self.rows(words) != suspects]
        return duplicates

    def words_with_spaces(self) -> int:
        """Count the words that contain a space."""
        offsets = array_offsets(self._words)
        data = np.frombuffer(self._byte_view, dtype=np.uint8)[offsets[0] : offsets[-1]]
        # In pieces, since the comparison takes as much memory as the words.
        pieces = range(0, len(data), _BATCH_BYTES)
        spaces = [first + np.flatnonzero(data[first : first + _BATCH_BYTES] == ord(" ")) for first in pieces]
        # The same type as the offsets, or np.searchsorted copies all of them.
        inside = offsets[0] + np.concatenate([np.empty(0, dtype=np.int32), *spaces], dtype=np.int32)
        rows = np.searchsorted(offsets, inside, side="right")  # ascending, like the spaces
        return int(np.count_nonzero(rows[1:] != rows[:-1])) + bool(rows.size)

    def row(self, word: str) -> int:
        """Find the row of one word: its first row if it has several, -1 if it is missing.

        Raises
        ------
        StoreError
            If the index is damaged.
        """
        try:
            encoded = word.encode()
        except UnicodeEncodeError:  # a lone surrogate, which UTF-8 text cannot contain
            return -1
        hashed = hash_word(encoded)
        bucket = hashed >> self._shift
        try:
            for slot in range(self._bucket_view[bucket], self._bucket_view[bucket + 1]):
                if self._hash_view[slot] == hashed:
                    row = self._row_view[slot]
                    if row < 0:  # Python would count it from the end
                        raise IndexError(f"row {row}")
                    if self._byte_view[self._offset_view[row] : self._offset_view[row + 1]] == encoded:
                        return row
        except IndexError as error:
            raise self._damaged(f"its index points outside of the store ({error})") from error
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
            (n,) int64: the first row of each word, -1 for missing words.

        Raises
        ------
        VocabularyError
            If an entry is not a string.
        StoreError
            If the index is damaged.
        """
        wanted = as_string_array(words)
        try:
            return self._find(wanted)
        except IndexError as error:  # NumPy does not read outside of an array
            raise self._damaged(f"its index points outside of the store ({error})") from error

    def _find(self, wanted: pa.StringArray) -> NDArray[np.int64]:
        hashes = hash_words(wanted)
        bucket = (hashes >> np.uint64(self._shift)).astype(np.int64)
        slot, end = self._bucket_offsets[bucket], self._bucket_offsets[bucket + 1]
        slot_found = np.full(len(wanted), -1, dtype=np.int64)
        pending = np.flatnonzero(slot < end)
        slot, end, sought = slot[pending], end[pending], hashes[pending]
        # All words look at the first entry of their bucket, then those without a hit at the second, and so
        # on. Few buckets have more than four entries.
        while pending.size:
            hit = self._hashes[slot] == sought
            slot_found[pending[hit]] = slot[hit]
            slot += 1
            going_on = np.flatnonzero(~hit & (slot < end))
            pending, slot, end, sought = pending[going_on], slot[going_on], end[going_on], sought[going_on]
        hits = np.flatnonzero(slot_found >= 0)
        rows = self._rows[slot_found[hits]]
        if rows.size and rows.min() < 0:  # NumPy would count it from the end
            raise IndexError(f"row {rows.min()}")
        same = same_words(self._blocks, rows, WordBlocks(wanted), hits)
        found = np.full(len(wanted), -1, dtype=np.int64)
        found[hits] = rows
        for other in hits[~same].tolist():  # another word with the same hash: look further
            found[other] = self.row(wanted[other].as_py())
        return found

    def _damaged(self, reason: str) -> StoreError:
        return StoreError.damaged(self._path or "vocabulary", reason)
