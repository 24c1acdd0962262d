"""A store's words as the vocabulary of a ``TextVectorization`` layer."""

import os
from typing import Any

import numpy as np

from glovefast.keras.installed import keras
from glovefast.keras.seeding import opened
from glovefast.vectors import WordVectors
from glovefast.vocabulary.training_vocabulary import OOV_TOKEN


def text_vectorization(
    vectors: WordVectors | str | os.PathLike[str],
    words: int,
    **keras_arguments: Any,  # noqa: ANN401 - Keras's own
) -> "keras.layers.TextVectorization":
    """Make a ``TextVectorization`` layer of the first words of a store; no text is needed to adapt it.

    Published vectors have their most frequent words first. Index 0 is padding and 1 is ``[UNK]``, as in every
    such layer; the words follow in the order of their rows, each once. Those that the layer keeps for itself
    (the empty string and ``[UNK]``) are passed over. `embedding_layer` takes the layer as its vocabulary.

    Parameters
    ----------
    vectors : WordVectors, str or path-like
        The vectors, or the path of their store.
    words : int
        How many words; all that there are where the store has fewer.
    **keras_arguments
        What ``keras.layers.TextVectorization`` takes besides `vocabulary`. What `standardize` does to a text
        should suit the store: its default lower-cases and strips punctuation, so that it never finds "Paris"
        or ",", which keep their rows all the same.

    Returns
    -------
    keras.layers.TextVectorization
        With ``words + 2`` indices.

    Raises
    ------
    StoreError
        If `vectors` is a path and there is no store to open.
    TypeError
        If `vectors` is neither, or `keras_arguments` has a `vocabulary`.
    ValueError
        If `words` is no positive integer.
    """
    if "vocabulary" in keras_arguments:
        raise TypeError("text_vectorization() takes no 'vocabulary': it is the store's")
    if isinstance(words, bool) or not isinstance(words, int | np.integer) or words < 1:
        raise ValueError(f"the number of words is a positive integer, not {words!r}")
    chosen: dict[str, None] = {}
    for word in opened(vectors):
        if len(chosen) == words:
            break
        if word not in ("", OOV_TOKEN):
            chosen[word] = None
    return keras.layers.TextVectorization(vocabulary=list(chosen), **keras_arguments)
