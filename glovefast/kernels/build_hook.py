"""Build step of the wheel: compile the kernels for this kind of machine and add them to the wheel.

Only hatchling uses this (see pyproject.toml). On Linux the kernels become a shared library; elsewhere the
wheel contains their LLVM IR. A wheel without either works too: it compiles the kernels at first use.
"""

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PREPARE = """\
import sys
from pathlib import Path
from glovefast.kernels.link import prepare_wheel
sys.stdout.write(prepare_wheel(Path(sys.argv[1])) or "")
"""
_LINKER = "ziglang>=0.13"

# The library needs no C library, so one wheel serves distributions with glibc and with musl; the versions are
# the oldest that pip still meets.
_TAG = "py3-none-manylinux_2_17_{machine}.musllinux_1_1_{machine}"


class PrepareKernels(BuildHookInterface):  # type: ignore[misc]  # hatchling is installed only for builds
    """Add ``libglovefast.so`` and its manifest to the wheel, or else ``prepared.json``."""

    def dependencies(self) -> list[str]:
        """Ask for a linker that comes as a package, if this machine has none and needs one."""
        sys.path.insert(0, self.root)
        try:
            from glovefast.kernels.levels import levels_here
            from glovefast.kernels.link import find_linker
        finally:
            sys.path.remove(self.root)
        return [_LINKER] if levels_here() and find_linker() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the kernels in a separate process, before the wheel is assembled."""
        if self.target_name != "wheel" or version == "editable":
            return
        # Prepended: pip's isolated builds find their requirements only through this variable.
        path = os.pathsep.join(filter(None, [self.root, os.environ.get("PYTHONPATH")]))
        # Numba optimizes for a common processor, so that the wheel does not depend on the building one.
        processor = {"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": ""} if _is_x86_64() else {}
        directory = Path(tempfile.mkdtemp())
        run = subprocess.run(  # noqa: S603 - our own code in our own interpreter
            [sys.executable, "-c", _PREPARE, str(directory)],
            env={**os.environ, "PYTHONPATH": path, **processor},
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            self.app.display_warning(f"the wheel is built without prepared kernels: {run.stderr[-2000:]}")
            return
        if run.stdout:
            self.app.display_warning(f"the wheel is built without a library of kernels: {run.stdout}")
        for file in directory.iterdir():
            build_data["force_include"][str(file)] = f"glovefast/kernels/{file.name}"
        if (directory / "libglovefast.so").exists():
            build_data["pure_python"] = False
            build_data["tag"] = _TAG.format(machine=platform.machine())


def _is_x86_64() -> bool:
    return platform.machine() in {"x86_64", "AMD64"}
