"""`WordVectors.embed`: checks what it is given, and pools the texts."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from glovefast.queries.text_pooling import TextPooler, joined
from glovefast.store.rounded_rows import Rows
from glovefast.text.pieces import Texts, count_of
from glovefast.text.progress import Callback, reporting
from glovefast.text.word_rule import WordRule
from glovefast.text.words import DEFAULT_FILTERS
from glovefast.threads import checked_threads
from glovefast.vocabulary.word_index import WordIndex


def embed(
    rows: Rows,
    index: WordIndex,
    texts: Texts,
    pooling: str,
    *,
    normalize: bool,
    filters: Iterable[str] | None,
    lower: bool,
    split: str,
    threads: int | None,
    progress: Callback | bool | None,
) -> NDArray[np.float32]:
    """Turn texts into vectors; see `WordVectors.embed`."""
    if pooling != "mean":
        raise ValueError(f"pooling must be 'mean', not {pooling!r}")
    rule = WordRule.of(DEFAULT_FILTERS if filters is None else filters, lower, split, False, None)
    pooler = TextPooler(rows, index, rule, normalize=normalize)
    with reporting(progress) as report:
        return joined(
            pooler.pieces(texts, checked_threads(threads), report), pooler.dim, count_of(texts)
        ).matrix
