"""Embedding layers that start with the vectors of a store."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import VocabularyError
from glovefast.keras.backend import keras
from glovefast.keras.filling import check_dtype, fill_embedding
from glovefast.keras.partly_trainable import PartlyTrainableEmbedding
from glovefast.vectors import WordVectors, opened
from glovefast.vocabulary.training_vocabulary import TrainingVocabulary

if TYPE_CHECKING:
    from glovefast.matrix.fallbacks import Fallback
    from glovefast.matrix.match import Match
    from glovefast.matrix.out_of_vocabulary import OutOfVocabulary
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary

# The initializer in the layer's configuration: easy to serialize, and loading a saved model draws nothing.
PLAIN_INITIALIZER = "zeros"

_OURS = {
    "input_dim": "the vocabulary determines it",
    "output_dim": "the vectors determine it",
    "embeddings_initializer": "the layer starts with the vectors",
    "weights": "the layer starts with the vectors",
}


def embedding_layer(
    vectors: WordVectors | str | os.PathLike[str],
    vocabulary: "AnyVocabulary | Match",
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

    The layer belongs to the backend that Keras runs on: TensorFlow, JAX or PyTorch
    (``keras.backend.backend()``; the logger ``glovefast`` says so at level INFO).

    The layer is of Keras's own class: a model with it is saved and loaded without glovefast, and neither its
    configuration nor the ``config.json`` of a ``.keras`` file holds the matrix. As with any layer, a copy
    from the configuration (``from_config``, ``keras.models.clone_model``) has no weights yet: it holds zeros
    until ``set_weights(model.get_weights())``. The layer is built here, without drawing random numbers first.

    Parameters
    ----------
    vectors : WordVectors, str or path-like
        The vectors, or the path of their store.
    vocabulary : mapping, tokenizer, layer, sequence of str, array or Match
        The training vocabulary; see `WordVectors.embedding_matrix`.
    oov : str, array_like or callable
        What fills the rows without a vector: ``"zeros"``, ``"mean"``, ``"normal"``, ``"unk"``, a vector, or a
        callable word -> vector; see `WordVectors.embedding_matrix`.
    fallback : str, callable, or iterable of them
        Other forms to look up for missing words, such as ``("lower", "strip")``; see
        `WordVectors.embedding_matrix`.
    seed : int, optional
        Makes ``oov="normal"`` repeatable.
    trainable : bool
        Whether training changes the vectors. If false, Keras freezes the weights of LoRA as well.
    mask_zero : bool
        Whether index 0 is padding that the following layers skip.
    name : str, optional
        The name of the layer.
    **keras_arguments
        More arguments of ``keras.layers.Embedding``: ``embeddings_regularizer``, ``embeddings_constraint``,
        ``lora_rank``, ``dtype`` (16-bit types round the vectors) and so on.

    Returns
    -------
    keras.layers.Embedding
        A built layer with weights of shape (input_dim, dim).

    Raises
    ------
    VocabularyError
        If the vocabulary cannot be used, or `mask_zero` would mask a word that has index 0.
    StoreError
        If `vectors` is a path without a store.
    TypeError
        If `vectors` is neither vectors nor a path, or `keras_arguments` has an argument that the vectors and
        the vocabulary determine.
    ValueError
        If `dtype` cannot hold the vectors: an integer type, or a quantized policy.
    """
    for argument in keras_arguments.keys() & _OURS.keys():
        raise TypeError(f"embedding_layer() takes no {argument!r}: {_OURS[argument]}")
    vectors = opened(vectors)
    match = vectors.match(vocabulary, fallback)
    if mask_zero:
        _check_padding(match.target)
    layer = keras.layers.Embedding(
        match.target.input_dim,
        vectors.dim,
        embeddings_initializer=PLAIN_INITIALIZER,
        mask_zero=mask_zero,
        trainable=trainable,
        name=name,
        **keras_arguments,
    )
    check_dtype(layer)
    fill_embedding(layer, vectors.embedding_matrix(match, oov=oov, seed=seed))
    return layer


