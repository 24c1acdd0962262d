"""The layout that the first rows of a text show."""

import pytest

from glovefast.errors import FormatError
from glovefast.parser.row_layout import Layout, holds_rows, infer_layout

ROWS = "the 0.1 0.2 0.3\nof 0.4 0.5 0.6\n"


def layout(text: str, **options) -> Layout:
    return infer_layout(text.encode(), "vectors.txt", **options)


def refusal(text: str, **options) -> FormatError:
    with pytest.raises(FormatError) as caught:
        layout(text, **options)
    assert caught.value.path == "vectors.txt"
    return caught.value


@pytest.mark.parametrize(
    ("text", "dim"),
    [
        (ROWS, 3),
        (ROWS.removesuffix("\n"), 3),
        (ROWS.replace("\n", "\r\n"), 3),
        (ROWS.replace("\n", " \n"), 3),
        ("\n \r\n\n" + ROWS, 3),
        ("a 1", 1),
        (" 1 2", 2),  # an empty word
        ("7 1 2\n8 3 4", 2),  # words that look like numbers
        ("nan nan inf\ninf 1_0 1e5", 2),
        ("odd 1\n" + ROWS, 3),  # one odd first row does not decide
        ("odd 1 2 3 4 5 6 7\n" + ROWS, 3),
        ("odd\n" + ROWS, 3),
        ("at 7 0.1 0.2 0.3\n" + ROWS, 3),  # a phrase that ends in a number
        ("a 1 2\nb 1\n", 2),  # of two that are met equally often the larger, whatever comes first
        ("b 1\na 1 2\n", 2),
        ("b 1\na 1 2\nc 1\n", 1),
        ("a . . 1 2\nb \u00a0 1 2\n\x85 1 2", 2),
    ],
)
def test_the_dimension_is_the_one_most_rows_agree_on(text, dim):
    assert layout(text) == Layout(dim, None)


def test_a_hundred_rows_decide():
    assert layout("a 1\n" * 49 + "b 1 2\n" * 51 + "a 1\n" * 1000).dim == 2


@pytest.mark.parametrize("header", [None, True])
@pytest.mark.parametrize("first", ["2 3", "2 3\r", "2 3 ", "99999999999 3", "0 3"])
def test_a_header(first, header):
    """Its number of rows is often wrong, so that only its dimension counts."""
    rows = int(first.split()[0])
    assert layout(f"{first}\n{ROWS}", header=header) == Layout(3, (rows, 3))
    assert layout(f"{first}\n{ROWS}", header=header, dim=3) == Layout(3, (rows, 3))


@pytest.mark.parametrize(
    "first", ["2 3 4", "2", "2.0 3", "-2 3", "a 3", "+2 3", "2  3", "²  3", "1" * 5000 + " 3"]
)
def test_what_is_no_header(first):
    assert layout(f"{first}\n{ROWS}").header is None
    error = refusal(f"{first}\n{ROWS}", header=True)
    assert error.line == 1
    assert error.reason.startswith("is not a header of the form 'rows dim': ")


def test_a_header_stands_on_the_first_line_only():
    assert layout(f"\n2 3\n{ROWS}").header is None
    error = refusal(f"\n2 3\n{ROWS}", header=True)
    assert (error.line, error.reason) == (1, "is not a header of the form 'rows dim': ''")


def test_a_first_row_that_is_no_header_though_it_looks_like_one():
    assert layout(f"2 3\n{ROWS}", header=False) == Layout(3, None)
    # In a file of one dimension a right number of rows of the text tells them apart, or the other words.
    assert layout("3 1\na 5\nb 6\nc 7\n", whole=True) == Layout(1, (3, 1))
    assert layout("3 1\na 5\n\nb 6\n\nc 7", whole=True) == Layout(1, (3, 1))
    assert layout("3 1\na 5\nb 6\nc 7\n", whole=False) == Layout(1, (3, 1))
    assert layout("4 1\na 5\nb 6\nc 7\n", whole=True) == Layout(1, (4, 1))
    assert layout("3 1\n7 5\n8 6\n9 7\n", whole=True) == Layout(1, (3, 1))
    assert layout("4 1\n7 5\n8 6\n9 7\n", whole=True) == Layout(1, None)
    for given in ({"whole": False}, {"dim": 1}):
        error = refusal("4 1\n7 5\n8 6\n9 7\n", **given)
        assert error.reason.startswith(
            "'4 1' may be a row, since all words are numbers, or a header; say whe"
        )
    assert layout("4 1\n7 5\n8 6\n9 7\n", header=False) == Layout(1, None)
    assert layout("3 1\na 5\nb 6\nc 7\n", dim=1) == Layout(1, (3, 1))
    error = refusal("3 2\na 5\nb 6\nc 7\n", whole=True)
    assert error.line == 1
    assert error.reason.startswith("'3 2' looks like a header, but the rows have 1 number; say whether")
    assert layout("3 2\na 5\nb 6\nc 7\n", header=False) == Layout(1, None)
    assert layout("3 1\na 5\nb 6\nc 7\n", whole=True, header=False) == Layout(1, None)
    assert layout("9 1\na 5\nb 6\nc 7\n", header=True) == Layout(1, (9, 1))
    assert layout("1900 5\n1901 6\n", dim=1) == Layout(1, None)


