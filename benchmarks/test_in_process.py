"""Text to store in processes that have done it before: all, wanted words, from a zip; cost by size."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.agreement import read_reference
from benchmarks.conftest import WordIndex
from benchmarks.outputs import store_disagreement
from benchmarks.processes import Command, Run, run_in_turn
from benchmarks.recorder import hand_over_reports, replayed_time
from benchmarks.shapes import COSTS, LARGEST, MAIN, TUTORIAL
from benchmarks.tables import GLOVEFAST, TABLES, WANTED_WORDS
from benchmarks.texts import Text, Texts

Runs = dict[str, list[Run]]


@pytest.fixture(scope="module")
def conversions(
    text_named: Callable[[str], Text],
    rounds: Callable[[str], int],
    word_index: WordIndex,
    tmp_path_factory: pytest.TempPathFactory,
) -> Runs:
    """Convert the tutorial's text in each way of ours, in turn."""
    text = text_named(TUTORIAL)
    directory = tmp_path_factory.mktemp("in_process")
    wanted = word_index(read_reference(text.reference)[0], WANTED_WORDS)
    words_file = directory / "words.txt"
    words_file.write_text("".join(f"{word}\n" for word in wanted), encoding="utf-8", newline="\n")
    store = directory / "text.glovefast"
    commands = {row: _command(row, text, text.path, store) for row in (GLOVEFAST, "one thread")}
    commands["wanted words"] = _command("wanted words", text, text.path, store, words_file, set(wanted))
    return run_in_turn(commands, rounds(TUTORIAL))


@pytest.fixture(scope="module")
def from_zip(
    text: Text, texts: Texts, rounds: Callable[[str], int], tmp_path_factory: pytest.TempPathFactory
) -> Runs:
    """Convert a zip's member and inflate it to nowhere, in turn."""
    archive, store = texts.archive(MAIN), tmp_path_factory.mktemp("zip") / "text.glovefast"
    commands = {
        GLOVEFAST: _command(GLOVEFAST, text, archive, store),
        **{
            row: Command(("-m", "benchmarks.conversions", row, archive, store), cached=(archive,))
            for row in ("inflate", "zipfile")
        },
    }
    return run_in_turn(commands, rounds(MAIN))


@pytest.fixture(scope="module")
def costs(
    text_named: Callable[[str], Text],
    rounds: Callable[[str], int],
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> dict[str, Runs]:
    """Parse and convert a text of each size, all in turn."""
    shapes = [shape for shape in COSTS if shape != LARGEST or pytestconfig.getoption("--largest")]
    directory = tmp_path_factory.mktemp("costs")
    commands = {}
    for shape in shapes:
        text = text_named(shape)
        commands[f"cost-parse {shape}"] = Command(
            ("-m", "benchmarks.in_memory", "glovefast", text.path, str(text.dim), "2"), cached=(text.path,)
        )
        store = directory / "text.glovefast"
        commands[f"cost-convert {shape}"] = _command(GLOVEFAST, text, text.path, store)
    of_all = run_in_turn(commands, min(rounds(shape) for shape in shapes))
    return {
        table: {shape: of_all[f"{table} {shape}"] for shape in shapes}
        for table in ("cost-parse", "cost-convert")
    }


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("row", TABLES["in-process"].rows)
def test_conversion(benchmark: Any, pytestconfig: pytest.Config, conversions: Runs, row: str) -> None:
    hand_over_reports(benchmark, pytestconfig, "in-process", row, conversions[row])


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("row", TABLES["zip"].rows)
def test_from_zip(benchmark: Any, pytestconfig: pytest.Config, from_zip: Runs, row: str) -> None:
    hand_over_reports(benchmark, pytestconfig, "zip", row, from_zip[row])


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("shape", COSTS)
@pytest.mark.parametrize("table", ["cost-parse", "cost-convert"])
def test_cost_by_size(
    benchmark: Any,
    pytestconfig: pytest.Config,
    text_named: Callable[[str], Text],
    costs: dict[str, Runs],
    table: str,
    shape: str,
) -> None:
    text = text_named(shape)
    hand_over_reports(benchmark, pytestconfig, table, shape, costs[table][shape], text.rows * text.dim)


def _command(
    name: str,
    text: Text,
    source: Path,
    store: Path,
    words_file: Path | None = None,
    wanted: set[str] | None = None,
) -> Command:
    arguments = ["-m", "benchmarks.conversions", name, source, store]
    return Command(
        arguments if words_file is None else [*arguments, words_file],
        removed=(store,),
        cached=(source,),
        wrong=lambda: store_disagreement(store, text, wanted),
    )
