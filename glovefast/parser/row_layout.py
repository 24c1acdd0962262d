"""How the rows of a text look: their dimension, and whether a header precedes them."""

import re
from collections import Counter
from dataclasses import dataclass

from glovefast.errors import FormatError
from glovefast.parser.bad_lines import show
from glovefast.parser.fields import LINE_END, count_numbers, read_number

# The first rows, which together decide the dimension.
SAMPLE_LINES = 100

_HEADER = re.compile(rb"([0-9]{1,18}) ([0-9]{1,18})")


@dataclass(frozen=True)
class Layout:
    """How the rows of a text look.

    Attributes
    ----------
    dim : int
        Numbers per row.
    header : tuple of int or None
        The rows and the dimension that the first line states; None if it is a row.
    """

    dim: int
    header: tuple[int, int] | None


def infer_layout(
    sample: bytes, name: str, *, dim: int | None = None, header: bool | None = None, whole: bool = False
) -> Layout:
    """Find the number of numbers in a row, and whether the first line is a header.

    The dimension is the one that most of the first rows have.

    Parameters
    ----------
    sample : bytes
        The first lines; a last line without newline counts as whole.
    name : str
        The source's name, for errors.
    dim : int, optional
        The dimension, if it is known.
    header : bool, optional
        Whether the first line is ``rows dim``; recognised if not given. In a file of one dimension a header
        looks like a row: the first line then counts as a header only if the sample is the whole text and has
        as many rows as it says.
    whole : bool
        Whether the sample is the whole text.

    Returns
    -------
    Layout
        Dimension and header.

    Raises
    ------
    FormatError
        If no row of the sample has numbers, tabs separate them, or the header contradicts the rows.
    """
    lines = sample.split(b"\n")
    filled = [(number, line) for number, raw in enumerate(lines, start=1) if (line := raw.rstrip(LINE_END))]
    if not filled:
        raise FormatError(name, None, "is empty: it has no rows")
    stated = None
    if header is not False and filled[0][0] == 1 and (match := _HEADER.fullmatch(filled[0][1])):
        stated = int(match[1]), int(match[2])
    if header and stated is None:
        raise FormatError(
            name, 1, f"is not a header of the form 'rows dim': {show(lines[0].rstrip(LINE_END))}"
        )

    filled = filled[1 if stated else 0 :]
    rows = [line for _, line in filled]
    sizes = Counter(count for count in map(count_numbers, rows[:SAMPLE_LINES]) if count)
    # If several dimensions are equally common, the largest wins; the other rows are then the bad ones.
    common = max(sizes, key=lambda size: (sizes[size], size)) if sizes else 0
    if stated and header is None and common == 1 and not (whole and stated == (len(rows), 1)):
        return Layout(dim or 1, None)
    if stated and not rows:
        raise FormatError(name, 1, f"the header promises {stated[0]} rows, but none follows")
    if dim is None and filled:
        _refuse_tabs(filled[:SAMPLE_LINES], name)
    if not common and dim is None:
        first_number, first = filled[0]
        raise FormatError(
            name,
            first_number,
            f"not embedding text: expected a word and its numbers, separated by spaces, found {show(first)}",
        )
    if stated and stated[1] != (dim or common):
        raise FormatError(
            name, 1, f"the header says {stated[1]} numbers per row, but the rows have {dim or common}"
        )
    return Layout(dim or common, stated)


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
        numbers, two or more; or whether each of them ends in one.
    """
    lines = [line for line in sample.split(b"\n") if line.rstrip(LINE_END)][:SAMPLE_LINES]
    sizes = Counter(map(count_numbers, lines))
    # A line of prose may end in a number, such as a year, but hardly ever in two.
    most = max((sizes[size] for size in sizes if size > 1), default=0)
    return bool(lines) and (2 * most >= len(lines) or sizes[1] == len(lines))


def _refuse_tabs(rows: list[tuple[int, bytes]], name: str) -> None:
    """Raise if most rows have a tab before their first number: the number would become part of the word."""
    tabbed = []
    for number, row in rows:
        _, tab, value = row.partition(b" ")[0].rpartition(b"\t")
        if tab and read_number(value) is not None:
            tabbed.append((number, row))
    if 2 * len(tabbed) > len(rows):
        number, row = tabbed[0]
        raise FormatError(
            name,
            number,
            f"a tab separates a number in {show(row)}, but only spaces can; "
            "replace the tabs first, for example with: tr '\\t' ' '",
        )
