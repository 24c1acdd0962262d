"""What an evaluation found: the accuracy on analogies, the correlations with human scores."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from glovefast.matrix.tables import html_table, shown

_LISTED = 10
_SYNTACTIC_NAMES = "gram"
_MINUS = "-"

SEMANTIC, SYNTACTIC, ALL = "semantic", "syntactic", "all"


@dataclass(frozen=True)
class AnalogyResult:
    """How many analogy questions of a section have the right answer.

    Attributes
    ----------
    file : str or None
        The file of the section; None for a total.
    section : str
        The name of the section; ``semantic``, ``syntactic`` or ``all`` for a total.
    questions : int
        The number of questions.
    unknown : int
        How many of them have a word without a vector.
    counted : int
        How many questions count: those without unknown words, or all with `dummy4unknown`.
    correct : int
        How many have the right answer.
    """

    file: str | None
    section: str
    questions: int
    unknown: int
    counted: int
    correct: int

    @property
    def accuracy(self) -> float | None:
        """The share of the questions that count, 0 to 1, that have the right answer; None without any."""
        return self.correct / self.counted if self.counted else None

    @property
    def is_syntactic(self) -> bool:
        """Whether the section's name begins with "gram", as in the published files."""
        return self.section.startswith(_SYNTACTIC_NAMES)

    def to_dict(self) -> dict[str, Any]:
        """Convert to a dictionary that JSON can hold."""
        return {**asdict(self), "accuracy": self.accuracy}


@dataclass(frozen=True)
class SimilarityResult:
    """How well the cosines of word pairs agree with human scores.

    Attributes
    ----------
    file : str
        The file.
    pairs : int
        The number of pairs.
    unknown : int
        How many of them have a word without a vector.
    counted : int
        How many pairs count: those without unknown words, or all with `dummy4unknown`.
    spearman, pearson : float or None
        The correlations, -1 to 1: of the ranks, and of the numbers. None where they are undefined: for fewer
        than two pairs, or if all numbers are equal.
    """

    file: str
    pairs: int
    unknown: int
    counted: int
    spearman: float | None
    pearson: float | None

    def to_dict(self) -> dict[str, Any]:
        """Convert to a dictionary that JSON can hold."""
        return asdict(self)


