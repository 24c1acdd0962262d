"""Text to words and a float32 matrix, each contender in a process of its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.conftest import Reference
from benchmarks.contenders import CONTENDERS
from benchmarks.processes import Run, error_of, run_in_turn
from benchmarks.recorder import begin, replay, replayed_time


@pytest.fixture(scope="module")
def runs(
    text: Path, reference: Reference, rounds: int, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Run]]:
    """Run every contender that is installed: each in turn, and then those that take too long for that."""
    scratch = tmp_path_factory.mktemp("whole_load") / "scratch"
    commands = {
        name: lambda name=name: ("-m", "benchmarks.whole_load", name, text, reference.directory, scratch)
        for name, contender in CONTENDERS.items()
        if contender.installed
    }
    slow = {name: command for name, command in commands.items() if CONTENDERS[name].rounds is not None}
    of_all = run_in_turn({name: command for name, command in commands.items() if name not in slow}, rounds)
    for name, command in slow.items():
        of_all |= run_in_turn({name: command}, min(rounds, CONTENDERS[name].rounds))
    return of_all


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("name", CONTENDERS)
def test_whole_load(
    benchmark: Any, pytestconfig: pytest.Config, runs: dict[str, list[Run]], name: str
) -> None:
    if name not in runs:
        pytest.skip(f"not installed: {', '.join(CONTENDERS[name].modules)}")
    results = [json.loads(run.output) for run in runs[name] if run.error is None]
    wrong = next((result["wrong"] for result in results if result["wrong"]), None)
    begin(benchmark, pytestconfig, "whole-load", name, error_of(runs[name]) or wrong)
    benchmark.extra_info["first_seconds"] = [result["first"] for result in results]
    benchmark.extra_info["peak_bytes"] = [result["peak_bytes"] for result in results]
    replay(benchmark, [result.get("again", result["first"]) for result in results])
