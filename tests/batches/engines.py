"""What the tests of the engines share: a store, texts, and the bytes that every engine must give."""

from pathlib import Path

import numpy as np
import pyarrow as pa

import glovefast
from glovefast.batches import TextColumn
from glovefast.text import text_to_word_sequence

WORDS = [f"word{number}" for number in range(500)] + ["the", "king", "é", ""]
ROWS = np.random.default_rng(9).normal(size=(len(WORDS), 7)).astype(np.float32)
OUTPUTS = ("rows", "vector", "padded")


def made_store(directory: Path) -> Path:
    return glovefast.save(WORDS, ROWS, directory / "words.glovefast")


def texts() -> list[str | None]:
    """A thousand texts: short, long, empty, null, of known and unknown words."""
    random = np.random.default_rng(10)
    lengths = random.integers(0, 30, 997)
    made = [" ".join(f"Word{number}," for number in random.integers(0, 700, length)) for length in lengths]
    return [None, "", "The king É", *made]


def columns(store: Path) -> list[TextColumn]:
    vocabulary = {word: index for index, word in enumerate(WORDS[:300], start=1)}
    return [
        TextColumn(store, "text", "rows"),
        TextColumn(store, "text", "vector"),
        TextColumn(None, "text", "padded", vocabulary=vocabulary, maxlen=12),
    ]


def table() -> pa.Table:
    given = texts()
    return pa.table({"id": pa.array(range(len(given)), pa.int64()), "text": pa.array(given, pa.string())})


def bytes_of(cells: list) -> list[bytes | None]:
    """The bytes of each cell, which an engine gives as an array or as a list of Python's numbers."""
    return [None if cell is None else np.asarray(cell).tobytes() for cell in cells]


def expected() -> dict[str, list[bytes | None]]:
    """What one loop in plain Python gives, word by word."""
    found: dict[str, list[bytes | None]] = {f"text_{output}": [] for output in OUTPUTS}
    row_of = {word: row for row, word in reversed(list(enumerate(WORDS)))}
    for text in texts():
        if text is None:
            for cells in found.values():
                cells.append(None)
            continue
        words = text_to_word_sequence(text)
        rows = [row_of.get(word, -1) for word in words]
        known = [ROWS[row].astype(np.float64) for row in rows if row >= 0]
        mean = sum(known[1:], known[0]) / len(known) if known else np.zeros(ROWS.shape[1])
        indices = [row_of[word] + 1 for word in words if row_of.get(word, 300) < 300][-12:]
        found["text_rows"].append(np.array(rows, dtype=np.int32).tobytes())
        found["text_vector"].append(mean.astype(np.float32).tobytes())
        found["text_padded"].append(np.array([0] * (12 - len(indices)) + indices, dtype=np.int32).tobytes())
    return found


def cells_of(result: pa.Table, dtypes: dict[str, str] | None = None) -> dict[str, list[bytes | None]]:
    """The bytes of the new columns of a table, in the order of the ids."""
    ordered = result.sort_by("id")
    found = {}
    for name in (f"text_{output}" for output in OUTPUTS):
        dtype = "float32" if name == "text_vector" else "int32"
        assert (
            str(ordered.schema.field(name).type.value_type) == {"float32": "float", "int32": "int32"}[dtype]
        )
        lists = ordered[name].to_pylist()
        found[name] = bytes_of([None if each is None else np.array(each, dtype=dtype) for each in lists])
    return found
