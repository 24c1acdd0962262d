"""How much of a training vocabulary a store covers: by word and, with counts, by token."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glovefast.matrix.counts import Counts, count_words
from glovefast.matrix.fallbacks import EXACT, MISSING, Fallback, fallback_name
from glovefast.matrix.match import Match, look_up
from glovefast.matrix.tables import html_table, number_and_share, share_cell, shown
from glovefast.vocabulary.training_vocabulary import AnyVocabulary
from glovefast.vocabulary.word_index import WordIndex

_LISTED = 10


@dataclass(frozen=True)
class FoundBy:
    """How many words were found in one way.

    Attributes
    ----------
    name : str
        ``exact`` for words found as they are, else the fallback's name.
    words : int
        The number of words found that way.
    tokens : int or None
        How often they occur; None without counts.
    """

    name: str
    words: int
    tokens: int | None


@dataclass(frozen=True, repr=False)
class Coverage:
    """Which words of a training vocabulary a store has; prints as a short table.

    Padding and out-of-vocabulary tokens do not count as words. A word that occurs more than once in the
    vocabulary counts once.

    Attributes
    ----------
    hits, misses : int
        The number of words found, by themselves or by a fallback, and the number of missing words.
    token_hits, token_misses : int or None
        How often the words found and the missing words occur; None without counts.
    tokens_outside : int or None
        Tokens whose word is not in the training vocabulary (dropped by `num_words`, for example); they are
        neither hits nor misses. None without counts.
    found_by : tuple of FoundBy
        ``exact``, then each fallback in order.
    missing : tuple of str
        The missing words, most frequent first; words with equal counts, or without counts, in the order of
        their indices.
    missing_counts : tuple of int or None
        How often each of `missing` occurs; None without counts.
    """

    hits: int
    misses: int
    token_hits: int | None
    token_misses: int | None
    tokens_outside: int | None
    found_by: tuple[FoundBy, ...]
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
        """The share of words that are found, 0 to 1; None without words."""
        return self.hits / self.words if self.words else None

    @property
    def token_rate(self) -> float | None:
        """The share of tokens whose word is found, 0 to 1; None without counts or tokens."""
        return self.token_hits / self.tokens if self.token_hits is not None and self.tokens else None

    def to_dict(self) -> dict[str, Any]:
        """Convert to a dictionary that JSON can hold, with the rates and totals."""
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
            "found_by": [asdict(way) for way in self.found_by],
            "missing": list(self.missing),
            "missing_counts": None if self.missing_counts is None else list(self.missing_counts),
        }

    def __repr__(self) -> str:
        tokens = "" if self.token_rate is None else f", {self.token_rate:.1%} of {self.tokens:,} tokens"
        share = "" if self.rate is None else f"{self.rate:.1%} of "
        return f"<Coverage: {share}{self.words:,} words{tokens}>"

    def __str__(self) -> str:
        lines = self._lines()
        width = max(len(name) for name, _, _ in lines)
        table = [
            f"{name:<{width}}  {share_cell(words, self.words)} words"
            + ("" if tokens is None or self.tokens is None else f"  {share_cell(tokens, self.tokens)} tokens")
            for name, words, tokens in lines
        ]
        return "\n".join([*table, *self._remarks()])

    def _repr_html_(self) -> str:
        return html_table(
            ("found by", "words", "", *(() if self.tokens is None else ("tokens", ""))),
            [
                (
                    name,
                    *number_and_share(words, self.words),
                    *(() if tokens is None or self.tokens is None else number_and_share(tokens, self.tokens)),
                )
                for name, words, tokens in self._lines()
            ],
            self._remarks(),
        )

    def _lines(self) -> list[tuple[str, int, int | None]]:
        """List the rows of the table: name, words, tokens."""
        ways = [(way.name, way.words, way.tokens) for way in self.found_by]
        return [*ways, ("missing", self.misses, self.token_misses), ("all", self.words, self.tokens)]

    def _remarks(self) -> list[str]:
        """List the lines below the table."""
        remarks = []
        if self.tokens_outside:
            remarks.append(f"outside the vocabulary: {self.tokens_outside:,} tokens")
        if self.missing:
            counts = self.missing_counts
            names = [
                shown(word) if counts is None else f"{shown(word)} ({counts[place]:,})"
                for place, word in enumerate(self.missing[:_LISTED])
            ]
            more = f" and {self.misses - _LISTED:,} more" if self.misses > _LISTED else ""
            remarks.append(f"missing: {', '.join(names)}{more}")
        return remarks


def coverage(
    index: WordIndex,
    vocabulary: "AnyVocabulary | Match",
    counts: Counts | None = None,
    fallback: Fallback | Iterable[Fallback] = (),
) -> Coverage:
    """Count which words of a training vocabulary a store has; see `WordVectors.coverage`.

    Parameters
    ----------
    index : WordIndex
        The words of the store.
    vocabulary, counts, fallback
        As for `WordVectors.coverage`.

    Returns
    -------
    Coverage
        Hits and misses, by word and by token.
    """
    match = look_up(index, vocabulary, fallback)
    if counts is None:
        counts = match.word_counts
    words, found_by = _each_once(match)
    of_each, total = (None, None) if counts is None else count_words(words, match, counts)
    absent = np.flatnonzero(found_by == MISSING)
    if of_each is not None:
        absent = absent[np.argsort(-of_each[absent], kind="stable")]

    def tokens(chosen: NDArray[np.bool_]) -> int | None:
        return None if of_each is None else int(of_each[chosen].sum())

    names = ["exact", *map(fallback_name, match.fallbacks)]
    return Coverage(
        hits=len(words) - absent.size,
        misses=absent.size,
        token_hits=tokens(found_by != MISSING),
        token_misses=tokens(found_by == MISSING),
        tokens_outside=None if of_each is None or total is None else total - int(of_each.sum()),
        found_by=tuple(
            FoundBy(name, int(np.count_nonzero(found_by == way)), tokens(found_by == way))
            for way, name in enumerate(names, start=EXACT)
        ),
        missing=tuple(words[place] for place in absent.tolist()),
        missing_counts=None if of_each is None else tuple(of_each[absent].tolist()),
    )


def _each_once(match: Match) -> tuple[list[str], NDArray[np.int64]]:
    """List the words of a match without duplicates, and what found each."""
    words = list(dict.fromkeys(match.words))
    if len(words) == len(match.words):
        return words, match.found_by
    by_word = dict(zip(match.words, match.found_by.tolist(), strict=True))
    return words, np.array([by_word[word] for word in words], dtype=np.int64)
