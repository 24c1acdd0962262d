"""How often words occur, taken from a mapping or from a column of a table."""

from collections.abc import Iterable, Mapping
from itertools import count
from operator import eq
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import VocabularyError
from glovefast.matrix.match import Match
from glovefast.vocabulary.word_indices import non_integer_item

# A mapping word -> count, or a column of pandas, polars, Arrow or NumPy, none of which is imported for it.
Counts: TypeAlias = Mapping[str, int] | Any

# No text has so many words that occur once, twice, three times and so on, in this order.
_ENOUGH_TO_TELL = 100


def count_words(words: list[str], match: Match, counts: Counts) -> tuple[NDArray[np.int64], int]:
    """Find the count of each word.

    Parameters
    ----------
    words : list of str
        n different words: those of the match.
    match : Match
        The training vocabulary, for counts by index.
    counts : mapping or column
        As for `WordVectors.coverage`.

    Returns
    -------
    of_each : numpy.ndarray
        (n,) int64: how often each word occurs.
    total : int
        The sum of all counts, of these words and of others.

    Raises
    ------
    VocabularyError
        If `counts` is neither a mapping nor a column, has another length than the vocabulary has indices, or
        holds something other than non-negative integers.
    """
    by_word = counts_by_word(counts, match)
    of_each = np.array([by_word.get(word, 0) for word in words], dtype=np.int64)
    return of_each, sum(map(int, by_word.values()))


def counts_by_word(counts: Counts, match: Match | None = None) -> Mapping[Any, int]:
    """Check counts, and make a mapping of them.

    Parameters
    ----------
    counts : mapping or column
        As for `WordVectors.coverage`.
    match : Match, optional
        The training vocabulary; without one, a column of numbers alone cannot be used.

    Raises
    ------
    VocabularyError
        As for `count_words`.
    """
    by_word = counts if isinstance(counts, Mapping) else _from_column(counts, match)
    wrong = non_integer_item(by_word)
    if wrong is None and min(by_word.values(), default=0) < 0:
        wrong = next(item for item in by_word.items() if item[1] < 0)
    if wrong is not None:
        raise VocabularyError(
            f"the word {wrong[0]!r} has the count {wrong[1]!r}: counts must be non-negative integers"
        )
    if len(by_word) >= _ENOUGH_TO_TELL and all(map(eq, by_word.values(), count(1))):
        raise VocabularyError(
            f"counts are 1, 2, 3 and so on to {len(by_word):,}, as in a word_index; pass how often each word "
            "occurs, such as the word_counts of the Tokenizer"
        )
    return by_word


def _from_column(counts: Any, match: Match | None) -> dict[Any, int]:  # noqa: ANN401 - checked here
    """Make a mapping of a column, by its words where it has any, else by the indices of the vocabulary."""
    index = getattr(counts, "index", None)
    # A pandas Series; a list has a method of that name, and a data frame is a table.
    if index is not None and not callable(index) and hasattr(counts, "tolist"):
        words, numbers = index.tolist(), counts.tolist()
        if any(isinstance(word, str) for word in words):
            return _summed(words, numbers)
    elif isinstance(counts, np.ndarray):
        numbers = counts.tolist() if counts.ndim == 1 else None
    else:
        fields = _arrow_fields(counts)
        strings = [field for field in fields if _is_text(field.type)]
        if len(fields) == 2 and len(strings) == 1:  # value_counts() of Arrow and of polars
            return _summed(
                *(field.to_pylist() for field in sorted(fields, key=lambda each: each is not strings[0]))
            )
        numbers = fields[0].to_pylist() if len(fields) == 1 else None
    if numbers is None or match is None:
        column = "" if match is None else "a column of numbers, "
        raise VocabularyError(
            f"counts must be a mapping word -> count, {column}or a table of words and counts, "
            f"not a {type(counts).__name__}"
        )
    return _by_index(numbers, match)


def _arrow_fields(counts: Any) -> list[Any]:  # noqa: ANN401
    """View an Arrow or a polars object as columns; none for everything else."""
    if hasattr(counts, "__arrow_c_stream__"):
        counts = pa.chunked_array(counts)
    elif not isinstance(counts, pa.Array):
        return []
    if not pa.types.is_struct(counts.type):
        return [counts]
    chunks = counts.chunks if isinstance(counts, pa.ChunkedArray) else [counts]
    width = counts.type.num_fields
    return [
        pa.chunked_array([chunk.field(number) for chunk in chunks], type=counts.type.field(number).type)
        for number in range(width)
    ]


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _summed(words: Iterable[Any], numbers: Iterable[Any]) -> dict[Any, int]:
    """Pair words with their counts; a word that occurs more than once gets the sum."""
    by_word: dict[Any, Any] = {}
    for word, number in zip(words, numbers, strict=True):
        before = by_word.get(word, 0)
        # Keep a value that is not an integer, for the error message.
        by_word[word] = before + number if isinstance(before, int) and isinstance(number, int) else number
        if not isinstance(number, int):
            break
    return by_word


def _by_index(numbers: list[Any], match: Match) -> dict[Any, int]:
    """Take entry i as the count of index i; rows that are not words are named by their number."""
    target = match.target
    if len(numbers) != target.input_dim:
        raise VocabularyError(
            f"counts has {len(numbers)} entries, but the vocabulary has {target.input_dim} indices: "
            "give one count for each index, or counts by word"
        )
    names: list[Any] = list(range(len(numbers)))
    for word, index in zip(match.words, target.indices.tolist(), strict=True):
        names[index] = word
    return _summed(names, numbers)
