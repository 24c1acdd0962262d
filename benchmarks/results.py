"""The results of a run, sorted into the tables, how they compare, and how they are written."""

import json
import statistics
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from benchmarks.tables import TABLES


class ResultsError(Exception):
    """Results that these benchmarks did not write."""


class NotMeasuredError(Exception):
    """A row has no time; the message says which and why."""


@dataclass(frozen=True)
class Measured:
    """One row's measurements."""

    seconds: list[float]  # in the order of the turns
    first_seconds: list[float] = field(default_factory=list)  # of first calls, if these do not count
    peak_bytes: list[int] = field(default_factory=list)  # run by run
    numbers: int | None = None  # how many were processed in each of these times, if the row is about that
    stored_bytes: int | None = None  # what the result takes on the disk, if the row is about that

    @property
    def median(self) -> float:
        """The median of the times."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Ratio:
    """A time divided by another, turn by turn."""

    each: list[float]

    @property
    def median(self) -> float:
        """The median over the turns."""
        return statistics.median(self.each)

    def __str__(self) -> str:
        least, median, most = map(three_digits, (min(self.each), self.median, max(self.each)))
        return f"{median} ({least} to {most})" if len(self.each) > 1 else median


def ratio(one: Measured, other: Measured) -> Ratio:
    """Divide one time by the other, turn by turn; a row with fewer turns had the first ones."""
    return Ratio([mine / theirs for mine, theirs in zip(one.seconds, other.seconds, strict=False)])


Rows = dict[str, Measured | str]  # by row, what was measured or why it has no time


@dataclass(frozen=True)
class Results:
    """The results of a run."""

    tables: dict[str, Rows]  # tables without any row are left out
    texts: dict[str, dict[str, Any]]  # by shape, the facts about its text
    raw: dict[str, Any]  # what ``pytest benchmarks/ --benchmark-json`` wrote
    of_earlier: list[str] = field(default_factory=list)  # the tables that an earlier run measured
    earlier: dict[str, Any] | None = None  # what that run wrote

    def with_earlier(self, earlier: "Results") -> "Results":
        """Take the tables that this run left out from an earlier one."""
        taken = [name for name in earlier.tables if name not in self.tables]
        tables = {**self.tables, **{name: earlier.tables[name] for name in taken}}
        in_order = {name: tables[name] for name in TABLES if name in tables}
        return Results(
            in_order, {**earlier.texts, **self.texts}, self.raw, taken, earlier.raw if taken else None
        )

    def measured(self, table: str, row: str) -> Measured | None:
        """Return a row's measurements; None if it has no time."""
        found = self.tables.get(table, {}).get(row)
        return found if isinstance(found, Measured) else None

    def needed(self, table: str, row: str) -> Measured:
        """Return a row's measurements; raise NotMeasuredError if it has no time."""
        if found := self.measured(table, row):
            return found
        raise NotMeasuredError(f"{TABLES[table].rows[row]}: {self.missing(table, row)}")

    def missing(self, table: str, row: str) -> str:
        """Say why a row has no time."""
        found = self.tables.get(table, {}).get(row)
        return f"no time: {found}" if isinstance(found, str) else "not measured in this run"

    def size(self, shape: str) -> str:
        """Describe a text by its size."""
        text = self.texts.get(shape)
        if text is None:
            return shape
        return f"{text['rows']:,} x {text['dim']}, {bytes_text(text['bytes'])}"


def run_command(arguments: list[str] | None, parser: ArgumentParser, use: Callable[..., None]) -> int:
    """Run a command that reads results: `use` takes them and the parsed arguments."""
    parser.add_argument("results", type=Path, help="what --benchmark-json wrote")
    parsed = parser.parse_args(arguments)
    try:
        use(sort_results(json.loads(parsed.results.read_text(encoding="utf-8"))), parsed)
    except ResultsError as error:
        print(f"{parsed.results}: {error}", file=sys.stderr)
        return 1
    return 0


def versions(packages: Iterable[str]) -> dict[str, str | None]:
    """Return the packages' versions; None if one is not installed."""
    return {
        package: next((found.version for found in distributions(name=package)), None) for package in packages
    }


def sort_results(raw: dict[str, Any]) -> Results:
    """Sort results into the tables, in the tables' order; raise ResultsError for others."""
    if "glovefast" not in raw:
        raise ResultsError("these are no results of `pytest benchmarks/`: they do not say what was measured")
    tables: dict[str, Rows] = {name: {} for name in TABLES}

    def add(table: str, row: str, value: Measured | str) -> None:
        if table not in TABLES or row not in TABLES[table].rows:
            raise ResultsError(f"unknown row {row!r} of table {table!r}; add it to benchmarks/tables.toml")
        if row in tables[table]:
            raise ResultsError(f"row {row!r} of table {table!r} appears twice")
        tables[table][row] = value

    for withheld in raw["glovefast"]["withheld"]:
        add(withheld["table"], withheld["row"], withheld["reason"])
    for benchmark in raw["benchmarks"]:
        extra = dict(benchmark["extra_info"])
        add(benchmark["group"], extra.pop("row"), Measured(benchmark["stats"]["data"], **extra))
    return Results({name: rows for name, rows in tables.items() if rows}, raw["glovefast"]["texts"], raw)


def three_digits(number: float) -> str:
    """Write a number with three digits, and with more only before the point."""
    decimals = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:,.{decimals}f}"


def bytes_text(number: float) -> str:
    return f"{number / 1e9:.2f} GB" if number >= 1e9 else f"{number / 1e6:,.0f} MB"


def time_text(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1:
            return f"{three_digits(seconds * factor)} {unit}"
    return f"{three_digits(seconds * 1e9)} ns"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Render a table; all columns after the first `left` are aligned to the right."""
    rule = ["---" if column < left else "---:" for column in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))
