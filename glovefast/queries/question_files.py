"""Read what word vectors are evaluated on: files of analogy questions and of word pairs with scores.

Analogy questions are published in two ways: word2vec has one file with a line ``: section`` before the
questions of each section, GloVe one file per section. Published word pairs are separated by tabs, semicolons,
commas or blanks, and some have a heading, parts of speech, or each rater's score behind the mean.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from glovefast.errors import FormatError, shortened
from glovefast.sources.members import FILES_OF_A_STORE
from glovefast.sources.opening import open_text

Kind: TypeAlias = Literal["analogies", "similarity"]
Question: TypeAlias = tuple[str, str, str, str]

ANALOGIES, SIMILARITY = "analogies", "similarity"
KINDS = (ANALOGIES, SIMILARITY)

_COMMENTS = ("#", "//")
_SECTION = ":"
_MOST_BYTES = 1 << 26
_BLOCK_BYTES = 1 << 16
_LINES_TO_JUDGE_BY = 100
_BLANKS = " "
_SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas", _BLANKS: "blanks"}
_SCORE_COLUMNS = (2, 3)
_WORDS_OF_A_QUESTION = 4

_EXPECTED = "analogy questions (four words in a line) or word pairs (two words and a score)"


@dataclass(frozen=True)
class Section:
    """Analogy questions that belong together: "a is to b as c is to d" as (a, b, c, d)."""

    file: str
    name: str
    questions: list[Question]


@dataclass(frozen=True)
class WordPairs:
    """Pairs of words, and how similar people find them."""

    file: str
    pairs: list[tuple[str, str]]
    scores: list[float]


class _Line(NamedTuple):
    number: int
    text: str


def files_in(paths: Iterable[str | os.PathLike[str]]) -> Iterator[str]:
    """List question files; a directory stands for the files in it, in the order of their names.

    Raises
    ------
    FormatError
        If a directory is a store, or has no files.
    """
    for path in map(Path, paths):
        if not path.is_dir():
            yield os.fspath(path)
            continue
        if all((path / name).is_file() for name in FILES_OF_A_STORE):
            raise FormatError(path, None, f"is a store, not a file with {_EXPECTED}")
        files = [each for each in sorted(path.iterdir()) if each.is_file() and not each.name.startswith(".")]
        if not files:
            raise FormatError(path, None, f"is a directory without files; pass files with {_EXPECTED}")
        yield from map(os.fspath, files)


def read_question_file(path: str, kind: Kind | None = None) -> list[Section] | WordPairs:
    """Read a file, plain or compressed.

    Parameters
    ----------
    path : str
        The file, or ``"-"`` for standard input.
    kind : {"analogies", "similarity"}, optional
        What the file holds. By default its first lines decide.

    Returns
    -------
    list of Section or WordPairs
        Its questions by section, or its word pairs.

    Raises
    ------
    FormatError
        If the file is empty, is not UTF-8 text, or has a line that is neither; the message names the line.
    OSError
        If the file cannot be read.
    """
    name, text = _read_text(path)
    lines = [
        _Line(number, line)
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip() and not line.startswith(_COMMENTS)
    ]
    if not lines:
        raise FormatError(name, None, f"has only comments and blank lines; expected {_EXPECTED}")
    kind = kind or _kind_of(name, lines[:_LINES_TO_JUDGE_BY])
    return _read_sections(name, lines) if kind == ANALOGIES else _read_pairs(name, lines)


def _read_text(path: str) -> tuple[str, str]:
    """Read a file of text: its name in messages, and the text."""
    with open_text(path, _EXPECTED) as source:
        data, block = bytearray(), memoryview(bytearray(_BLOCK_BYTES))
        while count := source.readinto(block):
            data += block[:count]
            if len(data) > _MOST_BYTES:
                raise FormatError(
                    source.name, None, f"has more than {_MOST_BYTES >> 20} MiB; pass a file with {_EXPECTED}"
                )
        try:
            return source.name, data.decode()
        except UnicodeDecodeError as error:
            raise FormatError(
                source.name,
                data.count(b"\n", 0, error.start) + 1,
                f"is not UTF-8 ({error.reason}); convert it, for example with: "
                "iconv -f LATIN1 -t UTF-8 FILE > NEW_FILE",
            ) from None


def _kind_of(name: str, lines: list[_Line]) -> Kind:
    if any(line.text.startswith(_SECTION) for line in lines):
        return "analogies"
    separator = _separator_of(lines)
    scored = sum(_score_column(_fields(line.text, separator)) is not None for line in lines)
    questions = sum(len(_fields(line.text, _BLANKS)) == _WORDS_OF_A_QUESTION for line in lines)
    # A line with two words, a part of speech and a score counts as both.
    if scored and 2 * scored >= len(lines) - 1:
        return "similarity"
    if questions:
        return "analogies"
    first = lines[0]
    raise FormatError(name, first.number, f"expected {_EXPECTED}, found {shortened(first.text.strip())}")


def _read_sections(name: str, lines: list[_Line]) -> list[Section]:
    sections: list[Section] = []
    once: dict[str, str] = {}
    for line in lines:
        if line.text.startswith(_SECTION):
            sections.append(Section(name, line.text.strip(": \t\r"), []))
            continue
        words = _fields(line.text, _BLANKS)
        if len(words) != _WORDS_OF_A_QUESTION:
            raise FormatError(
                name,
                line.number,
                f"expected the four words of an analogy question, found {len(words)}: "
                f"{shortened(line.text.strip())}; correct or remove the line",
            )
        if not sections:  # a file as GloVe publishes them
            sections.append(Section(name, Path(name).name.partition(".")[0], []))
        # The same few words occur again and again.
        first, second, third, fourth = (once.setdefault(word, word) for word in words)
        sections[-1].questions.append((first, second, third, fourth))
    if not once:
        raise FormatError(name, None, f"has sections without questions; expected {_EXPECTED}")
    return sections


def _read_pairs(name: str, lines: list[_Line]) -> WordPairs:
    separator = _separator_of(lines[:_LINES_TO_JUDGE_BY])
    rows = [_fields(line.text, separator) for line in lines]
    found = [column for row in rows if (column := _score_column(row)) is not None]
    column = max(_SCORE_COLUMNS, key=found.count)
    pairs, scores = [], []
    for place, (line, row) in enumerate(zip(lines, rows, strict=True)):
        score = _as_score(row[column]) if len(row) > column and all(row[:2]) else None
        if score is not None:
            pairs.append((row[0], row[1]))
            scores.append(score)
        elif place or not found or not _is_heading(row, rows[1:2]):
            raise FormatError(
                name,
                line.number,
                f"expected two words and a score, found {shortened(line.text.strip())}; correct "
                f"the line (the file has {_SEPARATORS[separator]} between its fields), or remove it",
            )
    return WordPairs(name, pairs, scores)


def _is_heading(row: list[str], below: list[list[str]]) -> bool:
    """Say whether the first line names the columns, rather than being a pair that cannot be read.

    Only a heading with a field for each column has numbers: WordSim-353 numbers its raters.
    """
    if len(row) <= min(_SCORE_COLUMNS):
        return False
    return all(_as_score(field) is None for field in row) or [len(each) for each in below] == [len(row)]


def _separator_of(lines: list[_Line]) -> str:
    """Choose the separator that makes pairs with a score of the most lines."""

    def scored(separator: str) -> int:
        return sum(_score_column(_fields(line.text, separator)) is not None for line in lines)

    return max(_SEPARATORS, key=scored)


def _fields(line: str, separator: str) -> list[str]:
    """Split a line. Only spaces and tabs are blanks: a word may contain other white space."""
    if separator == _BLANKS:
        return [word for word in line.rstrip("\r").replace("\t", " ").split(" ") if word]
    return [field.strip(" \t\r").strip('"') for field in line.split(separator)]


def _score_column(row: list[str]) -> int | None:
    """Find the first column behind the two words that has a number; a part of speech may come first.

    Where the second word is a number as well, the line is rather a row of an embedding text.
    """
    if len(row) > 1 and _as_score(row[1]) is not None:
        return None
    return next(
        (column for column in _SCORE_COLUMNS if len(row) > column and _as_score(row[column]) is not None),
        None,
    )


def _as_score(field: str) -> float | None:
    try:
        score = float(field)
    except ValueError:
        return None
    return score if isfinite(score) else None
