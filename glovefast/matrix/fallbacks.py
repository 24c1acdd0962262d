"""Other forms of a word, to be looked up where the word itself is missing."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.vocabulary.word_index import WordIndex

Fallback: TypeAlias = str | Callable[[str], str | None]

MISSING = -1
EXACT = 0


def find_rows(
    vocabulary: WordIndex, words: pa.StringArray, fallbacks: Sequence[Fallback]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the rows of words, by the words themselves first and then by their other forms.

    Each fallback starts from the word as it stands in the vocabulary, not from another fallback's result.

    Parameters
    ----------
    vocabulary : WordIndex
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
    form_of = _named(fallback) if isinstance(fallback, str) else _checked(fallback)
    for place, word in enumerate(words):
        form = form_of(word)
        if form and form != word:
            places.append(place)
            forms.append(form)
    return places, forms


def as_fallbacks(fallback: Fallback | Iterable[Fallback]) -> tuple[Fallback, ...]:
    """Check one fallback or several.

    Parameters
    ----------
    fallback : str, callable, or iterable of them
        Names of `WORD_FORMS`, also several joined by ``+``, or callables word to word
        (None where they have no form for a word).

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
            _named(entry)
        elif not callable(entry):
            raise TypeError(f"a fallback is a name or a callable, not the {type(entry).__name__} {entry!r}")
    return fallbacks


def fallback_name(fallback: Fallback) -> str:
    """Name a fallback for a table: its own name, or the callable's."""
    if isinstance(fallback, str):
        return fallback
    return str(getattr(fallback, "__name__", None) or type(fallback).__name__)


def _named(name: str) -> Callable[[str], str]:
    """Make a form of its name; where no fallback is asked for, the forms are not loaded."""
    from glovefast.matrix.word_forms import word_form

    return word_form(name)


def _checked(fallback: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """Let a callable give strings and None only."""

    def form_of(word: str) -> str | None:
        form = fallback(word)
        if form is not None and not isinstance(form, str):
            raise TypeError(
                f"the fallback {fallback_name(fallback)!r} gave a {type(form).__name__} "
                f"for the word {word!r}: it must give a string or None"
            )
        return form

    return form_of
