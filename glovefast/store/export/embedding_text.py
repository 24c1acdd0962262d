"""Embedding text, written: one word a line and its numbers behind it, for tools that read nothing else."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import VocabularyError, shortened
from glovefast.progress import Callback
from glovefast.store.atomic import published_whole
from glovefast.store.export.pieces import Rows, check_words, data_of, pieces
from glovefast.vocabulary.arrow import integer_array

_TEXT = "text"


def write_embedding_text(
    destination: Path,
    words: pa.StringArray,
    vectors: Rows,
    *,
    header: bool,
    overwrite: bool = False,
    progress: Callback | None = None,
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
    vectors : Rows
        (n, dim) float32.
    header : bool
        Begin with a line ``rows dim``, as word2vec and fastText do; GloVe does not.
    overwrite : bool
        Replace a file that is there already.
    progress : callable, optional
        Called with a `Progress`.

    Returns
    -------
    pathlib.Path
        The destination.

    Raises
    ------
    VocabularyError
        If a word is empty or contains a space or line break, or if readers would take the first row for a
        header or its word without a byte order mark; the message names the word.
    """
    import pyarrow.compute as pc

    check_words(words, "^$", "is empty", _TEXT)
    check_words(words, r"[ \n\r]", "contains a space or line break", _TEXT)
    if not header and len(words):
        _check_first_row(words[0].as_py(), vectors[0:1][0])
    with published_whole(destination, overwrite) as partial, partial.open("wb") as file:
        if header:
            file.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        parts = pieces(words, vectors, progress=progress, name=str(destination))
        for some_words, rows in parts:
            lines = pc.binary_join_element_wise(some_words, number_lines(rows, " "), " ")
            file.write(data_of(pc.binary_join_element_wise(lines, "", "\n")))
    return destination


def number_lines(rows: NDArray[np.float32], separator: str) -> pa.StringArray:
    """Write the numbers of each row, with the separator between them."""
    import pyarrow.compute as pc

    numbers = integer_array(rows.reshape(-1)).cast(pa.string())
    lists = pa.FixedSizeListArray.from_arrays(numbers, rows.shape[1]).cast(pa.list_(pa.string()))
    return pc.binary_join(lists, separator)


def _check_first_row(word: str, vector: NDArray[np.float32]) -> None:
    """Raise if readers would take the first row for something else."""
    if word.startswith("\ufeff"):
        problem = "begins with a byte order mark, which is lost where a text begins"
    elif vector.size == 1 and word.isascii() and word.isdecimal() and vector[0] >= 0 and vector[0] % 1 == 0:
        problem = "and its only number look like a header"
    else:
        return
    raise VocabularyError(f"the first word, {shortened(word)}, {problem}; save as .vec or as a store instead")
