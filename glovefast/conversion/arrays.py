"""`save`: a store from words and a matrix in memory, or from vectors that another library has open."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, overload

import pyarrow as pa

from glovefast.conversion.matrices import as_matrix, source_of
from glovefast.conversion.report import warn_of_rows_not_finite
from glovefast.errors import VocabularyError
from glovefast.progress import Callback, Progress, checked_progress, shows_progress
from glovefast.store.array_reports import ArrayReport
from glovefast.store.destination import check_store_destination
from glovefast.store.float32_rows import Float32Rows
from glovefast.store.rounding import NumberType, checked_number_type
from glovefast.store.writing import write_store
from glovefast.vectors import WordVectors, rows_of
from glovefast.vocabulary.arrow import Words, as_string_array
from glovefast.vocabulary.word_index import WordIndex

if TYPE_CHECKING:
    from collections.abc import Sequence


class KeyedVectors(Protocol):
    """Words and their vectors in one object, as gensim has them."""

    index_to_key: "Sequence[str]"
    vectors: Any


@overload
def save(
    words: "KeyedVectors | WordVectors",
    matrix: str | os.PathLike[str],
    *,
    dtype: NumberType = "float32",
    overwrite: bool = False,
    progress: Callback | bool | None = None,
) -> Path: ...
@overload
def save(
    words: Words,
    matrix: Any,  # noqa: ANN401 - any array
    destination: str | os.PathLike[str],
    *,
    dtype: NumberType = "float32",
    overwrite: bool = False,
    progress: Callback | bool | None = None,
) -> Path: ...
@shows_progress
def save(
    words: "Words | KeyedVectors | WordVectors",
    matrix: Any,
    destination: str | os.PathLike[str] | None = None,
    *,
    dtype: NumberType = "float32",
    overwrite: bool = False,
    progress: Callback | bool | None = None,
) -> Path:
    """Save words and their vectors as a store: ``save(words, matrix, destination)``.

    gensim's ``KeyedVectors`` and `WordVectors` have both: ``save(keyed_vectors, destination)``.

    Parameters
    ----------
    words : iterable of str, numpy.ndarray or pyarrow array; or KeyedVectors or WordVectors
        n words. Duplicates are all kept, and a look-up finds the first; ``report.duplicate_words`` counts the
        others.
    matrix : array
        (n, dim) real numbers: a NumPy array, also a mapped one, of which only a piece at a time is in memory;
        an Arrow column of lists; a tensor of PyTorch, TensorFlow or JAX; or anything that
        ``numpy.asarray`` takes. Numbers are rounded to float32 if they have more digits;
        ``report.rounded_rows`` counts the rows that change.
    destination : str or path-like
        Where to write the store.
    dtype : {"float32", "float16", "int8"}
        The type of the numbers in the store; see `convert`.
    overwrite : bool
        Replace an existing store once the new one is complete.
    progress : callable or bool, optional
        Called with a `Progress` as rows are written; True shows a bar.

    Returns
    -------
    pathlib.Path
        The store.

    Raises
    ------
    VocabularyError
        If an entry of `words` is not a string or not valid Unicode, there are no words, or not as many as
        rows.
    ValueError
        If the matrix does not have two dimensions or holds something else than real numbers; if a number is
        too large for float32 or float16, or is nan or infinite where `dtype` is int8 (the message names the
        word); if `dtype` is unknown.
    StoreError
        If the destination exists (and `overwrite` is false), is not a store, or cannot be made where it is.
    TypeError
        If an argument has the wrong type, is missing, or is one too many.
    OSError
        If the store cannot be written.

    Notes
    -----
    Rows with nan or infinite numbers are kept, unless `dtype` is int8; ``report.rows_not_finite`` counts
    them, and a warning of the logger ``glovefast`` tells of them.
    """
    number_type, report_progress = checked_number_type(dtype), checked_progress(progress)
    target, origin, array, rows = _arguments(words, matrix, destination)
    check_store_destination(target, overwrite)
    if not len(array):
        raise VocabularyError("there are no words to save")
    if len(array) != rows.shape[0]:
        raise VocabularyError(f"pass one word for each row (words: {len(array):,}, rows: {rows.shape[0]:,})")
    source = source_of(origin)
    checked = Float32Rows(rows, array, "the matrix")
    row_bytes = rows.shape[1] * rows.dtype.itemsize

    def report(vocabulary: WordIndex) -> ArrayReport:
        return ArrayReport(
            duplicate_words=len(vocabulary.duplicate_rows()),
            rounded_rows=checked.rounded_rows,
            rows_not_finite=checked.rows_not_finite,
        )

    def report_rows(done: int) -> None:
        if report_progress:
            report_progress(Progress(done * row_bytes, len(array) * row_bytes, done, source.name))

    made = write_store(
        target,
        array,
        checked,
        source=source,
        report=report,
        dtype=number_type,
        overwrite=overwrite,
        progress=report_rows,
    )
    warn_of_rows_not_finite(source.name, checked.rows_not_finite)
    return made


def _arguments(
    words: Any,  # noqa: ANN401 - checked here
    matrix: Any,  # noqa: ANN401 - checked here
    destination: str | os.PathLike[str] | None,
) -> tuple[Path, Any, pa.StringArray, Any]:
    """Sort out the arguments: the destination, what has the vectors, the words and the matrix."""
    if hasattr(words, "wv"):
        raise TypeError(f"pass the vectors of the {type(words).__name__}: save(model.wv, destination)")
    has_both = isinstance(words, WordVectors) or (
        hasattr(words, "index_to_key") and hasattr(words, "vectors")
    )
    if not has_both:
        if destination is None:
            raise TypeError("save needs words, a matrix and a destination, or KeyedVectors and a destination")
        return Path(destination), matrix, as_string_array(words), as_matrix(matrix)
    if destination is not None:
        raise TypeError(f"{type(words).__name__} has its own matrix: save(keyed_vectors, destination)")
    if not isinstance(matrix, str | os.PathLike):
        raise TypeError(f"the destination must be a path, not {type(matrix).__name__}")
    if isinstance(words, WordVectors):
        return Path(matrix), words, words.words, rows_of(words)
    return Path(matrix), words, as_string_array(words.index_to_key), as_matrix(words.vectors)
