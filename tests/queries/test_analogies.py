"""Answers to analogy questions, compared with a plain loop over all rows, on matrices made to hurt."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glovefast.kernels import ANALOGY_CANDIDATES, BAD_PLACE, NEVER_FOUND
from glovefast.kernels.load import load_kernels
from glovefast.queries import analogies
from glovefast.queries.analogies import METHODS, answer_questions
from glovefast.queries.word_groups import group_words
from glovefast.store.rounded_rows import RoundedRows
from glovefast.vocabulary.word_index import WordIndex
from tests.helpers.switches import SWITCHES, passes_with
from tests.reference.evaluation import analogy_answer

# The squares of some overflow float32, of others they vanish.
FINITE = [0, 1, -1, 2, 3e38, -3e38, 1e-38, 1e-45, 1e19]
ANY = [*FINITE, np.nan, np.inf]
FOUR = ["a", "b", "c", "d"]


def answers(rows, words, questions, method, searched=None, ignore_case=False, matrix=None):
    """Answer questions as `evaluate` does; the words of all of them are known."""
    index = WordIndex.from_words(words)
    wanted = [word for question in questions for word in question]
    groups = group_words(index.words[:searched], index.duplicate_rows(), wanted, ignore_case)
    numbers = np.array([groups.group(word) for word in wanted], np.int32).reshape(-1, 3)
    return answer_questions(
        rows if matrix is None else matrix,
        numbers,
        groups=groups.of_rows,
        first_rows=groups.first_rows,
        method=method,
        report=lambda done, total: None,
    ).tolist()


def expected(rows, words, questions, method, searched=None, ignore_case=False):
    return [analogy_answer(rows, words, each, method, searched, ignore_case) for each in questions]


@pytest.fixture(autouse=True, params=[(1024, 4096), (64, 4)], ids=["large parts", "small parts"])
def parts(request, monkeypatch):
    """Cut rows and questions into parts."""
    for name, value in zip(("_WIDTH", "_MOST_WORDS"), request.param, strict=True):
        monkeypatch.setattr(analogies, name, value)
    monkeypatch.setattr(analogies, "_WIDTH_IN_FLOAT64", request.param[0] // 13)


@st.composite
def cases(draw):
    """Draw a few different rows, repeated in any order, their words, and questions."""
    dim = draw(st.integers(1, 5))
    row = st.lists(st.sampled_from(ANY), min_size=dim, max_size=dim)
    known = draw(
        st.lists(st.lists(st.sampled_from(FINITE), min_size=dim, max_size=dim), min_size=3, max_size=5)
    )
    kinds = draw(st.lists(row, min_size=1, max_size=6))
    order = draw(st.lists(st.integers(0, len(kinds) - 1), max_size=100))
    rows = np.array([*known, *(kinds[number] for number in order)], np.float32)
    names = [f"w{number}" for number in range(len(known))]
    others = st.sampled_from([*names, *(name.upper() for name in names), "x", "y", "Y", "z"])
    words = [*names, *draw(st.lists(others, min_size=len(order), max_size=len(order)))]
    question = st.tuples(*[st.sampled_from(names)] * 3)
    return rows, words, draw(st.lists(question, min_size=1, max_size=6)), draw(st.booleans())


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=40)
@given(case=cases())
def test_any_rows(method, case):
    rows, words, questions, ignore_case = case
    found = answers(rows, words, questions, method, ignore_case=ignore_case)
    assert found == expected(rows, words, questions, method, ignore_case=ignore_case)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dim", [1, 3, 50])
def test_ordinary_rows(method, dim):
    generator = np.random.default_rng(dim)
    rows = generator.normal(size=(200, dim)).astype(np.float32)
    words = [f"w{number}" for number in range(len(rows))]
    questions = [tuple(f"w{number}" for number in each) for each in generator.integers(0, 60, (40, 3))]
    assert answers(rows, words, questions, method) == expected(rows, words, questions, method)
    assert answers(rows, words, questions, method, 70) == expected(rows, words, questions, method, 70)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_rounded_rows(method, dtype):
    generator = np.random.default_rng(1)
    numbers = generator.normal(size=(150, 20)) * 20
    scales = generator.random(150).astype(np.float32) if dtype == "int8" else None
    matrix = RoundedRows(numbers.astype(dtype), scales)
    words = [f"w{number}" for number in range(150)]
    questions = [tuple(f"w{number}" for number in each) for each in generator.integers(0, 150, (20, 3))]
    rows = np.asarray(matrix)
    assert answers(rows, words, questions, method, matrix=matrix) == expected(rows, words, questions, method)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("places", [range(100, 300, 40), range(3, 300)])
def test_the_first_of_equal_rows_answers(method, places):
    """Also if there are more of them than a search keeps, and they have different lengths."""
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(300, 10)).astype(np.float32)
    rows[3:] *= np.float32(0.01)
    rows[3:, 0] += rows[:3, 0].sum()
    for number, row in enumerate(places):
        rows[row] = (rows[1] / np.linalg.norm(rows[1]) + rows[2]) * np.float32(2.0 ** (number % 5))
    words = [f"w{number}" for number in range(len(rows))]
    question = ("w0", "w1", "w2")
    assert answers(rows, words, [question], method) == expected(rows, words, [question], method)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("is_opposite", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_more_rows_than_are_kept_differ_by_rounding_only(method, is_opposite, seed):
    """They point in the same direction but for the rounding of float32; a better one is never found.

    Rows opposite to a make products of the smallest divisor, and so of the largest errors.
    """
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(150, 10)).astype(np.float32)
    good = -rows[0] if is_opposite else rows[1] / np.linalg.norm(rows[1]) + rows[2] / np.linalg.norm(rows[2])
    rows[3:] = good * generator.uniform(0.1, 10, (147, 1)).astype(np.float32)
    if is_opposite:
        rows[140] = rows[1] + rows[2] - 4 * rows[0]
    else:
        rows[3:] += rows[0] * np.float32(0.1)
        rows[140] = good - rows[0]
    words = [f"w{number}" for number in range(len(rows))]
    words[140] = "w3"
    question = ("w0", "w1", "w2")
    assert answers(rows, words, [question], method) == expected(rows, words, [question], method)


@pytest.mark.parametrize("method", METHODS)
def test_a_difference_that_float32_does_not_show(method):
    """The candidates are compared in float64: equal in float32, but not quite."""
    rows = np.array(
        [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1.0001], [0, 1, 1.00001], [0, 1, 1.0002]], np.float32
    )
    words = [*"abcdef"]
    assert answers(rows, words, [("a", "b", "c")], method) == [4]
    assert expected(rows, words, [("a", "b", "c")], method) == [4]


@pytest.mark.parametrize("method", METHODS)
def test_no_row_is_left(method):
    rows = np.eye(3, dtype=np.float32)
    assert answers(rows, ["a", "b", "c"], [("a", "b", "c")], method) == [-1]
    assert answers(rows, ["a", "b", "c"], [("a", "a", "b"), ("a", "b", "c")], method) == [2, -1]
    assert answers(rows, ["a", "A", "b"], [("a", "a", "b")], method, ignore_case=True) == [-1]
    assert answers(rows, ["a", "a", "b"], [("a", "a", "b")], method) == [-1]
    assert answers(rows[:1], ["a"], [("a", "a", "a")], method) == [-1]
    rows = np.array([[1, 0], [0, 1], [1, 1], [np.nan, 1], [np.inf, 0]], np.float32)
    assert answers(rows, [*"abcde"], [("a", "b", "c")], method) == [-1]


def test_progress():
    rows = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
    index = WordIndex.from_words([f"w{number}" for number in range(200)])
    numbers = np.arange(30, dtype=np.int32).reshape(-1, 3)
    groups = group_words(index.words, index.duplicate_rows(), [f"w{number}" for number in range(30)], False)
    seen = []
    answer_questions(
        rows,
        numbers,
        groups=groups.of_rows,
        first_rows=groups.first_rows,
        method="3cosadd",
        report=lambda done, total: seen.append((done, total)),
    )
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]
    assert len({total for _, total in seen}) == 1


def find(similarities, questions, groups, first_row=0, kept=None, method="sum"):
    name = f"find_answers_by_{method}"
    scores, rows = kept or (
        np.full(len(questions) * ANALOGY_CANDIDATES, -np.inf, np.float32),
        np.full(len(questions) * ANALOGY_CANDIDATES, -1, np.int64),
    )
    flat = np.ascontiguousarray(similarities, np.float32).reshape(-1)
    status = getattr(load_kernels(name), name)(
        flat,
        flat,
        np.array(questions, np.int32).reshape(-1),
        np.array(groups, np.int32),
        first_row,
        scores,
        rows,
    )
    return status, scores, rows


@pytest.mark.parametrize("method", ["sum", "product"])
@pytest.mark.parametrize("width", [1, 63, 64, 65, 130])
def test_the_kernel_keeps_the_best_rows_of_every_block(method, width):
    generator = np.random.default_rng(width)
    words, questions = 6, [(0, 1, 2), (3, 3, 4), (5, 1, 0)]
    blocks = generator.integers(-5, 6, (3, words, width)).astype(np.float32)
    groups = generator.integers(NEVER_FOUND, words, (3, width))
    blocks[1, :, 0] = np.nan
    kept = None
    for number in range(3):
        status, *kept = find(blocks[number], questions, groups[number], number * width, kept, method)
        assert status == len(questions)
    whole, groups = np.concatenate(blocks, axis=1), groups.reshape(-1)
    for number, (a, b, c) in enumerate(questions):
        with np.errstate(invalid="ignore"):
            scores = whole[b] - whole[a] + whole[c] if method == "sum" else whole[b] * whole[a] * whole[c]
        rows = [
            row
            for row in range(3 * width)
            if groups[row] not in (NEVER_FOUND, a, b, c) and not np.isnan(scores[row])
        ]
        best = sorted(rows, key=lambda row: (-scores[row], row))[:ANALOGY_CANDIDATES]
        missing = ANALOGY_CANDIDATES - len(best)
        part = slice(number * ANALOGY_CANDIDATES, (number + 1) * ANALOGY_CANDIDATES)
        assert kept[1][part].tolist() == [*best, *[-1] * missing]
        assert kept[0][part].tolist() == [*scores[best].tolist(), *[-np.inf] * missing]


@pytest.mark.parametrize("questions", [[(0, 1, 2)], [(0, -1, 1)]])
def test_a_word_outside_of_the_arrays(questions):
    assert find(np.zeros((2, 5)), questions, [-1] * 5)[0] == BAD_PLACE


def test_places_that_do_not_fit_the_questions():
    kept = np.zeros(ANALOGY_CANDIDATES - 1, np.float32), np.zeros(ANALOGY_CANDIDATES - 1, np.int64)
    assert find(np.zeros((2, 5)), [(0, 1, 1)], [-1] * 5, kept=kept)[0] == BAD_PLACE


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES)
def test_run_by_numba(switch, tmp_path):
    passes_with(switch, __file__, "kernel or left or float32", tmp_path)
