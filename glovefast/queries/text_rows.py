"""The rows of the words of texts."""

from itertools import chain
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
import pyarrow as pa

from glovefast.kernels import LOOK_UPS_AT_ONCE, WORDS_ARE_CHARACTERS, WORDS_ARE_GIVEN
from glovefast.kernels.load import load_kernels
from glovefast.text.batches import batch_of
from glovefast.text.pieces import Piece, Texts, pieces_of, words_with_nulls
from glovefast.text.sequences import Sequences
from glovefast.text.word_rule import EVERY_BYTE, WordRule
from glovefast.text.word_table import Workspace
from glovefast.threads import in_order
from glovefast.vocabulary.word_index import WordIndex


class _Scratch(Workspace):
    """The arrays that a thread needs for its work."""

    def __init__(self) -> None:
        super().__init__()
        self.more = np.empty(LOOK_UPS_AT_ONCE, np.uint64), np.empty(LOOK_UPS_AT_ONCE, np.int64)


def text_rows(index: WordIndex, texts: Texts, rule: WordRule, threads: int) -> Sequences:
    """Find the row of each word of texts.

    Parameters
    ----------
    index : WordIndex
        The words of a store.
    texts : iterable or array
        Texts, or their words, as for `Tokenizer.fit_on_texts`. A word may be null.
    rule : WordRule
        The rule by which texts are split.
    threads : int
        The number of threads.

    Returns
    -------
    Sequences
        The rows of each text, int32; -1 for a word that is missing or null.

    Raises
    ------
    TextError
        If a text or a word is not a string.
    StoreError
        If the store's index is damaged.
    """
    kernel = load_kernels("find_text_rows").find_text_rows
    for_bytes = rule.for_bytes or EVERY_BYTE
    idle: SimpleQueue[_Scratch] = SimpleQueue()

    def look_up(piece: Piece) -> Sequences:
        if has_null_words(piece.texts):
            return _with_null_words(index, piece, rule)
        batch = batch_of(piece, rule)
        try:
            scratch = idle.get_nowait()
        except Empty:
            scratch = _Scratch()
        words = {WORDS_ARE_GIVEN: len(batch.given_ends), WORDS_ARE_CHARACTERS: len(batch.text)}
        # Between separators, at most every other byte is a word.
        room = words.get(batch.how, len(batch.text) // 2 + len(batch.text_ends))
        rows, offsets = scratch.indices_for(room), np.zeros(len(batch.text_ends) + 1, dtype=np.int64)
        found = kernel(
            *(batch.text, batch.text_ends, batch.how, batch.given_ends),
            *(for_bytes.separators, for_bytes.lower),
            *index.tables(),
            *scratch.arrays_for(batch)[:2],
            *scratch.more,
            rows,
            offsets[1:],
        )
        idle.put(scratch)
        if found < 0:
            raise index.damaged(found)
        return Sequences(rows[:found].copy(), offsets)

    return Sequences.joined(in_order(look_up, pieces_of(texts), threads))


def has_null_words(texts: list[Any] | pa.Array) -> bool:
    """Say whether lists of words have words that are null."""
    if isinstance(texts, pa.Array):
        return bool(pa.types.is_nested(texts.type) and texts.flatten().null_count)
    return any(words_with_nulls(text) is not None for text in texts)


def _with_null_words(index: WordIndex, piece: Piece, rule: WordRule) -> Sequences:
    """Look up texts of which some words are null, which the kernels do not know."""
    words = [_words(rule, text, piece.first + place) for place, text in enumerate(piece.plain())]
    flat = list(chain.from_iterable(words))
    rows = index.rows(["" if word is None else word for word in flat]).astype(np.int32)
    rows[[place for place, word in enumerate(flat) if word is None]] = -1
    return Sequences(rows, np.cumsum([0, *map(len, words)]))


def _words(rule: WordRule, text: Any, number: int) -> list[str | None]:  # noqa: ANN401 - checked here
    words = words_with_nulls(text)
    if words is None:
        return list(rule.words_of(text, number))
    return [None if word is None else rule.words_of([word], number)[0] for word in words]
