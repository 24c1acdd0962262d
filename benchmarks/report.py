"""Turn the results of a run into Markdown: ``python -m benchmarks.report results.json -o RESULTS.md``.

Nothing is rounded in our favour and nothing is left out: a row that `benchmarks.tables` does not know is an
error, one that is missing is named, and one whose result was wrong says so in the place of its time. With
``--short`` only the goals and the circumstances are written, for the README.
"""

import argparse
import statistics
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.goals import GOALS
from benchmarks.results import (
    Measured,
    Results,
    ResultsError,
    Rows,
    bytes_text,
    ratio,
    read_results,
    three_digits,
    time_text,
)
from benchmarks.shapes import SHAPES
from benchmarks.tables import GLOVEFAST, TABLES, Table


def render(results: Results) -> str:
    """Render the whole report as Markdown."""
    sections = [
        "# Measured",
        "Written by `python -m benchmarks.report`; what each table compares, and by which rules, stands in "
        "`benchmarks/__init__.py` and `benchmarks/tables.py`. Times are medians of the runs; the range is "
        "from the fastest to the slowest. A ratio says how many times glovefast's time a time is: below 1, "
        "the peer is faster. One machine, one run: take the ratios along, not the seconds.",
        _circumstances(results),
        "## Goals",
        "The median of the ratios of the runs, turn by turn, and in brackets the least and the most.",
        _goals(results),
        *_sections(results),
        _where_peers_win(results),
    ]
    return "\n\n".join(sections) + "\n"


def render_short(results: Results) -> str:
    """Render the goals alone, and on what they were measured."""
    return f"{_goals(results)}\n\n{_short_circumstances(results)}\n"


def _goals(results: Results) -> str:
    lines = [_line(["what", "text", "goal", "measured", ""]), _line(["---"] * 5)]
    for goal in GOALS:
        outcome = goal.judge(results)
        size = results.size(goal.shape) if goal.shape else ""
        met = {True: "met", False: "**missed**", None: "not judged"}[outcome.met]
        lines.append(_line([goal.what, size, goal.target, _escape(outcome.measured), met]))
    return "\n".join(lines)


def _sections(results: Results) -> Iterator[str]:
    """Render the tables; a heading or a note that the table before had too is not said again."""
    title = note = ""
    for name, rows in results.tables.items():
        table = TABLES[name]
        if table.title != title:
            yield f"## {table.title}"
        if table.note != note:
            yield table.note
        if table.shape is not None:
            yield f"The text: {results.size(table.shape)}."
        yield _table(name, table, rows, results)
        title, note = table.title, table.note


def _table(name: str, table: Table, rows: Rows, results: Results) -> str:
    """Render one table."""
    measured = [row for row in rows.values() if isinstance(row, Measured)]
    with_ratio = GLOVEFAST in table.rows
    with_numbers = any(row.numbers for row in measured)
    with_first = any(row.first_seconds for row in measured)
    with_peak = any(row.peak_bytes for row in measured)
    head = ["", "median", "range", "runs"]
    head += ["ratio to glovefast"] * with_ratio + ["per number"] * with_numbers
    head += ["first call"] * with_first + ["peak memory"] * with_peak
    lines = [_line(head), _line(["---", *["---:"] * (len(head) - 1)])]
    for row in table.rows:
        by_size = row in SHAPES
        if by_size and row not in rows:
            continue
        label = results.size(row) if by_size else table.rows[row]
        found = rows.get(row)
        if not isinstance(found, Measured):
            lines.append(_line([label, _escape(results.missing(name, row)), *[""] * (len(head) - 2)]))
            continue
        cells = [label, time_text(found.median)]
        cells += [f"{time_text(min(found.seconds))} to {time_text(max(found.seconds))}"]
        cells += [f"{len(found.seconds):,}"]
        cells += [_ratio_cell(rows, row)] * with_ratio
        cells += [time_text(found.median / found.numbers) if found.numbers else ""] * with_numbers
        cells += [
            time_text(statistics.median(found.first_seconds)) if found.first_seconds else ""
        ] * with_first
        cells += [bytes_text(max(found.peak_bytes)) if found.peak_bytes else ""] * with_peak
        lines.append(_line(cells))
    return "\n".join(lines)


