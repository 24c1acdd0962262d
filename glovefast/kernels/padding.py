"""The kernel that copies sequences of different lengths into the rows of a matrix."""

from glovefast.kernels.registry import kernel


@kernel("int32[]", "int64[]", "int64", "int64", "int64", "int32[]")
def pad_rows(values, ends, columns, pad_front, cut_front, matrix):
    """Copy sequences into the rows of a matrix that is already filled with the padding value.

    Parameters
    ----------
    values : (n,) int32
        The concatenated values of the sequences.
    ends : (r + 1,) int64
        The bounds of the sequences in `values`.
    columns : int64
        The number of values in a row.
    pad_front, cut_front : int64
        Not 0 to pad shorter sequences in front, and to cut longer ones in front.
    matrix : (r * columns,) int32, written
        The rows.

    Returns
    -------
    int64
        The number of rows.
    """
    for row in range(len(ends) - 1):
        begin, end = ends[row], ends[row + 1]
        if end - begin > columns:
            if cut_front != 0:
                begin = end - columns
            else:
                end = begin + columns
        place = row * columns
        if pad_front != 0:
            place += columns - (end - begin)
        for position in range(begin, end):
            matrix[place] = values[position]
            place += 1
    return len(ends) - 1
