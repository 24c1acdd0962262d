"""Build what the benchmarks run: the wheel, installed beside the libraries here, and the C++ program."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).parent
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


def build_wheel(directory: Path) -> Path:
    """Build the project's wheel into a directory, with the build tools that are installed."""
    _run("build", "--wheel", "--no-isolation", "--outdir", directory, _HERE.parent)
    (wheel,) = directory.glob("*.whl")
    return wheel


def install(wheel: Path, directory: Path, without_prepared_kernels: bool = False) -> None:
    """Install a wheel into its own directory, for PYTHONPATH; pip compiles its modules."""
    _run("pip", "install", "--quiet", "--no-index", "--no-deps", "--target", directory, wheel)
    prepared = list(directory.glob("glovefast/kernels/prepared*"))
    if not prepared and not without_prepared_kernels:
        raise NotBuiltError("the wheel was built without prepared kernels")
    if without_prepared_kernels:
        for file in prepared:
            file.unlink()


def _run(module: str, *arguments: str | Path) -> None:
    if error := _error_of([sys.executable, "-m", module, *arguments]):
        raise NotBuiltError(f"{module} cannot install the wheel: {error.splitlines()[-1]}")


def _error_of(command: list[str | Path]) -> str | None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return done.stderr.strip() or done.stdout.strip() or "it failed without a message"
