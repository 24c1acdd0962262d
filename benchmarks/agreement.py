"""Compare a result with the reference, bit for bit, and say what is wrong with it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

REFERENCE_WORDS = "reference.words"
REFERENCE_MATRIX = "reference.npy"

_BLOCK_NUMBERS = 1 << 24


def write_reference(directory: Path, words: Sequence[str], matrix: np.ndarray) -> None:
    """Keep the reference for the processes that compare themselves with it."""
    # No word holds a newline, for that ends its row.
    text = "".join(f"{word}\n" for word in words)
    (directory / REFERENCE_WORDS).write_text(text, encoding="utf-8", newline="\n")
    np.save(directory / REFERENCE_MATRIX, matrix)


def read_reference(directory: Path) -> tuple[list[str], np.ndarray]:
    """Give what `write_reference` kept, the matrix mapped."""
    text = (directory / REFERENCE_WORDS).read_bytes().decode("utf-8")
    return text.removesuffix("\n").split("\n"), np.load(directory / REFERENCE_MATRIX, mmap_mode="r")


def disagreement(
    words: Sequence[str], matrix: np.ndarray, true_words: Sequence[str], true_matrix: np.ndarray
) -> str | None:
    """Say what is wrong with a result.

    Parameters
    ----------
    words, true_words : sequence of str
        The words of the result and of the reference, in row order.
    matrix, true_matrix : numpy.ndarray
        Their matrices.

    Returns
    -------
    str or None
        What is wrong; None where every word and every bit is right.
    """
    if len(words) != len(true_words):
        return f"{len(words):,} words instead of {len(true_words):,}"
    wrong = [row for row, (word, truth) in enumerate(zip(words, true_words, strict=True)) if word != truth]
    if wrong:
        row = wrong[0]
        return (
            f"{_count(len(wrong), 'word')}, first in row {row}: {words[row]!r} instead of {true_words[row]!r}"
        )
    return matrix_disagreement(matrix, true_matrix, true_words)


def matrix_disagreement(matrix: np.ndarray, true_matrix: np.ndarray, words: Sequence[str]) -> str | None:
    """Say what is wrong with a matrix whose rows belong to the given words; None where every bit is right."""
    if matrix.shape != true_matrix.shape or matrix.dtype != true_matrix.dtype:
        return f"{matrix.shape} {matrix.dtype} instead of {true_matrix.shape} {true_matrix.dtype}"
    rows, dim = matrix.shape
    block_rows = max(1, _BLOCK_NUMBERS // dim)  # a matrix of gigabytes is compared piece by piece
    count, first = 0, None
    for start in range(0, rows, block_rows):
        block = slice(start, start + block_rows)
        different = np.flatnonzero(_bits(matrix[block]) != _bits(true_matrix[block]))
        if different.size and first is None:
            first = start * dim + int(different[0])
        count += different.size
    if first is None:
        return None
    row, column = divmod(first, dim)
    value, truth = matrix[row, column], true_matrix[row, column]
    where = f"first at word {words[row]!r}, column {column}: {value!s} instead of {truth!s}"
    return f"{_count(count, 'number')}, {where}"


def _bits(matrix: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(matrix).view(f"u{matrix.dtype.itemsize}").ravel()


def _count(number: int, what: str) -> str:
    return f"1 {what} differs" if number == 1 else f"{number:,} {what}s differ"
