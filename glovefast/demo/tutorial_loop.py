"""The loop of the Keras embedding tutorial, which `glovefast demo` compares with; plain on purpose."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glovefast.sources.opening import open_source
from glovefast.sources.source import Source

_BUFFER_BYTES = 1 << 16


def read_dictionary(path: Path, member: str | None = None) -> dict[str, NDArray[np.float32]]:
    """Read embedding text line by line into a dictionary.

    Parameters
    ----------
    path : pathlib.Path
        The text; it may be compressed or in an archive.
    member : str, optional
        The archive's member.

    Returns
    -------
    dict
        Word to vector, (dim,) float32; the last row of a duplicate word wins.

    Raises
    ------
    ValueError, IndexError
        If the loop fails: at a word that contains a space, a blank line, bytes that are not UTF-8.
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
        Word to index, starting at 1.
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
