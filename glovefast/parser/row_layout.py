"""How the rows of a text look: what separates their fields, their dimension, their header."""

import re
from collections import Counter
from dataclasses import dataclass, field

from glovefast.errors import FormatError
from glovefast.kernels import WHITESPACE
from glovefast.parser.bad_lines import CARRIAGE_RETURNS, show
from glovefast.parser.decoding import UTF_8
from glovefast.parser.separator_check import count_rows, wrong_separator
from glovefast.parser.separators import SINGLE_SPACE, Separator, separator_of

# The first rows, which together decide the dimension.
SAMPLE_LINES = 100
# A stated dimension is believed if one of so many rows has it, though most have more numbers: their words may
# end in some ("windows 95").
_ROWS_THAT_AGREE = 20

# A first line "word 0 1 2" names columns, but "word 0 1" may be a row.
_COLUMNS_ENOUGH = 3
_COLUMN_OF_WORDS = (b"word", b"words", b"token", b"tokens", b"term", b"key", b"index", b"name")

_COUNT = re.compile(rb"[0-9]{1,18}")


@dataclass(frozen=True)
class Layout:
    """How the rows of a text look.

    Attributes
    ----------
    dim : int
        Numbers per row.
    header : tuple of int or None
        The rows and the dimension that the first line states; None if it is a row.
    separator : Separator
        What separates the fields of a row.
    dim_is_certain : bool
        Whether the header or the user states the dimension, so that a word may end in numbers.
    is_binary : bool
        Whether the rows are in word2vec's binary format.
    """

    dim: int
    header: tuple[int, int] | None
    separator: Separator = SINGLE_SPACE
    dim_is_certain: bool = field(default=False, compare=False)
    is_binary: bool = False

    @property
    def unit(self) -> str:
        """What messages count: lines of text, or words of the binary format."""
        return "word" if self.is_binary else "line"

    @property
    def lines_before_rows(self) -> int:
        """The lines of text that the header takes."""
        return 0 if self.header is None or self.is_binary else 1


def infer_layout(
    sample: bytes,
    name: str,
    *,
    dim: int | None = None,
    header: bool | None = None,
    separator: str | None = None,
    whole: bool = False,
    check: bool = True,
    encoding: str = UTF_8,
) -> Layout:
    """Find the number of numbers in a row, and whether the first line is a header.

    The dimension is the one that the header states or most of the first rows have.

    Parameters
    ----------
    sample : bytes
        The first lines; a last line without newline counts as whole.
    name : str
        The source's name, for errors.
    dim : int, optional
        The dimension, if it is known.
    header : bool, optional
        Whether the first line is ``rows dim``; recognized if not given. In a file of one dimension a header
        looks like a row: ``rows 1`` then counts as a header if the text has so many rows, or if other
        words are not numbers.
    separator : str, optional
        One ASCII character, or ``"whitespace"`` for runs of spaces and tabs. By default the single space, if
        nothing else seems to separate the first rows; ``" "`` is taken at its word.
    whole : bool
        Whether the sample is the whole text.
    check : bool
        Whether to refuse rows that look as if they had another separator or dimension.
    encoding : str
        The encoding of the words.

    Returns
    -------
    Layout
        Dimension, header and separator.

    Raises
    ------
    FormatError
        If no row of the sample has numbers, something else separates them, or the header, the rows and `dim`
        contradict each other.
    """
    used = separator_of(separator)
    lines = sample.split(b"\n")
    filled = [
        (number, line) for number, raw in enumerate(lines, start=1) if (line := raw.rstrip(used.line_end))
    ]
    if not filled:
        raise FormatError(name, None, "is empty: it has no rows")
    if check and separator != " ":
        _refuse_carriage_returns(filled[:SAMPLE_LINES], name)
    if check and separator != " " and header is not False:
        _refuse_column_names(filled[:SAMPLE_LINES], used, name)
    stated = None
    if header is not False and filled[0][0] == 1:
        stated = read_header(filled[0][1], used)
    if header and stated is None:
        shown = show(lines[0].rstrip(used.line_end))
        raise FormatError(name, 1, f"is not a header of the form 'rows dim': {shown}")

    filled = filled[1 if stated else 0 :]
    if stated and not filled:
        raise FormatError(name, 1, f"the header promises {stated[0]} rows, but the file has no rows")
    rows = [line for _, line in filled[:SAMPLE_LINES]]
    sizes = Counter(count for count in map(used.count_numbers, rows) if count)
    common = _most_common(sizes)
    agrees = stated is not None and stated[1] == common
    found = None
    if check and separator != " ":
        found = wrong_separator(rows, common, used, header_agrees=agrees, encoding=encoding)
    if found:
        place, reason = found
        taken = "; if the words and numbers are right, pass separator=' ' (--separator space)" * (common > 0)
        raise FormatError(name, filled[place][0], reason + taken * (separator is None))
    if not common and dim is None:
        by = f"by {separator!r}" if separator else "by spaces"
        reason = f"not embedding text: expected a word and its numbers, separated {by}, found {show(rows[0])}"
        raise FormatError(name, filled[0][0], reason)
    if stated and header is None and common == 1 and not (whole and stated == (len(filled), 1)):
        stated = _header_of_one_number(lines[0], stated, rows, used, name, dim=dim, whole=whole or not check)
    if check:
        _check_dimension(name, filled[0][0], sizes, dim=dim, stated=stated)
    elif stated and stated[1] != dim:
        raise FormatError(name, 1, f"the header says {stated[1]} numbers per row, but the rows have {dim}")
    chosen = stated[1] if stated else dim or common
    return Layout(chosen, stated, used, dim_is_certain=stated is not None or dim is not None)


