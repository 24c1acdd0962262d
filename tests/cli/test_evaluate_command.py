"""``glovefast evaluate``: how good word vectors are at analogies and word similarity."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import glovefast

QUESTIONS = ": family\nman woman king queen\nMan Woman Boy Girl\n"
PAIRS = "man\twoman\t8.5\nking\tqueen\t8\nking\twoman\t2\n"
WORDS = ["man", "woman", "king", "queen"]


@pytest.fixture
def store(command_directory):
    rows = np.array([[1, 0, 0.1], [1, 1, 0], [0, 0.2, 1], [0, 1.2, 1]], np.float32)
    glovefast.save(WORDS, rows, "some.glovefast")
    Path("questions.txt").write_text(QUESTIONS)
    Path("pairs.tsv").write_text(PAIRS)
    return "some.glovefast"


def test_the_result_is_printed(run, store):
    found = glovefast.evaluate(glovefast.load(store), "questions.txt", "pairs.tsv")
    assert run("evaluate", store, "questions.txt", "pairs.tsv") == (0, f"{found}\n", "")


def test_as_json(run, store):
    code, output, errors = run("evaluate", store, "questions.txt", "pairs.tsv", "--json")
    assert (code, errors, output.count("\n")) == (0, "", 1)
    found = glovefast.evaluate(glovefast.load(store), "questions.txt", "pairs.tsv")
    assert json.loads(output) == {
        "store": store,
        "files": ["questions.txt", "pairs.tsv"],
        **json.loads(json.dumps(found.to_dict())),
    }


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--method", "3cosmul"], {"method": "3cosmul"}),
        (["--keep-case"], {"case_insensitive": False}),
        (["--restrict-vocab", "3"], {"restrict_vocab": 3}),
        (["--dummy4unknown"], {"dummy4unknown": True}),
    ],
)
def test_the_options(run, store, arguments, options):
    found = glovefast.evaluate(glovefast.load(store), "questions.txt", "pairs.tsv", **options)
    assert run("evaluate", store, "questions.txt", "pairs.tsv", *arguments) == (0, f"{found}\n", "")


def test_the_kind_and_standard_input(run, store, monkeypatch):
    monkeypatch.setattr(
        sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"one 1 two 2\nman woman king queen\n"))
    )
    code, output, _ = run("evaluate", store, "-", "--kind", "analogies", "--json")
    assert code == 0
    assert [each["questions"] for each in json.loads(output)["analogies"]] == [2]


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        (
            "three.txt",
            b": family\nman woman king queen\nman woman king\n",
            "three.txt, line 3: expected the four words",
        ),
        ("empty.txt", b"", "empty.txt: is empty"),
        ("latin.txt", b"caf\xe9 a b c\n", "latin.txt, line 1: is not UTF-8"),
        ("binary.txt", bytes(range(256)) * 8, "binary.txt: is a binary file; pass a text file with analogy"),
        ("none.txt", b"eins zwei drei vier\n", "some.glovefast: no question can be answered"),
        ("missing.txt", None, "missing.txt: No such file or directory"),
        ("some.glovefast", None, "some.glovefast: is a store, not a file"),
        (".", None, "small.2d.txt, line 1: expected analogy questions"),
    ],
)
def test_what_cannot_be_evaluated_takes_one_line(run, store, name, data, error):
    if data is not None:
        Path(name).write_bytes(data)
    if name == ".":
        Path("pairs.tsv").unlink()
        Path("questions.txt").unlink()
    code, output, errors = run("evaluate", store, name)
    assert (code, errors.count("\n")) == (1, 1)
    assert errors.startswith(f"glovefast: error: {error}")
    assert (output == "") == (name != "none.txt")


def test_wrong_usage(run, store):
    for arguments in (["questions.txt", "--method", "mean"], ["questions.txt", "--restrict-vocab", "0"], []):
        assert run("evaluate", store, *arguments)[0] == 2
    assert run("evaluate", "missing.glovefast", "questions.txt")[0] == 1
