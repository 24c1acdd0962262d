"""Why words are missing from a store: what would find them, and a chain of fallbacks that does."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.matrix.coverage import Counts, Coverage, coverage, share_cell, shown
from glovefast.matrix.fallbacks import Fallback, as_fallbacks, fallback_name, find_rows, other_forms
from glovefast.matrix.word_forms import JOINER, SPLITS, WORD_FORMS
from glovefast.vocabulary.arrow import as_string_array
from glovefast.vocabulary.training_vocabulary import AnyVocabulary
from glovefast.vocabulary.word_index import WordIndex

# How much of a word a form may lose: 1 for another spelling of the same word, 2 where the spelling carries
# something ("us" and "US", "resume" and "résumé"), 3 where the form is a more general word. Forms that are
# made one after the other add up.
LOSSES = {
    **dict.fromkeys(("nfkc", "visible", "straight", "treebank", "lower"), 1),
    **dict.fromkeys(("strip", "accents", "apostrophes", "hyphens", "title", "upper"), 2),
    **dict.fromkeys(("possessive", "digits"), 3),
}
_MOST_FORMS = 3  # joined into one
_CASES = ("lower", "title", "upper")  # of which one is enough
# The chain is sought on the most frequent missing words: behind them come misspellings, each on its own. All
# words count for what it then wins.
_MOST_WORDS = 20_000
_EXAMPLES = 3


@dataclass(frozen=True)
class Remedy:
    """What one remedy finds of the missing words, by itself.

    Attributes
    ----------
    name : str
        A fallback's name (``lower``, ``strip+lower``), or of a way to split words
        (`glovefast.matrix.word_forms.SPLITS`).
    words : int
        Missing words that it finds; for a split those of which it finds every part.
    tokens : int or None
        How often they occur; None without counts.
    examples : tuple of (str, str)
        The most frequent of them, each with what is found: a form, or the parts with spaces between them.
    """

    name: str
    words: int
    tokens: int | None
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, repr=False)
class Explanation:
    """Why words of a training vocabulary are missing; shown and printed as tables.

    Attributes
    ----------
    before : Coverage
        The coverage by the words themselves and the fallbacks that were given.
    remedies : tuple of Remedy
        What each word form alone would find of the words missing then, most tokens first; forms that find
        nothing are left out.
    fallback : tuple of str or callable
        A suggested chain, to be given as `fallback` as it is: what was given, then what it lacked.
    after : Coverage
        The coverage with that chain: each entry's gain is in its `served`.
    splits : tuple of Remedy
        What splitting words would find of those that are missing in `before`, every part by itself or by
        the chain. A fallback gives one word for a word, so this is for whoever makes the tokens.
    splits_after : tuple of Remedy
        The same of the words that are missing in `after` still.
    found : dict
        Each word that the chain adds to `before`, with the fallback's name and the form that is found.
    """

    before: Coverage
    remedies: tuple[Remedy, ...]
    fallback: tuple[Fallback, ...]
    after: Coverage
    splits: tuple[Remedy, ...]
    splits_after: tuple[Remedy, ...]
    found: dict[str, tuple[str, str]]

    def to_table(self) -> pa.Table:
        """Give the words missing in `before` as an Arrow table, in its order.

        Returns
        -------
        pyarrow.Table
            Columns ``word``, ``count`` (int64, null without counts), ``fallback`` and ``form``: what of the
            suggested chain finds the word, and by which form; null where nothing does.
        """
        words, counts = self.before.missing, self.before.missing_counts
        ways = [self.found.get(word, (None, None)) for word in words]
        columns = {
            "word": pa.array(words, pa.string()),
            "count": pa.nulls(len(words), pa.int64()) if counts is None else pa.array(counts, pa.int64()),
            "fallback": pa.array([name for name, _ in ways], pa.string()),
            "form": pa.array([form for _, form in ways], pa.string()),
        }
        return pa.table(columns)

    def to_dict(self) -> dict[str, Any]:
        """Give numbers, strings, lists and dictionaries only, as JSON has them; fallbacks by their names."""
        return {
            "before": self.before.to_dict(),
            "remedies": [asdict(remedy) for remedy in self.remedies],
            "fallback": [fallback_name(entry) for entry in self.fallback],
            "after": self.after.to_dict(),
            "splits": [asdict(split) for split in self.splits],
            "splits_after": [asdict(split) for split in self.splits_after],
            "found": {word: list(way) for word, way in self.found.items()},
        }

    def __str__(self) -> str:
        parts = [str(self.before)]
        if self.remedies:
            parts.append(
                "of the missing, each form alone would find\n" + self._table(self.remedies, self.before)
            )
        if len(self.after.served) > len(self.before.served):
            names = ", ".join(
                repr(entry) if isinstance(entry, str) else fallback_name(entry) for entry in self.fallback
            )
            comma = "," if len(self.fallback) == 1 else ""
            parts.append(f"suggested: fallback=({names}{comma})\n{self.after}")
        elif self.before.misses:
            parts.append("no further fallback is worth while")
        if self.splits:
            parts.append(
                "of the missing, split by the tokeniser, every part would be found of\n"
                + self._table(self.splits, self.before)
            )
        if self.splits_after and self.splits_after != self.splits:
            parts.append(
                "the same of those that the suggested fallbacks leave\n"
                + self._table(self.splits_after, self.after)
            )
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        return str(self)

    def _table(self, remedies: Sequence[Remedy], among: Coverage) -> str:
        """Lay remedies out in lines, as shares of the words and tokens that are missing."""
        lines = []
        width = max(len(remedy.name) for remedy in remedies)
        for remedy in remedies:
            examples = ", ".join(
                f"{shown(word)} \N{RIGHTWARDS ARROW} {form}" for word, form in remedy.examples
            )
            cells = [f"{remedy.name:<{width}}", f"{share_cell(remedy.words, among.misses)} words"]
            if remedy.tokens is not None and among.token_misses is not None:
                cells.append(f"{share_cell(remedy.tokens, among.token_misses)} tokens")
            lines.append("  ".join([*cells, examples]))
        return "\n".join(lines)


def explain_coverage(
    vocabulary: WordIndex,
    training: AnyVocabulary,
    counts: Counts | None = None,
    fallback: Fallback | Iterable[Fallback] = (),
    least: float = 0.01,
) -> Explanation:
    """Say why words of a training vocabulary are missing, and suggest fallbacks that find them.

    Every named form is tried on the missing words, and up to three of them one after the other
    (``strip+lower``). The first fallback that finds a word serves, so the order says which form is wanted
    most: the suggested chain begins with those that lose the least of a word (`LOSSES`), and among equals
    takes whatever wins the most tokens (words, without counts) of those that are missing still.

    Parameters
    ----------
    vocabulary : WordIndex
        The words of the store.
    training, counts
        As for `glovefast.matrix.coverage.coverage`.
    fallback : str, callable, or iterable of them
        What the chain shall begin with.
    least : float
        The share that an entry must win to be suggested, of the tokens (words, without counts) that are
        missing still when its turn comes; 0 to 1. The 20,000 most frequent missing words decide; what the
        chain then wins is counted on all.

    Returns
    -------
    Explanation
        Coverage before and after, what each remedy finds by itself, the chain, and what splitting would find.

    Raises
    ------
    VocabularyError, ValueError, TypeError
        As for `glovefast.matrix.coverage.coverage`; ValueError if `least` is not from 0 to 1.
    """
    if not 0 <= least <= 1:
        raise ValueError(f"least={least!r} is no share: give a number from 0 to 1")
    given = as_fallbacks(fallback)
    before = coverage(vocabulary, training, counts, given)
    missing = _Missing(vocabulary, before)
    chain = (*given, *_chain(missing, least))
    found = missing.served_by(chain)
    splits = missing.found_by_splits(chain)
    splits_after = {
        name: {at: parts for at, parts in of_one.items() if missing.words[at] not in found}
        for name, of_one in splits.items()
    }
    return Explanation(
        before=before,
        remedies=missing.remedies({name: missing.found_by(name) for name in WORD_FORMS}),
        fallback=chain,
        after=coverage(vocabulary, training, counts, chain),
        splits=missing.remedies(splits),
        splits_after=missing.remedies(splits_after),
        found=found,
    )


class _Missing:
    """The missing words of a coverage, most frequent first, and what finds them.

    Parameters
    ----------
    vocabulary : WordIndex
        The words of the store.
    covered : Coverage
        The coverage.
    """

    def __init__(self, vocabulary: WordIndex, covered: Coverage) -> None:
        self.vocabulary = vocabulary
        self.words = covered.missing
        self.counts = (
            None if covered.missing_counts is None else np.array(covered.missing_counts, dtype=np.int64)
        )

    @property
    def weights(self) -> NDArray[np.int64]:
        """What a word counts: its tokens, or 1 without any."""
        if self.counts is None or not self.counts.any():
            return np.ones(len(self.words), dtype=np.int64)
        return self.counts.copy()

    def found_by(self, name: str, among: Sequence[int] | None = None) -> dict[int, str]:
        """Give the places of the words (of some of them) that a form finds, ascending, and what it finds."""
        words = self.words if among is None else [self.words[at] for at in among]
        places, forms = other_forms(words, name)
        if among is not None:
            places = [among[place] for place in places]
        hits = np.flatnonzero(self.vocabulary.rows(forms) >= 0).tolist() if forms else []
        return {places[hit]: forms[hit] for hit in hits}

    def remedies(self, found: dict[str, dict[int, str]]) -> tuple[Remedy, ...]:
        """Count what was found by each remedy, and put the most useful first.

        Parameters
        ----------
        found : dict
            By name, the places of the words, ascending, and what is found for each.
        """
        listed = []
        for name, forms in found.items():
            places = list(forms)
            examples = tuple((self.words[at], forms[at]) for at in places[:_EXAMPLES])
            tokens = None if self.counts is None else int(self.counts[places].sum())
            listed.append(Remedy(name, len(places), tokens, examples))
        useful = [remedy for remedy in listed if remedy.words]
        return tuple(sorted(useful, key=lambda remedy: (-(remedy.tokens or 0), -remedy.words)))

    def served_by(self, chain: Sequence[Fallback]) -> dict[str, tuple[str, str]]:
        """Say which fallback of a chain serves each word, and with which form."""
        _, served = find_rows(self.vocabulary, as_string_array(self.words), chain)
        ways = {}
        for number, entry in enumerate(chain, start=1):
            words = [self.words[at] for at in np.flatnonzero(served == number).tolist()]
            forms = other_forms(words, entry)[1]
            ways.update({word: (fallback_name(entry), form) for word, form in zip(words, forms, strict=True)})
        return {word: ways[word] for word in self.words if word in ways}

    def found_by_splits(self, chain: Sequence[Fallback]) -> dict[str, dict[int, str]]:
        """Say by each split which words it finds, every part by itself or by a chain; give the parts."""
        found = {}
        for name, split in SPLITS.items():
            parts = {at: [part for part in split(word) if part] for at, word in enumerate(self.words)}
            parts = {at: several for at, several in parts.items() if len(several) > 1}
            every = list(dict.fromkeys(part for several in parts.values() for part in several))
            rows, _ = find_rows(self.vocabulary, as_string_array(every), chain)
            lacking = {every[at] for at in np.flatnonzero(rows < 0).tolist()}
            found[name] = {
                at: " ".join(several) for at, several in parts.items() if lacking.isdisjoint(several)
            }
        return found


def _chain(missing: _Missing, least: float) -> list[str]:
    """Choose fallbacks, the least lossy first, and among equals the one that wins the most."""
    weights = missing.weights
    searched = list(range(min(len(missing.words), _MOST_WORDS)))
    left = int(weights[searched].sum())
    by_loss: dict[int, list[str]] = {}
    for name in _candidates(missing, searched):
        by_loss.setdefault(_loss(name), []).append(name)
    chain = []
    for loss in sorted(by_loss):
        found = {name: list(missing.found_by(name, searched)) for name in by_loss[loss]}
        while found:
            # Where two win the same, the first: it is joined of fewer forms.
            best = max(found, key=lambda name: int(weights[found[name]].sum()))
            places = found.pop(best)
            won = int(weights[places].sum())
            if won < max(1, least * left):
                break
            chain.append(best)
            weights[places] = 0
            left -= won
            served = set(places)
            searched = [at for at in searched if at not in served]
    return chain


def _candidates(missing: _Missing, searched: Sequence[int]) -> list[str]:
    """List the forms that find a word by changing it with each of the forms that they are joined of."""
    names = []
    order = list(WORD_FORMS)
    # By name, where words have been changed by each of its parts, and into what.
    changed = {"": {at: missing.words[at] for at in searched}}
    for _ in range(_MOST_FORMS):
        longer = {}
        for name, forms in changed.items():
            parts = name.split(JOINER) if name else []
            following = [] if set(parts) & {*_CASES} else order[order.index(parts[-1]) + 1 if parts else 0 :]
            at = list(forms)
            for part in following:
                places, other = other_forms(list(forms.values()), part)
                if other:
                    longer[JOINER.join([*parts, part])] = dict(
                        zip([at[place] for place in places], other, strict=True)
                    )
        changed = longer
        for name, forms in changed.items():
            if (missing.vocabulary.rows(list(forms.values())) >= 0).any():
                names.append(name)
    return names


def _loss(name: str) -> int:
    return sum(LOSSES[part] for part in name.split(JOINER))
