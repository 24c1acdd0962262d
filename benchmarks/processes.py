"""Run contenders as processes, in turn, and measure each."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

Name = TypeVar("Name")
_LAUNCHER = Path(__file__).with_name("launcher.py")
_ROOT = Path(__file__).parents[1]
SCRIPTS = Path(__file__).with_name("scripts")

# A user's shell seldom sets these, and they would make Python compile our modules again in each process.
_REMOVED_VARIABLES = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
_SETTLING_SECONDS = 0.05

OUT_OF_MEMORY = "it ran out of memory"
_SAID_WITHOUT_MEMORY = ("MemoryError", "bad_alloc", "memory allocation of")  # by Python, C++ and Rust


@dataclass(frozen=True)
class Command:
    """What to run, and what to prepare for each run."""

    arguments: Sequence[str | os.PathLike[str]]  # of this interpreter, or a program and its arguments
    removed: tuple[Path, ...] = ()  # files and directories to remove before each run
    cached: tuple[Path, ...] = ()  # files to read first: other runs may drive them out of the page cache
    wrong: Callable[[], str | None] | None = None  # says after the first run what is wrong with its result
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path = _ROOT
    program: bool = False  # whether the first argument is a program
    rounds: int | None = None  # at most this many, if it takes too long for more


@dataclass(frozen=True)
class Run:
    """One run of a process: from start to end, its peak resident memory, its output, and how it failed."""

    seconds: float
    peak_bytes: int
    output: str
    error: str | None


def run(command: Command) -> Run:
    """Run a command once, after the disk has finished what was written before."""
    for path in command.removed:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for path in command.cached:
        with path.open("rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
    os.sync()
    time.sleep(_SETTLING_SECONDS)
    environment = {name: value for name, value in os.environ.items() if name not in _REMOVED_VARIABLES}
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
    return run(Command(arguments))


def in_turn(names: Iterable[Name], rounds: int) -> Iterator[tuple[int, Name]]:
    """Yield each name once per round, with the round's number, in reverse order every other round."""
    order = list(names)
    for number in range(rounds):
        yield from ((number, name) for name in order)
        order.reverse()


def run_in_turn(commands: Mapping[str, Command], rounds: int) -> dict[str, list[Run]]:
    """Return the runs by name; a run that failed, or whose result is wrong, is the last of its name."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for number, name in in_turn(commands, rounds):
        command, done = commands[name], runs[name]
        if error_of(done) or number >= (command.rounds or rounds):
            continue
        done.append(run(command))
        if number == 0 and command.wrong is not None and done[0].error is None:
            done[0] = replace(done[0], error=command.wrong())
    return runs


def error_of(runs: Sequence[Run]) -> str | None:
    return next((run.error for run in runs if run.error is not None), None)


def _failure(status: int, standard_error: str) -> str | None:
    if status == 0:
        return None
    if status == -signal.SIGKILL or any(said in standard_error for said in _SAID_WITHOUT_MEMORY):
        return f"{OUT_OF_MEMORY} (the process ended with status {status})"
    last_line = (standard_error.strip().splitlines() or ["no message"])[-1]
    return f"the process ended with status {status}: {last_line}"
