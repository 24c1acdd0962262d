"""Compare what contenders wrote with what should be in it."""

from pathlib import Path

import numpy as np
import pyarrow.ipc

from benchmarks.agreement import disagreement, read_reference
from benchmarks.texts import Text

# Kept beside the wanted words, because an embedding matrix may need them (`glovefast.conversion.convert`).
_WORDS_FOR_UNKNOWN_ONES = {"<unk>", "<UNK>", "[UNK]"}


def store_disagreement(store: Path, text: Text, wanted: set[str] | None = None) -> str | None:
    """Say what is wrong with the store of a text; None where every word and every bit is right."""
    return files_disagreement(store / "vocabulary.arrow", store / "vectors.npy", text, wanted)


def files_disagreement(
    words_file: Path, matrix_file: Path, text: Text, wanted: set[str] | None = None
) -> str | None:
    """Say what is wrong with saved words (Arrow IPC, or text with a word a line) and a saved matrix."""
    true_words, true_matrix = read_reference(text.reference)
    if wanted is not None:
        kept = wanted | _WORDS_FOR_UNKNOWN_ONES
        rows = [row for row, word in enumerate(true_words) if word in kept]
        true_words, true_matrix = [true_words[row] for row in rows], true_matrix[rows]
    if words_file.suffix == ".arrow":
        words = pyarrow.ipc.open_file(words_file).read_all()["word"].to_pylist()
    else:
        words = words_file.read_bytes().decode().split("\n")
    return disagreement(words, np.load(matrix_file, mmap_mode="r"), true_words, true_matrix)


def parsed_disagreement(output: Path, text: Text) -> str | None:
    """Say what is wrong with a file of rows, the places where words end, and words, one behind the other."""
    true_words, true_matrix = read_reference(text.reference)
    raw = np.memmap(output, dtype=np.uint8, mode="r")
    numbers_end = text.rows * text.dim * 4
    words_begin = numbers_end + text.rows * 8
    if len(raw) < words_begin:
        return f"{len(raw):,} bytes are too few"
    matrix = raw[:numbers_end].view(np.float32).reshape(text.rows, text.dim)
    ends = raw[numbers_end:words_begin].view(np.int64).tolist()
    all_words = raw[words_begin:].tobytes()
    begins = [0, *ends[:-1]]
    words = [all_words[begin:end].decode(errors="replace") for begin, end in zip(begins, ends, strict=True)]
    return disagreement(words, matrix, true_words, true_matrix)
