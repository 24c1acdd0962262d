"""The tutorial's way from text to matrix: ``python start_with_loop.py TEXT WORD_INDEX.json [MATRIX.npy]``."""

import json
import sys
from pathlib import Path

import numpy as np

with Path(sys.argv[2]).open(encoding="utf-8") as file:
    word_index = json.load(file)

embeddings_index = {}
with Path(sys.argv[1]).open(encoding="utf-8") as file:
    for line in file:
        values = line.split()
        coefficients = np.asarray(values[1:], dtype="float32")
        embeddings_index[values[0]] = coefficients

matrix = np.zeros((len(word_index) + 1, len(coefficients)), dtype=np.float32)
for word, index in word_index.items():
    vector = embeddings_index.get(word)
    if vector is not None:
        matrix[index] = vector

if len(sys.argv) > 3:
    np.save(sys.argv[3], matrix)
