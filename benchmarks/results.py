"""The results of a run, sorted into the tables, and how they compare."""

import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.tables import TABLES


class ResultsError(Exception):
    """Results that are not those of these benchmarks."""


@dataclass(frozen=True)
class Measured:
    """What was measured of one row.

    Attributes
    ----------
    seconds : list of float
        The times, in the order of the turns.
    first_seconds : list of float
        The times of the first calls in their processes, where they do not count.
    peak_bytes : list of int
        Peak memory, run by run.
    numbers : int or None
        How many numbers took these times, where that is asked for.
    """

    seconds: list[float]
    first_seconds: list[float] = field(default_factory=list)
    peak_bytes: list[int] = field(default_factory=list)
    numbers: int | None = None

    @property
    def median(self) -> float:
        """The median of the times."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Ratio:
    """How many times the one time the other is; with the least and the most of more than one turn."""

    median: float
    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        if self.least is None or self.most is None:
            return three_digits(self.median)
        return f"{three_digits(self.median)} ({three_digits(self.least)} to {three_digits(self.most)})"


def ratio(one: Measured, other: Measured) -> Ratio:
    """Divide the one time by the other, turn by turn; the one that has fewer turns had them at first."""
    ratios = [mine / theirs for mine, theirs in zip(one.seconds, other.seconds, strict=False)]
    return Ratio(statistics.median(ratios), *((min(ratios), max(ratios)) if len(ratios) > 1 else ()))


Rows = dict[str, Measured | str]


@dataclass(frozen=True)
class Results:
    """The results of a run.

    Attributes
    ----------
    tables : dict
        By table and row what was measured, or why the row has no time; tables without any row are left out.
    texts : dict
        By shape what is known of its text: ``name``, ``bytes``, ``made``, ``rows``, ``dim``.
    raw : dict
        What ``pytest benchmarks/ --benchmark-json`` wrote.
    """

    tables: dict[str, Rows]
    texts: dict[str, dict[str, Any]]
    raw: dict[str, Any]

    def measured(self, table: str, row: str) -> Measured | None:
        """Give what was measured of a row; None where it has no time."""
        found = self.tables.get(table, {}).get(row)
        return found if isinstance(found, Measured) else None

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


def read_results(path: Path) -> Results:
    """Read what ``pytest benchmarks/ --benchmark-json`` wrote.

    Raises
    ------
    ResultsError
        As `sort_results` raises it.
    """
    return sort_results(json.loads(path.read_text(encoding="utf-8")))


def sort_results(raw: dict[str, Any]) -> Results:
    """Sort results into the tables, in the tables' order.

    Raises
    ------
    ResultsError
        If a row is unknown, appears twice, or the results are not those of these benchmarks.
    """
    if "glovefast" not in raw:
        raise ResultsError("these are no results of `pytest benchmarks/`: they do not say what was measured")
    tables: dict[str, Rows] = {name: {} for name in TABLES}

    def add(table: str, row: str, value: Measured | str) -> None:
        if table not in TABLES or row not in TABLES[table].rows:
            raise ResultsError(f"unknown row {row!r} of table {table!r}; name it in benchmarks/tables.py")
        if row in tables[table]:
            raise ResultsError(f"row {row!r} of table {table!r} appears twice")
        tables[table][row] = value

    for withheld in raw["glovefast"]["withheld"]:
        add(withheld["table"], withheld["row"], withheld["reason"])
    for benchmark in raw["benchmarks"]:
        extra = benchmark["extra_info"]
        measured = Measured(
            benchmark["stats"]["data"],
            extra.get("first_seconds", []),
            extra.get("peak_bytes", []),
            extra.get("numbers"),
        )
        add(benchmark["group"], extra.get("row", benchmark["name"]), measured)
    return Results({name: rows for name, rows in tables.items() if rows}, raw["glovefast"]["texts"], raw)


def time_text(seconds: float) -> str:
    """Write a time with three digits in a unit that suits it."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1:
            return f"{three_digits(seconds * factor)} {unit}"
    return f"{three_digits(seconds * 1e9)} ns"


def bytes_text(number: float) -> str:
    """Write a size in MB or GB."""
    return f"{number / 1e9:.2f} GB" if number >= 1e9 else f"{number / 1e6:,.0f} MB"


def three_digits(number: float) -> str:
    """Write a number with three digits, and more only before the point."""
    decimals = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:,.{decimals}f}"
