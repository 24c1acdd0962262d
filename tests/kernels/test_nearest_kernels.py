"""The kernels of the neighbors: the best products of blocks, and products of pairs in float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.kernels import BAD_PLACE
from glovefast.kernels.load import load_kernels
from tests.helpers.switches import SWITCHES, passes_with

NO_ROW = np.iinfo(np.int64).max
# Few different numbers: ties are what a heap may get wrong.
NUMBERS = [0.0, 1.0, -1.0, 0.5, 2.0, np.nan, np.inf, -np.inf]


def heap(queries, k):
    return np.full(queries * k, -np.inf, np.float32), np.full(queries * k, NO_ROW, np.int64)


@given(data=st.data())
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_the_best_of_blocks(data):
    """The k best of each query, the lowest rows of equal ones; blocks with and without a part of 64."""
    queries, k = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 20))
    lengths = data.draw(st.lists(st.sampled_from([1, 5, 63, 64, 65, 130]), min_size=1, max_size=3))
    generator = np.random.default_rng(data.draw(st.integers(0, 1000)))
    similarities, rows = heap(queries, k)
    products = generator.choice(np.array(NUMBERS, np.float32), (queries, sum(lengths)))
    factors = generator.choice(np.array([1, 2, -1, 0, np.nan], np.float32), sum(lengths))
    first = 0
    for length in lengths:
        part = slice(first, first + length)
        block = np.ascontiguousarray(products[:, part]).reshape(-1)
        assert load_kernels("keep_best").keep_best(block, factors[part], first, similarities, rows) == queries
        first += length
    values = products * factors
    for query in range(queries):
        kept = np.flatnonzero(values[query] > -np.inf)
        expected = sorted(kept, key=lambda row: (-values[query, row], row))[:k]
        part = slice(query * k, query * k + k)
        order = np.lexsort((rows[part], -similarities[part]))
        assert rows[part][order].tolist() == expected + [NO_ROW] * (k - len(expected))
        assert similarities[part][order][: len(expected)].tolist() == values[query, expected].tolist()
        assert similarities[part][0] == similarities[part].min()


@pytest.mark.parametrize(
    ("products", "factors", "kept"), [(10, 4, 2), (8, 4, 3), (12, 4, 2)], ids=["block", "rows", "queries"]
)
def test_lengths_that_do_not_fit(products, factors, kept):
    similarities, rows = heap(1, kept)
    keep_best = load_kernels("keep_best").keep_best
    arrays = np.ones(products, np.float32), np.ones(factors, np.float32)
    assert keep_best(*arrays, 0, similarities, rows) == BAD_PLACE
    assert keep_best(*arrays, 0, similarities[:-1], rows) == BAD_PLACE
    assert rows.tolist() == [NO_ROW] * kept


def test_nothing_to_keep():
    keep_best, nothing = load_kernels("keep_best").keep_best, np.empty(0, np.float32)
    assert keep_best(nothing, nothing, 0, *heap(1, 2)) == 0
    assert keep_best(nothing, np.ones(2, np.float32), 0, *heap(1, 2)) == 0
    assert keep_best(np.ones(2, np.float32), np.ones(2, np.float32), 0, *heap(1, 0)) == 0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_pairs():
    """Bit for bit what Python's floats give, one after the other."""
    generator = np.random.default_rng(3)
    ones, others = (
        (generator.normal(size=(50, 7)) * 10.0 ** generator.integers(-44, 38, (50, 7))).astype(np.float32)
        for _ in range(2)
    )
    ones[3], others[4, 2], others[5, 6], ones[6, 0] = 0, np.nan, np.inf, -np.inf
    products, squares = np.empty(50), np.empty(50)
    multiply_pairs = load_kernels("multiply_pairs").multiply_pairs
    assert multiply_pairs(ones.reshape(-1), others.reshape(-1), 7, products, squares) == 50
    for pair in range(50):
        product = one_square = other_square = 0.0
        for one, other in zip(ones[pair].tolist(), others[pair].tolist(), strict=True):
            product += one * other
            one_square += one * one
            other_square += other * other
        expected = np.array([product, one_square * other_square])
        assert np.array_equal([products[pair], squares[pair]], expected, equal_nan=True)
    assert multiply_pairs(ones.reshape(-1), others.reshape(-1), 6, products, squares) == BAD_PLACE
    assert multiply_pairs(ones.reshape(-1), others[1:].reshape(-1), 7, products, squares) == BAD_PLACE
    assert multiply_pairs(ones.reshape(-1), others.reshape(-1), 7, products, squares[1:]) == BAD_PLACE


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES)
def test_with_a_switch(switch, tmp_path):
    passes_with(switch, __file__, "not switch", tmp_path)
