"""The two correlations, compared with exact sums and with SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from glovefast.queries.correlation import average_ranks, pearson, spearman
from tests.reference import evaluation as reference

# Few different numbers, so that there are ties.
NUMBERS = st.sampled_from([0.0, 1.0, 1.5, 2.0, -3.0, 7.25, 10.0])
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=20)


@given(PAIRS)
def test_any_numbers(pairs):
    one, other = np.array(pairs, dtype=float).reshape(-1, 2).T
    ranks = [reference.average_ranks(list(numbers)) for numbers in (one, other)]
    assert average_ranks(one).tolist() == ranks[0]
    for found, expected in (
        (pearson(one, other), reference.pearson(one, other)),
        (spearman(one, other), reference.pearson(*ranks)),
    ):
        assert (found is None) == (expected is None)
        assert found is None or found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("size", [2, 3, 353])
def test_as_scipy_computes_them(size):
    generator = np.random.default_rng(size)
    one = np.round(generator.normal(size=size), 1)
    other = np.round(one + generator.normal(size=size), 1)
    assert pearson(one, other) == pytest.approx(stats.pearsonr(one, other)[0], abs=1e-12)
    assert spearman(one, other) == pytest.approx(stats.spearmanr(one, other)[0], abs=1e-12)
    assert average_ranks(one).tolist() == stats.rankdata(one).tolist()


@pytest.mark.parametrize("numbers", [[], [1.0], [2.0, 2.0, 2.0], [0.0, 0.0]])
def test_a_correlation_that_is_undefined(numbers):
    numbers = np.array(numbers)
    rising = np.arange(len(numbers), dtype=float)
    assert pearson(numbers, rising) is None
    assert spearman(rising, numbers) is None


def test_huge_and_tiny_numbers():
    one = np.array([1e300, -1e300, 5e299, 0])
    assert pearson(one, one) == pytest.approx(1)
    assert pearson(one, -one * 1e-305) == pytest.approx(-1)
