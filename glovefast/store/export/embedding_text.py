"""Embedding text, written: one word a line and its numbers behind it, for tools that read nothing else."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import VocabularyError, shortened
from glovefast.store.atomic import published_whole
from glovefast.store.destination import check_file_destination
from glovefast.vocabulary.arrow import integer_array

# Numbers are made text in pieces: Arrow takes some 40 bytes for each while it works.
_PIECE_NUMBERS = 1 << 20
# What ends a word or a line for the readers of such files.
_SEPARATORS = (" ", "\n", "\r")


def write_embedding_text(
    destination: Path,
    words: pa.StringArray,
    vectors: NDArray[np.float32],
    *,
    header: bool,
    overwrite: bool = False,
) -> Path:
    """Write vectors as text, whole or not at all.

    Each number has the fewest digits that tell it from every other float32 number, so that it is read back
    with the same bits (of nan, only that it is one), be it parsed as float32 or as float64 and then rounded.

    Parameters
    ----------
    destination : pathlib.Path
        The file to be.
    words : pyarrow.StringArray
        n words, without nulls.
    vectors : numpy.ndarray
        (n, dim) float32.
    header : bool
        Begin with a line ``rows dim``, as word2vec and fastText do; GloVe does not.
    overwrite : bool
        Replace a file that is there already.

    Returns
    -------
    pathlib.Path
        The destination.

    Raises
    ------
    StoreError
        If there is something at the destination already and `overwrite` is false, or if it is not a file.
    VocabularyError
        If a word is empty or contains a space or line break, or if readers would take the first row for a
        header or its word without a byte order mark; the message names the word.
    ValueError
        If there is not one vector for each word.
    """
    import pyarrow.compute as pc

    if vectors.ndim != 2 or len(vectors) != len(words):
        raise ValueError(f"expected {len(words)} vectors, one per word, not shape {vectors.shape}")
    check_file_destination(destination, overwrite)
    _check_words(words)
    if not header and len(words):
        _check_first_row(words[0].as_py(), vectors[0])
    dim = vectors.shape[1]
    step = max(1, _PIECE_NUMBERS // max(1, dim))
    with published_whole(destination, overwrite) as partial, partial.open("wb") as file:
        if header:
            file.write(f"{len(words)} {dim}\n".encode())
        for start in range(0, len(words), step):
            piece = np.ascontiguousarray(vectors[start : start + step], dtype=np.float32)
            numbers = integer_array(piece.reshape(-1)).cast(pa.string())
            rows = pc.binary_join(
                pa.FixedSizeListArray.from_arrays(numbers, dim).cast(pa.list_(pa.string())), " "
            )
            lines = pc.binary_join_element_wise(words.slice(start, step), rows, " ")
            file.write("\n".join(lines.to_pylist()).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return destination


def _check_words(words: pa.StringArray) -> None:
    for word in words.to_pylist():
        if not word:
            problem = "is empty"
        elif any(separator in word for separator in _SEPARATORS):
            problem = "contains a space or line break"
        else:
            continue
        raise VocabularyError(
            f"the word {shortened(word)} {problem}, which text cannot store; save as a store instead"
        )


def _check_first_row(word: str, vector: NDArray[np.float32]) -> None:
    """Raise if readers would take the first row for something else."""
    if word.startswith("\ufeff"):
        problem = "begins with a byte order mark, which is lost where a text begins"
    elif vector.size == 1 and word.isascii() and word.isdecimal() and vector[0] >= 0 and vector[0] % 1 == 0:
        problem = "and its only number look like a header"
    else:
        return
    raise VocabularyError(f"the first word, {shortened(word)}, {problem}; save as .vec or as a store instead")