def test_headers_that_contradict_the_rows():
    for given in ({}, {"header": True}):
        error = refusal(f"2 300\n{ROWS}", **given)
        assert (error.line, error.reason) == (1, "the header says 300 numbers per row, but the rows have 3")
    error = refusal("2 3\n")
    assert (error.line, error.reason) == (1, "the header promises 2 rows, but the file has no rows")
    assert refusal("2 3\n\n\r\n").reason == "the header promises 2 rows, but the file has no rows"


def test_a_given_dimension_counts():
    assert layout(ROWS, dim=3) == Layout(3, None)
    assert layout("nothing here\n", dim=300) == Layout(300, None)


@pytest.mark.parametrize("dim", [2, 4, 300])
def test_a_dimension_that_header_and_rows_contradict(dim):
    asked = f"you asked for {dim} numbers per row (dim, --dim), but"
    assert refusal(ROWS, dim=dim).reason == f"{asked} the rows have 3"
    assert refusal(f"2 3\n{ROWS}", dim=dim).reason == f"{asked} the header and the rows have 3"
    assert refusal(f"2 5\n{ROWS}", dim=3).reason.endswith("but the header says 5")


@pytest.mark.parametrize("stated", ["3 3\n", ""])
def test_words_that_end_in_numbers_where_the_dimension_is_stated(stated):
    """The header and the caller are believed before most of the rows."""
    text = f"{stated}windows 95 0.1 0.2 0.3\njune 6 1944 0.1 0.2 0.3\nthe 0.1 0.2 0.3\n"
    found = layout(text, dim=None if stated else 3)
    assert (found.dim, found.dim_is_certain) == (3, True)
    assert not layout(ROWS).dim_is_certain


@pytest.mark.parametrize("text", ["\n", " \r\n\n", "\r"])
def test_no_row_at_all(text):
    for given in ({}, {"dim": 3}, {"header": True}):
        error = refusal(text, **given)
        assert (error.line, error.reason) == (None, "is empty: it has no rows")


@pytest.mark.parametrize(
    ("text", "line", "shown"),
    [
        ("hello\nworld\n", 1, "'hello'"),
        ("\n\nhello world\n", 3, "'hello world'"),
        ("2 3\nhello world\n", 2, "'hello world'"),
        ("x" * 100, 1, f"'{'x' * 60}'…"),
    ],
)
def test_text_without_numbers(text, line, shown):
    error = refusal(text)
    assert error.line == line
    assert error.reason == (
        "not embedding text: expected a word and its numbers, separated by spaces, found " + shown
    )


@pytest.mark.parametrize("row", ["the\t0.1 0.2 0.3", "the\t0.1\t0.2\t0.3", "the\tof\t0.1 0.2"])
def test_tabs_before_numbers(row):
    """The first number would be lost as a part of the word."""
    error = refusal(f"\nodd 1 2 3\n{row}\n{row}\n{row}\n")
    assert error.line == 3
    assert "by a tab" in error.reason
    assert f"as in {row!r}; read it with separator=" in error.reason


def test_tabs_in_words():
    assert layout("a\tb 1 2\nthe\t0.1 2 3\nc 5 6\n").dim == 2
    assert layout("the\t0.1 0.2 0.3\nof\t0.1 0.2 0.3\n", separator=" ").dim == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("the 1 2\nof 3 4\n", True),
        ("2 2\nthe 1 2\n", True),
        ("the 1 2\nof 3\n", True),
        ("the 1 2\nof 3\nand\n", False),
        ("the 1\nof 2\n", True),
        ("In 2014\nVersion 1.2\nby us\n", False),
        ("", False),
        ("\n\r\n", False),
        ("\nthe 1 2 \r\n\n", True),
        ("the 1 2\n" * 50 + "prose\n" * 1000, True),
        ("prose\n" * 51 + "the 1 2\n" * 1000, False),
    ],
)
def test_rows_are_told_from_prose(text, told):
    assert holds_rows(text.encode()) == told


@pytest.mark.parametrize(
    ("first", "separator"),
    [
        (",0,1,2", ","),
        (",1,2,3", ","),
        (",0", ","),
        ('"" 0', None),
        ('"","0","1","2"', ","),
        ("\t0\t1\t2", "\t"),
        (" 0 1 2", None),
        ('"" 0 1 2', None),
        ("  0 1   2", "whitespace"),
        ("word 0 1 2", None),
        ("Token;0;1;2", ";"),
    ],
)
def test_a_first_line_that_names_the_columns(first, separator):
    """It would be a row with an empty word."""
    rows = ROWS.replace(" ", {None: " ", "whitespace": "\t"}.get(separator, separator))
    error = refusal(f"{first}\n{rows}", separator=separator)
    assert error.line == 1
    assert error.reason.endswith(
        "names the columns; remove this line, for example with: tail -n +2; "
        "if it is a row, say that the text has no header (header=False, --no-header)"
    )
    assert layout(rows, separator=separator).dim == 3


def test_first_rows_that_do_not_name_the_columns():
    assert layout(" 0 1 2\n" + ROWS, header=False).dim == 3
    assert layout("the 0 1 2\n" + ROWS).dim == 3
    assert layout("word 0 1\nof 1 0\n").dim == 2
    assert layout("word 1\nof 2\n").dim == 1
    assert layout(" 0 2 1\n" + ROWS).dim == 3
    assert layout(" 0\nthe 1\nof 2\n").dim == 1
