"""Hand results to pytest-benchmark: times that were measured elsewhere, and rows that get no time."""

import json
from collections.abc import Sequence
from itertools import cycle
from typing import Any, NoReturn

import pytest

from benchmarks.processes import Run, error_of
from benchmarks.tables import TABLES

WITHHELD = pytest.StashKey[list[dict[str, str]]]()

_elapsed = 0.0


def replayed_time() -> float:
    """Give the time as `replay` moves it: the timer for a benchmark that replays."""
    return _elapsed


def replay(benchmark: Any, seconds: Sequence[float]) -> None:
    """Let pytest-benchmark measure, by `replayed_time`, rounds that took these times elsewhere."""
    times = cycle(seconds)

    def advance() -> None:
        global _elapsed  # noqa: PLW0603 - pytest-benchmark takes a timer without arguments
        _elapsed += next(times)

    benchmark.pedantic(advance, rounds=len(seconds))


def begin(benchmark: Any, config: pytest.Config, table: str, row: str, wrong: str | None) -> None:
    """Say which row a benchmark is; a row that failed or is wrong ends here, without a time.

    Raises
    ------
    KeyError
        If there is no such row.
    """
    label = TABLES[table].rows[row]
    if wrong is not None:
        if TABLES[table].is_peer(row):
            withhold(config, table, row, wrong)
        _note(config, table, row, wrong)
        pytest.fail(f"{label}: {wrong}")
    benchmark.group = table
    benchmark.extra_info["row"] = row


def withhold(config: pytest.Config, table: str, row: str, reason: str) -> NoReturn:
    """Note why a row gets no time, and skip its benchmark."""
    _note(config, table, row, reason)
    pytest.skip(f"no time for {TABLES[table].rows[row]}: {reason}")


def hand_over_processes(
    benchmark: Any, config: pytest.Config, table: str, row: str, runs: Sequence[Run]
) -> None:
    """Hand over the times and the memory of whole processes."""
    begin(benchmark, config, table, row, error_of(runs))
    benchmark.extra_info["peak_bytes"] = [run.peak_bytes for run in runs]
    replay(benchmark, [run.seconds for run in runs])


def hand_over_reports(
    benchmark: Any,
    config: pytest.Config,
    table: str,
    row: str,
    runs: Sequence[Run],
    numbers: int | None = None,
) -> None:
    """Hand over what processes say of themselves.

    Parameters
    ----------
    benchmark, config, table, row
        As for `begin`.
    runs : sequence of Run
        Each wrote a line of JSON: ``first``, the seconds of the first call, ``again``, those of the calls
        after it, which count if there are any, and perhaps ``peak_bytes`` and ``wrong``.
    numbers : int, optional
        How many numbers it was that took this time.
    """
    failed = error_of(runs)
    reports = [] if failed else [json.loads(run.output) for run in runs]
    wrong = next((report["wrong"] for report in reports if report.get("wrong")), None)
    begin(benchmark, config, table, row, failed or wrong)
    benchmark.extra_info["first_seconds"] = [report["first"] for report in reports]
    if "peak_bytes" in reports[0]:
        benchmark.extra_info["peak_bytes"] = [report["peak_bytes"] for report in reports]
    if numbers is not None:
        benchmark.extra_info["numbers"] = numbers
    replay(benchmark, [seconds for report in reports for seconds in report["again"] or [report["first"]]])


def _note(config: pytest.Config, table: str, row: str, reason: str) -> None:
    config.stash.setdefault(WITHHELD, []).append({"table": table, "row": row, "reason": reason})
