"""Hand results to pytest-benchmark: times that were measured elsewhere, and rows without a time."""

import json
from collections.abc import Mapping
from itertools import cycle
from typing import Any

import pytest

from benchmarks.processes import Run, error_of
from benchmarks.results import Measured
from benchmarks.tables import TABLES

WITHHELD = pytest.StashKey[list[dict[str, str]]]()
_elapsed = 0.0


class Wrong(str):
    """What is wrong with a result, or how it failed."""

    __slots__ = ()


Outcome = Measured | Wrong | str  # of a row; a plain string says why it was not measured


def of_processes(runs: Mapping[str, list[Run]]) -> dict[str, Outcome]:
    return {
        row: Wrong(error)
        if (error := error_of(done))
        else Measured([run.seconds for run in done], peak_bytes=[run.peak_bytes for run in done])
        for row, done in runs.items()
    }


def of_reports(runs: Mapping[str, list[Run]], numbers: Mapping[str, int] | None = None) -> dict[str, Outcome]:
    """Return the outcomes of processes that time themselves, by row.

    Each wrote a line of JSON: ``first``, the seconds of the first call; ``again``, those of the calls after
    it, which count if there are any; and perhaps ``peak_bytes`` and ``wrong``. `numbers` is how many numbers
    each call processed.
    """
    outcomes: dict[str, Outcome] = {}
    for row, done in runs.items():
        reports = [json.loads(run.output) for run in done if run.error is None]
        wrong = error_of(done) or next(filter(None, (report.get("wrong") for report in reports)), None)
        outcomes[row] = Wrong(wrong or "") or Measured(
            [seconds for report in reports for seconds in report["again"] or [report["first"]]],
            [report["first"] for report in reports],
            [report["peak_bytes"] for report in reports if "peak_bytes" in report],
            numbers[row] if numbers else None,
        )
    return outcomes


def of_functions(wrong: Mapping[Any, str | None], seconds: Mapping[Any, list[float]]) -> dict[Any, Outcome]:
    return {row: Wrong(wrong[row] or "") or Measured(times) for row, times in seconds.items()}


def record(benchmark: Any, config: pytest.Config, table: str, row: str, outcome: Outcome) -> None:
    """Hand over a row's outcome; the benchmark of a row without a time is skipped, or fails if it is ours."""
    label = TABLES[table].rows[row]
    if isinstance(outcome, str):
        entry = {"table": table, "row": row, "reason": str(outcome)}
        config.stash.setdefault(WITHHELD, []).append(entry)
        if isinstance(outcome, Wrong) and not TABLES[table].is_peer(row):
            pytest.fail(f"{label}: {outcome}")
        pytest.skip(f"no time for {label}: {outcome}")
    benchmark.group = table
    benchmark.extra_info["row"] = row
    more = {
        name: getattr(outcome, name) for name in ("first_seconds", "peak_bytes", "stored_bytes", "numbers")
    }
    benchmark.extra_info |= {name: value for name, value in more.items() if value}
    _replay(benchmark, outcome.seconds)


def replayed_time() -> float:
    """Return the time as `_replay` moves it: the timer of every benchmark."""
    return _elapsed


def _replay(benchmark: Any, seconds: list[float]) -> None:
    """Let pytest-benchmark measure, by `replayed_time`, rounds that took these times elsewhere."""
    times = cycle(seconds)

    def advance() -> None:
        global _elapsed  # noqa: PLW0603 - pytest-benchmark's timer takes no arguments
        _elapsed += next(times)

    benchmark.pedantic(advance, rounds=len(seconds))