def _ratio_cell(rows: Rows, row: str) -> str:
    ours, found = rows.get(GLOVEFAST), rows[row]
    if row == GLOVEFAST or not isinstance(ours, Measured) or not isinstance(found, Measured):
        return ""
    return str(ratio(found, ours))


def _where_peers_win(results: Results) -> str:
    """List every case in which a peer was faster, or needed less memory for the same."""
    lines = []
    for name, rows in results.tables.items():
        table, ours = TABLES[name], rows.get(GLOVEFAST)
        where = table.title + (f", {results.size(table.shape)}" if table.shape else "")
        for row, label in table.rows.items():
            found = rows.get(row)
            if not table.is_peer(row) or not isinstance(found, Measured) or not isinstance(ours, Measured):
                continue
            if ratio(found, ours).median < 1:
                lines.append(f"- {where}: {label} takes {ratio(found, ours)} times our time.")
            if found.peak_bytes and max(found.peak_bytes) < max(ours.peak_bytes):
                share = max(found.peak_bytes) / max(ours.peak_bytes)
                lines.append(f"- {where}: {label} takes {three_digits(share)} times our memory.")
    return "## Where a peer does better\n\n" + ("\n".join(lines) or "Nowhere in this run.")


def _circumstances(results: Results) -> str:
    """Say what was measured, on which machine, with which versions and by which command."""
    ours = results.raw["glovefast"]
    versions = ", ".join(
        f"{package} {version or 'not installed'}" for package, version in ours["versions"].items()
    )
    texts = "; ".join(
        f"`{text['name']}`, {'made' if text['made'] else 'the real file'}: {results.size(shape)}"
        for shape, text in results.texts.items()
    )
    facts = {
        "Texts": texts,
        "Machine": _machine(results),
        "System": _system(results),
        "Versions": versions,
        "Date": results.raw["datetime"][:10],
        "Command": f"`{ours['command']}`",
    }
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def _short_circumstances(results: Results) -> str:
    versions = results.raw["glovefast"]["versions"]
    peers = ", ".join(f"{name} {versions[name]}" for name in ("polars", "gensim") if versions.get(name))
    made = "made files of the same shape" if any(t["made"] for t in results.texts.values()) else ""
    real = "the real glove.6B.50d" if any(not t["made"] for t in results.texts.values()) else ""
    return (
        f"Medians, least and most of ratios taken turn by turn in one run of `pytest benchmarks/` on "
        f"{' and '.join(filter(None, (real, made)))}; {_machine(results)}; {_system(results)}; {peers}; "
        f"{results.raw['datetime'][:10]}."
    )


def _machine(results: Results) -> str:
    machine, ours = results.raw["machine_info"], results.raw["glovefast"]
    return (
        f"{machine['cpu'].get('brand_raw', machine['machine'])}, {ours['processors']} processors used, "
        f"{ours['memory_bytes'] / (1 << 30):.0f} GiB of memory"
    )


def _system(results: Results) -> str:
    machine = results.raw["machine_info"]
    return (
        f"{machine['system']} {machine['release']}, {machine['python_implementation']} "
        f"{machine['python_version']}"
    )


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
    parser.add_argument("--short", action="store_true", help="only the goals, for the README")
    parsed = parser.parse_args(arguments)
    try:
        results = read_results(parsed.results)
    except ResultsError as error:
        print(f"{parsed.results}: {error}", file=sys.stderr)
        return 1
    report = render_short(results) if parsed.short else render(results)
    if parsed.output is None:
        print(report, end="")
    else:
        parsed.output.write_text(report, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
