"""The Keras side: a store's vectors in an ordinary ``Embedding`` layer, and a learned layer as a store.

Keras is imported when a function here is called, never by importing the package.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import DependencyError, VocabularyError
from glovefast.store import check_destination, write_store
from glovefast.training import TrainingVocabulary, training_vocabulary
from glovefast.vectors import WordVectors, load
from glovefast.vocabulary import as_string_array, integer_array

if TYPE_CHECKING:
    import keras

    from glovefast.fallback import Fallback
    from glovefast.matrix import OutOfVocabulary
    from glovefast.training import AnyVocabulary

OLDEST_KERAS = 3
# Where a vocabulary has a word for padding, it is one of these; none of them is a word of a language.
PADDING_WORDS = frozenset({"", "[PAD]", "<pad>", "<PAD>"})
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
        The training vocabulary; see `glovefast.training.training_vocabulary`.
    oov, fallback, seed
        What words without a vector get; see `glovefast.matrix.embedding_matrix`.
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
    DependencyError
        If Keras 3 or its backend is not installed.
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
    keras = import_keras()
    if not isinstance(vectors, WordVectors | str | os.PathLike):
        raise TypeError(
            f"the vectors are what glovefast.load gives, or a store's path, not a {type(vectors).__name__}"
        )
    if not isinstance(vectors, WordVectors):
        vectors = load(vectors)
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
    _check_dtype(keras, layer)
    matrix = vectors.embedding_matrix(training, oov=oov, fallback=fallback, seed=seed)

    # The matrix goes in where Keras asks for the initial value. Filling the layer first and assigning the
    # matrix then (Keras's own `weights` argument) takes 470 MB more at the peak for 400,000 x 300, and 2 s
    # more with Keras's default initializer; keras.initializers.Constant(matrix) stays in the configuration.
    def hand_over(shape: tuple[int, ...], dtype: str | None = None) -> Any:  # noqa: ANN401
        return keras.ops.convert_to_tensor(matrix, dtype=dtype)

    plain = layer.embeddings_initializer
    layer.embeddings_initializer = hand_over
    layer.build()
    layer.embeddings_initializer = plain
    return layer


def save_embedding(
    layer: "keras.layers.Embedding",
    vocabulary: "AnyVocabulary",
    destination: str | os.PathLike[str],
    *,
    overwrite: bool = False,
) -> Path:
    """Write the rows of an ``Embedding`` layer as a store, each under its word.

    The rows are those that the layer hands on: with LoRA's weights added, and of a quantized layer what its
    integers stand for. float32 rows keep their bits and 16-bit ones become the same numbers in float32; a
    float64 row is rounded to the nearest float32 numbers, and ``metadata.json`` counts the rows that this
    changes (``rounded_rows``).

    Parameters
    ----------
    layer : keras.layers.Embedding
        A built layer, by whomever it was made.
    vocabulary : mapping, tokenizer, layer, sequence of str or array
        The training vocabulary; see `glovefast.training.training_vocabulary`. Rows for words outside it are
        kept under their token's name (``[UNK]``); the padding row and rows without a word are left out, and
        counted in ``metadata.json`` (``padding_rows``, ``rows_without_word``). Where rows share a name, a
        look-up finds the first; the others are counted, too (``duplicate_words``).
    destination : str or path-like
        Where the store shall be.
    overwrite : bool
        Replace a store that is there already.

    Returns
    -------
    pathlib.Path
        The store, for `glovefast.load`: words in the order of their indices.

    Raises
    ------
    DependencyError
        If Keras 3 or its backend is not installed.
    TypeError
        If `layer` is no ``keras.layers.Embedding``.
    ValueError
        If the layer is not built, or a float64 number is beyond what float32 can hold.
    VocabularyError
        If the vocabulary cannot be used, has no words, or has an index for which the layer has no row.
    StoreError
        If there is something at the destination already and `overwrite` is false, or it is no store.
    """
    keras = import_keras()
    if not isinstance(layer, keras.layers.Embedding):
        raise TypeError(f"a keras.layers.Embedding has rows to save, a {type(layer).__name__} has not")
    if not layer.built:
        raise ValueError(
            f"the layer {layer.name!r} has no rows yet: call the model on data, or the layer's build(), first"
        )
    target = Path(destination)
    check_destination(target, overwrite)
    training = training_vocabulary(vocabulary)
    values = _rows_handed_on(keras, layer)
    words, indices = _named_rows(training, len(values), layer.name)
    rows, rounded_rows = _as_float32(values[indices], words, layer.name)
    padding_rows = int(np.count_nonzero(training.padding_indices < len(values)))
    metadata = {
        "source": {"name": layer.name, "member": None, "bytes": None},
        "met": {
            "padding_rows": padding_rows,
            "oov_rows": len(training.oov_indices),
            "rows_without_word": len(values) - len(indices) - padding_rows,
            "duplicate_words": len(words) - len(words.unique()),
            "rounded_rows": rounded_rows,
        },
    }
    return write_store(target, words, rows, metadata, overwrite)


def import_keras() -> Any:  # noqa: ANN401 - a module without types
    """Import Keras.

    Returns
    -------
    module
        ``keras``, 3 or newer.

    Raises
    ------
    DependencyError
        If Keras or its backend is not installed, or Keras is too old; an ``ImportError``, too.
    """
    install = "pip install 'glovefast[tensorflow]'"
    try:
        import keras
    except ModuleNotFoundError as error:
        raise DependencyError(f"Keras and its backend are needed here ({error}): {install}") from error
    if int(keras.__version__.split(".")[0]) < OLDEST_KERAS:
        raise DependencyError(
            f"Keras {keras.__version__} is too old, Keras {OLDEST_KERAS} is needed: {install}"
        )
    return keras


def _check_padding(training: TrainingVocabulary) -> None:
    """Make sure that no word is lost by masking index 0."""
    if training.oov_indices.size and training.oov_indices[0] == 0:
        raise VocabularyError(
            f"index 0 is {training.oov_tokens[0]!r}, so mask_zero=True would mask every word outside the "
            'vocabulary: give it a padding row (StringLookup: mask_token=""), or leave mask_zero out'
        )
    if training.indices.size and training.indices[0] == 0 and training.words[0].as_py() not in PADDING_WORDS:
        raise VocabularyError(
            f"the word {training.words[0].as_py()!r} has index 0, so mask_zero=True would mask it: "
            "number the words from 1, or leave mask_zero out"
        )


def _check_dtype(keras: Any, layer: Any) -> None:  # noqa: ANN401
    """Make sure that the layer's variable can hold the vectors."""
    if _is_quantized(layer):
        raise ValueError(
            f"vectors cannot fill a layer with the quantized dtype policy {layer.dtype_policy.name!r}: "
            "make it with a floating-point one, then call its quantize()"
        )
    if not keras.backend.is_float_dtype(layer.variable_dtype):
        raise ValueError(f"dtype={layer.variable_dtype!r} cannot hold the vectors: take a floating-point one")