def _header_of_one_number(
    line: bytes,
    stated: tuple[int, int],
    rows: list[bytes],
    separator: Separator,
    name: str,
    *,
    dim: int | None,
    whole: bool,
) -> tuple[int, int] | None:
    """Decide whether a first line of two numbers is a header of rows that have one; raise if in doubt."""
    if stated[1] == 1 and not all(_COUNT.fullmatch(separator.split(row)[0]) for row in rows):
        return stated
    if (whole and stated[1] == 1) or (dim == 1 and stated[1] != 1):
        return None
    why = "looks like a header, but the rows have 1 number"
    if stated[1] == 1:
        why = "may be a row, since all words are numbers, or a header"
    raise FormatError(name, 1, f"{show(line)} {why}; say whether it is one (header=, --header, --no-header)")


def _most_common(sizes: Counter[int]) -> int:
    """Choose the most common dimension; of several the largest, so that the other rows are the bad ones."""
    return max(sizes, key=lambda size: (sizes[size], size)) if sizes else 0


def _check_dimension(
    name: str, line: int, sizes: Counter[int], *, dim: int | None, stated: tuple[int, int] | None
) -> None:
    """Raise unless caller, header and rows agree on the dimension; it is enough if few of the rows do."""
    common = _most_common(sizes)
    agreeing = {size for size in sizes if sizes[size] * _ROWS_THAT_AGREE >= sizes.total()}
    if dim is not None:
        others = []
        if stated and stated[1] != dim:
            others.append("the header")
        if common and dim not in agreeing and (not stated or stated[1] == common):
            others.append("the rows")
        if others:
            says = f"{' and '.join(others)} {'says' if others == ['the header'] else 'have'}"
            number = stated[1] if stated else common
            raise FormatError(
                name,
                1 if stated else line,
                f"you asked for {dim} numbers per row (dim, --dim), but {says} {number}",
            )
    elif stated and stated[1] not in agreeing:
        raise FormatError(name, 1, f"the header says {stated[1]} numbers per row, but the rows have {common}")


def read_header(line: bytes, separator: Separator) -> tuple[int, int] | None:
    """Read a line ``rows dim``, separated as the rows are or by white space; None if it is not a header."""
    fields = separator.split(line)
    if len(fields) == 1 and separator != SINGLE_SPACE:
        fields = line.split()
    if len(fields) != 2 or not all(map(_COUNT.fullmatch, fields)):
        return None
    return int(fields[0]), int(fields[1])


def holds_rows(sample: bytes) -> bool:
    """Tell embedding text, even if damaged, from prose: most first lines end in the same number of numbers.

    Parameters
    ----------
    sample : bytes
        The first lines.

    Returns
    -------
    bool
        Whether at least half of up to `SAMPLE_LINES` lines that are not blank end in the same number of
        numbers, two or more, whatever separates them; or whether each of them ends in one.
    """
    lines = [line for line in sample.split(b"\n") if line.strip(b" \t\r")][:SAMPLE_LINES]
    sizes = Counter(map(SINGLE_SPACE.count_numbers, lines))
    # A line of prose may end in a number, such as a year, but hardly ever in two.
    most = max((sizes[size] for size in sizes if size > 1), default=0)
    agree = 2 * most >= len(lines) or sizes[1] == len(lines)
    return bool(lines) and (agree or 2 * count_rows(lines, min_numbers=2) >= len(lines))


def _refuse_carriage_returns(filled: list[tuple[int, bytes]], name: str) -> None:
    """Raise if most lines contain several rows that end in a carriage return."""
    found = [
        number
        for number, line in filled
        if b"\r" in line and count_rows(line.split(b"\r")[:SAMPLE_LINES]) > 1
    ]
    if 2 * len(found) > len(filled):
        raise FormatError(name, found[0], CARRIAGE_RETURNS)


def _refuse_column_names(filled: list[tuple[int, bytes]], separator: Separator, name: str) -> None:
    """Raise if the first line numbers the columns, as pandas does: nothing or a name, then 0, 1, 2, ..."""
    number, line = filled[0]
    (word, *values), others = _fields(line, separator), [_fields(row, separator) for _, row in filled[1:]]
    named = word.strip(b"\"'").lower() in _COLUMN_OF_WORDS
    if not values or not others or (named and len(values) < _COLUMNS_ENOUGH):
        return
    if not word and len(values) == 1 and separator.byte == b" ":
        return  # the row of an empty word
    if not named and (word.strip(b"\"'") or 2 * sum(row[0] != b"" for row in others) <= len(others)):
        return
    first = 0 if values[0].strip(b"\"'") == b"0" else 1
    if [value.strip(b"\"'") for value in values] == [b"%d" % (first + place) for place in range(len(values))]:
        raise FormatError(
            name,
            number,
            f"{show(line)} names the columns; remove this line, for example with: tail -n +{number + 1}; "
            "if it is a row, say that the text has no header (header=False, --no-header)",
        )


def _fields(line: bytes, separator: Separator) -> list[bytes]:
    """Split a line; blanks at its beginning follow an empty word."""
    fields = separator.split(line)
    return [b"", *fields] if separator.code == WHITESPACE and line.startswith((b" ", b"\t")) else fields
