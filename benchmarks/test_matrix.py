"""The embedding matrix for a training vocabulary, everything being open or in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glovefast
from benchmarks.agreement import matrix_disagreement
from benchmarks.conftest import WordIndex
from benchmarks.contenders import is_installed
from benchmarks.recorder import begin, replay, replayed_time, withhold
from benchmarks.shapes import MAIN
from benchmarks.tables import GLOVEFAST, MATRIX_SIZES, TABLES
from benchmarks.turns import time_in_turn

BuildMatrix = Callable[[dict[str, int]], np.ndarray]

_TURNS = 20


def build_with_loop(
    embeddings_index: dict[str, np.ndarray], word_index: dict[str, int], dim: int
) -> np.ndarray:
    """Build the matrix as the tutorial does."""
    matrix = np.zeros((len(word_index) + 1, dim), dtype=np.float32)
    for word, index in word_index.items():
        vector = embeddings_index.get(word)
        if vector is not None:
            matrix[index] = vector
    return matrix


def build_with_gensim_loop(keyed_vectors: Any, word_index: dict[str, int]) -> np.ndarray:
    """Ask gensim for each word."""
    matrix = np.zeros((len(word_index) + 1, keyed_vectors.vector_size), dtype=np.float32)
    for word, index in word_index.items():
        if word in keyed_vectors:
            matrix[index] = keyed_vectors[word]
    return matrix


def build_with_gensim_batch(keyed_vectors: Any, word_index: dict[str, int]) -> np.ndarray:
    """Ask gensim for each word's row, and take all rows at once."""
    row_of = keyed_vectors.key_to_index
    matrix = np.zeros((len(word_index) + 1, keyed_vectors.vector_size), dtype=np.float32)
    rows = np.fromiter((row_of.get(word, -1) for word in word_index), np.int64, len(word_index))
    indices = np.fromiter(word_index.values(), np.int64, len(word_index))
    found = rows >= 0
    matrix[indices[found]] = keyed_vectors.vectors[rows[found]]
    return matrix


@pytest.fixture(scope="module")
def builders(
    store_of: Callable[[str], Path], embeddings_index: dict[str, np.ndarray], request: pytest.FixtureRequest
) -> dict[str, BuildMatrix]:
    """Open everything; the builders by the names of their rows."""
    vectors = glovefast.load(store_of(MAIN))
    builders: dict[str, BuildMatrix] = {
        GLOVEFAST: vectors.embedding_matrix,
        "loop": lambda word_index: build_with_loop(embeddings_index, word_index, vectors.dim),
    }
    if is_installed("gensim"):
        from gensim.models import KeyedVectors

        keyed_vectors = KeyedVectors.load(str(request.getfixturevalue("gensim_file_of")(MAIN)), mmap="r")
        builders["gensim loop"] = lambda word_index: build_with_gensim_loop(keyed_vectors, word_index)
        builders["gensim batch"] = lambda word_index: build_with_gensim_batch(keyed_vectors, word_index)
    return builders


@pytest.fixture(scope="module", params=MATRIX_SIZES)
def matrices(
    request: pytest.FixtureRequest,
    builders: dict[str, BuildMatrix],
    word_index: WordIndex,
    embeddings_index: dict[str, np.ndarray],
) -> tuple[int, dict[str, tuple[str | None, list[float]]]]:
    """Build the matrix for a training vocabulary, each in turn; what is wrong, and the times."""
    vocabulary = word_index(list(embeddings_index), request.param)
    expected = np.zeros((len(vocabulary) + 1, len(next(iter(embeddings_index.values())))), dtype=np.float32)
    for word, index in vocabulary.items():
        if word in embeddings_index:
            expected[index] = embeddings_index[word]
    words = ["", *vocabulary]
    wrong = {row: matrix_disagreement(build(vocabulary), expected, words) for row, build in builders.items()}
    seconds = time_in_turn(
        {row: lambda build=build: build(vocabulary) for row, build in builders.items()}, _TURNS
    )
    return request.param, {row: (wrong[row], seconds[row]) for row in builders}


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("row", TABLES[f"matrix-{MATRIX_SIZES[0]}"].rows)
def test_matrix(
    benchmark: Any,
    pytestconfig: pytest.Config,
    matrices: tuple[int, dict[str, tuple[str | None, list[float]]]],
    row: str,
) -> None:
    size, results = matrices
    if row not in results:
        withhold(pytestconfig, f"matrix-{size}", row, "not installed")
    wrong, seconds = results[row]
    begin(benchmark, pytestconfig, f"matrix-{size}", row, wrong)
    replay(benchmark, seconds)
