"""Texts to indices: by columns, or by `word_index` where that is faster or the only way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import VocabularyError
from glovefast.text.column_lookup import ColumnLookup
from glovefast.text.dictionaries import WordDictionaries
from glovefast.text.pieces import Piece, Texts, count_of, pieces_of
from glovefast.text.progress import Callback, TextProgress
from glovefast.text.sequences import Sequences
from glovefast.text.word_rule import WordRule
from glovefast.text.word_table import WordTable

_LARGEST_INDEX = np.iinfo(np.int32).max


@dataclass(frozen=True)
class LookupOptions:
    """How texts are looked up.

    Attributes
    ----------
    rule : WordRule
        The rule by which the texts are split.
    num_words : int or None
        Only smaller indices are used.
    oov_token : str or None
        The token whose index all other words get; None to leave them out.
    threads : int
        The number of threads.
    progress : callable or None
        Called after each piece.
    """

    rule: WordRule
    num_words: float | None
    oov_token: str | None
    threads: int
    progress: Callback | None


class TextLookup:
    """Look-ups of texts in a Tokenizer's words.

    Parameters
    ----------
    dictionaries : WordDictionaries
        The words; look-ups follow what becomes of them.
    """

    def __init__(self, dictionaries: WordDictionaries) -> None:
        self._dictionaries = dictionaries
        self._last: tuple[Any, ColumnLookup | None] | None = None  # with what it was made of

    def oov_index(self, oov_token: str | None) -> Any:  # noqa: ANN401 - an index, or what the user assigned
        """Give the index of the `oov_token`; None if it has none."""
        if oov_token is None:
            return None
        fitted, word_index = self._dictionaries.fitted, self._dictionaries.made("word_index")
        if word_index is None and fitted and fitted.oov_token == oov_token and isinstance(oov_token, str):
            return fitted.oov_index()
        return self._dictionaries.get("word_index").get(oov_token)

    def columns(self, texts: Texts, options: LookupOptions) -> Sequences:
        """Turn texts into the columns of all their sequences.

        Raises
        ------
        VocabularyError
            If the `oov_token` has no index.
        """
        if options.oov_token is not None and self.oov_index(options.oov_token) is None:
            raise VocabularyError(
                f"the oov_token {options.oov_token!r} has no index: call fit_on_texts first"
            )
        return Sequences.joined(
            Sequences.of(part) if isinstance(part, list) else part for part in self.parts(texts, options)
        )

    def parts(self, texts: Texts, options: LookupOptions) -> Iterator[Sequences | list[list[Any]]]:
        """Turn texts into sequences, a piece at a time.

        Parameters
        ----------
        texts : iterable or array
            As for `Tokenizer.fit_on_texts`.
        options : LookupOptions
            How they are looked up.

        Yields
        ------
        Sequences or list of list
            The sequences of a piece.
        """
        rule, num_words, oov_token = options.rule, options.num_words, options.oov_token
        progress = options.progress
        total = count_of(texts) if progress else None
        ahead, pieces = _look_ahead(pieces_of(texts))
        if not self._is_faster_by_dictionary(ahead, oov_token):
            lookup = self._column_lookup(num_words, oov_token)
            if lookup is not None:
                yield from lookup.sequences(pieces, rule, options.threads, progress, total)
                return
        done, word_index = 0, self._dictionaries.get("word_index")
        for piece in pieces:
            words = [
                rule.words_of(text, number) for number, text in enumerate(piece.plain(), start=piece.first)
            ]
            done += len(words)
            if progress:
                progress(TextProgress(done, total))
            yield [_index_words(each, word_index, num_words, oov_token) for each in words]

    def _is_faster_by_dictionary(self, ahead: list[Piece], oov_token: str | None) -> bool:
        """Say whether `word_index` is faster for few texts than a table of it, or the only way."""
        if oov_token is not None and self.oov_index(oov_token) is None:
            return True  # unknown words become None, as in Keras
        word_index = self._dictionaries.made("word_index")
        if word_index is None or len(ahead) > 1:
            return False
        return sum(piece.words for piece in ahead) < len(word_index)

    def _column_lookup(self, num_words: float | None, oov_token: str | None) -> ColumnLookup | None:
        """Give the look-up by columns; None if only a dictionary can hold the indices."""
        fitted = self._dictionaries.fitted
        if fitted is None or fitted.oov_token != oov_token or not isinstance(oov_token, str | None):
            self._dictionaries.get("word_index")
        word_index = self._dictionaries.made("word_index")
        # Changes of the dictionary are noticed by its items, in lists, which are compared faster.
        items = None if word_index is None else (list(word_index), list(word_index.values()))
        key = (fitted, num_words, oov_token, items)
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        lookup: ColumnLookup | None = None
        if word_index is not None:
            indices = _as_indices(word_index)
            if indices is not None:
                table = WordTable.of_words(list(word_index))
                lookup = ColumnLookup(table, indices, num_words, word_index.get(oov_token))
        elif fitted is not None:
            lookup = ColumnLookup(fitted.table, fitted.indices, num_words, fitted.oov_index())
        self._last = key, lookup
        return lookup


def _look_ahead(pieces: Iterator[Piece]) -> tuple[list[Piece], Iterator[Piece]]:
    """Read two pieces; give them, and all pieces. An error of the source stays behind earlier pieces."""
    ahead: list[Piece] = []
    try:
        for piece in islice(pieces, 2):
            ahead.append(piece)
    except Exception as error:
        pieces = map(_raise, [error])
    return ahead, chain(ahead, pieces)


def _raise(error: Exception) -> Piece:
    raise error


def _as_indices(word_index: Mapping[Any, Any]) -> NDArray[np.int64] | None:
    """Make an array of a dictionary's indices; None if it holds something that the kernels cannot take."""
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


def _index_words(
    words: list[str],
    word_index: Mapping[str, Any],
    num_words: float | None,
    oov_token: str | None,
) -> list[Any]:
    """Turn words into indices one by one, by the dictionary alone."""
    if oov_token is None and not num_words:
        return [index for index in map(word_index.get, words) if index is not None]
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
