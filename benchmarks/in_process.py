"""Comparisons whose contenders run in this process, where everything is open or in memory already."""

import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np

import glovefast
from benchmarks.agreement import disagreement, matrix_disagreement, read_reference
from benchmarks.contenders import is_installed
from benchmarks.made_texts import TEXTS, made_texts
from benchmarks.matrices import fill_matrix, fill_with_gensim_batch, fill_with_gensim_loop
from benchmarks.processes import in_turn
from benchmarks.recorder import Outcome, of_functions
from benchmarks.session import Session, word_index
from benchmarks.tables import GLOVEFAST
from benchmarks.texts import MAIN, MANY_WORDS
from glovefast.text import Tokenizer, pad_sequences

_TURNS = {"opening": 10, "matrix": 20, "rows": 20, "tokenizer": 3}
_DICTIONARIES = ("word_counts", "word_docs", "word_index", "index_word", "index_docs")
_LEAST_SECONDS = 0.02
_FEW_WORDS = 14
_FEW_TEXTS = 1_000  # if made files are to be small


def compare_openings(session: Session, shape: str) -> dict[Any, Outcome]:
    return {row: outcome for (each, row), outcome in _open_all(session).items() if each == shape}


@cache
def _open_all(session: Session) -> dict[Any, Outcome]:
    """Open the stores and the peer's files of both sizes, all in turn."""
    functions: dict[tuple[str, str], Callable[[], Any]] = {}
    wrong: dict[tuple[str, str], str | None] = {}
    for each in (MAIN, MANY_WORDS):
        truth = read_reference(session.texts[each].reference)
        store = session.store(each)
        vectors = glovefast.load(store)
        wrong[each, GLOVEFAST] = disagreement(vectors.words.to_pylist(), vectors.vectors, *truth)
        functions[each, GLOVEFAST] = lambda store=store: glovefast.load(store)
        if is_installed("gensim"):
            from gensim.models import KeyedVectors

            path = str(session.gensim_file(each))
            opened = KeyedVectors.load(path, mmap="r")
            wrong[each, "gensim"] = disagreement(opened.index_to_key, opened.vectors, *truth)
            functions[each, "gensim"] = lambda path=path: KeyedVectors.load(path, mmap="r")
    return of_functions(wrong, time_in_turn(functions, _TURNS["opening"]))


def compare_matrices(session: Session, size: int) -> dict[Any, Outcome]:
    vectors, embeddings_index = glovefast.load(session.store(MAIN)), session.embeddings_index
    vocabulary = word_index(list(embeddings_index), size)
    functions: dict[str, Callable[[], np.ndarray]] = {
        GLOVEFAST: lambda: vectors.embedding_matrix(vocabulary),
        "loop": lambda: fill_matrix(embeddings_index, vocabulary),
    }
    if is_installed("gensim"):
        from gensim.models import KeyedVectors

        opened = KeyedVectors.load(str(session.gensim_file(MAIN)), mmap="r")
        functions["gensim loop"] = lambda: fill_with_gensim_loop(opened, vocabulary)
        functions["gensim batch"] = lambda: fill_with_gensim_batch(opened, vocabulary)
    expected, words = fill_matrix(embeddings_index, vocabulary), ["", *vocabulary]
    wrong = {row: matrix_disagreement(build(), expected, words) for row, build in functions.items()}
    return of_functions(wrong, time_in_turn(functions, _TURNS["matrix"]))


def compare_rows(session: Session) -> dict[Any, Outcome]:
    vectors, embeddings_index = glovefast.load(session.store(MAIN)), session.embeddings_index
    words = list(word_index(list(embeddings_index), _FEW_WORDS))
    row_of = {word: row for row, word in enumerate(embeddings_index)}
    functions: dict[str, Callable[[], Any]] = {
        GLOVEFAST: lambda: vectors.rows(words),
        "one by one": lambda: [vectors.get(word) for word in words],
    }
    expected = [row_of.get(word, -1) for word in words]
    wrong = {
        GLOVEFAST: None if vectors.rows(words).tolist() == expected else "other rows",
        "one by one": None,
    }
    if is_installed("gensim"):
        from gensim.models import KeyedVectors

        rows = KeyedVectors.load(str(session.gensim_file(MAIN)), mmap="r").key_to_index
        functions["gensim"] = lambda: np.array([rows.get(word, -1) for word in words])
        wrong["gensim"] = None if functions["gensim"]().tolist() == expected else "other rows"
    return of_functions(wrong, time_in_turn(functions, _TURNS["rows"]))


@cache
def texts_to_tokenize(session: Session) -> list[str]:
    return made_texts(_FEW_TEXTS if session.small else TEXTS)


def compare_tokenizers(session: Session) -> dict[Any, Outcome]:
    texts = texts_to_tokenize(session)

    def way(make: Any, encode: str = "texts_to_sequences", read: Iterable[str] = (), **threads: int) -> Any:
        def fit_and_encode() -> tuple[Any, Any]:
            tokenizer = make()
            tokenizer.fit_on_texts(texts, **threads)
            for attribute in read:
                getattr(tokenizer, attribute)
            return tokenizer, getattr(tokenizer, encode)(texts, **threads)

        return fit_and_encode

    functions = {
        GLOVEFAST: way(Tokenizer, threads=1),
        "dictionaries": way(Tokenizer, read=_DICTIONARIES, threads=1),
        "all threads": way(Tokenizer),
        "padded": way(Tokenizer, "texts_to_padded", threads=1),
    }
    wrong: dict[str, str | None] = dict.fromkeys(functions)
    if is_installed("keras"):
        from keras.src.legacy.preprocessing.text import Tokenizer as LegacyTokenizer

        theirs, sequences = way(LegacyTokenizer)()
        for row, function in functions.items():
            ours, found = function()
            same = (found == pad_sequences(sequences)).all() if row == "padded" else found == sequences
            attributes = (*_DICTIONARIES, "document_count")
            differ = [name for name in attributes if getattr(ours, name) != getattr(theirs, name)]
            differ += [] if same else ["sequences"]
            wrong[row] = f"not what Keras has: {', '.join(differ)}" if differ else None
        functions["keras"], wrong["keras"] = way(LegacyTokenizer), None
        del theirs, sequences, ours, found
    return of_functions(wrong, time_in_turn(functions, _TURNS["tokenizer"]))


def time_in_turn(
    functions: Mapping[Hashable, Callable[[], object]], turns: int
) -> dict[Hashable, list[float]]:
    """Return the seconds of each function in each turn.

    A function that takes less than 20 ms is called so often that it
    takes as much, and the mean counts: it depends little on what the one before drove out of the caches. Each
    function is called twice beforehand, to warm up.
    """
    for function in functions.values():
        function()
    calls = {
        name: max(1, round(_LEAST_SECONDS / _seconds(function, 1))) for name, function in functions.items()
    }
    seconds: dict[Hashable, list[float]] = {name: [] for name in functions}
    for _, name in in_turn(functions, turns):
        seconds[name].append(_seconds(functions[name], calls[name]))
    return seconds


def _seconds(function: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        result = function()
    seconds = (time.perf_counter() - start) / calls
    del result  # releasing it is not part of the last call's time
    return seconds
