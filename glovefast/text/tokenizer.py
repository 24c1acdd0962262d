"""The `Tokenizer`: texts in, sequences of indices out."""

import json
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.text.batches import Callback, Texts
from glovefast.text.counting import count_texts
from glovefast.text.lookup import TextLookup
from glovefast.text.padding import padded
from glovefast.text.sequences import AnySequences, Sequences, collection_paused
from glovefast.text.words import DEFAULT_FILTERS
from glovefast.threads import checked_threads


class Tokenizer(TextLookup):
    """Number the words of texts by their frequency, and turn texts into sequences of these numbers.

    Arguments, attributes and results are those of Keras 2's ``keras.preprocessing.text.Tokenizer``, also
    where words are equally frequent: the one that came first goes first. Index 0 is kept for padding.

    The attributes `word_counts`, `word_docs`, `index_docs`, `word_index` and `index_word` are ordinary
    dictionaries, made when they are first asked for. What is changed in them, or assigned to them, holds.

    Parameters
    ----------
    num_words : int, optional
        Only indices below it are given out, which are those of the ``num_words - 1`` most frequent words.
        `word_index` has all words all the same.
    filters : str
        Characters that go: `split` stands in the place of each.
    lower : bool
        Lower the texts first.
    split : str
        What stands between two words.
    char_level : bool
        Each character is a word; nothing is filtered.
    oov_token : str, optional
        Gets index 1, which is then given out for every word that has no index.
    analyzer : callable, optional
        Text → words, in the place of lowering, filtering and splitting.
    **kwargs
        `document_count`, and `nb_words`, an old name of `num_words`.

    Attributes
    ----------
    word_counts : collections.OrderedDict
        How often each word occurs, in the order in which the words came.
    word_docs : collections.defaultdict
        In how many texts each word occurs.
    index_docs : collections.defaultdict
        The same by index.
    word_index : dict
        Each word's index, the most frequent first.
    index_word : dict
        Each index's word.
    document_count : int
        How many texts were counted.

    Raises
    ------
    TypeError
        If there is an argument that is none of these.

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
        super().__init__()
        if "nb_words" in kwargs:
            warnings.warn("nb_words is an old name: use num_words", FutureWarning, stacklevel=2)
            num_words = kwargs.pop("nb_words")
        self.document_count: int = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Tokenizer takes no {', '.join(kwargs)}")
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer

    def fit_on_texts(
        self, texts: Texts, *, threads: int | None = None, progress: Callback | None = None
    ) -> None:
        """Count the words of texts, and number all words anew.

        Parameters
        ----------
        texts : iterable of str or of lists of str, array, column, or iterator of batches
            A list, a NumPy or Arrow array, a pandas or polars Series, or any iterable. A text that is a list
            is taken for its words, which are lowered and not cut. An iterable may also give batches of texts:
            arrays, Series or tuples; only some of them are in memory at a time.
        threads : int, optional
            At most so many; default: one per processor.
        progress : callable, optional
            Called with a `Progress` after each part of the texts.

        Raises
        ------
        TextError
            If a text or a word is no string; the message names its position and its type. Nothing is counted
            then.
        """
        counted = count_texts(texts, self._rule(), threads, progress)
        self._take(counted.table, self.oov_token)
        self.document_count += counted.texts

    def fit_on_sequences(self, sequences: AnySequences) -> None:
        """Count in how many sequences each index occurs, for the "tfidf" of `sequences_to_matrix`.

        Parameters
        ----------
        sequences : sequence of sequences of int, or Arrow array of lists
            The sequences.
        """
        self.document_count += len(sequences)
        index_docs = self.index_docs
        for sequence in _lists_of(sequences):
            for index in set(sequence):
                index_docs[index] = index_docs.get(index, 0) + 1

    def texts_to_sequences(
        self, texts: Texts, *, threads: int | None = None, progress: Callback | None = None
    ) -> list[list[int]]:
        """Turn texts into lists of indices.

        Words without an index, or with one from `num_words` on, get that of `oov_token`, and are left out
        without one.

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
            If a text or a word is no string; the message names its position and its type.
        """
        with collection_paused():
            return list(self._lists(texts, checked_threads(threads), progress))

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
        return self._lists(texts, checked_threads(None), None)

    def texts_to_arrow(
        self, texts: Texts, *, threads: int | None = None, progress: Callback | None = None
    ) -> pa.ListArray | pa.LargeListArray:
        """Turn texts into an Arrow array of lists of int32: `texts_to_sequences` without Python's objects.

        Parameters
        ----------
        texts, threads, progress
            As for `fit_on_texts`.

        Returns
        -------
        pyarrow.ListArray
            A list for each text; a ``LargeListArray`` from 2**31 indices on.
        """
        return self._columns(texts, checked_threads(threads), progress).arrow()

    def texts_to_padded(
        self,
        texts: Texts,
        maxlen: int | None = None,
        padding: str = "pre",
        truncating: str = "pre",
        value: int = 0,
        *,
        threads: int | None = None,
        progress: Callback | None = None,
    ) -> NDArray[np.int32]:
        """Turn texts into the rows of one matrix: `texts_to_sequences` and `pad_sequences` at once.

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
        """
        return padded(
            self._columns(texts, checked_threads(threads), progress), maxlen, padding, truncating, value
        )

    def texts_to_matrix(self, texts: Texts, mode: str = "binary") -> NDArray[np.float64]:
        """Count, in a row for each text, how often each index occurs in it.

        Parameters
        ----------
        texts
            As for `fit_on_texts`.
        mode : {"binary", "count", "tfidf", "freq"}
            1 for what occurs, how often, its weight by the texts that it occurs in, or its share of the text.

        Returns
        -------
        numpy.ndarray
            (texts, num_words) float64; without `num_words` as many columns as words, and one.

        Raises
        ------
        ValueError
            If the mode is another; if there is neither `num_words` nor a word; if "tfidf" has no text to go
            by.
        """
        return self.sequences_to_matrix(self._columns(texts, checked_threads(None), None), mode)

    def sequences_to_matrix(self, sequences: AnySequences, mode: str = "binary") -> NDArray[np.float64]:
        """Count, in a row for each sequence, how often each index occurs in it; as `texts_to_matrix`."""
        columns = self.num_words
        if not columns:
            if not self.word_index:
                raise ValueError("how wide is the matrix? Set num_words, or call fit_on_texts first")
            columns = len(self.word_index) + 1
        if mode == "tfidf" and not self.document_count:
            raise ValueError("tfidf needs texts to go by: call fit_on_texts or fit_on_sequences first")
        return Sequences.of(sequences).matrix(columns, mode, self.document_count, self.index_docs)

    def sequences_to_texts(self, sequences: AnySequences) -> list[str]:
        """Turn sequences of indices back into texts, the words between spaces.

        Indices without a word, or from `num_words` on, become the `oov_token`, and are left out without one.

        Parameters
        ----------
        sequences : sequence of sequences of int, or Arrow array of lists
            The sequences.

        Returns
        -------
        list of str
            A text for each sequence.
        """
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: AnySequences) -> Iterator[str]:
        """Turn sequences of indices back into texts, one after the other; as `sequences_to_texts`."""
        oov_index = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        limit = self.num_words or None
        index_word = self.index_word
        oov_word = None if oov_index is None else index_word[oov_index]
        for sequence in _lists_of(sequences):
            words = []
            for index in sequence:
                word = index_word.get(index)
                if word is None or (limit is not None and index >= limit):
                    word = oov_word
                if word is not None:
                    words.append(word)
            yield " ".join(words)

    def get_config(self) -> dict[str, Any]:
        """Give all that the Tokenizer knows, its dictionaries as JSON; an `analyzer` is not among it."""
        return {
            "num_words": self.num_words,
            "filters": self.filters,
            "lower": self.lower,
            "split": self.split,
            "char_level": self.char_level,
            "oov_token": self.oov_token,
            "document_count": self.document_count,
            "word_counts": json.dumps(self.word_counts),
            "word_docs": json.dumps(self.word_docs),
            "index_docs": json.dumps(self.index_docs),
            "index_word": json.dumps(self.index_word),
            "word_index": json.dumps(self.word_index),
        }

    def to_json(self, **kwargs: Any) -> str:  # noqa: ANN401 - json.dumps takes what it takes
        """Write the Tokenizer as JSON, which `tokenizer_from_json` reads, here as in Keras.

        Parameters
        ----------
        **kwargs
            For ``json.dumps``.

        Returns
        -------
        str
            JSON.
        """
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def _lists_of(sequences: AnySequences) -> Any:  # noqa: ANN401 - whatever can be gone through
    """Give sequences of Python's integers where they come as an Arrow array."""
    return Sequences.of(sequences).lists() if isinstance(sequences, pa.Array | pa.ChunkedArray) else sequences


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """Make a Tokenizer of what `Tokenizer.to_json` has written, here or in Keras.

    Parameters
    ----------
    json_string : str
        JSON.

    Returns
    -------
    Tokenizer
        Ready for texts; it can be fitted on more of them.

    Raises
    ------
    ValueError
        If it is no Tokenizer's JSON.
    """
    made = json.loads(json_string)
    config = made.get("config") if isinstance(made, dict) else None
    if not isinstance(config, dict) or not {"word_counts", "word_docs", "index_docs", "word_index"} <= {
        *config
    }:
        raise ValueError("this is no JSON of a Tokenizer: it has no config with word_counts and the others")
    word_counts, word_docs, index_docs, word_index, index_word = (
        json.loads(config.pop(name))
        for name in ("word_counts", "word_docs", "index_docs", "word_index", "index_word")
    )
    tokenizer = Tokenizer(**config)
    tokenizer.word_counts = OrderedDict(word_counts)
    tokenizer.word_docs = defaultdict(int, word_docs)
    # JSON has strings alone for keys.
    tokenizer.index_docs = defaultdict(int, {int(index): count for index, count in index_docs.items()})
    tokenizer.word_index = word_index
    tokenizer.index_word = {int(index): word for index, word in index_word.items()}
    return tokenizer
