"""Training vocabularies that travel to other processes: in the pickle, or as a file that is found there."""

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from glovefast.batches.opened import opened_tokenizer, read_file
from glovefast.errors import VocabularyError
from glovefast.text.words import shown
from glovefast.vocabulary.training_vocabulary import is_fitted_tokenizer

LARGEST_INDEX = np.iinfo(np.int32).max

_SETTINGS = ("num_words", "filters", "lower", "split", "char_level", "oov_token")


def reference_of(vocabulary: Any, splitting: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    """Describe a training vocabulary with what JSON has.

    Parameters
    ----------
    vocabulary : Tokenizer, mapping, str or path-like
        A fitted Tokenizer, of glovefast or Keras; a dictionary word → index; or the path of a file with the
        JSON of a Tokenizer.
    splitting : mapping
        The `filters`, `lower` and `split` for a dictionary.

    Returns
    -------
    dict
        The `path` and the `checksum` of the file, or the `settings` of the Tokenizer.

    Raises
    ------
    VocabularyError
        If it cannot be used.
    """
    if isinstance(vocabulary, str | os.PathLike):
        path = os.path.abspath(vocabulary)  # noqa: PTH100 - links stay as they are
        _, (checksum,) = read_file(path)
        opened_tokenizer(path, checksum)  # an error in it shows at once
        return {"path": path, "checksum": checksum}
    if is_fitted_tokenizer(vocabulary):
        if getattr(vocabulary, "analyzer", None) is not None:
            raise VocabularyError(
                "a Tokenizer with an analyzer cannot be sent to other processes: an analyzer is code"
            )
        settings = {name: getattr(vocabulary, name) for name in _SETTINGS}
        settings["filters"] = "".join(settings["filters"] or "")
        word_index = vocabulary.word_index
    elif isinstance(vocabulary, Mapping):
        settings = {"num_words": None, "char_level": False, "oov_token": None, **splitting}
        word_index = vocabulary
    else:
        raise VocabularyError(
            "vocabulary must be a fitted Tokenizer, a dictionary from words to indices, or the path of a "
            f"Tokenizer's JSON, not {shown(vocabulary)}"
        )
    indices = {word: _index(word, index) for word, index in word_index.items()}
    if not indices:
        raise VocabularyError("the training vocabulary is empty")
    whole = {**settings, "word_index": indices}
    return {"settings": json.dumps(whole, ensure_ascii=False, default=np.generic.item)}


def _index(word: Any, index: Any) -> int:  # noqa: ANN401 - whatever a dictionary may hold
    if not isinstance(word, str):
        raise VocabularyError(f"the vocabulary holds a word that is not a string: {shown(word)}")
    if isinstance(index, bool) or not isinstance(index, int | np.integer) or index < 0:
        raise VocabularyError(f"the index of {word!r} must be an integer that is not negative, not {index!r}")
    if index > LARGEST_INDEX:
        raise VocabularyError(f"the index of {word!r} must be at most {LARGEST_INDEX:,}, not {index}")
    return int(index)
