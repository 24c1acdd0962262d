"""The words of many texts turned into indices, on several processors."""

from collections.abc import Iterable, Iterator, Mapping
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glovefast.text.batches import Callback, Piece, Progress, batch_of
from glovefast.text.sequences import Sequences
from glovefast.text.word_table import WordTable, Workspace
from glovefast.text.words import WordRule
from glovefast.threads import in_order

_ANY_BYTE = np.arange(256, dtype=np.uint8)
_LARGEST_SPREAD = 4
_LARGEST_INDEX = np.iinfo(np.int32).max


class Numbering:
    """The rule by which words become indices.

    Parameters
    ----------
    table : WordTable
        The words that have an index.
    indices : numpy.ndarray
        int64, not negative: their indices.
    num_words : int or None
        Indices from there on are not given out.
    oov_index : int or None
        The index that is given out for all other words.

    """

    def __init__(
        self, table: WordTable, indices: NDArray[np.int64], num_words: float | None, oov_index: int | None
    ) -> None:
        self._table = table
        self._unknown = -1 if oov_index is None else oov_index
        if num_words:
            indices = np.where(indices >= num_words, self._unknown, indices)
        self._index_of = indices.astype(np.int32)
        end = max(int(indices.max(initial=0)), self._unknown) + 1
        # Python's integers by index, to be shared by all lists, unless there are large gaps.
        dense = end <= _LARGEST_SPREAD * len(indices)
        self._numbers = np.array(range(end), dtype=object) if dense else None

    def sequences(
        self,
        pieces: Iterable[Piece],
        rule: WordRule,
        threads: int,
        progress: Callback | None,
        total: int | None,
    ) -> Iterator[Sequences]:
        """Turn texts into sequences, some at a time.

        Parameters
        ----------
        pieces : iterable of Piece
            The texts.
        rule : WordRule
            How they become words.
        threads : int
            At most so many.
        progress : callable or None
            Called after each piece.
        total : int or None
            How many texts there are.

        Yields
        ------
        Sequences
            Those of a piece.
        """
        byte_of = _ANY_BYTE if rule.byte_of is None else rule.byte_of
        idle: SimpleQueue[Workspace] = SimpleQueue()

        def index(piece: Piece) -> Sequences:
            batch = batch_of(piece, rule)
            try:
                workspace = idle.get_nowait()
            except Empty:
                workspace = Workspace()
            indices, offsets = self._table.indices(batch, byte_of, self._index_of, self._unknown, workspace)
            idle.put(workspace)
            return Sequences(indices, offsets, self._numbers)

        done = 0
        for sequences in in_order(index, pieces, threads):
            done += len(sequences)
            if progress:
                progress(Progress(done, total))
            yield sequences


def as_indices(word_index: Mapping[Any, Any]) -> NDArray[np.int64] | None:
    """Make an array of a dictionary's indices; None if a word or an index is none that the kernels take."""
    kinds = {*map(type, word_index.values())}
    if not all(issubclass(kind, int | np.integer) and kind is not bool for kind in kinds):
        return None
    if not all(isinstance(word, str) for word in word_index):
        return None
    try:
        indices = np.fromiter(word_index.values(), np.int64, len(word_index))
    except OverflowError:
        return None
    if indices.size and (indices.min() < 0 or indices.max() > _LARGEST_INDEX):
        return None
    return indices


def index_words(
    words: list[str],
    word_index: Mapping[str, Any],
    num_words: float | None,
    oov_token: str | None,
) -> list[Any]:
    """Turn words into indices one by one, by the dictionary alone."""
    indices = []
    oov_index = word_index.get(oov_token) if oov_token is not None else None
    for word in words:
        index = word_index.get(word)
        if index is None:
            if oov_token is not None:
                indices.append(oov_index)
        elif not num_words or index < num_words:
            indices.append(index)
        elif oov_index is not None:
            indices.append(oov_index)
    return indices
