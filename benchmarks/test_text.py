"""Texts to sequences of indices: beside Keras's legacy Tokenizer, and more than are held at a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.contenders import is_installed
from benchmarks.made_texts import TEXTS, made_texts, write_texts
from benchmarks.processes import SCRIPTS, Command, Run, run_in_turn
from benchmarks.recorder import begin, hand_over_processes, replay, replayed_time, withhold
from benchmarks.tables import GLOVEFAST, TABLES
from benchmarks.turns import time_in_turn
from glovefast.text import Tokenizer, pad_sequences

_TURNS = 3
_DICTIONARIES = ("word_counts", "word_docs", "word_index", "index_word", "index_docs")
_BYTES = 1_000_000_000
_FEW_TEXTS, _FEW_BYTES = 1_000, 20_000_000  # where made files are to be small

Outcomes = dict[str, tuple[str | None, list[float]]]


@pytest.fixture(scope="module")
def texts(pytestconfig: pytest.Config) -> list[str]:
    return made_texts(_FEW_TEXTS if pytestconfig.getoption("--rows") else TEXTS)


def _disagreement(ours: Any, theirs: Any) -> str | None:
    """Say in what two fitted tokenizers differ."""
    for name in (*_DICTIONARIES, "document_count"):
        if getattr(ours, name) != getattr(theirs, name):
            return f"{name} is not what Keras has"
    return None


@pytest.fixture(scope="module")
def tokenizers(texts: list[str]) -> Outcomes:
    """Fit and turn into sequences, each in turn; what is wrong, and the times."""

    def way(
        make: Callable[[], Any], attributes: tuple[str, ...] = (), **threads: int
    ) -> Callable[[], tuple[Any, Any]]:
        def fit_and_turn() -> tuple[Any, Any]:
            tokenizer = make()
            tokenizer.fit_on_texts(texts, **threads)
            for attribute in attributes:
                getattr(tokenizer, attribute)
            return tokenizer, tokenizer.texts_to_sequences(texts, **threads)

        return fit_and_turn

    def padded() -> tuple[Any, Any]:
        tokenizer = Tokenizer()
        tokenizer.fit_on_texts(texts, threads=1)
        return tokenizer, tokenizer.texts_to_padded(texts, threads=1)

    functions = {
        GLOVEFAST: way(Tokenizer, threads=1),
        "dictionaries": way(Tokenizer, _DICTIONARIES, threads=1),
        "all threads": way(Tokenizer),
        "padded": padded,
    }
    wrong: dict[str, str | None] = dict.fromkeys(functions)
    if is_installed("keras"):
        from keras.src.legacy.preprocessing.text import Tokenizer as LegacyTokenizer

        functions["keras"] = way(LegacyTokenizer)
        wrong["keras"] = None
        theirs, sequences = functions["keras"]()
        for row in wrong:
            ours, found = functions[row]()
            same = (found == pad_sequences(sequences)).all() if row == "padded" else found == sequences
            wrong[row] = _disagreement(ours, theirs) or (None if same else "the sequences are not Keras's")
        del theirs, sequences, ours, found
    seconds = time_in_turn(functions, _TURNS)
    return {row: (wrong[row], seconds[row]) for row in functions}


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("row", TABLES["tokenizer"].rows)
def test_tokenizer(benchmark: Any, pytestconfig: pytest.Config, tokenizers: Outcomes, row: str) -> None:
    if row not in tokenizers:
        withhold(pytestconfig, "tokenizer", row, "not installed")
    wrong, seconds = tokenizers[row]
    begin(benchmark, pytestconfig, "tokenizer", row, wrong)
    replay(benchmark, seconds)


@pytest.fixture(scope="module")
def streams(
    texts: list[str], pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Run]]:
    """Tokenize a file in batches, and a tenth of it."""
    path = Path(tmp_path_factory.mktemp("many_texts")) / "texts.txt"
    size = _FEW_BYTES if pytestconfig.getoption("--rows") else _BYTES
    write_texts(path, size, texts)
    script = SCRIPTS / "tokenize_batches.py"
    rounds = min(2, pytestconfig.getoption("--rounds"))
    runs = run_in_turn(
        {
            GLOVEFAST: Command((script, path, str(size))),
            "a tenth": Command((script, path, str(size // 10))),
        },
        rounds,
    )
    path.unlink()
    return runs


@pytest.mark.benchmark(timer=replayed_time)
@pytest.mark.parametrize("row", TABLES["tokenizer-memory"].rows)
def test_tokenizer_memory(
    benchmark: Any, pytestconfig: pytest.Config, streams: dict[str, list[Run]], row: str
) -> None:
    hand_over_processes(benchmark, pytestconfig, "tokenizer-memory", row, streams[row])
