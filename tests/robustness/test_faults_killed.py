"""Conversions killed at any moment: the old store or the new one is there, whole; the next run clears up.

With GLOVEFAST_LONG_TESTS=1 in the environment ten times 300 runs are killed at random, instead of 20.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LONG = os.environ.get("GLOVEFAST_LONG_TESTS", "0") != "0"


def killing(directory: Path, *options: str) -> dict[str, int]:
    """Kill runs in a process that holds only glovefast; see tests/robustness/killing.py."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.robustness.killing", str(directory), *options],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("seed", range(10) if LONG else [0])
def test_killed_at_random(tmp_path: Path, seed: int) -> None:
    """Over the whole run, and with a store there before or none in turn."""
    times = 300 if LONG else 20
    counts = killing(tmp_path, "--random", str(times), "--seed", str(seed))
    assert counts["killed"] == times
    assert counts["old store"] > 0
    assert counts["None store"] > 0
    assert counts["1 left behind"] > 0  # for the next run to clear away


@pytest.mark.parametrize("options", [[], ["--first"], ["--no-exchange"], ["--bad-rows"]], ids=str)
def test_killed_at_every_call(tmp_path: Path, options: list[str]) -> None:
    """At every opening, renaming and removing, one after the other."""
    counts = killing(tmp_path, "--rows", "2000", *options)
    assert counts.get("old store", 0) + counts.get("None store", 0) > 30  # before the new one took the name
    if options != ["--first"]:
        assert counts["new store"] > 5  # while the old one was removed
    assert (options == ["--no-exchange"]) == ("old store" in counts and "None store" in counts)


def test_interrupted_at_every_call(tmp_path: Path) -> None:
    """Nothing is left for the next run to clear away."""
    counts = killing(tmp_path, "--rows", "2000", "--interrupt")
    assert counts["old store"] > 30
    assert counts["new store"] > 5
