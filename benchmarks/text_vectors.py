"""Texts to mean vectors, by glovefast, by model2vec and by a loop over texts, from the same vectors."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

import glovefast
from benchmarks.contenders import is_installed
from benchmarks.in_process import time_in_turn
from benchmarks.made_texts import TEXTS, WORDS_PER_TEXT
from benchmarks.recorder import Outcome, of_functions
from benchmarks.session import Session
from benchmarks.tables import GLOVEFAST
from benchmarks.texts import TUTORIAL

_TURNS = 3
_FEW_TEXTS = 1_000  # if made files are to be small
_SEED = 20_260_111
_CLOSE = 1e-5  # model2vec's sums are float32


def compare_text_vectors(session: Session) -> dict[Any, Outcome]:
    vectors = glovefast.load(session.store(TUTORIAL))
    texts = texts_of_words(vectors.index_to_key, _FEW_TEXTS if session.small else TEXTS)
    rows, matrix = vectors.key_to_index, vectors.vectors

    def by_loop(dtype: type[np.floating] = np.float32) -> np.ndarray:
        found = np.empty((len(texts), vectors.dim), dtype=np.float32)
        for number, text in enumerate(texts):
            found[number] = matrix[[rows[word] for word in text.split() if word in rows]].mean(
                axis=0, dtype=dtype
            )
        return found

    expected = by_loop(np.float64)

    def wrong_bits(found: np.ndarray) -> str | None:
        return None if found.tobytes() == expected.tobytes() else "not the means of NumPy in float64"

    def not_close(found: np.ndarray) -> str | None:
        return None if np.allclose(found, expected, rtol=0, atol=_CLOSE) else "other vectors"

    functions: dict[str, Callable[[], np.ndarray]] = {
        GLOVEFAST: lambda: vectors.embed(texts, threads=1),
        "all threads": lambda: vectors.embed(texts),
        "loop": by_loop,
    }
    wrong = {row: (not_close if row == "loop" else wrong_bits)(make()) for row, make in functions.items()}
    if is_installed("model2vec"):
        os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one thread, as model2vec's own benchmarks have it
        from model2vec import StaticModel

        model = StaticModel.from_pretrained(vectors.export(session.directory("model") / "model"))

        def by_model2vec() -> np.ndarray:
            return model.encode(texts, max_length=None, use_multiprocessing=False)

        functions["model2vec"], wrong["model2vec"] = by_model2vec, not_close(by_model2vec())
    return of_functions(wrong, time_in_turn(functions, _TURNS))


def texts_of_words(words: list[str], number: int) -> list[str]:
    """Make texts of a store's words by Zipf's law, of which every tokenizer makes the same tokens."""
    plain = [word for word in words if word.isascii() and word.isalpha() and word == word.lower()]
    weights = 1 / np.arange(1, len(plain) + 1)
    generator = np.random.default_rng(_SEED)
    drawn = generator.choice(len(plain), size=(number, WORDS_PER_TEXT), p=weights / weights.sum())
    return [" ".join(map(plain.__getitem__, row)) for row in drawn.tolist()]
