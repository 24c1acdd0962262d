"""What the Keras embedding tutorial does by hand: words to indices, and the loop over the vectors' file.

Plain on purpose: `glovefast demo` runs it beside glovefast.
"""

import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glovefast.sources.opening import open_source
from glovefast.sources.source import Source

_PUNCTUATION = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n', " "))
_BUFFER_BYTES = 1 << 16


def split_words(text: str) -> list[str]:
    """Split a text as Keras's legacy text functions do: lower case, punctuation as spaces."""
    return [word for word in text.lower().translate(_PUNCTUATION).split(" ") if word]


def one_hot(text: str, size: int) -> list[int]:
    """Give each word of a text an index from 1 to ``size - 1`` by its hash; words may share one.

    The same indices as from Keras's legacy ``hashing_trick(text, size, hash_function="md5")``. The tutorial's
    ``one_hot`` takes Python's ``hash``, which differs from one process to the next.
    """
    digests = (hashlib.md5(word.encode(), usedforsecurity=False).digest() for word in split_words(text))
    return [int.from_bytes(digest, "big") % (size - 1) + 1 for digest in digests]


def fit_word_index(texts: Iterable[str]) -> dict[str, int]:
    """Give each word an index from 1, the most frequent first, as Keras's legacy ``Tokenizer`` does."""
    counts = Counter(word for text in texts for word in split_words(text))
    return {word: index for index, (word, _) in enumerate(counts.most_common(), start=1)}


def read_dictionary(path: Path, member: str | None = None) -> dict[str, NDArray[np.float32]]:
    """Read embedding text line by line into a dictionary.

    Parameters
    ----------
    path : pathlib.Path
        The text; compressed, or in a zip archive, too.
    member : str, optional
        The zip archive's member.

    Returns
    -------
    dict
        Word to vector, (dim,) float32; of duplicate words the last.

    Raises
    ------
    ValueError, IndexError
        Where the loop fails: at a word with a space in it, a blank line, bytes that are not UTF-8.
    """
    vectors = {}
    with open_source(path, member) as source, _as_text(source) as text:
        for line in text:
            fields = line.split()
            vectors[fields[0]] = np.asarray(fields[1:], dtype="float32")
    return vectors


def fill_matrix(
    vectors: Mapping[str, NDArray[np.float32]], word_index: Mapping[str, int], dim: int
) -> NDArray[np.float32]:
    """Fill the embedding matrix word by word.

    Parameters
    ----------
    vectors : mapping
        Word to vector, (dim,) float32.
    word_index : mapping
        Word to index, counted from 1.
    dim : int
        Numbers per vector.

    Returns
    -------
    numpy.ndarray
        (len(word_index) + 1, dim) float32; zeros where a word has no vector.
    """
    matrix = np.zeros((len(word_index) + 1, dim), dtype=np.float32)
    for word, index in word_index.items():
        vector = vectors.get(word)
        if vector is not None:
            matrix[index] = vector
    return matrix


class _Bytes(io.RawIOBase):
    """A source as a file object."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        return self._source.readinto(memoryview(buffer))


def _as_text(source: Source) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedReader(_Bytes(source), _BUFFER_BYTES), encoding="utf-8")
