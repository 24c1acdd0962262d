"""The words of many texts counted, on several processors."""

from dataclasses import dataclass
from queue import Empty, SimpleQueue

import numpy as np

from glovefast.text.batches import Callback, Piece, Progress, Texts, batch_of, count_of, pieces_of
from glovefast.text.word_table import WordTable, Workspace
from glovefast.text.words import WordRule
from glovefast.threads import checked_threads, in_order

_ANY_BYTE = np.arange(256, dtype=np.uint8)


@dataclass(frozen=True)
class Counted:
    """What was counted: the words, in the order in which they came, and the number of texts."""

    table: WordTable
    texts: int


def count_texts(texts: Texts, rule: WordRule, threads: int | None, progress: Callback | None) -> Counted:
    """Count the words of texts.

    Parameters
    ----------
    texts : iterable or array
        As for `Tokenizer.fit_on_texts`.
    rule : WordRule
        How they become words.
    threads : int or None
        At most so many.
    progress : callable or None
        Called after each part of the texts.

    Returns
    -------
    Counted
        The words and the number of texts.
    """
    byte_of = _ANY_BYTE if rule.byte_of is None else rule.byte_of
    # Each worker counts in a table of its own, which records where each of its words occurs first.
    tables: list[WordTable] = []
    idle: SimpleQueue[tuple[WordTable, Workspace]] = SimpleQueue()

    def count(piece: Piece) -> int:
        batch = batch_of(piece, rule)
        try:
            table, workspace = idle.get_nowait()
        except Empty:
            table, workspace = WordTable(), Workspace()
            tables.append(table)
        table.count(batch, byte_of, workspace)
        idle.put((table, workspace))
        return len(piece.texts)

    done, total = 0, count_of(texts) if progress else None
    for number in in_order(count, pieces_of(texts), checked_threads(threads)):
        done += number
        if progress:
            progress(Progress(done, total))
    # Pieces may reach a table in any order, so its words are in no order that can be relied on.
    if len(tables) == 1 and tables[0].in_order_of_first_occurrence():
        return Counted(tables[0], done)
    table = WordTable()
    table.add(tables)
    return Counted(table, done)
