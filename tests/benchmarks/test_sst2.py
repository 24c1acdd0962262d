"""The SST-2 benchmark on made sentences: its parts, and one small run of the command."""

import json
import random
import zipfile

import numpy as np
import pytest

from benchmarks.sst2 import PARTS, read_sentences
from benchmarks.sst2 import __main__ as command
from benchmarks.sst2.report import mean_text, render
from benchmarks.sst2.steps import STEPS, disagreement
from benchmarks.sst2.variants import VARIANTS

GOOD, BAD, OTHER = ["fine", "lovely", "great"], ["dull", "awful", "poor"], ["the", "a", "film", "plot", "zzz"]


@pytest.fixture
def sentences(tmp_path):
    directory = tmp_path / "text"
    directory.mkdir()
    draw = random.Random(1)
    for part in PARTS:
        lines = []
        for label in (0, 1) * 30:
            words = [*draw.choices(OTHER, k=5), draw.choice((BAD, GOOD)[label])]
            draw.shuffle(words)
            lines.append(f"{label} {' '.join(words)} .\n")
        (directory / f"sst2.{part}.txt").write_text("".join(lines), encoding="utf-8")
    return directory


@pytest.fixture
def vectors(tmp_path):
    path = tmp_path / "made.4d.txt"
    numbers = np.random.default_rng(1).normal(size=(10, 4))
    rows = zip([*GOOD, *BAD, *OTHER[:-1]], numbers, strict=True)
    path.write_text("".join(f"{word} {' '.join(f'{x:.4f}' for x in row)}\n" for word, row in rows))
    return path


def test_one_small_run(sentences, vectors, tmp_path, capsys):
    pytest.importorskip("tensorflow")
    pytest.importorskip("keras")
    pytest.importorskip("matplotlib")
    arguments = ["--text", str(sentences), "--vectors", str(vectors), "-o", str(tmp_path)]
    small = ["--epochs", "1", "--turns", "1"]
    assert command.main([*arguments, *small, "--seeds", "2"]) == 0, capsys.readouterr().err
    results = json.loads((tmp_path / "sst2.json").read_text("utf-8"))
    times, accuracy = results["times"], results["accuracy"]
    assert times["wrong"] is None
    for way in ("glovefast", "tutorial", "very first"):
        (run,) = times[way]
        assert list(run["first"]) == list(STEPS)
        assert min(run["first"].values()) >= 0
    assert list(times["glovefast"][0]["again"]) == list(STEPS)
    assert {variant: len(runs) for variant, runs in accuracy["runs"].items()} == dict.fromkeys(VARIANTS, 2)
    assert accuracy["coverage"]["missing"] == ["zzz"]
    trained = accuracy["parameters"]
    assert trained["fine-tuned"] == trained["learned"] == trained["frozen"] + 12 * 4
    assert trained["missing rows"] == trained["frozen"] + 1 * 4
    report = (tmp_path / "RESULTS_SST2.md").read_text("utf-8")
    assert all(label in report for label in [*VARIANTS.values(), *STEPS])
    assert str(tmp_path) not in report
    assert (tmp_path / "sst2.png").read_bytes().startswith(b"\x89PNG")

    # The other half stays; and what a seed gives, it gives again.
    assert command.main([*arguments, *small, "--seeds", "1", "--only", "accuracy"]) == 0, (
        capsys.readouterr().err
    )
    again = json.loads((tmp_path / "sst2.json").read_text("utf-8"))
    assert again["times"] == times
    for variant, runs in accuracy["runs"].items():
        (other,) = again["accuracy"]["runs"][variant]
        assert (runs[0]["test"], runs[0]["dev"]) == (other["test"], other["dev"])


def test_sentences_with_odd_characters_and_without_a_label(tmp_path):
    path = tmp_path / "sst2.dev.txt"
    path.write_bytes("0 a\u2028b\n1 \n0 c".encode())
    assert read_sentences(tmp_path, "dev") == (["a\u2028b", "", "c"], [0, 1, 0])
    path.write_text("0 fine\nlovely film\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"sst2\.dev\.txt, line 2: starts with 'lovely'"):
        read_sentences(tmp_path, "dev")


def test_results_that_differ(tmp_path):
    def saved(name, **arrays):
        np.savez(tmp_path / name, **arrays)
        return tmp_path / name

    right = saved("right.npz", train=np.int32([1, 2]), weights=np.float32([0.0]))
    assert disagreement(saved("same.npz", train=np.int32([1, 2]), weights=np.float32([0.0])), right) is None
    for name, other in (
        ("train", {"train": np.int32([1, 3]), "weights": np.float32([0.0])}),
        ("train", {"train": np.int64([1, 2]), "weights": np.float32([0.0])}),
        ("weights", {"train": np.int32([1, 2]), "weights": np.float32([-0.0])}),
    ):
        assert disagreement(saved("other.npz", **other), right) == (
            f"the {name} are not the same as the tutorial's way gives"
        )


def made_times(wrong=None, ours=0.1, theirs=4.0):
    def run(seconds):
        return dict.fromkeys(STEPS, seconds / len(STEPS))

    return {
        "convert": 1.0,
        "wrong": wrong,
        "glovefast": [{"first": run(ours), "again": run(ours / 2)}] * 3,
        "tutorial": [{"first": run(theirs)}] * 3,
        "very first": [{"first": run(ours * 20), "again": run(ours)}],
        "circumstances": {
            "command": "python -m benchmarks.sst2",
            "date": "2026-01-31",
            "vectors": "glove.6B.50d.txt",
            "bytes": 171_350_079,
            "processors": 2,
            "system": "Linux",
            "versions": {"glovefast": "0.1.0"},
        },
    }


def test_the_goal_is_judged():
    met = render({"times": made_times()})
    assert "| 40.0 (40.0 to 40.0) times; the second time in a process 80.0 (80.0 to 80.0); " in met
    assert "the very first run, which compiles, 2.00 | met |" in met
    assert "| **missed** |" in render({"times": made_times(ours=0.21)})
    wrong = render({"times": made_times(wrong="the weights are not the same")})
    assert "**glovefast gets no time: the weights are not the same.**" in wrong
    assert "goal" not in wrong


def test_spread_of_accuracies():
    assert mean_text([0.75]) == "75.0%"
    assert mean_text([0.7, 0.8]) == "75.0% ± 7.1%"


def test_what_cannot_be_measured(sentences, vectors, tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.write(vectors, "one.txt")
        archive.write(vectors, "two.txt")
    for text, given, said in (
        (sentences, tmp_path / "two.zip", "two.zip holds 2 texts"),
        (sentences, tmp_path / "none.txt", "none.txt"),
        (tmp_path, vectors, "sst2.train.txt"),
    ):
        assert command.main(["--text", str(text), "--vectors", str(given), "-o", str(tmp_path)]) == 1
        assert said in capsys.readouterr().err
    assert not (tmp_path / "sst2.json").exists()
