"""Adding words to a trained model that its training never saw, but whose vectors a store has."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glovefast.keras.backend import keras
from glovefast.keras.extending import extended_vocabulary, known_words
from glovefast.keras.filling import fill_embedding, is_quantized
from glovefast.keras.partly_trainable import PartlyTrainableEmbedding
from glovefast.keras.saving import check_indices, rows_handed_on
from glovefast.vectors import WordVectors, opened, rows_of
from glovefast.vocabulary.arrow import Words, as_string_array
from glovefast.vocabulary.training_vocabulary import TrainingVocabulary, training_vocabulary

if TYPE_CHECKING:
    from glovefast.matrix.fallbacks import Fallback
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary


@dataclass(frozen=True, eq=False)
class GrownModel:
    """The result of `grow_model`.

    Attributes
    ----------
    model : keras.Model
        A copy of the model with more rows in its embedding layer.
    layer : keras.layers.Embedding or PartlyTrainableEmbedding
        The embedding layer of the copy.
    vocabulary
        The vocabulary with the new words at the end: a Keras lookup layer for a layer, a list for a list or
        an array, a dictionary for everything else.
    added : tuple of str
        The new words, in the order of their indices.
    not_found : tuple of str
        The words that neither the vocabulary nor the store has; they stay unknown to the model.
    """

    model: Any
    layer: Any
    vocabulary: Any
    added: tuple[str, ...]
    not_found: tuple[str, ...]


def grow_model(
    model: "keras.Model",
    vectors: WordVectors | str | os.PathLike[str],
    vocabulary: "AnyVocabulary",
    words: "Words | Iterable[str]",
    *,
    layer: "str | keras.layers.Layer | None" = None,
    fallback: "Fallback | Iterable[Fallback]" = (),
) -> GrownModel:
    """Copy a trained model and add a row for each new word that the store has.

    All weights of the model keep their bits, so its predictions for text without the new words stay the same.
    New words get the indices after the vocabulary's; if the layer has rows there already, which belong to no
    word, these are used first. In a `PartlyTrainableEmbedding` the new rows do not train.

    Parameters
    ----------
    model : keras.Model
        A ``Sequential`` or functional model, which may contain other models; it is not changed.
    vectors : WordVectors, str or path-like
        The vectors that the embedding layer started with, or the path of their store.
    vocabulary : mapping, tokenizer, layer, sequence of str or array
        The vocabulary that the model was trained with; see `WordVectors.embedding_matrix`. If it is a
        ``TextVectorization``, ``StringLookup`` or `TokenizerLayer` of the model, the copy has the extended
        layer.
    words : iterable of str, or array
        The words to know, those of new texts for example; known words are ignored.
    layer : str or keras.layers.Layer, optional
        The embedding layer or its name; required if the model has more than one.
    fallback : str, callable, or iterable of them
        Other forms to look up for words that the store does not have; see `WordVectors.embedding_matrix`.

    Returns
    -------
    GrownModel
        The copy, its embedding layer, and its vocabulary.

    Raises
    ------
    VocabularyError
        If the vocabulary cannot be used, or has an index for which the layer has no row; if a word is not a
        string.
    ValueError
        If the model is neither ``Sequential`` nor functional; if it has no embedding layer, none with the
        given name, or several and `layer` is not given; if the layer and the vectors differ in dimension; if
        the layer is quantized or uses LoRA.
    StoreError
        If `vectors` is a path without a store.

    Notes
    -----
    The model is copied by saving and loading it, so Keras must know all of its parts
    (``keras.saving.register_keras_serializable``), and ``Lambda`` layers need
    ``keras.config.enable_unsafe_deserialization``. The copy of a compiled model is compiled in the same way,
    with a new optimizer: its state has the shape of the old weights, and its learning-rate schedule starts
    again.
    """
    if not isinstance(model, keras.Sequential | keras.Function):
        raise ValueError(f"model must be a Sequential or functional model, not a {type(model).__name__}")
    vectors = opened(vectors)
    path, old = _embedding_of(model, layer)
    _check_layer(old, vectors)
    training = training_vocabulary(vocabulary)
    check_indices(training.words, training.indices, old.input_dim, old.name)
    known = known_words(vocabulary, training)
    added, not_found, rows = _new_words(vectors, words, known, fallback)
    extended = extended_vocabulary(vocabulary, training, added)

    copy = _copy(model)
    layers = dict(_layers(copy))
    grown = _grown_layer(layers[path], rows, training.input_dim)
    replaced = {id(layers[path]): grown}
    for place, each in _layers(model):
        if each is vocabulary:
            replaced[id(layers[place])] = extended
    new = keras.models.clone_model(
        copy, clone_function=lambda each: replaced.get(id(each), each), recursive=True
    )
    if model.compiled:
        new.compile_from_config(model.get_compile_config())
    return GrownModel(new, grown, extended, added, not_found)


def _layers(model: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401
    """List the layers of a model and of models inside it, each with its names from the top down."""
    for layer in model.layers:
        path = (*above, layer.name)
        yield path, layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer, path)


def _embedding_of(model: Any, wanted: Any) -> tuple[tuple[str, ...], Any]:  # noqa: ANN401
    """Find the wanted embedding layer and its place in the model."""
    embeddings = {
        path: layer
        for path, layer in _layers(model)
        if type(layer) in (keras.layers.Embedding, PartlyTrainableEmbedding)
    }
    meant = {path: layer for path, layer in embeddings.items() if wanted in (None, layer, layer.name)}
    if len(meant) == 1:
        return next(iter(meant.items()))
    names = ", ".join("/".join(path) for path in embeddings) or "none"
    named = "" if wanted is None else f" named {getattr(wanted, 'name', wanted)!r}"
    raise ValueError(
        f"the model {model.name!r} has {len(meant)} embedding layers{named} (its Embedding layers: {names}): "
        "choose the layer to grow with layer="
    )


def _check_layer(layer: Any, vectors: WordVectors) -> None:  # noqa: ANN401
    if layer.output_dim != vectors.dim:
        raise ValueError(
            f"the layer {layer.name!r} has {layer.output_dim} dimensions, the vectors of {vectors.path} have "
            f"{vectors.dim}: give the store that the layer started with"
        )
    if is_quantized(layer) or getattr(layer, "lora_enabled", False):
        raise ValueError(
            f"the layer {layer.name!r} is quantized or uses LoRA: grow the model first, then quantize it or "
            "enable LoRA"
        )


def _new_words(
    vectors: WordVectors,
    words: Any,  # noqa: ANN401 - checked here
    known: set[str],
    fallback: "Fallback | Iterable[Fallback]",
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float32]]:
    """Split new words into found and missing ones, and look up the vectors of those found."""
    if isinstance(words, Set | Mapping):  # what as_string_array takes has an order
        words = list(words)
    new = [word for word in dict.fromkeys(as_string_array(words).to_pylist()) if word not in known]
    match = vectors.match(_vocabulary_of(new), fallback)
    return match.found, match.missing, rows_of(vectors).take(match.rows[match.rows >= 0], axis=0)


def _vocabulary_of(words: Sequence[str]) -> TrainingVocabulary:
    """Give words the indices from 0 on, without taking one of them for padding."""
    none = np.array([], dtype=np.int64)
    return TrainingVocabulary(as_string_array(list(words)), np.arange(len(words)), len(words), none, none, ())


def _grown_layer(layer: Any, rows: NDArray[np.float32], start: int) -> Any:  # noqa: ANN401
    """Make a layer like another one, with rows added from an index on."""
    table = rows_handed_on(layer)
    input_dim = max(len(table), start + len(rows))
    grown = np.zeros((input_dim, layer.output_dim), dtype=table.dtype)
    grown[: len(table)] = table
    grown[start : start + len(rows)] = rows
    new = type(layer).from_config({**layer.get_config(), "input_dim": input_dim})
    if isinstance(new, PartlyTrainableEmbedding):
        new.fill(grown, layer.trainable_indices)
    else:
        fill_embedding(new, grown)
    return new


def _copy(model: Any) -> Any:  # noqa: ANN401
    """Copy a model with its weights and all other state of its layers."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "model.keras"
        model.save(path)
        return keras.models.load_model(path, compile=False)
