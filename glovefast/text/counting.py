"""The words of many texts counted, on several threads."""

from dataclasses import dataclass
from queue import Empty, SimpleQueue

from glovefast.text.batches import batch_of
from glovefast.text.pieces import Piece, Texts, count_of, pieces_of
from glovefast.text.progress import Callback, TextProgress
from glovefast.text.word_rule import EVERY_BYTE, WordRule
from glovefast.text.word_table import WordTable, Workspace
from glovefast.threads import checked_threads, in_order


@dataclass(frozen=True)
class Counted:
    """The words of texts in the order of their first occurrence, and the number of texts."""

    table: WordTable
    texts: int


def count_texts(texts: Texts, rule: WordRule, threads: int | None, progress: Callback | None) -> Counted:
    """Count the words of texts.

    Parameters
    ----------
    texts : iterable or array
        As for `Tokenizer.fit_on_texts`.
    rule : WordRule
        The rule by which they are split.
    threads : int or None
        The number of threads; one per processor if None.
    progress : callable or None
        Called after each piece of the texts.

    Returns
    -------
    Counted
        The words and the number of texts.
    """
    for_bytes = rule.for_bytes or EVERY_BYTE
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
        table.count(batch, for_bytes, workspace)
        idle.put((table, workspace))
        return len(piece.texts)

    done, total = 0, count_of(texts) if progress else None
    for number in in_order(count, pieces_of(texts), checked_threads(threads)):
        done += number
        if progress:
            progress(TextProgress(done, total))
    # Pieces may reach a table in any order, so its words are in no order that can be relied on.
    if len(tables) == 1 and tables[0].in_order_of_first_occurrence():
        return Counted(tables[0], done)
    table = WordTable()
    table.add(tables)
    return Counted(table, done)
