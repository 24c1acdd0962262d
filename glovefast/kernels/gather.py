"""The kernels that copy rows of one matrix into another, and convert their numbers on the way.

Every source is read as float32: float32 itself, float16, or int8 with a scale for each row. The result is
that float32, as NumPy converts it (see `glovefast.kernels.number_types`).
"""

import numpy as np

from glovefast.kernels import BAD_PLACE, SCALED_AT_ONCE, WORD_BLOCK_BYTES
from glovefast.kernels.intrinsics import copy_block, prefetch, scale_block
from glovefast.kernels.number_types import (
    as_float16,
    as_float32,
    as_float64,
    fits,
    is_beyond_float16,
    read_float16,
    read_float32,
    read_int8,
)
from glovefast.kernels.registry import kernel

_ROWS_AHEAD = 16
_LINE_BYTES = 64  # of the processor's caches
_AT_ONCE, _LANES = 16, np.uint64(16)
_COPIED_AT_ONCE = WORD_BLOCK_BYTES // 4

_NO_SCALE = np.float32(0)
_INT8_BYTES = 1  # the source's type that has scales


@kernel()
def _convert_row(read, convert, is_beyond, vectors, scales, row, begin, columns, matrix, to):
    """Convert the numbers of a row, and say how many are beyond the result's type; some may count twice."""
    beyond = 0
    # Read once: for all that the compiler knows, writing the matrix could change it.
    scale = scales[row] if row < len(scales) else _NO_SCALE
    if columns < _AT_ONCE:
        for column in range(columns):
            number = read(vectors, scale, begin + column)
            matrix[to + column] = convert(number)
            beyond += is_beyond(number)
        return beyond
    # A number of steps that is known here becomes vector instructions. The last step goes back a little where
    # the columns are not a multiple: converting a number twice is faster than single numbers.
    for step in range(0, columns, _AT_ONCE):
        column = min(step, columns - _AT_ONCE)
        # Unsigned, because places below 0 would be counted from the end, which keeps vectors from being used.
        source, target = np.uint64(begin + column), np.uint64(to + column)
        for lane in range(_LANES):
            number = read(vectors, scale, source + lane)
            matrix[target + lane] = convert(number)
            beyond += is_beyond(number)
    return beyond


@kernel()
def _copy_row(read, convert, is_beyond, vectors, scales, row, begin, columns, matrix, to):
    """Copy the float32 numbers of a row."""
    if columns < _COPIED_AT_ONCE:
        for column in range(columns):
            matrix[to + column] = vectors[begin + column]
        return 0
    for column in range(0, columns - _COPIED_AT_ONCE, _COPIED_AT_ONCE):
        copy_block(vectors, begin + column, matrix, to + column)
    copy_block(vectors, begin + columns - _COPIED_AT_ONCE, matrix, to + columns - _COPIED_AT_ONCE)
    return 0


@kernel()
def _scale_row(read, convert, is_beyond, vectors, scales, row, begin, columns, matrix, to):
    """Multiply the int8 numbers of a row by its scale."""
    scale = scales[row]
    if columns < SCALED_AT_ONCE:
        for column in range(columns):
            matrix[to + column] = read(vectors, scale, begin + column)
        return 0
    for column in range(0, columns - SCALED_AT_ONCE, SCALED_AT_ONCE):
        scale_block(vectors, begin + column, scale, matrix, to + column)
    scale_block(vectors, begin + columns - SCALED_AT_ONCE, scale, matrix, to + columns - SCALED_AT_ONCE)
    return 0


@kernel()
def _fill_zeros(matrix, begin, end):
    for place in range(np.uint64(begin), np.uint64(end)):
        matrix[place] = 0


@kernel()
def _gather(row_to, read, convert, is_beyond, vectors, scales, rows, indices, dim, fill_zeros, matrix):
    if dim <= 0:
        return 0
    if len(indices) != len(rows):
        return BAD_PLACE
    if vectors.itemsize == _INT8_BYTES and len(scales) * dim < len(vectors):
        return BAD_PLACE
    stored, columns = len(vectors) // dim, np.int64(dim)
    line = _LINE_BYTES // vectors.itemsize
    beyond = 0
    filled = np.int64(0)  # the numbers of the matrix before this place are written
    for word in range(len(rows)):
        row, to = rows[word], indices[word] * columns
        if row >= stored or to < filled or to + columns > len(matrix):
            return BAD_PLACE
        if word + _ROWS_AHEAD < len(rows):
            ahead = rows[word + _ROWS_AHEAD]
            if 0 <= ahead < stored:
                place = ahead * columns
                while place < (ahead + 1) * columns:  # `range` would divide by the step
                    prefetch(vectors, place)
                    place += line
        if fill_zeros != 0:
            _fill_zeros(matrix, filled, to if row >= 0 else to + columns)
        filled = to + columns
        if row >= 0:
            begin = row * columns
            beyond += row_to(read, convert, is_beyond, vectors, scales, row, begin, columns, matrix, to)
    if fill_zeros != 0:
        _fill_zeros(matrix, filled, len(matrix))
    return beyond


