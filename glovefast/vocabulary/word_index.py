"""Find the rows of words in memory-mapped Arrow arrays; hash collisions are resolved here.

The index is a static hash table with 2**k buckets. Each bucket is an Arrow list of ``{hash, row}``. The top
k bits of a word's 64-bit hash choose its bucket, and k is the smallest number with a bucket for each word on
average. The entries of a bucket are ordered by hash, then by the word's bytes, then by row. A look-up of a
duplicate word therefore finds its first row, and long buckets are searched by halving: the hash is public, so
anyone can make words that share a bucket or a hash, and no such words may make look-ups slow.
"""

from collections.abc import Iterator
from os import PathLike
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import StoreError
from glovefast.kernels import BAD_TEXT, HASH_BITS, INDEX_FEW_ENTRIES, LOOK_UPS_AT_ONCE
from glovefast.vocabulary.arrow import (
    Words,
    array_bytes,
    array_offsets,
    as_numpy,
    as_string_array,
    misplaced_word,
    word_kernels,
)
from glovefast.vocabulary.hashing import hash_word
from glovefast.vocabulary.index_building import PLACES, build_index, equal_neighbors

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
        self._shift = HASH_BITS - (len(index).bit_length() - 1)
        entries = index.values
        self._tables = (
            array_offsets(index),
            as_numpy(entries.field(0), np.uint64),
            as_numpy(entries.field(1), np.int32),
            array_offsets(words),
            array_bytes(words),
        )
        # Python's own views of the same memory. They find one word in 1 µs; calling a kernel takes 3 µs.
        self._bucket_view, self._hash_view, self._row_view, self._offset_view, self._byte_view = (
            table.data for table in self._tables
        )
        self._entries, self._bytes = min(len(self._hash_view), len(self._row_view)), len(self._byte_view)

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
        """Return the arrays that a look-up reads; those of a store are not checked.

        Returns
        -------
        tuple of numpy.ndarray
            Where each bucket begins among the hashes, int32; the hashes, uint64; their rows, int32; where
            each word begins among the bytes, int32; the words' bytes, uint8.
        """
        return self._tables

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
            for slots, same in equal_neighbors(*self._tables[1:]):
                duplicates.append(self._tables[2][slots[same]])
        except IndexError as error:
            raise self._damaged(f"its index points outside of the store ({error})") from error
        rows: NDArray[np.int64] = np.concatenate(duplicates, dtype=np.int64)
        rows.sort()
        return rows

    def words_with_spaces(self) -> int:
        """Count the words that contain a space."""
        *_, offsets, word_bytes = self._tables
        data = word_bytes[offsets[0] : offsets[-1]]
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
            if not 0 <= begin <= last <= self._entries:
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
            for slot in range(begin, end + (end < last)):
                if self._hash_view[slot] == hashed:
                    row = self._row_view[slot]
                    if row < 0:  # Python would count from the end
                        raise IndexError("a row")
                    first, behind = self._offset_view[row], self._offset_view[row + 1]
                    if 0 <= first <= behind <= self._bytes and self._byte_view[first:behind] == encoded:
                        return row
        except IndexError as error:
            raise self._damaged(f"its index points outside of the store ({error})") from error
        return -1

    def _word_at(self, slot: int) -> bytes:
        """Return the word of an entry of the index."""
        row = self._row_view[slot]
        if row < 0:
            raise IndexError("a row")
        first, behind = self._offset_view[row], self._offset_view[row + 1]
        if not 0 <= first <= behind <= self._bytes:
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
        found = np.empty(len(wanted), dtype=np.int64)
        hashes = np.empty(min(len(wanted), LOOK_UPS_AT_ONCE), dtype=np.uint64)
        status = word_kernels().find_rows(
            array_bytes(wanted), array_offsets(wanted), *self._tables, hashes, found
        )
        if status == BAD_TEXT:
            raise misplaced_word(wanted)
        if status:
            raise self.damaged(status)
        return found

    def damaged(self, status: int) -> StoreError:
        """Make the error for what a kernel found in the index."""
        return self._damaged(f"its index points outside of the store ({PLACES[status]})")

    def _damaged(self, reason: str) -> StoreError:
        return StoreError.damaged(self._path or "vocabulary", reason)
