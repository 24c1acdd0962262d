"""The search for what finds missing words: other forms of them, a chain of fallbacks, ways to split them."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from glovefast.matrix.counts import Counts
from glovefast.matrix.coverage import Coverage, coverage
from glovefast.matrix.explanation import Explanation, Remedy
from glovefast.matrix.fallbacks import MISSING, Fallback, find_rows, other_forms
from glovefast.matrix.match import Match, look_up
from glovefast.matrix.word_forms import JOINER, SPLITS, WORD_FORMS
from glovefast.vocabulary.training_vocabulary import AnyVocabulary
from glovefast.vocabulary.word_index import WordIndex

# How much of a word a form loses: 1 for another spelling of the same word, 2 where the spelling can matter
# ("us" and "US", "resume" and "résumé"), 3 for a more general word. The losses of joined forms add up.
LOSSES = {
    **dict.fromkeys(("nfkc", "visible", "straight", "treebank", "lower"), 1),
    **dict.fromkeys(("strip", "accents", "apostrophes", "hyphens", "title", "upper"), 2),
    **dict.fromkeys(("possessive", "digits"), 3),
}
_MOST_FORMS = 3  # that are joined into one
_CASES = ("lower", "title", "upper")  # at most one of them in a joined form
# The most frequent missing words decide about the chain: the rest are mostly misspellings, all different.
# What the chain wins is counted on all words.
_MOST_WORDS = 20_000
_EXAMPLES = 3


def explain_coverage(
    index: WordIndex,
    vocabulary: "AnyVocabulary | Match",
    counts: Counts | None = None,
    fallback: Fallback | Iterable[Fallback] = (),
    min_share: float = 0.01,
) -> Explanation:
    """Explain why words are missing, and suggest fallbacks; see `WordVectors.explain_coverage`.

    Every named form is tried on the missing words, and up to three forms one after the other
    (``strip+lower``). As the first fallback that finds a word wins, the suggested chain begins with the
    forms that change a word the least (`LOSSES`); among equals comes first what wins the most of the tokens
    (words, without counts) that are still missing.

    Parameters
    ----------
    index : WordIndex
        The words of the store.
    vocabulary, counts, fallback, min_share
        As for `WordVectors.explain_coverage`.

    Returns
    -------
    Explanation
        The coverage before and after, and everything that would find missing words.
    """
    if not 0 <= min_share <= 1:
        raise ValueError(f"min_share must be a number from 0 to 1, not {min_share!r}")
    match = look_up(index, vocabulary, fallback)
    before = coverage(index, match, counts)
    missing = _Missing(index, before)
    suggested = _chain(missing, min_share)
    after = match.extended(suggested, missing.known)
    chain = after.fallbacks
    found = missing.found_in(after, suggested)
    splits = missing.found_by_splits(chain)
    splits_after = {
        name: {at: parts for at, parts in of_one.items() if missing.words[at] not in found}
        for name, of_one in splits.items()
    }
    return Explanation(
        before=before,
        remedies=missing.remedies({name: missing.found_by(name) for name in WORD_FORMS}),
        fallback=chain,
        after=coverage(index, after, counts),
        splits=missing.remedies(splits),
        splits_after=missing.remedies(splits_after),
        found=found,
    )


class _KnownRows:
    """The rows of words in a store, each looked up once however often it is asked for."""

    def __init__(self, index: WordIndex, missing: Iterable[str]) -> None:
        self._index = index
        self._asked = set(missing)
        self._found: dict[str, int] = {}

    def found(self, words: Iterable[str]) -> dict[str, int]:
        """Return the rows of the words found so far, these among them."""
        new = list(set(words).difference(self._asked))
        if new:
            self._asked.update(new)
            rows = self._index.rows(new)
            hits = np.flatnonzero(rows >= 0)
            self._found.update(zip([new[hit] for hit in hits.tolist()], rows[hits].tolist(), strict=True))
        return self._found

    def rows(self, words: Iterable[str]) -> NDArray[np.int64]:
        """Find the rows of a batch of words, as `WordIndex.rows` does."""
        words = list(words)
        found = self.found(words)
        return np.array([found.get(word, MISSING) for word in words], dtype=np.int64)


class _Missing:
    """The missing words of a coverage, most frequent first, and what finds them."""

    def __init__(self, index: WordIndex, covered: Coverage) -> None:
        self.words = covered.missing
        self.known = _KnownRows(index, self.words)
        self.counts = (
            None if covered.missing_counts is None else np.array(covered.missing_counts, dtype=np.int64)
        )

    @property
    def weights(self) -> NDArray[np.int64]:
        """The weight of each word: its tokens, or 1 if no missing word has any."""
        if self.counts is None or not self.counts.any():
            return np.ones(len(self.words), dtype=np.int64)
        return self.counts.copy()

    def found_by(self, name: str, among: Sequence[int] | None = None) -> dict[int, str]:
        """Map the places of the words that a form finds, among some of them or all, to what it finds."""
        words = self.words if among is None else [self.words[at] for at in among]
        places, forms = other_forms(words, name)
        if among is not None:
            places = [among[place] for place in places]
        found = self.known.found(forms)
        return {place: form for place, form in zip(places, forms, strict=True) if form in found}

    def remedies(self, found: dict[str, dict[int, str]]) -> tuple[Remedy, ...]:
        """Count what each remedy finds, the most useful first; `found` maps its name as `found_by` maps."""
        listed = []
        for name, forms in found.items():
            places = list(forms)
            examples = tuple((self.words[at], forms[at]) for at in places[:_EXAMPLES])
            tokens = None if self.counts is None else int(self.counts[places].sum())
            listed.append(Remedy(name, len(places), tokens, examples))
        useful = [remedy for remedy in listed if remedy.words]
        return tuple(sorted(useful, key=lambda remedy: (-(remedy.tokens or 0), -remedy.words)))

    def found_in(self, match: Match, names: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Map each word that the last fallbacks of a match find to the fallback and the form."""
        found_by = dict(zip(match.words, match.found_by.tolist(), strict=True))
        first = len(match.fallbacks) - len(names) + 1
        ways: dict[str, tuple[str, str]] = {}
        for number, name in enumerate(names, start=first):
            words = [word for word in self.words if found_by[word] == number]
            ways.update(zip(words, ((name, form) for form in other_forms(words, name)[1]), strict=True))
        return {word: ways[word] for word in self.words if word in ways}

    def found_by_splits(self, chain: Sequence[Fallback]) -> dict[str, dict[int, str]]:
        """Map each split, as `found_by` does, to the words of which a chain finds every part."""
        found = {}
        for name, split in SPLITS.items():
            parts = {at: [part for part in split(word) if part] for at, word in enumerate(self.words)}
            parts = {at: several for at, several in parts.items() if len(several) > 1}
            every = list(dict.fromkeys(part for several in parts.values() for part in several))
            rows, _ = find_rows(self.known, every, chain)
            lacking = {every[at] for at in np.flatnonzero(rows < 0).tolist()}
            found[name] = {
                at: " ".join(several) for at, several in parts.items() if lacking.isdisjoint(several)
            }
        return found


def _chain(missing: _Missing, min_share: float) -> list[str]:
    """Choose fallbacks: those with the smallest loss first, among equals the one that wins the most."""
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
            # Of two that win the same, the first, which joins fewer forms.
            best = max(found, key=lambda name: int(weights[found[name]].sum()))
            places = found.pop(best)
            won = int(weights[places].sum())
            if won < max(1, min_share * left):
                break
            chain.append(best)
            weights[places] = 0
            left -= won
            won_places = set(places)
            searched = [at for at in searched if at not in won_places]
    return chain


def _candidates(missing: _Missing, searched: Sequence[int]) -> list[str]:
    """List the forms that find a word and of which every part changes it."""
    names = []
    order = list(WORD_FORMS)
    # By the name of the form: the places of the words that each of its parts has changed, and the results.
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
            if not missing.known.found(forms.values()).keys().isdisjoint(forms.values()):
                names.append(name)
    return names


def _loss(name: str) -> int:
    return sum(LOSSES[part] for part in name.split(JOINER))
