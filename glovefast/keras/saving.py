"""Saving the rows of a trained layer as a store, or in a format of other tools."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import VocabularyError
from glovefast.keras.backend import keras
from glovefast.keras.filling import is_quantized
from glovefast.keras.partly_trainable import PartlyTrainableEmbedding
from glovefast.store.array_reports import LayerReport
from glovefast.store.destination import check_store_destination
from glovefast.store.export.formats import FORMAT_OF_SUFFIX, FORMATS, check_export_destination
from glovefast.store.export.writing import write_vectors
from glovefast.store.files import SUFFIX
from glovefast.store.float32_rows import Float32Rows
from glovefast.store.metadata import SourceInfo
from glovefast.store.writing import write_store
from glovefast.vocabulary.arrow import as_string_array, integer_array
from glovefast.vocabulary.training_vocabulary import TrainingVocabulary, training_vocabulary
from glovefast.vocabulary.word_index import WordIndex

if TYPE_CHECKING:
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary

STORE = "store"
_FORMATS = (STORE, *FORMATS)
# Names that promise something else than a store, whose name may have any other ending ("tuned.v2").
_OTHER_FORMATS = frozenset(
    [
        ".bz2",
        ".csv",
        ".gz",
        ".h5",
        ".hdf5",
        ".json",
        ".keras",
        ".kv",
        ".npy",
        ".npz",
        ".onnx",
        ".pickle",
        ".pkl",
        ".pt",
        ".safetensors",
        ".xz",
        ".zip",
        ".zst",
    ]
)


def save_embedding(
    layer: "keras.layers.Embedding | PartlyTrainableEmbedding",
    vocabulary: "AnyVocabulary",
    destination: str | os.PathLike[str],
    *,
    file_format: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Save the rows of an ``Embedding`` layer, each under its word: as a store, or for other tools.

    The rows are what the layer outputs: with the weights of LoRA added, and with the numbers that a quantized
    layer stands for. float32 rows keep their bits, and 16-bit rows become the same numbers in float32.
    float64 rows are rounded to float32; ``metadata.json`` counts the rows that change (``rounded_rows``).

    Parameters
    ----------
    layer : keras.layers.Embedding
        A built layer; or a `PartlyTrainableEmbedding`.
    vocabulary : mapping, tokenizer, layer, sequence of str or array
        The training vocabulary; see `WordVectors.embedding_matrix`. The out-of-vocabulary rows are saved
        under the name of their token (``[UNK]``). The padding row and rows without a word are left out, and
        counted in ``metadata.json`` (``padding_rows``, ``rows_without_word``). If rows share a name, a
        look-up finds the first; ``duplicate_words`` counts the others.
    destination : str or path-like
        The store, or the file.
    file_format : str, optional
        What to write: a ``store``, or a format of `WordVectors.export`. By default the name decides: the
        endings of `WordVectors.export` stand for its formats, such as ``.txt`` and ``.vec`` for text that
        gensim reads (the former with ``no_header=True``). Anything else is a store, but the endings of
        formats that are not written, such as ``.csv`` and ``.npy``, are refused. Only a store keeps the
        counts above.
    overwrite : bool
        Replace an existing store or file.

    Returns
    -------
    pathlib.Path
        The destination; words in the order of their indices.

    Raises
    ------
    TypeError
        If `layer` is neither a ``keras.layers.Embedding`` nor a `PartlyTrainableEmbedding`.
    ValueError
        If the layer is not built, a float64 number is too large for float32, `file_format` is unknown, or the
        destination ends as a file of another format does.
    VocabularyError
        If the vocabulary cannot be used, has no words, or has an index for which the layer has no row; also
        if a word cannot be written in the format.
    StoreError
        If the destination exists and `overwrite` is false, or what is there is not a store.
    """
    if not isinstance(layer, keras.layers.Embedding | PartlyTrainableEmbedding):
        raise TypeError(f"layer must be a keras.layers.Embedding, not a {type(layer).__name__}")
    if not layer.built:
        raise ValueError(
            f"the layer {layer.name!r} has no rows yet: call the model on data, or layer.build(), first"
        )
    target = Path(destination)
    chosen = _checked_format(file_format, target)
    if chosen == STORE:
        check_store_destination(target, overwrite)
    else:
        check_export_destination(target, chosen, overwrite)
    training = training_vocabulary(vocabulary)
    values = rows_handed_on(layer)
    words, indices = _named_rows(training, len(values), layer.name)
    rows = Float32Rows(values[indices], words, f"the layer {layer.name!r}")
    if chosen != STORE:
        return write_vectors(target, words, rows, chosen, overwrite=overwrite)
    padding_rows = int(np.count_nonzero(training.padding_indices < len(values)))

    def report(index: WordIndex) -> LayerReport:
        return LayerReport(
            padding_rows=padding_rows,
            oov_rows=len(training.oov_indices),
            rows_without_word=len(values) - len(indices) - padding_rows,
            duplicate_words=len(index.duplicate_rows()),
            rounded_rows=rows.rounded_rows,
        )

    source = SourceInfo(name=layer.name)
    return write_store(target, words, rows, source=source, report=report, overwrite=overwrite)


def _checked_format(file_format: str | None, destination: Path) -> str:
    suffix = destination.suffix.lower()
    if file_format is None and suffix in _OTHER_FORMATS:
        raise ValueError(
            f"{destination} ends in {destination.suffix}, a format that is not written; "
            f"end it in {', '.join(FORMAT_OF_SUFFIX)} or {SUFFIX}, or state the file_format"
        )
    if file_format is None:
        return FORMAT_OF_SUFFIX.get(suffix, STORE)
    if file_format not in _FORMATS:
        raise ValueError(
            f"unknown file_format {file_format!r}: choose one of {', '.join(map(repr, _FORMATS))}"
        )
    return file_format


def rows_handed_on(layer: Any) -> NDArray[Any]:  # noqa: ANN401
    """Fetch all rows of a built layer, as its call outputs them."""
    if is_quantized(layer):
        # Its variable holds integers, whose scales differ between releases of Keras.
        return np.asarray(keras.ops.convert_to_numpy(layer(np.arange(layer.input_dim))))
    embeddings = layer.embeddings
    if isinstance(embeddings, keras.Variable):
        return np.asarray(embeddings.numpy())
    return np.asarray(keras.ops.convert_to_numpy(embeddings))


def _named_rows(
    training: TrainingVocabulary, rows: int, layer_name: str
) -> tuple[pa.StringArray, NDArray[np.int64]]:
    """List words and out-of-vocabulary tokens in the order of their rows; check that each has a row."""
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
    """Make sure that a layer has a row for each of n words, whose (n,) `indices` ascend.

    Raises
    ------
    VocabularyError
        If a word has no row; the message names the word and its index.
    """
    beyond = int(np.searchsorted(indices, rows))
    if beyond < len(indices):
        raise VocabularyError(
            f"the word {words[beyond].as_py()!r} has the index {indices[beyond]}, but the layer "
            f"{layer_name!r} has {rows} rows: give the vocabulary that it was trained with"
        )
