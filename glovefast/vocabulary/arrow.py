"""Words and integers as Arrow arrays."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from glovefast.errors import VocabularyError

Words: TypeAlias = "Sequence[str] | NDArray[np.str_] | NDArray[np.object_] | pa.Array | pa.ChunkedArray"


def as_string_array(words: Words) -> pa.StringArray:
    """Make one Arrow array of any batch of words.

    Parameters
    ----------
    words : sequence of str, numpy.ndarray or pyarrow array
        n words.

    Returns
    -------
    pyarrow.StringArray
        The n words, without nulls.

    Raises
    ------
    VocabularyError
        If an entry is no string, is missing, or cannot be written as UTF-8 (a lone surrogate); the message
        names its position.
    """
    if isinstance(words, str | bytes) or not isinstance(words, Iterable):
        raise VocabularyError(f"a list of words is needed, not the single {type(words).__name__} {words!r}")
    if isinstance(words, Iterator):  # it can be gone through only once
        words = list(words)
    try:
        if isinstance(words, list | tuple):
            return _from_sequence(words)
        if isinstance(words, pa.ChunkedArray):
            words = words.combine_chunks()
        array = words if isinstance(words, pa.Array) else pa.array(words)
        if not len(array):
            return pa.nulls(0, pa.string())
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if pa.types.is_large_string(array.type):
            array = array.cast(pa.string())
        if pa.types.is_string(array.type) and not array.null_count:
            return array
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, UnicodeError, TypeError):
        pass  # the entry at fault is found and named below
    for position, word in enumerate(words):
        plain = word.as_py() if isinstance(word, pa.Scalar) else word
        if not isinstance(plain, str):
            raise VocabularyError(f"the entry at position {position} is no string: {plain!r}")
        try:
            plain.encode()
        except UnicodeEncodeError:
            raise VocabularyError(
                f"the word at position {position} is not valid Unicode: {str(plain)!r} holds a lone surrogate"
            ) from None
    return _from_sequence([str(word) for word in words])


def _from_sequence(words: Sequence[str]) -> pa.StringArray:
    """Make an Arrow array of strings; TypeError and UnicodeEncodeError where one is none.

    ``pyarrow.array`` would do, but it imports pandas wherever that is installed, which takes 0.3 s.
    """
    # One join and one encoding for all words, then the NULs between them say where each ends.
    joined = "\0".join(words).encode()
    data = np.frombuffer(joined, dtype=np.uint8)
    ends = np.flatnonzero(data == 0)
    offsets = np.zeros(len(words) + 1, dtype=np.int32)
    if len(ends) == len(words) - 1:
        offsets[1:-1] = ends - np.arange(len(ends))
        offsets[-1] = len(joined) - len(ends)
        raw = joined.replace(b"\0", b"")
    else:  # there is a word with a NUL in it, or no word at all
        encoded = [word.encode() for word in words]
        offsets[1:] = np.cumsum([len(word) for word in encoded])
        raw = b"".join(encoded)
    return pa.StringArray.from_buffers(len(words), pa.py_buffer(offsets), pa.py_buffer(raw))


def integer_array(numbers: NDArray[Any]) -> pa.Array:
    """View integers as an Arrow array; like ``pyarrow.array``, without its import of pandas."""
    arrow_type = pa.from_numpy_dtype(numbers.dtype)
    return pa.Array.from_buffers(arrow_type, len(numbers), [None, pa.py_buffer(numbers)])


def as_numpy(numbers: pa.Array, dtype: DTypeLike) -> NDArray[Any]:
    """View integers without nulls as a NumPy array; ``numpy.asarray`` would import pandas, too."""
    values = np.frombuffer(numbers.buffers()[1] or b"", dtype=dtype)
    return values[numbers.offset : numbers.offset + len(numbers)]


def array_offsets(array: pa.Array) -> NDArray[np.int32]:
    """View the n + 1 offsets of a string or list array, a slice's own ones included."""
    buffer = array.buffers()[1]
    if buffer is None or not buffer.size:  # Arrow allows an empty array to come without offsets
        return np.zeros(1, dtype=np.int32)
    offsets: NDArray[np.int32] = np.frombuffer(buffer, dtype=np.int32)
    return offsets[array.offset : array.offset + len(array) + 1]
