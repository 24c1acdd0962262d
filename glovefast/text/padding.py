"""Sequences of different lengths as the rows of one matrix."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from glovefast.kernels.load import load_kernels
from glovefast.text.sequences import Sequences, is_column
from glovefast.text.words import shown

_ENDS = ("pre", "post")


def pad_sequences(  # noqa: PLR0917 - Keras's arguments, in Keras's order
    sequences: Any,  # noqa: ANN401 - sequences of anything that an array can hold
    maxlen: int | None = None,
    dtype: DTypeLike = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,  # noqa: ANN401 - whatever the dtype takes
) -> NDArray[Any]:
    """Pad or cut sequences to the same length, and make them the rows of a matrix.

    Parameters
    ----------
    sequences : sequence of sequences, or column of lists
        n sequences of numbers or of arrays of one shape. A column may be an Arrow array or chunked array, a
        pandas Series or a polars Series.
    maxlen : int, optional
        The length of a row. The default is the length of the longest sequence.
    dtype : dtype
        The type of the matrix; ``object`` for strings of different lengths.
    padding : {"pre", "post"}
        The end at which shorter sequences are padded.
    truncating : {"pre", "post"}
        The end at which longer sequences are cut.
    value : number or str
        The padding value.

    Returns
    -------
    numpy.ndarray
        (n, maxlen), or (n, maxlen, ...) of arrays.

    Raises
    ------
    ValueError
        If `sequences` or one of its entries has no length; if `sequences` is empty and `maxlen` is not given;
        if the items of two sequences have different shapes; if `padding` or `truncating` is neither "pre" nor
        "post"; if `value` is a string and the matrix holds numbers.
    TypeError
        If a column holds something other than lists of integers, or nulls.
    OverflowError
        If a number does not fit `dtype`.
    """
    check_ends(padding, truncating)
    if not hasattr(sequences, "__len__"):
        raise ValueError("sequences has no length: pass a list or an array, not an iterator")
    if is_column(sequences):
        columns = Sequences.of(sequences)
        if np.dtype(dtype) == np.int32:
            return padded(columns, maxlen, padding, truncating, value)
        sequences = list(columns.lists())
    lengths = _lengths(sequences)
    item_shape = next((np.asarray(each).shape[1:] for each in sequences if len(each)), ())
    holds_strings = np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.bytes_)
    if isinstance(value, str) and dtype is not object and not holds_strings:
        raise ValueError(f"value={value!r} does not fit dtype={dtype!r}: strings need dtype=object")
    columns_needed = _columns(lengths, maxlen)
    matrix = np.full((len(lengths), columns_needed, *item_shape), value, dtype=dtype)
    for place, sequence in enumerate(sequences):
        if not lengths[place]:
            continue
        surplus = max(0, lengths[place] - columns_needed)
        kept = sequence[surplus:] if truncating == "pre" else sequence[: lengths[place] - surplus]
        if not len(kept):
            continue
        items = np.asarray(kept, dtype=dtype)
        if items.shape[1:] != item_shape:
            raise ValueError(
                f"the items of the sequence at position {place} have the shape {items.shape[1:]}, "
                f"but earlier items have the shape {item_shape}"
            )
        if padding == "pre":
            matrix[place, columns_needed - len(items) :] = items
        else:
            matrix[place, : len(items)] = items
    return matrix


def padded(
    sequences: Sequences, maxlen: int | None, padding: str, truncating: str, value: float
) -> NDArray[np.int32]:
    """Pad sequences in columns to an int32 matrix, as `pad_sequences` does."""
    check_ends(padding, truncating)
    columns = _columns(np.diff(sequences.offsets), maxlen)
    matrix = np.full((len(sequences), columns), value, dtype=np.int32)
    indices = sequences.indices
    if indices.dtype != np.int32:
        limits = np.iinfo(np.int32)
        if indices.size and (indices.min() < limits.min or indices.max() > limits.max):
            raise OverflowError("an index does not fit the matrix of int32; the largest is 2,147,483,647")
        indices = indices.astype(np.int32)
    load_kernels("pad_rows").pad_rows(
        np.ascontiguousarray(indices),
        sequences.offsets,
        columns,
        padding == "pre",
        truncating == "pre",
        matrix.reshape(-1),
    )
    return matrix


def _lengths(sequences: Any) -> list[int]:  # noqa: ANN401 - anything that can be iterated
    for place, sequence in enumerate(sequences):
        if not hasattr(sequence, "__len__"):
            raise ValueError(f"the entry at position {place} is not a sequence: {shown(sequence)}")
    return [len(sequence) for sequence in sequences]


def check_ends(padding: str, truncating: str) -> None:
    """Raise a ValueError if `padding` or `truncating` names no end."""
    for name, end in (("padding", padding), ("truncating", truncating)):
        if end not in _ENDS:
            raise ValueError(f"{name}={end!r} is neither 'pre' nor 'post'")


def _columns(lengths: Any, maxlen: int | None) -> int:  # noqa: ANN401 - a list or an array
    if maxlen is not None:
        if maxlen < 0:
            raise ValueError(f"maxlen={maxlen} is negative")
        return int(maxlen)
    if not len(lengths):
        raise ValueError("there are no sequences to take the length from: pass maxlen")
    return int(np.max(lengths))
