"""The embedding matrix for a training vocabulary, and what fills its rows without a vector."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from glovefast.errors import MatrixSizeError, VocabularyError
from glovefast.matrix.fallbacks import Fallback
from glovefast.matrix.match import Match, look_up
from glovefast.vocabulary.training_vocabulary import (
    UNKNOWN_TOKENS,
    AnyVocabulary,
)
from glovefast.vocabulary.word_index import WordIndex

OutOfVocabulary: TypeAlias = str | ArrayLike | Callable[[str], ArrayLike]
Policy: TypeAlias = str | NDArray[Any] | Callable[[str], ArrayLike]

POLICIES = ("zeros", "normal", "mean", "unk")
# Placing a single row costs 16 times as much as gathering one (170 ns and 10 ns at 50 dimensions).
MOSTLY_ZEROS = 16
DTYPES = tuple(np.dtype(name) for name in ("float16", "float32", "float64"))


def embedding_matrix(
    vectors: NDArray[np.float32],
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
    vectors : numpy.ndarray
        (rows, dim) float32.
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
    policy = _checked_policy(oov, vectors, index)
    match = look_up(index, vocabulary, fallback)
    _check_size(match.target.input_dim, vectors.shape[1], wanted)
    matrix = _gather(vectors, match, wanted)
    _fill(matrix, vectors, match, policy=policy, seed=seed)
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


def _gather(vectors: NDArray[np.float32], match: Match, dtype: np.dtype[Any]) -> NDArray[Any]:
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
    np.take(vectors, source, axis=0, out=gathered, mode="clip")
    gathered[source < 0] = 0
    return gathered.astype(dtype, copy=False)


def _fill(
    matrix: NDArray[Any],
    vectors: NDArray[np.float32],
    match: Match,
    *,
    policy: Policy,
    seed: int | None,
) -> None:
    """Apply the policy to the rows of missing words and to the out-of-vocabulary rows."""
    to_fill = match.rows_without_vector
    if not to_fill.size:
        return
    if isinstance(policy, np.ndarray):
        matrix[to_fill] = policy
    elif callable(policy):
        names = [*match.target.oov_tokens, *match.missing]
        for position in np.argsort(to_fill).tolist():
            word = names[position]
            vector = _as_vector(
                policy(word), matrix.shape[1], f"the vector that oov returned for the word {word!r}"
            )
            matrix[to_fill[position]] = vector
    elif policy != "zeros":
        found = vectors.take(match.rows[match.rows >= 0], axis=0)
        if not len(found):
            raise VocabularyError(
                f"oov={policy!r} needs at least one vector to go by, but none of {len(match.rows)} words "
                "was found: check that the store has their language and case, or choose another oov"
            )
        mean = found.mean(axis=0, dtype=np.float64)
        if policy == "mean":
            matrix[to_fill] = mean
        else:
            draws = np.random.default_rng(seed).standard_normal((to_fill.size, matrix.shape[1]))
            matrix[np.sort(to_fill)] = mean + found.std(axis=0, dtype=np.float64) * draws


def _checked_policy(oov: OutOfVocabulary, vectors: NDArray[np.float32], index: WordIndex) -> Policy:
    """Check the policy; return a vector for a policy that gives all rows the same one."""
    if callable(oov):
        return oov
    if not isinstance(oov, str) and oov is not None:
        return _as_vector(oov, vectors.shape[1], "the oov vector")
    if oov not in POLICIES:
        names = ", ".join(map(repr, POLICIES))
        raise ValueError(f"unknown oov {oov!r}: give a vector, a callable or one of {names}")
    if oov != "unk":
        return oov
    row = next((row for row in map(index.row, UNKNOWN_TOKENS) if row >= 0), None)
    if row is None:
        raise VocabularyError(
            "oov='unk' needs a vector for unknown words, and the store has none of "
            f"{', '.join(UNKNOWN_TOKENS)}: choose another oov, such as 'mean', or give a vector"
        )
    return np.asarray(vectors[row])


def _as_vector(value: Any, dim: int, what: str) -> NDArray[Any]:  # noqa: ANN401 - checked here
    """Check one vector that a user gave."""
    vector = np.asarray(value)
    if vector.shape != (dim,):
        raise ValueError(f"{what} has the shape {vector.shape}, but must have ({dim},)")
    if vector.dtype.kind not in "fiu":
        raise ValueError(f"{what} holds {vector.dtype} instead of real numbers")
    return vector


def _checked_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Check the type of the matrix."""
    # NumPy takes None for float64; here it is a mistake.
    with suppress(TypeError):
        if dtype is not None and (checked := np.dtype(dtype)) in DTYPES:
            return checked
    raise ValueError(f"dtype must be float16, float32 or float64, not {dtype!r}")
