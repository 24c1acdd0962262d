"""The embedding matrix for a training vocabulary: the vectors that were found, each at its index."""

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from glovefast.errors import MatrixSizeError
from glovefast.matrix.fallbacks import Fallback
from glovefast.matrix.match import Match, look_up
from glovefast.matrix.out_of_vocabulary import OutOfVocabulary, checked_policy, fill
from glovefast.store.rounded_rows import RoundedRows, Rows
from glovefast.vocabulary.training_vocabulary import AnyVocabulary
from glovefast.vocabulary.word_index import WordIndex

# Placing a single row costs 16 times as much as gathering one (170 ns and 10 ns at 50 dimensions).
MOSTLY_ZEROS = 16
DTYPES = tuple(np.dtype(name) for name in ("float16", "float32", "float64"))


def embedding_matrix(
    vectors: Rows,
    index: WordIndex,
    vocabulary: "AnyVocabulary | Match",
    *,
    oov: OutOfVocabulary = "zeros",
    fallback: Fallback | Iterable[Fallback] = (),
    dtype: DTypeLike = "float32",
    seed: int | None = None,
) -> NDArray[Any]:
    """Build the embedding matrix for a training vocabulary; see `WordVectors.embedding_matrix`.

    Parameters
    ----------
    vectors : numpy.ndarray or RoundedRows
        (rows, dim) float32, or rows that act as such an array.
    index : WordIndex
        The words of those rows.
    vocabulary, oov, fallback, dtype, seed
        As for `WordVectors.embedding_matrix`.

    Returns
    -------
    numpy.ndarray
        (input_dim, dim) of `dtype`: new, writable and C-contiguous.
    """
    wanted = _checked_dtype(dtype)
    policy = checked_policy(oov, vectors, index)
    match = look_up(index, vocabulary, fallback)
    _check_size(match.target.input_dim, vectors.shape[1], wanted)
    matrix = _gather(vectors, match, wanted)
    fill(matrix, vectors, match, policy=policy, seed=seed)
    return matrix


def _check_size(rows: int, dim: int, dtype: np.dtype[Any]) -> None:
    """Refuse a matrix that the machine cannot hold, before anything is allocated."""
    needed, memory = rows * dim * dtype.itemsize, _memory()
    if memory is not None and needed > memory:
        raise MatrixSizeError(
            f"the embedding matrix, {rows:,} x {dim:,} {dtype.name}, takes {needed / 1e9:,.0f} GB, but this "
            f"machine has {memory / 1e9:,.0f} GB of memory: use a smaller vocabulary, or check with "
            "glovefast info that the store is what you expect"
        )


def _memory() -> int | None:
    """Find the size of the machine's memory in bytes; None where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _gather(vectors: Rows, match: Match, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Copy the vectors that were found to their places; every other row is zero."""
    target, rows = match.target, match.rows
    shape = (target.input_dim, vectors.shape[1])
    found = np.flatnonzero(rows >= 0)
    if MOSTLY_ZEROS * found.size < target.input_dim:
        # np.zeros maps pages that are zero already, and those without a vector are never touched.
        matrix = np.zeros(shape, dtype=dtype)
        matrix[target.indices[found]] = vectors.take(rows[found], axis=0)
        return matrix
    source = np.full(target.input_dim, -1, dtype=np.int64)
    source[target.indices] = rows
    # One gather straight into the result. mode="clip" spares NumPy a buffer as large as the result, and turns
    # the -1 of a row without a vector into row 0, which is overwritten at once.
    gathered = np.empty(shape, dtype=vectors.dtype)
    if isinstance(vectors, RoundedRows):
        gathered = vectors.take(np.maximum(source, 0))
    else:
        np.take(vectors, source, axis=0, out=gathered, mode="clip")
    gathered[source < 0] = 0
    return gathered.astype(dtype, copy=False)


def _checked_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Check the type of the matrix."""
    # NumPy takes None for float64; here it is a mistake.
    with suppress(TypeError):
        if dtype is not None and (checked := np.dtype(dtype)) in DTYPES:
            return checked
    raise ValueError(f"dtype must be float16, float32 or float64, not {dtype!r}")
