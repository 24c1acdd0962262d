"""Layers that turn strings into indices: with the words of a store, or like a fitted `Tokenizer`."""

import os
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from glovefast.errors import VocabularyError
from glovefast.keras.backend import check_tensorflow, keras
from glovefast.keras.tokenizer_layer import TokenizerLayer
from glovefast.vectors import WordVectors, opened
from glovefast.vocabulary.training_vocabulary import OOV_TOKEN, is_fitted_tokenizer

if TYPE_CHECKING:
    from glovefast.text import Tokenizer

_SETTINGS = ("word_index", "num_words", "filters", "lower", "split", "char_level", "oov_token")


@overload
def text_vectorization(
    source: WordVectors | str | os.PathLike[str],
    words: int,
    **keras_arguments: Any,  # noqa: ANN401
) -> "keras.layers.TextVectorization": ...


@overload
def text_vectorization(
    source: "Tokenizer",
    *,
    maxlen: int | None = None,
    padding: str = "pre",
    truncating: str = "pre",
    value: int = 0,
    **keras_arguments: Any,  # noqa: ANN401
) -> TokenizerLayer: ...


def text_vectorization(
    source: Any,
    words: int | None = None,
    **arguments: Any,
) -> "keras.layers.TextVectorization | TokenizerLayer":
    """Make a layer that turns strings into indices, without adapting it to a text.

    A model that begins with such a layer takes strings. ``model.export(path)`` makes a SavedModel of it that
    needs only TensorFlow; keep what ``tf.saved_model.load(path)`` returns as long as you call its ``serve``.
    `embedding_layer` takes the layer as its vocabulary.

    A fitted ``Tokenizer``, glovefast's or Keras's, gives a layer whose output equals
    ``tokenizer.texts_to_padded(texts, maxlen, padding, truncating, value)`` for every text. An exported model
    keeps the lower case of the Python that made it. Models with this layer are saved and loaded like all
    others, once ``glovefast.keras`` is imported.

    A store gives a ``TextVectorization`` of its first words, which Keras makes with TensorFlow, whichever
    backend it runs on. Published vectors have their most frequent words first. Index 0 is padding and 1 is
    ``[UNK]``, as in every such layer; the words follow in the order of their rows, without duplicates and
    without the two words that the layer reserves (the empty string and ``[UNK]``).

    Parameters
    ----------
    source : Tokenizer, WordVectors, str or path-like
        A fitted Tokenizer, or vectors, or the path of their store.
    words : int, optional
        How many words of the store to take; a smaller store gives all of its words. Required for a store, not
        allowed for a Tokenizer.
    **arguments
        For a store, arguments of ``keras.layers.TextVectorization`` other than `vocabulary`. Choose a
        `standardize` that suits the store: the default converts text to lower case and strips punctuation, so
        that words like "Paris" and "," keep their rows but are never found in a text.

        For a Tokenizer, `maxlen`, `padding`, `truncating` and `value` as for `glovefast.text.pad_sequences`,
        and arguments of every Keras layer, such as `name`. Without `maxlen`, the longest text of a batch
        decides.

    Returns
    -------
    keras.layers.TextVectorization or TokenizerLayer
        A layer with ``words + 2`` indices, or with those of the Tokenizer.

    Raises
    ------
    StoreError
        If `source` is a path without a store.
    VocabularyError
        If the Tokenizer is not fitted, has indices that are not integers from 0 on, or has an `analyzer`,
        which TensorFlow cannot run.
    DependencyError
        If TensorFlow is not installed, or if a Tokenizer is given and Keras runs on another backend.
    TypeError
        If `source` is none of these, or an argument does not belong to it.
    ValueError
        If `words` is not a positive integer, or another argument is of the wrong kind.
    """
    if is_fitted_tokenizer(source):
        return _like_tokenizer(source, words, arguments)
    if "vocabulary" in arguments:
        raise TypeError("text_vectorization() takes no 'vocabulary': the words are those of the store")
    if not isinstance(source, WordVectors | str | os.PathLike):
        raise TypeError(
            f"text_vectorization() takes a fitted Tokenizer, or what glovefast.load returned, or the path of "
            f"a store, not a {type(source).__name__}"
        )
    if words is None:
        raise ValueError(
            "text_vectorization() needs 'words': how many of the store's first words the layer has"
        )
    if isinstance(words, bool) or not isinstance(words, int | np.integer) or words < 1:
        raise ValueError(f"words must be a positive integer, not {words!r}")
    check_tensorflow("text_vectorization()")
    chosen: dict[str, None] = {}
    for word in opened(source):
        if len(chosen) == words:
            break
        if word not in ("", OOV_TOKEN):
            chosen[word] = None
    return keras.layers.TextVectorization(vocabulary=list(chosen), **arguments)


def _like_tokenizer(tokenizer: Any, words: int | None, arguments: dict[str, Any]) -> TokenizerLayer:  # noqa: ANN401
    """Make the layer of a fitted Tokenizer, ours or Keras's."""
    if not tokenizer.word_index:
        raise VocabularyError("the Tokenizer has no words yet; call fit_on_texts first")
    if words is not None:
        raise TypeError("text_vectorization() takes no 'words' for a Tokenizer: set its num_words, or maxlen")
    for argument in arguments.keys() & {*_SETTINGS}:
        raise TypeError(f"text_vectorization() takes no {argument!r} for a Tokenizer, which has its own")
    if getattr(tokenizer, "analyzer", None) is not None and not tokenizer.char_level:
        raise VocabularyError(
            "the Tokenizer's analyzer is a Python function, which TensorFlow cannot run: make the model of "
            "indices, and give it tokenizer.texts_to_padded(texts)"
        )
    return TokenizerLayer(**{name: getattr(tokenizer, name) for name in _SETTINGS}, **arguments)
