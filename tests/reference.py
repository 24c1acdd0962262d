"""The oracles: slow, obvious ways to do what glovefast does. Results are compared with theirs bit for bit."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def tutorial_dictionary(path: Path) -> dict[str, NDArray[np.float32]]:
    """The tutorial's loop: each line split, the first field the word, the others the vector."""
    embeddings_index = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            values = line.split()
            word = values[0]
            coefs = np.asarray(values[1:], dtype="float32")
            embeddings_index[word] = coefs
    return embeddings_index


def read_rows(text: bytes, dim: int) -> tuple[list[str], NDArray[np.float32]]:
    """Read embedding text as real files are: only spaces separate, the last `dim` fields are numbers."""
    words = []
    vectors = []
    for line in text.split(b"\n"):
        row = line.rstrip(b" \r")
        if not row:
            continue
        fields = row.decode("utf-8").split(" ")
        words.append(" ".join(fields[:-dim]))
        vectors.append(np.asarray(fields[-dim:], dtype="float32"))
    return words, np.array(vectors, dtype="float32").reshape(-1, dim)


def same_bits(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Equal in every bit: the sign of zero and the payload of nan count."""
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()
