"""Words and integers as Arrow arrays."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from glovefast.errors import VocabularyError
from glovefast.kernels import PADDING, WORD_BLOCK_BYTES
from glovefast.kernels.load import load_kernels

Words: TypeAlias = "Sequence[str] | NDArray[np.str_] | NDArray[np.object_] | pa.Array | pa.ChunkedArray"

_MOST_BYTES = 2**31 - 1  # what the offsets of an Arrow string array can count
_PADDING = "\0" * PADDING


@cache
def word_kernels() -> SimpleNamespace:
    """Load the kernels that split, hash, find and compare words."""
    return load_kernels("split_words", "hash_words", "find_rows", "compare_rows")


def as_string_array(words: Words) -> pa.StringArray:
    """Convert any batch of words to one Arrow array.

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
        If an entry is missing, is not a string, or cannot be encoded as UTF-8 (a lone surrogate). The message
        names its position. Also if the words are a set, which has no order.
    """
    if isinstance(words, pa.StringArray) and not words.null_count:
        return words
    if not isinstance(words, list):
        is_single = isinstance(words, np.ndarray) and words.ndim == 0
        if is_single or isinstance(words, str | bytes) or not isinstance(words, Iterable):
            raise VocabularyError(f"expected a list of words, not a single {type(words).__name__}: {words!r}")
        if isinstance(words, set | frozenset):
            raise VocabularyError("words must have an order, and those of a set have none; pass a list")
        if isinstance(words, Iterator):  # an iterator can be read only once
            words = list(words)
    try:
        array = _from_arrays(words)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, UnicodeError, TypeError):
        array = None
    if array is not None:
        return array
    for position, word in enumerate(words):  # find the entry at fault and name it
        plain = word.as_py() if isinstance(word, pa.Scalar) else word
        if not isinstance(plain, str):
            raise VocabularyError(f"the entry at position {position} is not a string: {plain!r}")
        try:
            plain.encode()
        except UnicodeEncodeError:
            raise VocabularyError(
                f"the word {str(plain)!r} at position {position} is not valid Unicode (a lone surrogate)"
            ) from None
    return _from_sequence([str(word) for word in words])


def _from_arrays(words: Any) -> pa.StringArray | None:  # noqa: ANN401 - any iterable
    """Convert words to an Arrow array; None, or an error of pyarrow, if that takes a look at each word."""
    if isinstance(words, list | tuple):
        return _from_sequence(words)
    if isinstance(words, np.ndarray) and words.dtype.kind in "UO":
        return _from_sequence(words.tolist())  # pyarrow would cut the words of a <U array at a NUL
    if isinstance(words, pa.ChunkedArray):
        words = words.combine_chunks()
    array = words if isinstance(words, pa.Array) else pa.array(words)
    if not len(array):
        return pa.nulls(0, pa.string())
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_large_string(array.type):
        array = array.cast(pa.string())
    return array if pa.types.is_string(array.type) and not array.null_count else None


def _from_sequence(words: Sequence[str]) -> pa.StringArray:
    """Convert strings to an Arrow array; TypeError or UnicodeEncodeError if one of them is not a string.

    ``pyarrow.array`` would do, but it imports pandas if that is installed, which takes 0.3 s.
    """
    if not words:
        return pa.nulls(0, pa.string())
    # All words are joined with NULs and encoded at once; a kernel finds the NULs and takes them out.
    joined = ("\0".join(words) + _PADDING).encode()
    end = len(joined) - PADDING
    if end > _MOST_BYTES:
        raise VocabularyError(f"the words have {end:,} bytes; at most {_MOST_BYTES:,} are allowed")
    text = np.frombuffer(joined, dtype=np.uint8)
    offsets = np.empty(len(words) + 1, dtype=np.int32)
    raw = np.empty(end + WORD_BLOCK_BYTES, dtype=np.uint8)
    if word_kernels().split_words(text, end, offsets, raw) == len(words):
        data = pa.py_buffer(raw[: offsets[-1]])
    else:  # a word contains a NUL
        encoded = [word.encode() for word in words]
        offsets[0] = 0
        np.cumsum([len(word) for word in encoded], out=offsets[1:])
        data = pa.py_buffer(b"".join(encoded))
    return pa.StringArray.from_buffers(len(words), pa.py_buffer(offsets), data)


def integer_array(numbers: NDArray[Any]) -> pa.Array:
    """View integers as an Arrow array, as ``pyarrow.array`` does, but without importing pandas."""
    arrow_type = pa.from_numpy_dtype(numbers.dtype)
    return pa.Array.from_buffers(arrow_type, len(numbers), [None, pa.py_buffer(numbers)])


def as_numpy(numbers: pa.Array, dtype: DTypeLike) -> NDArray[Any]:
    """View integers without nulls as a NumPy array; ``numpy.asarray`` would import pandas."""
    values = np.frombuffer(numbers.buffers()[1] or b"", dtype=dtype)
    return values[numbers.offset : numbers.offset + len(numbers)]


def array_offsets(array: pa.Array) -> NDArray[np.int32]:
    """View the n + 1 offsets of a string or list array, which may be a slice."""
    buffer = array.buffers()[1]
    if buffer is None or not buffer.size:  # Arrow allows an empty array without offsets
        return np.zeros(1, dtype=np.int32)
    offsets: NDArray[np.int32] = np.frombuffer(buffer, dtype=np.int32)
    return offsets[array.offset : array.offset + len(array) + 1]


def array_bytes(array: pa.StringArray) -> NDArray[np.uint8]:
    """View the bytes that the offsets of a string array point to."""
    data: NDArray[np.uint8] = np.frombuffer(array.buffers()[2] or b"", dtype=np.uint8)
    return data


def misplaced_word(words: pa.StringArray) -> VocabularyError:
    """Make the error for an Arrow array whose offsets point outside of its bytes."""
    try:
        words.validate(full=True)
    except pa.ArrowException as error:
        return VocabularyError(f"the Arrow array of words is damaged: {error}")
    return VocabularyError("the Arrow array of words is damaged")
