"""Numbers, words and lines as the kernel reads them, bit for bit against Python and NumPy."""

import io
import itertools
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.kernels import LANES
from glovefast.parser import blocks as parser
from glovefast.parser import chunks
from glovefast.parser.blocks import Block, BlockParser
from glovefast.parser.chunks import ChunkReader, TextBuffer
from glovefast.parser.separators import separator_of
from tests.helpers.switches import SWITCHES, passes_with
from tests.reference import judge_lines, read_rows, same_bits

SHORT_FORMS = """
    0 -0 +0 00 -00.0 0. -.0 5 -5 +5 5. -5. .5 -.5 +.5 007.5 1.2345678 -1.2345678 9.99999999 9.999999999
    12345678.12345678 0.00000000 0.000000001 000000000000000000000000000000.5 0.000000000000000000000000000000
    1e5 1E5 1e+5 1e-05 1.e3 .5e1 -6.3681e-05 1e005 0e5 -0e-5 1e00
    1e00000000000000000005 1e-00000000000000000005
    1234567890123456789 1234567890123456789.5 12345678901234567890000 0.123456789012345678901234
    18446744073709551615 18446744073709551616 9999999999999999999 99999999999999999999
    3.4028234663852886e38 3.4028235677973362e38 3.4028235677973366e38 -3.4028236e38 1e39 -1e308 1e309 -1e400
    1.1754943508222875e-38 1.1754942e-38 1.4e-45 1e-45 7.006492321624085e-46 7.0064924e-46 7e-46 -7e-46 1e-46
    1e280 1e281 1e300 1e-280 1e-281 1e-400 1e99999 1e-99999 0e99999
"""
FORMS = [
    *SHORT_FORMS.split(),
    # Where float64 holds mantissa and power no longer exactly.
    *(f"{sign}{2**53 + more}" for more in (-1, 0, 1, 2) for sign in ("", "-", "0.", "-1.")),
    *(f"{2**53 + more}e{power}" for more in (-1, 1) for power in (-23, -22, -21, 21, 22, 23)),
    # Digits beyond all that is held, and powers that only together make a number of the usual size.
    *("0." + "0" * 300 + "1e300", "1" + "0" * 300 + "e-300", "1" + "0" * 300 + "e-330"),
    *("1" * 10_000, "0." + "3" * 10_000, "1" * 10_000 + "e-9999", "-0." + "0" * 10_000 + "7e10000"),
]
# What float() takes besides decimal numbers: names, underscores, other alphabets' digits, white space around.
ODD_FORMS = [
    *("nan", "NaN", "-nan", "+nan", "inf", "-inf", "+INF", "infinity", "-Infinity", "1_000", "1_0.0_1"),
    *("1e1_0", "\u0663.\u0665", "\uff11\uff12", "-\uff11.\uff15e-\uff13", "\t1.5", "1.5\t", "\xa01.5"),
]
NO_NUMBERS = [
    *("", "-", "+", ".", "-.", "+.", "e5", ".e5", "1e", "1e+", "1e-", "--1", "+-1", "-+1", "1.2.3", "1..2"),
    *("1,5", "0x1p3", "1__0", "_1", "1_", "nanx", "infi", "1e5.0", "1.5f", "½", "1.5\0", "1-2", "1e5-"),
    *("1/5", "1:5", "0./", "0.:", "0.1234:678", "0.12/45678", "/.5", ":.5", "a.bcdefgh", "x1.2345678"),
]


class Bytes(io.BytesIO):
    name = "bytes"


def parse(text: bytes, dim: int, **options) -> list[Block]:
    """Parse a text chunk by chunk, with a parser for each, since a block's arrays are the parser's."""
    reader, buffer, blocks = ChunkReader(Bytes(text)), TextBuffer(), []
    while reader.read(buffer) is not None:
        block = BlockParser(dim, **options).parse(buffer)
        block.bad_lines = list(block.bad_lines)  # explained now, since the next chunk takes the buffer
        blocks.append(block)
    return blocks


def parsed(text: bytes, dim: int) -> tuple[list[str], np.ndarray]:
    """Parse a text without bad lines into its words and rows."""
    blocks = parse(text, dim)
    assert [bad for block in blocks for bad in block.bad_lines] == []
    words = [word for block in blocks for word in block.words.to_pylist()]
    return words, np.concatenate([block.rows for block in blocks])


