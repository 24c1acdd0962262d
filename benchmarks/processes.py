"""Run contenders as processes of their own, in turn, and measure each."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launcher.py")
_ROOT = Path(__file__).parents[1]
SCRIPTS = Path(__file__).with_name("scripts")

Arguments = Sequence[str | os.PathLike[str]]


@dataclass(frozen=True)
class Run:
    """One run of a process.

    Attributes
    ----------
    seconds : float
        From its start to its end.
    peak_bytes : int
        The most memory it had at once (maximum resident set).
    output : str
        What it wrote to standard output.
    error : str or None
        How it failed: its status and the last line of its standard error. None where it did not.
    """

    seconds: float
    peak_bytes: int
    output: str
    error: str | None


def run_python(*arguments: str | os.PathLike[str]) -> Run:
    """Run this interpreter with arguments."""
    command = [sys.executable, *map(os.fspath, arguments)]
    launcher = [sys.executable, "-I", "-S", str(_LAUNCHER)]
    done = subprocess.run([*launcher, *command], capture_output=True, text=True, check=True, cwd=_ROOT)
    output, _, measured_line = done.stdout.rstrip("\n").rpartition("\n")
    measured = json.loads(measured_line)
    status = measured["status"]
    last_words = (done.stderr.strip().splitlines() or ["without a word"])[-1]
    error = f"the process ended with status {status}: {last_words}" if status else None
    return Run(measured["seconds"], measured["peak_bytes"], output.strip(), error)


def run_in_turn(commands: Mapping[str, Callable[[], Arguments]], rounds: int) -> dict[str, list[Run]]:
    """Run each command once per round, in the opposite order from one round to the next.

    Parameters
    ----------
    commands : mapping
        By name, what clears the way for the next run and gives the arguments of `run_python`.
    rounds : int
        Runs of each.

    Returns
    -------
    dict
        The runs by name, one per round; one that failed is the last.
    """
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    order = list(commands)
    for _ in range(rounds):
        for name in order:
            if not runs[name] or runs[name][-1].error is None:
                runs[name].append(run_python(*commands[name]()))
        order.reverse()
    return runs


def error_of(runs: list[Run]) -> str | None:
    """Say how one of the runs failed; None where none did."""
    return next((run.error for run in runs if run.error is not None), None)
