"""Saved Tokenizers: JSON and pickles, of this package or of Keras."""

import json
import math
import stat
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from glovefast.errors import FormatError, VocabularyError
from glovefast.text.dictionaries import NAMES
from glovefast.text.restricted_pickle import SavedObject, UnreadablePickleError, read_pickle
from glovefast.text.tokenizer import Tokenizer
from glovefast.text.words import DEFAULT_FILTERS, shown

_Types: TypeAlias = "type | tuple[type, ...]"

# The attributes of a saved Tokenizer: what each may be, and its value where an old Keras did not have it.
_SETTINGS: dict[str, tuple[_Types, Any]] = {
    "num_words": ((int, float, type(None)), None),
    "filters": ((str, list, tuple, type(None)), DEFAULT_FILTERS),
    "lower": ((bool, int), True),
    "split": (str, " "),
    "char_level": ((bool, int), False),
    "oov_token": ((str, type(None)), None),
    "document_count": (int, 0),
    "analyzer": (type(None), None),
}
_DICTIONARIES: dict[str, tuple[type, type]] = {
    "word_counts": (str, int),
    "word_docs": (str, int),
    "index_docs": (int, int),
    "word_index": (str, int),
    "index_word": (int, str),
}
_OLD_NAMES = {"nb_words": "num_words"}

# Keras had its Tokenizer in modules such as keras_preprocessing.text, keras.src.preprocessing.text and
# tensorflow.python.keras.preprocessing.text.
_PACKAGES = {"keras", "keras_preprocessing", "tensorflow", "tensorflow_core", "tf_keras", "glovefast"}
_MODULES = {"text", "tokenizer"}

_LARGEST_FILE = 1 << 30
_COUNT_BITS, _INDEX_BITS = 63, 31


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """Make a Tokenizer from JSON that `Tokenizer.to_json` wrote, here or in Keras.

    Parameters
    ----------
    json_string : str
        JSON.

    Returns
    -------
    Tokenizer
        Ready for texts; it can be fitted on more of them.

    Raises
    ------
    VocabularyError
        If it is not the JSON of a Tokenizer; the message says what is wrong.
    """
    try:
        written = json.loads(json_string)
        config = written.get("config") if isinstance(written, dict) else None
        if not isinstance(config, dict) or not {*NAMES} <= {*config}:
            raise ValueError(f"it needs a config with {', '.join(NAMES)}")
        state = config | {name: json.loads(config[name]) for name in NAMES}
        for name in ("index_docs", "index_word"):  # the keys of JSON are always strings
            state[name] = _by_index(name, state[name].items())
        return _tokenizer_of(state)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise VocabularyError(f"this is not the JSON of a Tokenizer: {error}") from error


def tokenizer_from_pickle(path: str | PathLike[str]) -> Tokenizer:
    """Make a Tokenizer from a file that holds a pickled one, of Keras 2, Keras 3 or glovefast.

    No code of the pickle runs, and Keras is not needed: the file is read as plain data. Anything but a
    Tokenizer is refused, also a Tokenizer with an `analyzer`, which is code.

    Parameters
    ----------
    path : str or path-like
        The file that ``pickle.dump`` wrote, in any protocol; at most 1 GiB.

    Returns
    -------
    Tokenizer
        Ready for texts; it can be fitted on more of them.

    Raises
    ------
    FormatError
        If the file does not hold a Tokenizer and nothing else; the message says what is wrong.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> tokenizer = tokenizer_from_pickle("tokenizer.pickle")  # doctest: +SKIP
    """
    path = Path(path)
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise FormatError(path, None, "a saved Tokenizer must be a regular file")
    if status.st_size > _LARGEST_FILE:
        raise FormatError(path, None, "the file is larger than 1 GiB, too large for a saved Tokenizer")
    with path.open("rb") as file:
        data = file.read(status.st_size)
    try:
        saved = read_pickle(data, _is_tokenizer)
        if not isinstance(saved, SavedObject):
            raise UnreadablePickleError(f"it holds a {type(saved).__name__}")
        return _tokenizer_of(saved.state)
    except (UnreadablePickleError, VocabularyError) as error:
        raise FormatError(path, None, f"is not a pickled Tokenizer: {error}") from error


