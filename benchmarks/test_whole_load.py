"""Text to words and a float32 matrix, each contender in a process of its own."""

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.contenders import CONTENDERS
from benchmarks.processes import Command, Run, run_in_turn
from benchmarks.recorder import hand_over_reports, replayed_time, withhold
from benchmarks.shapes import MAIN
from benchmarks.texts import Text


@pytest.fixture(scope="module")
def runs(
    text: Text, rounds: Callable[[str], int], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Run]]:
    """Run every contender that is installed, each in turn."""
    scratch = tmp_path_factory.mktemp("whole_load") / "scratch"
    commands = {
        name: Command(
            ("-m", "benchmarks.whole_load", name, text.path, text.reference, scratch),
            cached=(text.path,),
            rounds=contender.rounds,
        )
        for name, contender in CONTENDERS.items()
        if contender.installed
    }
    return run_in_turn(commands, rounds(MAIN))


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("name", CONTENDERS)
def test_whole_load(
    benchmark: Any, pytestconfig: pytest.Config, runs: dict[str, list[Run]], name: str
) -> None:
    if name not in runs:
        withhold(pytestconfig, "whole-load", name, f"not installed: {', '.join(CONTENDERS[name].modules)}")
    hand_over_reports(benchmark, pytestconfig, "whole-load", name, runs[name])
