"""Print the nearest words of a word: ``nearest_words.py NAME SOURCE WORD``; "product" multiplies once."""

import sys

name, source, word = sys.argv[1:]
if name == "glovefast":
    import glovefast

    found = glovefast.load(source).nearest(word, 10)[0]
elif name == "gensim":
    from gensim.models import KeyedVectors

    found = KeyedVectors.load(source, mmap="r").similar_by_word(word, 10)
else:
    import numpy as np
    import pyarrow as pa  # noqa: F401 - as glovefast does

    matrix = np.load(source, mmap_mode="r")
    found = [(str((matrix @ matrix[int(word)]).size), 0.0)]
print(*(each for each, _ in found))
