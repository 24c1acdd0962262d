"""The kernels that search for neighbors: one keeps the best products, one multiplies pairs exactly enough."""

import numpy as np

from glovefast.kernels import BAD_PLACE
from glovefast.kernels.comparison import products_above
from glovefast.kernels.intrinsics import trailing_zeros, without_lowest_bit
from glovefast.kernels.registry import kernel

_AT_ONCE = 64


@kernel()
def _replace_worst(similarities, rows, base, size, similarity, row):
    """Put a row in the place of the worst one of a heap, and find the heap's new worst."""
    place = np.int64(0)
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        other = child + 1
        if other < size:
            one_is, other_is = similarities[base + child], similarities[base + other]
            if other_is < one_is or (other_is == one_is and rows[base + other] > rows[base + child]):
                child = other
        below = similarities[base + child]
        if below > similarity or (below == similarity and rows[base + child] < row):
            break
        similarities[base + place] = below
        rows[base + place] = rows[base + child]
        place = child
    similarities[base + place] = similarity
    rows[base + place] = row


@kernel("float32[]", "float32[]", "int64", "float32[]", "int64[]")
def keep_best(products, factors, first_row, similarities, rows):
    """Keep the best rows of each query, of the ones kept so far and of another block.

    Of equal similarities, the lowest rows are kept, if the blocks come in the order of the rows. A product
    that is not a number is never kept.

    Parameters
    ----------
    products : (n * block,) float32
        The products of n queries with the rows of the block.
    factors : (block,) float32
        What the products with each row are multiplied by.
    first_row : int64
        The number of the block's first row.
    similarities, rows : (n * k,) float32 and int64, read and written
        A heap for each query, with its worst row in front: the similarities and the rows. At the beginning
        they hold -inf and the largest int64.

    Returns
    -------
    int64
        The number of queries, or `BAD_PLACE` if the lengths do not fit.
    """
    block = len(factors)
    if block == 0 or len(rows) == 0:
        return 0
    queries = len(products) // block
    if queries == 0:
        return 0
    size = len(rows) // queries
    if queries * block != len(products) or queries * size != len(rows) or len(similarities) != len(rows):
        return BAD_PLACE
    for query in range(queries):
        begin, base = query * block, query * size
        worst = similarities[base]
        step = np.int64(0)
        while step + _AT_ONCE <= block:
            above = products_above(products, begin + step, factors, step, worst)
            while above != 0:
                column = step + trailing_zeros(above)
                above = without_lowest_bit(above)
                similarity = products[begin + column] * factors[column]
                if similarity > worst:  # which has changed since
                    _replace_worst(similarities, rows, base, size, similarity, first_row + column)
                    worst = similarities[base]
            step += _AT_ONCE
        for column in range(step, block):
            similarity = products[begin + column] * factors[column]
            if similarity > worst:
                _replace_worst(similarities, rows, base, size, similarity, first_row + column)
                worst = similarities[base]
    return queries


@kernel("float32[]", "float32[]", "int64", "float64[]", "float64[]")
def multiply_pairs(ones, others, dim, products, squares):
    """Multiply pairs of rows in float64, always in the same order of additions.

    Parameters
    ----------
    ones, others : (n * dim,) float32
        The rows of the pairs.
    dim : int64
        The numbers in a row.
    products : (n,) float64, written
        The product of the two.
    squares : (n,) float64, written
        The product of the squares of their norms; float64 holds what float32 rows can have.

    Returns
    -------
    int64
        The number of pairs, or `BAD_PLACE` if the lengths do not fit.
    """
    if len(ones) != len(products) * dim or len(others) != len(ones) or len(squares) != len(products):
        return BAD_PLACE
    for pair in range(len(products)):
        product, one_square, other_square = 0.0, 0.0, 0.0
        for place in range(pair * dim, pair * dim + dim):
            one, other = np.float64(ones[place]), np.float64(others[place])
            product += one * other
            one_square += one * one
            other_square += other * other
        products[pair] = product
        squares[pair] = one_square * other_square
    return len(products)
