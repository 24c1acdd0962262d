"""`WordVectors.embed` and `WordVectors.fit_sif`: they check what they are given, and pool the texts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import CoverageWarning, warn_caller
from glovefast.integers import as_integer
from glovefast.matrix.counts import Counts
from glovefast.matrix.fallbacks import Fallback, as_fallbacks
from glovefast.matrix.match import LOW_SHARE
from glovefast.queries.sif import SIF, first_component, sif_weights
from glovefast.queries.text_pooling import Pooled, TextPooler, joined
from glovefast.store.rounded_rows import Rows
from glovefast.text.pieces import Texts, count_of
from glovefast.text.progress import Callback, reporting
from glovefast.text.word_rule import WordRule
from glovefast.text.words import DEFAULT_FILTERS
from glovefast.threads import checked_threads
from glovefast.vocabulary.word_index import WordIndex

Vectors: TypeAlias = NDArray[np.float32]
MEAN, BY_FREQUENCY = "mean", "sif"


@dataclass(frozen=True)
class Splitting:
    """How texts become words: the Tokenizer's arguments of these names, and the forms of missing words."""

    filters: Iterable[str] | None
    lower: bool
    split: str
    fallback: Fallback | Iterable[Fallback]

    def rule(self) -> WordRule:
        """Make the rule."""
        filters = DEFAULT_FILTERS if self.filters is None else self.filters
        return WordRule.of(filters, self.lower, self.split, False, None)


def text_pooler(
    rows: Rows,
    index: WordIndex,
    pooling: str | SIF,
    splitting: Splitting,
    *,
    counts: Counts | None = None,
    a: float | None = None,
    normalize: bool = False,
) -> TextPooler:
    """Make what turns texts into vectors; see `WordVectors.embed`.

    Raises
    ------
    ValueError, VocabularyError
        See `WordVectors.embed`.
    """
    rule, fallbacks = splitting.rule(), as_fallbacks(splitting.fallback)
    weights = component = None
    if pooling != BY_FREQUENCY and (counts is not None or a is not None):
        raise ValueError("counts and a are for pooling='sif'; for a fitted SIF, pass them to fit_sif")
    if isinstance(pooling, SIF):
        weights, component = pooling.weights, pooling.component
        if (len(weights), len(component)) != rows.shape:
            raise ValueError(
                f"pooling was fitted on another store: it is for {len(weights):,} words and {len(component)} "
                f"dimensions, and this store has {rows.shape[0]:,} and {rows.shape[1]}"
            )
    elif pooling == BY_FREQUENCY:
        weights = sif_weights(index, counts, 1e-3 if a is None else a)
    elif pooling != MEAN:
        raise ValueError(f"pooling must be 'mean', 'sif' or what fit_sif returned, not {pooling!r}")
    return TextPooler(
        rows,
        index,
        rule,
        weights=weights,
        component=component,
        normalize=normalize,
        fallbacks=fallbacks,
    )


def embed(
    pooler: TextPooler,
    texts: Texts,
    *,
    batch_size: int | None,
    return_counts: bool,
    threads: int | None,
    progress: Callback | bool | None,
    store: str,
) -> Any:  # noqa: ANN401 - see the overloads of `WordVectors.embed`
    """Turn texts into vectors; see `WordVectors.embed`."""
    workers = checked_threads(threads)
    if batch_size is not None:
        return _batches(
            pooler,
            texts,
            batch_size=as_integer(batch_size, "batch_size", 1),
            return_counts=return_counts,
            threads=workers,
            progress=progress,
            store=store,
        )
    with reporting(progress) as report:
        pooled = joined(pooler.pieces(texts, workers, report), pooler.dim, count_of(texts))
    _warn_of_unknown_texts(len(pooled.known), int(np.count_nonzero(pooled.known)), store)
    return (pooled.matrix, pooled.known) if return_counts else pooled.matrix


def _batches(
    pooler: TextPooler,
    texts: Texts,
    *,
    batch_size: int,
    return_counts: bool,
    threads: int,
    progress: Callback | bool | None,
    store: str,
) -> Iterator[Any]:
    number = known = 0
    with reporting(progress) as report:
        for pooled in of_size(pooler.pieces(texts, threads, report), pooler.dim, batch_size):
            number += len(pooled.known)
            known += int(np.count_nonzero(pooled.known))
            yield (pooled.matrix, pooled.known) if return_counts else pooled.matrix
    _warn_of_unknown_texts(number, known, store)


def of_size(pieces: Iterable[Pooled], dim: int, size: int) -> Iterator[Pooled]:
    """Give the vectors of pieces in batches of a size; the last may be smaller."""
    parts: list[Pooled] = []
    gathered = 0
    for piece in pieces:
        parts.append(piece)
        gathered += len(piece.known)
        if gathered >= size:
            whole = joined(parts, dim, gathered)
            end = gathered - gathered % size
            for begin in range(0, end, size):
                yield Pooled(whole.matrix[begin : begin + size], whole.known[begin : begin + size])
            parts = [Pooled(whole.matrix[end:].copy(), whole.known[end:].copy())]
            gathered -= end
    if gathered:
        yield joined(parts, dim, gathered)


def fit_sif(
    rows: Rows,
    index: WordIndex,
    texts: Texts,
    splitting: Splitting,
    *,
    counts: Counts | None,
    a: float,
    threads: int | None,
    progress: Callback | bool | None,
) -> SIF:
    """Fit SIF on texts; see `WordVectors.fit_sif`."""
    weights = sif_weights(index, counts, a)
    pooler = TextPooler(
        rows, index, splitting.rule(), weights=weights, fallbacks=as_fallbacks(splitting.fallback)
    )
    fitted = 0

    def matrices() -> Iterator[Vectors]:
        nonlocal fitted
        for pooled in pooler.pieces(texts, checked_threads(threads), report):
            fitted += int(np.count_nonzero(pooled.known))
            yield pooled.matrix

    with reporting(progress) as report:
        component = first_component(matrices(), pooler.dim)
    return SIF(weights, component, fitted)


def _warn_of_unknown_texts(texts: int, known: int, store: str) -> None:
    message = too_few_known(texts, known, store, "lower=False")
    if message is not None:
        warn_caller(message, CoverageWarning)


def too_few_known(texts: int, known: int, store: str, keep_case: str) -> str | None:
    """Say that a store has words of hardly any text; None if it has enough.

    Parameters
    ----------
    texts, known : int
        The number of texts, and of those with a word of the store.
    store : str
        The path of the store.
    keep_case : str
        The option for a store whose words have capitals.
    """
    if known >= LOW_SHARE * texts:
        return None
    problem = f"none of {texts:,} texts has a word of {store}, so all vectors are zeros"
    if known:
        problem = f"only {known:,} of {texts:,} texts have a word of {store}; the others became zeros"
    return (
        f"{problem}. Check that the texts and the store are of the same language; use {keep_case} if words "
        "of the store have capitals"
    )
