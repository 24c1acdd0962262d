"""What the tests read from the README: its blocks of code and the rows of its tables."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
NOT_RUN = "<!-- not run by the tests: needs a network -->"
NEEDS = re.compile(r"<!-- needs (\w+) -->")  # a block that needs a library beside those of the test command


def text() -> str:
    return README.read_text(encoding="utf-8")


def blocks(kind: str) -> list[tuple[str, str]]:
    """Give the blocks of code with their languages, without those that need more than the tests."""
    found = re.findall(r"^(<!--[^\n]*-->\n)?```(\w+)\n(.*?)^```", text(), re.MULTILINE | re.DOTALL)
    return [
        (language, code)
        for comment, language, code in found
        if language in kind.split() and comment.strip() != NOT_RUN and not NEEDS.match(comment)
    ]


def blocks_by_library() -> list[tuple[str, str]]:
    """Give the blocks that need another library, with its name."""
    return re.findall(rf"^{NEEDS.pattern}\n```python\n(.*?)^```", text(), re.MULTILINE | re.DOTALL)


def table_rows(first_heading: str) -> list[list[str]]:
    """Give the cells of the table whose first column has a heading, without its headings."""
    table = re.search(rf"^\| {first_heading} \|.*\n\|[-|]*\n((?:\|.*\n)+)", text(), re.MULTILINE)
    assert table, first_heading
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table[1].splitlines()]


def engine_example(engine: str) -> str:
    """Give the expression that shows how to use an engine, or the part of it for one of two engines."""
    (examples,) = (row for row in table_rows("Engine") if engine in row[0].split(", "))
    codes = re.findall(r"`([^`]+)`", examples[1])
    assert len(codes) == len(examples[0].split(", "))
    return codes[examples[0].split(", ").index(engine)]