def assert_numbers(fields: list[str], dim: int = 1) -> None:
    """Compare with NumPy: one by one if there are fewer than `LANES` in a row, and so many at once."""
    assert_numbers_in_rows(fields, dim)
    assert_numbers_in_rows(fields, dim + LANES)


def assert_numbers_in_rows(fields: list[str], dim: int) -> None:
    fields = fields + ["1"] * (-len(fields) % dim)
    rows = ["w " + " ".join(fields[start : start + dim]) for start in range(0, len(fields), dim)]
    numbers = parsed("\n".join(rows).encode(), dim)[1].ravel()
    with np.errstate(over="ignore"):
        expected = np.asarray(fields, dtype="float32")
    different = np.flatnonzero(numbers.view(np.uint32) != expected.view(np.uint32))
    assert [(fields[n], numbers[n], expected[n]) for n in different] == []


@pytest.fixture
def left_to_python(monkeypatch):
    """The fields that the kernel does not read itself."""
    fields = []

    def read_number(value):
        fields.append(value.decode())
        return float(value.decode())

    monkeypatch.setattr(parser, "read_number", read_number)
    return fields


@pytest.mark.parametrize("dim", [1, 2, 7, 8])
def test_forms_of_numbers(dim):
    assert_numbers(FORMS + ODD_FORMS + FORMS[::-1], dim)


def test_decimal_numbers_are_read_by_the_kernel(left_to_python):
    """All but those at which float32 rounds the other way, and those far beyond the sizes of float64."""
    assert_numbers(FORMS)
    assert {field for field in left_to_python if len(field) < 100} == {
        *(
            "3.4028235677973362e38",
            "3.4028235677973366e38",
            "7.006492321624085e-46",
            "1e281",
            "1e300",
            "-1e308",
        ),
        *("1e309", "-1e400", "1e-281", "1e-400", "1e99999", "1e-99999", "0e99999"),
    }


@pytest.mark.parametrize("field", NO_NUMBERS)
def test_forms_that_are_no_number(field):
    text = f"v 1 2 3\nw 1 {field} 2\nx 4 5 6\n".encode()
    (block,) = parse(text, 3)
    assert block.words.to_pylist() == ["v", "x"]
    assert block.rows.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert block.row_lines.tolist() == [0, 2]
    (bad,) = block.bad_lines
    assert (bad.line, bad.kept) == (1, False)
    what = f"{field!r} in column 5, after the word 'w', is not a number"
    assert bad.reason.startswith(
        what if field else "column 5 is empty where a number must follow the word 'w'"
    )


def test_integer_and_fraction_digits():
    generator = np.random.default_rng(1)
    fields = []
    for integer_digits in range(1, 10):
        for fraction_digits in range(26):
            for first in "019":
                digits = "".join(map(str, generator.integers(0, 10, integer_digits + fraction_digits)))
                number = first + digits[1:integer_digits] + "." + digits[integer_digits:]
                exponent = generator.integers(-30, 30)
                fields += [number, f"-{number}", number.rstrip("."), f"{number}e{exponent}"]
    assert_numbers(fields, dim=9)


@pytest.mark.parametrize("form", ["%.5g", "%.9g", "%.17g", "%.18e", "%r", "%.8f", "%.3f"])
def test_random_float32(form, left_to_python):
    generator = np.random.default_rng(2)
    bits = generator.integers(0, 2**32, 20_000, dtype=np.uint32).view(np.float32)
    anywhere = bits[np.isfinite(bits)].astype(float).tolist()
    usual = generator.normal(0, 0.5, 20_000).astype(np.float32).astype(float).tolist()
    assert_numbers([form % value for value in anywhere + usual], dim=50)
    # Python reads one in 2**25, and those that are too long for the kernel's powers of ten.
    assert [field for field in left_to_python if len(field) < 40] == []


def test_midpoints_of_two_float32(left_to_python):
    generator = np.random.default_rng(3)
    magnitudes = generator.integers(0x20000000, 0x5F000000, 1_000, dtype=np.uint32)
    low = np.concatenate([magnitudes, np.arange(0x3F7FFFF0, 0x3F800010, dtype=np.uint32)]).view(np.float32)
    midpoints = (low.astype(float) + np.nextafter(low, np.float32(np.inf)).astype(float)) / 2
    fields = []
    with localcontext(prec=400):
        for midpoint in midpoints.tolist():
            exact = Decimal(midpoint)
            fields += [f"{exact:f}", f"-{exact:f}", f"{exact:e}"]
            for digit in (16, 17, 18, 19, 20, 25, 40, 60):  # from a float64's last digit to far beyond
                step = exact.scaleb(-digit)
                fields += [f"{exact + step:f}", f"{exact - step:.60g}"]
            fields += [repr(np.nextafter(midpoint, end).item()) for end in (0, 2 * midpoint)]
    assert_numbers(fields, dim=10)
    assert len(left_to_python) > 1_000  # so close that the kernel must not decide


