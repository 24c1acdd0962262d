"""The rule by which a Tokenizer splits texts: byte by byte for the kernels, or in Python."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import TextError
from glovefast.text.words import Replacements, replacements, shown, split_words

_ASCII = 0x80


@dataclass(frozen=True)
class ByteRule:
    """What the kernels do with the bytes of a text.

    Attributes
    ----------
    separators : numpy.ndarray
        (2 * r,) uint8: the r runs of bytes that separate words, as the first byte of each and the number of
        bytes after it.
    lower : int
        What is added to the bytes from A to Z: 32 for lower case, or 0.
    """

    separators: NDArray[np.uint8]
    lower: int


EVERY_BYTE = ByteRule(np.zeros(0, dtype=np.uint8), 0)  # keeps a text as it is


class WordRule:
    """The rule by which a `Tokenizer` splits texts into words.

    Parameters
    ----------
    filters, lower, split, char_level, analyzer
        The Tokenizer's attributes of these names.

    Attributes
    ----------
    for_bytes : ByteRule or None
        The rule for the kernels. None if they cannot follow it, so that Python splits the texts.
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
        self._lower = bool(lower)
        self._split = split
        self._replaced: Replacements = {}
        self._other_filters: Replacements = {}
        self.for_bytes = self._for_bytes(filters)

    @classmethod
    def of(
        cls,
        filters: Iterable[str],
        lower: bool,
        split: str,
        char_level: bool,
        analyzer: Callable[[Any], Iterable[Any]] | None,
    ) -> "WordRule":
        """Give the rule for a Tokenizer's attributes; the usual kind is made once."""
        if analyzer is None and isinstance(filters, str) and isinstance(split, str):
            return _usual_rule(filters, bool(lower), split, bool(char_level))
        return cls(filters, lower, split, char_level, analyzer)

    def _for_bytes(self, filters: Iterable[str]) -> ByteRule | None:
        lower = ord("a") - ord("A") if self._lower else 0
        if self.char_level:
            return ByteRule(EVERY_BYTE.separators, lower)
        if self.analyzer is not None:
            return None
        split = self._split
        replaced = self._replaced = replacements(filters, split)
        # Lowering changes such a separator in the text, so it separates only where a filter inserted it.
        if (
            not isinstance(split, str)
            or len(split) != 1
            or not split.isascii()
            or self._lowered(split) != split
        ):
            return None
        separates = {ord(split), *(character for character in replaced if character < _ASCII)}
        self._other_filters = {character: split for character in replaced if character >= _ASCII}
        return ByteRule(_runs(separates), lower)

    def _lowered(self, text: str) -> str:
        return text.lower() if self._lower else text

    @property
    def is_for_bytes(self) -> bool:
        """Whether the rule for bytes is enough for texts that are not ASCII, too."""
        return not self._lower and not self._other_filters

    @property
    def keeps_case(self) -> bool:
        """Whether given words stay as they are."""
        return not self._lower

    def prepared(self, text: str) -> str:
        """Apply to a text what the rule for bytes does not cover: everything beyond ASCII."""
        # str.lower looks at neighbors: a sigma at the end of a word has a form of its own.
        text = self._lowered(text)
        return text.translate(self._other_filters) if self._other_filters else text

    def words_of(self, text: Any, number: int) -> list[str]:  # noqa: ANN401 - an analyzer takes anything
        """Split one text in Python.

        Parameters
        ----------
        text : str, list of str, tuple of str or array of str
            A text, or its words, which are lowered but not split.
        number : int
            The text's position, for error messages.

        Raises
        ------
        TextError
            If it is not a text, or if a word is not a string.
        """
        words = given_words(text)
        if words is not None:
            check_words(words, number)
            return [word.lower() for word in words] if self._lower else words
        if self.analyzer is not None and not self.char_level:
            words = list(self.analyzer(text))
            check_words(words, number)
            return words
        if not isinstance(text, str):
            raise TextError(f"the text at position {number} is not a string: {shown(text)}")
        if self.char_level:
            return list(self._lowered(text))
        return split_words(text, self._replaced, self._lower, self._split)


@lru_cache(maxsize=16)
def _usual_rule(filters: str, lower: bool, split: str, char_level: bool) -> WordRule:
    return WordRule(filters, lower, split, char_level, None)


def _runs(separates: set[int]) -> NDArray[np.uint8]:
    """List bytes as runs: the first byte of each, and the number of bytes after it."""
    inside = np.zeros(_ASCII + 2, dtype=np.int8)  # one more on each side
    inside[[byte + 1 for byte in separates]] = 1
    changes = np.diff(inside)
    first, end = np.flatnonzero(changes == 1), np.flatnonzero(changes == -1)
    return np.column_stack([first, end - first - 1]).astype(np.uint8).reshape(-1)


def given_words(text: Any) -> list[Any] | None:  # noqa: ANN401 - whatever was given as a text
    """Give the words of a text that consists of words already; None for any other text."""
    if isinstance(text, list):
        return text
    if isinstance(text, np.ndarray) and text.ndim:  # the cell of a column that was read with NumPy or pandas
        return list(text.tolist())
    return list(text) if isinstance(text, tuple) else None


def check_words(words: list[Any], number: int) -> None:
    """Raise an error for the first word that is not a string.

    Raises
    ------
    TextError
        Names the position of the text and that of the word.
    """
    for place, word in enumerate(words):
        if not isinstance(word, str):
            raise TextError(
                f"the word at position {place} of the text at position {number} is not a string: "
                f"{shown(word)}"
            )
