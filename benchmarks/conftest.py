"""Options of the benchmarks, and what they add to pytest-benchmark's JSON."""

import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from benchmarks.made_file import REAL_FILE_VARIABLE, real_file
from benchmarks.recorder import WITHHELD
from benchmarks.results import versions
from benchmarks.session import Session
from benchmarks.tables import MATRIX_SIZES
from glovefast.threads import processors

_LIBRARIES = ("numpy", "numba", "llvmlite", "pyarrow", "xxhash", "isal")
_PACKAGES = (
    "glovefast",
    *_LIBRARIES,
    "polars",
    "pandas",
    "gensim",
    "faiss-cpu",
    "usearch",
    "pytest-benchmark",
)
_SESSION = pytest.StashKey[Session]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("glovefast")
    least = MATRIX_SIZES[-1]
    group.addoption("--rows", type=int, help=f"make all files, of at most this many words (at least {least})")
    group.addoption("--rounds", type=int, default=5, help="how often every process runs, at most")
    group.addoption("--files", type=Path, help="where made files are kept; by default they are not")
    needs = "5.6 GB of text, 25 GB of disk, 16 GB of memory"
    group.addoption("--largest", action="store_true", help=f"also measure the shape of glove.840B: {needs}")


def pytest_configure(config: pytest.Config) -> None:
    rows = config.getoption("--rows")
    if rows is not None and rows < MATRIX_SIZES[-1]:
        raise pytest.UsageError(f"--rows must be at least {MATRIX_SIZES[-1]}")


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    session = config.stash.get(_SESSION, None)
    output_json["glovefast"] = {
        "command": _command(config),
        "texts": session.facts() if session else {},
        "processors": processors(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "versions": versions(_PACKAGES),
        "withheld": config.stash.get(WITHHELD, []),
    }


@pytest.fixture(scope="session")
def session(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Session:
    pytestconfig.stash[_SESSION] = Session(pytestconfig, tmp_path_factory)
    return pytestconfig.stash[_SESSION]


def _command(config: pytest.Config) -> str:
    """Return the command of this run, with absolute paths shortened to their last part."""
    words = [*config.invocation_params.args]
    if real := real_file():
        words.insert(0, f"{REAL_FILE_VARIABLE}={real}")
    # After "=" too, as in --benchmark-json=PATH.
    short = [re.sub(r"(?:^|(?<==))/(?:[^/]*/)*", "", word) for word in words]
    return shlex.join([*short[: real is not None], "pytest", *short[real is not None :]])
