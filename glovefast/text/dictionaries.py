"""The dictionaries of a `Tokenizer`: a view of its fitted words that may be changed."""

from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from typing import Any, Generic, Protocol, Self, TypeVar, cast, overload

import numpy as np

from glovefast.errors import VocabularyError
from glovefast.kernels import WORD_COUNT, WORD_TEXTS
from glovefast.text.fitted_words import FittedWords
from glovefast.text.word_table import WordTable
from glovefast.text.words import shown

NAMES = ("word_counts", "word_docs", "index_docs", "word_index", "index_word")
_END_OF_COUNTS = 1 << 63
_COUNTED = ("word_counts", "word_docs", "index_docs")  # these grow with each fit; the others are rebuilt

Dictionary = TypeVar("Dictionary")


class WordDictionaries:
    """Five dictionaries, each made of the fitted words when it is first read.

    The caller may change a dictionary once they have it, so everything after that follows the dictionary.

    Attributes
    ----------
    fitted : FittedWords or None
        The result of the last fit.
    """

    def __init__(self) -> None:
        self.fitted: FittedWords | None = None
        self._made: dict[str, Any] = {}

    def made(self, name: str) -> Any:  # noqa: ANN401 - of words or of indices
        """Give a dictionary if it was made or assigned before; otherwise None."""
        return self._made.get(name)

    def get(self, name: str) -> Any:  # noqa: ANN401 - of words or of indices
        """Give a dictionary; make it if it was not made before."""
        if name not in self._made:
            entries = self._fitted_entries(name)
            if name == "word_counts":
                entries = OrderedDict(entries)
            elif name in _COUNTED:
                entries = defaultdict(int, entries)
            self._made[name] = entries
        return self._made[name]

    def assign(self, name: str, dictionary: object) -> None:
        """Replace a dictionary."""
        self._made[name] = dictionary

    def add(self, counted: WordTable, oov_token: str | None) -> None:
        """Add the counts of a fit and renumber all words."""
        fitted = self.fitted
        if fitted is not None and fitted.oov_token != oov_token:
            self.get("index_docs")  # keeps its entries for indices that no longer exist
        table = None if fitted is None else fitted.table.copy()
        if "word_counts" in self._made or "word_docs" in self._made:
            table = _table_of(self.get("word_counts"), self.get("word_docs"))
        if table is None or not len(table):
            table = counted
        else:
            table.add([counted])
        self.fitted = FittedWords(table, oov_token)
        for name in NAMES:
            if name in self._made and name in _COUNTED:
                self._made[name].update(self._fitted_entries(name))
            else:
                self._made.pop(name, None)

    def _fitted_entries(self, name: str) -> dict[Any, Any]:
        return {} if self.fitted is None else self.fitted.entries[name]()


class _HasDictionaries(Protocol):
    dictionaries: WordDictionaries


class DictionaryAttribute(Generic[Dictionary]):
    """An attribute of a class that is one of its `WordDictionaries`.

    Parameters
    ----------
    doc : str
        The attribute's docstring.
    """

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: _HasDictionaries, owner: type) -> Dictionary: ...

    def __get__(self, instance: _HasDictionaries | None, owner: type) -> Self | Dictionary:
        if instance is None:
            return self
        return cast("Dictionary", instance.dictionaries.get(self._name))

    def __set__(self, instance: _HasDictionaries, dictionary: Dictionary) -> None:
        instance.dictionaries.assign(self._name, dictionary)


def _table_of(word_counts: Mapping[str, int], word_docs: Mapping[str, int]) -> WordTable:
    """Make a table of dictionaries.

    Raises
    ------
    VocabularyError
        If a word is not a string or a count is not an integer; the message names it.
    """
    for name, counts in (("word_counts", word_counts), ("word_docs", word_docs)):
        for word, count in counts.items():
            if not isinstance(word, str):
                raise VocabularyError(f"{name} holds a word that is not a string: {shown(word)}")
            if not isinstance(count, int | np.integer):
                raise VocabularyError(f"{name}[{word!r}] must be an integer, not {shown(count)}")
            if not -_END_OF_COUNTS < count < _END_OF_COUNTS:
                raise VocabularyError(f"{name}[{word!r}] is beyond 64 bits")
    table = WordTable.of_words(list(word_counts))
    table.column(WORD_COUNT)[:] = list(word_counts.values())
    table.column(WORD_TEXTS)[:] = [word_docs.get(word, 0) for word in word_counts]
    return table
