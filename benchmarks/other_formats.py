"""Read and write the formats of other tools, in this process, beside the tools themselves."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import glovefast
from benchmarks.agreement import disagreement, read_reference
from benchmarks.contenders import is_installed
from benchmarks.in_process import time_in_turn
from benchmarks.recorder import Outcome, of_functions
from benchmarks.session import Session
from benchmarks.tables import GLOVEFAST
from benchmarks.texts import MAIN

_TURNS = 5


def compare_reading_binary(session: Session) -> dict[Any, Outcome]:
    """Read word2vec's binary format, as gensim reads it too."""
    directory, truth = session.directory("binary"), read_reference(session.texts[MAIN].reference)
    file = glovefast.load(session.store(MAIN)).export(directory / "vectors.bin")
    store = directory / "vectors.glovefast"

    def convert() -> Any:
        return glovefast.load(glovefast.convert(file, store, overwrite=True))

    vectors = convert()
    functions: dict[str, Callable[[], Any]] = {GLOVEFAST: convert}
    wrong = {GLOVEFAST: disagreement(vectors.words.to_pylist(), vectors.vectors, *truth)}
    if is_installed("gensim"):
        from gensim.models import KeyedVectors

        functions["gensim"] = lambda: KeyedVectors.load_word2vec_format(file, binary=True)
        loaded = functions["gensim"]()
        wrong["gensim"] = disagreement(loaded.index_to_key, loaded.vectors, *truth)
    return _measured(session, wrong, functions, directory)


def compare_writing_binary(session: Session) -> dict[Any, Outcome]:
    """Write word2vec's binary format; the files must be the same, byte for byte."""
    directory, vectors = session.directory("write_binary"), glovefast.load(session.store(MAIN))
    ours, theirs = directory / "ours.bin", directory / "theirs.bin"
    functions: dict[str, Callable[[], Any]] = {GLOVEFAST: lambda: vectors.export(ours, overwrite=True)}
    wrong: dict[str, str | None] = {GLOVEFAST: None}
    if is_installed("gensim"):
        from gensim.models import KeyedVectors

        keyed_vectors = KeyedVectors.load(str(session.gensim_file(MAIN)))
        functions["gensim"] = lambda: keyed_vectors.save_word2vec_format(theirs, binary=True)
        for function in functions.values():
            function()
        wrong["gensim"] = None
        if ours.read_bytes() != theirs.read_bytes():
            wrong[GLOVEFAST] = "the file is not the same as gensim's"
    return _measured(session, wrong, functions, directory)


def compare_writing_parquet(session: Session) -> dict[Any, Outcome]:
    """Write Parquet; pyarrow reads both files."""
    directory, vectors = session.directory("write_parquet"), glovefast.load(session.store(MAIN))
    truth = read_reference(session.texts[MAIN].reference)
    paths = {GLOVEFAST: directory / "ours.parquet", "polars": directory / "theirs.parquet"}
    functions: dict[str, Callable[[], Any]] = {
        GLOVEFAST: lambda: vectors.export(paths[GLOVEFAST], overwrite=True)
    }
    if is_installed("polars"):
        import polars as pl

        frame = pl.DataFrame({"word": vectors.words, "vector": np.array(vectors)})
        functions["polars"] = lambda: frame.write_parquet(paths["polars"])
    wrong = {}
    for row, function in functions.items():
        function()
        wrong[row] = disagreement(*_read_parquet(paths[row], vectors.dim), *truth)
    return _measured(session, wrong, functions, directory)


def _read_parquet(path: Path, dim: int) -> tuple[list[str], np.ndarray]:
    import pyarrow.parquet as pq

    table = pq.read_table(path).combine_chunks()
    numbers = table["vector"].chunk(0).flatten().to_numpy()
    return table["word"].to_pylist(), numbers.reshape(-1, dim)


def _measured(
    session: Session,
    wrong: dict[str, str | None],
    functions: dict[str, Callable[[], Any]],
    directory: Path,
) -> dict[Any, Outcome]:
    outcomes = of_functions(wrong, time_in_turn(functions, min(_TURNS, session.rounds(MAIN))))
    shutil.rmtree(directory)
    return outcomes
