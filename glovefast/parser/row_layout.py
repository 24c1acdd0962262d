"""How the rows of a text look: what separates their fields, their dimension, their header."""

import re
from collections import Counter
from dataclasses import dataclass, field

from glovefast.errors import FormatError
from glovefast.parser.bad_lines import CARRIAGE_RETURNS, show
from glovefast.parser.separator_check import count_rows, wrong_separator
from glovefast.parser.separators import SINGLE_SPACE, Separator, separator_of

# The first rows, which together decide the dimension.
SAMPLE_LINES = 100
# A stated dimension is believed if one of so many rows has it, though most have more numbers: their words may
# end in some ("windows 95").
_ROWS_THAT_AGREE = 20

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
    """

    dim: int
    header: tuple[int, int] | None
    separator: Separator = SINGLE_SPACE
    dim_is_certain: bool = field(default=False, compare=False)


def infer_layout(
    sample: bytes,
    name: str,
    *,
    dim: int | None = None,
    header: bool | None = None,
    separator: str | None = None,
    whole: bool = False,
    check: bool = True,
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
        looks like a row: the first line then counts as a header only if the sample is the whole text and has
        as many rows as it says.
    separator : str, optional
        One ASCII character, or ``"whitespace"`` for runs of spaces and tabs. By default the single space, if
        nothing else seems to separate the first rows; ``" "`` is taken at its word.
    whole : bool
        Whether the sample is the whole text.
    check : bool
        Whether to refuse rows that look as if they had another separator or dimension.

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
    if check and separator != " " and (found := wrong_separator(rows, common, used, header_agrees=agrees)):
        place, reason = found
        taken = "; if the words and numbers are right, pass separator=' ' (--separator space)" * (common > 0)
        raise FormatError(name, filled[place][0], reason + taken * (separator is None))
    if not common and dim is None:
        by = f"by {separator!r}" if separator else "by spaces"
        reason = f"not embedding text: expected a word and its numbers, separated {by}, found {show(rows[0])}"
        raise FormatError(name, filled[0][0], reason)
    if stated and header is None and common == 1:
        # The first line may be a row.
        if dim == 1 or (stated[1] == 1 and not (whole and stated[0] == len(filled))):
            stated = None
        elif stated[1] != 1:
            raise FormatError(
                name,
                1,
                f"{show(lines[0])} looks like a header, but the rows have 1 number; "
                "say whether it is one (header=, --header, --no-header)",
            )
    if check:
        _check_dimension(name, filled[0][0], sizes, dim=dim, stated=stated)
    elif stated and stated[1] != dim:
        raise FormatError(name, 1, f"the header says {stated[1]} numbers per row, but the rows have {dim}")
    chosen = stated[1] if stated else dim or common
    return Layout(chosen, stated, used, dim_is_certain=stated is not None or dim is not None)


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
