"""The `Tokenizer`: texts in, sequences of indices out."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.text.counting import count_texts
from glovefast.text.dictionaries import NAMES, WordDictionaries
from glovefast.text.fitted_tokenizer import FittedTokenizer
from glovefast.text.lists import filled_lists
from glovefast.text.lookup import LookupOptions, TextLookup
from glovefast.text.padding import padded
from glovefast.text.pieces import Texts, count_of
from glovefast.text.progress import Callback, reporting
from glovefast.text.sequences import Sequences
from glovefast.text.word_rule import WordRule
from glovefast.text.words import DEFAULT_FILTERS
from glovefast.threads import checked_threads


class Tokenizer(FittedTokenizer):
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
        The dictionaries; each is explained at `FittedTokenizer`.
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
        return WordRule.of(self.filters, self.lower, self.split, self.char_level, self.analyzer)

    def _lists(self, texts: Texts, threads: int | None, progress: Callback | None) -> Iterator[list[int]]:
        for part in self._lookup.parts(texts, self._options(threads, progress)):
            yield from part if isinstance(part, list) else part.lists()

    def _columns(self, texts: Texts, threads: int | None, progress: Callback | bool | None) -> Sequences:
        with reporting(progress) as report:
            return self._lookup.columns(texts, self._options(threads, report))

    def _options(self, threads: int | None, progress: Callback | None) -> LookupOptions:
        return LookupOptions(self._rule(), self.num_words, self.oov_token, checked_threads(threads), progress)