def _is_tokenizer(module: str, name: str) -> bool:
    """Say whether a class is a Tokenizer, by its name alone."""
    packages = module.split(".")
    return name == "Tokenizer" and packages[0] in _PACKAGES and packages[-1] in _MODULES


def _tokenizer_of(state: Mapping[Any, Any]) -> Tokenizer:
    """Make a Tokenizer of its attributes.

    Raises
    ------
    VocabularyError
        If there is another attribute, or if a value is of another type; the message names it.
    """
    state = {_OLD_NAMES.get(name, name): value for name, value in state.items()}
    if "word_counts" not in state:
        raise VocabularyError("it has no word_counts")
    unknown = state.keys() - _SETTINGS.keys() - _DICTIONARIES.keys()
    if unknown:
        raise VocabularyError(f"a Tokenizer has no attribute {shown(min(unknown, key=str))}")
    for name, (types, default) in _SETTINGS.items():
        value = state.setdefault(name, default)
        if not isinstance(value, types):
            raise VocabularyError(f"{name} is a {type(value).__name__}")
    _check_settings(state)
    for name, types in _DICTIONARIES.items():
        if name == "index_word" and name not in state:  # of Keras before 2.2
            state[name] = _by_index(name, ((index, word) for word, index in state["word_index"].items()))
        _check_dictionary(name, state.setdefault(name, {}), types)
    state["word_counts"] = OrderedDict(state["word_counts"])
    for name in ("word_docs", "index_docs"):
        state[name] = defaultdict(int, state[name])
    tokenizer = Tokenizer()
    tokenizer.__setstate__(state)
    return tokenizer


def _check_settings(state: Mapping[str, Any]) -> None:
    """Raise an error for settings that no text can be split or numbered with."""
    if not all(isinstance(character, str) for character in state["filters"] or ()):
        raise VocabularyError("filters holds something other than strings")
    if not state["char_level"]:
        if state["filters"] is None or not all(len(character) == 1 for character in state["filters"]):
            raise VocabularyError("filters holds something other than single characters")
        if not state["split"]:
            raise VocabularyError("split is empty")
    for name in ("num_words", "document_count"):
        number = state[name]
        if isinstance(number, float) and math.isnan(number):
            raise VocabularyError(f"{name} is not a number")
        if isinstance(number, int) and number.bit_length() > _COUNT_BITS:
            raise VocabularyError(f"{name} is a number beyond 64 bits")


def _by_index(name: str, items: Iterable[tuple[Any, Any]]) -> dict[int, Any]:
    """Make a dictionary by index; it holds no large integers, which can be chosen to have equal hashes."""
    made = {}
    for written, value in items:
        index = int(written)
        if index.bit_length() > _INDEX_BITS:
            raise VocabularyError(f"{name} holds an index beyond {_INDEX_BITS} bits")
        made[index] = value
    return made


def _check_dictionary(name: str, dictionary: object, types: tuple[type, type]) -> None:
    if not isinstance(dictionary, dict):
        raise VocabularyError(f"{name} is a {type(dictionary).__name__}, not a dictionary")
    for item in dictionary.items():
        if (type(item[0]), type(item[1])) != types:
            raise VocabularyError(
                f"{name} maps {types[0].__name__} to {types[1].__name__}, but it holds a "
                f"{type(item[0]).__name__} with a {type(item[1]).__name__}"
            )
        if any(isinstance(number, int) and number.bit_length() > _COUNT_BITS for number in item):
            raise VocabularyError(f"{name} holds a number beyond 64 bits")
