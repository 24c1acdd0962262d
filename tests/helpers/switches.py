"""Tests that run again, in a process of their own, with the kernels compiled or run in another way."""

import os
import subprocess
import sys
from pathlib import Path

SWITCHES = ["NUMBA_BOUNDSCHECK", "NUMBA_DISABLE_JIT"]


def passes_with(switch: str, file: str, chosen: str, cache: Path) -> None:
    """Run the chosen tests of a file with a switch of Numba's set."""
    # In the kernel uint64 wraps around, and NumPy warns of that where the kernel runs as Python.
    command = [file, "-k", chosen, "-W", "ignore::RuntimeWarning"]
    passes_in({switch: "1", "NUMBA_CACHE_DIR": str(cache)}, command)


def passes_in(environment: dict[str, str], arguments: list[str]) -> None:
    """Run tests in a process with more environment variables."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert " passed" in run.stdout
