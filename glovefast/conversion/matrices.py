"""Matrices of every kind that `save` takes, as arrays whose rows can be read piece by piece."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.store.metadata import MAX_DIM, MAX_ROWS, SourceInfo
from glovefast.vectors import WordVectors
from glovefast.vocabulary.arrow import as_numpy

_REAL = "fiu"


class ArrowMatrix:
    """A column of lists of one length; a piece of it becomes a NumPy array when it is read.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Fixed-size lists of real numbers, without nulls.
    """

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column
        number = column.type.value_type
        kind = "f" if pa.types.is_floating(number) else "i" if pa.types.is_signed_integer(number) else "u"
        self.dtype = np.dtype(f"{kind}{number.bit_width // 8}")
        self.shape = (len(column), column.type.list_size)

    def __getitem__(self, part: slice) -> NDArray[Any]:
        """Read some rows that follow each other."""
        first, behind, _ = part.indices(len(self._column))
        pieces = [
            as_numpy(chunk.flatten(), self.dtype).reshape(-1, self.shape[1])
            for chunk in self._column.slice(first, behind - first).chunks
        ]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def as_matrix(matrix: Any) -> Any:  # noqa: ANN401 - any array
    """Give a matrix whose rows can be sliced; nothing is copied that need not be.

    Parameters
    ----------
    matrix : object
        A NumPy array, mapped or not; an Arrow column of lists; or anything that NumPy makes an array of.

    Returns
    -------
    numpy.ndarray or ArrowMatrix
        (n, dim) of real numbers, n and dim at least 1.

    Raises
    ------
    ValueError
        If the matrix has another shape, other numbers, or entries that are missing.
    """
    if isinstance(matrix, pa.Array | pa.ChunkedArray):
        found: Any = _from_arrow(matrix)
    else:
        found = _from_array(matrix)
    if len(found.shape) != 2 or not all(found.shape):
        raise ValueError(f"the matrix must be (words, dimensions), not of shape {found.shape}")
    if found.shape[0] > MAX_ROWS or found.shape[1] > MAX_DIM:
        raise ValueError(f"the matrix is {found.shape}; a store holds at most {MAX_ROWS:,} × {MAX_DIM:,}")
    return found


def _from_array(matrix: Any) -> NDArray[Any]:  # noqa: ANN401 - any array
    if callable(getattr(matrix, "detach", None)) and callable(getattr(matrix, "cpu", None)):
        matrix = matrix.detach().cpu()  # a tensor of PyTorch that trains, or lies on a graphics card
    if isinstance(matrix, np.ma.MaskedArray) and np.ma.is_masked(matrix):
        raise ValueError("the matrix has masked numbers; fill them first")
    try:
        array = np.asarray(matrix)
    except (TypeError, ValueError, RuntimeError) as error:
        # PyTorch's bfloat16, for example, which NumPy lacks.
        advice = "; convert it to float32 first" if hasattr(matrix, "dtype") else ""
        raise ValueError(f"the matrix cannot become a NumPy array: {error}{advice}") from error
    # Types of other libraries, such as bfloat16, are of kind V, as are structures.
    is_foreign = array.dtype.kind == "V" and array.dtype.type is not np.void
    if array.dtype.kind not in _REAL and not is_foreign:
        raise ValueError(f"the matrix holds {array.dtype} instead of real numbers")
    return array


def _from_arrow(column: pa.Array | pa.ChunkedArray) -> ArrowMatrix:
    chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    kind = chunked.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)):
        raise ValueError(f"the matrix must be an Arrow column of lists, not of {kind}")
    if not (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)):
        raise ValueError(f"the matrix holds {kind.value_type} instead of real numbers")
    if chunked.null_count or any(chunk.flatten().null_count for chunk in chunked.chunks):
        raise ValueError("the matrix has nulls; fill or drop them first")
    if not pa.types.is_fixed_size_list(kind):
        dim = len(chunked[0]) if len(chunked) else 0
        try:
            chunked = chunked.cast(pa.list_(kind.value_type, dim))
        except pa.ArrowInvalid as error:
            raise ValueError(f"the lists of the matrix must have one length: {error}") from error
    return ArrowMatrix(chunked)


def source_of(vectors: Any) -> SourceInfo:  # noqa: ANN401 - what `save` takes
    """Say where vectors come from: a store, a file that is mapped, or an object of some library."""
    if isinstance(vectors, WordVectors):
        return SourceInfo(name=vectors.path.name)
    if isinstance(vectors, np.memmap) and vectors.filename is not None:
        return SourceInfo(name=Path(vectors.filename).name, bytes=vectors.offset + vectors.nbytes)
    kind = type(vectors)
    return SourceInfo(name=f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}")
