"""Evaluate word vectors on files of analogy questions and of word pairs with human scores."""

import os
from collections.abc import Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import shortened
from glovefast.integers import as_integer
from glovefast.progress import Callback, Progress, checked_progress, shows_progress
from glovefast.queries.analogies import METHODS, Method, answer_questions
from glovefast.queries.correlation import pearson, spearman
from glovefast.queries.evaluation_result import AnalogyResult, Evaluation, SimilarityResult
from glovefast.queries.neighbour_methods import NeighbourMethods, similarities_of
from glovefast.queries.question_files import KINDS, Kind, Section, WordPairs, files_in, read_question_file
from glovefast.queries.row_similarities import cosines
from glovefast.queries.word_groups import WordGroups, group_words

_BYTES_OF_A_NUMBER = 4
_ANALOGIES = "analogies"
_PAIRS_AT_ONCE = 1024

Choice = TypeVar("Choice", bound=str)


@shows_progress
def evaluate(
    vectors: NeighbourMethods,
    *files: str | os.PathLike[str],
    kind: Kind | None = None,
    method: Method = "3cosadd",
    restrict_vocab: int | None = None,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
    progress: Callback | bool | None = None,
) -> Evaluation:
    """Evaluate word vectors on analogy questions and on word pairs with human scores.

    Parameters
    ----------
    vectors : WordVectors
        The vectors, as `load` returns them.
    *files : str or path-like
        Text files, plain or compressed; a directory stands for the files in it. Each holds either of:

        - analogy questions, four words in a line: "a is to b as c is to d". A line ``: name`` begins a
          section, as in word2vec's ``questions-words.txt``; a file without such lines is one section, as in
          GloVe's ``question-data``;
        - word pairs, two words and a score in a line, separated by tabs, semicolons, commas or blanks, as in
          WordSim-353, SimLex-999, MEN and RW. The first line may be a heading; the score may follow a part
          of speech; columns behind the score are not read.

        Blank lines and lines that begin with ``#`` or ``//`` are skipped.
    kind : {"analogies", "similarity"}, optional
        What the files hold. By default the first lines of each file decide.
    method : {"3cosadd", "3cosmul"}
        How analogy questions are answered: by the largest cosine with b - a + c, where every word is a unit
        vector, or by the largest product of the cosines with b and c, divided by the cosine with a (see
        Notes). The words of a question never answer it.
    restrict_vocab : int, optional
        Use only the first rows; a word that is not among them is unknown. By default all rows are used, as
        in GloVe's ``evaluate.py``; gensim uses 300,000 unless told otherwise.
    case_insensitive : bool
        Compare words in upper case, as gensim does. A word then has the vector of its first row in any
        case.
    dummy4unknown : bool
        Count questions with unknown words as wrong, and give pairs with unknown words the similarity 0. By
        default both are left out, and counted as unknown.
    progress : callable or bool, optional
        Called with a `Progress` as analogy questions are answered; True shows a progress bar.

    Returns
    -------
    Evaluation
        The accuracy by section and in all, the correlations, and the unknown words. Prints as a table.

    Raises
    ------
    FormatError
        If a file is empty, is not UTF-8 text, or has a line that is neither a question nor a pair; the
        message names the line.
    OSError
        If a file cannot be read.
    TypeError, ValueError
        If an argument cannot be used.

    Notes
    -----
    A word whose vector has nan or inf is unknown; rows with nan or inf are never the answer. The cosine of a
    vector of zeros is 0. Of equally good rows, the first is the answer.

    3CosAdd is from Mikolov, Yih and Zweig (2013), 3CosMul from Levy and Goldberg (2014): cosines are
    shifted to the range from 0 to 1, and 0.001 is added to the divisor. Correlations are Spearman's, where
    equal numbers share their mean rank, and Pearson's.
    """
    if not isinstance(vectors, NeighbourMethods):
        raise TypeError(
            f"vectors must be what glovefast.load returns, not a {type(vectors).__name__}; they come before "
            "the files: glovefast.evaluate(glovefast.load(store), file)"
        )
    if not files:
        raise ValueError("pass at least one file with analogy questions or word pairs")
    for file in files:
        if not isinstance(file, str | os.PathLike):
            raise TypeError(
                f"a file must be a path, not a {type(file).__name__}; pass several as "
                "glovefast.evaluate(vectors, *files)"
            )
    kind = None if kind is None else _checked("kind", kind, KINDS)
    method = _checked("method", method, METHODS)
    rows = len(vectors._array) if restrict_vocab is None else as_integer(restrict_vocab, "restrict_vocab", 1)
    progress = checked_progress(progress)
    read = [read_question_file(path, kind) for path in files_in(files)]
    sections = [each for one in read if isinstance(one, list) for each in one]
    pairs = [one for one in read if isinstance(one, WordPairs)]
    words = list(dict.fromkeys(_words_of(sections, pairs)))
    known = _Known(vectors, words, rows, case_insensitive)
    analogies = _evaluate_analogies(known, sections, method, dummy4unknown, progress)
    similarities = [_evaluate_pairs(known, each, dummy4unknown) for each in pairs]
    unknown = [word for word in words if not known.has(word)]
    return Evaluation(method, tuple(analogies), tuple(similarities), tuple(unknown))


