"""Other forms of a word, to be looked up where the word itself is missing."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.vocabulary import Vocabulary

Fallback: TypeAlias = str | Callable[[str], str | None]

MISSING = -1
EXACT = 0

_DIGITS = str.maketrans("0123456789", "#" * 10)


def _nfkc(word: str) -> str:
    return unicodedata.normalize("NFKC", word)


def _digits(word: str) -> str:
    return word.translate(_DIGITS)


def _strip(word: str) -> str:
    first, last = 0, len(word)
    while first < last and _is_punctuation(word[first]):
        first += 1
    while first < last and _is_punctuation(word[last - 1]):
        last -= 1
    return word[first:last]


def _is_punctuation(character: str) -> bool:
    """Say whether a character is punctuation or a symbol: ``string.punctuation`` for all of Unicode."""
    return unicodedata.category(character)[0] in "PS"


WORD_FORMS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "title": str.title,
    "upper": str.upper,
    "nfkc": _nfkc,
    "digits": _digits,
    "strip": _strip,
}
"""The named word forms.

``lower``, ``title``, ``upper``
    As the methods of `str` (so ``title`` makes "Don'T" of "don't"; ``str.capitalize`` can be given itself).
``nfkc``
    Unicode's compatibility composition: full-width letters, ligatures and the like in their plain form.
``digits``
    Each ASCII digit as ``#``, as the Google News vectors of word2vec have their numbers ("2013" is "####").
``strip``
    Without the punctuation and symbols around the word.
"""


def find_rows(
    vocabulary: Vocabulary, words: pa.StringArray, fallbacks: Sequence[Fallback]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the rows of words, by the words themselves first and then by their other forms.

    Each fallback starts from the word as it stands in the vocabulary, not from another fallback's result.

    Parameters
    ----------
    vocabulary : Vocabulary
        The words of the store.
    words : pyarrow.StringArray
        n words.
    fallbacks : sequence of Fallback
        Checked by `as_fallbacks`; tried in order.

    Returns
    -------
    rows : numpy.ndarray
        (n,) int64, -1 where a word is missing in every form.
    served : numpy.ndarray
        (n,) int64: 0 where the word itself was found, i + 1 where fallback i was the first to find it, -1
        where none did.

    Raises
    ------
    TypeError
        If a callable gives something that is neither a string nor None; the message names the word.
    """
    rows = vocabulary.rows(words)
    served = np.where(rows < 0, MISSING, EXACT).astype(np.int64)
    missing = np.flatnonzero(rows < 0)
    listed = words.to_pylist() if missing.size and fallbacks else []
    for number, fallback in enumerate(fallbacks, start=1):
        if not missing.size:
            break
        places, forms = other_forms([listed[place] for place in missing.tolist()], fallback)
        if not forms:
            continue
        found = vocabulary.rows(forms)
        at = missing[places][found >= 0]
        rows[at] = found[found >= 0]
        served[at] = number
        missing = missing[rows[missing] < 0]
    return rows, served


def other_forms(words: Sequence[str], fallback: Fallback) -> tuple[list[int], list[str]]:
    """Give the words that have another form, and that form.

    Parameters
    ----------
    words : sequence of str
        n words.
    fallback : Fallback
        Checked by `as_fallbacks`.

    Returns
    -------
    places : list of int
        The places of those words, ascending.
    forms : list of str
        Their other forms; none is empty.

    Raises
    ------
    TypeError
        If a callable gives something that is neither a string nor None; the message names the word.
    """
    places, forms = [], []
    for place, word in enumerate(words):
        form = _apply(fallback, word)
        if form and form != word:
            places.append(place)
            forms.append(form)
    return places, forms


def as_fallbacks(fallback: Fallback | Iterable[Fallback]) -> tuple[Fallback, ...]:
    """Check one fallback or several.

    Parameters
    ----------
    fallback : str, callable, or iterable of them
        Names of `WORD_FORMS`, or callables word to word (None where they have no form for a word).

    Returns
    -------
    tuple of Fallback
        The fallbacks in order.

    Raises
    ------
    ValueError
        If a name is unknown; the message lists the names.
    TypeError
        If an entry is neither a string nor a callable.
    """
    if isinstance(fallback, str) or callable(fallback) or not isinstance(fallback, Iterable):
        fallback = (fallback,)
    fallbacks = tuple(fallback)
    for entry in fallbacks:
        if isinstance(entry, str):
            if entry not in WORD_FORMS:
                names = ", ".join(map(repr, WORD_FORMS))
                raise ValueError(f"unknown fallback {entry!r}: give a callable or one of {names}")
        elif not callable(entry):
            raise TypeError(f"a fallback is a name or a callable, not the {type(entry).__name__} {entry!r}")
    return fallbacks


def fallback_name(fallback: Fallback) -> str:
    """Name a fallback for a table: its own name, or the callable's."""
    if isinstance(fallback, str):
        return fallback
    return str(getattr(fallback, "__name__", None) or type(fallback).__name__)


def _apply(fallback: Fallback, word: str) -> str | None:
    if isinstance(fallback, str):
        return WORD_FORMS[fallback](word)
    form = fallback(word)
    if form is not None and not isinstance(form, str):
        raise TypeError(
            f"the fallback {fallback_name(fallback)!r} gave a {type(form).__name__} for the word {word!r}: "
            "it must give a string or None"
        )
    return form
