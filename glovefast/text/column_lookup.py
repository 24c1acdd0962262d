"""The words of many texts turned into indices by a word table, on several threads."""

from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from glovefast.text.batches import batch_of
from glovefast.text.lists import SharedIntegers
from glovefast.text.pieces import Piece
from glovefast.text.progress import Callback, TextProgress
from glovefast.text.sequences import Sequences
from glovefast.text.word_rule import EVERY_BYTE, WordRule
from glovefast.text.word_table import WordTable, Workspace
from glovefast.threads import in_order

_LARGEST_SPREAD = 4


class ColumnLookup:
    """The indices of words, for the kernels.

    Parameters
    ----------
    table : WordTable
        The words that have an index.
    indices : numpy.ndarray
        int64, not negative: their indices.
    num_words : int or None
        Only smaller indices are used.
    oov_index : int or None
        The index of all other words; None to leave them out.
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
        # One Python integer for each index, which all lists share, unless there are large gaps.
        dense = end <= _LARGEST_SPREAD * len(indices)
        self._integers = SharedIntegers(end) if dense else None

    def sequences(
        self,
        pieces: Iterable[Piece],
        rule: WordRule,
        threads: int,
        progress: Callback | None,
        total: int | None,
    ) -> Iterator[Sequences]:
        """Turn texts into sequences, a piece at a time.

        Parameters
        ----------
        pieces : iterable of Piece
            The texts.
        rule : WordRule
            The rule by which they are split.
        threads : int
            The number of threads.
        progress : callable or None
            Called after each piece.
        total : int or None
            The number of all texts.

        Yields
        ------
        Sequences
            Those of a piece, in the order of the pieces.
        """
        for_bytes = rule.for_bytes or EVERY_BYTE
        idle: SimpleQueue[Workspace] = SimpleQueue()

        def look_up(piece: Piece) -> Sequences:
            batch = batch_of(piece, rule)
            try:
                workspace = idle.get_nowait()
            except Empty:
                workspace = Workspace()
            indices, offsets = self._table.indices(batch, for_bytes, self._index_of, self._unknown, workspace)
            idle.put(workspace)
            return Sequences(indices, offsets, self._integers)

        done = 0
        for sequences in in_order(look_up, pieces, threads):
            done += len(sequences)
            if progress:
                progress(TextProgress(done, total))
            yield sequences
