"""Find the rows of words in memory-mapped Arrow arrays; hash collisions are resolved here.

The index is a static hash table with 2**k buckets. Each bucket is an Arrow list of ``{hash, row}``. The top
k bits of a word's 64-bit hash choose its bucket, and k is the smallest number with a bucket for each word on
average. The entries of a bucket are ordered by hash, then by the word's bytes, then by row. A look-up of a
duplicate word therefore finds its first row, and long buckets are searched by halving: the hash is public, so
anyone can make words that share a bucket or a hash, and no such words may make look-ups slow.

Look-ups need only NumPy and Arrow: a process that only looks up words loads no compiler.
"""

from collections.abc import Iterator
from os import PathLike
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import StoreError
from glovefast.kernels import HASH_BITS, INDEX_FEW_ENTRIES
from glovefast.vocabulary.arrow import Words, array_offsets, as_numpy, as_string_array
from glovefast.vocabulary.hashing import WordBlocks, hash_word, hash_words, same_words, words_before
from glovefast.vocabulary.index_building import build_index, equal_neighbors

_BATCH_BYTES = 1 << 20


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
        self._offset_view = self._blocks.offsets.data
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
        # Equal words are neighbors in the index, in the order of their rows.
        duplicates = [np.empty(0, dtype=np.int32)]
        try:
            for slots, same in equal_neighbors(self._blocks, self._hashes, self._rows):
                duplicates.append(self._checked_rows(slots[same]))
        except IndexError as error:
            raise self._damaged(f"its index points outside of the store ({error})") from error
        rows: NDArray[np.int64] = np.concatenate(duplicates, dtype=np.int64)
        rows.sort()
        return rows

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
            begin, last = self._bucket_view[bucket], self._bucket_view[bucket + 1]
            if not 0 <= begin <= last:  # Python would count from the end
                raise IndexError("a bucket")
            end = last
            while end - begin > INDEX_FEW_ENTRIES:
                middle = (begin + end) // 2
                known = self._hash_view[middle]
                if known < hashed or (known == hashed and self._word_at(middle) < encoded):
                    begin = middle + 1
                else:
                    end = middle
            # The entry at `end` is the first that is not before the word, if none before it is.
            for slot in range(begin, min(end + 1, last)):
                if self._hash_view[slot] == hashed:
                    row = self._row_view[slot]
                    if row < 0:
                        raise IndexError(f"row {row}")
                    first, behind = self._offset_view[row], self._offset_view[row + 1]
                    if 0 <= first <= behind and self._byte_view[first:behind] == encoded:
                        return row
        except IndexError as error:
            raise self._damaged(f"its index points outside of the store ({error})") from error
        return -1

    def _word_at(self, slot: int) -> bytes:
        """Return the word of an entry of the index."""
        (row,) = self._checked_rows(np.array([slot])).tolist()
        first, behind = self._offset_view[row], self._offset_view[row + 1]
        if not 0 <= first <= behind <= len(self._byte_view):
            raise IndexError("a word")
        return bytes(self._byte_view[first:behind])

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
        slot, last = self._bucket_offsets[bucket], self._bucket_offsets[bucket + 1]
        if np.any((slot < 0) | (last < slot)):  # NumPy would count from the end
            raise IndexError("a bucket")
        blocks = WordBlocks(wanted)
        slot, end = self._narrow(slot, last, hashes, blocks)
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
        rows = self._checked_rows(slot_found[hits])
        same = same_words(self._blocks, rows, blocks, hits)
        found = np.full(len(wanted), -1, dtype=np.int64)
        found[hits] = rows
        for other in hits[~same].tolist():  # another word with the same hash: look further
            found[other] = self.row(wanted[other].as_py())
        return found

    def _narrow(
        self,
        begin: NDArray[np.int32],
        last: NDArray[np.int32],
        hashes: NDArray[np.uint64],
        wanted: WordBlocks,
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Halve long buckets as `row` does; return where each word's few entries begin and end."""
        end = last
        wide = np.flatnonzero(last - begin > INDEX_FEW_ENTRIES)
        if wide.size:
            begin, end = begin.copy(), last.copy()
        while wide.size:
            middle = begin[wide] + (end[wide] - begin[wide]) // 2
            known, sought = self._hashes[middle], hashes[wide]
            before = known < sought
            tied = np.flatnonzero(known == sought)
            rows = self._checked_rows(middle[tied])
            before[tied] = words_before(self._blocks, rows, wanted, wide[tied])
            begin[wide[before]] = middle[before] + 1
            end[wide[~before]] = middle[~before]
            wide = wide[end[wide] - begin[wide] > INDEX_FEW_ENTRIES]
        return begin, np.minimum(end + np.int32(1), last)

    def _checked_rows(self, slots: NDArray[np.integer]) -> NDArray[np.int32]:
        """Return the rows of entries of the index."""
        rows: NDArray[np.int32] = self._rows[slots]
        if rows.size and rows.min() < 0:  # NumPy would count it from the end
            raise IndexError(f"row {rows.min()}")
        return rows

    def _damaged(self, reason: str) -> StoreError:
        return StoreError.damaged(self._path or "vocabulary", reason)
