"""Hand results to pytest-benchmark: times that other processes measured, and rows that get no time."""

from itertools import cycle
from typing import Any

import pytest

from benchmarks.tables import GLOVEFAST, TABLES

WITHHELD = pytest.StashKey[list[dict[str, str]]]()

_elapsed = 0.0


def replayed_time() -> float:
    """Give the time as `replay` moves it: the timer for a benchmark that replays."""
    return _elapsed


def replay(benchmark: Any, seconds: list[float]) -> None:
    """Let pytest-benchmark measure, by `replayed_time`, rounds that took these times in other processes."""
    times = cycle(seconds)

    def advance() -> None:
        global _elapsed  # noqa: PLW0603 - pytest-benchmark takes a timer without arguments
        _elapsed += next(times)

    benchmark.pedantic(advance, rounds=len(seconds))


def begin(benchmark: Any, config: pytest.Config, table: str, row: str, wrong: str | None) -> None:
    """Say which row a benchmark is; a row whose result is wrong ends here, without a time.

    Raises
    ------
    KeyError
        If there is no such row.
    """
    label = TABLES[table].rows[row]
    if wrong is not None:
        config.stash.setdefault(WITHHELD, []).append({"table": table, "row": row, "wrong": wrong})
        if row == GLOVEFAST:
            pytest.fail(f"{label}: {wrong}")
        pytest.skip(f"no time for {label}: {wrong}")
    benchmark.group = table
    benchmark.extra_info["row"] = row