def _is_quantized(layer: Any) -> bool:  # noqa: ANN401
    return getattr(layer.dtype_policy, "quantization_mode", None) is not None


def _rows_handed_on(keras: Any, layer: Any) -> NDArray[Any]:  # noqa: ANN401
    """Fetch all rows of a built layer, as its call gathers them."""
    if _is_quantized(layer):
        # Its variable holds integers, and the scales differ from one Keras release to the next.
        return np.asarray(keras.ops.convert_to_numpy(layer(np.arange(layer.input_dim))))
    embeddings = layer.embeddings
    if isinstance(embeddings, keras.Variable):
        return np.asarray(embeddings.numpy())
    return np.asarray(keras.ops.convert_to_numpy(embeddings))


def _named_rows(
    training: TrainingVocabulary, rows: int, layer_name: str
) -> tuple[pa.StringArray, NDArray[np.int64]]:
    """List the words and out-of-vocabulary tokens in the order of their rows; check that each has one."""
    words = pa.concat_arrays([training.words, as_string_array(training.oov_tokens)])
    indices = np.concatenate([training.indices, training.oov_indices])
    if training.oov_indices.size:
        order = np.argsort(indices)
        words, indices = words.take(integer_array(order)), indices[order]
    if not len(words):
        raise VocabularyError("the vocabulary has no words, so there is nothing to save")
    beyond = int(np.searchsorted(indices, rows))
    if beyond < len(indices):
        raise VocabularyError(
            f"the word {words[beyond].as_py()!r} has the index {indices[beyond]}, but the layer "
            f"{layer_name!r} has {rows} rows: give the vocabulary that it was trained with"
        )
    return words, indices


def _as_float32(
    values: NDArray[Any], words: pa.StringArray, layer_name: str
) -> tuple[NDArray[np.float32], int]:
    """Convert rows to float32; count those that it changes."""
    if values.dtype.itemsize <= np.dtype(np.float32).itemsize:
        return values.astype(np.float32, copy=False), 0
    with np.errstate(over="ignore"):
        rows = values.astype(np.float32)
    changed = (rows != values) & ~np.isnan(values)
    too_large = np.flatnonzero((changed & np.isinf(rows)).any(axis=1))
    if too_large.size:
        raise ValueError(
            f"the word {words[int(too_large[0])].as_py()!r} has numbers beyond what float32 can hold in the "
            f"layer {layer_name!r}"
        )
    return rows, int(np.count_nonzero(changed.any(axis=1)))
