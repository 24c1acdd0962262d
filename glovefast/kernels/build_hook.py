"""Build step of the wheel: compile the kernels for the building machine and add their IR to the wheel.

Only hatchling uses this (see pyproject.toml). A wheel without prepared kernels, or with kernels for another
kind of machine, works too: the kernels are then compiled at first use.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PREPARE = "import sys; from glovefast.kernels.compile import prepare; sys.stdout.write(prepare())"


class PrepareKernels(BuildHookInterface):  # type: ignore[misc]  # hatchling is installed only for builds
    """Add ``prepared.json`` to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the kernels in a separate process, before the wheel is assembled."""
        if self.target_name != "wheel" or version == "editable":
            return
        # Prepended: pip's isolated builds find their requirements only through this variable.
        path = os.pathsep.join(filter(None, [self.root, os.environ.get("PYTHONPATH")]))
        environment = {**os.environ, "PYTHONPATH": path}
        run = subprocess.run(  # noqa: S603 - our own code in our own interpreter
            [sys.executable, "-c", _PREPARE], env=environment, capture_output=True, text=True, check=False
        )
        if run.returncode:
            self.app.display_warning(f"the wheel is built without prepared kernels: {run.stderr[-2000:]}")
            return
        prepared = Path(tempfile.mkdtemp()) / "prepared.json"
        prepared.write_text(run.stdout, encoding="utf-8")
        build_data["force_include"][str(prepared)] = "glovefast/kernels/prepared.json"