@given(st.from_regex(r"\A[+-]?([0-9]{1,25}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,4})?\Z"))
def test_any_decimal_number(field):
    assert_numbers([field, field])


@pytest.mark.parametrize("dim", [*range(1, 2 * LANES + 2), 50])
def test_every_place_of_a_row(dim, left_to_python):
    """Numbers of the common form and others, each in every place of rows that end anywhere in a group."""
    common = [f"-0.{place:03}" for place in range(dim)]
    for other in ("1e-5", "12.5", "1.123456789", "nan"):
        rows = [[*common[:place], other, *common[place + 1 :]] for place in range(dim)]
        assert_numbers_in_rows([field for row in rows for field in row], dim)
    assert set(left_to_python) == {"nan"}


@given(st.lists(st.from_regex(r"\A-?[0-9/:.]?[./-]?[0-9/:.]{0,9}[0-9]\Z"), min_size=LANES, max_size=LANES))
def test_what_looks_like_the_common_form(fields):
    """One digit, the point, up to eight digits, and what differs from that in one place or two."""
    (block,) = parse(f"w {' '.join(fields)}\n".encode(), LANES)
    try:
        expected = np.asarray(fields, dtype="float32")
    except ValueError:
        assert len(block.bad_lines) == 1
    else:
        assert same_bits(block.rows[0], expected)


@given(st.text("0123456789+-.eE_naift", min_size=1))
def test_any_field_is_a_number_where_float_says_so(field):
    try:
        float(field)
    except ValueError:
        for before in range(LANES + 1):
            (block,) = parse(f"w{' 1' * before} {field}\n".encode(), before + 1)
            assert len(block.bad_lines) == 1
    else:
        assert_numbers([field])


@pytest.mark.parametrize("line_end", ["\n", "\r\n", " \n", "\n\n", " \r\r\n \n"])
def test_separators_at_every_place_of_a_block(line_end, left_to_python):
    """Words and numbers of 0 to 130 bytes: each separator meets every place of the 64-byte blocks."""
    lines = []
    for length in range(131):
        lines += [f"{'w' * length} 0.{'1' * length} -{length}.5", f"{'9' * length} {length} 1.25"]
    for more in (0, LANES):
        text = line_end.join(line + " 0.5" * more for line in lines).encode()
        assert_same_rows(text, 2 + more)
        assert len(parsed(text, 2 + more)[0]) == len(lines)
    assert left_to_python == []


