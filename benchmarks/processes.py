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
    """

    seconds: float
    peak_bytes: int
    output: str


def run_python(*arguments: str | os.PathLike[str]) -> Run:
    """Run this interpreter with arguments.

    Raises
    ------
    RuntimeError
        If the process fails; with what it wrote to standard error.
    """
    command = [sys.executable, *map(os.fspath, arguments)]
    launcher = [sys.executable, "-I", "-S", str(_LAUNCHER)]
    done = subprocess.run([*launcher, *command], capture_output=True, text=True, check=True, cwd=_ROOT)
    output, _, measured_line = done.stdout.rstrip("\n").rpartition("\n")
    measured = json.loads(measured_line)
    if measured["status"] != 0:
        raise RuntimeError(f"{' '.join(command)} ended with status {measured['status']}:\n{done.stderr}")
    return Run(measured["seconds"], measured["peak_bytes"], output.strip())


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
        The runs by name, one per round.
    """
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    order = list(commands)
    for _ in range(rounds):
        for name in order:
            runs[name].append(run_python(*commands[name]()))
        order.reverse()
    return runs
