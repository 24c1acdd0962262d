"""Stores in other types of numbers, and stores made of arrays: measured in this process."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import glovefast
from benchmarks.agreement import disagreement, matrix_disagreement, read_reference
from benchmarks.contenders import is_installed
from benchmarks.in_process import time_in_turn
from benchmarks.recorder import Outcome, of_functions
from benchmarks.results import Measured
from benchmarks.session import Session, word_index
from benchmarks.tables import GLOVEFAST, WANTED_WORDS
from benchmarks.texts import MAIN, TUTORIAL

_TURNS, _SAVING_TURNS = 20, 5
_TYPES = {GLOVEFAST: "float32", "float16": "float16", "int8": "int8"}


def compare_number_types(session: Session) -> dict[Any, Outcome]:
    """Build the same matrix from a store of each type, and tell how many bytes its vectors take."""
    source = glovefast.load(session.store(TUTORIAL))
    vocabulary = word_index(source.index_to_key, WANTED_WORDS)
    directory = session.directory("number_types")
    functions, wrong, sizes = {}, {}, {}
    for row, dtype in _TYPES.items():
        store = glovefast.save(source, directory / dtype, dtype=dtype)
        vectors = glovefast.load(store)
        numbers = np.load(store / "vectors.npy").astype(np.float32)
        if dtype == "int8":
            numbers *= np.load(store / "scales.npy")[:, None]
        expected = np.zeros((WANTED_WORDS + 1, source.dim), dtype=np.float32)
        rows = source.rows(list(vocabulary))
        expected[np.array(list(vocabulary.values()))[rows >= 0]] = numbers[rows[rows >= 0]]
        functions[row] = lambda vectors=vectors: vectors.embedding_matrix(vocabulary)
        wrong[row] = matrix_disagreement(functions[row](), expected, ["", *vocabulary])
        sizes[row] = sum(path.stat().st_size for path in store.glob("*.npy"))
    outcomes = of_functions(wrong, time_in_turn(functions, _TURNS))
    return {
        row: replace(outcome, stored_bytes=sizes[row]) if isinstance(outcome, Measured) else outcome
        for row, outcome in outcomes.items()
    }


def compare_saving(session: Session) -> dict[Any, Outcome]:
    """Save words and a matrix that are in memory."""
    words, mapped = read_reference(session.texts[MAIN].reference)
    matrix, directory = np.array(mapped), session.directory("saving")
    store = directory / "store"

    def save_with_numpy() -> None:
        np.save(directory / "matrix.npy", matrix)
        (directory / "words.txt").write_text("\n".join(words), encoding="utf-8", newline="\n")

    functions: dict[str, Callable[[], Any]] = {
        GLOVEFAST: lambda: glovefast.save(words, matrix, store, overwrite=True),
        "numpy": save_with_numpy,
    }
    saved = glovefast.load(functions[GLOVEFAST]())
    wrong = {GLOVEFAST: disagreement(saved.words.to_pylist(), saved.vectors, words, matrix), "numpy": None}
    if is_installed("gensim"):
        from gensim.models import KeyedVectors

        keyed_vectors = KeyedVectors(matrix.shape[1])
        keyed_vectors.add_vectors(words, matrix)
        functions["gensim"] = lambda: keyed_vectors.save(str(directory / "vectors.kv"))
        wrong["gensim"] = None
    return of_functions(wrong, time_in_turn(functions, _SAVING_TURNS))
