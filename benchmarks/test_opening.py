"""Opening what was converted, in this process."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glovefast
from benchmarks.agreement import disagreement, read_reference
from benchmarks.contenders import is_installed
from benchmarks.recorder import begin, replay, replayed_time, withhold
from benchmarks.shapes import MAIN, MANY_WORDS
from benchmarks.tables import GLOVEFAST
from benchmarks.texts import Text
from benchmarks.turns import time_in_turn

_SHAPES = (MAIN, MANY_WORDS)
_TURNS = 10


@pytest.fixture(scope="module")
def openings(
    text_named: Callable[[str], Text], store_of: Callable[[str], Path], request: pytest.FixtureRequest
) -> dict[tuple[str, str], tuple[str | None, list[float]]]:
    """Open the stores and the peer's files of both sizes, all in turn; what is wrong, and the times."""
    functions: dict[tuple[str, str], Callable[[], Any]] = {}
    wrong = {}
    for shape in _SHAPES:
        truth = read_reference(text_named(shape).reference)
        store = store_of(shape)
        vectors = glovefast.load(store)
        wrong[shape, GLOVEFAST] = disagreement(vectors.words.to_pylist(), vectors.vectors, *truth)
        functions[shape, GLOVEFAST] = lambda store=store: glovefast.load(store)
        if is_installed("gensim"):
            from gensim.models import KeyedVectors

            path = str(request.getfixturevalue("gensim_file_of")(shape))
            opened = KeyedVectors.load(path, mmap="r")
            wrong[shape, "gensim"] = disagreement(opened.index_to_key, opened.vectors, *truth)
            functions[shape, "gensim"] = lambda path=path: KeyedVectors.load(path, mmap="r")
    seconds = time_in_turn(functions, _TURNS)
    return {key: (wrong[key], seconds[key]) for key in functions}


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("row", [GLOVEFAST, "gensim"])
@pytest.mark.parametrize("shape", _SHAPES)
def test_opening(
    benchmark: Any,
    pytestconfig: pytest.Config,
    openings: dict[tuple[str, str], tuple[str | None, list[float]]],
    shape: str,
    row: str,
) -> None:
    if (shape, row) not in openings:
        withhold(pytestconfig, f"opening-{shape}", row, "not installed")
    wrong, seconds = openings[shape, row]
    begin(benchmark, pytestconfig, f"opening-{shape}", row, wrong)
    replay(benchmark, seconds)
