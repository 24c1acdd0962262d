"""Parsing alone: text in memory to float32 rows and words."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.compiled import NotCompiledError, compile_fast_float
from benchmarks.outputs import parsed_disagreement
from benchmarks.processes import Command, Run, run, run_in_turn
from benchmarks.recorder import hand_over_reports, replayed_time, withhold
from benchmarks.shapes import CONVERTED, MAIN, TUTORIAL
from benchmarks.tables import GLOVEFAST, TABLES
from benchmarks.texts import Text

# By the row's name, its name for benchmarks.in_memory.
_OURS = {GLOVEFAST: "glovefast", "two threads": "two-threads", "two apart": "two-apart", "floor": "floor"}
# The calls after the first, in each process: of a large text one, for it takes seconds to read it in.
_AGAIN = {MAIN: "3", TUTORIAL: "3"}


@pytest.fixture(scope="module")
def fast_float(tmp_path_factory: pytest.TempPathFactory) -> Path | str:
    """Compile the C++ program; what is in its way where that cannot be done."""
    try:
        return compile_fast_float(tmp_path_factory.mktemp("compiled"))
    except NotCompiledError as error:
        return str(error)


@pytest.fixture(scope="module", params=CONVERTED)
def parsed(
    request: pytest.FixtureRequest,
    text_named: Callable[[str], Text],
    rounds: Callable[[str], int],
    fast_float: Path | str,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, dict[str, list[Run]]]:
    """Parse a text, each in turn; a run of its own writes what it gives, which is compared."""
    text = text_named(request.param)
    output = tmp_path_factory.mktemp("parsed") / "output"

    def command(*start: str | Path, program: bool = False) -> Command:
        arguments = (*start, text.path, str(text.dim))

        def wrong() -> str | None:
            error = run(Command((*arguments, "0", output), program=program)).error
            return error or parsed_disagreement(output, text)

        return Command((*arguments, _AGAIN.get(request.param, "1")), wrong=wrong, program=program)

    commands = {row: command("-m", "benchmarks.in_memory", name) for row, name in _OURS.items()}
    for floor in ("two apart", "floor"):
        commands[floor] = replace(commands[floor], wrong=None)
    if isinstance(fast_float, Path):
        commands["fast_float"] = command(fast_float, program=True)
    runs = run_in_turn(commands, rounds(request.param))
    output.unlink(missing_ok=True)
    return request.param, runs


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("row", TABLES[f"parse-{CONVERTED[0]}"].rows)
def test_parsing_alone(
    benchmark: Any,
    pytestconfig: pytest.Config,
    parsed: tuple[str, dict[str, list[Run]]],
    fast_float: Path | str,
    row: str,
) -> None:
    shape, runs = parsed
    if row == "fast_float" and isinstance(fast_float, str):
        withhold(pytestconfig, f"parse-{shape}", row, fast_float)
    hand_over_reports(benchmark, pytestconfig, f"parse-{shape}", row, runs[row])
