"""A training vocabulary looked up in a store: once, for the matrix, the coverage and all that follows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from glovefast.matrix.fallbacks import (
    MISSING,
    Fallback,
    RowFinder,
    as_fallbacks,
    find_other_forms,
    find_rows,
)
from glovefast.vocabulary.training_vocabulary import (
    AnyVocabulary,
    TrainingVocabulary,
    is_fitted_tokenizer,
    training_vocabulary,
)
from glovefast.vocabulary.word_index import WordIndex

# With a smaller share of words found, a vocabulary is hardly the right one for a store.
LOW_SHARE = 0.05


@dataclass(frozen=True, eq=False, repr=False)
class Match:
    """A training vocabulary, looked up in a store once.

    `WordVectors.match` makes it. `WordVectors.embedding_matrix`, `WordVectors.coverage` and
    `WordVectors.explain_coverage` take it in place of the vocabulary, and then look nothing up again.

    Attributes
    ----------
    target : TrainingVocabulary
        The n words and their indices.
    rows : numpy.ndarray
        (n,) int64: the store's row for each word, -1 for a missing word.
    found_by : numpy.ndarray
        (n,) int64: 0 where the word itself is found, i + 1 where fallback i is the first to find it, -1 for a
        missing word.
    fallbacks : tuple of str or callable
        The other forms that were looked up, in order.
    index : WordIndex
        The words of the store.
    word_counts : mapping or None
        What a fitted legacy ``Tokenizer`` counted; None for every other vocabulary.
    """

    target: TrainingVocabulary
    rows: NDArray[np.int64]
    found_by: NDArray[np.int64]
    fallbacks: tuple[Fallback, ...]
    index: WordIndex
    word_counts: Mapping[str, int] | None = None

    def __repr__(self) -> str:
        found = int(np.count_nonzero(self.rows >= 0))
        return f"<Match: {found:,} of {len(self.rows):,} words found>"

    @cached_property
    def words(self) -> list[str]:
        """The n words as Python strings."""
        listed: list[str] = self.target.words.to_pylist()
        return listed

    @property
    def share(self) -> float:
        """The share of the words that are found, 0 to 1; 1 without words."""
        return np.count_nonzero(self.rows >= 0) / len(self.rows) if len(self.rows) else 1.0

    @property
    def found(self) -> tuple[str, ...]:
        """The words that were found, in the order of their indices."""
        return tuple(self.words[place] for place in np.flatnonzero(self.found_by != MISSING).tolist())

    @property
    def missing(self) -> tuple[str, ...]:
        """The missing words, in the order of their indices."""
        return tuple(self.words[place] for place in np.flatnonzero(self.found_by == MISSING).tolist())

    @property
    def rows_without_vector(self) -> NDArray[np.int64]:
        """The rows of the embedding matrix for which the store has no vector.

        The out-of-vocabulary rows come first, then the rows of the missing words: `oov` fills them, and a
        partly trainable layer trains them.
        """
        return np.concatenate([self.target.oov_indices, self.target.indices[self.found_by == MISSING]])

    def extended(self, fallbacks: Iterable[Fallback], index: RowFinder | None = None) -> "Match":
        """Look up the missing words in more forms, after the forms that were tried."""
        added = as_fallbacks(fallbacks)
        rows, found_by = self.rows.copy(), self.found_by.copy()
        tried = len(self.fallbacks)
        find_other_forms(index or self.index, self.words, added, rows=rows, found_by=found_by, tried=tried)
        return replace(self, rows=rows, found_by=found_by, fallbacks=(*self.fallbacks, *added))


def look_up(
    index: WordIndex, vocabulary: "AnyVocabulary | Match", fallback: Fallback | Iterable[Fallback] = ()
) -> Match:
    """Look a training vocabulary up in a store; a `Match` is returned as it is.

    Parameters
    ----------
    index : WordIndex
        The words of the store.
    vocabulary : mapping, tokenizer, layer, sequence of str, array or Match
        What `glovefast.vocabulary.training_vocabulary.training_vocabulary` takes, or a match.
    fallback : str, callable, or iterable of them
        Other forms to look up for words that are missing; not with a `Match`, which has its own.

    Returns
    -------
    Match
        The rows of the words.

    Raises
    ------
    VocabularyError
        If the vocabulary cannot be used.
    ValueError
        If a fallback has an unknown name; if a `Match` comes from another store or with other fallbacks.
    TypeError
        If a fallback is neither a name nor a callable, or returns something that is not a string.
    """
    if isinstance(vocabulary, Match):
        if vocabulary.index is not index:
            raise ValueError("this Match belongs to another store; call match() on these vectors")
        if fallback != () and as_fallbacks(fallback) != vocabulary.fallbacks:
            raise ValueError("pass fallback= to match(), not together with a Match")
        return vocabulary
    fallbacks = as_fallbacks(fallback)
    target = training_vocabulary(vocabulary)
    rows, found_by = find_rows(index, target.words, fallbacks)
    counts = getattr(vocabulary, "word_counts", None)
    if counts is not None and not is_fitted_tokenizer(vocabulary):
        counts = None
    return Match(target, rows, found_by, fallbacks, index, counts or None)
