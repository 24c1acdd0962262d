"""From a gensim file to a matrix: ``python start_with_gensim.py FILE WORD_INDEX.json [MATRIX.npy]``."""

import json
import sys
from pathlib import Path

import numpy as np
from gensim.models import KeyedVectors

with Path(sys.argv[2]).open(encoding="utf-8") as file:
    word_index = json.load(file)

keyed_vectors = KeyedVectors.load(sys.argv[1], mmap="r")
found = [
    (index, row)
    for word, index in word_index.items()
    if (row := keyed_vectors.key_to_index.get(word)) is not None
]
matrix = np.zeros((len(word_index) + 1, keyed_vectors.vector_size), dtype=np.float32)
indices, rows = np.array(found).T
matrix[indices] = keyed_vectors.vectors[rows]

if len(sys.argv) > 3:
    np.save(sys.argv[3], matrix)
