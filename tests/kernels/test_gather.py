"""The kernels that gather rows, compared bit for bit with NumPy's take and astype."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.kernels import BAD_PLACE
from glovefast.kernels.load import load_kernels
from tests.helpers.switches import SWITCHES, passes_with

SOURCES = ["float32", "float16", "int8"]
RESULTS = ["float32", "float64", "float16"]
STORED = 7
NO_SCALES = np.empty(0, np.float32)

IN_PYTHON = os.environ.get("NUMBA_DISABLE_JIT", "0") != "0"


def as_kernels_take_it(numbers):
    """Kernels know float16 as uint16."""
    return numbers.view(np.uint16) if numbers.dtype == np.float16 else numbers


def gather(vectors, rows, indices, matrix, scales=NO_SCALES, fill_zeros=True):
    name = f"gather_{vectors.dtype.name}_as_{matrix.dtype.name}"
    return getattr(load_kernels(name), name)(
        as_kernels_take_it(vectors).reshape(-1),
        scales,
        np.array(rows, np.int64),
        np.array(indices, np.int64),
        vectors.shape[1],
        int(fill_zeros),
        as_kernels_take_it(matrix).reshape(-1),
    )


def gathered(vectors, rows, indices, shape, dtype, scales):
    """Do the same with NumPy: everything as float32 first."""
    numbers = vectors.astype(np.float32)
    if vectors.dtype == np.int8:
        numbers = numbers * scales[:, None]
    expected = np.zeros(shape, dtype)
    found = np.array(rows, np.int64) >= 0
    with np.errstate(all="ignore"):
        expected[np.array(indices, np.int64)[found]] = numbers[np.array(rows, np.int64)[found]].astype(dtype)
    return expected


def drawn(source, dim, seed=0):
    generator = np.random.default_rng(seed)
    if source == "int8":
        return generator.integers(-128, 128, (STORED, dim)).astype(np.int8)
    return (generator.normal(size=(STORED, dim)) * 10.0 ** generator.integers(-9, 6, (STORED, dim))).astype(
        source
    )


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@given(data=st.data())
def test_rows(source, result, data):
    dim, input_dim = data.draw(st.integers(1, 50)), data.draw(st.integers(1, 30))
    indices = sorted(data.draw(st.sets(st.integers(0, input_dim - 1))))
    rows = data.draw(st.lists(st.integers(-1, STORED - 1), min_size=len(indices), max_size=len(indices)))
    vectors = drawn(source, dim)
    scales = np.linspace(0.001, 3, STORED).astype(np.float32) if source == "int8" else NO_SCALES
    expected = gathered(vectors, rows, indices, (input_dim, dim), result, scales)
    matrix = np.full((input_dim, dim), np.nan, result)
    assert gather(vectors, rows, indices, matrix, scales) >= 0
    assert matrix.tobytes() == expected.tobytes()
    zeros = np.zeros((input_dim, dim), result)
    gather(vectors, rows, indices, zeros, scales, fill_zeros=False)
    assert zeros.tobytes() == expected.tobytes()


def test_only_rows_are_written_where_zeros_are_there_already():
    matrix = np.full((4, 3), 7, np.float32)
    gather(np.ones((STORED, 3), np.float32), [2, -1], [1, 2], matrix, fill_zeros=False)
    assert matrix[:, 0].tolist() == [7, 1, 7, 7]


def converted(numbers, result):
    matrix = np.empty((1, numbers.size), result)
    beyond = gather(numbers.reshape(1, -1), [0], [0], matrix)
    return matrix[0], beyond


@pytest.mark.parametrize("result", RESULTS)
def test_every_float16_is_read(result):
    halves = np.arange(1 << 16, dtype=np.uint16)[:: 97 if IN_PYTHON else 1].view(np.float16)
    found, beyond = converted(halves, result)
    with np.errstate(invalid="ignore"):  # NumPy warns of some that are not numbers
        expected = halves.astype(np.float32).astype(result)
    assert as_kernels_take_it(found).tobytes() == as_kernels_take_it(expected).tobytes()
    assert beyond == 0


def test_float32_is_rounded_to_float16_as_numpy_does_it():
    """At every float16 number and at the middle between two, a little below and above; infinities and nan."""
    halves = np.arange(1 << 16, dtype=np.uint16)[:: 997 if IN_PYTHON else 1].view(np.float16)
    near = [-0x1001, -0x1000, -0xFFF, -1, 0, 1, 0x7FF, 0xFFF, 0x1000, 0x1001]
    bits = halves.astype(np.float32).view(np.uint32).astype(np.int64)[:, None] + near
    numbers = bits.astype(np.uint32).view(np.float32).ravel()
    with np.errstate(all="ignore"):
        expected = numbers.astype(np.float16)
    found, _ = converted(numbers, "float16")
    is_number = ~np.isnan(numbers)
    assert found[is_number].tobytes() == expected[is_number].tobytes()
    assert np.isnan(found[~is_number]).all()


@pytest.mark.parametrize(
    ("number", "is_beyond"), [(65519.0, False), (65520.0, True), (-1e9, True), (np.inf, False)]
)
@pytest.mark.parametrize("dim", [1, 16, 21])
def test_numbers_beyond_float16_are_counted(number, is_beyond, dim):
    numbers = np.zeros(dim, np.float32)
    numbers[-1] = number
    found, beyond = converted(numbers, "float16")
    assert (beyond > 0) == is_beyond
    assert np.isinf(found[-1]) == (is_beyond or np.isinf(number))
    assert converted(numbers, "float64")[1] == 0


@pytest.mark.parametrize(
    ("rows", "indices"),
    [([STORED], [0]), ([0], [4]), ([0], [-1]), ([0, 1], [1, 1]), ([0, 1], [2, 1]), ([0], [])],
)
@pytest.mark.parametrize("result", RESULTS)
def test_places_that_are_not_there(rows, indices, result):
    matrix = np.zeros((4, 3), result)
    assert gather(np.ones((STORED, 3), np.float32), rows, indices, matrix) == BAD_PLACE


@pytest.mark.parametrize("scales", [0, STORED - 1])
@pytest.mark.parametrize("result", RESULTS)
def test_scales_that_are_not_there(result, scales):
    vectors, matrix = np.ones((STORED, 3), np.int8), np.empty((1, 3), result)
    assert gather(vectors, [0], [0], matrix, np.ones(scales, np.float32)) == BAD_PLACE


def test_vectors_without_numbers():
    assert gather(np.empty((STORED, 0), np.float32), [0], [0], np.empty((1, 0), np.float32)) == 0


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES)
def test_gathering_with_a_switch(switch, tmp_path):
    passes_with(switch, __file__, "not switch", tmp_path)