@kernel("float32[]", "float32[]", "int64[]", "int64[]", "int64", "int64", "float32[]")
def gather_float32_as_float32(vectors, scales, rows, indices, dim, fill_zeros, matrix):
    """Copy rows of a matrix to places of another one.

    The other kernels of this module differ in their source and their result only. Both are named after the
    types; float16 is passed as uint16.

    Parameters
    ----------
    vectors : (w * dim,) of the source's type
        The rows.
    scales : (w,) float32
        What the numbers of each row are multiplied by; of an int8 source only, otherwise empty.
    rows : (n,) int64
        The rows to copy; a negative one stands for zeros.
    indices : (n,) int64, ascending
        The row of `matrix` for each.
    dim : int64
        The numbers in a row.
    fill_zeros : int64
        Not 0 to write zeros wherever nothing is copied to; otherwise `matrix` has them already.
    matrix : (r * dim,) of the result's type, written
        The result.

    Returns
    -------
    int64
        How many finite numbers became infinite in a smaller type; `BAD_PLACE` if a row is not in `vectors` or
        an index is not in its order or not in `matrix`.
    """
    return _gather(
        _copy_row, read_float32, as_float32, fits, vectors, scales, rows, indices, dim, fill_zeros, matrix
    )


@kernel("float32[]", "float32[]", "int64[]", "int64[]", "int64", "int64", "float64[]")
def gather_float32_as_float64(vectors, scales, rows, indices, dim, fill_zeros, matrix):
    """Copy rows; see `gather_float32_as_float32`."""
    return _gather(
        _convert_row, read_float32, as_float64, fits, vectors, scales, rows, indices, dim, fill_zeros, matrix
    )


@kernel("float32[]", "float32[]", "int64[]", "int64[]", "int64", "int64", "uint16[]")
def gather_float32_as_float16(vectors, scales, rows, indices, dim, fill_zeros, matrix):
    """Copy rows; see `gather_float32_as_float32`."""
    return _gather(
        _convert_row,
        read_float32,
        as_float16,
        is_beyond_float16,
        vectors,
        scales,
        rows,
        indices,
        dim,
        fill_zeros,
        matrix,
    )


@kernel("uint16[]", "float32[]", "int64[]", "int64[]", "int64", "int64", "float32[]")
def gather_float16_as_float32(vectors, scales, rows, indices, dim, fill_zeros, matrix):
    """Copy rows; see `gather_float32_as_float32`."""
    return _gather(
        _convert_row, read_float16, as_float32, fits, vectors, scales, rows, indices, dim, fill_zeros, matrix
    )


@kernel("uint16[]", "float32[]", "int64[]", "int64[]", "int64", "int64", "float64[]")
def gather_float16_as_float64(vectors, scales, rows, indices, dim, fill_zeros, matrix):
    """Copy rows; see `gather_float32_as_float32`."""
    return _gather(
        _convert_row, read_float16, as_float64, fits, vectors, scales, rows, indices, dim, fill_zeros, matrix
    )


@kernel("uint16[]", "float32[]", "int64[]", "int64[]", "int64", "int64", "uint16[]")
def gather_float16_as_float16(vectors, scales, rows, indices, dim, fill_zeros, matrix):
    """Copy rows; see `gather_float32_as_float32`."""
    return _gather(
        _convert_row,
        read_float16,
        as_float16,
        is_beyond_float16,
        vectors,
        scales,
        rows,
        indices,
        dim,
        fill_zeros,
        matrix,
    )


@kernel("int8[]", "float32[]", "int64[]", "int64[]", "int64", "int64", "float32[]")
def gather_int8_as_float32(vectors, scales, rows, indices, dim, fill_zeros, matrix):
    """Copy rows; see `gather_float32_as_float32`."""
    return _gather(
        _scale_row, read_int8, as_float32, fits, vectors, scales, rows, indices, dim, fill_zeros, matrix
    )


@kernel("int8[]", "float32[]", "int64[]", "int64[]", "int64", "int64", "float64[]")
def gather_int8_as_float64(vectors, scales, rows, indices, dim, fill_zeros, matrix):
    """Copy rows; see `gather_float32_as_float32`."""
    return _gather(
        _convert_row, read_int8, as_float64, fits, vectors, scales, rows, indices, dim, fill_zeros, matrix
    )


@kernel("int8[]", "float32[]", "int64[]", "int64[]", "int64", "int64", "uint16[]")
def gather_int8_as_float16(vectors, scales, rows, indices, dim, fill_zeros, matrix):
    """Copy rows; see `gather_float32_as_float32`."""
    return _gather(
        _convert_row,
        read_int8,
        as_float16,
        is_beyond_float16,
        vectors,
        scales,
        rows,
        indices,
        dim,
        fill_zeros,
        matrix,
    )
