"""Turn the results of a run into Markdown: ``python -m benchmarks.report results.json -o RESULTS.md``.

Nothing is rounded in our favor and nothing is left out: a row that `benchmarks.tables` does not know is an
error, a missing one is named, and a wrong one says what is wrong in place of its time. ``--short`` writes
only the goals and the circumstances, for the README.
"""

import json
import statistics
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.goals import GOALS
from benchmarks.results import (
    Measured,
    Results,
    Rows,
    bytes_text,
    markdown_table,
    ratio,
    run_command,
    sort_results,
    three_digits,
    time_text,
)
from benchmarks.tables import GLOVEFAST, TABLES, Table
from benchmarks.texts import SHAPES

_COLUMNS = (
    "median",
    "range",
    "runs",
    "ratio to glovefast",
    "per number",
    "first call",
    "on the disk",
    "peak memory",
)


def render(results: Results) -> str:
    sections = [
        "# Measured",
        "Written by `python -m benchmarks.report`. The rules are in `benchmarks/__init__.py`, and what each "
        "table compares is in `benchmarks/tables.toml`. Times are medians of the runs; the range is "
        "from the fastest to the slowest. A ratio is a time divided by glovefast's time: below 1, the peer "
        "is faster. This is one run on one machine: ratios carry over to other machines, seconds do not.",
        _circumstances(results),
        "## Goals",
        "The median of the ratios of the runs, turn by turn, with the least and the most in brackets.",
        _goals(results),
        *_sections(results),
        _where_peers_win(results),
    ]
    return "\n\n".join(sections) + "\n"


def render_short(results: Results) -> str:
    return f"{_goals(results)}\n\n{_short_circumstances(results)}\n"


def _goals(results: Results) -> str:
    rows = []
    for goal in GOALS:
        outcome = goal.judge(results)
        size = results.size(goal.shape) if goal.shape else ""
        met = {True: "met", False: "**missed**", None: "not judged"}[outcome.met]
        rows.append([goal.what, size, goal.target, _escape(outcome.measured), met])
    return markdown_table(["what", "text", "goal", "measured", ""], rows, left=5)


def _sections(results: Results) -> Iterator[str]:
    """Render the tables; a heading or a note that the table before had too is not repeated."""
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
    """Render one table; a column that no row fills is left out."""
    ours = rows.get(GLOVEFAST)

    def cells(row: str, found: Measured) -> dict[str, str]:
        first, peak, numbers = found.first_seconds, found.peak_bytes, found.numbers
        is_compared = row != GLOVEFAST and isinstance(ours, Measured)
        return {
            "median": time_text(found.median),
            "range": f"{time_text(min(found.seconds))} to {time_text(max(found.seconds))}",
            "runs": f"{len(found.seconds):,}",
            "ratio to glovefast": str(ratio(found, ours)) if is_compared else "",
            "per number": time_text(found.median / numbers) if numbers else "",
            "first call": time_text(statistics.median(first)) if first else "",
            "on the disk": bytes_text(found.stored_bytes) if found.stored_bytes else "",
            "peak memory": bytes_text(max(peak)) if peak else "",
        }

    lines = {row: cells(row, found) for row, found in rows.items() if isinstance(found, Measured)}
    filled = {head for each in lines.values() for head, cell in each.items() if cell}
    columns = [head for head in _COLUMNS if head in filled] or ["median"]
    body = []
    for row, label in table.rows.items():
        if row in lines:
            body.append([results.size(row) if row in SHAPES else label, *map(lines[row].get, columns)])
        elif row not in SHAPES or row in rows:
            body.append([label, _escape(results.missing(name, row)), *[""] * (len(columns) - 1)])
    return markdown_table(["", *columns], body)


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
    ours = results.raw["glovefast"]
    machine, system = _machine_and_system(results.raw)
    kinds = {True: "made", False: "the real file"}
    facts = {
        "Texts": "; ".join(
            f"`{text['name']}`, {kinds[text['made']]}: {results.size(shape)}"
            for shape, text in results.texts.items()
        ),
        "Machine": machine,
        "System": system,
        "Versions": ", ".join(
            f"{name} {found or 'not installed'}" for name, found in ours["versions"].items()
        ),
        "Date": results.raw["datetime"][:10],
        "Command": f"`{ours['command']}`",
    }
    if results.earlier:
        commit, date = results.earlier["commit_info"]["id"][:7], results.earlier["datetime"][:10]
        titles = dict.fromkeys(TABLES[name].title for name in results.of_earlier)
        facts["Measured earlier"] = f"on {date}, at commit {commit}: {'; '.join(titles)}"
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def _short_circumstances(results: Results) -> str:
    versions = results.raw["glovefast"]["versions"]
    peers = ", ".join(f"{name} {versions[name]}" for name in ("polars", "gensim") if versions.get(name))
    made = {text["made"] for text in results.texts.values()}
    real = "the real glove.6B.50d" if False in made else ""
    texts = " and ".join(filter(None, (real, "made files of the same shape" if True in made else "")))
    machine = "; ".join(_machine_and_system(results.raw))
    return (
        "Medians, least and most of ratios taken turn by turn in one run of `pytest benchmarks/` on "
        f"{texts}; {machine}; {peers}; {results.raw['datetime'][:10]}."
    )


def _machine_and_system(raw: dict[str, Any]) -> tuple[str, str]:
    machine, ours = raw["machine_info"], raw["glovefast"]
    name, memory = machine["cpu"].get("brand_raw", machine["machine"]), ours["memory_bytes"] / (1 << 30)
    python = f"{machine['python_implementation']} {machine['python_version']}"
    return (
        f"{name}, {ours['processors']} processors used, {memory:.0f} GiB of memory",
        f"{machine['system']} {machine['release']}, {python}",
    )


def _escape(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: list[str] | None = None) -> int:
    parser = ArgumentParser(prog="python -m benchmarks.report", description=__doc__.split("\n\n")[0])
    parser.add_argument("-o", "--output", type=Path, help="the Markdown file (default: standard output)")
    parser.add_argument("--short", action="store_true", help="only the goals, for the README")
    parser.add_argument("--earlier", type=Path, help="results of an earlier run, for what this one left out")

    def write(results: Results, given: Namespace) -> None:
        if given.earlier is not None:
            results = results.with_earlier(
                sort_results(json.loads(given.earlier.read_text(encoding="utf-8")))
            )
        report = render_short(results) if given.short else render(results)
        if given.output is None:
            print(report, end="")
        else:
            given.output.write_text(report, encoding="utf-8")

    return run_command(arguments, parser, write)


if __name__ == "__main__":
    sys.exit(main())
