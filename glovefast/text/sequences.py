"""Sequences of indices in columns: their concatenated indices and the bounds of each sequence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, TypeAlias, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.text.lists import SharedIntegers
from glovefast.text.pieces import is_list
from glovefast.text.words import shown
from glovefast.vocabulary.arrow import integer_array

AnySequences: TypeAlias = (
    "Sequences | Sequence[Sequence[int]] | pa.ListArray | pa.LargeListArray | pa.ChunkedArray"
)

MODES = ("binary", "count", "tfidf", "freq")

_LARGEST_OFFSET = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Sequences:
    """Sequences in columns.

    Attributes
    ----------
    indices : numpy.ndarray
        (m,) int32 or int64: the indices of all sequences.
    offsets : numpy.ndarray
        (n + 1,) int64: the bounds of the n sequences.
    integers : SharedIntegers or None
        Python integers for the lists to share.
    """

    indices: NDArray[np.integer]
    offsets: NDArray[np.int64]
    integers: SharedIntegers | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def joined(cls, parts: Iterable["Sequences"]) -> "Sequences":
        """Concatenate the sequences of several parts."""
        all_indices: list[NDArray[np.integer]] = [np.zeros(0, dtype=np.int32)]
        all_offsets = [np.zeros(1, dtype=np.int64)]
        total = 0
        for part in parts:
            all_indices.append(part.indices)
            all_offsets.append(part.offsets[1:] + total)
            total += len(part.indices)
        return cls(np.concatenate(all_indices), np.concatenate(all_offsets))

    @classmethod
    def of(cls, sequences: AnySequences) -> "Sequences":
        """Make columns of sequences in any container.

        Raises
        ------
        TypeError
            If a sequence is missing or holds something other than integers; the message names its position.
        """
        if isinstance(sequences, Sequences):
            return sequences
        if is_column(sequences):
            return cls._of_arrow(sequences)
        if hasattr(sequences, "to_list"):  # a pandas Series
            sequences = sequences.to_list()
        for place, sequence in enumerate(sequences):
            check_sequence(sequence, place)
        lengths = np.fromiter(map(len, sequences), np.int64, len(sequences))
        offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
        if isinstance(sequences, np.ndarray) and sequences.dtype != object:
            indices = sequences.reshape(-1)
        else:
            indices = np.array(list(chain.from_iterable(sequences)))
        if not indices.size:
            indices = np.zeros(0, dtype=np.int64)
        if indices.dtype.kind not in "iu" or indices.ndim != 1:
            for place, sequence in enumerate(sequences):
                for index in sequence:
                    if isinstance(index, bool) or not isinstance(index, int | np.integer):
                        raise TypeError(
                            f"the sequence at position {place} holds {shown(index)}, which is not an index"
                        )
            raise TypeError("the sequences hold indices beyond 64 bits")
        return cls(indices, offsets)

    @classmethod
    def _of_arrow(cls, array: Any) -> "Sequences":  # noqa: ANN401 - see is_column
        if hasattr(array, "to_arrow"):
            array = array.to_arrow()
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        kind = array.type
        if not is_list(kind) or not (
            pa.types.is_integer(kind.value_type) or pa.types.is_null(kind.value_type)
        ):
            raise TypeError(f"a column of sequences must hold lists of integers, not {kind}")
        if array.null_count:
            place = array.is_null().index(True).as_py()
            raise TypeError(f"sequences must be lists of integers; the one at position {place} is null")
        if not pa.types.is_list(kind) and not pa.types.is_large_list(kind):
            array = pa.array(array.to_pylist(), pa.large_list(kind.value_type))
        dtype = np.int32 if pa.types.is_list(array.type) else np.int64
        offsets = np.frombuffer(array.buffers()[1] or bytes(8), dtype=dtype).astype(np.int64)
        offsets = offsets[array.offset : array.offset + len(array) + 1]
        values = array.values.slice(offsets[0], offsets[-1] - offsets[0])
        offsets -= offsets[0]
        if values.null_count:
            null = values.is_null().index(True).as_py()
            place = int(np.searchsorted(offsets, null, side="right")) - 1
            raise TypeError(f"sequences must be lists of integers; the one at position {place} holds a null")
        if pa.types.is_null(values.type):  # all lists are empty
            return cls(np.zeros(0, dtype=np.int64), offsets)
        # The names of these types are NumPy's. Before version 26, pyarrow's own conversion needs pandas.
        numbers = np.frombuffer(values.buffers()[1] or b"", dtype=str(values.type))
        return cls(numbers[values.offset : values.offset + len(values)], offsets)

    def lists(self) -> Iterator[list[int]]:
        """Give lists of Python integers, one by one."""
        values = self.indices if self.integers is None else self.integers.at(self.indices)
        for begin, end in pairwise(self.offsets.tolist()):
            yield values[begin:end].tolist()

    def arrow(self) -> pa.ListArray | pa.LargeListArray:
        """View the columns as an Arrow array, whose offsets have 64 bits only if 32 are too few."""
        values = integer_array(self.indices)
        if self.offsets[-1] > _LARGEST_OFFSET:
            return pa.LargeListArray.from_arrays(integer_array(self.offsets), values)
        return pa.ListArray.from_arrays(integer_array(self.offsets.astype(np.int32)), values)

    def matrix(
        self, columns: int, mode: str, document_count: int, index_docs: dict[int, int]
    ) -> NDArray[np.float64]:
        """Make a matrix with a row for each sequence and a column for each index.

        Parameters
        ----------
        columns : int
            The number of columns; larger indices are left out.
        mode : {"binary", "count", "tfidf", "freq"}
            The meaning of the values; see `glovefast.text.Tokenizer.texts_to_matrix`.
        document_count : int
            For "tfidf": the number of all texts.
        index_docs : dict
            For "tfidf": the number of texts in which each index occurs.

        Returns
        -------
        numpy.ndarray
            (n, columns) float64.
        """
        if mode not in MODES:
            raise ValueError(f"mode={mode!r} is not one of {', '.join(MODES)}")
        matrix = np.zeros((len(self), columns))
        lengths = np.diff(self.offsets)
        row = np.repeat(np.arange(len(self)), lengths)
        inside = self.indices < columns
        row, column = row[inside], self.indices[inside].astype(np.int64)
        if (column < 0).any():
            place = int(row[np.argmax(column < 0)])
            raise ValueError(f"the sequence at position {place} holds an index below 0")
        if mode == "binary":
            matrix[row, column] = 1
            return matrix
        np.add.at(matrix, (row, column), 1)
        if mode == "freq":
            matrix /= np.maximum(lengths, 1)[:, np.newaxis]
        elif mode == "tfidf":
            used = np.unique(column)
            docs = np.array([index_docs.get(index, 0) for index in used.tolist()], dtype=np.float64)
            idf = np.zeros(columns)
            idf[used] = np.log(1 + document_count / (1 + docs))
            # Scheme 2 of https://en.wikipedia.org/wiki/Tf%E2%80%93idf
            matrix[row, column] = (1 + np.log(matrix[row, column])) * idf[column]
        return matrix


def is_column(sequences: Any) -> bool:  # noqa: ANN401 - sequences in any container
    """Say whether sequences are in an Arrow array or a polars Series."""
    return isinstance(sequences, pa.Array | pa.ChunkedArray) or hasattr(sequences, "to_arrow")


def check_sequence(sequence: Any, place: int) -> None:  # noqa: ANN401 - whatever was given as a sequence
    """Raise an error for an entry that is not a sequence.

    Raises
    ------
    TypeError
        Names the position.
    """
    if not isinstance(sequence, Iterable) or isinstance(sequence, str | bytes):
        raise TypeError(f"the entry at position {place} is not a sequence: {shown(sequence)}")


def lists_of(sequences: AnySequences) -> Iterator[Any]:
    """Give sequences one by one, those in columns and arrays as lists of Python numbers."""
    if is_column(sequences):
        yield from Sequences.of(sequences).lists()
        return
    for place, sequence in enumerate(cast("Iterable[Any]", sequences)):
        check_sequence(sequence, place)
        yield sequence.tolist() if isinstance(sequence, np.ndarray) else sequence


def texts_of(
    sequences: AnySequences, index_word: Mapping[int, str], num_words: float | None, oov_word: str | None
) -> Iterator[str]:
    """Turn sequences back into texts; `oov_word` replaces what has no word or is not below `num_words`."""
    for sequence in lists_of(sequences):
        words = []
        for index in sequence:
            word = index_word.get(index)
            if word is None or (num_words and index >= num_words):
                word = oov_word
            if word is not None:
                words.append(word)
        yield " ".join(words)
