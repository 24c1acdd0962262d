"""The way back: the rows of a learned layer as a store, or as embedding text for other tools."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import VocabularyError
from glovefast.keras.installed import keras
from glovefast.keras.partly_trainable import PartlyTrainableEmbedding
from glovefast.keras.seeding import is_quantized
from glovefast.store.export.embedding_text import check_text_destination, write_embedding_text
from glovefast.store.writing import check_destination, write_store
from glovefast.vocabulary.arrow import as_string_array, integer_array
from glovefast.vocabulary.training_vocabulary import TrainingVocabulary, training_vocabulary

if TYPE_CHECKING:
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary

STORE, GLOVE, WORD2VEC = "store", "glove", "word2vec"
FORMATS = (STORE, GLOVE, WORD2VEC)
FORMAT_OF_SUFFIX = {".txt": GLOVE, ".vec": WORD2VEC}


def save_embedding(
    layer: "keras.layers.Embedding | PartlyTrainableEmbedding",
    vocabulary: "AnyVocabulary",
    destination: str | os.PathLike[str],
    *,
    file_format: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the rows of an ``Embedding`` layer, each under its word: as a store, or as text for other tools.

    The rows are those that the layer hands on: with LoRA's weights added, and of a quantized layer what its
    integers stand for. float32 rows keep their bits and 16-bit ones become the same numbers in float32; a
    float64 row is rounded to the nearest float32 numbers, and ``metadata.json`` counts the rows that this
    changes (``rounded_rows``).

    Parameters
    ----------
    layer : keras.layers.Embedding
        A built layer, by whomever it was made; or a `PartlyTrainableEmbedding`.
    vocabulary : mapping, tokenizer, layer, sequence of str or array
        The training vocabulary; see `training_vocabulary`. Rows for words outside it are
        kept under their token's name (``[UNK]``); the padding row and rows without a word are left out, and
        counted in ``metadata.json`` (``padding_rows``, ``rows_without_word``). Where rows share a name, a
        look-up finds the first; the others are counted, too (``duplicate_words``).
    destination : str or path-like
        Where the store, or the text, shall be.
    file_format : {"store", "glove", "word2vec"}, optional
        What to write: a store; text with a word and its numbers in each line (``glove``); or the same below
        a line that says how many rows and dimensions there are (``word2vec``, which fastText's ``.vec`` files
        are, too). gensim reads both, with ``no_header=True`` the former. By default the destination says:
        ``.txt`` is ``glove``, ``.vec`` is ``word2vec``, all else a store. Text has no place for the counts
        below.
    overwrite : bool
        Replace a store, or a file, that is there already.

    Returns
    -------
    pathlib.Path
        The destination: a store for `glovefast.load`, or text; words in the order of their indices.

    Raises
    ------
    TypeError
        If `layer` is no ``keras.layers.Embedding``.
    ValueError
        If the layer is not built, a float64 number is beyond what float32 can hold, or `file_format` is none
        of the three.
    VocabularyError
        If the vocabulary cannot be used, has no words, or has an index for which the layer has no row; or if
        a word is to be text, and is empty or holds a space or a line's end.
    StoreError
        If there is something at the destination already and `overwrite` is false, or it is no store.
    """
    if not isinstance(layer, keras.layers.Embedding | PartlyTrainableEmbedding):
        raise TypeError(f"a keras.layers.Embedding has rows to save, a {type(layer).__name__} has not")
    if not layer.built:
        raise ValueError(
            f"the layer {layer.name!r} has no rows yet: call the model on data, or the layer's build(), first"
        )
    target = Path(destination)
    chosen = _checked_format(file_format, target)
    (check_destination if chosen == STORE else check_text_destination)(target, overwrite)
    training = training_vocabulary(vocabulary)
    values = rows_handed_on(layer)
    words, indices = _named_rows(training, len(values), layer.name)
    rows, rounded_rows = _as_float32(values[indices], words, layer.name)
    if chosen != STORE:
        return write_embedding_text(target, words, rows, header=chosen == WORD2VEC, overwrite=overwrite)
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


def _checked_format(file_format: str | None, destination: Path) -> str:
    if file_format is None:
        return FORMAT_OF_SUFFIX.get(destination.suffix.lower(), STORE)
    if file_format not in FORMATS:
        raise ValueError(f"unknown file_format {file_format!r}: it is one of {', '.join(map(repr, FORMATS))}")
    return file_format


def rows_handed_on(layer: Any) -> NDArray[Any]:  # noqa: ANN401
    """Fetch all rows of a built layer, as its call gathers them."""
    if is_quantized(layer):
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
    check_indices(words, indices, rows, layer_name)
    return words, indices


def check_indices(words: pa.StringArray, indices: NDArray[np.int64], rows: int, layer_name: str) -> None:
    """Make sure that a layer has a row for each of n words; their (n,) `indices` ascend.

    Raises
    ------
    VocabularyError
        If it has not; the message names the first word and its index.
    """
    beyond = int(np.searchsorted(indices, rows))
    if beyond < len(indices):
        raise VocabularyError(
            f"the word {words[beyond].as_py()!r} has the index {indices[beyond]}, but the layer "
            f"{layer_name!r} has {rows} rows: give the vocabulary that it was trained with"
        )


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
