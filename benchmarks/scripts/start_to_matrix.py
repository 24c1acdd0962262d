"""From a new process to a matrix: ``start_to_matrix.py NAME SOURCE WORD_INDEX.json [MATRIX.npy]``."""

import json
import sys
from pathlib import Path

name, source, vocabulary, *output = sys.argv[1:]
with Path(vocabulary).open(encoding="utf-8") as file:
    word_index = json.load(file)

if name == "glovefast":  # from a store
    import glovefast

    matrix = glovefast.load(source).embedding_matrix(word_index)
elif name == "gensim":  # from its own file
    import numpy as np
    from gensim.models import KeyedVectors

    keyed_vectors = KeyedVectors.load(source, mmap="r")
    found = [
        (index, row)
        for word, index in word_index.items()
        if (row := keyed_vectors.key_to_index.get(word)) is not None
    ]
    matrix = np.zeros((len(word_index) + 1, keyed_vectors.vector_size), dtype=np.float32)
    indices, rows = np.array(found).T
    matrix[indices] = keyed_vectors.vectors[rows]
else:  # the tutorial's way, from the text
    import numpy as np

    embeddings_index = {}
    with Path(source).open(encoding="utf-8") as file:
        for line in file:
            values = line.split()
            coefficients = np.asarray(values[1:], dtype="float32")
            embeddings_index[values[0]] = coefficients
    matrix = np.zeros((len(word_index) + 1, len(coefficients)), dtype=np.float32)
    for word, index in word_index.items():
        vector = embeddings_index.get(word)
        if vector is not None:
            matrix[index] = vector

for file in output:
    import numpy as np

    np.save(file, matrix)
