"""A warning for a vocabulary of which a store has next to nothing, with the likely reason."""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from glovefast.errors import CoverageWarning, warn_caller
from glovefast.matrix.fallbacks import other_forms
from glovefast.matrix.match import LOW_SHARE, Match

_LISTED = 10
_SAMPLE = 1000  # of the missing words, the first by index: the most frequent ones
# The share of the sample that must show a reason.
_TELLING = 0.2
_FORMS = ("lower", "title", "upper", "strip", "strip+lower", "nfkc", "accents", "digits")

_SENTENCES = (
    "They look like sentences: a vocabulary holds words, as the word_index of a Tokenizer does. "
    "Count the words of a text with: glovefast coverage {store} {file}"
)
_NUMBERS = "They are numbers: a vocabulary holds the words themselves, not their indices"
_MOJIBAKE = "They look like UTF-8 text that was read in another encoding: read the text as UTF-8"
_UNKNOWN = (
    "Check that the vocabulary and the store are of the same language, and that both were read in their "
    "right encoding"
)


def warn_of_low_coverage(match: Match, store: str) -> None:
    """Warn, at the caller's line, if a store has hardly any word of a vocabulary."""
    message = low_coverage(match, store)
    if message is not None:
        warn_caller(message, CoverageWarning)


def low_coverage(match: Match, store: str, file: str = "FILE") -> str | None:
    """Say that a store has hardly any word of a vocabulary, and why that may be; None if it has enough.

    Parameters
    ----------
    match : Match
        The vocabulary, looked up.
    store : str
        The path of the store.
    file : str
        The file that the vocabulary came from.

    Returns
    -------
    str or None
        The share found, ten missing words, and the likely reason.
    """
    if match.share >= LOW_SHARE:
        return None
    missing = match.missing
    words, found = len(match.rows), len(match.rows) - len(missing)
    some = f"only {found:,}" if found else "none"
    has_few = f"has {some} of the {words:,} words" if words > 1 else "does not have the only word"
    different = list(dict.fromkeys(missing))
    names = ", ".join(map(_quoted, different[:_LISTED]))
    more = f" and {len(different) - _LISTED:,} more" if len(different) > _LISTED else ""
    return (
        f"{store} {has_few} of the vocabulary. Missing: {names}{more}. "
        f"{_likely_reason(match, different[:_SAMPLE]).format(store=store, file=file)}."
    )


def _quoted(word: str, longest: int = 40) -> str:
    return repr(word if len(word) <= longest else f"{word[: longest - 1]}\N{HORIZONTAL ELLIPSIS}")


def _likely_reason(match: Match, missing: Sequence[str]) -> str:
    enough = max(1.0, _TELLING * len(missing))
    if sum(len(word.split()) > 2 for word in missing) >= enough:
        return _SENTENCES
    if sum(word.isdecimal() for word in missing) == len(missing):
        return _NUMBERS
    found = {form: _found_by(match, missing, form) for form in _FORMS}
    best = max(_FORMS, key=lambda form: found[form])
    if found[best] >= enough:
        share = f"{found[best]:,} of the first {len(missing):,} missing words"
        return f"The form {best!r} would find {share}: add fallback={best!r} (--fallback {best})"
    if sum(map(_is_mojibake, missing)) >= enough:
        return _MOJIBAKE
    return _UNKNOWN


def _found_by(match: Match, words: Sequence[str], form: str) -> int:
    _, forms = other_forms(words, form)
    return int(np.count_nonzero(match.index.rows(forms) >= 0)) if forms else 0


def _is_mojibake(word: str) -> bool:
    """Say whether a word is UTF-8 that was decoded as cp1252 or Latin-1."""
    for encoding in ("cp1252", "latin-1"):
        with suppress(UnicodeError):
            return word.encode(encoding).decode("utf-8") != word
    return False
