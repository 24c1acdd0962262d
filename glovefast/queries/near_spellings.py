"""Suggestions for a word that a store does not have: its other forms, and similar spellings."""

import os
from collections.abc import Sequence
from functools import partial

import numpy as np

from glovefast.errors import GlovefastError, StoreError, UnknownWordError, printable, shortened
from glovefast.kernels import BAD_WORD
from glovefast.kernels.load import load_kernels
from glovefast.vocabulary.word_index import WordIndex

_FEW_CHARACTERS = 3
_MOST_EDITS = 2
_SUGGESTED = 3
_NAMED = 5
_LONGEST = 100  # nobody meant a longer one


def unknown_words(index: WordIndex, words: Sequence[str], store: str | os.PathLike[str]) -> UnknownWordError:
    """Make the error for words that a store lacks; it looks for similar words when its message is shown.

    Parameters
    ----------
    index : WordIndex
        The words of the store.
    words : sequence of str
        The missing words, at least one.
    store : str or path-like
        The store in the message.
    """
    distinct = tuple(dict.fromkeys(words))
    return UnknownWordError(distinct, partial(missing_words_message, index, distinct, store))


def missing_words_message(index: WordIndex, words: Sequence[str], store: str | os.PathLike[str]) -> str:
    """Say that words are missing, and which words of the store each may mean.

    Parameters
    ----------
    index : WordIndex
        The words of the store.
    words : sequence of str
        The missing words, all different.
    store : str or path-like
        The store in the message.
    """
    named = words[:_NAMED]
    try:
        questions = [_question(suggested) for suggested in _suggestions(index, named)]
    except (GlovefastError, OSError, MemoryError, ImportError):
        # A damaged store, say. The words are missing all the same.
        questions = [""] * len(named)
    where = printable(os.fspath(store))
    if len(words) == 1:
        question = questions[0] and f"; {questions[0]}"
        return f"the word {shortened(words[0])} is not in {where}{question}"
    listed = ", ".join(
        shortened(word) + (question and f" ({question})")
        for word, question in zip(named, questions, strict=True)
    )
    more = f" and {len(words) - _NAMED:,} more" if len(words) > _NAMED else ""
    return f"{len(words):,} words are not in {where}: {listed}{more}"


def _suggestions(index: WordIndex, words: Sequence[str]) -> list[list[str]]:
    """List for each word how the store may spell it, quoted: the form that is there, then near spellings."""
    from glovefast.matrix.remedies import explain_coverage

    known = {word: number for number, word in enumerate(filter(_is_unicode, words), start=1)}
    forms = explain_coverage(index, known).found if known else {}
    suggestions = []
    for word in words:
        name, form = forms.get(word, ("", ""))
        near = [other for other in near_spellings(index, word) if other != form]
        first = [f"{form!r} (form {name!r})"] if form else []
        suggestions.append([*first, *map(repr, near)][:_SUGGESTED])
    return suggestions


def _question(suggested: Sequence[str]) -> str:
    *others, last = suggested or [""]
    return f"did you mean {' or '.join([', '.join(others), last] if others else [last])}?" if last else ""


def _is_unicode(word: str) -> bool:
    """Say whether a word can be UTF-8; one with a lone surrogate cannot."""
    return word.isascii() or not any("\ud800" <= character <= "\udfff" for character in word)


def near_spellings(index: WordIndex, word: str, count: int = _SUGGESTED) -> list[str]:
    """Find the words of a store that are spelled most like a word.

    A word is near if one edit makes it the other word, or two edits if the word has more than three
    characters: a character inserted, deleted or replaced, or two neighbors swapped. Lower case is tried as
    well, and does not count as an edit.

    Parameters
    ----------
    index : WordIndex
        The words of the store.
    word : str
        The word.
    count : int
        How many words to find at most, at least 1.

    Returns
    -------
    list of str
        The words with the fewest edits, of these the ones in the first rows (the most frequent ones); without
        `word` itself.

    Raises
    ------
    StoreError
        If the words of the store are damaged.
    """
    if not 0 < len(word) <= _LONGEST:
        return []
    near = {place for spelling in {word, word.lower()} for place in _near(index, spelling, 2 * count + 1)}
    # More than are wanted, because a word may occur more than once, or be `word` itself.
    others = dict.fromkeys(index.words[row].as_py() for _, row in sorted(near))
    return [other for other in others if other != word][:count]


def _near(index: WordIndex, spelling: str, count: int) -> list[tuple[int, int]]:
    """List the rows of the nearest words, each after its number of edits."""
    most_edits = 1 if len(spelling) <= _FEW_CHARACTERS else _MOST_EDITS
    sought = np.array(
        [int.from_bytes(each.encode("utf-8", "surrogatepass")) for each in spelling], dtype=np.int64
    )
    found, edits = np.empty((2, count), dtype=np.int64)
    characters = np.empty(len(sought) + most_edits, dtype=np.int64)
    table = np.empty(3 * (len(sought) + 1), dtype=np.int64)
    number = load_kernels("nearest_spellings").nearest_spellings(
        sought, most_edits, *index.tables()[-2:], characters, table, found, edits
    )
    if number == BAD_WORD:
        raise StoreError.damaged("vocabulary", "a word lies outside of the words' bytes")
    return list(zip(edits[:number].tolist(), found[:number].tolist(), strict=True))
