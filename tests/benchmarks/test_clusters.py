"""The benchmark of engines without the engines: its texts, its two ways to the same vectors, its report."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from benchmarks.clusters.memory import with_processes
from benchmarks.clusters.private import Measured, private_bytes
from benchmarks.clusters.report import render
from benchmarks.clusters.spark_jobs import with_dictionary
from benchmarks.clusters.texts import FILES, SPLITTING, read_batches, write_texts
from benchmarks.sst2 import PARTS
from glovefast.batches import TextColumn

CIRCUMSTANCES = {
    "command": "python -m benchmarks.clusters",
    "date": "2026-01-31",
    "vectors": "made.txt",
    "tokens": 10,
    "processors": 2,
    "system": "Linux",
    "versions": {"pyspark": "4"},
}


@pytest.fixture
def texts(tmp_path):
    for part in PARTS:
        lines = "1 a fine film .\n0 a dull plot , unknown\n"
        (tmp_path / f"sst2.{part}.txt").write_text(lines, encoding="utf-8")
    assert 4 * 100 < write_texts(tmp_path, tmp_path / "texts", 100) < 5 * 100 + 1
    return tmp_path / "texts"


@pytest.fixture
def vectors(tmp_path):
    words = ["a", "fine", "film", ".", "dull", "plot", ","]
    matrix = np.random.default_rng(1).normal(size=(len(words), 6)).astype("float32")
    return glovefast.load(glovefast.save(words, matrix, tmp_path / "made.glovefast"))


def test_texts(texts):
    assert len(list(texts.iterdir())) == FILES
    batches = read_batches(texts)
    assert {text for batch in batches for text in batch["text"].to_pylist()} == {
        "a fine film .",
        "a dull plot , unknown",
    }
    assert sum(map(len, batches)) == 100
    assert read_batches(texts, 2) == batches[:2]


def test_both_ways_give_the_same(texts, vectors):
    batches = [batch.to_batches()[0] for batch in read_batches(texts)]
    batches.append(pa.RecordBatch.from_pydict({"text": ["nothing known", ""]}))
    words = dict(zip(vectors.index_to_key, np.array(vectors), strict=True))
    column = TextColumn(vectors, "text", "vector", **SPLITTING)
    ours = list(column.map_in_arrow(batches))
    theirs = list(with_dictionary(SimpleNamespace(value=words))(batches))
    assert [batch.schema for batch in ours] == [batch.schema for batch in theirs]
    assert all(one.equals(other) for one, other in zip(ours, theirs, strict=True))


def test_memory(texts, vectors):
    assert private_bytes() > 1 << 20
    column = TextColumn(vectors, "text", "vector", **SPLITTING)
    for work in (None, column):
        measured = with_processes(Measured(work, vectors.dim), read_batches(texts), 1)
        rows = pa.concat_tables(measured).to_pylist()
        assert all(row["private"] > 1 << 20 for row in rows)
        assert sum(row["texts"] for row in rows) == 100


def test_the_report():
    run = {
        "tasks": 2.0,
        "job": 3.0,
        "prepared": 4.0,
        "processor": {"java": 1.0, "python": 2.0},
        "memory": [9_000_000],
        "digest": "0",
    }
    dictionary = run | {"tasks": 12.0, "memory": [450_000_000]}
    turns = [[1.0, 1.0], [1.1, 1.0]]
    results = {
        "memory": {"Spark": {"2": [[50e6, 52e6], [60e6, 64e6]]}, "circumstances": CIRCUMSTANCES},
        "processes": {
            "tokens": 1_000_000,
            "costs": {"bytes": 91e6, "copied": 0.1, "opened": 2e-4},
            **{output: [turns, turns] for output in ("rows", "vector", "padded")},
            "circumstances": CIRCUMSTANCES,
        },
        "spark": {
            "glovefast": [run],
            "dictionary": [dictionary],
            "zeros": [run],
            "circumstances": CIRCUMSTANCES,
        },
    }
    report = render(results)
    assert "| Spark | 2 | 51 MB | 62 MB | 11.0 MB |" in report
    assert "| ≤ 20 MB | at most 11.0 MB | met |" in report
    assert "| ≥ 1.8 times | rows 2.00, vector 2.00, padded 2.00 | met |" in report
    assert "| ≥ 5 times faster | 6.00 times | met |" in report
    assert "| a tenth | 1 / 50.0 | met |" in report
    assert "made.txt" in report
    results["spark"]["dictionary"] = [dictionary | {"digest": "1"}]
    assert "glovefast gets no time" in render(results)
    assert "Spark" not in render({"processes": results["processes"]}).partition("2026")[0]
