"""Smooth inverse frequency (SIF): frequent words weigh less, and what all texts have in common is removed.

S. Arora, Y. Liang, T. Ma: A Simple but Tough-to-Beat Baseline for Sentence Embeddings, ICLR 2017
(https://openreview.net/forum?id=SyK00v5xx). A word w with the probability p(w) weighs a / (a + p(w)).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import VocabularyError
from glovefast.matrix.counts import Counts, counts_by_word
from glovefast.vocabulary.word_index import WordIndex


@dataclass(frozen=True, eq=False, repr=False)
class SIF:
    """What `WordVectors.fit_sif` learned from texts; `WordVectors.embed` takes it as `pooling`.

    Attributes
    ----------
    weights : numpy.ndarray
        (rows,) float32: the weight of each word of the store.
    component : numpy.ndarray
        (dim,) float64, of length 1: the first principal component of the texts, which is removed.
    texts : int
        How many texts with known words it was fitted on.
    """

    weights: NDArray[np.float32]
    component: NDArray[np.float64]
    texts: int

    def __repr__(self) -> str:
        return f"<SIF: {len(self.weights):,} words, fitted on {self.texts:,} texts>"


def sif_weights(index: WordIndex, counts: Counts | None, a: float) -> NDArray[np.float32]:
    """Weigh the words of a store.

    Parameters
    ----------
    index : WordIndex
        The words.
    counts : mapping, column or None
        How often each word occurs. Without counts, Zipf's law gives an estimate: row i, counted from 1, has
        the probability 1 / i, divided by the sum for all rows.
    a : float
        The constant of the method.

    Returns
    -------
    numpy.ndarray
        (rows,) float32. A word without a count weighs 1.

    Raises
    ------
    ValueError
        If `a` is not a positive number.
    VocabularyError
        If the counts cannot be used, or are all 0.
    """
    if isinstance(a, bool) or not isinstance(a, int | float | np.number) or not 0 < a < math.inf:
        raise ValueError(f"a must be a positive number, not {a!r}")
    rows = len(index)
    if counts is None:
        probabilities = 1 / np.arange(1, rows + 1)
        probabilities /= probabilities.sum()
    else:
        by_word = counts_by_word(counts)
        total = sum(map(int, by_word.values()))
        if not total:
            raise VocabularyError("counts are empty or all 0; pass how often each word occurs")
        probabilities = np.zeros(rows)
        words = [word for word in by_word if isinstance(word, str) and is_unicode(word)]
        found = index.rows(words)
        numbers = np.array([int(by_word[word]) for word in words], dtype=np.float64)
        probabilities[found[found >= 0]] = numbers[found >= 0] / total
    weights: NDArray[np.float32] = (a / (a + probabilities)).astype(np.float32)
    return weights


def is_unicode(word: str) -> bool:
    """Say whether a word has no lone surrogate, with which no store has a word."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def first_component(matrices: Iterable[NDArray[np.float32]], dim: int) -> NDArray[np.float64]:
    """Find the first principal component of the vectors of texts, as the paper defines it: not centered.

    It is the first left singular vector of the matrix whose columns are the vectors: the eigenvector of the
    largest eigenvalue of the sum of their outer products, which takes dim x dim numbers for any number of
    texts.

    Raises
    ------
    VocabularyError
        If no text has a known word, or one has a vector with nan or inf.
    """
    products = np.zeros((dim, dim))
    for matrix in matrices:
        wide = matrix.astype(np.float64)
        products += wide.T @ wide
    if not np.isfinite(products).all():
        raise VocabularyError("a text has a word whose vector contains nan or inf; fit on texts without it")
    if not products.any():
        raise VocabularyError("nothing to fit on: no text has a word of the store with a nonzero vector")
    component: NDArray[np.float64] = np.linalg.eigh(products)[1][:, -1].copy()
    # Either direction removes the same; a fixed one makes the result comparable.
    return component if component[np.argmax(np.abs(component))] > 0 else -component
