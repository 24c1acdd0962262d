"""New processes, from their start to the embedding matrix of a training vocabulary."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.agreement import matrix_disagreement
from benchmarks.conftest import WordIndex
from benchmarks.contenders import is_installed
from benchmarks.processes import SCRIPTS, Command, Run, run_in_turn, run_python
from benchmarks.recorder import hand_over_processes, replayed_time, withhold
from benchmarks.shapes import MAIN
from benchmarks.tables import GLOVEFAST, TABLES, WANTED_WORDS
from benchmarks.texts import Text

_TABLE = TABLES["start-to-matrix"]
_IMPORTS_ALONE = [row for row in _TABLE.rows if row in _TABLE.others]


@pytest.fixture(scope="module")
def starts(
    text: Text,
    store_of: Callable[[str], Path],
    word_index: WordIndex,
    embeddings_index: dict[str, np.ndarray],
    rounds: Callable[[str], int],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> dict[str, list[Run]]:
    """Build the matrix, each in turn; a run of its own saves it, and it is compared."""
    directory = tmp_path_factory.mktemp("start_to_matrix")
    vocabulary = word_index(list(embeddings_index), WANTED_WORDS)
    vocabulary_file, matrix_file = directory / "word_index.json", directory / "matrix.npy"
    vocabulary_file.write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    expected = np.zeros((len(vocabulary) + 1, text.dim), dtype=np.float32)
    for word, index in vocabulary.items():
        if word in embeddings_index:
            expected[index] = embeddings_index[word]

    def checked(script: str, source: Path) -> Command:
        arguments = (SCRIPTS / script, source, vocabulary_file)

        def wrong() -> str | None:
            error = run_python(*arguments, matrix_file).error
            return error or matrix_disagreement(np.load(matrix_file), expected, ["", *vocabulary])

        return Command(arguments, wrong=wrong)

    commands = {
        GLOVEFAST: checked("start_with_glovefast.py", store_of(MAIN)),
        "loop": checked("start_with_loop.py", text.path),
        **{row: Command(("-c", row)) for row in _IMPORTS_ALONE},
    }
    if is_installed("gensim"):
        gensim_file = request.getfixturevalue("gensim_file_of")(MAIN)
        commands["gensim"] = checked("start_with_gensim.py", gensim_file)
    return run_in_turn(commands, rounds(MAIN))


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("row", _TABLE.rows)
def test_start_to_matrix(
    benchmark: Any, pytestconfig: pytest.Config, starts: dict[str, list[Run]], row: str
) -> None:
    if row not in starts:
        withhold(pytestconfig, "start-to-matrix", row, "not installed")
    hand_over_processes(benchmark, pytestconfig, "start-to-matrix", row, starts[row])
