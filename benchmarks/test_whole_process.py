"""Text to files, the whole process: everything, the wanted words, and the first run after installation."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.agreement import read_reference
from benchmarks.conftest import WordIndex
from benchmarks.contenders import CONTENDERS, is_installed
from benchmarks.installed import InstallationError, build_wheel, install
from benchmarks.outputs import files_disagreement, store_disagreement
from benchmarks.processes import SCRIPTS, Command, Run, run_in_turn
from benchmarks.recorder import hand_over_processes, replayed_time, withhold
from benchmarks.shapes import CONVERTED, LARGEST, TUTORIAL
from benchmarks.tables import GLOVEFAST, TABLES, WANTED_WORDS
from benchmarks.texts import Text

Runs = dict[str, list[Run]]

# They take minutes where the others take seconds.
_SLOW = ("pyarrow", "pandas", "loop")
_SLOW_ROUNDS = 1
_COMPILING_ROUNDS = 2


@pytest.fixture(scope="module", params=CONVERTED)
def conversions(
    request: pytest.FixtureRequest,
    text_named: Callable[[str], Text],
    rounds: Callable[[str], int],
    warmed_up: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, Runs]:
    """Convert a text, each in turn."""
    text = text_named(request.param)
    directory = tmp_path_factory.mktemp("conversions")
    commands = {
        GLOVEFAST: _our_command(text, directory / "text.glovefast"),
        "polars": _polars_command(text, directory / "polars"),
        **{name: _slow_command(name, text, directory / name) for name in _SLOW if request.param != LARGEST},
        "floor": _floor_command(text, directory / "floor"),
    }
    runs = run_in_turn(
        {name: command for name, command in commands.items() if command}, rounds(request.param)
    )
    shutil.rmtree(directory)
    return request.param, runs


@pytest.fixture(scope="module")
def first_runs(
    text_named: Callable[[str], Text],
    rounds: Callable[[str], int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Runs | str:
    """Convert with a fresh installation and empty caches; what is in the way where there can be none."""
    text = text_named(TUTORIAL)
    directory = tmp_path_factory.mktemp("first_runs")
    prepared, unprepared = directory / "prepared", directory / "unprepared"
    try:
        wheel = build_wheel(directory)
        install(wheel, prepared)
        install(wheel, unprepared, without_prepared_kernels=True)
    except InstallationError as error:
        return str(error)
    caches = {"GLOVEFAST_CACHE_DIR": directory / "our_cache", "NUMBA_CACHE_DIR": directory / "numba_cache"}

    def first_run(installation: Path) -> Command:
        return _our_command(
            text,
            directory / "text.glovefast",
            removed=tuple(caches.values()),
            directory=directory,  # not the project's, whose modules would be found first
            environment={
                **{name: str(path) for name, path in caches.items()},
                "PYTHONPATH": str(installation),
            },
        )

    commands = {
        GLOVEFAST: first_run(prepared),
        "nothing prepared": replace(first_run(unprepared), rounds=_COMPILING_ROUNDS),
        "polars": _polars_command(text, directory / "polars"),
    }
    return run_in_turn({name: command for name, command in commands.items() if command}, rounds(TUTORIAL))


@pytest.fixture(scope="module")
def wanted_words(
    text_named: Callable[[str], Text],
    rounds: Callable[[str], int],
    word_index: WordIndex,
    warmed_up: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Runs:
    """Convert the rows of a training vocabulary's words, each in turn."""
    text = text_named(TUTORIAL)
    directory = tmp_path_factory.mktemp("wanted_words")
    wanted = word_index(read_reference(text.reference)[0], WANTED_WORDS)
    words_file = directory / "words.txt"
    words_file.write_text("".join(f"{word}\n" for word in wanted), encoding="utf-8", newline="\n")
    commands = {
        GLOVEFAST: _our_command(text, directory / "text.glovefast", words_file, set(wanted)),
        "polars": _polars_command(text, directory / "polars", words_file, set(wanted)),
        "polars, all words": _polars_command(text, directory / "polars_all"),
    }
    return run_in_turn({name: command for name, command in commands.items() if command}, rounds(TUTORIAL))


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("row", TABLES[f"whole-process-{TUTORIAL}"].rows)
def test_text_to_files(
    benchmark: Any, pytestconfig: pytest.Config, conversions: tuple[str, Runs], row: str
) -> None:
    shape, runs = conversions
    if shape == LARGEST and row in _SLOW:
        withhold(pytestconfig, f"whole-process-{shape}", row, "left out at this size, for it takes minutes")
    _hand_over(benchmark, pytestconfig, f"whole-process-{shape}", row, runs)


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("row", TABLES["first-run"].rows)
def test_first_run(benchmark: Any, pytestconfig: pytest.Config, first_runs: Runs | str, row: str) -> None:
    if isinstance(first_runs, str):
        withhold(pytestconfig, "first-run", row, first_runs)
    _hand_over(benchmark, pytestconfig, "first-run", row, first_runs)


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("row", TABLES["wanted-words"].rows)
def test_wanted_words(benchmark: Any, pytestconfig: pytest.Config, wanted_words: Runs, row: str) -> None:
    _hand_over(benchmark, pytestconfig, "wanted-words", row, wanted_words)


def _hand_over(benchmark: Any, config: pytest.Config, table: str, row: str, runs: Runs) -> None:
    if row not in runs:
        withhold(config, table, row, "not installed")
    hand_over_processes(benchmark, config, table, row, runs[row])


def _our_command(
    text: Text,
    store: Path,
    words_file: Path | None = None,
    wanted: set[str] | None = None,
    removed: tuple[Path, ...] = (),
    **options: Any,
) -> Command:
    arguments = ["-m", "glovefast", "convert", text.path, "-o", store, "--quiet"]
    return Command(
        arguments if words_file is None else [*arguments, "--words", words_file],
        removed=(store, *removed),
        cached=(text.path,),
        wrong=lambda: store_disagreement(store, text, wanted),
        **options,
    )


def _polars_command(
    text: Text, files: Path, words_file: Path | None = None, wanted: set[str] | None = None
) -> Command | None:
    if not is_installed("polars"):
        return None
    arguments = [SCRIPTS / "polars_to_npy.py", text.path, files]
    return Command(
        arguments if words_file is None else [*arguments, words_file],
        removed=(files,),
        cached=(text.path,),
        wrong=lambda: files_disagreement(files / "words.arrow", files / "matrix.npy", text, wanted),
    )


def _slow_command(name: str, text: Text, files: Path) -> Command | None:
    if not CONTENDERS[name].installed:
        return None
    return Command(
        (SCRIPTS / "load_and_save.py", name, text.path, files),
        removed=(files,),
        cached=(text.path,),
        wrong=lambda: files_disagreement(files / "words.txt", files / "matrix.npy", text),
        rounds=_SLOW_ROUNDS,
    )


def _floor_command(text: Text, file: Path) -> Command:
    store_bytes = sum(part.stat().st_size for part in text.reference.iterdir())
    return Command(
        (SCRIPTS / "read_and_write.py", text.path, str(store_bytes), file),
        removed=(file,),
        cached=(text.path,),
    )
