"""From a store to a matrix: ``python start_with_glovefast.py STORE WORD_INDEX.json [MATRIX.npy]``."""

import json
import sys
from pathlib import Path

import glovefast

with Path(sys.argv[2]).open(encoding="utf-8") as file:
    word_index = json.load(file)

matrix = glovefast.load(sys.argv[1]).embedding_matrix(word_index)

if len(sys.argv) > 3:
    import numpy as np

    np.save(sys.argv[3], matrix)
