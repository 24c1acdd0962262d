"""The kernel that pads rows of different lengths to a matrix."""

from glovefast.kernels.registry import kernel


@kernel("int32[]", "int64[]", "int64", "int64", "int64", "int32[]")
def pad_rows(values, ends, columns, pad_front, cut_front, matrix):
    """Write sequences into the rows of a matrix that is filled with padding already.

    Parameters
    ----------
    values : (n,) int32
        The sequences' values, one after the other.
    ends : (r + 1,) int64
        Where the sequences begin and end.
    columns : int64
        Values per row.
    pad_front, cut_front : int64
        Not 0 if what is shorter than a row ends with it, and if what is longer loses its beginning.
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
