"""The kernels that find the best answers to analogy questions among some rows.

"a is to b as c is to d" asks for the row whose score is largest: its cosines with b and c, less that with a
(3CosAdd), or their product divided by that with a (3CosMul). Every question is made of the cosines of a few
words, so these are computed once for each word, not for each question.
"""

import numpy as np

from glovefast.kernels import ANALOGY_CANDIDATES, BAD_PLACE, NEVER_FOUND
from glovefast.kernels.registry import kernel

_AT_ONCE = 64


@kernel()
def _sum(for_b, for_c, against_a):
    return for_b - against_a + for_c


@kernel()
def _product(for_b, for_c, against_a):
    return for_b * against_a * for_c


@kernel()
def _any_is_better(score, for_b, for_c, against_a, at_b, at_c, at_a, least):
    """Say whether one of the next rows has more than the least score that counts; nan never has."""
    better = np.int32(0)
    for place in range(np.uint64(_AT_ONCE)):
        better |= np.int32(score(for_b[at_b + place], for_c[at_c + place], against_a[at_a + place]) > least)
    return better != 0


@kernel()
def _insert(number, row, begin, scores, rows):
    """Put a row among the candidates of a question, behind those that have as much."""
    place = begin + ANALOGY_CANDIDATES - 1
    while place > begin and number > scores[place - 1]:
        scores[place], rows[place] = scores[place - 1], rows[place - 1]
        place -= 1
    scores[place], rows[place] = number, row


@kernel()
def _find_answers(score, toward, against, questions, groups, first_row, scores, rows):
    width, asked = len(groups), len(questions) // 3
    if len(scores) != asked * ANALOGY_CANDIDATES or len(rows) != len(scores) or len(toward) != len(against):
        return BAD_PLACE
    for question in range(asked):
        a, b, c = questions[3 * question], questions[3 * question + 1], questions[3 * question + 2]
        if min(a, b, c) < 0 or (max(a, b, c) + 1) * width > len(toward):
            return BAD_PLACE
        # Unsigned, because places below 0 would be counted from the end, which keeps vectors from being used.
        at_a, at_b, at_c = np.uint64(a * width), np.uint64(b * width), np.uint64(c * width)
        begin = question * ANALOGY_CANDIDATES
        last = begin + ANALOGY_CANDIDATES - 1
        for step in range(0, width, _AT_ONCE):
            end = min(step + _AT_ONCE, width)
            first = np.uint64(step)
            if end - step == _AT_ONCE and not _any_is_better(
                score, toward, toward, against, at_b + first, at_c + first, at_a + first, scores[last]
            ):
                continue
            for place in range(first, np.uint64(end)):
                number = score(toward[at_b + place], toward[at_c + place], against[at_a + place])
                group = groups[place]
                is_asked = group in (a, b, c)
                if number > scores[last] and group != NEVER_FOUND and not is_asked:
                    _insert(number, first_row + np.int64(place), begin, scores, rows)
    return asked


@kernel("float32[]", "float32[]", "int32[]", "int32[]", "int64", "float32[]", "int64[]")
def find_answers_by_sum(toward, against, questions, groups, first_row, scores, rows):
    """Find the best rows for analogy questions by sums (3CosAdd), among some rows of a matrix.

    Parameters
    ----------
    toward : (g * n,) float32
        For each of g words, what the n rows gain where it is b or c: their cosines.
    against : (g * n,) float32
        For each word, what the rows lose where it is a: the same cosines.
    questions : (q * 3,) int32
        The words a, b and c of each question: numbers from 0 to g - 1.
    groups : (n,) int32
        Which of the g words each row stands for, `NO_WORD` for any other, `NEVER_FOUND` for a row that is
        never the answer. The words of a question do not answer it.
    first_row : int64
        The number of the first of the rows.
    scores : (q * ANALOGY_CANDIDATES,) float32, read and written
        The scores of the best rows so far, in descending order.
    rows : (q * ANALOGY_CANDIDATES,) int64, read and written
        Their numbers.

    Returns
    -------
    int64
        The number of questions; `BAD_PLACE` if a word is not in the arrays, or these do not fit together.
    """
    return _find_answers(_sum, toward, against, questions, groups, first_row, scores, rows)


@kernel("float32[]", "float32[]", "int32[]", "int32[]", "int64", "float32[]", "int64[]")
def find_answers_by_product(toward, against, questions, groups, first_row, scores, rows):
    """Find the best rows by products (3CosMul), of which `against` has one factor.

    See `find_answers_by_sum`.
    """
    return _find_answers(_product, toward, against, questions, groups, first_row, scores, rows)
