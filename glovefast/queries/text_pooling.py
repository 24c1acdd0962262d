"""Texts to vectors: each text gets the mean of the vectors of its words."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from math import isnan
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.kernels import LOOK_UPS_AT_ONCE, POOLED_AT_ONCE
from glovefast.kernels.load import load_kernels
from glovefast.matrix.fallbacks import Fallback, find_rows
from glovefast.queries.sif import is_unicode
from glovefast.store.rounded_rows import Rows, stored_numbers
from glovefast.text.batches import TextBatch, batch_of
from glovefast.text.pieces import Piece, Texts, count_of, pieces_of, words_with_nulls
from glovefast.text.progress import Callback, TextProgress
from glovefast.text.word_rule import EVERY_BYTE, WordRule
from glovefast.text.word_table import WordTable, Workspace
from glovefast.threads import in_order
from glovefast.vocabulary.word_index import WordIndex

# So few that the vectors of the pieces under way take a few MB, even if all texts are short.
_PIECE_TEXTS = 1 << 11

_NO_WEIGHTS = np.empty(0, dtype=np.float32)
_NO_COMPONENT = np.empty(0, dtype=np.float64)


@dataclass(frozen=True)
class Pooled:
    """The vectors of texts.

    Attributes
    ----------
    matrix : numpy.ndarray
        (n, dim) float32: a row for each text.
    known : numpy.ndarray
        (n,) int64: how many words of each text the store has; the row of a text without any is zeros.
    """

    matrix: NDArray[np.float32]
    known: NDArray[np.int64]


class _Scratch(Workspace):
    """The arrays that a thread needs for its work."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        room = -(-dim // POOLED_AT_ONCE) * POOLED_AT_ONCE
        self.more = (
            np.empty(LOOK_UPS_AT_ONCE, dtype=np.uint64),
            np.empty(LOOK_UPS_AT_ONCE, dtype=np.int64),
            np.empty(room, dtype=np.float64),
        )


class TextPooler:
    """Make vectors of texts with the words of a store.

    Parameters
    ----------
    rows : numpy.ndarray or RoundedRows
        (rows, dim): the vectors.
    index : WordIndex
        The words of those rows.
    rule : WordRule
        The rule by which texts are split.
    weights : numpy.ndarray, optional
        (rows,) float32: what each row is multiplied by before it is added.
    component : numpy.ndarray, optional
        (dim,) float64: a direction, of length 1, that is removed from each mean.
    normalize : bool
        Divide each vector by its length.
    fallbacks : sequence of Fallback
        Other forms to look up for missing words, as `as_fallbacks` checked them.
    """

    def __init__(
        self,
        rows: Rows,
        index: WordIndex,
        rule: WordRule,
        *,
        weights: NDArray[np.float32] | None = None,
        component: NDArray[np.float64] | None = None,
        normalize: bool = False,
        fallbacks: Sequence[Fallback] = (),
    ) -> None:
        self.dim = int(rows.shape[1])
        self._rows = rows
        self._index = index
        self._rule = rule
        self._for_bytes = rule.for_bytes or EVERY_BYTE
        self._weights = _NO_WEIGHTS if weights is None else weights
        self._component = _NO_COMPONENT if component is None else component
        self._normalize = normalize
        self._fallbacks = fallbacks
        self._idle: SimpleQueue[_Scratch] = SimpleQueue()

    def pool(self, texts: Texts, threads: int = 1) -> Pooled:
        """Make the vectors of texts.

        Parameters
        ----------
        texts : iterable of str or of lists of str, array or column
            n texts, or the words of each; strings of Arrow are read where they are. A null has no words.
        threads : int
            The number of threads. The result does not depend on it.

        Returns
        -------
        Pooled
            Their vectors.

        Raises
        ------
        TextError
            If a text or a word is not a string; the message names its position and its type.
        StoreError
            If the store's index is damaged.
        """
        return joined(self.pieces(texts, threads, None), self.dim, count_of(texts))

    def pieces(self, texts: Texts, threads: int, progress: Callback | None) -> Iterator[Pooled]:
        """Make the vectors of texts a piece at a time, in order; `progress` is called after each."""
        done, total = 0, count_of(texts) if progress else None
        for pooled in in_order(self._pool, _short_pieces(pieces_of(texts)), threads):
            done += len(pooled.known)
            if progress:
                progress(TextProgress(done, total))
            yield pooled

    def _pool(self, piece: Piece) -> Pooled:
        batch = batch_of(_without_nulls(piece), self._rule)
        try:
            scratch = self._idle.get_nowait()
        except Empty:
            scratch = _Scratch(self.dim)
        if self._fallbacks:
            pooled = self._pooled(batch, scratch, *self._found(batch, scratch))
        else:
            pooled = self._pooled(batch, scratch, self._rows, self._index, self._weights)
        self._idle.put(scratch)
        return pooled

    def _pooled(
        self, batch: TextBatch, scratch: _Scratch, rows: Rows, index: WordIndex, weights: NDArray[np.float32]
    ) -> Pooled:
        texts = len(batch.text_ends)
        pooled = Pooled(np.empty((texts, self.dim), dtype=np.float32), np.empty(texts, dtype=np.int64))
        dtype, numbers, scales = stored_numbers(rows)
        status = _pooling_kernel(dtype)(
            *(batch.text, batch.text_ends, batch.how, batch.given_ends),
            *(self._for_bytes.separators, self._for_bytes.lower),
            *index.tables(),
            *(numbers, scales, weights, self._component, self.dim, self._normalize),
            *scratch.arrays_for(batch)[:2],
            *scratch.more,
            *(pooled.matrix.reshape(-1), pooled.known),
        )
        if status:
            raise index.damaged(status)
        return pooled

    def _found(self, batch: TextBatch, scratch: _Scratch) -> tuple[Rows, WordIndex, NDArray[np.float32]]:
        """Make a small store of the words of a batch that are found in one form or another."""
        table = WordTable()
        table.count(batch, self._for_bytes, scratch)
        words = [word for word in table.words() if is_unicode(word)]
        found, _ = find_rows(self._index, words, self._fallbacks)
        places = np.flatnonzero(found >= 0)
        rows = self._rows.take(found[places], axis=0)
        index = WordIndex.from_words([words[place] for place in places.tolist()])
        return rows, index, self._weights[found[places]] if self._weights.size else self._weights


