"""Words to rows and rows to words, over Arrow arrays that lie memory-mapped on disk.

The index is a static hash table: 2**k buckets, each an Arrow list of ``{hash, row}``; the top k bits of a
word's 64-bit hash choose its bucket, and k is the smallest number that gives each word a bucket of its own
on average. Inside a bucket the entries are ordered by hash, then by row, so that of duplicate words the
first row is found. Batches are looked up with NumPy and Arrow alone: a process that only looks up words
loads no compiler.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from glovefast.errors import VocabularyError

Words: TypeAlias = "Sequence[str] | NDArray[np.str_] | NDArray[np.object_] | pa.Array | pa.ChunkedArray"

ENTRY_TYPE = pa.struct([pa.field("hash", pa.uint64(), False), pa.field("row", pa.int32(), False)])
BUCKET_TYPE = pa.list_(pa.field("entry", ENTRY_TYPE, False))

_WORD_BITS = 64
_ALL_BITS = (1 << _WORD_BITS) - 1
# Odd constants with well-spread bits: the golden ratio's, and the two of MurmurHash3's finalizer
# (https://github.com/aappleby/smhasher/wiki/MurmurHash3).
_SEED = 0x9E3779B97F4A7C15
_MULTIPLIER = 0xFF51AFD7ED558CCD
_FINAL_MULTIPLIER = 0xC4CEB9FE1A85EC53
_BLOCK_BYTES = 8
# _TAIL_MASKS[n] keeps the first n bytes of a little-endian block of eight.
_TAIL_MASKS = np.array([(1 << (8 * n)) - 1 for n in range(_BLOCK_BYTES + 1)], dtype=np.uint64)


def hash_word(word: bytes) -> int:
    """Hash one word.

    Parameters
    ----------
    word : bytes
        The word in UTF-8.

    Returns
    -------
    int
        The 64-bit hash: the word's bytes in zero-padded little-endian blocks of eight, each xored into the
        state, multiplied and folded, as in MurmurHash3; the length is the seed's factor, so that trailing
        NUL bytes count.
    """
    state = len(word) * _SEED & _ALL_BITS
    for start in range(0, len(word), _BLOCK_BYTES):
        state ^= int.from_bytes(word[start : start + _BLOCK_BYTES], "little")
        state = state * _MULTIPLIER & _ALL_BITS
        state ^= state >> 32
    state = state * _FINAL_MULTIPLIER & _ALL_BITS
    return state ^ state >> 29


def hash_words(words: pa.StringArray) -> NDArray[np.uint64]:
    """Hash a batch of words; the same numbers as `hash_word` gives.

    Parameters
    ----------
    words : pyarrow.StringArray
        n words, without nulls.

    Returns
    -------
    numpy.ndarray
        (n,) uint64.
    """
    offsets = _offsets(words)
    first, last = int(offsets[0]), int(offsets[-1])
    # A copy with room behind the last word, so that whole blocks can be read everywhere.
    padded = np.zeros(last - first + _BLOCK_BYTES, dtype=np.uint8)
    padded[: last - first] = np.frombuffer(words.buffers()[2] or b"", dtype=np.uint8)[first:last]
    blocks = np.ndarray((last - first + 1,), dtype="<u8", buffer=padded, strides=(1,))

    position = offsets[:-1].astype(np.int64) - first
    remaining = np.diff(offsets).astype(np.int64)
    state = remaining.astype(np.uint64) * np.uint64(_SEED)
    active = np.flatnonzero(remaining)
    while active.size:
        block = blocks[position[active]] & _TAIL_MASKS[np.minimum(remaining[active], _BLOCK_BYTES)]
        mixed = (state[active] ^ block) * np.uint64(_MULTIPLIER)
        state[active] = mixed ^ (mixed >> np.uint64(32))
        position[active] += _BLOCK_BYTES
        remaining[active] -= _BLOCK_BYTES
        active = active[remaining[active] > 0]
    state *= np.uint64(_FINAL_MULTIPLIER)
    return state ^ (state >> np.uint64(29))


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
    order = np.argsort(hashes)
    ordered = hashes[order]
    if np.any(ordered[1:] == ordered[:-1]):
        order = np.argsort(hashes, kind="stable")
    bucket = (ordered >> np.uint64(_WORD_BITS - bits)).astype(np.int64)
    offsets = np.zeros((1 << bits) + 1, dtype=np.int32)
    np.cumsum(np.bincount(bucket, minlength=1 << bits), out=offsets[1:])
    entries = pa.StructArray.from_arrays(
        [pa.array(ordered), pa.array(order.astype(np.int32))], fields=list(ENTRY_TYPE)
    )
    return pa.ListArray.from_arrays(pa.array(offsets), entries, type=BUCKET_TYPE)


def as_string_array(words: Words) -> pa.StringArray:
    """Make one Arrow array of any batch of words.

    Parameters
    ----------
    words : sequence of str, numpy.ndarray or pyarrow array
        n words.

    Returns
    -------
    pyarrow.StringArray
        The n words, without nulls.

    Raises
    ------
    VocabularyError
        If an entry is no string, is missing, or cannot be written as UTF-8 (a lone surrogate); the message
        names its position.
    """
    if isinstance(words, str | bytes) or not isinstance(words, Iterable):
        raise VocabularyError(f"a list of words is needed, not the single {type(words).__name__} {words!r}")
    if isinstance(words, Iterator):  # it can be gone through only once
        words = list(words)
    try:
        if isinstance(words, pa.ChunkedArray):
            words = words.combine_chunks()
        array = words if isinstance(words, pa.Array) else pa.array(words)
        if not len(array):
            return pa.array([], pa.string())
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if pa.types.is_large_string(array.type):
            array = array.cast(pa.string())
        if pa.types.is_string(array.type) and not array.null_count:
            return array
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, UnicodeEncodeError):
        pass  # the entry at fault is found and named below
    for position, word in enumerate(words):
        plain = word.as_py() if isinstance(word, pa.Scalar) else word
        if not isinstance(plain, str):
            raise VocabularyError(f"the entry at position {position} is no string: {plain!r}")
        try:
            plain.encode()
        except UnicodeEncodeError:
            raise VocabularyError(
                f"the word at position {position} is not valid Unicode: {plain!r} holds a lone surrogate"
            ) from None
    return pa.array([str(word) for word in words], pa.string())


class Vocabulary:
    """The words of a store, each found by its row and its row by the word.

    Parameters
    ----------
    words : pyarrow.StringArray
        n words in row order.
    index : pyarrow.ListArray
        What `build_index` made of them.
    """

    def __init__(self, words: pa.StringArray, index: pa.ListArray) -> None:
        self.words = words
        self.index = index
        buckets = len(index)
        self._shift = _WORD_BITS - (buckets.bit_length() - 1)
        self._bucket_offsets = _offsets(index)
        entries = index.values
        self._hashes = np.asarray(entries.field(0))
        self._rows = np.asarray(entries.field(1))
        # Python objects over the same memory: they answer a single look-up several times faster than NumPy.
        self._bucket_view = self._bucket_offsets.data
        self._hash_view = self._hashes.data
        self._row_view = self._rows.data
        self._offset_view = _offsets(words).data
        self._byte_view = memoryview(words.buffers()[2] or b"").cast("B")

    @classmethod
    def from_words(cls, words: Words) -> "Vocabulary":
        """Build a vocabulary, index and all, in memory."""
        array = as_string_array(words)
        return cls(array, build_index(array))

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return (word.as_py() for word in self.words)

    def duplicate_rows(self) -> NDArray[np.int64]:
        """Find the rows whose word stands in an earlier row already.

        Returns
        -------
        numpy.ndarray
            int64, ascending.
        """
        # Equal words have equal hashes, and in the index equal hashes are neighbours.
        neighbours = np.flatnonzero(self._hashes[1:] == self._hashes[:-1])
        suspects = np.unique(self._rows[neighbours + 1]).astype(np.int64)
        duplicates: NDArray[np.int64] = suspects[self.rows(self.words.take(pa.array(suspects))) != suspects]
        return duplicates

    def row(self, word: str) -> int:
        """Find one word's row: the first where the word stands more than once, -1 where it is missing."""
        try:
            encoded = word.encode()
        except UnicodeEncodeError:  # a lone surrogate: no UTF-8 text holds it
            return -1
        hashed = hash_word(encoded)
        bucket = hashed >> self._shift
        for slot in range(self._bucket_view[bucket], self._bucket_view[bucket + 1]):
            if self._hash_view[slot] == hashed:
                row = self._row_view[slot]
                if self._byte_view[self._offset_view[row] : self._offset_view[row + 1]] == encoded:
                    return row
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
        """
        wanted = as_string_array(words)
        found = np.full(len(wanted), -1, dtype=np.int64)
        hashes = hash_words(wanted)
        bucket = (hashes >> np.uint64(self._shift)).astype(np.int64)
        slot = self._bucket_offsets[bucket]
        end = self._bucket_offsets[bucket + 1]
        pending = np.flatnonzero(slot < end)
        # One turn per place in a bucket: all words look at their bucket's first entry, then those that are
        # still without a row at the second, and so on. Few buckets hold more than four.
        while pending.size:
            here = slot[pending]
            same_hash = self._hashes[here] == hashes[pending]
            candidates = pending[same_hash]
            rows = self._rows[here[same_hash]]
            equal = pc.equal(self.words.take(pa.array(rows)), wanted.take(pa.array(candidates)))
            confirmed = np.asarray(equal.to_numpy(zero_copy_only=False), dtype=bool)
            found[candidates[confirmed]] = rows[confirmed]
            slot[pending] += 1
            pending = pending[(found[pending] < 0) & (slot[pending] < end[pending])]
        return found


def _offsets(array: pa.Array) -> NDArray[np.int32]:
    """View the n + 1 offsets of a string or list array, a slice's own ones included."""
    buffer = array.buffers()[1]
    if buffer is None or not buffer.size:  # Arrow allows an empty array to come without offsets
        return np.zeros(1, dtype=np.int32)
    offsets: NDArray[np.int32] = np.frombuffer(buffer, dtype=np.int32)
    return offsets[array.offset : array.offset + len(array) + 1]
