"""The part of a store that is to be written: some words, in an order of their own."""

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from glovefast.errors import VocabularyError
from glovefast.store.export.pieces import ChosenRows
from glovefast.vocabulary.arrow import integer_array
from glovefast.vocabulary.training_vocabulary import training_vocabulary
from glovefast.vocabulary.word_index import WordIndex

if TYPE_CHECKING:
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary

_log = logging.getLogger("glovefast")
_LISTED = 5


def chosen_words(
    index: WordIndex,
    array: Any,  # noqa: ANN401 - an array, or what acts like one
    wanted: "AnyVocabulary",
    name: str,
) -> tuple[pa.StringArray, ChosenRows]:
    """Find the words to write and their rows; warn of words that are missing.

    Parameters
    ----------
    index : WordIndex
        The words of the store.
    array : numpy.ndarray
        (n, dim): their vectors.
    wanted : mapping, tokenizer, layer, sequence of str or array
        The words to write.
    name : str
        The store in messages.

    Raises
    ------
    VocabularyError
        If `wanted` cannot be used, or none of its words is in the store.
    """
    words = training_vocabulary(wanted).words
    rows = index.rows(words)
    missing = np.flatnonzero(rows < 0)
    if len(missing) == len(words):
        missing_words = (
            "does not have the word" if len(words) == 1 else f"has none of the {len(words):,} words"
        )
        raise VocabularyError(f"{name} {missing_words}, so there is nothing to write")
    if missing.size:
        first = ", ".join(map(repr, words.take(integer_array(missing[:_LISTED])).to_pylist()))
        more = f" and {missing.size - _LISTED:,} more" if missing.size > _LISTED else ""
        _log.warning(
            "%s lacks %s of %s words, which are left out: %s",
            name,
            f"{missing.size:,}",
            f"{len(words):,}",
            first + more,
        )
    found = np.flatnonzero(rows >= 0)
    return words.take(integer_array(found)), ChosenRows(array, rows[found])
