"""``glovefast similar`` and ``glovefast analogy``: neighbors as text and as JSON, and what bad input gets."""

import json
from pathlib import Path

import numpy as np
import pytest

import glovefast

ROWS = {
    "king": (3, 1, 0.5),
    "queen": (3, -1, 0.4),
    "man": (1, 1, 0.1),
    "woman": (1, -1, 0),
    "rook": (-2, 0.5, 1),
    "new york": (0, 0, -3),
}


@pytest.fixture
def chess(command_directory):
    matrix = np.array(list(ROWS.values()), dtype=np.float32)
    return str(glovefast.save(list(ROWS), matrix, Path("chess.glovefast")))


def cosines(query: np.ndarray, without: list[str]) -> list[tuple[str, float]]:
    """List all words by the cosine of their vectors with a query."""
    found = {
        word: float(np.dot(row, query) / np.linalg.norm(row) / np.linalg.norm(query))
        for word, row in ROWS.items()
        if word not in without
    }
    return sorted(found.items(), key=lambda entry: -entry[1])


def as_pairs(found: list[dict]) -> list[tuple[str, float]]:
    return [(entry["word"], pytest.approx(entry["similarity"], abs=1e-6)) for entry in found]


def test_similar_words(run, chess):
    near = cosines(np.array(ROWS["king"]), ["king"])
    lines = "".join(f"{word:<8}  {similarity:.4f}\n" for word, similarity in near)
    assert run("similar", chess, "king") == (0, lines, "")
    code, output, _ = run("similar", chess, "king", "-k", "2", "--json")
    result = json.loads(output)
    assert (code, result["store"], [entry["word"] for entry in result["results"]]) == (0, chess, ["king"])
    assert near[:2] == as_pairs(result["results"][0]["similar"])


def test_several_words_in_the_order_given(run, chess):
    code, output, errors = run("similar", chess, "rook", "new york", "rook", "-k", "1")
    rook, york = (cosines(np.array(ROWS[word]), [word])[0] for word in ("rook", "new york"))
    assert output == "\n".join(
        f"{word}\n  {near}  {similarity:.4f}\n"
        for word, (near, similarity) in (("rook", rook), ("new york", york), ("rook", rook))
    )
    assert (code, errors) == (0, "")
    results = json.loads(run("similar", chess, "rook", "king", "--json")[1])["results"]
    assert [entry["word"] for entry in results] == ["rook", "king"]
    assert [len(entry["similar"]) for entry in results] == [5, 5]


def test_an_analogy(run, chess):
    unit = {word: np.array(row) / np.linalg.norm(row) for word, row in ROWS.items()}
    near = cosines(unit["king"] - unit["man"] + unit["woman"], ["king", "man", "woman"])
    assert near[0][0] == "queen"
    lines = "".join(f"{word:<8}  {similarity:.4f}\n" for word, similarity in near)
    assert run("analogy", chess, "king", "man", "woman") == (0, lines, "")
    result = json.loads(run("analogy", chess, "king", "man", "woman", "-k", "1", "--json")[1])
    assert near[:1] == as_pairs(result.pop("similar"))
    assert result == {"store": chess, "positive": ["king", "woman"], "negative": ["man"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["similar", "kinf"], "the word 'kinf' is not in chess.glovefast; did you mean 'king'?"),
        (
            ["similar", "King", "--json"],
            "the word 'King' is not in chess.glovefast; did you mean 'king' (form 'lower')?",
        ),
        (
            ["similar", "man", "wman", "xyzzy"],
            "2 words are not in chess.glovefast: 'wman' (did you mean 'man' or 'woman'?), 'xyzzy'",
        ),
        (
            ["analogy", "kinf", "man", "womann"],
            "2 words are not in chess.glovefast: 'kinf' (did you mean 'king'?), 'womann' "
            "(did you mean 'woman'?)",
        ),
    ],
)
def test_missing_words(run, chess, arguments, said):
    command, *words = arguments
    assert run(command, chess, *words) == (1, "", f"glovefast: error: {said}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["similar", "chess.glovefast"],
        ["similar", "chess.glovefast", "king", "-k", "0"],
        ["analogy", "chess.glovefast", "king", "man"],
        ["analogy", "chess.glovefast", "king", "man", "woman", "queen"],
    ],
)
def test_wrong_usage(run, chess, arguments):
    code, output, errors = run(*arguments)
    assert (code, output) == (2, "")
    assert "Usage: glovefast" in errors


def test_stores_with_little_to_find(run, command_directory):
    Path("one.txt").write_text("a 1 2\n", encoding="utf-8")
    Path("odd.txt").write_text("a nan 2\nb 1 2\nc 0 0\n", encoding="utf-8")
    run("convert", "one.txt", "odd.txt")
    assert run("similar", "one.glovefast", "a") == (0, "", "")
    assert json.loads(run("similar", "one.glovefast", "a", "--json")[1])["results"] == [
        {"word": "a", "similar": []}
    ]
    assert run("analogy", "one.glovefast", "a", "a", "a")[:2] == (0, "")
    for command in (("similar", "odd.glovefast", "a"), ("analogy", "odd.glovefast", "a", "b", "c")):
        code, output, errors = run(*command)
        assert (code, output.strip()) in {(0, ""), (1, "")}
        assert errors.count("\n") == code
    assert run("similar", "odd.glovefast", "b")[1] == "c  0.0000\n"


def test_words_that_would_break_lines(run, command_directory):
    store = glovefast.save(["a\nb", "c\x1b[31m"], np.eye(2, dtype=np.float32), Path("odd.glovefast"))
    assert run("similar", str(store), "a\nb", "c\x1b[31m") == (
        0,
        "a\\nb\n  c\\x1b[31m  0.0000\n\nc\\x1b[31m\n  a\\nb  0.0000\n",
        "",
    )


def test_the_store_behind_other_arguments(run, chess):
    Path("words.txt").write_text("king\n")
    said = f"glovefast: error: {{}} is not a store, but {chess} is: pass the store first\n"
    assert run("similar", "king", chess) == (1, "", said.format("king"))
    assert run("embed", "words.txt", chess, "-o", "vectors.npy") == (1, "", said.format("words.txt"))
    code, _, errors = run("similar", "king", "queen")
    assert (code, "pass the store first" in errors) == (1, False)
