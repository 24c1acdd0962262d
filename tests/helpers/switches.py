"""Tests that run again, in a process of their own, with the kernels compiled or run in another way."""

import os
import subprocess
import sys
from pathlib import Path

SWITCHES = ["NUMBA_BOUNDSCHECK", "NUMBA_DISABLE_JIT"]


def passes_with(switch: str, file: str, chosen: str, cache: Path) -> None:
    """Run the chosen tests of a file with a switch of Numba's set."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file, "-k", chosen]
    run = subprocess.run(
        # In the kernel uint64 wraps around, and NumPy warns of that where the kernel runs as Python.
        [*command, "-W", "ignore::RuntimeWarning"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, switch: "1", "NUMBA_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert " passed" in run.stdout
