"""Analogy questions, answered by glovefast and by gensim from the same vectors."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import glovefast
from benchmarks.contenders import is_installed
from benchmarks.processes import SCRIPTS, Command, Run, run_in_turn
from benchmarks.recorder import Outcome, Wrong, of_reports
from benchmarks.results import Measured
from benchmarks.session import Session
from benchmarks.tables import GLOVEFAST
from benchmarks.texts import MAIN

QUESTIONS = 19_544
_SECTIONS, _PAIRS = 14, 39
_FREQUENT_WORDS = 20_000
_FEW, _MORE = 1_000, 65  # every so many questions are in the files that gensim answers
_ROUNDS = 3


def compare_analogies(session: Session) -> dict[str, Outcome]:
    """Answer all questions with glovefast, a few with gensim; both must have as many of those right."""
    directory, store = session.directory("analogies"), session.store(MAIN)
    vectors = glovefast.load(store)
    lines = _published(session) or made_questions(vectors.index_to_key[:_FREQUENT_WORDS])
    files = [directory / name for name in ("questions.txt", "few.txt", "more.txt")]
    for file, step in zip(files, (1, _FEW, _MORE), strict=True):
        file.write_text("".join(f"{line}\n" for line in _fraction(lines, step)), encoding="utf-8")
    script = SCRIPTS / "answer_analogies.py"
    commands = {
        GLOVEFAST: Command((script, "3cosadd", store, files[0])),
        "3cosmul": Command((script, "3cosmul", store, files[0])),
    }
    if is_installed("gensim"):
        commands["gensim"] = Command((script, "gensim", session.gensim_file(MAIN), *files), rounds=1)
    runs = run_in_turn(commands, min(_ROUNDS, session.rounds(MAIN)))
    outcomes = of_reports(runs)
    size = sum(part.stat().st_size for part in store.iterdir())
    for row in (GLOVEFAST, "3cosmul"):
        if isinstance(found := outcomes[row], Measured):
            outcomes[row] = replace(found, stored_bytes=size)
    if wrong := _disagreement(runs.get("gensim", ()), vectors, files[2]):
        outcomes[GLOVEFAST] = Wrong(wrong)
    return outcomes


def made_questions(words: Sequence[str]) -> list[str]:
    """Make as many questions as the published file has, in sections of the same kind, of these words.

    Each section has some pairs of words, and every two of them make a question.
    """
    generator = np.random.default_rng(QUESTIONS)
    lines: list[str] = []
    for section in range(_SECTIONS):
        chosen = generator.choice(len(words), size=(_PAIRS, 2), replace=False).tolist()
        pairs = [f"{words[one]} {words[other]}" for one, other in chosen]
        questions = [f"{one} {other}" for one in pairs for other in pairs if one != other]
        lines += [f": section-{section}", *questions]
    return lines[: QUESTIONS + _SECTIONS]


def _published(session: Session) -> list[str] | None:
    """Read the published questions, which come with gensim; None if the vectors are made ones."""
    if session.texts[MAIN].made or not is_installed("gensim"):
        return None
    from gensim.test.utils import datapath

    path = Path(datapath("questions-words.txt"))
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else None


def _fraction(lines: Sequence[str], step: int) -> list[str]:
    """Take every so many questions, with the sections."""
    return [line for place, line in enumerate(lines) if line.startswith(":") or place % step == step // 2]


def _disagreement(runs: Sequence[Run], vectors: glovefast.WordVectors, questions: Path) -> str | None:
    for run in runs:
        if run.error is None:
            theirs, ours = json.loads(run.output)["correct"], glovefast.evaluate(vectors, questions)
            if ours.totals[-1].correct != theirs:
                return f"{ours.totals[-1].correct} right answers, where gensim has {theirs}"
    return None
