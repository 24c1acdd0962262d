"""The wheel's build step: compile the kernels for the kind of machine that builds it, and put the IR in.

Used by hatchling alone (see pyproject.toml). A wheel without prepared kernels works as well, and so does one
that was prepared on another kind of machine: the kernels are then compiled at first use.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PREPARE = "import sys; from glovefast.kernels.compile import prepare; sys.stdout.write(prepare())"


class PrepareKernels(BuildHookInterface):  # type: ignore[misc]  # hatchling is there only while building
    """Add ``prepared.json`` to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the kernels in a process of their own, before the wheel is put together."""
        if self.target_name != "wheel" or version == "editable":
            return
        # In front of what stands there: pip shows an isolated build its requirements by this variable alone.
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
