"""Two tables for the TensorBoard projector: the vectors, and the words as their metadata."""

from pathlib import Path

import pyarrow as pa

from glovefast.progress import Callback
from glovefast.store.atomic import published_whole
from glovefast.store.export.embedding_text import number_lines
from glovefast.store.export.formats import projector_metadata
from glovefast.store.export.pieces import Rows, check_words, data_of, pieces

_FORMAT = "the projector's metadata"


def write_projector_tables(
    destination: Path,
    words: pa.StringArray,
    vectors: Rows,
    *,
    overwrite: bool = False,
    progress: Callback | None = None,
) -> Path:
    """Write a table of vectors, and beside it one of words, each whole or not at all.

    Parameters
    ----------
    destination : pathlib.Path
        The table of vectors; `projector_metadata` names the table of words.
    words, vectors, overwrite, progress
        As in `glovefast.store.export.embedding_text.write_embedding_text`.

    Returns
    -------
    pathlib.Path
        The destination.

    Raises
    ------
    VocabularyError
        If a word contains a tab or a line break, or nothing but white space: the projector passes over such
        lines.
    """
    import pyarrow.compute as pc

    metadata = projector_metadata(destination)
    check_words(words, r"[\t\n\r]", "contains a tab or line break", _FORMAT)
    check_words(words, r"^[\s\x0b\pZ\x{feff}]*$", "is empty or blank", _FORMAT)
    with (
        published_whole(destination, overwrite) as numbers_partial,
        published_whole(metadata, overwrite) as words_partial,
        numbers_partial.open("wb") as numbers_file,
        words_partial.open("wb") as words_file,
    ):
        parts = pieces(words, vectors, progress=progress, name=str(destination))
        for some_words, rows in parts:
            for lines, file in ((number_lines(rows, "\t"), numbers_file), (some_words, words_file)):
                file.write(data_of(pc.binary_join_element_wise(lines, "", "\n")))
    return destination
