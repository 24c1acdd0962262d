"""Embedding layers that start with a store's vectors."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import VocabularyError
from glovefast.keras.installed import keras
from glovefast.keras.partly_trainable import PartlyTrainableEmbedding
from glovefast.matrix.fallbacks import as_fallbacks
from glovefast.vectors import WordVectors, load
from glovefast.vocabulary.training_vocabulary import TrainingVocabulary, training_vocabulary

if TYPE_CHECKING:
    from glovefast.matrix.embedding_matrix import OutOfVocabulary
    from glovefast.matrix.fallbacks import Fallback
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary

# What the layer says it would be filled with, were it built anew: plain to serialise, and nothing is drawn
# when a saved model is loaded.
PLAIN_INITIALIZER = "zeros"

_OURS = {
    "input_dim": "it is the vocabulary's",
    "output_dim": "it is the vectors'",
    "embeddings_initializer": "the vectors are what the layer starts with",
    "weights": "the vectors are what the layer starts with",
}


def embedding_layer(
    vectors: WordVectors | str | os.PathLike[str],
    vocabulary: "AnyVocabulary",
    *,
    oov: "OutOfVocabulary" = "zeros",
    fallback: "Fallback | Iterable[Fallback]" = (),
    seed: int | None = None,
    trainable: bool = False,
    mask_zero: bool = False,
    name: str | None = None,
    **keras_arguments: Any,  # noqa: ANN401 - Keras's own
) -> "keras.layers.Embedding":
    """Make a Keras ``Embedding`` layer that holds the vectors of a training vocabulary.

    The layer is built at once and filled with the embedding matrix alone: no random numbers are drawn first.
    It is of Keras's own class, so a model with it is saved and loaded without glovefast; neither its
    configuration nor the ``config.json`` of a ``.keras`` archive holds the matrix. As with any layer, a copy
    made from the configuration (``from_config``, ``keras.models.clone_model``) starts without the weights: it
    holds zeros until ``set_weights(model.get_weights())``.

    Parameters
    ----------
    vectors : WordVectors, str or path-like
        The vectors, or the path of their store.
    vocabulary : mapping, tokenizer, layer, sequence of str or array
        The training vocabulary; see `glovefast.vocabulary.training_vocabulary.training_vocabulary`.
    oov, fallback, seed
        What words without a vector get; see `glovefast.matrix.embedding_matrix.embedding_matrix`.
    trainable : bool
        Whether training changes the vectors. Keras freezes LoRA's weights, too, where it is false.
    mask_zero : bool
        Whether index 0 is padding that the layers behind shall pass over.
    name : str, optional
        The layer's name.
    **keras_arguments
        Whatever else ``keras.layers.Embedding`` takes: ``embeddings_regularizer``, ``embeddings_constraint``,
        ``lora_rank``, ``dtype`` (the vectors are rounded to a 16-bit one) and so on.

    Returns
    -------
    keras.layers.Embedding
        Built, with weights of shape (input_dim, dim).

    Raises
    ------
    VocabularyError
        If the vocabulary cannot be used, or `mask_zero` would mask a word that has index 0.
    StoreError
        If `vectors` is a path and there is no store to open.
    TypeError
        If `vectors` is neither, or `keras_arguments` sets what the vectors and the vocabulary decide.
    ValueError
        If `dtype` cannot hold the vectors: an integer one, or a quantized policy.
    """
    for argument in keras_arguments.keys() & _OURS.keys():
        raise TypeError(f"embedding_layer() takes no {argument!r}: {_OURS[argument]}")
    vectors = opened(vectors)
    training = training_vocabulary(vocabulary)
    if mask_zero:
        _check_padding(training)
    layer = keras.layers.Embedding(
        training.input_dim,
        vectors.dim,
        embeddings_initializer=PLAIN_INITIALIZER,
        mask_zero=mask_zero,
        trainable=trainable,
        name=name,
        **keras_arguments,
    )
    _check_dtype(layer)
    matrix = vectors.embedding_matrix(training, oov=oov, fallback=fallback, seed=seed)
    fill_embedding(layer, matrix)
    return layer


def partly_trainable_layer(
    vectors: WordVectors | str | os.PathLike[str],
    vocabulary: "AnyVocabulary",
    *,
    trainable_rows: str | Iterable[str | int] = "missing",
    oov: "OutOfVocabulary" = "zeros",
    fallback: "Fallback | Iterable[Fallback]" = (),
    seed: int | None = None,
    mask_zero: bool = False,
    **keras_arguments: Any,  # noqa: ANN401 - Keras's own
) -> PartlyTrainableEmbedding:
    """Make an embedding layer in which the vectors stay as they are, and the rows without a vector train.

    Models with it are saved and loaded like all others, once ``glovefast.keras`` is imported.

    Parameters
    ----------
    vectors : WordVectors, str or path-like
        The vectors, or the path of their store.
    vocabulary : mapping, tokenizer, layer, sequence of str or array
        The training vocabulary; see `glovefast.vocabulary.training_vocabulary.training_vocabulary`.
    trainable_rows : "missing", or iterable of str and int
        Which rows train: words (or an out-of-vocabulary token such as ``[UNK]``, for all its rows), or
        indices. ``"missing"`` are the out-of-vocabulary rows and those of words for which the store has no
        vector, special tokens (``[CLS]``) included; padding stays zero.
    oov, fallback, seed
        What rows without a vector start with; see `glovefast.matrix.embedding_matrix.embedding_matrix`.
    mask_zero : bool
        Whether index 0 is padding that the layers behind shall pass over.
    **keras_arguments
        ``embeddings_regularizer`` and ``embeddings_constraint``, for the rows that train; ``name``,
        ``trainable``, ``dtype`` (the vectors are rounded to a 16-bit one).

    Returns
    -------
    PartlyTrainableEmbedding
        Built.

    Raises
    ------
    VocabularyError
        If the vocabulary cannot be used, `mask_zero` would mask a word that has index 0, a word or an index
        in `trainable_rows` is not in the vocabulary, or no row would train.
    StoreError
        If `vectors` is a path and there is no store to open.
    TypeError
        If `vectors` is neither.
    ValueError
        If `dtype` cannot hold the vectors.
    """
    vectors = opened(vectors)
    training = training_vocabulary(vocabulary)
    fallbacks = as_fallbacks(fallback)
    if mask_zero:
        _check_padding(training)
    if isinstance(trainable_rows, str) and trainable_rows == "missing":
        indices = _missing_rows(vectors, training, fallbacks)
    else:
        indices = _chosen_rows(trainable_rows, training)
    if not indices.size:
        raise VocabularyError(
            "no row would train: the store has a vector for every word, and the vocabulary has no row for "
            "unknown words; choose the trainable_rows, or take embedding_layer()"
        )
    _check_dtype(keras.layers.Layer(dtype=keras_arguments.get("dtype")))
    matrix = vectors.embedding_matrix(training, oov=oov, fallback=fallbacks, seed=seed)
    return PartlyTrainableEmbedding.from_rows(matrix, indices, mask_zero=mask_zero, **keras_arguments)


def fill_embedding(layer: "keras.layers.Embedding", matrix: NDArray[Any]) -> None:
    """Build a ``keras.layers.Embedding`` with a matrix (input_dim, output_dim) in it, and nothing drawn.

    The matrix goes in where Keras asks for the initial value. Filling the layer first and assigning the
    matrix then (Keras's own `weights` argument) takes 470 MB more at the peak for 400,000 x 300, and 2 s more
    with Keras's default initializer; ``keras.initializers.Constant(matrix)`` stays in the configuration.
    """

    def hand_over(shape: tuple[int, ...], dtype: str | None = None) -> Any:  # noqa: ANN401
        return keras.ops.convert_to_tensor(matrix, dtype=dtype)

    plain = layer.embeddings_initializer
    layer.embeddings_initializer = hand_over
    layer.build()
    layer.embeddings_initializer = plain


def opened(vectors: WordVectors | str | os.PathLike[str]) -> WordVectors:
    """Open a store where a path is given."""
    if not isinstance(vectors, WordVectors | str | os.PathLike):
        raise TypeError(
            f"the vectors are what glovefast.load gives, or a store's path, not a {type(vectors).__name__}"
        )
    return vectors if isinstance(vectors, WordVectors) else load(vectors)


def _missing_rows(
    vectors: WordVectors, training: TrainingVocabulary, fallbacks: "Iterable[Fallback]"
) -> NDArray[np.int64]:
    """List the out-of-vocabulary rows and those of words without a vector."""
    missing = set(vectors.coverage(training, fallback=fallbacks).missing)
    is_missing = [word in missing for word in training.words.to_pylist()]
    return np.concatenate([training.oov_indices, training.indices[np.array(is_missing, dtype=bool)]])


def _chosen_rows(chosen: Any, training: TrainingVocabulary) -> NDArray[np.int64]:  # noqa: ANN401 - checked here
    """Find the rows of words and indices that somebody chose."""
    if isinstance(chosen, str | bytes) or not isinstance(chosen, Iterable):
        raise VocabularyError(f'trainable_rows is "missing", or a list of words or indices, not {chosen!r}')
    rows_of: dict[str, list[int]] = {}
    names = [*training.words.to_pylist(), *training.oov_tokens]
    for name, row in zip(names, [*training.indices.tolist(), *training.oov_indices.tolist()], strict=True):
        rows_of.setdefault(name, []).append(row)
    found: list[int] = []
    for each in chosen:
        if isinstance(each, str):
            if each not in rows_of:
                raise VocabularyError(f"the word {each!r} of trainable_rows is not in the vocabulary")
            found += rows_of[each]
        elif isinstance(each, bool) or not isinstance(each, int | np.integer):
            raise VocabularyError(f"trainable_rows holds words and indices, and {each!r} is neither")
        elif not 0 <= each < training.input_dim:
            raise VocabularyError(
                f"the index {each} of trainable_rows is outside the vocabulary's {training.input_dim} rows"
            )
        else:
            found.append(int(each))
    return np.array(found, dtype=np.int64)


def _check_padding(training: TrainingVocabulary) -> None:
    """Make sure that no word is lost by masking index 0."""
    if training.oov_indices.size and training.oov_indices[0] == 0:
        raise VocabularyError(
            f"index 0 is {training.oov_tokens[0]!r}, so mask_zero=True would mask every word outside the "
            'vocabulary: give it a padding row (StringLookup: mask_token=""), or leave mask_zero out'
        )
    if training.indices.size and training.indices[0] == 0:
        raise VocabularyError(
            f"the word {training.words[0].as_py()!r} has index 0, so mask_zero=True would mask it: "
            "number the words from 1, or leave mask_zero out"
        )


def _check_dtype(layer: Any) -> None:  # noqa: ANN401
    """Make sure that the layer's variable can hold the vectors."""
    if is_quantized(layer):
        raise ValueError(
            f"vectors cannot fill a layer with the quantized dtype policy {layer.dtype_policy.name!r}: "
            "make it with a floating-point one, then call its quantize()"
        )
    if not keras.backend.is_float_dtype(layer.variable_dtype):
        raise ValueError(f"dtype={layer.variable_dtype!r} cannot hold the vectors: take a floating-point one")


def is_quantized(layer: Any) -> bool:  # noqa: ANN401
    """Say whether a layer holds integers and scales instead of its numbers."""
    return getattr(layer.dtype_policy, "quantization_mode", None) is not None
