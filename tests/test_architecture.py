"""The data's way is the architecture: imports run one way, and some things have one home only."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import glovefast

PACKAGE = Path(glovefast.__file__).parent

# From the user to the bytes: a module imports from the layers below its own, never from its own or above.
LAYERS = [
    ["__main__"],
    ["cli"],
    ["commands"],
    ["convert_command"],
    ["options"],
    ["terminal", "summary", "word_list", "text_files", "demo"],
    ["comparison", "keras", "text"],
    ["keras.growing"],
    ["keras.saving", "keras.extending", "keras.vectorizing"],
    ["text.tokenizer"],
    ["text.lookup"],
    ["text.dictionaries"],
    ["text.counting", "text.numbering", "text.padding"],
    ["text.word_table", "text.sequences"],
    ["text.batches"],
    ["text.words"],
    ["keras.seeding"],
    ["keras.partly_trainable"],
    ["keras.installed"],
    ["verify"],
    ["convert", "vectors", "against"],
    ["conversion"],
    ["bad_rows"],
    ["wanted"],
    ["remedies"],
    ["matrix", "coverage"],
    ["parser", "fallback", "training"],
    ["line_filter", "word_forms", "opening"],
    ["chunks", "store", "tutorial", "embedding_text"],
    ["store_files"],
    ["layout", "vocabulary", "sources", "columns", "metadata"],
    ["zip_archives", "tar_archives"],
    ["streams"],
    ["archives", "signatures", "origin", "hashing", "publishing", "checksums", "inflation", "threads"],
    ["kernels.load"],
    ["kernels.build_hook"],
    ["kernels.words"],
    ["kernels.wanted"],
    ["kernels.parse"],
    ["kernels.compile", "kernels.intrinsics", "kernels.lanes"],
    ["kernels", "errors", "data", "data.make_sample"],
]
LAYER = {module: number for number, layer in enumerate(LAYERS) for module in layer}

# Where there is nothing to compile, the kernels' source is not imported; where there is, it registers itself.
UPWARDS = {"kernels.compile": {"glovefast.kernels.words"}}

# What is imported with a module, beside the standard library; all else waits in a function.
LIBRARIES = {"numpy", "pyarrow"}
MORE_LIBRARIES = {
    "cli": {"click"},
    "commands": {"click"},
    "convert_command": {"click"},
    "options": {"click"},
    "kernels.intrinsics": {"numba", "llvmlite"},
    "kernels.lanes": {"numba", "llvmlite"},
    "kernels.build_hook": {"hatchling"},
}


def modules() -> dict[str, ast.Module]:
    """Read every module of the package but the package itself, whose names are loaded lazily."""
    trees = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        if name != "__init__":
            trees[name] = ast.parse(path.read_text("utf-8"))
    return trees


MODULES = modules()


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
                is_module = submodule.removeprefix("glovefast.") in LAYER
                yield submodule if is_module else node.module, node not in later


def test_every_module_has_a_layer():
    assert sorted(MODULES) == sorted(LAYER)
    assert len(LAYER) == sum(map(len, LAYERS))


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module):
    """In functions and for type checkers as well, so that there is no cycle of any kind."""
    ours = {name for name, _ in imported(MODULES[module]) if name.split(".")[0] == "glovefast"}
    below = {f"glovefast.{other}" for other in LAYER if LAYER[other] > LAYER[module]}
    assert ours - {"glovefast"} - UPWARDS.get(module, set()) <= below
    if module.startswith("kernels"):
        assert all(name.startswith("glovefast.kernels") for name in ours)
    if module == "errors":
        assert not ours


def test_the_package_itself_imports_nothing():
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    assert {name for name, at_once in imported(tree) if at_once} <= {"importlib", "sys", "types", "typing"}


@pytest.mark.parametrize("module", MODULES)
def test_heavy_libraries_wait_until_they_are_needed(module):
    at_once = {name.split(".")[0] for name, at_once in imported(MODULES[module]) if at_once}
    allowed = sys.stdlib_module_names | {"glovefast"} | LIBRARIES | MORE_LIBRARIES.get(module, set())
    assert at_once - allowed == set()


@pytest.mark.parametrize("module", MODULES)
def test_things_that_have_one_home(module):
    """Nothing prints but the command; nothing opens a pickle; no assertion meets what a user gives."""
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) != "print" or module in {"cli", "terminal"}
            assert all(
                keyword.arg != "allow_pickle" or ast.unparse(keyword.value) == "False"
                for keyword in node.keywords
            )
        assert not isinstance(node, ast.Assert)
    libraries = {name.split(".")[0] for name, _ in imported(MODULES[module])}
    assert libraries & {"pickle", "shelve", "marshal", "joblib", "dill", "cloudpickle"} == set()
