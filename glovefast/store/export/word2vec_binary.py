"""word2vec's binary format, written: a line ``rows dim``, then each word, a space and its float32 numbers."""

from pathlib import Path

import pyarrow as pa

from glovefast.progress import Callback
from glovefast.store.atomic import published_whole
from glovefast.store.export.pieces import Rows, check_words, data_of, pieces

_NUMBER_BYTES = 4


def write_word2vec_binary(
    destination: Path,
    words: pa.StringArray,
    vectors: Rows,
    *,
    overwrite: bool = False,
    progress: Callback | None = None,
) -> Path:
    """Write vectors in word2vec's binary format, byte for byte as gensim does, whole or not at all.

    Parameters
    ----------
    destination, words, vectors, overwrite, progress
        As in `glovefast.store.export.embedding_text.write_embedding_text`.

    Returns
    -------
    pathlib.Path
        The destination.

    Raises
    ------
    VocabularyError
        If a word contains a space, which ends a word, or a newline, which readers drop.
    """
    import pyarrow.compute as pc

    check_words(words, r"[ \n]", "contains a space or newline", "word2vec's binary format")
    dim = vectors.shape[1]
    with published_whole(destination, overwrite) as partial, partial.open("wb") as file:
        file.write(f"{len(words)} {dim}\n".encode())
        for some_words, rows in pieces(words, vectors, progress=progress, name=str(destination)):
            vector_type = pa.binary(_NUMBER_BYTES * dim)
            numbers = pa.Array.from_buffers(vector_type, len(rows), [None, pa.py_buffer(rows)])
            words_and_numbers = some_words.cast(pa.binary()), numbers.cast(pa.binary())
            file.write(data_of(pc.binary_join_element_wise(*words_and_numbers, b" ")))
    return destination
