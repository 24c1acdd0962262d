"""Run contenders as processes of their own, in turn, and measure each."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launcher.py")
_ROOT = Path(__file__).parents[1]
SCRIPTS = Path(__file__).with_name("scripts")

# What a user's shell seldom sets, and what would let Python compile our modules in each process anew.
_NOT_HANDED_ON = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
_SETTLING_SECONDS = 0.05

OUT_OF_MEMORY = "it ran out of memory"
_SAID_WITHOUT_MEMORY = ("MemoryError", "bad_alloc", "memory allocation of")  # by Python, C++ and Rust


@dataclass(frozen=True)
class Command:
    """What to run, and what belongs to each run of it.

    Attributes
    ----------
    arguments : sequence of str or path
        The arguments of this interpreter, or a program and its arguments if `program` is set.
    removed : tuple of pathlib.Path
        Files and directories that must not be there when a run starts.
    cached : tuple of pathlib.Path
        Files that must lie in the page cache; a run that takes much memory may have driven them out.
    wrong : callable, optional
        Says after the first run what is wrong with its result; None where nothing is.
    environment : mapping
        Variables to be set.
    directory : pathlib.Path
        Where it runs.
    program : bool
        Whether the first argument is a program of its own.
    rounds : int, optional
        At most so many runs, for what takes too long for more.
    """

    arguments: Sequence[str | os.PathLike[str]]
    removed: tuple[Path, ...] = ()
    cached: tuple[Path, ...] = ()
    wrong: Callable[[], str | None] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path = _ROOT
    program: bool = False
    rounds: int | None = None


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
        How it failed, or what is wrong with its result. None where all is well.
    """

    seconds: float
    peak_bytes: int
    output: str
    error: str | None


def run(command: Command) -> Run:
    """Run a command once, after the disk has finished what the last one wrote."""
    for path in command.removed:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for path in command.cached:
        _read_through(path)
    os.sync()
    time.sleep(_SETTLING_SECONDS)
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_HANDED_ON}
    interpreter = [] if command.program else [sys.executable]
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(_LAUNCHER), *interpreter, *map(os.fspath, command.arguments)],
        capture_output=True,
        text=True,
        check=True,
        cwd=command.directory,
        env=environment | command.environment,
    )
    output, _, measured_line = done.stdout.rstrip("\n").rpartition("\n")
    measured = json.loads(measured_line)
    error = _failure(measured["status"], done.stderr)
    return Run(measured["seconds"], measured["peak_bytes"], output.strip(), error)


def run_python(*arguments: str | os.PathLike[str]) -> Run:
    """Run this interpreter with arguments."""
    return run(Command(arguments))


def run_in_turn(commands: Mapping[str, Command], rounds: int) -> dict[str, list[Run]]:
    """Run each command once per round, in the opposite order from one round to the next.

    Parameters
    ----------
    commands : mapping
        The commands by name.
    rounds : int
        Runs of each.

    Returns
    -------
    dict
        The runs by name, one per round; one that failed, or whose result is wrong, is the last.
    """
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    order = list(commands)
    for number in range(rounds):
        for name in order:
            command, of_one = commands[name], runs[name]
            if error_of(of_one) or number >= (command.rounds or rounds):
                continue
            of_one.append(run(command))
            if number == 0 and command.wrong is not None and of_one[0].error is None:
                of_one[0] = replace(of_one[0], error=command.wrong())
        order.reverse()
    return runs


def error_of(runs: Sequence[Run]) -> str | None:
    """Say how one of the runs failed; None where none did."""
    return next((run.error for run in runs if run.error is not None), None)


def _read_through(path: Path) -> None:
    buffer = bytearray(1 << 20)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def _failure(status: int, standard_error: str) -> str | None:
    if status == 0:
        return None
    if status == -signal.SIGKILL or any(said in standard_error for said in _SAID_WITHOUT_MEMORY):
        return f"{OUT_OF_MEMORY} (the process ended with status {status})"
    last_words = (standard_error.strip().splitlines() or ["without a word"])[-1]
    return f"the process ended with status {status}: {last_words}"
