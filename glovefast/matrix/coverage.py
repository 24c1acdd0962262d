"""How much of a training vocabulary a store covers: by word and, with counts, by token."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import VocabularyError
from glovefast.matrix.fallbacks import EXACT, MISSING, Fallback, as_fallbacks, fallback_name, find_rows
from glovefast.vocabulary.arrow import as_string_array
from glovefast.vocabulary.training_vocabulary import (
    AnyVocabulary,
    is_fitted_tokenizer,
    training_vocabulary,
)
from glovefast.vocabulary.word_index import WordIndex
from glovefast.vocabulary.word_indices import non_integer_item

Counts: TypeAlias = Mapping[str, int]

_LISTED = 10


@dataclass(frozen=True)
class Served:
    """What was found in one way.

    Attributes
    ----------
    name : str
        ``exact`` for the words themselves, else the fallback's name.
    words : int
        Words found that way.
    tokens : int or None
        How often those words occur; None without counts.
    """

    name: str
    words: int
    tokens: int | None


@dataclass(frozen=True)
class Coverage:
    """Which words of a training vocabulary a store has; prints as a short table.

    Padding and out-of-vocabulary rows are no words, and a word that stands more than once counts once.

    Attributes
    ----------
    hits, misses : int
        Words found, by themselves or by a fallback, and words missing.
    token_hits, token_misses : int or None
        How often the words found and the words missing occur; None without counts.
    tokens_outside : int or None
        Tokens of the counts whose word is not in the training vocabulary (beyond a `num_words`, say), and so
        neither hit nor miss; None without counts.
    served : tuple of Served
        ``exact``, then each fallback in order.
    missing : tuple of str
        The words missing: most frequent first; of equal counts, and without counts, in the order of their
        indices.
    missing_counts : tuple of int or None
        How often each of `missing` occurs; None without counts.
    """

    hits: int
    misses: int
    token_hits: int | None
    token_misses: int | None
    tokens_outside: int | None
    served: tuple[Served, ...]
    missing: tuple[str, ...]
    missing_counts: tuple[int, ...] | None

    @property
    def words(self) -> int:
        """The number of words in the training vocabulary."""
        return self.hits + self.misses

    @property
    def tokens(self) -> int | None:
        """How often the words of the training vocabulary occur; None without counts."""
        if self.token_hits is None or self.token_misses is None:
            return None
        return self.token_hits + self.token_misses

    @property
    def rate(self) -> float | None:
        """Hits among the words, 0 to 1; None where there are no words."""
        return self.hits / self.words if self.words else None

    @property
    def token_rate(self) -> float | None:
        """Hits among the tokens, 0 to 1; None without counts or tokens."""
        return self.token_hits / self.tokens if self.token_hits is not None and self.tokens else None

    def to_dict(self) -> dict[str, Any]:
        """Give numbers, strings, lists and dictionaries only, as JSON has them; rates and totals included."""
        return {
            "words": self.words,
            "hits": self.hits,
            "misses": self.misses,
            "rate": self.rate,
            "tokens": self.tokens,
            "token_hits": self.token_hits,
            "token_misses": self.token_misses,
            "token_rate": self.token_rate,
            "tokens_outside": self.tokens_outside,
            "served": [asdict(way) for way in self.served],
            "missing": list(self.missing),
            "missing_counts": None if self.missing_counts is None else list(self.missing_counts),
        }

    def __str__(self) -> str:
        ways = [(way.name, way.words, way.tokens) for way in self.served]
        lines = [*ways, ("missing", self.misses, self.token_misses), ("all", self.words, self.tokens)]
        width = max(len(name) for name, _, _ in lines)
        table = [
            f"{name:<{width}}  {share_cell(words, self.words)} words"
            + ("" if tokens is None or self.tokens is None else f"  {share_cell(tokens, self.tokens)} tokens")
            for name, words, tokens in lines
        ]
        if self.tokens_outside:
            table.append(f"outside the vocabulary: {self.tokens_outside:,} tokens")
        if self.missing:
            counts = self.missing_counts
            names = [
                shown(word) if counts is None else f"{shown(word)} ({counts[place]:,})"
                for place, word in enumerate(self.missing[:_LISTED])
            ]
            more = f" and {self.misses - _LISTED:,} more" if self.misses > _LISTED else ""
            table.append(f"missing: {', '.join(names)}{more}")
        return "\n".join(table)


def coverage(
    vocabulary: WordIndex,
    training: AnyVocabulary,
    counts: Counts | None = None,
    fallback: Fallback | Iterable[Fallback] = (),
) -> Coverage:
    """Say which words of a training vocabulary a store has.

    Parameters
    ----------
    vocabulary : WordIndex
        The words of the store.
    training : mapping, tokenizer, layer, sequence of str or array
        The training vocabulary; see `glovefast.vocabulary.training_vocabulary.training_vocabulary`.
    counts : mapping, optional
        Word to count: ``Tokenizer.word_counts``, a ``collections.Counter``. A word it lacks counts 0. Where
        it is None and `training` is a fitted legacy ``Tokenizer``, its own ``word_counts`` are taken.
    fallback : str, callable, or iterable of them
        As in `glovefast.matrix.embedding_matrix.embedding_matrix`.

    Returns
    -------
    Coverage
        Hits and misses by word and by token, by which fallback, and the words missing.

    Raises
    ------
    VocabularyError
        If the training vocabulary cannot be used, or a count is no whole number from 0 on; it names the word.
    ValueError, TypeError
        If a fallback cannot be used; as in `glovefast.matrix.embedding_matrix.embedding_matrix`.
    """
    fallbacks = as_fallbacks(fallback)
    if counts is None and is_fitted_tokenizer(training):
        counts = getattr(training, "word_counts", None) or None
    # Without Arrow's own functions for this, whose import takes longer than all that is done here.
    words = list(dict.fromkeys(training_vocabulary(training).words.to_pylist()))
    _, served = find_rows(vocabulary, as_string_array(words), fallbacks)
    of_each = None if counts is None else _counts_of(words, counts)
    absent = np.flatnonzero(served == MISSING)
    if of_each is not None:
        absent = absent[np.argsort(-of_each[absent], kind="stable")]

    def tokens(chosen: NDArray[np.bool_]) -> int | None:
        return None if of_each is None else int(of_each[chosen].sum())

    names = ["exact", *map(fallback_name, fallbacks)]
    return Coverage(
        hits=len(words) - absent.size,
        misses=absent.size,
        token_hits=tokens(served != MISSING),
        token_misses=tokens(served == MISSING),
        tokens_outside=None
        if counts is None or of_each is None
        else sum(map(int, counts.values())) - int(of_each.sum()),
        served=tuple(
            Served(name, int(np.count_nonzero(served == way)), tokens(served == way))
            for way, name in enumerate(names, start=EXACT)
        ),
        missing=tuple(words[place] for place in absent.tolist()),
        missing_counts=None if of_each is None else tuple(of_each[absent].tolist()),
    )


def _counts_of(words: list[str], counts: Counts) -> NDArray[np.int64]:
    """Take each word's count."""
    if not isinstance(counts, Mapping):
        raise VocabularyError(f"counts is a mapping word -> count, not a {type(counts).__name__}")
    wrong = non_integer_item(counts)
    if wrong is None and min(counts.values(), default=0) < 0:
        wrong = next(item for item in counts.items() if item[1] < 0)
    if wrong is not None:
        raise VocabularyError(
            f"the word {wrong[0]!r} has the count {wrong[1]!r}: counts are whole and start at 0"
        )
    return np.array([counts.get(word, 0) for word in words], dtype=np.int64)


def shown(word: str) -> str:
    """Quote a word that could not be told from the list's own spaces."""
    return word if word and word == word.strip() else repr(word)


def share_cell(part: int, whole: int) -> str:
    """Write a part of a whole as a number and a share, in columns."""
    share = f"{part / whole:7.1%}" if whole else "      -"
    return f"{part:>11,} {share}"
