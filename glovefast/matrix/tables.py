"""Small tables as text and as HTML."""

from collections.abc import Iterable, Sequence
from html import escape

_MINUS = "-"
_LONGEST = 80


def shown(word: str) -> str:
    """Write a word in a list: quoted if it is empty or has white space at an end, shortened if it is long."""
    if len(word) > _LONGEST:
        word = f"{word[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
    return word if word and word == word.strip() else repr(word)


def number_and_share(part: int, whole: int) -> tuple[str, str]:
    """Write a part of a whole as a number and as a percentage."""
    return f"{part:,}", f"{part / whole:.1%}" if whole else _MINUS


def share_cell(part: int, whole: int) -> str:
    """Write a part of a whole in two columns of fixed width."""
    number, share = number_and_share(part, whole)
    return f"{number:>11} {share:>7}"


def html_table(
    heading: Sequence[str], rows: Iterable[Sequence[str]], remarks: Iterable[str] = (), caption: str = ""
) -> str:
    """Lay text out as an HTML table: the first column to the left, numbers to the right.

    Parameters
    ----------
    heading : sequence of str
        The names of the columns.
    rows : iterable of sequence of str
        The cells; everything is escaped here.
    remarks : iterable of str
        Lines below the table.
    caption : str
        A line above it.

    Returns
    -------
    str
        HTML.
    """
    lines = [f"<p>{escape(caption)}</p>"] if caption else []
    lines += [
        "<table>",
        *([_row("th", heading)] if heading else []),
        *(_row("td", row) for row in rows),
        "</table>",
    ]
    lines += [f"<p>{escape(remark)}</p>" for remark in remarks]
    return "\n".join(lines)


def _row(kind: str, cells: Sequence[str]) -> str:
    first, *others = (escape(cell) for cell in cells)
    aligned = "".join(f'<{kind} style="text-align: right">{cell}</{kind}>' for cell in others)
    return f'<tr><{kind} style="text-align: left">{first}</{kind}>{aligned}</tr>'
