"""float16 and int8: rounded as the reference rounds, and read back as NumPy reads the files."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from glovefast.store.rounded_rows import RoundedRows
from glovefast.store.rounding import checked_number_type, rounded, row_check
from tests import reference
from tests.helpers.switches import SWITCHES, passes_with

HALVES = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(np.float32)
NORMAL, SUBNORMAL, LARGEST = 2.0**-14, 2.0**-24, 65504.0

bits = st.integers(0, 2**32 - 1)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
rows = arrays(np.float32, st.tuples(st.integers(0, 4), st.integers(1, 5)), elements=finite)


def halves(numbers) -> np.ndarray:
    return rounded(np.array([numbers], dtype=np.float32), "float16").numbers[0].view(np.uint16)


@given(st.lists(finite, min_size=1))
def test_float16_is_the_nearest(numbers):
    expected = [reference.float16_bits(np.float32(number)) for number in numbers]
    assert halves(numbers).tolist() == expected


@given(st.lists(bits, min_size=1))
def test_float16_is_what_numpy_gives(numbers):
    """All bits but the payload of nan, of which processors make different things."""
    array = np.array(numbers, dtype=np.uint32).view(np.float32)
    with np.errstate(over="ignore", under="ignore"):
        expected = array.astype(np.float16)
    found = halves(array).view(np.float16)
    is_nan = np.isnan(array)
    assert reference.same_bits(found[~is_nan], expected[~is_nan])
    assert np.isnan(found[is_nan]).all()
    assert (np.signbit(found) == np.signbit(array)).all()


def test_every_float16_and_every_tie_between_two():
    """A tie goes to the even neighbor, and the next float32 on either side to the nearer one."""
    ties = (HALVES[:-1] + HALVES[1:]) / 2
    even = np.arange(0x7BFF, dtype=np.uint16)
    even += even % 2
    assert halves(HALVES).tolist() == list(range(0x7C00))
    assert (halves(-HALVES) == np.arange(0x7C00) + 0x8000).all()
    assert (halves(ties) == even).all()
    assert (halves(np.nextafter(ties, np.float32(0))) == np.arange(0x7BFF)).all()
    assert (halves(np.nextafter(ties, np.float32(np.inf))) == np.arange(1, 0x7C00)).all()


@pytest.mark.parametrize(
    ("number", "half"),
    [
        (0.0, 0),
        (-0.0, 0x8000),
        (SUBNORMAL, 1),
        (SUBNORMAL / 2, 0),
        (np.nextafter(np.float32(SUBNORMAL / 2), np.float32(1)), 1),
        (1e-45, 0),
        (-1e-45, 0x8000),
        (NORMAL, 0x400),
        (NORMAL - SUBNORMAL, 0x3FF),
        (LARGEST, 0x7BFF),
        (np.nextafter(np.float32(65520), np.float32(0)), 0x7BFF),
        (65520.0, 0x7C00),
        (3e38, 0x7C00),
        (np.inf, 0x7C00),
        (-np.inf, 0xFC00),
    ],
)
def test_float16_at_the_edges(number, half):
    assert halves([number]).tolist() == [half]


@given(rows)
def test_int8_is_the_nearest(matrix):
    found = rounded(matrix, "int8")
    expected = [reference.int8_row(row) for row in matrix]
    assert found.numbers.dtype == np.int8
    assert found.numbers.tolist() == [integers for integers, _ in expected]
    assert reference.same_bits(found.scales, np.array([scale for _, scale in expected], dtype=np.float32))


def test_int8_ties_go_to_the_even_one():
    row = np.array([127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 126.5, -0.0], dtype=np.float32)
    found = rounded(row[None], "int8")
    assert found.scales.tolist() == [1]
    assert found.numbers.tolist() == [[127, 0, 2, 2, 0, -2, -2, 126, 0]]


@pytest.mark.parametrize("number", [0.0, -0.0, 1e-45, 3.4e38, 1.0])
def test_int8_rows_of_one_magnitude(number):
    """A row of zeros has the scale 0; so has one whose largest number has no 127th in float32."""
    found = rounded(np.array([[number, -number]], dtype=np.float32), "int8")
    full = 127 if number > 1e-45 else 0
    assert found.numbers.tolist() == [[full, -full]]
    assert found.scales.tolist() == [np.float32(number) / np.float32(127)]


def test_the_largest_numbers_stay_finite_as_int8():
    """Their scale is rounded down: a 127th of the largest float32, rounded up, would give infinity again."""
    largest = np.finfo(np.float32).max
    found = rounded(np.array([[largest, -largest, 0]], dtype=np.float32), "int8")
    assert found.numbers.tolist() == [[127, -127, 0]]
    read = np.asarray(RoundedRows(found.numbers, found.scales))
    assert np.isfinite(read).all()
    assert read[0, 0] > np.float32(0.999999) * largest


def test_float32_is_not_copied():
    matrix = np.ones((3, 2), dtype=np.float32)
    assert rounded(matrix, "float32").numbers is matrix


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [">f4", "f8", "i2"])
def test_other_layouts_are_made_contiguous(order, dtype):
    matrix = np.array([[1, 2, 3], [-4, 5, 6]], dtype=dtype, order=order)
    for kind in ("float32", "float16", "int8"):
        found = rounded(matrix, kind)
        assert (np.asarray(RoundedRows(found.numbers, found.scales)).round() == matrix).all()


@given(rows, st.data())
def test_rows_read_back_as_numpy_reads_the_files(matrix, data):
    matrix = matrix.clip(-65504, 65504)
    some = data.draw(st.lists(st.integers(0, len(matrix) - 1)) if len(matrix) else st.just([]))
    for kind in ("float16", "int8"):
        found = rounded(matrix, kind)
        expected = found.numbers.astype(np.float32)
        if kind == "int8":
            expected *= found.scales[:, None]
        read = RoundedRows(found.numbers, found.scales)
        assert (read.shape, read.ndim, read.dtype, len(read)) == (matrix.shape, 2, np.float32, len(matrix))
        assert reference.same_bits(np.asarray(read), expected)
        assert reference.same_bits(read[1:3], expected[1:3])
        assert reference.same_bits(read.take(np.array(some, dtype=np.int64)), expected[some])
        for row in some:
            assert reference.same_bits(read[row], expected[row])


def test_rounded_rows_cannot_be_an_array_without_a_copy():
    read = RoundedRows(np.ones((2, 2), dtype=np.float16), None)
    with pytest.raises(ValueError, match="need a copy to become float32"):
        np.asarray(read, copy=False)
    assert np.asarray(read, dtype=np.float64).dtype == np.float64


@pytest.mark.parametrize("dtype", ["float16", np.float16, np.dtype("float16"), "f2", "<f2"], ids=repr)
def test_types_have_several_names(dtype):
    assert checked_number_type(dtype) == "float16"


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "", None, "uint8", 3, "no such type"])
def test_other_types_are_refused(dtype):
    with pytest.raises(ValueError, match="dtype must be 'float32', 'float16' or 'int8', not"):
        checked_number_type(dtype)


def test_rows_that_a_type_cannot_hold():
    matrix = np.array([[1, 65519], [2, np.inf], [np.nan, -65520], [1e30, 7]], dtype=np.float32)
    assert row_check("float32") is None
    assert row_check("float16")(matrix) == {
        2: "number 2 is -65520.0, which is too large for float16",
        3: f"number 1 is {np.float32(1e30)}, which is too large for float16",
    }
    assert row_check("int8")(matrix) == {
        1: "number 2 is inf, which cannot be stored as int8",
        2: "number 1 is nan, which cannot be stored as int8",
    }


def test_rows_that_are_not_there():
    read = RoundedRows(np.ones((3, 2), dtype=np.int8), np.ones(3, dtype=np.float32))
    for rows in ([3], [0, -1]):
        with pytest.raises(IndexError, match="rows must be from 0 to 2"):
            read.take(np.array(rows))


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES)
def test_rounding_with_a_switch(switch, tmp_path):
    passes_with(switch, __file__, "int8 or hold", tmp_path)
