"""The embedding matrix for a training vocabulary, everything being open or in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.agreement import matrix_disagreement
from benchmarks.conftest import Reference
from benchmarks.recorder import begin
from benchmarks.tables import GLOVEFAST, MATRIX_SIZES

BuildMatrix = Callable[[dict[str, int]], np.ndarray]


def _build_with_glovefast(request: pytest.FixtureRequest) -> BuildMatrix:
    import glovefast

    return glovefast.load(request.getfixturevalue("store")).embedding_matrix


def _build_with_loop(request: pytest.FixtureRequest) -> BuildMatrix:
    reference: Reference = request.getfixturevalue("reference")
    embeddings_index, dim = reference.embeddings_index, reference.matrix.shape[1]

    def build(word_index: dict[str, int]) -> np.ndarray:
        matrix = np.zeros((len(word_index) + 1, dim), dtype=np.float32)
        for word, index in word_index.items():
            vector = embeddings_index.get(word)
            if vector is not None:
                matrix[index] = vector
        return matrix

    return build


def _build_with_gensim_loop(request: pytest.FixtureRequest) -> BuildMatrix:
    keyed_vectors = _keyed_vectors(request.getfixturevalue("gensim_file"))

    def build(word_index: dict[str, int]) -> np.ndarray:
        matrix = np.zeros((len(word_index) + 1, keyed_vectors.vector_size), dtype=np.float32)
        for word, index in word_index.items():
            if word in keyed_vectors:
                matrix[index] = keyed_vectors[word]
        return matrix

    return build


def _build_with_gensim_batch(request: pytest.FixtureRequest) -> BuildMatrix:
    keyed_vectors = _keyed_vectors(request.getfixturevalue("gensim_file"))

    def build(word_index: dict[str, int]) -> np.ndarray:
        row_of = keyed_vectors.key_to_index
        matrix = np.zeros((len(word_index) + 1, keyed_vectors.vector_size), dtype=np.float32)
        rows = np.fromiter((row_of.get(word, -1) for word in word_index), np.int64, len(word_index))
        indices = np.fromiter(word_index.values(), np.int64, len(word_index))
        found = rows >= 0
        matrix[indices[found]] = keyed_vectors.vectors[rows[found]]
        return matrix

    return build


def _keyed_vectors(path: Path) -> Any:
    from gensim.models import KeyedVectors

    return KeyedVectors.load(str(path), mmap="r")


BUILDERS = {
    GLOVEFAST: _build_with_glovefast,
    "loop": _build_with_loop,
    "gensim loop": _build_with_gensim_loop,
    "gensim batch": _build_with_gensim_batch,
}


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("size", MATRIX_SIZES)
def test_matrix(
    benchmark: Any,
    request: pytest.FixtureRequest,
    word_index: Callable[[int], dict[str, int]],
    expected_matrix: BuildMatrix,
    size: int,
    name: str,
) -> None:
    vocabulary = word_index(size)
    build = BUILDERS[name](request)
    wrong = matrix_disagreement(build(vocabulary), expected_matrix(vocabulary), ["", *vocabulary])
    begin(benchmark, request.config, f"matrix-{size}", name, wrong)
    benchmark(build, vocabulary)
