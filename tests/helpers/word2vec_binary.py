"""Files in word2vec's binary format, made in memory."""

import numpy as np


def word2vec_binary(words: list[bytes], vectors: np.ndarray, row_end: bytes = b"") -> bytes:
    """Write rows as gensim does, or as the original tool does with a newline for `row_end`."""
    rows = zip(words, vectors.astype("<f4"), strict=True)
    header = b"%d %d\n" % vectors.shape
    return header + b"".join(word + b" " + vector.tobytes() + row_end for word, vector in rows)
