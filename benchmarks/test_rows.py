"""Every row of every table as a benchmark; a table is measured as a whole, its rows in turn."""

from typing import Any

import pytest

from benchmarks.comparisons import COMPARISONS
from benchmarks.recorder import Outcome, record, replayed_time
from benchmarks.session import Session
from benchmarks.tables import TABLES

_ROWS = [(name, row) for name, table in TABLES.items() for row in table.rows]


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, session: Session) -> dict[str, Outcome]:
    shape = TABLES[request.param].shape
    return COMPARISONS[request.param](session) if shape is None or session.chosen(shape) else {}


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize(
    ("outcomes", "table", "row"),
    [(name, name, row) for name, row in _ROWS],
    indirect=["outcomes"],
    ids=[f"{name}-{row}" for name, row in _ROWS],
)
def test_row(
    benchmark: Any,
    pytestconfig: pytest.Config,
    session: Session,
    outcomes: dict[str, Outcome],
    table: str,
    row: str,
) -> None:
    if not all(map(session.chosen, (TABLES[table].shape or "", row))):
        pytest.skip("needs --largest")
    record(benchmark, pytestconfig, table, row, outcomes.get(row, "not installed"))
