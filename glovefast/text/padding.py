"""Sequences of different lengths as rows of one matrix."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from glovefast.kernels.load import load_kernels
from glovefast.text.sequences import Sequences
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
    """Fill the rows of a matrix with sequences, each padded or cut to the same length.

    Parameters
    ----------
    sequences : sequence of sequences or Arrow array of lists
        n sequences, of numbers or of arrays of one shape.
    maxlen : int, optional
        The length of a row; that of the longest sequence if not given.
    dtype : dtype
        The matrix's type; ``object`` for strings of different lengths.
    padding : {"pre", "post"}
        Where a shorter sequence is filled up.
    truncating : {"pre", "post"}
        Where a longer sequence loses what is too much.
    value : number or str
        What fills up.

    Returns
    -------
    numpy.ndarray
        (n, maxlen), or (n, maxlen, ...) of arrays.

    Raises
    ------
    ValueError
        If `sequences` has no length or an entry of it has none; if there are none and `maxlen` is not given;
        if the items of two sequences have different shapes; if `padding` or `truncating` is neither "pre" nor
        "post"; if a string is to fill a matrix of numbers.
    """
    _check_ends(padding, truncating)
    if not hasattr(sequences, "__len__"):
        raise ValueError("the sequences have no length: give a list of them, or an array")
    if isinstance(sequences, pa.Array | pa.ChunkedArray):
        columns = Sequences.of(sequences)
        if np.dtype(dtype) == np.int32:
            return padded(columns, maxlen, padding, truncating, value)
        sequences = columns.lists()
    lengths = _lengths(sequences)
    item_shape = next((np.asarray(each).shape[1:] for each in sequences if len(each)), ())
    holds_strings = np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.bytes_)
    if isinstance(value, str) and dtype is not object and not holds_strings:
        raise ValueError(f"value={value!r} does not go with dtype={dtype!r}: strings need dtype=object")
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
                f"those before it {item_shape}"
            )
        if padding == "pre":
            matrix[place, columns_needed - len(items) :] = items
        else:
            matrix[place, : len(items)] = items
    return matrix


def padded(
    sequences: Sequences, maxlen: int | None, padding: str, truncating: str, value: float
) -> NDArray[np.int32]:
    """Fill the rows of an int32 matrix with sequences that are columns; as `pad_sequences`."""
    _check_ends(padding, truncating)
    columns = _columns(np.diff(sequences.offsets), maxlen)
    matrix = np.full((len(sequences), columns), value, dtype=np.int32)
    indices = sequences.indices
    if indices.dtype != np.int32:
        limits = np.iinfo(np.int32)
        if indices.size and (indices.min() < limits.min or indices.max() > limits.max):
            raise OverflowError("an index does not fit the matrix: int32 ends at 2,147,483,647")
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


def _lengths(sequences: Any) -> list[int]:  # noqa: ANN401 - anything that can be gone through
    for place, sequence in enumerate(sequences):
        if not hasattr(sequence, "__len__"):
            raise ValueError(f"the entry at position {place} is no sequence: {shown(sequence)}")
    return [len(sequence) for sequence in sequences]


def _check_ends(padding: str, truncating: str) -> None:
    for name, end in (("padding", padding), ("truncating", truncating)):
        if end not in _ENDS:
            raise ValueError(f"{name}={end!r} is neither 'pre' nor 'post'")


def _columns(lengths: Any, maxlen: int | None) -> int:  # noqa: ANN401 - a list or an array
    if maxlen is not None:
        if maxlen < 0:
            raise ValueError(f"maxlen={maxlen} is below 0")
        return int(maxlen)
    if not len(lengths):
        raise ValueError("there are no sequences, so maxlen must be given")
    return int(np.max(lengths))
