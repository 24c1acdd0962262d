"""The embedding matrix for a training vocabulary: the vectors that were found, each at its index."""

import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from glovefast.errors import MatrixSizeError
from glovefast.kernels import BAD_PLACE
from glovefast.kernels.load import load_kernels
from glovefast.matrix.fallbacks import Fallback
from glovefast.matrix.match import Match, look_up
from glovefast.matrix.out_of_vocabulary import OutOfVocabulary, checked_policy, fill
from glovefast.store.rounded_rows import RoundedRows, Rows
from glovefast.vocabulary.training_vocabulary import AnyVocabulary
from glovefast.vocabulary.word_index import WordIndex

MOSTLY_ZEROS = 16
_NO_SCALES = np.empty(0, dtype=np.float32)
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
    # np.zeros maps pages that are zero already, and those without a vector are never touched.
    is_sparse = MOSTLY_ZEROS * len(rows) < target.input_dim
    matrix = np.zeros(shape, dtype) if is_sparse else np.empty(shape, dtype)
    stored, scales = (
        (vectors.numbers, vectors.scales) if isinstance(vectors, RoundedRows) else (vectors, None)
    )
    scales = _NO_SCALES if scales is None else scales
    beyond = _gathering_kernel(stored.dtype, dtype)(
        _numbers(stored), scales, rows, target.indices, shape[1], not is_sparse, _numbers(matrix)
    )
    if beyond == BAD_PLACE:
        raise IndexError("a Match must have rows of the store and ascending indices of the matrix")
    if beyond:  # NumPy warns of it, or whatever np.errstate says
        np.full(1, np.finfo(np.float32).max, dtype=np.float32).astype(dtype)
    return matrix


@cache
def _gathering_kernel(source: np.dtype[Any], result: np.dtype[Any]) -> Callable[..., int]:
    name = f"gather_{source.name}_as_{result.name}"
    kernel: Callable[..., int] = getattr(load_kernels(name), name)
    return kernel


def _numbers(matrix: NDArray[Any]) -> NDArray[Any]:
    """View a matrix as one row of numbers; kernels know float16 as uint16."""
    numbers = matrix.reshape(-1)
    return numbers.view(np.uint16) if matrix.dtype == np.float16 else numbers


def _checked_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Check the type of the matrix."""
    # NumPy takes None for float64; here it is a mistake.
    try:
        if dtype is not None and (checked := np.dtype(dtype)) in DTYPES:
            return checked
    except TypeError:
        pass
    raise ValueError(f"dtype must be float16, float32 or float64, not {dtype!r}")
