"""The dictionaries of a `Tokenizer`: made of columns when they are first asked for, and then the truth."""

from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import VocabularyError
from glovefast.kernels import WORD_COUNT, WORD_TEXTS
from glovefast.text.numbering import Numbering, as_indices
from glovefast.text.word_table import WordTable
from glovefast.text.words import shown

_NAMES = ("word_counts", "word_docs", "index_docs", "word_index", "index_word")
_COUNTED = ("word_counts", "word_docs", "index_docs")  # these grow; the other two are made anew


class WordDictionaries:
    """What is known of words and indices, in columns and in dictionaries.

    A dictionary that somebody has seen may have been changed, so that all further work goes by it. As long as
    nobody has seen any, none is made.
    """

    def __init__(self) -> None:
        self._table: WordTable | None = None  # what the last fit left behind
        self._oov: str | None = None  # the oov_token of the last fit
        self._words: list[str] | None = None  # those of the table, once they were needed
        self._made: dict[str, Any] = {}
        self._numbering: tuple[Any, Numbering | None] | None = None  # with what it was made of

    def _take(self, counted: WordTable, oov_token: str | None) -> None:
        """Add what was counted, and number all words anew."""
        if self._table is not None and self._oov != oov_token:
            self._dictionary("index_docs")  # keeps what it has under indices that will be no more
        table = None if self._table is None else self._table.copy()
        if "word_counts" in self._made or "word_docs" in self._made:
            table = _table_of(self.word_counts, self.word_docs)
        if table is None or not len(table):
            table = counted
        else:
            table.add([counted])
        self._table, self._oov, self._words, self._numbering = table, oov_token, None, None
        for name in _NAMES:
            if name in self._made and name in _COUNTED:
                self._made[name].update(self._entries(name))
            else:
                self._made.pop(name, None)

    def _ranks(self) -> NDArray[np.int64]:
        """Give the index of each word of the table."""
        if self._table is None:
            return np.zeros(0, dtype=np.int64)
        first = 1 if self._oov is None else 2
        ranks = np.empty(len(self._table), dtype=np.int64)
        ranks[self._order()] = np.arange(first, first + len(ranks))
        return ranks

    def _order(self) -> NDArray[np.int64]:
        """Order the words of the table by frequency, equally frequent ones as they came."""
        if self._table is None:
            return np.zeros(0, dtype=np.int64)
        return np.argsort(-self._table.column(WORD_COUNT), kind="stable")

    def _entries(self, name: str) -> dict[Any, Any]:
        """Make the entries of a dictionary as the last fit left them, whatever became of the others."""
        table = self._table
        if table is None:
            return {}
        if self._words is None:
            self._words = table.words()
        words = self._words
        if name == "word_counts":
            return dict(zip(words, table.column(WORD_COUNT).tolist(), strict=True))
        if name in _COUNTED:
            docs = table.column(WORD_TEXTS)
            in_texts = np.flatnonzero(docs)  # of a dictionary that was assigned, words may be in none
            keys = self._ranks()[in_texts].tolist()
            if name == "word_docs":
                keys = words if len(in_texts) == len(words) else [words[place] for place in in_texts.tolist()]
            return dict(zip(keys, docs[in_texts].tolist(), strict=True))
        ordered = [] if self._oov is None else [self._oov]
        ordered += [words[place] for place in self._order().tolist()]
        word_index = dict(zip(ordered, range(1, len(ordered) + 1), strict=True))
        if name == "word_index":
            return word_index
        return {index: word for word, index in word_index.items()}

    def _dictionary(self, name: str) -> Any:  # noqa: ANN401 - of words or of indices
        made = self._made
        if name not in made:
            entries = self._entries(name)
            if name == "word_counts":
                entries = OrderedDict(entries)
            elif name in _COUNTED:
                entries = defaultdict(int, entries)
            made[name] = entries
        return made[name]

    @property
    def word_counts(self) -> "OrderedDict[str, int]":
        """How often each word occurs, in the order in which the words came."""
        counts: OrderedDict[str, int] = self._dictionary("word_counts")
        return counts

    @word_counts.setter
    def word_counts(self, counts: "OrderedDict[str, int]") -> None:
        self._made["word_counts"] = counts

    @property
    def word_docs(self) -> "defaultdict[str, int]":
        """In how many texts each word occurs."""
        docs: defaultdict[str, int] = self._dictionary("word_docs")
        return docs

    @word_docs.setter
    def word_docs(self, docs: "defaultdict[str, int]") -> None:
        self._made["word_docs"] = docs

    @property
    def index_docs(self) -> "defaultdict[int, int]":
        """In how many texts the word of each index occurs."""
        docs: defaultdict[int, int] = self._dictionary("index_docs")
        return docs

    @index_docs.setter
    def index_docs(self, docs: "defaultdict[int, int]") -> None:
        self._made["index_docs"] = docs

    @property
    def word_index(self) -> dict[str, int]:
        """Each word's index, the most frequent first; 0 is no word's."""
        index: dict[str, int] = self._dictionary("word_index")
        return index

    @word_index.setter
    def word_index(self, index: dict[str, int]) -> None:
        self._made["word_index"] = index

    @property
    def index_word(self) -> dict[int, str]:
        """Each index's word."""
        words: dict[int, str] = self._dictionary("index_word")
        return words

    @index_word.setter
    def index_word(self, words: dict[int, str]) -> None:
        self._made["index_word"] = words

    def _numbering_for(self, num_words: float | None, oov_token: str | None) -> Numbering | None:
        """Give the rule by which words become indices; None if only a dictionary can hold it."""
        if self._oov != oov_token or not isinstance(oov_token, str | None):
            self._dictionary("word_index")
        made = self._made.get("word_index")
        if self._numbering is not None and self._numbering[0] == (num_words, oov_token, made):
            return self._numbering[1]
        numbering: Numbering | None = None
        if made is None:
            ranks, oov_index = self._ranks(), None
            if oov_token is not None and self._table is not None:
                number = self._table.number_of(oov_token)
                oov_index = 1 if number < 0 else int(ranks[number])
            numbering = Numbering(self._table or WordTable(), ranks, num_words, oov_index)
        else:
            indices = as_indices(made)
            oov_index = made.get(oov_token)
            if indices is not None:
                numbering = Numbering(WordTable.of_words(list(made)), indices, num_words, oov_index)
        self._numbering = ((num_words, oov_token, None if made is None else dict(made)), numbering)
        return numbering

    def __getstate__(self) -> dict[str, Any]:
        """Give what is copied and pickled: the dictionaries in the place of the columns."""
        for name in _NAMES:
            self._dictionary(name)
        return {**self.__dict__, "_table": None, "_words": None, "_numbering": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what `__getstate__` gave."""
        self.__dict__.update(state)


def _table_of(word_counts: Mapping[str, int], word_docs: Mapping[str, int]) -> WordTable:
    """Make columns of dictionaries.

    Raises
    ------
    VocabularyError
        If a word is no string, or a count no integer; the message names it.
    """
    for what, numbers in (("word_counts", word_counts), ("word_docs", word_docs)):
        for word, number in numbers.items():
            if not isinstance(word, str):
                raise VocabularyError(f"{what} holds a word that is no string: {shown(word)}")
            if not isinstance(number, int | np.integer):
                raise VocabularyError(f"{what} has for the word {word!r} no integer: {shown(number)}")
    table = WordTable.of_words(list(word_counts))
    table.column(WORD_COUNT)[:] = list(word_counts.values())
    table.column(WORD_TEXTS)[:] = [word_docs.get(word, 0) for word in word_counts]
    return table
