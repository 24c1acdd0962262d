"""gensim's queries: the words most similar to a sum, the word that does not match, closer words."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import shortened, warn_caller
from glovefast.integers import as_integer
from glovefast.queries.keys import Key, KeyOrVector, Keys, Operand
from glovefast.queries.nearest_rows import BestRows, nearest_rows, rows_reaching
from glovefast.queries.row_similarities import Searched, cosines, unit_rows

WordsAndSimilarities = list[tuple[str, float]]

_MORE_THAN_TOPN = 8
# What 3CosMul adds to its divisor (Levy and Goldberg, 2014, https://aclanthology.org/W14-1618).
_SMALL = 0.000001
_ROUNDED_UP = 1 + 2.0**-20  # more than float64 numbers can lose when they become float32


def most_similar(
    keys: Keys,
    positive: Any,  # noqa: ANN401 - `Keys.operands` reads it
    negative: Any,  # noqa: ANN401
    topn: int | None,
    searched: Searched,
) -> WordsAndSimilarities | NDArray[np.float32]:
    """Find the words most similar to a sum; see `WordVectors.most_similar`."""
    size = _checked_topn(topn)
    if size == 0:
        return []
    operands = keys.operands(positive, 1.0) + keys.operands(negative, -1.0)
    if not operands:
        raise ValueError("most_similar needs at least one word or vector")
    query = keys.combined(operands)
    if size is None:
        return all_similarities(keys, query, searched)
    size = min(size, keys.table.count(searched))
    rows, similarities = nearest_rows(keys.table, query, size, searched, _own_rows(operands))
    return _listed(keys, rows[0], similarities[0])


def most_similar_cosmul(
    keys: Keys,
    positive: Any,  # noqa: ANN401 - `Keys.operands` reads it
    negative: Any,  # noqa: ANN401
    topn: int | None,
    restrict_vocab: int | None,
) -> WordsAndSimilarities | NDArray[np.float32]:
    """Find the words with the best product of similarities; see `WordVectors.most_similar_cosmul`."""
    size = _checked_topn(topn)
    if size == 0:
        return []
    searched = searched_rows(len(keys.table), 0, None, restrict_vocab)
    ours = keys.operands(positive, 1.0, weighted=False)
    others = keys.operands(negative, -1.0, weighted=False)
    if not ours:
        raise ValueError("most_similar_cosmul needs at least one positive word or vector")
    operands = ours + others
    queries = np.concatenate([keys.combined([Operand(each.vector, each.row, 1.0)]) for each in operands])
    table, count = keys.table, keys.table.count(searched)
    if size is None:
        parts = [_product(block, len(ours), 0.0) for _, block in table.blocks(queries, searched)]
        return np.concatenate([np.empty(0, np.float32), *parts])
    # The best by an upper bound, which BLAS's rounding cannot cross; their exact values decide. If another
    # row could be as good as the last of these, all rows that could are computed exactly.
    best = BestRows(1, min(size + _MORE_THAN_TOPN, max(1, count)))
    own = np.unique([*_own_rows(operands)[0], *table.passed_over])
    for first, block in table.blocks(queries, searched):
        best.add(_bounds(block, len(ours), table.rounding, first, own), first)
    rows = best.rows[0][np.isfinite(best.similarities[0])]
    found = _exact_products(keys, queries, len(ours), rows)
    if len(rows) > size:
        least = np.partition(found, len(rows) - size)[len(rows) - size]
        if best.similarities[0, 0] >= least:
            in_question = [np.empty(0, np.int64)]
            for first, block in table.blocks(queries, searched):
                bounds = _bounds(block, len(ours), table.rounding, first, own)[0]
                in_question.append(np.flatnonzero(bounds >= least) + first)
            rows = np.concatenate(in_question)
            found = _exact_products(keys, queries, len(ours), rows)
    order = np.lexsort((rows, -found))[:size]
    return _listed(keys, rows[order], found[order])


def _bounds(
    block: NDArray[np.float32], positive: int, rounding: float, first: int, own: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Give upper bounds of the products, (1, rows); nan for the rows that are not to be found."""
    bounds = _product(block, positive, rounding)
    begin, behind = np.searchsorted(own, [first, first + len(bounds)])
    bounds[own[begin:behind] - first] = np.nan
    return bounds[None]


