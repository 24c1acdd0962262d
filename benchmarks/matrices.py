"""How others fill an embedding matrix: the tutorial's two loops, and gensim in two ways."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def read_embeddings_index(text: Path) -> dict[str, np.ndarray]:
    embeddings_index = {}
    with text.open(encoding="utf-8") as file:
        for line in file:
            values = line.split()
            embeddings_index[values[0]] = np.asarray(values[1:], dtype="float32")
    return embeddings_index


def fill_matrix(
    embeddings_index: Mapping[str, np.ndarray], word_index: Mapping[str, int], dtype: Any = np.float32
) -> np.ndarray:
    dim = len(next(iter(embeddings_index.values())))
    matrix = np.zeros((len(word_index) + 1, dim), dtype=dtype)
    for word, index in word_index.items():
        vector = embeddings_index.get(word)
        if vector is not None:
            matrix[index] = vector
    return matrix


def fill_with_gensim_loop(keyed_vectors: Any, word_index: Mapping[str, int]) -> np.ndarray:
    matrix = np.zeros((len(word_index) + 1, keyed_vectors.vector_size), dtype=np.float32)
    for word, index in word_index.items():
        if word in keyed_vectors:
            matrix[index] = keyed_vectors[word]
    return matrix


def fill_with_gensim_batch(keyed_vectors: Any, word_index: Mapping[str, int]) -> np.ndarray:
    row_of = keyed_vectors.key_to_index
    matrix = np.zeros((len(word_index) + 1, keyed_vectors.vector_size), dtype=np.float32)
    rows = np.fromiter((row_of.get(word, -1) for word in word_index), np.int64, len(word_index))
    indices = np.fromiter(word_index.values(), np.int64, len(word_index))
    found = rows >= 0
    matrix[indices[found]] = keyed_vectors.vectors[rows[found]]
    return matrix
