"""The oracles of evaluations: plain loops over all rows in float64."""

import math
from fractions import Fraction

TIE = 1e-12


def unit(row) -> list[float]:
    """Scale a vector to length 1; zeros stay zeros, and what is not finite becomes nan."""
    numbers = [float(number) for number in row]
    if not all(map(math.isfinite, numbers)):
        return [math.nan] * len(numbers)
    length = math.sqrt(math.fsum(number * number for number in numbers))
    return [number / length if length else 0.0 for number in numbers]


def analogy_score(row, a, b, c, method) -> float:
    """Score a row as the answer to "a is to b as c is to ..."; all are vectors."""
    to_a, to_b, to_c = (
        math.fsum(x * y for x, y in zip(unit(row), unit(word), strict=True)) for word in (a, b, c)
    )
    if method == "3cosadd":
        return to_b - to_a + to_c
    to_a, to_b, to_c = (
        max((cosine + 1) / 2, 0.0) if cosine == cosine else cosine for cosine in (to_a, to_b, to_c)
    )
    return to_b * to_c / (to_a + 0.001)


def analogy_answer(rows, words, question, method, searched=None, ignore_case=False) -> int:
    """Find the first of the best rows, -1 if there is none: no word of the question, no later duplicate."""

    def same(word):
        return word.upper() if ignore_case else word

    known = list(words[:searched])
    firsts = {same(word): row for row, word in reversed(list(enumerate(known)))}
    a, b, c = (rows[firsts[same(word)]] for word in question)
    asked = {same(word) for word in question}
    scores = {
        row: analogy_score(rows[row], a, b, c, method)
        for row, word in enumerate(known)
        if same(word) not in asked and words.index(word) == row
    }
    scores = {row: score for row, score in scores.items() if score == score}
    best = max(scores.values(), default=math.nan)
    return next((row for row, score in scores.items() if score >= best - TIE * max(1, abs(best))), -1)


def average_ranks(numbers) -> list[float]:
    """Rank each number by counting: those below it, and half of those equal to it."""
    return [
        sum(other < number for other in numbers) + (sum(other == number for other in numbers) + 1) / 2
        for number in numbers
    ]


def pearson(ones, others) -> float | None:
    """Compute Pearson's correlation from exact sums."""
    ones, others = ([Fraction(float(number)) for number in numbers] for numbers in (ones, others))
    if len(set(ones)) < 2 or len(set(others)) < 2:
        return None
    ones, others = (
        [number - sum(numbers) / len(numbers) for number in numbers] for numbers in (ones, others)
    )
    product = sum(x * y for x, y in zip(ones, others, strict=True))
    squares = sum(x * x for x in ones) * sum(y * y for y in others)
    return math.copysign(math.sqrt(product * product / squares), product)
