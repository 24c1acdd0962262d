"""How a text becomes words: in Python for one text, and as what the kernels need for a batch of them."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import TextError
from glovefast.kernels import WORD_SEPARATOR

DEFAULT_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'

_ASCII = 0x80
_SHOWN_CHARACTERS = 60


def text_to_word_sequence(
    input_text: str,
    filters: Iterable[str] = DEFAULT_FILTERS,
    lower: bool = True,
    split: str = " ",
) -> list[str]:
    """Cut a text into words.

    Parameters
    ----------
    input_text : str
        The text.
    filters : str or iterable of str
        The characters that go: `split` stands in the place of each.
    lower : bool
        Lower the text first, as `str.lower` does it.
    split : str
        What stands between two words.

    Returns
    -------
    list of str
        The words; none of them is empty.

    Raises
    ------
    TextError
        If the text is no string.
    ValueError
        If `split` is empty, or a filter is not one character.
    """
    if not isinstance(input_text, str):
        raise TextError(f"a text is a string, not {shown(input_text)}")
    text = input_text.lower() if lower else input_text
    replaced: dict[str, str | int | None] = dict.fromkeys(filters, split)
    text = text.translate(str.maketrans(replaced))
    return [word for word in text.split(split) if word]


def one_hot(  # noqa: PLR0917 - Keras's arguments, in Keras's order
    input_text: str,
    n: int,
    filters: Iterable[str] = DEFAULT_FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[Any], Iterable[Any]] | None = None,
) -> list[int]:
    """Give each word of a text a number below `n`, with Python's own hash.

    Python hashes strings differently in every process, unless ``PYTHONHASHSEED`` is set; `hashing_trick` with
    ``"md5"`` does not.

    Parameters
    ----------
    input_text, filters, lower, split
        As for `text_to_word_sequence`.
    n : int
        One more than the largest number; 0 is not given.
    analyzer : callable, optional
        Text → words, in the place of `text_to_word_sequence`.

    Returns
    -------
    list of int
        From 1 to ``n - 1``; different words may share a number.
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
        One more than the largest number; 0 is not given.
    hash_function : callable or "md5", optional
        Word → integer; Python's ``hash`` if not given.
    analyzer : callable, optional
        Text → words, in the place of `text_to_word_sequence`.

    Returns
    -------
    list of int
        From 1 to ``n - 1``; different words may share a number.
    """
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":
        hash_function = _md5
    if not callable(hash_function):
        raise ValueError(f"hash_function={hash_function!r} is neither a function nor 'md5'")
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


class WordRule:
    """The rule by which a `Tokenizer` makes words of a text.

    Parameters
    ----------
    filters, lower, split, char_level, analyzer
        The Tokenizer's attributes of these names.

    Attributes
    ----------
    byte_of : numpy.ndarray or None
        (256,) uint8: what becomes of each byte of a text, for the kernels; `WORD_SEPARATOR` for what
        separates words. None where the rule cannot be given by bytes, so that Python makes the words.
    """

    def __init__(
        self,
        filters: Iterable[str],
        lower: bool,
        split: str,
        char_level: bool,
        analyzer: Callable[[Any], Iterable[Any]] | None,
    ) -> None:
        self.char_level = bool(char_level)
        self.analyzer = analyzer
        self._filters = filters
        self._lower = bool(lower)
        self._split = split
        self._other_filters: dict[int, str | int | None] = {}
        self.byte_of = self._bytes()

    def _bytes(self) -> NDArray[np.uint8] | None:
        table = np.arange(256, dtype=np.uint8)
        if self._lower:
            table[ord("A") : ord("Z") + 1] += ord("a") - ord("A")
        if self.char_level:
            return table
        if self.analyzer is not None:
            return None
        self._filters = self._filters if isinstance(self._filters, str) else tuple(self._filters)
        replaced = str.maketrans(dict.fromkeys(self._filters, self._split))
        split = self._split
        # A separator that is lowered itself separates only where a filter has put it.
        if (
            not isinstance(split, str)
            or len(split) != 1
            or not split.isascii()
            or self._lowered(split) != split
        ):
            return None
        separates = {ord(split), *(character for character in replaced if character < _ASCII)}
        self._other_filters = {character: split for character in replaced if character >= _ASCII}
        table[np.isin(table, list(separates))] = WORD_SEPARATOR
        return table

    def _lowered(self, text: str) -> str:
        return text.lower() if self._lower else text

    @property
    def is_for_bytes(self) -> bool:
        """Whether the table of bytes is all that a text needs which is not ASCII."""
        return not self._lower and not self._other_filters

    def prepared(self, text: str) -> str:
        """Do to a text what no table of bytes can do: all that goes beyond ASCII."""
        # str.lower looks around: a sigma at a word's end has a form of its own.
        text = self._lowered(text)
        return text.translate(self._other_filters) if self._other_filters else text

    def words_of(self, text: Any, number: int) -> list[str]:  # noqa: ANN401 - an analyzer takes anything
        """Make the words of one text in Python.

        Parameters
        ----------
        text : str or list of str
            A text, or its words, which are lowered but not cut.
        number : int
            The text's number, for errors.

        Raises
        ------
        TextError
            If it is no text, or a word is no string.
        """
        if isinstance(text, list):
            check_words(text, number)
            return [word.lower() for word in text] if self._lower else text
        if self.analyzer is not None and not self.char_level:
            words = list(self.analyzer(text))
            check_words(words, number)
            return words
        if not isinstance(text, str):
            raise TextError(f"the text at position {number} is no string: {shown(text)}")
        if self.char_level:
            return list(self._lowered(text))
        return text_to_word_sequence(text, self._filters, self._lower, self._split)


def check_words(words: list[Any], number: int) -> None:
    """Refuse words of a text that are no strings.

    Raises
    ------
    TextError
        Names the first of them.
    """
    for place, word in enumerate(words):
        if not isinstance(word, str):
            raise TextError(
                f"the text at position {number} has at position {place} a word that is no string: "
                f"{shown(word)}"
            )


def shown(value: Any) -> str:  # noqa: ANN401 - whatever was given in a text's place
    """Describe for an error what was given in the place of a text."""
    written = repr(value)
    if len(written) > _SHOWN_CHARACTERS:
        written = f"{written[:_SHOWN_CHARACTERS]}…"
    return f"{written} ({type(value).__name__})"
