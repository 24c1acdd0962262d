"""What the benchmarks share: the texts, what was made of them, what the report must know."""

import importlib.metadata
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.agreement import read_reference
from benchmarks.made_file import REAL_FILE_VARIABLE, real_file
from benchmarks.processes import Command, run
from benchmarks.recorder import WITHHELD
from benchmarks.shapes import LARGEST, MAIN, SHAPES
from benchmarks.tables import MATRIX_SIZES
from benchmarks.texts import Text, Texts

_PACKAGES = (
    "glovefast",
    "numpy",
    "numba",
    "llvmlite",
    "pyarrow",
    "xxhash",
    "isal",
    "polars",
    "pandas",
    "gensim",
    "pytest-benchmark",
)
_SHARE_FOUND = 0.95

WordIndex = Callable[[list[str], int], dict[str, int]]

_TEXTS = pytest.StashKey[Texts]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("glovefast")
    group.addoption(
        "--rows", type=int, help=f"measure made files of so many words at most, at least {MATRIX_SIZES[-1]}"
    )
    group.addoption("--rounds", type=int, default=5, help="runs of everything that has a process of its own")
    group.addoption("--files", type=Path, help="where made files are kept; default: made anew each time")
    group.addoption(
        "--largest",
        action="store_true",
        help="measure the shape of glove.840B too: 5.6 GB of text, 25 GB of disk, 16 GB of memory",
    )


def pytest_configure(config: pytest.Config) -> None:
    rows = config.getoption("--rows")
    if rows is not None and rows < MATRIX_SIZES[-1]:
        raise pytest.UsageError(f"--rows must be at least {MATRIX_SIZES[-1]}")


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    texts = config.stash.get(_TEXTS, None)
    output_json["glovefast"] = {
        "command": _command(config),
        "texts": {name: _facts(text) for name, text in texts.known.items()} if texts else {},
        "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "versions": {package: _version(package) for package in _PACKAGES},
        "withheld": config.stash.get(WITHHELD, []),
    }


@pytest.fixture(scope="session")
def texts(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Texts:
    scratch = tmp_path_factory.mktemp("texts")
    directory = pytestconfig.getoption("--files") or scratch
    texts = pytestconfig.stash[_TEXTS] = Texts(directory, scratch, pytestconfig.getoption("--rows"))
    return texts


@pytest.fixture(scope="session")
def text_named(texts: Texts, pytestconfig: pytest.Config) -> Callable[[str], Text]:
    """Give a text by the name of its shape; a benchmark of one that was not chosen is skipped."""

    def give(name: str) -> Text:
        if name == LARGEST and not pytestconfig.getoption("--largest"):
            pytest.skip("chosen by --largest")
        return texts[name]

    return give


@pytest.fixture(scope="session")
def rounds(pytestconfig: pytest.Config) -> Callable[[str], int]:
    """Say how often everything is repeated that has a process of its own, for the text of a shape."""
    return lambda name: min(pytestconfig.getoption("--rounds"), SHAPES[name].rounds)


@pytest.fixture(scope="session")
def text(texts: Texts) -> Text:
    """Give the main text."""
    return texts[MAIN]


@pytest.fixture(scope="session")
def embeddings_index(text: Text) -> dict[str, np.ndarray]:
    """Give a dictionary of arrays of their own, as the tutorial's loop leaves it behind."""
    words, matrix = read_reference(text.reference)
    return {word: np.array(row) for word, row in zip(words, matrix, strict=True)}


@pytest.fixture(scope="session")
def store_of(
    text_named: Callable[[str], Text], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Convert the text of a shape, once."""
    import glovefast

    directory = tmp_path_factory.mktemp("stores")

    def give(name: str) -> Path:
        store = directory / f"{name}.glovefast"
        return store if store.exists() else glovefast.convert(text_named(name).path, store)

    return give


@pytest.fixture(scope="session")
def gensim_file_of(
    text_named: Callable[[str], Text], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Save a reference as gensim's own file, once; reading the text would take gensim too long."""
    models = pytest.importorskip("gensim.models")
    directory = tmp_path_factory.mktemp("gensim")

    def give(name: str) -> Path:
        path = directory / f"{name}.kv"
        if not path.exists():
            words, matrix = read_reference(text_named(name).reference)
            keyed_vectors = models.KeyedVectors(matrix.shape[1])
            keyed_vectors.add_vectors(words, matrix)
            keyed_vectors.save(str(path))
        return path

    return give


@pytest.fixture(scope="session")
def word_index() -> WordIndex:
    """Make a training vocabulary of a size, numbered from 1 as a Keras ``Tokenizer`` does it."""

    def make(all_words: list[str], size: int) -> dict[str, int]:
        generator = np.random.default_rng(size)
        found = round(size * _SHARE_FOUND)
        # Drawn without replacement, a word of rank r with a weight of 1/r: the Gumbel-max trick,
        # https://en.wikipedia.org/wiki/Gumbel_distribution#Gumbel_reparameterization_tricks
        rank = np.arange(1, len(all_words) + 1)
        rows = np.argsort(np.log(rank) - generator.gumbel(size=rank.size))[:found]
        # Strings of their own: a dictionary finds the very object that is its key faster than an equal one.
        words = [all_words[row].encode().decode() for row in rows]
        words += [f"not-there-{number}" for number in range(size - found)]
        return {words[place]: index for index, place in enumerate(generator.permutation(size), start=1)}

    return make


@pytest.fixture(scope="session")
def warmed_up(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the command run once on a small text, so that no other run of it is the first."""
    directory = tmp_path_factory.mktemp("warm_up")
    text, store = directory / "text.txt", directory / "text.glovefast"
    text.write_text("word 1.5 2.5\n")
    first = run(Command(("-m", "glovefast", "convert", text, "-o", store, "--quiet")))
    if first.error:
        pytest.fail(f"glovefast cannot convert even a small text: {first.error}")


def _facts(text: Text) -> dict[str, Any]:
    size = text.path.stat().st_size
    return {
        "name": text.path.name,
        "bytes": size,
        "made": text.made,
        "rows": text.rows,
        "dim": text.dim,
    }


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
