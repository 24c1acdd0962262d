"""What the benchmarks share: the text, its reference, what was made of them, what the report must know."""

import importlib.metadata
import os
import re
import shlex
import shutil
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from benchmarks.agreement import write_reference
from benchmarks.contenders import numbers_per_row
from benchmarks.made_file import REAL_FILE_VARIABLE, cached_made_file, open_text, real_file
from benchmarks.recorder import WITHHELD
from benchmarks.tables import MATRIX_SIZES

_PACKAGES = (
    "glovefast",
    "numpy",
    "numba",
    "pyarrow",
    "xxhash",
    "polars",
    "pandas",
    "gensim",
    "pytest-benchmark",
)
_DEFAULT_ROWS, _DEFAULT_DIM = 400_000, 50
_SHARE_FOUND = 0.95


class Text(NamedTuple):
    """The text that is measured."""

    path: Path
    made: bool
    rows: int
    dim: int


@dataclass(frozen=True, repr=False)  # pytest shows a failing test's arguments: minutes for 400,000 arrays
class Reference:
    """What every loader should make of the text, and where other processes find it."""

    words: list[str]
    matrix: np.ndarray
    embeddings_index: dict[str, np.ndarray]
    directory: Path


_TEXT = pytest.StashKey[Text]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("glovefast")
    group.addoption(
        "--rows", type=int, help=f"measure a made file of so many words, at least {MATRIX_SIZES[-1]}"
    )
    group.addoption("--dim", type=int, help="measure a made file of so many numbers per word")
    group.addoption("--rounds", type=int, default=5, help="runs of everything that has a process of its own")
    group.addoption("--files", type=Path, help="where made files are kept; default: made anew each time")


def pytest_configure(config: pytest.Config) -> None:
    rows = config.getoption("--rows")
    if rows is not None and rows < MATRIX_SIZES[-1]:
        raise pytest.UsageError(f"--rows must be at least {MATRIX_SIZES[-1]}")


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    text = config.stash.get(_TEXT, None)
    output_json["glovefast"] = {
        "command": _command(config),
        "text": text
        and {
            "name": text.path.name,
            "bytes": text.path.stat().st_size,
            "made": text.made,
            "rows": text.rows,
            "dim": text.dim,
        },
        "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "versions": {package: _version(package) for package in _PACKAGES},
        "withheld": config.stash.get(WITHHELD, []),
    }


@pytest.fixture(scope="session")
def rounds(pytestconfig: pytest.Config) -> int:
    return pytestconfig.getoption("--rounds")


@pytest.fixture(scope="session")
def text_path(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bool]:
    """Give the text, and whether it is a made one."""
    directory = pytestconfig.getoption("--files") or tmp_path_factory.mktemp("text")
    rows, dim = pytestconfig.getoption("--rows"), pytestconfig.getoption("--dim")
    real = real_file()
    if real is None or rows is not None or dim is not None:
        made = cached_made_file(directory, rows or _DEFAULT_ROWS, dim or _DEFAULT_DIM, like=real)
        return made.resolve(), True
    if not zipfile.is_zipfile(real):
        return real.resolve(), False
    unpacked = tmp_path_factory.mktemp("unpacked") / f"{real.stem}.txt"
    with open_text(real) as packed, unpacked.open("wb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)
    return unpacked, False


@pytest.fixture(scope="session")
def reference(
    text_path: tuple[Path, bool], pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Reference:
    """Read the text as slowly and surely as the tests do."""
    from tests.reference import read_rows

    path, made = text_path
    words, matrix = read_rows(path.read_bytes(), numbers_per_row(path))
    directory = tmp_path_factory.mktemp("reference")
    write_reference(directory, words, matrix)
    pytestconfig.stash[_TEXT] = Text(path, made, *matrix.shape)
    # A dictionary of arrays of their own, as the tutorial's loop leaves it behind.
    embeddings_index = {word: row.copy() for word, row in zip(words, matrix, strict=True)}
    return Reference(words, matrix, embeddings_index, directory)


@pytest.fixture(scope="session")
def text(reference: Reference, pytestconfig: pytest.Config) -> Path:
    """Give the text, which the reference has just brought into the page cache."""
    return pytestconfig.stash[_TEXT].path


@pytest.fixture(scope="session")
def store(text: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Convert the text."""
    import glovefast

    return glovefast.convert(text, tmp_path_factory.mktemp("store") / "text.glovefast")


@pytest.fixture(scope="session")
def gensim_file(reference: Reference, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save the reference as gensim's own file; reading the text would take gensim too long."""
    models = pytest.importorskip("gensim.models")
    keyed_vectors = models.KeyedVectors(reference.matrix.shape[1])
    keyed_vectors.add_vectors(reference.words, reference.matrix)
    path = tmp_path_factory.mktemp("gensim") / "text.kv"
    keyed_vectors.save(str(path))
    return path


@pytest.fixture(scope="session")
def word_index(reference: Reference) -> Callable[[int], dict[str, int]]:
    """Make a training vocabulary of a size, numbered from 1 as a Keras ``Tokenizer`` does it."""

    def make(size: int) -> dict[str, int]:
        generator = np.random.default_rng(size)
        found = round(size * _SHARE_FOUND)
        # Drawn without replacement, a word of rank r with a weight of 1/r: the Gumbel-max trick,
        # https://en.wikipedia.org/wiki/Gumbel_distribution#Gumbel_reparameterization_tricks
        rank = np.arange(1, len(reference.words) + 1)
        rows = np.argsort(np.log(rank) - generator.gumbel(size=rank.size))[:found]
        # Strings of their own: a dictionary finds the very object that is its key faster than an equal one.
        words = [reference.words[row].encode().decode() for row in rows]
        words += [f"not-there-{number}" for number in range(size - found)]
        return {words[place]: index for index, place in enumerate(generator.permutation(size), start=1)}

    return make


@pytest.fixture(scope="session")
def expected_matrix(reference: Reference) -> Callable[[dict[str, int]], np.ndarray]:
    """Build the embedding matrix slowly and surely."""

    def build(word_index: dict[str, int]) -> np.ndarray:
        matrix = np.zeros((len(word_index) + 1, reference.matrix.shape[1]), dtype=np.float32)
        for word, index in word_index.items():
            if word in reference.embeddings_index:
                matrix[index] = reference.embeddings_index[word]
        return matrix

    return build


@pytest.fixture(autouse=True)
def quiet_machine() -> None:
    """Let the disk finish what the last benchmark wrote before the next one is timed."""
    os.sync()
    time.sleep(0.1)


def _command(config: pytest.Config) -> str:
    """Give the command of this run, its absolute paths shortened to their last part."""
    words = [*config.invocation_params.args]
    if real := real_file():
        words.insert(0, f"{REAL_FILE_VARIABLE}={real}")
    # Behind "=" too, as in --benchmark-json=PATH.
    short = [re.sub(r"(?:^|(?<==))/(?:[^/]*/)*", "", word) for word in words]
    return shlex.join([*short[: real is not None], "pytest", *short[real is not None :]])


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