@dataclass(frozen=True, repr=False)
class Evaluation:
    """How well word vectors answer analogy questions and agree with human scores; prints as a table.

    Attributes
    ----------
    method : str
        How analogy questions were answered: ``3cosadd`` or ``3cosmul``.
    analogies : tuple of AnalogyResult
        The sections of all files with analogy questions, in order.
    similarities : tuple of SimilarityResult
        The files with word pairs, in order.
    unknown_words : tuple of str
        The words without a vector, in the order in which they first occur.
    """

    method: str
    analogies: tuple[AnalogyResult, ...]
    similarities: tuple[SimilarityResult, ...]
    unknown_words: tuple[str, ...]

    @property
    def totals(self) -> tuple[AnalogyResult, ...]:
        """All analogies together; if some sections begin with "gram", also by semantic and syntactic ones."""
        if not self.analogies:
            return ()
        syntactic = [each for each in self.analogies if each.is_syntactic]
        semantic = [each for each in self.analogies if not each.is_syntactic]
        kinds = [_total(SEMANTIC, semantic), _total(SYNTACTIC, syntactic)] if syntactic and semantic else []
        return (*kinds, _total(ALL, self.analogies))

    @property
    def accuracy(self) -> float | None:
        """The share of all analogy questions that count with the right answer; None without any."""
        return self.totals[-1].accuracy if self.analogies else None

    @property
    def counted(self) -> int:
        """How many questions and pairs count."""
        return sum(each.counted for each in self.analogies) + sum(each.counted for each in self.similarities)

    def to_dict(self) -> dict[str, Any]:
        """Convert to a dictionary that JSON can hold, with the totals."""
        return {
            "method": self.method,
            "analogies": [each.to_dict() for each in self.analogies],
            "totals": [each.to_dict() for each in self.totals],
            "similarities": [each.to_dict() for each in self.similarities],
            "unknown_words": list(self.unknown_words),
        }

    def to_table(self) -> pa.Table:
        """Convert to a table with one row for each section and each file of word pairs.

        Returns
        -------
        pyarrow.Table
            ``kind`` (``analogies`` or ``similarity``), ``file``, ``section``, ``items`` (questions or pairs),
            ``unknown``, ``counted``, ``correct``, ``accuracy``, ``spearman`` and ``pearson``; null where a
            column does not apply.
        """
        rows = [
            *({"kind": "analogies", "items": each.questions, **each.to_dict()} for each in self.analogies),
            *({"kind": "similarity", "items": each.pairs, **each.to_dict()} for each in self.similarities),
        ]
        return pa.Table.from_pylist(rows, schema=_SCHEMA)

    def __repr__(self) -> str:
        parts = []
        if self.accuracy is not None:
            parts.append(f"{self.accuracy:.1%} of {self.totals[-1].counted:,} analogy questions")
        if files := len(self.similarities):
            parts.append(f"{files} file{'' if files == 1 else 's'} of word pairs")
        return f"<Evaluation: {', '.join(parts) or 'no question can be answered'}>"

    def __str__(self) -> str:
        blocks = [_aligned(heading, rows) for heading, rows in self._tables()]
        return "\n".join(["\n\n".join(blocks), *self._remarks()])

    def _repr_html_(self) -> str:
        tables = self._tables()
        return "\n".join(
            html_table(heading, rows, self._remarks() if place == len(tables) - 1 else ())
            for place, (heading, rows) in enumerate(tables)
        )

    def _tables(self) -> list[tuple[Sequence[str], list[Sequence[str]]]]:
        """List the tables: the heading and the rows of each."""
        tables: list[tuple[Sequence[str], list[Sequence[str]]]] = []
        if self.analogies:
            name = {"3cosadd": "3CosAdd", "3cosmul": "3CosMul"}[self.method]
            heading = (f"analogies ({name})", "questions", "unknown", "correct", "accuracy")
            results = [*self.analogies, *(self.totals if len(self.analogies) > 1 else ())]
            tables.append((heading, [_analogy_cells(each) for each in results]))
        if self.similarities:
            heading = ("word pairs", "pairs", "unknown", "Spearman", "Pearson")
            tables.append((heading, [_similarity_cells(each) for each in self.similarities]))
        return tables

    def _remarks(self) -> list[str]:
        """List the lines below the tables."""
        if not self.unknown_words:
            return []
        names = ", ".join(map(shown, self.unknown_words[:_LISTED]))
        rest = len(self.unknown_words) - _LISTED
        return [f"words without a vector: {names}{f' and {rest:,} more' if rest > 0 else ''}"]


_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("kind", "file", "section")),
        *((name, pa.int64()) for name in ("items", "unknown", "counted", "correct")),
        *((name, pa.float64()) for name in ("accuracy", "spearman", "pearson")),
    ]
)


def _total(name: str, results: Iterable[AnalogyResult]) -> AnalogyResult:
    numbers = [(each.questions, each.unknown, each.counted, each.correct) for each in results]
    questions, unknown, counted, correct = map(sum, zip(*numbers, strict=True))
    return AnalogyResult(None, name, questions, unknown, counted, correct)


def _analogy_cells(result: AnalogyResult) -> tuple[str, ...]:
    accuracy = _MINUS if result.accuracy is None else f"{result.accuracy:.1%}"
    numbers = (result.questions, result.unknown, result.correct)
    return (shown(result.section), *(f"{number:,}" for number in numbers), accuracy)


def _similarity_cells(result: SimilarityResult) -> tuple[str, ...]:
    correlations = (
        _MINUS if number is None else f"{number:.3f}" for number in (result.spearman, result.pearson)
    )
    return (shown(Path(result.file).name), f"{result.pairs:,}", f"{result.unknown:,}", *correlations)


def _aligned(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay a table out in columns: the first to the left, numbers to the right."""
    lines = [heading, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )
