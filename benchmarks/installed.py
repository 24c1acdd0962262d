"""Build the wheel and install it as ``pip install`` would, but beside the libraries that are here."""

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]


class InstallationError(Exception):
    """The wheel cannot be built or installed here."""


def build_wheel(directory: Path) -> Path:
    """Build the project's wheel into a directory, with the build tools that are installed."""
    _run("build", "--wheel", "--no-isolation", "--outdir", directory, _ROOT)
    (wheel,) = directory.glob("*.whl")
    return wheel


def install(wheel: Path, directory: Path, without_prepared_kernels: bool = False) -> None:
    """Install a wheel into a directory of its own, which PYTHONPATH may name; pip compiles its modules."""
    _run("pip", "install", "--quiet", "--no-index", "--no-deps", "--target", directory, wheel)
    prepared = list(directory.glob("glovefast/kernels/prepared*"))
    if not prepared and not without_prepared_kernels:
        raise InstallationError("the wheel was built without prepared kernels")
    if without_prepared_kernels:
        for file in prepared:
            file.unlink()


def _run(module: str, *arguments: str | Path) -> None:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last_words = (done.stderr.strip() or done.stdout.strip() or "without a word").splitlines()[-1]
        raise InstallationError(f"{module} cannot install the wheel: {last_words}")
