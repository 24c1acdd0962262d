"""The part of the `Tokenizer` that takes no texts: its dictionaries, its JSON, and sequences to texts."""

import json
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glovefast.text.dictionaries import DictionaryAttribute, WordDictionaries
from glovefast.text.sequences import AnySequences, Sequences, lists_of, texts_of


class FittedTokenizer:
    """The part of a `Tokenizer` that needs its counted words, but no texts.

    Attributes
    ----------
    dictionaries : WordDictionaries
        The words and their numbers.
    num_words : int or None
        Only smaller indices are used.
    oov_token : str or None
        The token that stands for words without an index.
    document_count : int
        The number of texts that were counted.
    """

    dictionaries: WordDictionaries
    num_words: int | None
    oov_token: str | None
    document_count: int

    word_counts = DictionaryAttribute[OrderedDict[str, int]](
        "How often each word occurs; the words stand in the order of their first occurrence."
    )
    word_docs = DictionaryAttribute[defaultdict[str, int]]("The number of texts that contain each word.")
    index_docs = DictionaryAttribute[defaultdict[int, int]]("The number of texts that contain each index.")
    word_index = DictionaryAttribute[dict[str, int]]("The index of each word, the most frequent word first.")
    index_word = DictionaryAttribute[dict[int, str]]("The word of each index.")

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
