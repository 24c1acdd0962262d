"""The words of a Tokenizer's last fit: their counts, their order by frequency and their indices."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glovefast.kernels import WORD_COUNT, WORD_TEXTS
from glovefast.text.word_table import WordTable


class FittedWords:
    """Counted words and their indices, in columns.

    Parameters
    ----------
    table : WordTable
        The words, in the order of their first occurrence, and their counts. It is not changed any more.
    oov_token : str or None
        The token that takes index 1.
    """

    def __init__(self, table: WordTable, oov_token: str | None) -> None:
        self.table = table
        self.oov_token = oov_token
        self.entries: dict[str, Callable[[], dict[Any, Any]]] = {
            "word_counts": self._word_counts,
            "word_docs": self._word_docs,
            "index_docs": self._index_docs,
            "word_index": self._word_index,
            "index_word": lambda: {index: word for word, index in self._word_index().items()},
        }

    @cached_property
    def words(self) -> list[str]:
        """The words as Python strings."""
        return self.table.words()

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        """The places of the words by frequency; equally frequent words keep their order."""
        return np.argsort(-self.table.column(WORD_COUNT), kind="stable")

    @cached_property
    def indices(self) -> NDArray[np.int64]:
        """The index of each word."""
        first = 1 if self.oov_token is None else 2
        indices = np.empty(len(self.table), dtype=np.int64)
        indices[self._order] = np.arange(first, first + len(indices))
        return indices

    def oov_index(self) -> int | None:
        """Give the index of the `oov_token`; None without one."""
        if self.oov_token is None:
            return None
        place = self.table.number_of(self.oov_token)
        return 1 if place < 0 else int(self.indices[place])

    def _word_counts(self) -> dict[str, int]:
        return dict(zip(self.words, self.table.column(WORD_COUNT).tolist(), strict=True))

    def _word_docs(self) -> dict[str, int]:
        places, docs = self._counted_in_texts()
        words = self.words
        if len(places) != len(words):
            words = [words[place] for place in places.tolist()]
        return dict(zip(words, docs.tolist(), strict=True))

    def _index_docs(self) -> dict[int, int]:
        places, docs = self._counted_in_texts()
        return dict(zip(self.indices[places].tolist(), docs.tolist(), strict=True))

    def _counted_in_texts(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Give the words that occur in texts, which those of an assigned dictionary need not do."""
        docs = self.table.column(WORD_TEXTS)
        places = np.flatnonzero(docs)
        return places, docs[places]

    def _word_index(self) -> dict[str, int]:
        ordered = [] if self.oov_token is None else [self.oov_token]
        ordered += [self.words[place] for place in self._order.tolist()]
        return dict(zip(ordered, range(1, len(ordered) + 1), strict=True))
