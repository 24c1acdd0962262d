"""Other forms of a word, to be looked up where the word itself is missing."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Fallback: TypeAlias = str | Callable[[str], str | None]

MISSING = -1
EXACT = 0


class RowFinder(Protocol):
    """What finds the rows of words: a `WordIndex`, or what remembers the answers of one."""

    def rows(self, words: Any) -> NDArray[np.int64]:  # noqa: ANN401 - any batch of words
        """Find the rows of n words: (n,) int64, -1 where a word is missing."""
        ...


def find_rows(
    index: RowFinder, words: pa.StringArray | Sequence[str], fallbacks: Sequence[Fallback]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the rows of words: first by the words themselves, then by their other forms.

    Parameters
    ----------
    index : WordIndex
        The words of the store.
    words : pyarrow.StringArray or sequence of str
        n words.
    fallbacks : sequence of Fallback
        What `as_fallbacks` checked; tried in order.

    Returns
    -------
    rows : numpy.ndarray
        (n,) int64: -1 where a word is missing in every form.
    found_by : numpy.ndarray
        (n,) int64: 0 where the word itself is found, i + 1 where fallback i is the first to find it, -1 where
        none does.

    Raises
    ------
    TypeError
        If a callable returns something that is neither a string nor None; the message names the word.
    """
    rows = index.rows(words)
    found_by = np.minimum(rows, EXACT)  # MISSING where the row is
    find_other_forms(index, words, fallbacks, rows=rows, found_by=found_by)
    return rows, found_by


def find_other_forms(
    index: RowFinder,
    words: pa.StringArray | Sequence[str],
    fallbacks: Sequence[Fallback],
    *,
    rows: NDArray[np.int64],
    found_by: NDArray[np.int64],
    tried: int = 0,
) -> None:
    """Find the missing ones of n words by their other forms, and enter them in `rows` and `found_by`.

    Each fallback starts from the word itself, not from another fallback's result. The first one here has the
    number `tried` + 1.
    """
    if not fallbacks:
        return
    missing = np.flatnonzero(rows < 0)
    if not missing.size:
        return
    # Not Arrow's take, whose import (pyarrow.compute) takes longer than all that is done here.
    every = words if isinstance(words, Sequence) else words.to_pylist()
    listed = [every[place] for place in missing.tolist()]
    for number, fallback in enumerate(fallbacks, start=tried + 1):
        places, forms = other_forms(listed, fallback)
        if not forms:
            continue
        found = index.rows(forms)
        at = missing[places][found >= 0]
        rows[at] = found[found >= 0]
        found_by[at] = number
        left = np.flatnonzero(rows[missing] < 0)
        if not left.size:
            break
        missing, listed = missing[left], [listed[place] for place in left.tolist()]


def other_forms(words: Sequence[str], fallback: Fallback) -> tuple[list[int], list[str]]:
    """Apply a fallback to words.

    Parameters
    ----------
    words : sequence of str
        n words.
    fallback : Fallback
        What `as_fallbacks` checked.

    Returns
    -------
    places : list of int
        The places of the words that the fallback changes, ascending.
    forms : list of str
        Their other forms; none is empty.

    Raises
    ------
    TypeError
        If a callable returns something that is neither a string nor None; the message names the word.
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
        A name of `WORD_FORMS`, several names joined by ``+``, or a callable that takes a word and returns
        another form of it (None for no other form).

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
    if isinstance(fallback, tuple) and not fallback:  # the default, without the slow look for an Iterable
        return ()
    if isinstance(fallback, str) or callable(fallback) or not isinstance(fallback, Iterable):
        fallback = (fallback,)
    fallbacks = tuple(fallback)
    for entry in fallbacks:
        if isinstance(entry, str):
            _named(entry)
        elif not callable(entry):
            raise TypeError(
                f"a fallback must be a name or a callable, not the {type(entry).__name__} {entry!r}"
            )
    return fallbacks


def fallback_name(fallback: Fallback) -> str:
    """Name a fallback in a table: the name itself, or the callable's name."""
    if isinstance(fallback, str):
        return fallback
    return str(getattr(fallback, "__name__", None) or type(fallback).__name__)


def _named(name: str) -> Callable[[str], str]:
    """Load the named form; without fallbacks the forms are never imported."""
    from glovefast.matrix.word_forms import word_form

    return word_form(name)


def _checked(fallback: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """Make sure that a callable returns only strings and None."""

    def form_of(word: str) -> str | None:
        form = fallback(word)
        if form is not None and not isinstance(form, str):
            raise TypeError(
                f"the fallback {fallback_name(fallback)!r} returned a {type(form).__name__} "
                f"for the word {word!r}: it must return a string or None"
            )
        return form

    return form_of
