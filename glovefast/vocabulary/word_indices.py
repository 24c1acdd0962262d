"""Words and indices of mappings and lists, checked."""

import logging
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import VocabularyError
from glovefast.vocabulary.arrow import as_string_array, integer_array

# An index far beyond the number of words is a mistake (a hash, a code point), not a vocabulary with gaps. The
# matrix would be nearly all zeros, and a million rows of 300 dimensions take 1.2 GB.
LARGEST_SPREAD = 16
SMALLEST_LIMIT = 1_000_000

_log = logging.getLogger("glovefast")
_FEW_VALUES, _FEW_SMALL = 64, 2
_FEWEST_COUNTS = 3  # fewer words say nothing
_IF_COUNTS = (
    "if the values are counts, not indices, pass a list of the words, the most frequent first: "
    "sorted(counts, key=counts.get, reverse=True)"
)


def words_and_indices(mapping: Mapping[Any, Any]) -> tuple[pa.StringArray, NDArray[np.int64]]:
    """Check a mapping from word to index; return the words in the order of their indices, and the indices."""
    if not mapping:
        raise VocabularyError("the training vocabulary is empty")
    words = as_string_array(list(mapping))
    indices = _as_indices(mapping)
    is_ascending = np.count_nonzero(indices[1:] > indices[:-1]) == len(indices) - 1
    if not is_ascending:
        order = np.argsort(indices, kind="stable")
        words, indices = words.take(integer_array(order)), indices[order]
    first, last = int(indices[0]), int(indices[-1])
    if first < 0:
        raise VocabularyError(f"the word {words[0].as_py()!r} has the index {first}: indices start at 0")
    if last >= LARGEST_SPREAD * len(words) + SMALLEST_LIMIT:
        raise VocabularyError(
            f"the word {words[-1].as_py()!r} has the index {last}, far beyond a vocabulary of {len(words)} "
            f"words: the largest index allowed is {LARGEST_SPREAD * len(words) + SMALLEST_LIMIT - 1}"
        )
    if not is_ascending and (shared := np.flatnonzero(indices[1:] == indices[:-1])).size:
        at = int(shared[0])
        raise VocabularyError(
            f"the words {words[at].as_py()!r} and {words[at + 1].as_py()!r} share the index {indices[at]}; "
            + _IF_COUNTS
        )
    return words, indices


def warn_of_counts(indices: NDArray[np.int64]) -> None:
    """Log a warning if most rows have no word, as when counts are passed for indices."""
    words, last = len(indices), int(indices[-1])
    if words >= _FEWEST_COUNTS and last >= 2 * words - 1:
        _log.warning("only %s of the rows 0 to %s have a word; %s", f"{words:,}", f"{last:,}", _IF_COUNTS)


def _as_indices(mapping: Mapping[Any, Any]) -> NDArray[np.int64]:
    """Convert a mapping's values to an array; each must be an integer, and a bool is not one."""
    values = list(mapping.values())
    indices = np.empty(len(values), dtype=np.int64)
    try:
        struct.pack_into(f"{len(values)}q", indices.data, 0, *values)  # half of np.fromiter's time
        are_integers = _are_integers(values, indices)
    except (struct.error, TypeError):
        are_integers = False
    if are_integers:
        return indices
    wrong = non_integer_item(mapping)
    if wrong is not None:
        raise VocabularyError(f"the word {wrong[0]!r} has the index {wrong[1]!r}, which is not an integer")
    try:
        return np.fromiter(values, dtype=np.int64, count=len(values))
    except OverflowError:
        word, index = max(mapping.items(), key=lambda item: abs(int(item[1])))
        raise VocabularyError(f"the word {word!r} has the index {index}, far beyond any vocabulary") from None


def _are_integers(values: list[Any], indices: NDArray[np.int64]) -> bool:
    """Tell quickly that all values are integers and none is a bool; False if that takes a closer look."""
    if len(values) <= _FEW_VALUES:
        return set(map(type, values)) == {int}
    # Asking each value for its type takes as long as everything else that is done with the values.
    if type(sum(values)) is not int:  # the sum of other types is of another type, too
        return False
    small = np.flatnonzero(indices <= 1)  # only these can be bools
    return small.size <= _FEW_SMALL and not any(isinstance(values[place], bool) for place in small.tolist())


def positional_words(words: Any) -> pa.StringArray:  # noqa: ANN401 - any sequence or array
    """Check a sequence or an array of words."""
    if not isinstance(words, Sequence | pa.Array | pa.ChunkedArray | np.ndarray):
        words = np.asarray(words)
    if isinstance(words, np.ndarray) and words.ndim != 1:
        raise VocabularyError(
            f"an array of words must have one dimension; this one has the shape {words.shape}"
        )
    array = as_string_array(words)
    if not len(array):
        raise VocabularyError("the training vocabulary is empty")
    return array


def non_integer_item(mapping: Mapping[Any, Any]) -> tuple[Any, Any] | None:
    """Find the first item of a mapping whose value is not an integer; a bool is not one."""
    kinds = set(map(type, mapping.values()))
    wrong = tuple(kind for kind in kinds if kind is bool or not issubclass(kind, int | np.integer))
    return next(item for item in mapping.items() if type(item[1]) in wrong) if wrong else None
