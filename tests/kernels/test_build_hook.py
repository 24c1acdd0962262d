"""The wheel's build step, without the build backend that calls it."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def build_hook(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The hook's module over a stand-in for hatchling, which is there only while a wheel is built."""
    name = "hatchling.builders.hooks.plugin.interface"
    interface = ModuleType(name)
    interface.BuildHookInterface = object
    monkeypatch.setitem(sys.modules, name, interface)
    for parent in (
        "hatchling.builders.hooks.plugin",
        "hatchling.builders.hooks",
        "hatchling.builders",
        "hatchling",
    ):
        monkeypatch.setitem(sys.modules, parent, ModuleType(parent))
    monkeypatch.delitem(sys.modules, "glovefast.kernels.build_hook", raising=False)
    from glovefast.kernels import build_hook

    yield build_hook
    sys.modules.pop("glovefast.kernels.build_hook", None)


def added_by(build_hook: Any, warnings: list[str]) -> dict[str, str]:
    """Run the hook as hatchling does; give what it adds to the wheel."""
    hook = build_hook.PrepareKernels()
    hook.target_name, hook.root = "wheel", str(ROOT)
    hook.app = type("App", (), {"display_warning": staticmethod(warnings.append)})
    build_data: dict[str, Any] = {"force_include": {}}
    hook.initialize("standard", build_data)
    return {target: source for source, target in build_data["force_include"].items()}


def test_libraries_of_an_isolated_build_are_found(
    build_hook: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # pip shows an isolated build its requirements, Numba among them, by PYTHONPATH alone.
    (tmp_path / "library_of_the_build.py").write_text("text = 'prepared'\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    script = "import sys, library_of_the_build, glovefast; sys.stdout.write(library_of_the_build.text)"
    monkeypatch.setattr(build_hook, "_PREPARE", script)
    warnings: list[str] = []
    added = added_by(build_hook, warnings)
    assert warnings == []
    assert Path(added["glovefast/kernels/prepared.json"]).read_text() == "prepared"


def test_kernels_are_prepared_with_numba(build_hook: Any) -> None:
    warnings: list[str] = []
    added = added_by(build_hook, warnings)
    assert warnings == []
    prepared = json.loads(Path(added["glovefast/kernels/prepared.json"]).read_text())
    assert {"find_separators", "parse_rows", "count_words"} <= prepared["kernels"].keys()


def test_a_wheel_is_built_without_numba_too(build_hook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_hook, "_PREPARE", "import no_such_library")
    warnings: list[str] = []
    assert added_by(build_hook, warnings) == {}
    assert "no_such_library" in warnings[0]
