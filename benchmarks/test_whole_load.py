"""Text to words and a float32 matrix, each contender in a process of its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.conftest import Reference
from benchmarks.contenders import CONTENDERS
from benchmarks.processes import run_in_turn
from benchmarks.recorder import begin, replay, replayed_time


@pytest.fixture(scope="module")
def results(
    text: Path, reference: Reference, rounds: int, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Collect what each contender's processes say, in the order of the rounds."""
    scratch = tmp_path_factory.mktemp("whole_load") / "scratch"
    commands = {
        name: lambda name=name: ("-m", "benchmarks.whole_load", name, text, reference.directory, scratch)
        for name, contender in CONTENDERS.items()
        if contender.installed
    }
    few = {name: command for name, command in commands.items() if CONTENDERS[name].rounds is not None}
    many = {name: command for name, command in commands.items() if name not in few}
    runs = run_in_turn(many, rounds)
    for name, command in few.items():
        runs |= run_in_turn({name: command}, min(rounds, CONTENDERS[name].rounds))
    return {name: [json.loads(run.output) for run in of_one] for name, of_one in runs.items()}


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("name", CONTENDERS)
def test_whole_load(benchmark: Any, pytestconfig: pytest.Config, results: dict[str, Any], name: str) -> None:
    if name not in results:
        pytest.skip(f"not installed: {', '.join(CONTENDERS[name].modules)}")
    of_one = results[name]
    wrong = next((result["wrong"] for result in of_one if result["wrong"]), None)
    begin(benchmark, pytestconfig, "whole-load", name, wrong)
    benchmark.extra_info["first_seconds"] = [result["first"] for result in of_one]
    benchmark.extra_info["peak_bytes"] = [result["peak_bytes"] for result in of_one]
    replay(benchmark, [result.get("again", result["first"]) for result in of_one])
