"""How each table is measured: a function from the session to the outcomes of its rows, by table."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.agreement import files_disagreement, matrix_disagreement, parsed_disagreement
from benchmarks.building import NotBuiltError, compile_fast_float, install, prepared_files
from benchmarks.contenders import CONTENDERS, is_installed
from benchmarks.evaluating import compare_analogies
from benchmarks.fetching import compare_fetching
from benchmarks.in_process import (
    compare_matrices,
    compare_openings,
    compare_rows,
    compare_tokenizers,
    texts_to_tokenize,
)
from benchmarks.made_stores import compare_number_types, compare_saving
from benchmarks.made_texts import write_texts
from benchmarks.matrices import fill_matrix
from benchmarks.neighbours import compare_many, compare_one, start_to_neighbors
from benchmarks.other_formats import (
    compare_reading_binary,
    compare_writing_binary,
    compare_writing_parquet,
)
from benchmarks.processes import SCRIPTS, Command, run, run_in_turn, run_python
from benchmarks.recorder import Outcome, of_processes, of_reports
from benchmarks.session import Session, word_index
from benchmarks.tables import GLOVEFAST, MATRIX_SIZES, TABLES, WANTED_WORDS
from benchmarks.text_vectors import compare_text_vectors
from benchmarks.texts import CONVERTED, COSTS, LARGEST, MAIN, MANY_WORDS, TUTORIAL, Text

Outcomes = dict[str, Outcome]
Wanted = tuple[Path, set[str]] | None  # a file with one word per line, and the words

_SLOW = ("pyarrow", "pandas", "loop")  # they take minutes where the others take seconds
_COMPILING_ROUNDS = 2
_MEMBERS = 4  # as glove.6B.zip has
_BYTES, _FEW_BYTES = 1_000_000_000, 20_000_000  # of texts; few if made files are to be small
# In a process that parses, this many calls follow the first one; reading a large text in takes seconds.
_CALLS_AGAIN = {MAIN: "3", TUTORIAL: "3"}


def whole_load(session: Session) -> Outcomes:
    text, scratch = session.texts[MAIN], session.directory("whole_load") / "scratch"
    commands = {}
    for name, contender in CONTENDERS.items():
        arguments = ("-m", "benchmarks.contenders", "measure", name, text.path, text.reference, scratch)
        if contender.installed:
            commands[name] = Command(arguments, cached=(text.path,), rounds=contender.rounds)
    return of_reports(run_in_turn(commands, session.rounds(MAIN)))


def parse(session: Session, shape: str) -> Outcomes:
    """Parse a text; an extra run writes its result, which is compared."""
    text, directory = session.texts[shape], session.directory("parse")
    output = directory / "output"

    def command(*start: str | Path, program: bool = False, compared: bool = True) -> Command:
        def wrong() -> str | None:
            error = run(Command((*arguments, "0", output), program=program)).error
            return error or parsed_disagreement(output, text.reference)

        arguments, again = (*start, text.path, str(text.dim)), _CALLS_AGAIN.get(shape, "1")
        return Command((*arguments, again), wrong=wrong if compared else None, program=program)

    ours = partial(command, "-m", "benchmarks.in_memory")
    commands = {GLOVEFAST: ours("glovefast"), "two threads": ours("two-threads")}
    commands["two apart"] = ours("two-apart", compared=False)
    commands["floor"] = ours("floor", compared=False)
    left_out: Outcomes = {}
    try:
        commands["fast_float"] = command(compile_fast_float(directory), program=True)
    except NotBuiltError as error:
        left_out["fast_float"] = str(error)
    runs = run_in_turn(commands, session.rounds(shape))
    output.unlink(missing_ok=True)
    return left_out | of_reports(runs)


def whole_process(session: Session, shape: str) -> Outcomes:
    assert session.warmed_up
    text, directory = session.texts[shape], session.directory("conversions")
    store_bytes = sum(part.stat().st_size for part in text.reference.iterdir())
    left_out = _SLOW if shape == LARGEST else ()
    commands = {GLOVEFAST: _ours(text, directory)}
    for name in ("polars", *_SLOW):
        if name not in left_out:
            commands |= _peer(name, text, directory / name)
    floor = directory / "floor"
    arguments = (SCRIPTS / "read_and_write.py", text.path, str(store_bytes), floor)
    commands["floor"] = Command(arguments, removed=(floor,), cached=(text.path,))
    runs = run_in_turn(commands, session.rounds(shape))
    shutil.rmtree(directory)
    return dict.fromkeys(left_out, "left out at this size, because it takes minutes") | of_processes(runs)


def first_run(session: Session) -> Outcomes:
    text, directory = session.texts[TUTORIAL], session.directory("first_run")
    prepared, unprepared = directory / "prepared", directory / "unprepared"
    try:
        install(prepared)
    except NotBuiltError as error:
        return dict.fromkeys(TABLES["first-run"].rows, str(error))
    shutil.copytree(prepared, unprepared)
    for file in prepared_files(unprepared):
        file.unlink()
    ours, numbas = directory / "our_cache", directory / "numba_cache"
    caches = {"GLOVEFAST_CACHE_DIR": str(ours), "NUMBA_CACHE_DIR": str(numbas)}
    command = _ours(text, directory)
    # It does not run in the project's directory, whose modules would be found first.
    command = replace(command, removed=(*command.removed, ours, numbas), directory=directory)
    compiling = {**caches, "PYTHONPATH": str(unprepared)}
    commands = {
        GLOVEFAST: replace(command, environment={**caches, "PYTHONPATH": str(prepared)}),
        "nothing prepared": replace(command, environment=compiling, rounds=_COMPILING_ROUNDS),
        **_peer("polars", text, directory / "polars"),
    }
    return of_processes(run_in_turn(commands, session.rounds(TUTORIAL)))


def wanted_words(session: Session) -> Outcomes:
    assert session.warmed_up
    text, directory = session.texts[TUTORIAL], session.directory("wanted")
    commands = {
        GLOVEFAST: _ours(text, directory, session.wanted),
        **_peer("polars", text, directory / "polars", session.wanted),
    }
    for command in _peer("polars", text, directory / "polars_all").values():
        commands["polars, all words"] = command
    return of_processes(run_in_turn(commands, session.rounds(TUTORIAL)))


def in_process(session: Session) -> Outcomes:
    text, directory = session.texts[TUTORIAL], session.directory("in_process")
    commands = {
        GLOVEFAST: _conversion(GLOVEFAST, text, directory),
        "one thread": _conversion("one thread", text, directory),
        "wanted words": _conversion("wanted words", text, directory, wanted=session.wanted),
    }
    return of_reports(run_in_turn(commands, session.rounds(TUTORIAL)))


def from_zip(session: Session) -> Outcomes:
    archive, directory = session.texts.archive(MAIN), session.directory("zip")
    commands = {
        row: _conversion(row, session.texts[MAIN], directory, archive, compared=row == GLOVEFAST)
        for row in TABLES["zip"].rows
    }
    return of_reports(run_in_turn(commands, session.rounds(MAIN)))


def all_members(session: Session) -> Outcomes:
    text, archive = session.texts[MAIN], session.texts.archive(MAIN, members=_MEMBERS)
    stores = session.directory("archive") / "stores"

    def wrong() -> str | None:
        made = sorted(stores.iterdir())
        if len(made) != _MEMBERS:
            return f"{len(made)} stores instead of {_MEMBERS}"
        files = ((store / "vocabulary.arrow", store / "vectors.npy") for store in made)
        return next(filter(None, (files_disagreement(*each, text.reference, None) for each in files)), None)

    def command(way: str) -> Command:
        arguments = ("-m", "benchmarks.contenders", "convert", way, archive, stores)
        return Command(arguments, removed=(stores,), cached=(archive,), wrong=wrong)

    commands = {row: command("all members" if row == GLOVEFAST else row) for row in TABLES["archive"].rows}
    return of_reports(run_in_turn(commands, session.rounds(MAIN)))


def cost(session: Session, way: Callable[[Text, Path], Command]) -> Outcomes:
    texts = {shape: session.texts[shape] for shape in COSTS if session.chosen(shape)}
    directory = session.directory("cost")
    commands = {shape: way(text, directory) for shape, text in texts.items()}
    runs = run_in_turn(commands, min(map(session.rounds, texts)))
    return of_reports(runs, {shape: text.rows * text.dim for shape, text in texts.items()})


def start_to_matrix(session: Session) -> Outcomes:
    """Build the matrix in new processes; an extra run saves it, and it is compared."""
    directory = session.directory("start_to_matrix")
    vocabulary = word_index(list(session.embeddings_index), WANTED_WORDS)
    vocabulary_file, matrix_file = directory / "word_index.json", directory / "matrix.npy"
    vocabulary_file.write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    expected = fill_matrix(session.embeddings_index, vocabulary)
    words = ["", *vocabulary]

    def command(name: str, source: Path) -> Command:
        def wrong() -> str | None:
            error = run_python(*arguments, matrix_file).error
            return error or matrix_disagreement(np.load(matrix_file), expected, words)

        arguments = ("-m", "benchmarks.start_to_matrix", name, source, vocabulary_file)
        return Command(arguments, wrong=wrong)

    commands = {row: Command(("-c", row)) for row in TABLES["start-to-matrix"].others}
    commands[GLOVEFAST] = command("glovefast", session.store(MAIN))
    run(commands[GLOVEFAST])  # without a wheel, the first run compiles kernels
    commands["loop"] = command("loop", session.texts[MAIN].path)
    if is_installed("gensim"):
        commands["gensim"] = command("gensim", session.gensim_file(MAIN))
    return of_processes(run_in_turn(commands, session.rounds(MAIN)))


def tokenizer_memory(session: Session) -> Outcomes:
    path = session.directory("many_texts") / "texts.txt"
    size = _FEW_BYTES if session.small else _BYTES
    write_texts(path, size, texts_to_tokenize(session))
    start = (SCRIPTS / "tokenize_batches.py", path)
    commands = {GLOVEFAST: Command((*start, str(size))), "a tenth": Command((*start, str(size // 10)))}
    runs = run_in_turn(commands, min(2, session.rounds(MAIN)))
    path.unlink()
    return of_processes(runs)


def _converting(arguments: tuple, saved: tuple[Path, Path], text: Text, wanted: Wanted = None) -> Command:
    """Return a command that saves words and a matrix, which are compared with those of the text."""

    def wrong() -> str | None:
        return files_disagreement(*saved, text.reference, wanted[1] if wanted else None)

    return Command(arguments, removed=(saved[0].parent,), cached=(text.path,), wrong=wrong)


def _ours(text: Text, directory: Path, wanted: Wanted = None) -> Command:
    store, options = directory / "text.glovefast", ("--words", wanted[0]) if wanted else ()
    arguments = ("-m", "glovefast", "convert", text.path, "-o", store, "--quiet", *options)
    return _converting(arguments, (store / "vocabulary.arrow", store / "vectors.npy"), text, wanted)


def _peer(name: str, text: Text, files: Path, wanted: Wanted = None) -> dict[str, Command]:
    """Return a peer's command by its name; nothing if the peer is not installed."""
    arguments = ("-m", "benchmarks.contenders", "save", name, text.path, files, *(wanted or ())[:1])
    words = files / ("words.arrow" if name == "polars" else "words.txt")
    command = _converting(arguments, (words, files / "matrix.npy"), text, wanted)
    rounds = 1 if name in _SLOW else None
    return {name: replace(command, rounds=rounds)} if CONTENDERS[name].installed else {}


