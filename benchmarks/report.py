"""Turn the results of a run into Markdown: ``python -m benchmarks.report results.json -o RESULTS.md``.

Nothing is rounded in our favour and nothing is left out: a row that `benchmarks.tables` does not know is an
error, one that is missing is named, and one whose result was wrong says so in the place of its time.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.tables import GLOVEFAST, TABLES, Table

_MIB = 1 << 20


class ReportError(Exception):
    """Results that are not those of these benchmarks."""


@dataclass(frozen=True)
class Measured:
    """What was measured of one row."""

    seconds: list[float]
    first_seconds: list[float] = field(default_factory=list)
    peak_bytes: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Ratio:
    """How many times glovefast's time a row's is; the least and the most, too, where they ran in turn."""

    median: float
    least: float | None = None
    most: float | None = None


Rows = dict[str, Measured | str]


def render(results: dict[str, Any]) -> str:
    """Render the report.

    Parameters
    ----------
    results : dict
        What ``pytest benchmarks/ --benchmark-json`` wrote.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    ReportError
        If a row is unknown, appears twice, or the results are not those of these benchmarks.
    """
    by_table = _rows_by_table(results)
    sections = [
        "# Measured",
        "Written by `python -m benchmarks.report`; what each table compares, and by which rules, stands in "
        "`benchmarks/__init__.py` and `benchmarks/tables.py`. Times are medians of the runs; the range is "
        "from the fastest to the slowest. A ratio says how many times glovefast's time a time is: below 1, "
        "the peer is faster. One machine, one run: take the ratios along, not the seconds.",
        _circumstances(results),
        *_sections(by_table),
        _where_peers_win(by_table),
    ]
    return "\n\n".join(sections) + "\n"


def _rows_by_table(results: dict[str, Any]) -> dict[str, Rows]:
    """Sort the results into the tables, in the tables' order."""
    if "glovefast" not in results:
        raise ReportError(
            "these are no results of `pytest benchmarks/`: they do not say which text was measured"
        )
    by_table: dict[str, Rows] = {name: {} for name in TABLES}

    def add(table: str, row: str, value: Measured | str) -> None:
        if table not in TABLES or row not in TABLES[table].rows:
            raise ReportError(f"unknown row {row!r} of table {table!r}; name it in benchmarks/tables.py")
        if row in by_table[table]:
            raise ReportError(f"row {row!r} of table {table!r} appears twice")
        by_table[table][row] = value

    for withheld in results["glovefast"]["withheld"]:
        add(withheld["table"], withheld["row"], withheld["wrong"])
    for benchmark in results["benchmarks"]:
        extra = benchmark["extra_info"]
        row = extra.get("row", benchmark["name"])
        measured = Measured(
            benchmark["stats"]["data"], extra.get("first_seconds", []), extra.get("peak_bytes", [])
        )
        add(benchmark["group"], row, measured)
    return {name: rows for name, rows in by_table.items() if rows}


def _sections(by_table: dict[str, Rows]) -> Iterator[str]:
    """Render the tables; a note that the table before had too is not said again."""
    note = ""
    for name, rows in by_table.items():
        table = TABLES[name]
        yield f"## {table.title}"
        if table.note != note:
            yield table.note
        yield _table(table, rows)
        note = table.note


def _table(table: Table, rows: Rows) -> str:
    """Render one table."""
    measured = [row for row in rows.values() if isinstance(row, Measured)]
    with_first = any(row.first_seconds for row in measured)
    with_peak = any(row.peak_bytes for row in measured)
    head = ["", "median", "range", "runs", "ratio to glovefast"]
    head += ["first call"] * with_first + ["peak memory"] * with_peak
    lines = [_line(head), _line(["---", *["---:"] * (len(head) - 1)])]
    for name, label in table.rows.items():
        row = rows.get(name, "not measured in this run")
        if isinstance(row, str):
            reason = row if name not in rows else f"no time, for the result is wrong: {_escape(row)}"
            lines.append(_line([label, reason, *[""] * (len(head) - 2)]))
            continue
        cells = [
            label,
            _time(statistics.median(row.seconds)),
            f"{_time(min(row.seconds))} to {_time(max(row.seconds))}",
            f"{len(row.seconds):,}",
            _ratio_cell(_ratio(table, rows, name)),
        ]
        cells += [_time(statistics.median(row.first_seconds)) if row.first_seconds else ""] * with_first
        cells += [f"{max(row.peak_bytes) / _MIB:,.0f} MiB" if row.peak_bytes else ""] * with_peak
        lines.append(_line(cells))
    return "\n".join(lines)


