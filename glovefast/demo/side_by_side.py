"""glovefast beside the tutorial's loop: the same file and words, with the times and matrices of both."""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

import glovefast.matrix.embedding_matrix  # noqa: F401 - imported here, so that the times do not include it
from glovefast.conversion.convert import convert
from glovefast.demo.tutorial_loop import fill_matrix, read_dictionary
from glovefast.progress import Progress
from glovefast.vectors import WordVectors, load

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Step:
    """How long one step took.

    Attributes
    ----------
    name : str
        What was done.
    seconds : float or None
        glovefast's time; None if there was nothing to do.
    loop_seconds : float or None
        The time of the tutorial's loop; None if it has no such step or did not run.
    """

    name: str
    seconds: float | None
    loop_seconds: float | None


@dataclass(frozen=True)
class Comparison:
    """The results of glovefast and of the tutorial's loop.

    Attributes
    ----------
    vectors : WordVectors
        The open store.
    matrix : numpy.ndarray
        The embedding matrix from glovefast, (input_dim, dim) float32.
    steps : tuple of Step
        The times.
    bit_identical : bool or None
        Whether the loop gave the same matrix, bit for bit; None if it did not run.
    verdict : str
        The same in words: what differs, or why the loop did not run.
    """

    vectors: WordVectors
    matrix: NDArray[np.float32]
    steps: tuple[Step, ...]
    bit_identical: bool | None
    verdict: str


def compare(
    source: Path,
    word_index: Mapping[str, int],
    directory: str | os.PathLike[str],
    *,
    member: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Comparison:
    """Build the embedding matrix with glovefast and with the tutorial's loop.

    Parameters
    ----------
    source : pathlib.Path
        A text file of word vectors, or a store; the loop cannot read a store, and does not run.
    word_index : mapping
        Word to index, starting at 1.
    directory : str or path-like
        The directory for the store.
    member : str, optional
        The archive's member; not needed if it has only one.
    progress : callable, optional
        Called during the conversion; see `glovefast.convert`.

    Returns
    -------
    Comparison
        The times and the compared matrices. glovefast runs first, so the loop finds the file in memory.

    Raises
    ------
    FormatError, StoreError, OSError
        If glovefast cannot read the source.
    """
    store, convert_seconds = source, None
    if not source.is_dir():
        destination = Path(directory) / "vectors.glovefast"
        store, convert_seconds = _timed(
            lambda: convert(source, destination, member=member, progress=progress)
        )
    vectors, open_seconds = _timed(lambda: load(store))
    matrix, matrix_seconds = _timed(lambda: vectors.embedding_matrix(word_index))
    read_seconds = fill_seconds = bit_identical = None
    if source.is_dir():
        verdict = "the tutorial's loop needs the text, and a store has no text"
    else:
        try:
            dictionary, read_seconds = _timed(lambda: read_dictionary(source, member))
            filled, fill_seconds = _timed(lambda: fill_matrix(dictionary, word_index, vectors.dim))
        except (ValueError, IndexError) as error:
            verdict = f"the tutorial's loop fails on this file: {error}"
        else:
            bit_identical = filled.tobytes() == matrix.tobytes()
            verdict = _verdict(word_index, matrix, filled)
    steps = (
        Step("read the text", convert_seconds, read_seconds),
        Step("open the store", open_seconds, None),
        Step("build the matrix", matrix_seconds, fill_seconds),
    )
    return Comparison(vectors, matrix, steps, bit_identical, verdict)


def time_table(steps: Iterable[Step]) -> str:
    """Lay the times out in columns, with the time of each later run.

    Parameters
    ----------
    steps : iterable of Step
        The steps; glovefast needs the first one only once.

    Returns
    -------
    str
        A line for each step.
    """
    first, *others = steps
    loop = [step.loop_seconds for step in (first, *others) if step.loop_seconds is not None]
    every_run = Step("each later run", sum(step.seconds or 0 for step in others), sum(loop) if loop else None)
    lines = [f"{'':<18}{'glovefast':>12}{'tutorial loop':>16}"]
    for step in (first, *others, every_run):
        lines.append(f"{step.name:<18}{_readable(step.seconds):>12}{_readable(step.loop_seconds):>16}")
    return "\n".join(lines)


def _timed(work: Callable[[], _Result]) -> tuple[_Result, float]:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def _verdict(word_index: Mapping[str, int], matrix: NDArray[np.float32], filled: NDArray[np.float32]) -> str:
    differing = [
        word for word, index in word_index.items() if matrix[index].tobytes() != filled[index].tobytes()
    ]
    if differing:
        return f"the tutorial's loop gives other rows for: {', '.join(differing)}"
    return "the tutorial's loop gives the same matrix, bit for bit"


def _readable(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"
