"""Which rows of a store stand for given words, with or without regard to case."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.kernels import NEVER_FOUND, NO_WORD

_AT_ONCE = 8192


@dataclass(frozen=True)
class WordGroups:
    """Groups of rows with the same word, or with words that differ only in case.

    Attributes
    ----------
    ignores_case : bool
        Whether words that differ only in case are the same.
    numbers : dict of str to int
        The number of each word's group, by the word as `folded` gives it.
    of_rows : numpy.ndarray
        (n,) int32: the group of each row, `NO_WORD` for a row without one, `NEVER_FOUND` for the later rows
        of a duplicate word, which no look-up finds.
    first_rows : numpy.ndarray
        (g,) int64: the first row of each group, -1 for a word that no row has.
    """

    ignores_case: bool
    numbers: dict[str, int]
    of_rows: NDArray[np.int32]
    first_rows: NDArray[np.int64]

    def group(self, word: str) -> int:
        """Return the number of a word's group."""
        return self.numbers[folded(word, self.ignores_case)]


def folded(word: str, ignore_case: bool) -> str:
    """Give a word in upper case, as gensim compares words, or as it is."""
    return word.upper() if ignore_case else word


def group_words(
    words: pa.StringArray, duplicates: NDArray[np.int64], wanted: Iterable[str], ignore_case: bool
) -> WordGroups:
    """Find all rows of the wanted words.

    Parameters
    ----------
    words : pyarrow.StringArray
        The words of n rows.
    duplicates : numpy.ndarray
        The later rows of duplicate words, int64 and ascending.
    wanted : iterable of str
        The words to look for.
    ignore_case : bool
        Whether words that differ only in case are the same.

    Returns
    -------
    WordGroups
        The rows by word.
    """
    all_folded = dict.fromkeys(folded(word, ignore_case) for word in wanted)
    numbers = {word: number for number, word in enumerate(all_folded)}
    of_rows = np.empty(len(words), dtype=np.int32)
    for begin in range(0, len(words), _AT_ONCE):
        some = words[begin : begin + _AT_ONCE].to_pylist()
        of_rows[begin : begin + len(some)] = [
            numbers.get(folded(word, ignore_case), NO_WORD) for word in some
        ]
    of_rows[duplicates[: np.searchsorted(duplicates, len(words))]] = NEVER_FOUND
    hits = np.flatnonzero(of_rows >= 0)
    first_rows = np.full(len(numbers), -1, dtype=np.int64)
    first_rows[of_rows[hits][::-1]] = hits[::-1]  # the last assignment counts, which is the first row's
    return WordGroups(ignore_case, numbers, of_rows, first_rows)