@cache
def _pooling_kernel(dtype: str) -> Callable[..., int]:
    kernel: Callable[..., int] = getattr(load_kernels(f"pool_{dtype}"), f"pool_{dtype}")
    return kernel


def joined(pieces: Iterable[Pooled], dim: int, number: int | None) -> Pooled:
    """Join the vectors of pieces, of `number` texts if the source tells it, which may be wrong."""
    if number is None:
        parts = list(pieces)
        matrices = [np.empty((0, dim), dtype=np.float32), *(part.matrix for part in parts)]
        known = [np.empty(0, dtype=np.int64), *(part.known for part in parts)]
        return Pooled(np.concatenate(matrices), np.concatenate(known))
    whole = Pooled(np.empty((number, dim), dtype=np.float32), np.empty(number, dtype=np.int64))
    done = 0
    left = iter(pieces)
    for part in left:
        end = done + len(part.known)
        if end > number:
            before = Pooled(whole.matrix[:done], whole.known[:done])
            return joined(chain([before, part], left), dim, None)
        whole.matrix[done:end], whole.known[done:end] = part.matrix, part.known
        done = end
    return whole if done == number else Pooled(whole.matrix[:done].copy(), whole.known[:done].copy())


def _short_pieces(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        for begin in range(0, len(piece.texts), _PIECE_TEXTS):
            yield Piece(piece.texts[begin : begin + _PIECE_TEXTS], piece.first + begin)


def _without_nulls(piece: Piece) -> Piece:
    """Give texts and words that are null no words."""
    texts = piece.texts
    if isinstance(texts, pa.Array):
        if not _has_nulls(texts):
            return piece
        texts = piece.plain()
    elif {*map(type, texts)} <= {str}:
        return piece
    return Piece([_known_text(text) for text in texts], piece.first)


def _has_nulls(array: pa.Array) -> bool:
    if array.null_count or pa.types.is_null(array.type):
        return True
    return bool(pa.types.is_nested(array.type) and array.flatten().null_count)


def _known_text(text: Any) -> Any:  # noqa: ANN401 - checked by batch_of
    if is_null(text):
        return ""
    words = words_with_nulls(text)
    return text if words is None else [word for word in words if word is not None]


def is_null(value: Any) -> bool:  # noqa: ANN401 - a cell of any column
    """Say whether a cell of a column is empty: None, NaN as in pandas, or pandas.NA."""
    return value is None or (isinstance(value, float) and isnan(value)) or type(value).__name__ == "NAType"
