"""The nearest neighbors of one word and of many, beside bare matrix products and exact search elsewhere."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import glovefast
from benchmarks.contenders import is_installed
from benchmarks.in_process import time_in_turn
from benchmarks.processes import SCRIPTS, Command, in_turn, run, run_in_turn
from benchmarks.recorder import Outcome, of_functions, of_processes
from benchmarks.session import Session
from benchmarks.tables import GLOVEFAST
from benchmarks.texts import TUTORIAL

K, QUERIES = 10, 1_000
_ROW = 3_000  # of the one word
_TURNS, _MANY_TURNS = 20, 5
_SLOW_TURNS = {"faiss": 3, "usearch": 2}  # they take seconds
_BLOCK_ROWS = 8_192
_TOLERANCE = 1e-5

Rows = np.ndarray[Any, Any]


def compare_one(session: Session) -> dict[Any, Outcome]:
    """Find the neighbors of one word, by its row."""
    vectors = glovefast.load(session.store(TUTORIAL))
    matrix, word = np.asarray(vectors), vectors.words[_ROW].as_py()
    query = matrix[_ROW : _ROW + 1].copy()
    functions: dict[Any, Callable[[], Rows]] = {
        GLOVEFAST: lambda: vectors.nearest(word, K, include_self=True).rows,
        "product": lambda: matrix @ query[0],
        **_peers(matrix, query),
    }
    if is_installed("gensim"):
        from gensim.models import KeyedVectors

        opened = KeyedVectors.load(str(session.gensim_file(TUTORIAL)), mmap="r")
        functions["gensim"] = lambda: np.array(
            [[opened.key_to_index[each] for each, _ in opened.similar_by_vector(query[0], K)]]
        )
    wrong = _wrong(functions, matrix, query)
    return of_functions(wrong, time_in_turn(functions, _TURNS))


def compare_many(session: Session) -> dict[Any, Outcome]:
    """Find the neighbors of many words, spread over all rows."""
    vectors = glovefast.load(session.store(TUTORIAL))
    matrix = np.asarray(vectors)
    rows = np.linspace(0, len(matrix) - 1, QUERIES).astype(np.int64)
    words, queries = vectors.words.take(rows).to_pylist(), matrix[rows]

    def product() -> None:
        for begin in range(0, len(matrix), _BLOCK_ROWS):
            queries @ matrix[begin : begin + _BLOCK_ROWS].T

    functions: dict[Any, Callable[[], Any]] = {
        GLOVEFAST: lambda: vectors.nearest(words, K, include_self=True).rows,
        "product": product,
        **_peers(matrix, queries),
    }
    wrong = _wrong(functions, matrix, queries)
    seconds: dict[Any, list[float]] = {name: [] for name in functions}
    for turn, name in in_turn(functions, _MANY_TURNS):
        if turn < _SLOW_TURNS.get(name, _MANY_TURNS):
            start = time.perf_counter()
            functions[name]()
            seconds[name].append(time.perf_counter() - start)
    return of_functions(wrong, seconds)


def start_to_neighbors(session: Session) -> dict[Any, Outcome]:
    """Find the neighbors of a word in new processes."""
    store = session.store(TUTORIAL)
    vectors = glovefast.load(store)
    word = vectors.words[_ROW].as_py()
    expected = " ".join(each for each, _ in vectors.nearest(word, K)[0])

    def command(name: str, source: Path, argument: str = word) -> Command:
        def wrong() -> str | None:
            found = run(Command(arguments))
            return found.error or (None if found.output == expected else f"found {found.output}")

        arguments = (SCRIPTS / "nearest_words.py", name, source, argument)
        return Command(arguments, wrong=None if name == "product" else wrong)

    commands = {GLOVEFAST: command(GLOVEFAST, store)}
    commands["product"] = command("product", store / "vectors.npy", str(_ROW))
    if is_installed("gensim"):
        commands["gensim"] = command("gensim", session.gensim_file(TUTORIAL))
    run(commands[GLOVEFAST])  # without a wheel, the first run compiles kernels
    return of_processes(run_in_turn(commands, session.rounds(TUTORIAL)))


def _peers(matrix: Rows, queries: Rows) -> dict[str, Callable[[], Rows]]:
    """Make the peers' functions; they get rows and queries at length 1, in memory, which costs no time."""
    units, unit_queries = (each / np.linalg.norm(each, axis=1)[:, None] for each in (matrix, queries))
    functions: dict[str, Callable[[], Rows]] = {}
    if is_installed("faiss"):
        import faiss

        functions["faiss"] = lambda: faiss.knn(unit_queries, units, K, metric=faiss.METRIC_INNER_PRODUCT)[1]
    if is_installed("usearch"):
        from usearch.index import MetricKind, search

        functions["usearch"] = lambda: np.asarray(
            search(units, unit_queries, K, MetricKind.IP, exact=True).keys
        ).reshape(-1, K)
    return functions


def _wrong(functions: dict[Any, Callable[[], Any]], matrix: Rows, queries: Rows) -> dict[Any, str | None]:
    """Say of each function whether its rows are as similar as the best, in float64."""
    best = np.empty((len(queries), 0))
    units = queries / np.linalg.norm(queries, axis=1).astype(np.float64)[:, None]
    for begin in range(0, len(matrix), _BLOCK_ROWS):
        block = matrix[begin : begin + _BLOCK_ROWS].astype(np.float64)
        similarities = units @ (block / np.linalg.norm(block, axis=1)[:, None]).T
        best = np.partition(np.hstack([best, similarities]), -K, axis=1)[:, -K:]
    best = -np.sort(-best, axis=1)
    wrong: dict[Any, str | None] = {}
    for name, function in functions.items():
        wrong[name] = None
        if name == "product":
            continue
        rows = function()
        found = matrix[rows].astype(np.float64)
        found /= np.linalg.norm(found, axis=2)[:, :, None]
        similarities = -np.sort(-np.einsum("nkd,nd->nk", found, units), axis=1)
        distinct = all(len(set(each)) == K for each in rows.tolist())
        if not distinct or np.abs(similarities - best).max() > _TOLERANCE:
            wrong[name] = "other neighbors"
    return wrong
