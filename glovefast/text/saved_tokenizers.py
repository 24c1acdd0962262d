"""Tokenizers from files: what `Tokenizer.to_json` wrote, here or in Keras."""

import json
from collections import OrderedDict, defaultdict
from typing import Any

from glovefast.errors import VocabularyError
from glovefast.text.dictionaries import NAMES
from glovefast.text.tokenizer import Tokenizer


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
    ValueError
        If it is not the JSON of a Tokenizer.
    """
    written = json.loads(json_string)
    config = written.get("config") if isinstance(written, dict) else None
    if not isinstance(config, dict) or not {*NAMES} <= {*config}:
        raise VocabularyError(
            f"this is not the JSON of a Tokenizer: it needs a config with {', '.join(NAMES)}"
        )
    made: dict[str, Any] = {name: json.loads(config.pop(name)) for name in NAMES}
    tokenizer = Tokenizer(**config)
    tokenizer.word_counts = OrderedDict(made["word_counts"])
    tokenizer.word_docs = defaultdict(int, made["word_docs"])
    # The keys of JSON are always strings.
    tokenizer.index_docs = defaultdict(
        int, {int(index): count for index, count in made["index_docs"].items()}
    )
    tokenizer.word_index = made["word_index"]
    tokenizer.index_word = {int(index): word for index, word in made["index_word"].items()}
    return tokenizer
