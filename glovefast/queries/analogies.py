"""Answer analogy questions: "a is to b as c is to d" asks for d.

3CosAdd takes the row with the largest cosine with b - a + c, a sum of unit vectors (Mikolov, Yih and Zweig,
2013, https://aclanthology.org/N13-1090). 3CosMul takes the largest product of the cosines with b and c,
divided by the cosine with a; all are first shifted to the range from 0 to 1 (Levy and Goldberg, 2014,
https://aclanthology.org/W14-1618).

Both are made of the cosines with a, b and c. Thousands of questions are made of a few hundred words, so the
cosines of some rows with all these words come from one matrix product, and a kernel combines them for each
question. The best rows in float32 are compared again in float64.
"""

from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from glovefast.kernels import ANALOGY_CANDIDATES, NEVER_FOUND, NO_WORD
from glovefast.kernels.load import load_kernels
from glovefast.queries.row_similarities import exact_unit_rows, unit_rows
from glovefast.queries.tiled_products import TILE_ROWS, TiledVectors, do_at_once, slices
from glovefast.store.rounded_rows import Rows
from glovefast.threads import Workers, processors

Method: TypeAlias = Literal["3cosadd", "3cosmul"]

COS_ADD, COS_MUL = "3cosadd", "3cosmul"
METHODS = (COS_ADD, COS_MUL)

_WIDTH = 16 * TILE_ROWS  # rows at once: their cosines stay in the processor's cache
_MOST_WORDS = 4096  # of the questions that are answered at once
_COMPARED_AT_ONCE = 256
_WIDTH_IN_FLOAT64 = 4096
_EPSILON = 0.001  # as in the paper
_TIE = 1e-12
_ROUNDING = 2.0**-24


def answer_questions(
    matrix: Rows,
    questions: NDArray[np.int32],
    *,
    groups: NDArray[np.int32],
    first_rows: NDArray[np.int64],
    method: Method,
    report: Callable[[int, int], None],
) -> NDArray[np.int64]:
    """Answer analogy questions.

    Parameters
    ----------
    matrix : numpy.ndarray or RoundedRows
        At least n rows; the first n are searched.
    questions : numpy.ndarray
        (q, 3) int32: the words a, b and c, none of which lacks a row.
    groups : numpy.ndarray
        (n,) int32: the word that each row stands for, `NO_WORD` for any other, `NEVER_FOUND` for a row that
        is never the answer. The words of a question do not answer it.
    first_rows : numpy.ndarray
        (g,) int64: the row with the vector of each word.
    method : {"3cosadd", "3cosmul"}
        How rows are compared.
    report : callable
        Told how many rows have been compared, and how many will be.

    Returns
    -------
    numpy.ndarray
        (q,) int64: the best row, of equal ones the first; -1 if there is none.
    """
    answers = np.full(len(questions), -1, dtype=np.int64)
    parts = list(_parts(questions, len(first_rows)))
    for number, part in enumerate(parts):
        asked, used = np.unique(questions[part], return_inverse=True)
        # The last two are for rows without a word of a question.
        local = np.full(len(first_rows) + 2, NO_WORD, dtype=np.int32)
        local[NEVER_FOUND] = NEVER_FOUND
        local[asked] = np.arange(len(asked), dtype=np.int32)
        search = _Search(
            matrix, used.reshape(-1, 3).astype(np.int32), local[groups], first_rows[asked], method
        )
        for rows_done in search.find_candidates():
            report(number * len(groups) + rows_done, len(parts) * len(groups))
        answers[part] = search.answers()
    return answers


def _parts(questions: NDArray[np.int32], words: int) -> Iterator[slice]:
    """Cut questions into parts that have at most `_MOST_WORDS` words."""
    begin, seen, count = 0, np.zeros(words, dtype=bool), 0
    for place, question in enumerate(questions.tolist()):
        new = sum(not seen[word] for word in set(question))
        if count + new > _MOST_WORDS:
            yield slice(begin, place)
            begin, count = place, len(set(question))
            seen[:] = False
        else:
            count += new
        seen[question] = True
    if begin < len(questions):
        yield slice(begin, len(questions))


