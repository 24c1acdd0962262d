"""A ``TextVectorization`` layer with the words of a store."""

import os
from typing import Any

import numpy as np

from glovefast.keras.installed import check_tensorflow, keras
from glovefast.vectors import WordVectors, opened
from glovefast.vocabulary.training_vocabulary import OOV_TOKEN


def text_vectorization(
    vectors: WordVectors | str | os.PathLike[str],
    words: int,
    **keras_arguments: Any,  # noqa: ANN401 - Keras's own
) -> "keras.layers.TextVectorization":
    """Make a ``TextVectorization`` layer from the first words of a store, without adapting it to a text.

    Keras makes such layers with TensorFlow, whichever backend it runs on.

    Published vectors have their most frequent words first. Index 0 is padding and 1 is ``[UNK]``, as in every
    such layer; the words follow in the order of their rows, without duplicates and without the two words
    that the layer reserves (the empty string and ``[UNK]``). `embedding_layer` takes the layer as its
    vocabulary.

    Parameters
    ----------
    vectors : WordVectors, str or path-like
        The vectors, or the path of their store.
    words : int
        How many words to take; a smaller store gives all of its words.
    **keras_arguments
        Arguments of ``keras.layers.TextVectorization`` other than `vocabulary`. Choose a `standardize` that
        suits the store: the default converts text to lower case and strips punctuation, so that words like
        "Paris" and "," keep their rows but are never found in a text.

    Returns
    -------
    keras.layers.TextVectorization
        A layer with ``words + 2`` indices.

    Raises
    ------
    DependencyError
        If TensorFlow is not installed.
    StoreError
        If `vectors` is a path without a store.
    TypeError
        If `vectors` is neither vectors nor a path, or `keras_arguments` has a `vocabulary`.
    ValueError
        If `words` is not a positive integer.
    """
    if "vocabulary" in keras_arguments:
        raise TypeError("text_vectorization() takes no 'vocabulary': the words are those of the store")
    if isinstance(words, bool) or not isinstance(words, int | np.integer) or words < 1:
        raise ValueError(f"words must be a positive integer, not {words!r}")
    check_tensorflow("text_vectorization()")
    chosen: dict[str, None] = {}
    for word in opened(vectors):
        if len(chosen) == words:
            break
        if word not in ("", OOV_TOKEN):
            chosen[word] = None
    return keras.layers.TextVectorization(vocabulary=list(chosen), **keras_arguments)
