"""Whole processes: text to files, and from the start to an embedding matrix."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.ipc
import pytest

from benchmarks.agreement import disagreement, matrix_disagreement
from benchmarks.conftest import Reference
from benchmarks.contenders import is_installed
from benchmarks.processes import SCRIPTS, Arguments, error_of, run_in_turn, run_python
from benchmarks.recorder import begin, replay, replayed_time
from benchmarks.tables import GLOVEFAST, MATRIX_SIZES, TABLES

Results = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def conversions(
    text: Path, reference: Reference, rounds: int, tmp_path_factory: pytest.TempPathFactory
) -> Results:
    """Convert the text, each in turn; what a first run left behind is compared with the reference."""
    directory = tmp_path_factory.mktemp("whole_process")
    store, polars_files = directory / "text.glovefast", directory / "polars"

    def cleared(path: Path, *arguments: str | Path) -> Callable[[], Arguments]:
        def prepare() -> Arguments:
            shutil.rmtree(path, ignore_errors=True)
            return arguments

        return prepare

    files = {GLOVEFAST: (store / "vocabulary.arrow", store / "vectors.npy")}
    commands = {GLOVEFAST: cleared(store, "-m", "glovefast", "convert", text, "-o", store, "--quiet")}
    if is_installed("polars"):
        files["polars"] = (polars_files / "words.arrow", polars_files / "matrix.npy")
        commands["polars"] = cleared(polars_files, SCRIPTS / "polars_to_npy.py", text, polars_files)

    def compared(name: str) -> str | None:
        words_file, matrix_file = files[name]
        words = pyarrow.ipc.open_file(words_file).read_all()["word"].to_pylist()
        return disagreement(words, np.load(matrix_file), reference.words, reference.matrix)

    wrong = {name: run_python(*command()).error or compared(name) for name, command in commands.items()}
    return _results(commands, wrong, rounds)


@pytest.fixture(scope="module")
def starts(
    text: Path,
    store: Path,
    word_index: Callable[[int], dict[str, int]],
    expected_matrix: Callable[[dict[str, int]], np.ndarray],
    rounds: int,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Results:
    """Build the matrix in new processes, each in turn; once before, the matrix is saved and compared."""
    directory = tmp_path_factory.mktemp("start_to_matrix")
    vocabulary = word_index(MATRIX_SIZES[-1])
    vocabulary_file = directory / "word_index.json"
    vocabulary_file.write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    scripts: dict[str, Arguments] = {
        GLOVEFAST: (SCRIPTS / "start_with_glovefast.py", store, vocabulary_file),
        "loop": (SCRIPTS / "start_with_loop.py", text, vocabulary_file),
    }
    if is_installed("gensim"):
        gensim_file = request.getfixturevalue("gensim_file")
        scripts["gensim"] = (SCRIPTS / "start_with_gensim.py", gensim_file, vocabulary_file)
    truth = expected_matrix(vocabulary)
    words = ["", *vocabulary]

    def compared() -> str | None:
        return matrix_disagreement(np.load(directory / "matrix.npy"), truth, words)

    wrong = {
        name: run_python(*arguments, directory / "matrix.npy").error or compared()
        for name, arguments in scripts.items()
    }
    floors = {row: ("-c", row) for row in TABLES["start-to-matrix"].floors}
    commands = {name: lambda arguments=arguments: arguments for name, arguments in (scripts | floors).items()}
    return _results(commands, wrong, rounds)


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("name", TABLES["whole-process"].rows)
def test_text_to_files(benchmark: Any, pytestconfig: pytest.Config, conversions: Results, name: str) -> None:
    _hand_over(benchmark, pytestconfig, "whole-process", name, conversions)


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("name", TABLES["start-to-matrix"].rows)
def test_start_to_matrix(benchmark: Any, pytestconfig: pytest.Config, starts: Results, name: str) -> None:
    _hand_over(benchmark, pytestconfig, "start-to-matrix", name, starts)


def _results(
    commands: dict[str, Callable[[], Arguments]], wrong: dict[str, str | None], rounds: int
) -> Results:
    """Time what is not wrong."""
    right = {name: command for name, command in commands.items() if wrong.get(name) is None}
    results = {name: {"wrong": reason} for name, reason in wrong.items() if reason is not None}
    for name, runs in run_in_turn(right, rounds).items():
        results[name] = {
            "wrong": error_of(runs),
            "seconds": [run.seconds for run in runs],
            "peak_bytes": [run.peak_bytes for run in runs],
        }
    return results


def _hand_over(benchmark: Any, config: pytest.Config, table: str, row: str, results: Results) -> None:
    if row not in results:
        pytest.skip(f"not installed: {row}")
    begin(benchmark, config, table, row, results[row]["wrong"])
    benchmark.extra_info["peak_bytes"] = results[row]["peak_bytes"]
    replay(benchmark, results[row]["seconds"])
