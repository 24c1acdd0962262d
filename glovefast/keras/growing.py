"""Growing a trained model by words that its training never saw, but whose vectors a store has."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glovefast.keras.extending import extended_vocabulary, known_words
from glovefast.keras.installed import keras
from glovefast.keras.partly_trainable import PartlyTrainableEmbedding
from glovefast.keras.saving import check_indices, rows_handed_on
from glovefast.keras.seeding import fill_embedding, is_quantized, opened
from glovefast.matrix.fallbacks import as_fallbacks
from glovefast.vectors import WordVectors
from glovefast.vocabulary.arrow import Words, as_string_array
from glovefast.vocabulary.training_vocabulary import TrainingVocabulary, training_vocabulary

if TYPE_CHECKING:
    from glovefast.matrix.fallbacks import Fallback
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary


@dataclass(frozen=True, eq=False)
class GrownModel:
    """What `grow_model` gives.

    Attributes
    ----------
    model : keras.Model
        A copy of the model with more rows in its embedding layer.
    layer : keras.layers.Embedding or PartlyTrainableEmbedding
        That layer of the copy.
    vocabulary
        The vocabulary with the new words at the end: a Keras lookup layer for a layer, a list for what has
        positions, a dictionary for everything else.
    added : tuple of str
        The new words, in the order of their indices.
    not_found : tuple of str
        Words that neither the vocabulary nor the store has: for the model they stay unknown.
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
    """Copy a trained model, with a row for each new word that the store knows.

    All weights of the model keep their bits, so that for text without the new words it predicts the same. New
    words get the indices behind those of the vocabulary; rows that the layer has there already belong to no
    word, and are taken first. In a `PartlyTrainableEmbedding` the new rows are frozen.

    Parameters
    ----------
    model : keras.Model
        A ``Sequential`` or functional model, with models in it or without; it stays as it is.
    vectors : WordVectors, str or path-like
        The vectors that its embedding layer began with, or the path of their store.
    vocabulary : mapping, tokenizer, layer, sequence of str or array
        The vocabulary that it was trained with; see `training_vocabulary`. Where it is a
        ``TextVectorization`` or ``StringLookup`` layer of the model itself, the copy has the extended layer.
    words : iterable of str, or array
        The words that there are to know, in new texts, say; known ones may be among them.
    layer : str or keras.layers.Layer, optional
        The embedding layer, or its name; needed where the model has more than one.
    fallback : str, callable, or iterable of them
        Other forms to look up for words that the store does not have; see
        `glovefast.matrix.embedding_matrix.embedding_matrix`.

    Returns
    -------
    GrownModel
        The copy, its layer, and the vocabulary to go with them.

    Raises
    ------
    VocabularyError
        If the vocabulary cannot be used or has an index for which the layer has no row; if a word is no
        string.
    ValueError
        If the model has no embedding layer, more than one and `layer` is not given, or none of that name; if
        the layer's dimension is not the vectors'; if the layer is quantized or has LoRA's weights; if the
        model is neither ``Sequential`` nor functional.
    StoreError
        If `vectors` is a path and there is no store to open.

    Notes
    -----
    The model is copied by saving and loading it, so what it is made of must be known to Keras
    (``keras.saving.register_keras_serializable``), and a ``Lambda`` layer needs
    ``keras.config.enable_unsafe_deserialization``. A compiled model's copy is compiled in the same way, with
    an optimizer that begins anew: what it keeps for each weight has the shape of the weight, and the
    learning rate's schedule begins again.
    """
    if not isinstance(model, keras.Sequential | keras.Function):
        raise ValueError(f"a Sequential or functional model can grow, a {type(model).__name__} cannot")
    vectors = opened(vectors)
    path, old = _embedding_of(model, layer)
    _check_layer(old, vectors)
    training = training_vocabulary(vocabulary)
    check_indices(training.words, training.indices, old.input_dim, old.name)
    known = known_words(vocabulary, training)
    added, not_found, rows = _new_words(vectors, words, known, as_fallbacks(fallback))
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
    """List a model's layers, those of models in it included, each with its names from the top down."""
    for layer in model.layers:
        path = (*above, layer.name)
        yield path, layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer, path)


def _embedding_of(model: Any, wanted: Any) -> tuple[tuple[str, ...], Any]:  # noqa: ANN401
    """Find the embedding layer that is meant, and its place in the model."""
    embeddings = {
        path: layer
        for path, layer in _layers(model)
        if type(layer) in (keras.layers.Embedding, PartlyTrainableEmbedding)
    }
    meant = {path: layer for path, layer in embeddings.items() if wanted in (None, layer, layer.name)}
    if len(meant) == 1:
        return next(iter(meant.items()))
    names = ", ".join("/".join(path) for path in embeddings) or "none"
    asked = "" if wanted is None else f" that is {getattr(wanted, 'name', wanted)!r}"
    raise ValueError(
        f"the model {model.name!r} has {len(meant)} embedding layers{asked} (its Embedding layers: {names}): "
        "say with layer= which one shall grow"
    )


def _check_layer(layer: Any, vectors: WordVectors) -> None:  # noqa: ANN401
    if layer.output_dim != vectors.dim:
        raise ValueError(
            f"the layer {layer.name!r} has {layer.output_dim} dimensions, the vectors of {vectors.path} have "
            f"{vectors.dim}: give the store that the layer began with"
        )
    if is_quantized(layer) or getattr(layer, "lora_enabled", False):
        raise ValueError(
            f"the layer {layer.name!r} is quantized or has LoRA's weights beside its rows: grow the model "
            "before that"
        )


def _new_words(
    vectors: WordVectors,
    words: Any,  # noqa: ANN401 - checked here
    known: set[str],
    fallbacks: tuple["Fallback", ...],
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float32]]:
    """Tell new words that the store has from those that it has not; give the former's vectors."""
    if isinstance(words, Set | Mapping):  # what as_string_array takes has an order
        words = list(words)
    new = [word for word in dict.fromkeys(as_string_array(words).to_pylist()) if word not in known]
    asked = _vocabulary_of(new)
    missing = set(vectors.coverage(asked, fallback=fallbacks).missing)
    added = tuple(word for word in new if word not in missing)
    rows = vectors.embedding_matrix(_vocabulary_of(added), fallback=fallbacks)
    return added, tuple(word for word in new if word in missing), rows


def _vocabulary_of(words: Sequence[str]) -> TrainingVocabulary:
    """Give words the numbers that they stand at; none of them is taken for padding."""
    none = np.array([], dtype=np.int64)
    return TrainingVocabulary(as_string_array(list(words)), np.arange(len(words)), len(words), none, none, ())


def _grown_layer(layer: Any, rows: NDArray[np.float32], start: int) -> Any:  # noqa: ANN401
    """Make a layer like another one, with rows put in from an index on."""
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
    """Copy a model with all its weights, and all else that its layers keep."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "model.keras"
        model.save(path)
        return keras.models.load_model(path, compile=False)
