"""Adding words at the end of a training vocabulary."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from glovefast.errors import VocabularyError
from glovefast.keras.tokenizer_layer import TokenizerLayer
from glovefast.vocabulary.arrow import as_string_array
from glovefast.vocabulary.training_vocabulary import (
    OOV_TOKEN,
    PADDING_TOKENS,
    TrainingVocabulary,
    is_fitted_tokenizer,
)


def extended_vocabulary(vocabulary: Any, training: TrainingVocabulary, added: Sequence[str]) -> Any:  # noqa: ANN401
    """Add words at the end of a training vocabulary.

    Parameters
    ----------
    vocabulary : mapping, tokenizer, layer, sequence of str or array
        What `glovefast.vocabulary.training_vocabulary.training_vocabulary` takes.
    training : TrainingVocabulary
        What that function made of it.
    added : sequence of str
        New words; the first gets the index ``training.input_dim``.

    Returns
    -------
    keras layer, list, dict or TrainingVocabulary
        A layer with the same configuration for a ``TextVectorization``, ``StringLookup`` or `TokenizerLayer`;
        a list for a list, an array, or a layer whose vocabulary is a plain list; a `TrainingVocabulary` for a
        `TrainingVocabulary`; a dictionary for everything else.

    Raises
    ------
    VocabularyError
        If `vocabulary` is a layer that does not output indices.
    """
    if isinstance(vocabulary, TrainingVocabulary):
        end = training.input_dim + len(added)
        return replace(
            training,
            words=pa.concat_arrays([training.words, as_string_array(list(added))]),
            indices=np.concatenate([training.indices, np.arange(training.input_dim, end)]),
            input_dim=end,
        )
    if callable(getattr(vocabulary, "get_vocabulary", None)):
        if hasattr(vocabulary, "adapt"):
            return _extended_layer(vocabulary, added)
        return [*vocabulary.get_vocabulary(), *added]
    mapping = _mapping(vocabulary, training)
    if mapping is None:
        return [*as_string_array(vocabulary).to_pylist(), *added]
    grown = {**mapping, **{word: index for index, word in enumerate(added, start=training.input_dim)}}
    return vocabulary.with_word_index(grown) if isinstance(vocabulary, TokenizerLayer) else grown


def known_words(vocabulary: Any, training: TrainingVocabulary) -> set[str]:  # noqa: ANN401
    """Collect what a vocabulary has already: words, and padding, unknown and mask tokens."""
    known = {*training.words.to_pylist(), *training.oov_tokens, *PADDING_TOKENS, OOV_TOKEN}
    known |= {
        str(getattr(vocabulary, name)) for name in ("mask_token", "oov_token") if hasattr(vocabulary, name)
    }
    return known | set(_mapping(vocabulary, training) or ())


def _mapping(vocabulary: Any, training: TrainingVocabulary) -> dict[str, int] | None:  # noqa: ANN401
    """Make a dictionary word -> index of a vocabulary that is not a sequence; None for a sequence."""
    if is_fitted_tokenizer(vocabulary):  # without the words that num_words drops
        words = [*training.words.to_pylist(), *training.oov_tokens]
        indices = [*training.indices.tolist(), *training.oov_indices.tolist()]
        return dict(sorted(zip(words, indices, strict=True), key=lambda item: item[1]))
    if callable(getattr(vocabulary, "get_vocab", None)):
        return dict(vocabulary.get_vocab())
    if hasattr(vocabulary, "vocabulary_"):
        return dict(vocabulary.vocabulary_)
    return dict(vocabulary) if isinstance(vocabulary, Mapping) else None


def _extended_layer(layer: Any, added: Sequence[str]) -> Any:  # noqa: ANN401
    """Make a lookup layer with the configuration of another one and more words."""
    config = layer.get_config()
    if config["output_mode"] != "int":
        raise VocabularyError(
            f"the layer {layer.name!r} does not output indices, because its output_mode is "
            f"{config['output_mode']!r}; take a layer with output_mode='int'"
        )
    words = [*layer.get_vocabulary(include_special_tokens=False), *added]
    size = layer.vocabulary_size() + len(added)
    if config.get("max_tokens") is not None:
        config["max_tokens"] = max(config["max_tokens"], size)
    # Keras would compare the old size with the new vocabulary.
    config = {**config, "vocabulary": words, "vocabulary_size": None}
    return type(layer).from_config(config)
