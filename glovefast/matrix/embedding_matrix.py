"""The embedding matrix of a training vocabulary, and what its rows hold where the store has no vector."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from glovefast.errors import VocabularyError
from glovefast.matrix.fallbacks import Fallback, as_fallbacks, find_rows
from glovefast.vocabulary.arrow import integer_array
from glovefast.vocabulary.training_vocabulary import (
    UNKNOWN_TOKENS,
    AnyVocabulary,
    TrainingVocabulary,
    training_vocabulary,
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
    vocabulary: WordIndex,
    training: AnyVocabulary,
    *,
    oov: OutOfVocabulary = "zeros",
    fallback: Fallback | Iterable[Fallback] = (),
    dtype: DTypeLike = "float32",
    seed: int | None = None,
) -> NDArray[Any]:
    """Build the embedding matrix for a training vocabulary.

    Row i belongs to index i of the training vocabulary: the vector of its word, or zeros where i is padding
    or a gap, or what `oov` says where the word is missing or i stands for out-of-vocabulary words
    (``[UNK]``, an `oov_token`).

    Parameters
    ----------
    vectors : numpy.ndarray
        (rows, dim) float32.
    vocabulary : WordIndex
        The words of those rows.
    training : mapping, tokenizer, layer, sequence of str or array
        The training vocabulary; see `glovefast.vocabulary.training_vocabulary.training_vocabulary`.
    oov : str, array_like or callable
        What missing words and out-of-vocabulary rows get:

        - ``"zeros"``;
        - ``"mean"``: the mean of the vectors found, by dimension;
        - ``"normal"``: independent draws from a normal distribution with the mean and the standard deviation
          of the vectors found, dimension by dimension (a trained dimension can lie far from the others, so
          that one mean and one deviation for all would not look like the vectors found). Drawn by
          ``numpy.random.default_rng(seed)`` in the order of the indices;
        - ``"unk"``: the store's own vector for unknown words (``<unk>``, ``<UNK>`` or ``[UNK]``);
        - a vector, shape (dim,);
        - a callable word to vector, called in the order of the indices, with the token (``[UNK]``) for an
          out-of-vocabulary row.
    fallback : str, callable, or iterable of them
        Other forms to look up for words that are missing, in order; see `WORD_FORMS`.
        Each begins with the word itself, not with the form before it: for "Word," neither ``"lower"`` nor
        ``"strip"`` gives "word", ``"strip+lower"`` does. `explain_coverage` suggests some.
    dtype : dtype_like
        float16, float32 or float64.
    seed : int, optional
        The seed of ``"normal"``; other draws each time where it is None.

    Returns
    -------
    numpy.ndarray
        (input_dim, dim) of `dtype`: new, writable and C-contiguous.

    Raises
    ------
    VocabularyError
        If the training vocabulary cannot be used; if ``"unk"`` is asked of a store that has no such word, or
        ``"mean"`` or ``"normal"`` where not one word was found.
    ValueError
        If `oov` or a fallback has an unknown name, a vector has another shape than (dim,), or `dtype` is
        not one of the three.
    TypeError
        If a fallback is neither name nor callable, or gives no string.
    """
    wanted = _checked_dtype(dtype)
    fallbacks = as_fallbacks(fallback)
    policy = _checked_policy(oov, vectors, vocabulary)
    target = training_vocabulary(training)
    rows, _ = find_rows(vocabulary, target.words, fallbacks)
    matrix = _gather(vectors, rows, target, wanted)
    _fill(matrix, vectors, rows, target, policy=policy, seed=seed)
    return matrix


def _gather(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], target: TrainingVocabulary, dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Copy the found vectors to their places; every other row is zero."""
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
    rows: NDArray[np.int64],
    target: TrainingVocabulary,
    *,
    policy: Policy,
    seed: int | None,
) -> None:
    """Apply the policy to the rows of missing words and to the out-of-vocabulary rows."""
    missing = np.flatnonzero(rows < 0)
    to_fill = np.concatenate([target.oov_indices, target.indices[missing]])
    if not to_fill.size:
        return
    if isinstance(policy, np.ndarray):
        matrix[to_fill] = policy
    elif callable(policy):
        names = [*target.oov_tokens, *target.words.take(integer_array(missing)).to_pylist()]
        for position in np.argsort(to_fill).tolist():
            word = names[position]
            vector = _as_vector(
                policy(word), matrix.shape[1], f"the vector that oov gave for the word {word!r}"
            )
            matrix[to_fill[position]] = vector
    elif policy != "zeros":
        found = vectors.take(rows[rows >= 0], axis=0)
        if not len(found):
            raise VocabularyError(
                f"oov={policy!r} needs at least one vector to go by, but none of {len(target.words)} words "
                "was found: check that the store is of their language and case, or choose another oov"
            )
        mean = found.mean(axis=0, dtype=np.float64)
        if policy == "mean":
            matrix[to_fill] = mean
        else:
            draws = np.random.default_rng(seed).standard_normal((to_fill.size, matrix.shape[1]))
            matrix[np.sort(to_fill)] = mean + found.std(axis=0, dtype=np.float64) * draws


def _checked_policy(oov: OutOfVocabulary, vectors: NDArray[np.float32], vocabulary: WordIndex) -> Policy:
    """Check the policy; one that is the same vector for all rows comes back as that vector."""
    if callable(oov):
        return oov
    if not isinstance(oov, str) and oov is not None:
        return _as_vector(oov, vectors.shape[1], "the oov vector")
    if oov not in POLICIES:
        names = ", ".join(map(repr, POLICIES))
        raise ValueError(f"unknown oov {oov!r}: give a vector, a callable or one of {names}")
    if oov != "unk":
        return oov
    row = next((row for row in map(vocabulary.row, UNKNOWN_TOKENS) if row >= 0), None)
    if row is None:
        raise VocabularyError(
            "oov='unk' needs a vector for unknown words, and the store has none of "
            f"{', '.join(UNKNOWN_TOKENS)}: choose another oov, such as 'mean', or give a vector"
        )
    return np.asarray(vectors[row])


def _as_vector(value: Any, dim: int, what: str) -> NDArray[Any]:  # noqa: ANN401 - checked here
    """Check one vector of a user."""
    vector = np.asarray(value)
    if vector.shape != (dim,):
        raise ValueError(f"{what} has the shape {vector.shape}, where ({dim},) is needed")
    if vector.dtype.kind not in "fiu":
        raise ValueError(f"{what} holds {vector.dtype} instead of real numbers")
    return vector


def _checked_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Check that the matrix can have a type."""
    # None, which NumPy would take for float64, is no choice; it also equals that dtype in a comparison.
    with suppress(TypeError):
        if dtype is not None and (checked := np.dtype(dtype)) in DTYPES:
            return checked
    raise ValueError(f"dtype {dtype!r} is not one of float16, float32 and float64")
