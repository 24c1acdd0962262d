"""The out-of-vocabulary policies: what fills the rows of an embedding matrix that have no vector."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glovefast.errors import VocabularyError
from glovefast.matrix.match import Match
from glovefast.store.rounded_rows import Rows
from glovefast.vocabulary.training_vocabulary import UNKNOWN_TOKENS
from glovefast.vocabulary.word_index import WordIndex

OutOfVocabulary: TypeAlias = str | ArrayLike | Callable[[str], ArrayLike]
Policy: TypeAlias = str | NDArray[Any] | Callable[[str], ArrayLike]

POLICIES = ("zeros", "normal", "mean", "unk")


def checked_policy(oov: OutOfVocabulary, vectors: Rows, index: WordIndex) -> Policy:
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


def fill(
    matrix: NDArray[Any],
    vectors: Rows,
    match: Match,
    *,
    policy: Policy,
    seed: int | None,
) -> None:
    """Apply the policy to the rows of missing words and to the out-of-vocabulary rows."""
    if isinstance(policy, str) and policy == "zeros":
        return
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
    else:
        found = vectors.take(match.rows[match.rows >= 0], axis=0)
        if not len(found):
            count = len(match.rows)
            missing = "the only word was not" if count == 1 else f"none of {count:,} words was"
            raise VocabularyError(
                f"oov={policy!r} needs at least one found word, but {missing} found: check "
                "that the store has their language and case, or choose another oov"
            )
        mean = found.mean(axis=0, dtype=np.float64)
        if policy == "mean":
            matrix[to_fill] = mean
        else:
            draws = np.random.default_rng(seed).standard_normal((to_fill.size, matrix.shape[1]))
            matrix[np.sort(to_fill)] = mean + found.std(axis=0, dtype=np.float64) * draws


def _as_vector(value: Any, dim: int, what: str) -> NDArray[Any]:  # noqa: ANN401 - checked here
    """Check one vector that a user gave."""
    vector = np.asarray(value)
    if vector.shape != (dim,):
        raise ValueError(f"{what} has the shape {vector.shape}, but must have ({dim},)")
    if vector.dtype.kind not in "fiu":
        raise ValueError(f"{what} holds {vector.dtype} instead of real numbers")
    return vector