def partly_trainable_layer(
    vectors: WordVectors | str | os.PathLike[str],
    vocabulary: "AnyVocabulary | Match",
    *,
    trainable_rows: str | Iterable[str | int] = "missing",
    oov: "OutOfVocabulary" = "zeros",
    fallback: "Fallback | Iterable[Fallback]" = (),
    seed: int | None = None,
    mask_zero: bool = False,
    **keras_arguments: Any,  # noqa: ANN401 - Keras's own
) -> PartlyTrainableEmbedding:
    """Make an embedding layer that trains only the rows without a vector, and keeps the vectors as they are.

    Models with this layer are saved and loaded like all others, once ``glovefast.keras`` is imported.

    Parameters
    ----------
    vectors : WordVectors, str or path-like
        The vectors, or the path of their store.
    vocabulary : mapping, tokenizer, layer, sequence of str, array or Match
        The training vocabulary; see `WordVectors.embedding_matrix`.
    trainable_rows : "missing", or iterable of str and int
        The rows that train. ``"missing"`` means the out-of-vocabulary rows and the rows of words that the
        store does not have, special tokens (``[CLS]``) included; padding stays zero. Otherwise a list of
        words and indices; an out-of-vocabulary token such as ``[UNK]`` means all of its rows.
    oov : str, array_like or callable
        What rows without a vector start with: ``"zeros"``, ``"mean"``, ``"normal"``, ``"unk"``, a vector, or
        a callable word -> vector; see `WordVectors.embedding_matrix`.
    fallback : str, callable, or iterable of them
        Other forms to look up for missing words, such as ``("lower", "strip")``; see
        `WordVectors.embedding_matrix`.
    seed : int, optional
        Makes ``oov="normal"`` repeatable.
    mask_zero : bool
        Whether index 0 is padding that the following layers skip.
    **keras_arguments
        ``embeddings_regularizer`` and ``embeddings_constraint`` for the rows that train; ``name``,
        ``trainable``, ``dtype`` (16-bit types round the vectors).

    Returns
    -------
    PartlyTrainableEmbedding
        A built layer.

    Raises
    ------
    VocabularyError
        If the vocabulary cannot be used, `mask_zero` would mask a word that has index 0, a word or an index
        in `trainable_rows` is not in the vocabulary, or no row would train.
    StoreError
        If `vectors` is a path without a store.
    TypeError
        If `vectors` is neither vectors nor a path.
    ValueError
        If `dtype` cannot hold the vectors.
    """
    vectors = opened(vectors)
    match = vectors.match(vocabulary, fallback)
    if mask_zero:
        _check_padding(match.target)
    if isinstance(trainable_rows, str) and trainable_rows == "missing":
        indices = match.rows_without_vector
    else:
        indices = _chosen_rows(trainable_rows, match.target)
    if not indices.size:
        raise VocabularyError(
            "no row would train: the store has a vector for every word, and the vocabulary has no row for "
            "unknown words; choose rows with trainable_rows, or use embedding_layer()"
        )
    check_dtype(keras.layers.Layer(dtype=keras_arguments.get("dtype")))
    matrix = vectors.embedding_matrix(match, oov=oov, seed=seed)
    return PartlyTrainableEmbedding.from_rows(matrix, indices, mask_zero=mask_zero, **keras_arguments)


def _chosen_rows(chosen: Any, training: TrainingVocabulary) -> NDArray[np.int64]:  # noqa: ANN401 - checked here
    """Find the rows of the words and indices in `trainable_rows`."""
    if isinstance(chosen, str | bytes) or not isinstance(chosen, Iterable):
        raise VocabularyError(
            f'trainable_rows must be "missing" or a list of words and indices, not {chosen!r}'
        )
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
            raise VocabularyError(f"trainable_rows must hold words and indices, but {each!r} is neither")
        elif not 0 <= each < training.input_dim:
            raise VocabularyError(
                f"the index {each} of trainable_rows is outside the vocabulary's {training.input_dim} rows"
            )
        else:
            found.append(int(each))
    return np.array(found, dtype=np.int64)


def _check_padding(training: TrainingVocabulary) -> None:
    """Make sure that masking index 0 does not hide a word."""
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
