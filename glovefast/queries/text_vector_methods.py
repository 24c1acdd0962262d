"""The methods of `WordVectors` that turn texts into vectors."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from glovefast.vocabulary.word_index import WordIndex

if TYPE_CHECKING:
    from glovefast.matrix.counts import Counts
    from glovefast.matrix.fallbacks import Fallback
    from glovefast.queries.sif import SIF
    from glovefast.store.rounded_rows import Rows
    from glovefast.text.pieces import Texts
    from glovefast.text.progress import Callback


class TextVectorMethods:
    """Methods that take texts; each loads its code when first called."""

    _index: WordIndex
    _array: "Rows"
    path: Path

    @overload
    def embed(
        self,
        texts: "Texts",
        pooling: "Literal['mean', 'sif'] | SIF" = "mean",
        *,
        counts: "Counts | None" = None,
        a: float | None = None,
        normalize: bool = False,
        filters: Iterable[str] | None = None,
        lower: bool = True,
        split: str = " ",
        fallback: "Fallback | Iterable[Fallback]" = (),
        batch_size: None = None,
        return_counts: Literal[False] = False,
        threads: int | None = None,
        progress: "Callback | bool | None" = None,
    ) -> NDArray[np.float32]: ...
    @overload
    def embed(
        self,
        texts: "Texts",
        pooling: "Literal['mean', 'sif'] | SIF" = "mean",
        *,
        counts: "Counts | None" = None,
        a: float | None = None,
        normalize: bool = False,
        filters: Iterable[str] | None = None,
        lower: bool = True,
        split: str = " ",
        fallback: "Fallback | Iterable[Fallback]" = (),
        batch_size: None = None,
        return_counts: Literal[True],
        threads: int | None = None,
        progress: "Callback | bool | None" = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]: ...
    @overload
    def embed(
        self,
        texts: "Texts",
        pooling: "Literal['mean', 'sif'] | SIF" = "mean",
        *,
        counts: "Counts | None" = None,
        a: float | None = None,
        normalize: bool = False,
        filters: Iterable[str] | None = None,
        lower: bool = True,
        split: str = " ",
        fallback: "Fallback | Iterable[Fallback]" = (),
        batch_size: int,
        return_counts: bool = False,
        threads: int | None = None,
        progress: "Callback | bool | None" = None,
    ) -> Iterator[Any]: ...
    def embed(
        self,
        texts: "Texts",
        pooling: "Literal['mean', 'sif'] | SIF" = "mean",
        *,
        counts: "Counts | None" = None,
        a: float | None = None,
        normalize: bool = False,
        filters: Iterable[str] | None = None,
        lower: bool = True,
        split: str = " ",
        fallback: "Fallback | Iterable[Fallback]" = (),
        batch_size: int | None = None,
        return_counts: bool = False,
        threads: int | None = None,
        progress: "Callback | bool | None" = None,
    ) -> Any:
        """Turn each text into a vector: the mean of the vectors of its words.

        Words that the store does not have are skipped. The vector of a text without any known word, of an
        empty text or of a null is zeros.

        Parameters
        ----------
        texts : iterable of str or of lists of str, array, column, or iterator of batches
            n texts, as for `glovefast.text.Tokenizer.fit_on_texts`. A text may be a list of words, which
            become lower case but are not split.
        pooling : {"mean", "sif"} or SIF
            How the vectors of a text's words become one:

            - ``"mean"``: their mean;
            - ``"sif"``: the same, but frequent words weigh less: each vector is multiplied by a / (a + p(w)),
              where p(w) is the word's probability. The sum is divided by the number of words;
            - what `fit_sif` returned: the same, and the first principal component is removed.
        counts : mapping or column, optional
            For ``"sif"``: how often each word occurs, such as ``Tokenizer.word_counts``; see `coverage`. A
            word without a count weighs 1. By default, probabilities are estimated from the order of the rows,
            which most files have by frequency: by Zipf's law, row i has a probability in proportion to 1 / i.
        a : float, optional
            For ``"sif"``: the constant of the formula. The default is 0.001.
        normalize : bool
            Divide each vector by its length; zeros stay zeros. Where only rounding errors are left once the
            component is removed, the vector becomes zeros.
        filters, lower, split
            How texts are split, as in `glovefast.text.Tokenizer`, with the same defaults.
        fallback : str, callable, or iterable of them
            Other forms to look up for missing words; see `embedding_matrix`. This takes two to three times as
            long.
        batch_size : int, optional
            Return an iterator of arrays with this many rows (the last may have fewer) instead of one array.
            Texts are then read as they are needed, and memory stays small for any number of them.
        return_counts : bool
            Also return how many known words each text has; 0 marks the texts whose vector is zeros.
        threads : int, optional
            The number of threads. The default is one per processor. The result does not depend on it.
        progress : callable or bool, optional
            True shows a bar. A function is called with a `TextProgress` after each piece of the texts.

        Returns
        -------
        numpy.ndarray
            (n, dim) float32. Vectors are added as float64, word by word, and each number is rounded once. For
            `return_counts`, a tuple of this array and the counts, (n,) int64; for `batch_size`, an iterator
            of arrays or of such tuples.

        Raises
        ------
        TextError
            If a text or a word is not a string; the message names its position and its type.
        VocabularyError
            If `counts` cannot be used.
        StoreError
            If the store's index is damaged.
        ValueError, TypeError
            If another argument cannot be used.

        Warns
        -----
        CoverageWarning
            If less than 5 % of the texts have a word that the store has.

        References
        ----------
        S. Arora, Y. Liang, T. Ma: A Simple but Tough-to-Beat Baseline for Sentence Embeddings, ICLR 2017.

        Examples
        --------
        >>> vectors.embed(["well done", "good work"]).shape
        (2, 100)
        >>> sif = vectors.fit_sif(train_texts, counts=tokenizer.word_counts)
        >>> train, test = (vectors.embed(texts, pooling=sif) for texts in (train_texts, test_texts))
        """
        from glovefast.queries.text_vectors import Splitting, embed, text_pooler

        pooler = text_pooler(
            self._array,
            self._index,
            pooling,
            Splitting(filters, lower, split, fallback),
            counts=counts,
            a=a,
            normalize=normalize,
        )
        return embed(
            pooler,
            texts,
            batch_size=batch_size,
            return_counts=return_counts,
            threads=threads,
            progress=progress,
            store=str(self.path),
        )

    def fit_sif(
        self,
        texts: "Texts",
        counts: "Counts | None" = None,
        a: float = 1e-3,
        *,
        filters: Iterable[str] | None = None,
        lower: bool = True,
        split: str = " ",
        fallback: "Fallback | Iterable[Fallback]" = (),
        threads: int | None = None,
        progress: "Callback | bool | None" = None,
    ) -> "SIF":
        """Weigh words by their frequency, and find the first principal component of texts.

        `embed` takes the result as `pooling`: it weighs the words, and removes the component from each
        vector. Fit on the training texts, and use the result for all texts.

        Parameters
        ----------
        texts, filters, lower, split, fallback, threads, progress
            As for `embed`. Memory stays small for an iterator of any length.
        counts, a
            As for `embed`.

        Returns
        -------
        SIF
            The weights of the store's words and the component. It can be pickled.

        Raises
        ------
        TextError, StoreError, ValueError, TypeError
            As for `embed`.
        VocabularyError
            If `counts` cannot be used; if no text has a known word; if a text has a word whose vector
            contains nan or inf.
        """
        from glovefast.queries.text_vectors import Splitting, fit_sif

        return fit_sif(
            self._array,
            self._index,
            texts,
            Splitting(filters, lower, split, fallback),
            counts=counts,
            a=a,
            threads=threads,
            progress=progress,
        )