@pytest.mark.parametrize(
    ("separator", "between"),
    [
        ("\t", "\t"),
        (",", ","),
        (",", " , "),
        ("whitespace", " "),
        ("whitespace", "\t"),
        ("whitespace", "  \t"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "{}\n", " \r{}\r\n\t \n{}"])
def test_other_separators_at_every_place_of_a_block(separator, between, line_end):
    lines = []
    for length in range(1, 131):
        word = f"{'w' * length} v" if separator == "whitespace" else "w" * length
        lines += [between.join([word, f"0.{'1' * length}", f"-{length}.5", *["0.25"] * LANES])]
    text = line_end.format(between, between).join(lines).encode() + b"\n"
    (block,) = parse(text, LANES + 2, separator=separator_of(separator))
    judged = [row for row in judge_lines(text, LANES + 2, separator=separator) if row]
    assert block.bad_lines == []
    assert block.words.to_pylist() == [word for word, _ in judged]
    assert same_bits(block.rows, np.array([vector for _, vector in judged]))


@pytest.mark.parametrize("around", [b" ", b"\n"])
def test_separators_around_the_chunk_are_not_in_it(around):
    buffer = TextBuffer()
    for length in range(1, 200):
        buffer.bytes[:] = around * len(buffer.bytes)
        buffer.end = buffer.begin + length
        buffer.bytes[buffer.begin : buffer.end] = b"w" * (length - 1) + b"\n"
        block = BlockParser(1).parse(buffer)
        assert (block.lines, len(block.rows), len(block.bad_lines)) == (1, 0, length > 1)


@pytest.mark.parametrize("chunk_bytes", [1, 63, 64, 65, 100, 127, 128, 129, 1000])
@pytest.mark.parametrize("number", ["1.23456", "-8", "1e-05", "0.123456789012"])
def test_a_number_ends_with_the_chunk(monkeypatch, chunk_bytes, number):
    for length, more in itertools.product(range(70), (0, LANES)):
        text = f"{'w' * length}{' 7' * more} 7 {number}".encode()
        monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
        assert_same_rows(text, 2 + more)
        assert_same_rows(text + b"\nv 1" + b" 2" * (1 + more), 2 + more)
        monkeypatch.setattr(chunks, "CHUNK_BYTES", len(text))
        assert_same_rows(text, 2 + more)
        assert_same_rows(text + b"\n" + text, 2 + more)


def assert_same_rows(text: bytes, dim: int) -> None:
    words, rows = parsed(text, dim)
    expected_words, expected = read_rows(text, dim)
    assert words == expected_words
    assert same_bits(rows, expected)


def test_rows_as_short_as_can_be():
    """An empty word, and numbers that are empty but for the last: more rows than that no chunk holds."""
    assert_same_rows(b" 1\n" * 1000, 1)
    assert_same_rows(b" 1 2" + b"\n 3 4" * 1000, 2)
    (block,) = parse(b"   x\n" * 1000, 3)
    assert len(block.bad_lines) == 1000


def test_what_stood_before_in_the_buffer_is_not_read(monkeypatch):
    """The last line has no newline, and behind it lies what a longer chunk left there."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 32)
    assert_same_rows(b"a 1.11111 2.222222 3.33333\n" * 3 + b"b 4 5 6", 3)


def test_more_bad_lines_and_odd_numbers_than_the_lists_hold():
    """The kernel stops when a list is full and goes on where it stopped, after CRLF as well."""
    count = 3 * max(parser._BAD_LINES, parser._ODD_NUMBERS)
    text = "".join(f"w{n} nan -inf\r\nbad{n} 1 x2\r\nshort{n} 1\r\n\r\n" for n in range(count)).encode()
    blocks = parse(text, 2)
    assert [word for block in blocks for word in block.words.to_pylist()] == [f"w{n}" for n in range(count)]
    assert np.isnan(np.concatenate([block.rows for block in blocks])[:, 0]).all()
    first = blocks[0]
    assert first.row_lines.tolist() == list(range(0, first.lines, 4))
    lines = [bad.line for bad in first.bad_lines]
    assert lines == sorted(set(range(first.lines)) - {*range(0, first.lines, 4), *range(3, first.lines, 4)})
    assert [bad.beginning for bad in first.bad_lines[:3]] == [
        "bad0 1 x2",
        "short0 1",
        "bad1 1 x2",
    ]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("a b 1 2", "a b"),
        ("  1 2", " "),
        (" 1 2", ""),
        (" x 1 2", " x"),
        ("x  1 2", "x "),
        ("1 1 2", "1"),
        ("1 1 1 2", None),  # three numbers
        ("x 1 1 2", None),
        *((f"x {number} 1 2", None) for number in ODD_FORMS),
        *(
            (f"x {word} 1 2", f"x {word}")
            for word in ("1__0", "nanx", "infi", "\u65e5\u672c", "½", "na n", "i_nf", "e_")
        ),
        ("x 1e300 1 2", None),  # numbers that are left to Python are numbers all the same
        ("x 1e1000000 1 2", None),
        ("x 1.000000059604644775390625 1 2", None),
        ("x 1e1000000x 1 2", "x 1e1000000x"),
        ("5 a 1 2", "5 a"),
        ("x 5 a 1 2", "x 5 a"),
        ("x 5 6 a 1 2", None),  # as where two rows stand in one line
        ("x 5 a 6 b 1 2", None),
    ],
)
def test_words_with_spaces_and_rows_with_too_many_numbers(line, word):
    (block,) = parse(f"v 1 2\n{line}\n".encode(), 2)
    assert [bad.line for bad in block.bad_lines] == ([1] if word is None else [])
    assert block.words.to_pylist() == ["v", word][: len(block.rows)]


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES)
def test_with_bounds_checks_and_as_plain_python(switch, tmp_path):
    chosen = "forms_of_numbers or place_of_a_row or separators or ends_with_the_chunk or words_with_spaces"
    if switch == "NUMBA_BOUNDSCHECK":
        chosen += " or lists_hold"
    else:
        chosen = "forms_of_numbers and (7 or 8) or words_with_spaces"
    passes_with(switch, __file__, chosen, tmp_path)
