"""A text to words or to hashed numbers: the functions of Keras's legacy preprocessing."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from glovefast.errors import TextError

Replacements: TypeAlias = dict[int, Any]

DEFAULT_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'

_SHOWN_CHARACTERS = 60


def text_to_word_sequence(
    input_text: str,
    filters: Iterable[str] = DEFAULT_FILTERS,
    lower: bool = True,
    split: str = " ",
) -> list[str]:
    """Split a text into words.

    Parameters
    ----------
    input_text : str
        The text.
    filters : str or iterable of str
        The characters to replace with `split`.
    lower : bool
        Convert the text to lower case first, as `str.lower` does.
    split : str
        The separator between two words.

    Returns
    -------
    list of str
        The words; none of them is empty.

    Raises
    ------
    TextError
        If the text is not a string.
    ValueError
        If `split` is empty, or if a filter is not a single character.
    """
    if not isinstance(input_text, str):
        raise TextError(f"a text must be a string, not {shown(input_text)}")
    return split_words(input_text, replacements(filters, split), lower, split)


def replacements(filters: Iterable[str], split: str) -> Replacements:
    """Make the table that `str.translate` takes to replace the filtered characters."""
    return str.maketrans(dict.fromkeys(filters, split))


def split_words(text: str, replaced: Replacements, lower: bool, split: str) -> list[str]:
    """Split a text into words, with a table of `replacements`."""
    if lower:
        text = text.lower()
    return [word for word in text.translate(replaced).split(split) if word]


def one_hot(  # noqa: PLR0917 - Keras's arguments, in Keras's order
    input_text: str,
    n: int,
    filters: Iterable[str] = DEFAULT_FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[Any], Iterable[Any]] | None = None,
) -> list[int]:
    """Give each word of a text a number below `n`, with Python's own hash.

    Python hashes strings differently in every process unless ``PYTHONHASHSEED`` is set. `hashing_trick` with
    ``"md5"`` gives the same numbers everywhere.

    Parameters
    ----------
    input_text, filters, lower, split
        As for `text_to_word_sequence`.
    n : int
        The upper bound of the numbers; 0 is not used.
    analyzer : callable, optional
        A function text → words that replaces `text_to_word_sequence`.

    Returns
    -------
    list of int
        Numbers from 1 to ``n - 1``. Different words may share a number.
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def hashing_trick(  # noqa: PLR0917 - Keras's arguments, in Keras's order
    text: str,
    n: int,
    hash_function: Callable[[Any], int] | str | None = None,
    filters: Iterable[str] = DEFAULT_FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[Any], Iterable[Any]] | None = None,
) -> list[int]:
    """Give each word of a text a number below `n`, with a hash function.

    Parameters
    ----------
    text, filters, lower, split
        As for `text_to_word_sequence`.
    n : int
        The upper bound of the numbers; 0 is not used.
    hash_function : callable or "md5", optional
        A function word → integer. The default is Python's ``hash``.
    analyzer : callable, optional
        A function text → words that replaces `text_to_word_sequence`.

    Returns
    -------
    list of int
        Numbers from 1 to ``n - 1``. Different words may share a number.

    Raises
    ------
    ValueError
        If `hash_function` is neither callable nor "md5".
    """
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":
        hash_function = _md5
    if not callable(hash_function):
        raise ValueError(f"hash_function must be a function or 'md5', not {hash_function!r}")
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


def shown(value: Any) -> str:  # noqa: ANN401 - whatever was given in place of a text
    """Describe a value for an error message: how it is written, shortened, and its type."""
    written = repr(value)
    if len(written) > _SHOWN_CHARACTERS:
        written = f"{written[:_SHOWN_CHARACTERS]}…"
    return f"{written} ({type(value).__name__})"
