"""How a text's rows look: its dimension, its header, and what is wrong with a line that is no row."""

import re
from collections import Counter
from dataclasses import dataclass

from glovefast.errors import FormatError

# The first rows that decide the dimension together.
SAMPLE_LINES = 100

_LINE_END = b" \r"
_HEADER = re.compile(rb"([0-9]{1,18}) ([0-9]{1,18})")
_SHOWN_BYTES = 60
# A row with one or two numbers too many may be one whose word ends in them: "windows 95", "june 6 1944".
_NUMBERS_IN_A_WORD = 2


@dataclass(frozen=True)
class Layout:
    """How a text's rows look.

    Attributes
    ----------
    dim : int
        Numbers per row.
    header : tuple of int or None
        Rows and dimension as a first line states them; None without such a line.
    """

    dim: int
    header: tuple[int, int] | None


def infer_layout(
    sample: bytes, name: str, *, dim: int | None = None, header: bool | None = None, whole: bool = False
) -> Layout:
    """Find out how many numbers a row has and whether the first line is a header.

    The dimension is the one that most of the first rows agree on.

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
        looks like a row: the first line is then taken for a header only if the whole text is in the sample
        and has as many rows as it says.
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
    filled = [(number, line) for number, raw in enumerate(lines, start=1) if (line := raw.rstrip(_LINE_END))]
    if not filled:
        raise FormatError(name, None, "is empty: there is no row in it")
    stated = None
    if header is not False and filled[0][0] == 1 and (match := _HEADER.fullmatch(filled[0][1])):
        stated = int(match[1]), int(match[2])
    if header and stated is None:
        raise FormatError(name, 1, f"is no header of the form 'rows dim': {show(lines[0].rstrip(_LINE_END))}")

    filled = filled[1 if stated else 0 :]
    rows = [line for _, line in filled]
    sizes = Counter(count for count in map(_count_numbers, rows[:SAMPLE_LINES]) if count)
    # Of dimensions that are met equally often the largest counts; the other rows are then the bad ones.
    common = max(sizes, key=lambda size: (sizes[size], size)) if sizes else 0
    if stated and header is None and common == 1 and not (whole and stated == (len(rows), 1)):
        return Layout(dim or 1, None)
    if stated and not rows:
        raise FormatError(name, 1, f"the header promises {stated[0]} rows, and none follows")
    if dim is None and filled:
        _refuse_tabs(filled[:SAMPLE_LINES], name)
    if not common and dim is None:
        first_number, first = filled[0]
        raise FormatError(
            name,
            first_number,
            "this is no embedding text: a row is a word and its numbers, separated by spaces, "
            f"and here stands {show(first)}",
        )
    if stated and stated[1] != (dim or common):
        raise FormatError(
            name, 1, f"the header says {stated[1]} numbers a row, the rows have {dim or common}"
        )
    return Layout(dim or common, stated)


def holds_rows(sample: bytes) -> bool:
    """Tell embedding text, which may be damaged, from prose: most of the first lines end in as many numbers.

    Parameters
    ----------
    sample : bytes
        The first lines.

    Returns
    -------
    bool
        Whether at least half of up to `SAMPLE_LINES` lines that are not blank agree on how many numbers they
        end in, two or more; or whether each of them ends in one.
    """
    lines = [line for line in sample.split(b"\n") if line.rstrip(_LINE_END)][:SAMPLE_LINES]
    sizes = Counter(map(_count_numbers, lines))
    # Lines of prose end in a number now and then, such as a year, but hardly ever in two.
    most = max((sizes[size] for size in sizes if size > 1), default=0)
    return bool(lines) and (2 * most >= len(lines) or sizes[1] == len(lines))


def _refuse_tabs(rows: list[tuple[int, bytes]], name: str) -> None:
    """Raise if most rows have a tab before their first number: it would be taken for a part of the word."""
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
            f"a tab stands before a number in {show(row)}, and only spaces separate; "
            "replace the tabs first, for example with: tr '\\t' ' '",
        )


def explain_bad_line(line: bytes, dim: int) -> str:
    """Say what is wrong with a line that gave no row.

    Parameters
    ----------
    line : bytes
        The line.
    dim : int
        The numbers a row should have.

    Returns
    -------
    str
        The reason, with the word, the field and its column where there is one.
    """
    text = line.rstrip(_LINE_END)
    fields = text.split(b" ")
    word = b" ".join(fields[:-dim])
    if len(fields) > dim:
        column = len(word.decode(errors="replace")) + 2  # in characters, as editors count
        for value in fields[-dim:]:
            if not value:
                return (
                    f"nothing stands in column {column}, after the word {show(word)}, where a number should: "
                    "two spaces in a row, and one separates"
                )
            if read_number(value) is None:
                return f"{show(value)} in column {column}, after the word {show(word)}, is no number"
            column += len(value.decode()) + 1
    numbers = _count_numbers(text)
    if numbers == dim:
        return f"numbers stand within what would be the word {show(word)}, as where two rows share a line"
    front = b" ".join(fields[: len(fields) - numbers])
    found = f"{numbers} {'number' if numbers == 1 else 'numbers'} after the word {show(front)}"
    if numbers < dim:
        return f"too few numbers: {found}, where {dim} are expected"
    reason = f"a row of another dimension: {found}, where {dim} are expected"
    if numbers - dim <= _NUMBERS_IN_A_WORD:
        reason += f"; if its word is {show(word)}, put another character in the place of the space"
    return reason


def _count_numbers(line: bytes) -> int:
    """Count the numbers at a row's end; the first field is a word even if it looks like a number."""
    count = 0
    for value in reversed(line.rstrip(_LINE_END).split(b" ")[1:]):
        if read_number(value) is None:
            break
        count += 1
    return count


def read_number(value: bytes) -> float | None:
    """Read a number as ``numpy.asarray(fields, dtype="float32")`` does before it rounds, or give None."""
    try:
        return float(value.decode())
    except ValueError:
        return None


def show(text: bytes) -> str:
    """Quote the beginning of some bytes for a message: as text where they are UTF-8, as bytes elsewhere."""
    shown = _beginning(text)
    try:
        quoted = repr(shown.decode())
    except UnicodeDecodeError:
        quoted = repr(shown)
    return quoted + "…" * (len(shown) < len(text))


def beginning_of(line: bytes) -> str:
    r"""Give a line's beginning as text, without its end; what is not UTF-8 in it becomes ``\xNN``."""
    line = line.rstrip(b"\r")
    shown = _beginning(line)
    return shown.decode(errors="backslashreplace") + "…" * (len(shown) < len(line))


def _beginning(text: bytes) -> bytes:
    """Cut some bytes off after the first ones, but within no character."""
    end = _SHOWN_BYTES
    while end < len(text) and text[end] & 0xC0 == 0x80 and end > _SHOWN_BYTES - 4:
        end -= 1
    return text[:end]
