"""The methods of `WordVectors` that find neighbors: `nearest` for many queries, and gensim's."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from glovefast.vocabulary.word_index import WordIndex

if TYPE_CHECKING:
    from glovefast.queries.keys import Key, KeyOrVector, Keys
    from glovefast.queries.neighbours import Candidates, Neighbours, Queries
    from glovefast.queries.row_similarities import RowSimilarities
    from glovefast.store.rounded_rows import Rows

    Weighted: TypeAlias = KeyOrVector | tuple[KeyOrVector, float]
    Operands: TypeAlias = Weighted | Sequence[Weighted] | None


class NeighbourMethods:
    """Methods that compare vectors by cosine; each loads its code when first called."""

    _index: WordIndex
    _array: "Rows"
    path: Path

    @cached_property
    def _keys(self) -> "Keys":
        """The words and rows as queries use them, with the rows' norms once they are made."""
        from glovefast.queries.keys import Keys
        from glovefast.queries.row_similarities import RowSimilarities

        table = RowSimilarities(self._array, self._index.duplicate_rows())
        return Keys(self._index, table, self.path)

    def nearest(
        self,
        queries: "Queries",
        k: int = 10,
        candidates: "Candidates" = None,
        *,
        include_self: bool = False,
    ) -> "Neighbours":
        """Find the nearest words of many words or vectors at once, exactly.

        Parameters
        ----------
        queries : str, sequence of str, or array_like
            One word or n of them; or one vector (dim,) or n of them (n, dim), of any length.
        k : int
            How many neighbors to find for each query; at most as many as there are rows.
        candidates : int or sequence of str, optional
            Search only the first rows, or only these words.
        include_self : bool
            Let a word be its own neighbor. A vector has no word that could be left out.

        Returns
        -------
        Neighbours
            Rows (n, k) int64 and similarities (n, k) float32, the most similar first, equal ones in row
            order; its `to_table` gives Arrow.

        Raises
        ------
        UnknownWordError
            If a word is missing.
        ValueError
            If vectors have another dimension or are not finite, or `k` is negative.
        TypeError
            If the queries are neither words nor vectors, or `k` is not an integer.

        Notes
        -----
        The similarity is the cosine, computed in float64 and rounded to float32. It does not depend on the
        BLAS library or on its threads. A vector of zeros has the similarity 0 to everything. A row with nan
        or infinity is never a neighbor, nor is the later row of a duplicate word; a word whose own vector is
        not finite has no neighbors.

        The memory is one block of about 8,000 rows and what is returned. The first query also computes the
        norms of the rows, 4 bytes each, which the open store keeps.
        """
        from glovefast.queries.neighbours import nearest

        return nearest(self._keys, queries, k, candidates, include_self)

    def most_similar(  # noqa: PLR0917 - gensim's order of arguments
        self,
        positive: "Operands" = None,
        negative: "Operands" = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
    ) -> list[tuple[str, float]] | NDArray[np.float32]:
        """Find the words most similar to a weighted sum of words, as gensim does.

        Parameters
        ----------
        positive, negative : word, row number, vector, pair, or list of them
            What is added and what is subtracted. Words and rows count with length 1, vectors with their own.
            A pair (word, weight) replaces the weights 1 and -1; gensim does not negate a weight in
            `negative`, and neither does this.
        topn : int or None
            How many words to find; None for the similarities of all rows.
        clip_start, clip_end : int
            Search only these rows.
        restrict_vocab : int, optional
            Search only the first rows, whatever `clip_start` and `clip_end` are.

        Returns
        -------
        list of (str, float), or numpy.ndarray
            The words and their cosine similarities, the most similar first, equal ones in row order; without
            the words that were given. With ``topn=None``, (rows searched,) float32 instead, of all rows.

        Raises
        ------
        UnknownWordError
            If a word or a row is missing.
        ValueError
            If there is nothing to search for, or a vector has another dimension or is not finite.
        TypeError
            If an argument is of another type.

        See Also
        --------
        nearest : Many queries at once; its notes say what zeros, nan and duplicates give.
        """
        from glovefast.queries.most_similar import most_similar, searched_rows

        searched = searched_rows(len(self._array), clip_start, clip_end, restrict_vocab)
        return most_similar(self._keys, positive, negative, topn, searched)

    def similar_by_word(
        self, word: "Key", topn: int | None = 10, restrict_vocab: int | None = None
    ) -> list[tuple[str, float]] | NDArray[np.float32]:
        """Find the words most similar to a word; see `most_similar`.

        Parameters
        ----------
        word : str
            The word.
        topn, restrict_vocab
            See `most_similar`.

        Returns
        -------
        list of (str, float), or numpy.ndarray
            See `most_similar`.
        """
        return self.most_similar([word], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_key(
        self, key: "Key", topn: int | None = 10, restrict_vocab: int | None = None
    ) -> list[tuple[str, float]] | NDArray[np.float32]:
        """Find the words most similar to a word; gensim's other name for `similar_by_word`.

        Parameters
        ----------
        key : str or int
            The word, or the number of its row.
        topn, restrict_vocab
            See `most_similar`.

        Returns
        -------
        list of (str, float), or numpy.ndarray
            See `most_similar`.
        """
        return self.most_similar([key], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_vector(
        self, vector: NDArray[Any], topn: int | None = 10, restrict_vocab: int | None = None
    ) -> list[tuple[str, float]] | NDArray[np.float32]:
        """Find the words whose vectors are most similar to a vector; see `most_similar`.

        Parameters
        ----------
        vector : numpy.ndarray
            (dim,) numbers, of any length.
        topn, restrict_vocab
            See `most_similar`.

        Returns
        -------
        list of (str, float), or numpy.ndarray
            See `most_similar`. A word with exactly this vector is found too, and comes first.
        """
        return self.most_similar([np.asarray(vector)], topn=topn, restrict_vocab=restrict_vocab)

    def most_similar_cosmul(
        self,
        positive: "KeyOrVector | Sequence[KeyOrVector] | None" = None,
        negative: "KeyOrVector | Sequence[KeyOrVector] | None" = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> list[tuple[str, float]] | NDArray[np.float32]:
        """Find words by a product of similarities instead of a sum, 3CosMul, as gensim does.

        Parameters
        ----------
        positive, negative : word, row number, vector, or list of them
            What the words should be similar to, and what they should not be similar to.
        topn : int or None
            How many words to find; None for the values of all rows.
        restrict_vocab : int, optional
            Search only the first rows. gensim has the argument, but ignores it.

        Returns
        -------
        list of (str, float), or numpy.ndarray
            The words and their values, the best first, equal ones in row order; without the words that were
            given. With ``topn=None``, (rows searched,) float32 instead, of all rows.

        Raises
        ------
        UnknownWordError, ValueError, TypeError
            See `most_similar`. There must be a positive word or vector.

        Notes
        -----
        The value of a row is the product of its similarities with `positive`, divided by the product of its
        similarities with `negative` plus 0.000001; all are first shifted to the range from 0 to 1 [1]_.

        References
        ----------
        .. [1] Levy and Goldberg, "Linguistic Regularities in Sparse and Explicit Word Representations", CoNLL
           2014, https://aclanthology.org/W14-1618
        """
        from glovefast.queries.most_similar import most_similar_cosmul

        return most_similar_cosmul(self._keys, positive, negative, topn, restrict_vocab)

    def similarity(self, w1: "KeyOrVector", w2: "KeyOrVector") -> float:
        """Compute the cosine similarity of two words.

        Parameters
        ----------
        w1, w2 : str, int or numpy.ndarray
            The words, numbers of rows, or vectors.

        Returns
        -------
        float
            From -1 to 1; 0 if either vector is all zeros, nan if either is not finite.

        Raises
        ------
        UnknownWordError
            If a word is missing.
        """
        from glovefast.queries.most_similar import similarity

        return similarity(self._keys, w1, w2)

    def distance(self, w1: "KeyOrVector", w2: "KeyOrVector") -> float:
        """Compute the cosine distance of two words: 1 minus their similarity.

        Parameters
        ----------
        w1, w2 : str, int or numpy.ndarray
            See `similarity`.

        Returns
        -------
        float
            From 0 to 2.
        """
        return 1 - self.similarity(w1, w2)

    def n_similarity(self, ws1: "Iterable[Key]", ws2: "Iterable[Key]") -> float:
        """Compute the cosine similarity of the means of two lists of words.

        Parameters
        ----------
        ws1, ws2 : iterable of str
            The words.

        Returns
        -------
        float
            From -1 to 1.

        Raises
        ------
        UnknownWordError
            If no word of a list is known.
        ValueError
            If a list is empty.

        Warns
        -----
        UserWarning
            If some words are missing; they are skipped, as in gensim.
        """
        from glovefast.queries.most_similar import n_similarity

        return n_similarity(self._keys, ws1, ws2)

    def doesnt_match(self, words: "Iterable[Key]") -> str:
        """Find the word that is least similar to the others.

        Parameters
        ----------
        words : iterable of str
            The words.

        Returns
        -------
        str
            The word that is farthest from the mean of all; of several, the first in the alphabet.

        Raises
        ------
        UnknownWordError
            If no word is known.
        ValueError
            If there are no words.

        Warns
        -----
        UserWarning
            If some words are missing; they are skipped, as in gensim.
        """
        from glovefast.queries.most_similar import doesnt_match

        return doesnt_match(self._keys, words)

    def closer_than(self, key1: "Key", key2: "Key") -> list[str]:
        """List the words that are closer to one word than another word is.

        Parameters
        ----------
        key1 : str
            The word from which the distance is measured.
        key2 : str
            The word to compare with.

        Returns
        -------
        list of str
            The words in row order, without `key1`.

        Raises
        ------
        UnknownWordError
            If a word is missing.
        """
        from glovefast.queries.most_similar import closer_than

        return self._keys.words_of(closer_than(self._keys, key1, key2))

    def rank(self, key1: "Key", key2: "Key") -> int:
        """Rank a word among the neighbors of another one: 1 for the nearest.

        Parameters
        ----------
        key1, key2 : str
            See `closer_than`.

        Returns
        -------
        int
            One more than the number of words that are closer to `key1` than `key2` is.
        """
        from glovefast.queries.most_similar import closer_than

        return len(closer_than(self._keys, key1, key2)) + 1


def similarities_of(vectors: NeighbourMethods) -> "RowSimilarities":
    """Give the rows of vectors as they are compared, made once for each open store."""
    return vectors._keys.table
