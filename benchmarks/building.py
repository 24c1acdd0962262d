"""Build what the benchmarks run: the installed project, and the C++ program."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).parent
_PREPARED = {"libglovefast.so", "libglovefast.json", "prepared.json"}
_OPTIONS = ("-std=c++17", "-O3", "-march=native")


class NotBuiltError(Exception):
    """Something cannot be built or installed here; the message says why."""


def compile_fast_float(directory: Path) -> Path:
    """Compile the C++ program into a directory; raise NotBuiltError if that is not possible here."""
    source = _HERE / "fast_float_parse.cpp"
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("c++")
    if compiler is None:
        raise NotBuiltError("there is no C++ compiler")
    program = directory / source.stem
    error = _error_of([compiler, *_OPTIONS, "-o", program, source])
    if error and "fast_float/fast_float.h" in error:
        raise NotBuiltError("the header fast_float/fast_float.h is missing (Debian: libfast-float-dev)")
    if error:
        raise NotBuiltError(f"the C++ compiler fails: {error.splitlines()[0]}")
    return program


def install(directory: Path) -> None:
    """Install the project beside the libraries that are here, for PYTHONPATH; pip compiles its modules."""
    options = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", directory)
    if error := _error_of([sys.executable, "-m", "pip", "install", *options, _HERE.parent]):
        raise NotBuiltError(f"the project cannot be installed: {error.splitlines()[-1]}")
    if not prepared_files(directory):
        raise NotBuiltError("the wheel was built without prepared kernels")


def prepared_files(directory: Path) -> list[Path]:
    """List the compiled kernels of a project that `install` installed."""
    return [path for path in (directory / "glovefast" / "kernels").iterdir() if path.name in _PREPARED]


def _error_of(command: list[str | Path]) -> str | None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return done.stderr.strip() or done.stdout.strip() or "it failed without a message"
