"""The words of a Tokenizer in columns: a hash table that the kernels fill and search."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glovefast.kernels import (
    FIRST_TEXT,
    HASH_BLOCK_BYTES,
    NEXT_TEXT,
    NEXT_WORD,
    PADDING,
    TABLE_BYTES,
    TABLE_WORDS,
    TEXT_STATUS_LENGTH,
    WORD_BEGIN,
    WORD_BOUNDS_AT_ONCE,
    WORD_FIRST,
    WORD_LENGTH,
    WORD_RECORD,
    WORDS_ARE_CHARACTERS,
    WORDS_ARE_GIVEN,
)
from glovefast.kernels.load import load_kernels
from glovefast.text.batches import TextBatch, utf8
from glovefast.text.word_rule import EVERY_BYTE, ByteRule

_FIRST_CAPACITY = 1 << 12
_BYTES_PER_WORD = 12
_FEW_BYTES = 1 << 12  # so few that the longest text need not be found
# Of all tables of this process, so that they can be added up. No result depends on it.
_SEED = int.from_bytes(os.urandom(7))


class Workspace:
    """The arrays that a thread needs beside the table: the words of one text at a time.

    Attributes
    ----------
    arrays : tuple of numpy.ndarray
        The kernels' ``scratch, bounds, hashes, blocks``.
    """

    def __init__(self) -> None:
        self._room = 0
        self.arrays: tuple[NDArray[Any], ...] = ()
        self._indices = np.empty(0, dtype=np.int32)

    def arrays_for(self, batch: TextBatch) -> tuple[NDArray[Any], ...]:
        """Give the arrays, with room for the longest text of a batch."""
        longest = len(batch.text) + len(batch.given_ends)
        if longest > _FEW_BYTES:
            longest = self._longest(batch)
        room = longest + PADDING
        if room > self._room:
            self._room = 2 * room
            self.arrays = (
                np.empty(self._room, dtype=np.uint8),
                np.empty(2 * self._room + WORD_BOUNDS_AT_ONCE, dtype=np.int64),
                np.empty(self._room, dtype=np.uint64),
                np.empty(self._room, dtype=np.uint64),
            )
        return self.arrays

    @staticmethod
    def _longest(batch: TextBatch) -> int:
        """Find the length of the longest text of a batch, in bytes or in words."""
        longest = int(np.diff(batch.text_ends, prepend=0).max(initial=0))
        if batch.how == WORDS_ARE_GIVEN:
            word_ends = np.concatenate([np.zeros(1, dtype=np.int64), batch.given_ends])
            bytes_ends = word_ends[batch.text_ends]
            longest = max(longest, int(np.diff(bytes_ends, prepend=0).max(initial=0)))
        return longest

    def indices_for(self, words: int) -> NDArray[np.int32]:
        """Give an array for the indices of some words, the same one each time: new memory takes longer."""
        if words > len(self._indices):
            self._indices = np.empty(2 * words, dtype=np.int32)
        return self._indices


class WordTable:
    """Words in the order in which they were added, with their counts and places."""

    def __init__(self) -> None:
        self._kernels = load_kernels("count_words", "add_words", "fill_slots", "number_words")
        self._status = np.zeros(TEXT_STATUS_LENGTH, dtype=np.int64)
        self._slots = np.zeros(2 * _FIRST_CAPACITY, dtype=np.uint64)
        self._records = _empty_records(_FIRST_CAPACITY)
        self._bytes = np.empty(_FIRST_CAPACITY * _BYTES_PER_WORD, dtype=np.uint8)

    @classmethod
    def of_words(cls, words: Sequence[str]) -> "WordTable":
        """Make a table of distinct words."""
        table = cls()
        text, ends = utf8(words)
        batch = TextBatch(text, np.array([len(words)], dtype=np.int64), WORDS_ARE_GIVEN, ends, 0)
        table.count(batch, EVERY_BYTE, Workspace())
        return table

    def __len__(self) -> int:
        return int(self._status[TABLE_WORDS])

    def column(self, place: int) -> NDArray[np.int64]:
        """View one number of each word, for example ``WORD_COUNT``."""
        column: NDArray[np.int64] = self._records.reshape(-1, WORD_RECORD)[: len(self), place]
        return column

    def words(self) -> list[str]:
        """Give the words as Python strings."""
        data = self._bytes[: self._status[TABLE_BYTES]]
        # The bytes that continue a character begin with the bits 10.
        characters = np.cumsum((data & 0xC0) != 0x80)
        ends = np.concatenate([[0], characters])[self.column(WORD_BEGIN) + self.column(WORD_LENGTH)].tolist()
        joined = data.tobytes().decode("utf-8", "surrogatepass")
        return [joined[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]

    def count(self, batch: TextBatch, for_bytes: ByteRule, workspace: Workspace) -> None:
        """Count the words of a batch of texts."""
        arrays = workspace.arrays_for(batch)
        status = self._status
        status[FIRST_TEXT] = batch.first
        status[NEXT_TEXT] = status[NEXT_WORD] = 0
        while self._kernels.count_words(
            batch.text,
            batch.text_ends,
            batch.how,
            batch.given_ends,
            for_bytes.separators,
            for_bytes.lower,
            _SEED,
            *arrays,
            self._slots,
            self._records,
            self._bytes,
            status,
        ) < len(batch.text_ends):
            self._grow(len(arrays[0]))

    def in_order_of_first_occurrence(self) -> bool:
        """Say whether the words stand in the order of their first occurrence."""
        return bool((np.diff(self.column(WORD_FIRST)) > 0).all())

    def add(self, tables: Sequence["WordTable"]) -> None:
        """Add the words and counts of other tables, which counted other texts of the same source."""
        if not tables:
            return
        shifts = np.cumsum([0, *(table._status[TABLE_BYTES] for table in tables)])
        data = np.concatenate(
            [*(table._bytes[: table._status[TABLE_BYTES]] for table in tables), np.zeros(PADDING, np.uint8)]
        )
        parts = [table._records.reshape(-1, WORD_RECORD)[: len(table)].copy() for table in tables]
        for part, shift in zip(parts, shifts, strict=False):
            part[:, WORD_BEGIN] += shift
        others = np.concatenate(parts)
        # Of a word in several tables, the earliest occurrence comes first and decides its place.
        order = np.argsort(others[:, WORD_FIRST])
        longest = int(others[:, WORD_LENGTH].max(initial=0))
        self._status[NEXT_WORD] = 0
        while self._kernels.add_words(
            data, others.reshape(-1), order, self._slots, self._records, self._bytes, self._status
        ) < len(order):
            self._grow(longest)

    def indices(
        self,
        batch: TextBatch,
        for_bytes: ByteRule,
        index_of: NDArray[np.int32],
        unknown: int,
        workspace: Workspace,
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Give the indices of the words of a batch of texts.

        Parameters
        ----------
        batch : TextBatch
            t texts.
        for_bytes : ByteRule
            How their bytes become words.
        index_of : numpy.ndarray
            int32: the index of each word of the table; negative to leave a word out.
        unknown : int
            The index of all other words; negative to leave them out.
        workspace : Workspace
            The thread's own.

        Returns
        -------
        indices : numpy.ndarray
            (n,) int32.
        offsets : numpy.ndarray
            (t + 1,) int64: the bounds of the indices of each text.
        """
        texts = len(batch.text_ends)
        words = {WORDS_ARE_GIVEN: len(batch.given_ends), WORDS_ARE_CHARACTERS: len(batch.text)}
        # Between separators, at most every other byte is a word. The kernel writes to one more place.
        room = words.get(batch.how, len(batch.text) // 2 + texts) + 1
        indices = workspace.indices_for(room)
        offsets = np.zeros(texts + 1, dtype=np.int64)
        found = self._kernels.number_words(
            batch.text,
            batch.text_ends,
            batch.how,
            batch.given_ends,
            for_bytes.separators,
            for_bytes.lower,
            _SEED,
            *workspace.arrays_for(batch),
            self._slots,
            self._records,
            self._bytes,
            index_of,
            unknown,
            indices,
            offsets[1:],
        )
        return indices[:found].copy(), offsets

    def number_of(self, word: str) -> int:
        """Give the number of one word; -1 if it is not in the table."""
        text, ends = utf8([word])
        batch = TextBatch(text, np.array([1], dtype=np.int64), WORDS_ARE_GIVEN, ends, 0)
        numbers = np.arange(len(self), dtype=np.int32)
        found, _ = self.indices(batch, EVERY_BYTE, numbers, -1, Workspace())
        return int(found[0]) if found.size else -1

    def copy(self) -> "WordTable":
        """Give an independent copy, since a table in use for look-ups must not change."""
        table = WordTable()
        table._status, table._slots = self._status.copy(), self._slots.copy()
        table._records, table._bytes = _empty_records(len(self._records) // WORD_RECORD), self._bytes.copy()
        table._records[:] = self._records
        return table

    def _grow(self, longest: int) -> None:
        """Make room for more words, and for a word of `longest` bytes."""
        words, capacity = len(self), len(self._records) // WORD_RECORD
        if words == capacity:
            records = _empty_records(2 * capacity)
            records[: len(self._records)] = self._records
            self._records = records
            self._slots = np.zeros(4 * capacity, dtype=np.uint64)
            self._kernels.fill_slots(self._records, words, self._slots)
            return
        longer = np.empty(2 * len(self._bytes) + longest + HASH_BLOCK_BYTES, dtype=np.uint8)
        longer[: len(self._bytes)] = self._bytes
        self._bytes = longer


def _empty_records(capacity: int) -> NDArray[np.int64]:
    """Make room for the records of words, each in one line of a processor's cache."""
    room = np.empty((capacity + 1) * WORD_RECORD, dtype=np.int64)
    begin = -room.ctypes.data % (WORD_RECORD * room.itemsize) // room.itemsize
    return room[begin : begin + capacity * WORD_RECORD]