class _Known:
    """The words of the questions, and which of them have a vector."""

    def __init__(self, vectors: NeighbourMethods, words: list[str], rows: int, ignore_case: bool) -> None:
        self.matrix = vectors._array
        self.groups: WordGroups = group_words(
            vectors._index.words[:rows], similarities_of(vectors).passed_over, words, ignore_case
        )
        first_rows = self.groups.first_rows
        self.is_known = first_rows >= 0
        found = np.flatnonzero(self.is_known)
        self.is_known[found] = np.isfinite(self.matrix.take(first_rows[found], axis=0)).all(axis=1)

    def has(self, word: str) -> bool:
        return bool(self.is_known[self.groups.group(word)])

    def look_up(
        self, items: Iterable[Iterable[str]], width: int
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Give the groups of the words of questions or pairs, (n, width), and whether all words are known."""
        flat = np.array([self.groups.group(word) for item in items for word in item], dtype=np.int32)
        numbers = flat.reshape(-1, width)
        return numbers, np.logical_and.reduce(self.is_known[numbers], axis=1)


def _evaluate_analogies(
    known: _Known,
    sections: list[Section],
    method: Method,
    dummy4unknown: bool,
    progress: Callback | None,
) -> list[AnalogyResult]:
    if not sections:
        return []
    questions = (question for section in sections for question in section.questions)
    numbers, is_known = known.look_up(questions, width=4)
    row_bytes = known.matrix.shape[1] * _BYTES_OF_A_NUMBER

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress(Progress(done * row_bytes, total * row_bytes, done, _ANALOGIES))

    answers = answer_questions(
        known.matrix,
        numbers[is_known, :3],
        groups=known.groups.of_rows,
        first_rows=known.groups.first_rows,
        method=method,
        report=report,
    )
    is_correct = np.zeros(len(numbers), dtype=bool)
    is_correct[is_known] = (answers >= 0) & (known.groups.of_rows[answers] == numbers[is_known, 3])
    results, begin = [], 0
    for section in sections:
        part = slice(begin, begin + len(section.questions))
        begin = part.stop
        unknown = int(np.count_nonzero(~is_known[part]))
        results.append(
            AnalogyResult(
                section.file,
                section.name,
                questions=len(section.questions),
                unknown=unknown,
                counted=len(section.questions) - (0 if dummy4unknown else unknown),
                correct=int(np.count_nonzero(is_correct[part])),
            )
        )
    return results


def _evaluate_pairs(known: _Known, pairs: WordPairs, dummy4unknown: bool) -> SimilarityResult:
    numbers, is_known = known.look_up(pairs.pairs, width=2)
    scores = np.array(pairs.scores)
    similarities = np.zeros(len(numbers))
    similarities[is_known] = _similarities(known, known.groups.first_rows[numbers[is_known]])
    counted = np.ones_like(is_known) if dummy4unknown else is_known
    return SimilarityResult(
        pairs.file,
        pairs=len(numbers),
        unknown=int(np.count_nonzero(~is_known)),
        counted=int(np.count_nonzero(counted)),
        spearman=spearman(scores[counted], similarities[counted]),
        pearson=pearson(scores[counted], similarities[counted]),
    )


def _similarities(known: _Known, pairs: NDArray[np.int64]) -> NDArray[np.float32]:
    """Compute the cosines of pairs of rows."""
    found = np.empty(len(pairs), dtype=np.float32)
    for begin in range(0, len(pairs), _PAIRS_AT_ONCE):
        ones, others = pairs[begin : begin + _PAIRS_AT_ONCE].T
        found[begin : begin + _PAIRS_AT_ONCE] = cosines(
            known.matrix.take(ones, axis=0), known.matrix.take(others, axis=0)
        )
    return found


def _words_of(sections: list[Section], pairs: list[WordPairs]) -> Iterable[str]:
    yield from (word for section in sections for question in section.questions for word in question)
    yield from (word for each in pairs for pair in each.pairs for word in pair)


def _checked(name: str, value: Choice, choices: Iterable[str]) -> Choice:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, not {shortened(value)}")
    return value
