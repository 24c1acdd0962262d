"""Compare results with the reference, bit for bit, and say what is wrong with them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

REFERENCE_WORDS = "reference.words"
REFERENCE_MATRIX = "reference.npy"

_BLOCK_NUMBERS = 1 << 24
# A store of wanted words keeps these too (`glovefast.conversion.convert`).
_WORDS_FOR_UNKNOWN_ONES = {"<unk>", "<UNK>", "[UNK]"}


def write_reference(directory: Path, words: Sequence[str], matrix: np.ndarray) -> None:
    # A word never contains a newline, which ends its row.
    text = "".join(f"{word}\n" for word in words)
    (directory / REFERENCE_WORDS).write_text(text, encoding="utf-8", newline="\n")
    np.save(directory / REFERENCE_MATRIX, matrix)


def read_reference(directory: Path) -> tuple[list[str], np.ndarray]:
    """Read what `write_reference` kept; the matrix is memory-mapped."""
    text = (directory / REFERENCE_WORDS).read_bytes().decode("utf-8")
    return text.removesuffix("\n").split("\n"), np.load(directory / REFERENCE_MATRIX, mmap_mode="r")


def disagreement(
    words: Sequence[str], matrix: np.ndarray, true_words: Sequence[str], true_matrix: np.ndarray
) -> str | None:
    """Say what is wrong with a result; None if every word and every bit is right."""
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
    """Say what is wrong with a matrix whose rows belong to the given words; None if every bit is right."""
    if matrix.shape != true_matrix.shape or matrix.dtype != true_matrix.dtype:
        return f"{matrix.shape} {matrix.dtype} instead of {true_matrix.shape} {true_matrix.dtype}"
    rows, dim = matrix.shape
    block_rows = max(1, _BLOCK_NUMBERS // dim)  # a matrix of gigabytes is compared block by block
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


def files_disagreement(
    words_file: Path, matrix_file: Path, reference: Path, wanted: set[str] | None = None
) -> str | None:
    """Say what is wrong with saved words (Arrow IPC, or text with one word per line) and a saved matrix."""
    import pyarrow.ipc

    true_words, true_matrix = read_reference(reference)
    if wanted is not None:
        kept = wanted | _WORDS_FOR_UNKNOWN_ONES
        rows = [row for row, word in enumerate(true_words) if word in kept]
        true_words, true_matrix = [true_words[row] for row in rows], true_matrix[rows]
    if words_file.suffix == ".arrow":
        words = pyarrow.ipc.open_file(words_file).read_all()["word"].to_pylist()
    else:
        words = words_file.read_bytes().decode().split("\n")
    return disagreement(words, np.load(matrix_file, mmap_mode="r"), true_words, true_matrix)


def parsed_disagreement(output: Path, reference: Path) -> str | None:
    """Say what is wrong with a file of rows, the ends of their words, and the words, one after the other."""
    true_words, true_matrix = read_reference(reference)
    raw = np.memmap(output, dtype=np.uint8, mode="r")
    numbers_end = true_matrix.nbytes
    words_begin = numbers_end + len(true_words) * 8
    if len(raw) < words_begin:
        return f"{len(raw):,} bytes are too few"
    matrix = raw[:numbers_end].view(np.float32).reshape(true_matrix.shape)
    ends = raw[numbers_end:words_begin].view(np.int64).tolist()
    all_words = raw[words_begin:].tobytes()
    begins = [0, *ends[:-1]]
    words = [all_words[begin:end].decode(errors="replace") for begin, end in zip(begins, ends, strict=True)]
    return disagreement(words, matrix, true_words, true_matrix)