def _ratio(table: Table, rows: Rows, name: str) -> Ratio | None:
    """Compare a row with ours: run by run where they ran in turn, by their medians otherwise."""
    ours, row = rows.get(GLOVEFAST), rows.get(name)
    if name == GLOVEFAST or not isinstance(ours, Measured) or not isinstance(row, Measured):
        return None
    if table.in_turn and len(ours.seconds) == len(row.seconds) > 1:
        ratios = [theirs / our for theirs, our in zip(row.seconds, ours.seconds, strict=True)]
        return Ratio(statistics.median(ratios), min(ratios), max(ratios))
    return Ratio(statistics.median(row.seconds) / statistics.median(ours.seconds))


def _where_peers_win(by_table: dict[str, Rows]) -> str:
    """List every case in which a peer was faster, or needed less memory for the same."""
    lines = []
    for name, rows in by_table.items():
        table, ours = TABLES[name], rows.get(GLOVEFAST)
        for row, label in table.rows.items():
            measured = rows.get(row)
            if row == GLOVEFAST or row in table.floors or not isinstance(measured, Measured):
                continue
            ratio = _ratio(table, rows, row)
            if ratio is not None and ratio.median < 1:
                lines.append(f"- {table.title}: {label} takes {_ratio_cell(ratio)} times our time.")
            if (
                isinstance(ours, Measured)
                and measured.peak_bytes
                and max(measured.peak_bytes) < max(ours.peak_bytes)
            ):
                share = max(measured.peak_bytes) / max(ours.peak_bytes)
                lines.append(f"- {table.title}: {label} takes {share:.2f} times our memory.")
    return "## Where a peer does better\n\n" + ("\n".join(lines) or "Nowhere in this run.")


def _circumstances(results: dict[str, Any]) -> str:
    """Say what was measured, on which machine, with which versions and by which command."""
    machine, ours = results["machine_info"], results["glovefast"]
    text, cpu = ours["text"], machine["cpu"]
    kind = "a made file" if text["made"] else "the real file"
    versions = ", ".join(
        f"{package} {version or 'not installed'}" for package, version in ours["versions"].items()
    )
    facts = {
        "Text": f"{kind}, `{text['name']}`: {text['rows']:,} words, {text['dim']} numbers each, "
        f"{text['bytes']:,} bytes",
        "Machine": f"{cpu.get('brand_raw', machine['machine'])}, {ours['processors']} processors used, "
        f"{ours['memory_bytes'] / (1 << 30):.0f} GiB of memory",
        "System": f"{machine['system']} {machine['release']}, {machine['python_implementation']} "
        f"{machine['python_version']}",
        "Versions": versions,
        "Date": results["datetime"][:10],
        "Command": f"`{ours['command']}`",
    }
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def _time(seconds: float) -> str:
    """Write a time with three digits in a unit that suits it."""
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{_three_digits(seconds * factor)} {unit}"
    return f"{_three_digits(seconds * 1e6)} µs"


def _three_digits(number: float) -> str:
    decimals = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:,.{decimals}f}"


def _ratio_cell(ratio: Ratio | None) -> str:
    if ratio is None:
        return ""
    if ratio.least is None or ratio.most is None:
        return f"{_three_digits(ratio.median)}"
    return f"{_three_digits(ratio.median)} ({_three_digits(ratio.least)} to {_three_digits(ratio.most)})"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__.split("\n\n")[0])
    parser.add_argument("results", type=Path, help="what --benchmark-json wrote")
    parser.add_argument(
        "-o", "--output", type=Path, help="where the Markdown goes (default: standard output)"
    )
    parsed = parser.parse_args(arguments)
    try:
        report = render(json.loads(parsed.results.read_text(encoding="utf-8")))
    except ReportError as error:
        print(f"{parsed.results}: {error}", file=sys.stderr)
        return 1
    if parsed.output is None:
        print(report, end="")
    else:
        parsed.output.write_text(report, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
