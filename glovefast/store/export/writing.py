"""Words and their vectors, written in any of the formats; each writer is loaded when it is needed."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from glovefast.progress import Callback, checked_progress, shows_progress
from glovefast.store.export.formats import (
    GLOVE,
    PARQUET,
    PROJECTOR,
    WORD2VEC,
    WORD2VEC_BINARY,
    check_export_destination,
    export_format,
)
from glovefast.store.export.pieces import Rows, check_shape
from glovefast.vocabulary.word_index import WordIndex

if TYPE_CHECKING:
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary


@shows_progress
def export(
    index: WordIndex,
    rows: Rows,
    path: str | os.PathLike[str],
    words: "AnyVocabulary | None",
    *,
    store: str,
    file_format: str | None,
    overwrite: bool,
    progress: Callback | bool | None,
) -> Path:
    """Write the words and rows of a store, or those of some words; see `ExportMethods.export`."""
    destination, chosen = Path(path), export_format(path, file_format)
    report = checked_progress(progress)
    check_export_destination(destination, chosen, overwrite)
    named: pa.StringArray = index.words
    if words is not None:
        from glovefast.store.export.chosen_words import chosen_words

        named, rows = chosen_words(index, rows, words, store)
    return write_vectors(destination, named, rows, chosen, overwrite=overwrite, progress=report)


def write_vectors(
    destination: Path,
    words: pa.StringArray,
    vectors: Rows,
    file_format: str,
    *,
    overwrite: bool = False,
    progress: Callback | None = None,
) -> Path:
    """Write words and their vectors in a format.

    Parameters
    ----------
    destination : pathlib.Path
        The file or folder to be.
    words : pyarrow.StringArray
        n words, without nulls.
    vectors : Rows
        (n, dim) float32.
    file_format : str
        One of `FORMATS`.
    overwrite : bool
        Replace what is there already, if it is a file, or a folder of this kind.
    progress : callable, optional
        Called with a `Progress`.

    Returns
    -------
    pathlib.Path
        The destination.

    Raises
    ------
    StoreError
        If there is something at the destination already and `overwrite` is false, or if it is not a file, or
        a folder that glovefast wrote.
    ValueError
        If there is not one vector for each word.
    VocabularyError, OSError
        As the writer of the format raises them.
    """
    check_shape(words, vectors)
    check_export_destination(destination, file_format, overwrite)
    if file_format in (GLOVE, WORD2VEC):
        from glovefast.store.export.embedding_text import write_embedding_text

        header = file_format == WORD2VEC
        return write_embedding_text(
            destination, words, vectors, header=header, overwrite=overwrite, progress=progress
        )
    if file_format == WORD2VEC_BINARY:
        from glovefast.store.export.word2vec_binary import write_word2vec_binary as write
    elif file_format == PARQUET:
        from glovefast.store.export.parquet import write_parquet as write
    elif file_format == PROJECTOR:
        from glovefast.store.export.projector import write_projector_tables as write
    else:
        from glovefast.store.export.static_model import write_static_model as write
    return write(destination, words, vectors, overwrite=overwrite, progress=progress)
