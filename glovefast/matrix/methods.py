"""The methods of `WordVectors` that take a training vocabulary."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import DTypeLike, NDArray

from glovefast.vocabulary.word_index import WordIndex

if TYPE_CHECKING:
    from glovefast.matrix.counts import Counts
    from glovefast.matrix.coverage import Coverage
    from glovefast.matrix.explanation import Explanation
    from glovefast.matrix.fallbacks import Fallback
    from glovefast.matrix.match import Match
    from glovefast.matrix.out_of_vocabulary import OutOfVocabulary
    from glovefast.store.rounded_rows import Rows
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary


class MatrixMethods:
    """Methods that take a training vocabulary; each loads its code when first called."""

    _index: WordIndex
    _array: "Rows"
    path: Path

    def match(
        self, vocabulary: "AnyVocabulary | Match", fallback: "Fallback | Iterable[Fallback]" = ()
    ) -> "Match":
        """Look up a training vocabulary once, for several answers.

        `embedding_matrix`, `coverage` and `explain_coverage` take the result in place of the vocabulary, and
        then look nothing up again.

        Parameters
        ----------
        vocabulary : mapping, tokenizer, layer, sequence of str or array
            The training vocabulary; see `embedding_matrix`.
        fallback : str, callable, or iterable of them
            Other forms to look up for missing words; see `embedding_matrix`.

        Returns
        -------
        Match
            The row of each word, the missing words, and the rows of the matrix without a vector.

        Raises
        ------
        VocabularyError
            If the vocabulary cannot be used.
        ValueError, TypeError
            If a fallback cannot be used.
        """
        from glovefast.matrix.match import look_up

        return look_up(self._index, vocabulary, fallback)

    def embedding_matrix(
        self,
        vocabulary: "AnyVocabulary | Match",
        oov: "OutOfVocabulary" = "zeros",
        fallback: "Fallback | Iterable[Fallback]" = (),
        dtype: DTypeLike = "float32",
        seed: int | None = None,
    ) -> NDArray[Any]:
        """Build the embedding matrix for a training vocabulary.

        Row i belongs to index i of the vocabulary. It holds the vector of the word with that index; zeros
        for padding and for an index without a word; and what `oov` says for a missing word or an
        out-of-vocabulary token (``[UNK]``, an `oov_token`).

        Parameters
        ----------
        vocabulary : mapping, tokenizer, layer, sequence of str, array or Match
            The training vocabulary:

            - a dictionary word -> index, such as ``Tokenizer.word_index``;
            - a fitted legacy Keras ``Tokenizer`` (its `num_words` and `oov_token` count);
            - an adapted ``TextVectorization`` or ``StringLookup`` layer;
            - a Hugging Face tokenizer;
            - a fitted ``CountVectorizer`` or ``TfidfVectorizer`` of scikit-learn;
            - a sequence or an array of words: the position is the index. An empty string in front is padding,
              and ``[UNK]`` in front of all words is the out-of-vocabulary token;
            - what `match` returned.
        oov : str, array_like or callable
            What fills the rows of missing words and out-of-vocabulary tokens:

            - ``"zeros"``;
            - ``"mean"``: the mean of the vectors found, by dimension;
            - ``"normal"``: random numbers with the mean and the standard deviation of the vectors found, by
              dimension, drawn with ``numpy.random.default_rng(seed)`` in the order of the indices;
            - ``"unk"``: the store's own vector for unknown words (``<unk>``, ``<UNK>`` or ``[UNK]``);
            - a vector of shape (dim,);
            - a callable that takes the word (or the token) and returns a vector; called in the order of the
              indices.
        fallback : str, callable, or iterable of them
            Other forms to look up for missing words, such as ``("lower", "strip")``; the first form that is
            found wins. `explain_coverage` suggests fallbacks. The names:

            - ``"lower"``, ``"title"``, ``"upper"``: the methods of `str`;
            - ``"strip"``: without the punctuation around the word;
            - ``"accents"``, ``"apostrophes"``, ``"hyphens"``: without those of the word's letters ("creme",
              "dont", "email");
            - ``"possessive"``: without a final ``'s``;
            - ``"digits"``: ``#`` for each digit;
            - ``"straight"``: plain quotation marks, apostrophes and dashes for typographic ones;
            - ``"nfkc"``: plain letters for full-width letters, ligatures and the like;
            - ``"visible"``: without invisible characters;
            - ``"treebank"``: without the escapes of the Penn Treebank, such as ``-LRB-``;
            - several joined by ``+``: ``"strip+lower"`` finds "word" for "Word,".

            A callable takes the word and returns another form or None.
        dtype : dtype_like
            float16, float32 or float64.
        seed : int, optional
            Makes ``oov="normal"`` repeatable.

        Returns
        -------
        numpy.ndarray
            (input_dim, dim) of `dtype`: new, writable and C-contiguous. input_dim is one more than the
            largest index that can occur.

        Raises
        ------
        VocabularyError
            If the vocabulary cannot be used; if `oov` is ``"unk"`` and the store has no such word, or
            ``"mean"`` or ``"normal"`` and no word is found.
        ValueError
            If `oov` or a fallback has an unknown name, a vector has a shape other than (dim,), or `dtype` is
            not one of the three.
        TypeError
            If a fallback is neither a name nor a callable, or returns something that is not a string.
        MatrixSizeError
            If the matrix is larger than the memory of the machine.

        Warns
        -----
        CoverageWarning
            If the store has less than 5 % of the words; with missing words and the likely reason.
        """
        from glovefast.matrix.embedding_matrix import embedding_matrix
        from glovefast.matrix.match import LOW_SHARE, look_up

        match = look_up(self._index, vocabulary, fallback)
        matrix = embedding_matrix(self._array, self._index, match, oov=oov, dtype=dtype, seed=seed)
        if match.share < LOW_SHARE:
            from glovefast.matrix.low_coverage import warn_of_low_coverage

            warn_of_low_coverage(match, str(self.path))
        return matrix

    def coverage(
        self,
        vocabulary: "AnyVocabulary | Match",
        counts: "Counts | None" = None,
        fallback: "Fallback | Iterable[Fallback]" = (),
    ) -> "Coverage":
        """Count which words of a training vocabulary the store has.

        Parameters
        ----------
        vocabulary : mapping, tokenizer, layer, sequence of str, array or Match
            The training vocabulary; see `embedding_matrix`.
        counts : mapping or column, optional
            How often each word occurs, to measure coverage by token as well:

            - a mapping word -> count, such as ``Tokenizer.word_counts`` or a ``collections.Counter``; a word
              that it lacks counts 0;
            - a pandas Series with the words as its index, or a table with one column of words and one of
              counts, as ``value_counts()`` of Arrow and polars makes them;
            - a column of numbers (pandas, polars, Arrow or NumPy), with one count for each index of the
              vocabulary.

            Default: the counts of a legacy ``Tokenizer``; none for other vocabularies.
        fallback : str, callable, or iterable of them
            Other forms to look up for missing words; see `embedding_matrix`.

        Returns
        -------
        Coverage
            Hits and misses by word and by token, how each word was found, and the missing words. Prints as a
            table.

        Raises
        ------
        VocabularyError
            If the vocabulary cannot be used, or a count is not a non-negative integer; the message names
            the word.
        ValueError, TypeError
            If a fallback cannot be used; see `embedding_matrix`.
        """
        from glovefast.matrix.coverage import coverage

        return coverage(self._index, vocabulary, counts=counts, fallback=fallback)

    def explain_coverage(
        self,
        vocabulary: "AnyVocabulary | Match",
        counts: "Counts | None" = None,
        fallback: "Fallback | Iterable[Fallback]" = (),
        min_share: float = 0.01,
    ) -> "Explanation":
        """Explain why words are missing, and suggest fallbacks that find them.

        The suggested chain tries the forms that change a word the least first, and is ready for the argument
        `fallback`.

        Parameters
        ----------
        vocabulary : mapping, tokenizer, layer, sequence of str, array or Match
            The training vocabulary; see `embedding_matrix`.
        counts : mapping or column, optional
            How often each word occurs; see `coverage`.
        fallback : str, callable, or iterable of them
            What the chain begins with; see `embedding_matrix`.
        min_share : float
            The share of the tokens (words, without counts) still missing that a fallback must find to be
            suggested, 0 to 1. The 20,000 most frequent missing words decide.

        Returns
        -------
        Explanation
            The coverage before and after, what each form finds alone, the suggested chain, and what splitting
            words would find. Prints as tables.

        Raises
        ------
        VocabularyError
            If the vocabulary cannot be used, or a count is not a non-negative integer.
        ValueError
            If a fallback has an unknown name, or `min_share` is not from 0 to 1.
        TypeError
            If a fallback is neither a name nor a callable, or returns something that is not a string.
        """
        from glovefast.matrix.remedies import explain_coverage

        return explain_coverage(
            self._index, vocabulary, counts=counts, fallback=fallback, min_share=min_share
        )
