"""The `Tokenizer`: texts in, sequences of indices out."""

import json
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.text.counting import count_texts
from glovefast.text.dictionaries import NAMES, DictionaryAttribute, WordDictionaries
from glovefast.text.lists import filled_lists
from glovefast.text.lookup import LookupOptions, TextLookup
from glovefast.text.padding import padded
from glovefast.text.pieces import Texts, count_of
from glovefast.text.progress import Callback, reporting
from glovefast.text.sequences import AnySequences, Sequences, lists_of, texts_of
from glovefast.text.word_rule import WordRule
from glovefast.text.words import DEFAULT_FILTERS
from glovefast.threads import checked_threads


class Tokenizer:
    """Number the words of texts by frequency, and turn texts into sequences of these numbers.

    The arguments, attributes and results are those of ``keras.preprocessing.text.Tokenizer`` in Keras 2,
    including the order of equally frequent words: first occurrence first. Index 0 is reserved for padding.

    The attributes `word_counts`, `word_docs`, `index_docs`, `word_index` and `index_word` are ordinary
    dictionaries, made when they are first read. You may change them or assign others; the Tokenizer follows.

    Parameters
    ----------
    num_words : int, optional
        Use only the indices below it, which belong to the ``num_words - 1`` most frequent words. `word_index`
        still contains all words.
    filters : str
        The characters to replace with `split`.
    lower : bool
        Convert the texts to lower case first.
    split : str
        The separator between two words.
    char_level : bool
        Treat each character as a word; nothing is filtered.
    oov_token : str, optional
        The token that gets index 1, which stands for every word without an index.
    analyzer : callable, optional
        A function text → words that replaces lowering, filtering and splitting.
    **kwargs
        `document_count`, and `nb_words`, an old name of `num_words`.

    Attributes
    ----------
    word_counts, word_docs, index_docs, word_index, index_word : dict
        The dictionaries; each is explained below.
    document_count : int
        The number of texts that were counted.

    Raises
    ------
    TypeError
        If an argument is unknown.

    Examples
    --------
    >>> tokenizer = Tokenizer(num_words=10_000, oov_token="<unk>")
    >>> tokenizer.fit_on_texts(["Well done!", "Good work, well done"])
    >>> tokenizer.texts_to_sequences(["Good work well done", "excellent"])
    [[4, 5, 2, 3], [1]]
    """

    word_counts = DictionaryAttribute[OrderedDict[str, int]](
        "How often each word occurs; the words stand in the order of their first occurrence."
    )
    word_docs = DictionaryAttribute[defaultdict[str, int]]("The number of texts that contain each word.")
    index_docs = DictionaryAttribute[defaultdict[int, int]]("The number of texts that contain each index.")
    word_index = DictionaryAttribute[dict[str, int]]("The index of each word, the most frequent word first.")
    index_word = DictionaryAttribute[dict[int, str]]("The word of each index.")

    def __init__(  # noqa: PLR0917 - Keras's arguments, in Keras's order
        self,
        num_words: int | None = None,
        filters: Iterable[str] = DEFAULT_FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[Any], Iterable[str]] | None = None,
        **kwargs: Any,  # noqa: ANN401 - old names of arguments
    ) -> None:
        if "nb_words" in kwargs:
            warnings.warn("nb_words is an old name: use num_words", FutureWarning, stacklevel=2)
            num_words = kwargs.pop("nb_words")
        self.document_count: int = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Tokenizer has no argument {', '.join(kwargs)}")
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer
        self.dictionaries = WordDictionaries()
        self._lookup = TextLookup(self.dictionaries)

    def fit_on_texts(
        self, texts: Texts, *, threads: int | None = None, progress: Callback | bool | None = None
    ) -> None:
        """Count the words of texts and renumber all words.

        Parameters
        ----------
        texts : iterable of str or of lists of str, array, column, or iterator of batches
            A list, a NumPy or Arrow array, a pandas or polars Series, or any iterable. A text may be a list
            or an array of words, which are lowered but not split. An iterator may also give batches of texts
            (arrays, Series or tuples), so that only some texts are in memory at a time.
        threads : int, optional
            The number of threads. The default is one per processor. The result does not depend on it.
        progress : callable or bool, optional
            True shows a bar. A function is called with a `TextProgress` after each piece of the texts.

        Raises
        ------
        TextError
            If a text or a word is not a string; the message names its position and its type. Nothing is
            counted then.
        """
        with reporting(progress) as report:
            counted = count_texts(texts, self._rule(), threads, report)
        self.dictionaries.add(counted.table, self.oov_token)
        self.document_count += counted.texts

    def fit_on_sequences(self, sequences: AnySequences) -> None:
        """Count the sequences in which each index occurs, for the "tfidf" of `sequences_to_matrix`.

        Parameters
        ----------
        sequences : sequence of sequences of int, or column of lists
            The sequences.

        Raises
        ------
        TypeError
            If an entry is not a sequence; the message names its position. Nothing is counted then.
        """
        distinct = [{*sequence} for sequence in lists_of(sequences)]
        self.document_count += len(distinct)
        index_docs = self.index_docs
        for indices in distinct:
            for index in indices:
                index_docs[index] = index_docs.get(index, 0) + 1

    def texts_to_sequences(
        self, texts: Texts, *, threads: int | None = None, progress: Callback | bool | None = None
    ) -> list[list[int]]:
        """Turn texts into lists of indices.

        Words without an index, or with one that is not below `num_words`, get the index of `oov_token`. If
        there is no `oov_token`, they are left out.

        Parameters
        ----------
        texts, threads, progress
            As for `fit_on_texts`.

        Returns
        -------
        list of list of int
            A list for each text.

        Raises
        ------
        TextError
            If a text or a word is not a string; the message names its position and its type.
        """
        with reporting(progress) as report:
            return filled_lists(count_of(texts) or 0, self._lists(texts, threads, report))

    def texts_to_sequences_generator(self, texts: Texts) -> Iterator[list[int]]:
        """Turn texts into lists of indices, one after the other; some texts are read ahead.

        Parameters
        ----------
        texts
            As for `fit_on_texts`.

        Yields
        ------
        list of int
            The indices of one text.
        """
        return self._lists(texts, None, None)

    def texts_to_arrow(
        self, texts: Texts, *, threads: int | None = None, progress: Callback | bool | None = None
    ) -> pa.ListArray | pa.LargeListArray:
        """Turn texts into an Arrow array of lists of int32: `texts_to_sequences` without Python objects.

        Parameters
        ----------
        texts, threads, progress
            As for `fit_on_texts`.

        Returns
        -------
        pyarrow.ListArray
            A list for each text; a ``LargeListArray`` for 2**31 indices and more.

        Raises
        ------
        TextError, VocabularyError
            If a text or a word is not a string, or if the `oov_token` has no index yet.
        """
        return self._columns(texts, threads, progress).arrow()

    def texts_to_padded(
        self,
        texts: Texts,
        maxlen: int | None = None,
        padding: str = "pre",
        truncating: str = "pre",
        value: int = 0,
        *,
        threads: int | None = None,
        progress: Callback | bool | None = None,
    ) -> NDArray[np.int32]:
        """Turn texts into the rows of a matrix: `texts_to_sequences` and `pad_sequences` in one step.

        Parameters
        ----------
        texts, threads, progress
            As for `fit_on_texts`.
        maxlen, padding, truncating, value
            As for `pad_sequences`.

        Returns
        -------
        numpy.ndarray
            (texts, maxlen) int32.

        Raises
        ------
        TextError, VocabularyError
            If a text or a word is not a string, or if the `oov_token` has no index yet.
        """
        columns = self._columns(texts, threads, progress)
        return padded(columns, maxlen, padding, truncating, value)

    def texts_to_matrix(self, texts: Texts, mode: str = "binary") -> NDArray[np.float64]:
        """Make a matrix with a row for each text and a column for each index.

        Parameters
        ----------
        texts
            As for `fit_on_texts`.
        mode : {"binary", "count", "tfidf", "freq"}
            The values: 1 for each index that occurs; how often it occurs; its weight, given the texts that it
            occurs in; its share of the text.

        Returns
        -------
        numpy.ndarray
            (texts, num_words) float64. Without `num_words` there is one column more than there are words.

        Raises
        ------
        ValueError
            If `mode` is unknown; if there is neither `num_words` nor a word; if no texts were counted and the
            mode is "tfidf".
        """
        return self.sequences_to_matrix(self._columns(texts, None, None), mode)

    def sequences_to_matrix(self, sequences: AnySequences, mode: str = "binary") -> NDArray[np.float64]:
        """Make a matrix with a row for each sequence and a column for each index.

        Parameters
        ----------
        sequences : sequence of sequences of int, or column of lists
            The sequences.
        mode : {"binary", "count", "tfidf", "freq"}
            The values, as for `texts_to_matrix`.

        Returns
        -------
        numpy.ndarray
            (sequences, num_words) float64. Without `num_words` there is one column more than there are words.

        Raises
        ------
        ValueError
            As for `texts_to_matrix`.
        """
        columns = self.num_words
        if not columns:
            if not self.word_index:
                raise ValueError(
                    "the width of the matrix is unknown: set num_words, or call fit_on_texts first"
                )
            columns = len(self.word_index) + 1
        if mode == "tfidf" and not self.document_count:
            raise ValueError("tfidf needs counted texts: call fit_on_texts or fit_on_sequences first")
        return Sequences.of(sequences).matrix(columns, mode, self.document_count, self.index_docs)

    def sequences_to_texts(self, sequences: AnySequences) -> list[str]:
        """Turn sequences of indices back into texts, with a space between two words.

        Indices without a word, or not below `num_words`, become the `oov_token`. If there is no `oov_token`,
        they are left out.

        Parameters
        ----------
        sequences : sequence of sequences of int, or column of lists
            The sequences.

        Returns
        -------
        list of str
            A text for each sequence.
        """
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: AnySequences) -> Iterator[str]:
        """Turn sequences of indices back into texts, one after the other.

        Parameters
        ----------
        sequences : sequence of sequences of int, or column of lists
            The sequences, as for `sequences_to_texts`.

        Yields
        ------
        str
            The text of one sequence.
        """
        oov_index = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        oov_word = None if oov_index is None else self.index_word[oov_index]
        return texts_of(sequences, self.index_word, self.num_words, oov_word)

    def get_config(self) -> dict[str, Any]:
        """Give the settings, and the dictionaries as JSON; an `analyzer` is not included.

        Returns
        -------
        dict
            What `to_json` writes, as in Keras.
        """
        settings = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        dictionaries = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        config = {name: getattr(self, name) for name in settings}
        return config | {name: json.dumps(getattr(self, name)) for name in dictionaries}

    def to_json(self, **kwargs: Any) -> str:  # noqa: ANN401 - json.dumps takes many kinds
        """Write the Tokenizer as JSON, which `tokenizer_from_json` reads, here and in Keras.

        Parameters
        ----------
        **kwargs
            Arguments of ``json.dumps``.

        Returns
        -------
        str
            JSON.
        """
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """Give the attributes that a Tokenizer of Keras has, to copy or pickle them."""
        state = {
            name: value for name, value in self.__dict__.items() if name not in {"dictionaries", "_lookup"}
        }
        return state | {name: getattr(self, name) for name in NAMES}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the attributes of a Tokenizer, of Keras or of this class; older ones lack some."""
        Tokenizer.__init__(self)
        for name, value in state.items():
            setattr(self, name, value)

    def _rule(self) -> WordRule:
        return WordRule(self.filters, self.lower, self.split, self.char_level, self.analyzer)

    def _lists(self, texts: Texts, threads: int | None, progress: Callback | None) -> Iterator[list[int]]:
        for part in self._lookup.parts(texts, self._options(threads, progress)):
            yield from part if isinstance(part, list) else part.lists()

    def _columns(self, texts: Texts, threads: int | None, progress: Callback | bool | None) -> Sequences:
        with reporting(progress) as report:
            return self._lookup.columns(texts, self._options(threads, report))

    def _options(self, threads: int | None, progress: Callback | None) -> LookupOptions:
        return LookupOptions(self._rule(), self.num_words, self.oov_token, checked_threads(threads), progress)
