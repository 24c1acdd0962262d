"""Every row of every table as a benchmark; a table is measured as a whole, with its rows in turn."""

from functools import cache
from typing import Any

import pytest

from benchmarks.comparisons import COMPARISONS
from benchmarks.recorder import Outcome, record, replayed_time
from benchmarks.session import Session
from benchmarks.tables import TABLES

_ROWS = [pytest.param(name, row, id=f"{name}-{row}") for name, table in TABLES.items() for row in table.rows]


@cache
def _outcomes(session: Session, table: str) -> dict[str, Outcome]:
    return COMPARISONS[table](session)


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize(("table", "row"), _ROWS)
def test_row(benchmark: Any, pytestconfig: pytest.Config, session: Session, table: str, row: str) -> None:
    if not all(map(session.chosen, (TABLES[table].shape or "", row))):
        pytest.skip("needs --largest")
    record(benchmark, pytestconfig, table, row, _outcomes(session, table).get(row, "not installed"))