def _conversion(
    row: str,
    text: Text,
    directory: Path,
    source: Path | None = None,
    wanted: Wanted = None,
    compared: bool = True,
) -> Command:
    source, store = source or text.path, directory / "text.glovefast"
    arguments = ("-m", "benchmarks.contenders", "convert", row, source, store, *(wanted or ())[:1])
    command = _converting(arguments, (store / "vocabulary.arrow", store / "vectors.npy"), text, wanted)
    return replace(command, cached=(source,), wrong=command.wrong if compared else None)


def _parse_alone(text: Text, directory: Path) -> Command:
    arguments = ("-m", "benchmarks.in_memory", "glovefast", text.path, str(text.dim), "2")
    return Command(arguments, cached=(text.path,))


COMPARISONS: dict[str, Callable[[Session], dict[Any, Outcome]]] = {
    "whole-load": whole_load,
    **{f"parse-{shape}": partial(parse, shape=shape) for shape in CONVERTED},
    **{f"whole-process-{shape}": partial(whole_process, shape=shape) for shape in CONVERTED},
    "first-run": first_run,
    "wanted-words": wanted_words,
    "in-process": in_process,
    "zip": from_zip,
    "archive": all_members,
    "fetch": compare_fetching,
    "read-binary": compare_reading_binary,
    "write-binary": compare_writing_binary,
    "write-parquet": compare_writing_parquet,
    "start-to-matrix": start_to_matrix,
    **{f"opening-{shape}": partial(compare_openings, shape=shape) for shape in (MAIN, MANY_WORDS)},
    **{f"matrix-{size}": partial(compare_matrices, size=size) for size in MATRIX_SIZES},
    "rows": compare_rows,
    "neighbors-of-one": compare_one,
    "neighbors-of-many": compare_many,
    "start-to-neighbors": start_to_neighbors,
    "number-types": compare_number_types,
    "saving": compare_saving,
    "cost-parse": partial(cost, way=_parse_alone),
    "cost-convert": partial(cost, way=partial(_conversion, GLOVEFAST)),
    "tokenizer": compare_tokenizers,
    "tokenizer-memory": tokenizer_memory,
    "analogies": compare_analogies,
    "text-vectors": compare_text_vectors,
}
