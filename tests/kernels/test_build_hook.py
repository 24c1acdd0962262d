"""The wheel's build step, without the build backend that calls it."""

import json
import platform
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from glovefast.kernels import levels, link
from glovefast.kernels.library import load_library
from glovefast.kernels.registry import exported
from tests.helpers.libraries import needs_library, undefined_symbols, without_linker

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


def hook_of(build_hook: Any, warnings: list[str]) -> Any:
    hook = build_hook.PrepareKernels()
    hook.target_name, hook.root = "wheel", str(ROOT)
    hook.app = type("App", (), {"display_warning": staticmethod(warnings.append)})
    return hook


def built_by(build_hook: Any, warnings: list[str], version: str = "standard") -> dict[str, Any]:
    """Run the hook as hatchling does; give what it says of the wheel."""
    build_data: dict[str, Any] = {"force_include": {}}
    hook_of(build_hook, warnings).initialize(version, build_data)
    return build_data


def added_by(build_hook: Any, warnings: list[str]) -> dict[str, str]:
    """Run the hook; give what it adds to the wheel."""
    included = built_by(build_hook, warnings)["force_include"]
    return {target: source for source, target in included.items()}


def test_libraries_of_an_isolated_build_are_found(
    build_hook: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # pip shows an isolated build its requirements, Numba among them, by PYTHONPATH alone.
    (tmp_path / "library_of_the_build.py").write_text("text = 'prepared'\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    script = """
import pathlib, sys, library_of_the_build, glovefast
pathlib.Path(sys.argv[1], "prepared.json").write_text(library_of_the_build.text)
"""
    monkeypatch.setattr(build_hook, "_PREPARE", script)
    warnings: list[str] = []
    added = added_by(build_hook, warnings)
    assert warnings == []
    assert Path(added["glovefast/kernels/prepared.json"]).read_text() == "prepared"


@needs_library
def test_a_wheel_holds_a_library_for_this_kind_of_machine(build_hook: Any) -> None:
    warnings: list[str] = []
    built = built_by(build_hook, warnings)
    assert warnings == []
    machine = platform.machine()
    assert built["tag"] == f"py3-none-manylinux_2_17_{machine}.musllinux_1_1_{machine}"
    assert built["pure_python"] is False
    added = {target: Path(source) for source, target in built["force_include"].items()}
    assert added.keys() == {"glovefast/kernels/libglovefast.so", "glovefast/kernels/libglovefast.json"}
    # Python would take a library with the name of a module for the module.
    assert not (ROOT / "glovefast/kernels/libglovefast.py").exists()
    manifest = added["glovefast/kernels/libglovefast.json"]
    kernels = json.loads(manifest.read_text())["kernels"]
    assert kernels.keys() == exported().keys()
    assert sum(path.stat().st_size for path in added.values()) < 600_000
    loaded = load_library(manifest, list(kernels))
    assert loaded.level == load_library(manifest, ["parse_rows"]).level
    assert undefined_symbols(added["glovefast/kernels/libglovefast.so"]) <= {"memcpy", "memmove", "memset"}


def test_kernels_are_prepared_with_numba_where_nothing_links(
    build_hook: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without_linker(monkeypatch, tmp_path)
    warnings: list[str] = []
    built = built_by(build_hook, warnings)
    (warning,) = warnings
    assert "without a library of kernels: " in warning
    assert {"tag", "pure_python"} & built.keys() == set()
    ((source, target),) = built["force_include"].items()
    assert target == "glovefast/kernels/prepared.json"
    prepared = json.loads(Path(source).read_text())
    assert {"find_separators", "parse_rows", "count_words"} <= prepared["kernels"].keys()


@needs_library
def test_a_linker_is_asked_for_where_there_is_none(
    build_hook: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(link, "find_linker", lambda: ["cc"])
    assert hook_of(build_hook, []).dependencies() == []
    monkeypatch.setattr(link, "find_linker", lambda: None)
    (requirement,) = hook_of(build_hook, []).dependencies()
    assert requirement.startswith("ziglang")
    monkeypatch.setattr(levels.sys, "platform", "darwin")
    assert hook_of(build_hook, []).dependencies() == []


def test_a_wheel_is_built_without_numba_too(build_hook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_hook, "_PREPARE", "import no_such_library")
    warnings: list[str] = []
    assert added_by(build_hook, warnings) == {}
    assert "no_such_library" in warnings[0]


def test_an_editable_install_prepares_nothing(build_hook: Any) -> None:
    assert built_by(build_hook, [], "editable") == {"force_include": {}}