def _product(similarities: NDArray[np.float32], positive: int, rounding: float) -> NDArray[np.float32]:
    """Multiply the similarities with positive operands, shifted to 0 to 1, and divide by the others."""
    with np.errstate(invalid="ignore"):
        above = np.prod((1 + similarities[:positive].astype(np.float64) + rounding) / 2, axis=0)
        below = (1 + similarities[positive:].astype(np.float64) - rounding) / 2
        if rounding:
            below, above = np.maximum(below, 0), above * _ROUNDED_UP
        product: NDArray[np.float32] = (above / (np.prod(below, axis=0) + _SMALL)).astype(np.float32)
    return product


def _exact_products(
    keys: Keys, queries: NDArray[np.float32], positive: int, rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    which = np.repeat(np.arange(len(queries)), len(rows))
    exact = keys.table.exact(queries, which, np.tile(rows, len(queries)))
    return _product(exact.reshape(len(queries), len(rows)), positive, 0.0)


def all_similarities(keys: Keys, query: NDArray[np.float32], searched: Searched) -> NDArray[np.float32]:
    """Give the similarities of one query with all rows that are searched, as BLAS rounds them."""
    blocks = (block[0].copy() for _, block in keys.table.blocks(query, searched))
    return np.concatenate([np.empty(0, np.float32), *blocks])


def searched_rows(count: int, clip_start: int, clip_end: int | None, restrict_vocab: int | None) -> Searched:
    """Say which rows gensim's arguments choose; they count as those of a slice do."""
    if restrict_vocab:
        clip_start, clip_end = 0, restrict_vocab
    begin, end, _ = slice(
        as_integer(clip_start, "clip_start"), as_integer(clip_end or count, "clip_end or restrict_vocab")
    ).indices(count)
    return range(begin, max(begin, end))


def similarity(keys: Keys, one: KeyOrVector, other: KeyOrVector) -> float:
    """Compute the cosine similarity of two words; see `WordVectors.similarity`."""
    return float(cosines(keys.vector(one)[None], keys.vector(other)[None])[0])


def n_similarity(keys: Keys, ones: Iterable[Key], others: Iterable[Key]) -> float:
    """Compute the cosine similarity of two means; see `WordVectors.n_similarity`."""
    means = []
    for words in (ones, others):
        rows = _known_rows(keys, words, "n_similarity")
        with np.errstate(invalid="ignore"):  # infinities of both signs make nan
            mean = keys.table.rows.take(rows, axis=0).mean(axis=0, dtype=np.float64)
        means.append(unit_rows(mean[None]))
    return float(cosines(*means)[0])


def doesnt_match(keys: Keys, words: Iterable[Key]) -> str:
    """Find the word that is farthest from the mean of all; see `WordVectors.doesnt_match`."""
    rows = _known_rows(keys, words, "doesnt_match")
    units = unit_rows(keys.table.rows.take(rows, axis=0))
    mean = unit_rows(units.astype(np.float64).mean(axis=0)[None])
    similarities = cosines(units, np.repeat(mean, len(units), axis=0))
    return min(zip(similarities.tolist(), keys.words_of(rows), strict=True))[1]


def closer_than(keys: Keys, one: Key, other: Key) -> NDArray[np.int64]:
    """Find the rows that are closer to a word than another one is; see `WordVectors.closer_than`."""
    row, other_row = keys.row(one), keys.row(other)
    query = keys.row_vector(row)[None]
    least = cosines(query, keys.row_vector(other_row)[None])
    _, rows, similarities = rows_reaching(keys.table, query, least, excluded=np.array([[row]]))
    closer: NDArray[np.int64] = rows[similarities > least[0]]
    return closer


def _known_rows(keys: Keys, words: Iterable[Key], method: str) -> NDArray[np.int64]:
    """Find the rows of words. Missing ones are skipped with a warning, unless all are missing."""
    rows, missing = keys.known(words)
    if not rows and missing:
        raise keys.unknown(missing)
    if not rows:
        raise ValueError(f"{method} needs at least one word")
    if missing:
        warn_caller(f"{method} skips missing words: {', '.join(map(shortened, missing))}", UserWarning)
    return np.array(rows, dtype=np.int64)


def _own_rows(operands: list[Operand]) -> NDArray[np.int64]:
    """Give the rows of the operands that are keys: they are never results."""
    return np.array([[each.row for each in operands]], dtype=np.int64)


def _listed(keys: Keys, rows: NDArray[np.int64], similarities: NDArray[np.float32]) -> WordsAndSimilarities:
    found = rows >= 0
    return list(zip(keys.words_of(rows[found]), similarities[found].tolist(), strict=True))


def _checked_topn(topn: int | None) -> int | None:
    """Check gensim's topn: None for all similarities, 0 for nothing."""
    return None if topn is None else max(0, as_integer(topn, "topn"))
