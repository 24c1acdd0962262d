"""The data's way is the architecture: rooms import one way, and some things have one home only."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import glovefast

PACKAGE = Path(glovefast.__file__).parent

# The folders, and the modules beside them, in the order of the data's way: each may import those before it.
ROOMS = [
    "errors _version",
    "integers regular_files cache_directory",
    "threads progress",
    "kernels",
    "vocabulary",
    "sources",
    "parser",
    "store",
    "matrix",
    "text",
    "queries",
    "vectors",
    "conversion",
    "verification",
    "keras torch plots",
    "batches",
    "__init__",
    "demo",
    "cli",
    "__main__",
]
FLOOR = {room: floor for floor, rooms in enumerate(ROOMS) for room in rooms.split()}

# What is imported with a module, beside the standard library; all else waits in a function.
LIBRARIES = {"numpy", "pyarrow"}
MORE_LIBRARIES = {
    "cli": {"click"},
    "kernels.intrinsics": {"numba", "llvmlite"},
    "kernels.lanes": {"numba", "llvmlite"},
    "kernels.comparison": {"numba", "llvmlite"},
    "kernels.build_hook": {"hatchling"},
}


def modules() -> dict[str, ast.Module]:
    """Read every module of the package."""
    trees = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        trees[name if name == "__init__" else name.removesuffix(".__init__")] = ast.parse(
            path.read_text("utf-8")
        )
    return trees


MODULES = modules()


def room_of(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


def imported(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """List the imports of a module as (dotted name, whether it is made when the module is)."""
    later = {
        node
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        or (isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING")
        for node in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node not in later) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                is_module = submodule.removeprefix("glovefast.") in MODULES
                yield submodule if is_module else node.module, node not in later


def ours(module: str) -> set[str]:
    """List the modules of the package that a module imports, in functions and for type checkers too."""
    names = {name for name, _ in imported(MODULES[module]) if name.split(".")[0] == "glovefast"}
    return {name.removeprefix("glovefast.") if name != "glovefast" else "__init__" for name in names}


def test_every_room_has_its_floor():
    assert {room_of(module) for module in MODULES} == set(FLOOR)


@pytest.mark.parametrize("module", MODULES)
def test_rooms_import_one_way(module):
    room = room_of(module)
    wrong = {other for other in ours(module) if FLOOR[room_of(other)] > FLOOR[room]}
    same_floor = {other for other in ours(module) if FLOOR[room_of(other)] == FLOOR[room]}
    assert wrong == set()
    assert {room_of(other) for other in same_floor} <= {room}


def test_there_is_no_cycle():
    """Inside the rooms as well, and with the imports in functions."""
    imports = {module: ours(module) & set(MODULES) - {module} for module in MODULES}
    while leaves := [module for module, others in imports.items() if not others & set(imports)]:
        for leaf in leaves:
            del imports[leaf]
    assert imports == {}


def test_at_most_a_dozen_modules_stand_at_the_top():
    assert len(list(PACKAGE.glob("*.py"))) <= 12


@pytest.mark.parametrize("room", [path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()])
def test_every_room_says_what_it_is_for(room):
    assert ast.get_docstring(MODULES[room])


def test_the_package_itself_imports_next_to_nothing():
    assert {name for name, at_once in imported(MODULES["__init__"]) if at_once} <= {
        "importlib",
        "glovefast._version",
    }


@pytest.mark.parametrize("module", MODULES)
def test_heavy_libraries_wait_until_they_are_needed(module):
    at_once = {name.split(".")[0] for name, at_once in imported(MODULES[module]) if at_once}
    more = MORE_LIBRARIES.get(module, set()) | MORE_LIBRARIES.get(room_of(module), set())
    assert at_once - sys.stdlib_module_names - {"glovefast"} - LIBRARIES - more == set()


@pytest.mark.parametrize("module", MODULES)
def test_things_that_have_one_home(module):
    """Nothing prints but the command; nothing opens a pickle; no assertion meets what a user gives."""
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) != "print" or module in {"cli", "cli.terminal"}
            assert all(
                keyword.arg != "allow_pickle" or ast.unparse(keyword.value) == "False"
                for keyword in node.keywords
            )
        assert not isinstance(node, ast.Assert)
    libraries = {name.split(".")[0] for name, _ in imported(MODULES[module])}
    assert libraries & {"pickle", "shelve", "marshal", "joblib", "dill", "cloudpickle"} == set()
