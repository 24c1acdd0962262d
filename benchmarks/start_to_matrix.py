"""From a new process to a matrix: ``benchmarks.start_to_matrix NAME SOURCE WORD_INDEX.json [MATRIX.npy]``."""

import json
import sys
from pathlib import Path

import numpy as np

from benchmarks.matrices import fill_matrix, fill_with_gensim_batch, read_embeddings_index

name, source, vocabulary, *output = sys.argv[1:]
with Path(vocabulary).open(encoding="utf-8") as file:
    word_index = json.load(file)

if name == "glovefast":  # from a store
    import glovefast

    matrix = glovefast.load(source).embedding_matrix(word_index)
elif name == "gensim":  # from its own file
    from gensim.models import KeyedVectors

    matrix = fill_with_gensim_batch(KeyedVectors.load(source, mmap="r"), word_index)
else:  # the tutorial's way, from the text
    matrix = fill_matrix(read_embeddings_index(Path(source)), word_index)

for path in output:
    np.save(path, matrix)