class _Search:
    """The search for the answers to some questions."""

    def __init__(
        self,
        matrix: Rows,
        questions: NDArray[np.int32],
        groups: NDArray[np.int32],
        word_rows: NDArray[np.int64],
        method: Method,
    ) -> None:
        self._matrix = matrix
        self._questions = questions
        self._groups = groups
        self._words = exact_unit_rows(matrix.take(word_rows, axis=0))
        self._multiplies = method == COS_MUL
        # The best rows in float32, and -1 where there are fewer.
        self._scores = np.full((len(questions), ANALOGY_CANDIDATES), -np.inf, dtype=np.float32)
        self._rows = np.full(self._scores.shape, -1, dtype=np.int64)
        self._largest = np.zeros(len(word_rows), dtype=np.float32)  # what any row's score is multiplied by

    def find_candidates(self) -> Iterator[int]:
        """Find the best rows in float32; yield how many rows have been compared."""
        name = "find_answers_by_product" if self._multiplies else "find_answers_by_sum"
        find = getattr(load_kernels(name), name)
        tiled = TiledVectors(self._words)
        toward = np.empty((len(tiled), _WIDTH), dtype=np.float32)
        against = np.empty_like(toward) if self._multiplies else toward
        groups = np.empty(_WIDTH, dtype=np.int32)
        block = np.zeros((_WIDTH, self._words.shape[1]), dtype=np.float32)

        def compare_words(words: slice) -> None:
            tiled.multiply(block, words, toward)
            if self._multiplies:
                _move_to_positive(toward[words])
                np.add(toward[words], np.float32(_EPSILON), out=against[words])
                np.reciprocal(against[words], out=against[words])

        def find_answers(questions: slice) -> None:
            find(
                *(toward.reshape(-1), against.reshape(-1), self._questions[questions].reshape(-1)),
                *(groups, begin, self._scores[questions].reshape(-1), self._rows[questions].reshape(-1)),
            )

        threads = processors()
        of_words = slices(len(tiled), threads, tiled.at_once)
        of_questions = slices(len(self._questions), threads)
        with Workers(threads) as pool:
            for begin in range(0, len(self._groups), _WIDTH):
                end = min(begin + _WIDTH, len(self._groups))
                groups[: end - begin], groups[end - begin :] = self._groups[begin:end], NEVER_FOUND
                block[: end - begin], block[end - begin :] = unit_rows(self._matrix[begin:end]), 0
                do_at_once(pool, compare_words, of_words)
                if self._multiplies:
                    largest = np.fmax.reduce(against[: len(self._largest)], axis=1)
                    np.fmax(self._largest, largest, out=self._largest)
                do_at_once(pool, find_answers, of_questions)
                yield end

    def answers(self) -> NDArray[np.int64]:
        """Choose the best of the candidates in float64."""
        answers = np.empty(len(self._questions), dtype=np.int64)
        unsure = [np.empty(0, dtype=np.int64)]
        for begin in range(0, len(answers), _COMPARED_AT_ONCE):
            part = slice(begin, begin + _COMPARED_AT_ONCE)
            rows = self._rows[part]
            scores = self._scores_of(self._questions[part], rows)
            best = scores.max(axis=1)
            answers[part] = _first_best(scores, rows, best)
            # A row that is not a candidate may be as good as the best if the last candidate nearly is.
            is_unsure = (self._scores[part, -1] >= best - self._error(part, best)) & (rows[:, -1] >= 0)
            unsure.append(begin + np.flatnonzero(is_unsure))
        left = np.concatenate(unsure)
        for begin in range(0, len(left), _COMPARED_AT_ONCE):
            some = left[begin : begin + _COMPARED_AT_ONCE]
            answers[some] = self._answers_in_float64(self._questions[some])
        return answers

    def _error(self, part: slice, best: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bound the error of any score in float32 that is at most the best of its question.

        A product of two unit vectors is off by less than their dimensions, in units of the last place.
        """
        of_cosine = (self._words.shape[1] + 16) * _ROUNDING
        if not self._multiplies:
            return np.full(len(best), 3 * of_cosine)
        error: NDArray[np.float64] = of_cosine * (2 + np.maximum(best, 0))
        return error * self._largest[self._questions[part, 0]]

    def _scores_of(self, questions: NDArray[np.int32], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Compute the scores of some rows for each question in float64, -inf where a row is missing."""
        candidates = exact_unit_rows(self._matrix.take(np.maximum(rows, 0).reshape(-1), axis=0))
        words = self._words[questions]
        cosines = words @ candidates.reshape(*rows.shape, -1).transpose(0, 2, 1)
        scores = self._combined(cosines[:, 0], cosines[:, 1], cosines[:, 2])
        scores[rows < 0] = -np.inf
        return scores

    def _combined(
        self, a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Combine the cosines with the three words of a question."""
        if not self._multiplies:
            return b - a + c
        for cosines in (a, b, c):
            _move_to_positive(cosines)
        return b * c / (a + _EPSILON)

    def _answers_in_float64(self, questions: NDArray[np.int32]) -> NDArray[np.int64]:
        """Compare all rows in float64, which takes long: for questions with many answers that are as good."""
        best = np.full(len(questions), -1e300)
        answers = np.full(len(questions), -1, dtype=np.int64)
        for begin in range(0, len(self._groups), _WIDTH_IN_FLOAT64):
            groups = self._groups[begin : begin + _WIDTH_IN_FLOAT64]
            block = exact_unit_rows(self._matrix[begin : begin + len(groups)])
            a, b, c = (self._words[questions[:, place]] @ block.T for place in range(3))
            scores = self._combined(a, b, c)
            is_asked = (groups == questions[:, :, None]).any(axis=1)
            scores[is_asked | (groups == NEVER_FOUND) | np.isnan(scores)] = -np.inf
            of_block = scores.max(axis=1)
            rows = np.broadcast_to(np.arange(begin, begin + len(groups)), scores.shape)
            is_better = of_block > best + _tie(best)
            answers = np.where(is_better, _first_best(scores, rows, of_block), answers)
            best = np.maximum(best, of_block)
        return answers


def _first_best(
    scores: NDArray[np.float64], rows: NDArray[np.int64], best: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Give the first of the rows with the best score, -1 where all scores are -inf."""
    is_best = scores >= (best - _tie(best))[:, None]
    none = np.iinfo(np.int64).max
    first = np.where(is_best & (scores > -np.inf), rows, none).min(axis=1)
    return np.where(first == none, -1, first)


def _tie(best: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the difference that is no more than rounding in float64."""
    return _TIE * np.maximum(1, np.abs(best))


def _move_to_positive(cosines: NDArray[np.floating]) -> None:
    """Move cosines from -1 to 1 to where they can be multiplied: 0 to 1."""
    cosines += 1
    cosines *= 0.5
    np.maximum(cosines, 0, out=cosines)
