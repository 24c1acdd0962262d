"""``glovefast embed``: a vector for each line of a text."""

import gzip
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import glovefast
from glovefast.cli import embed_command
from tests import reference

STORED = ["the", "king", "of", "paris", "Upper", "king,"]
TEXT = "The king, of PARIS!\n\nnothing known\r\nthe\r\nUpper case"


@pytest.fixture
def store(run):
    rows = "".join(f"{word} {number} {-number}.5\n" for number, word in enumerate(STORED, start=1))
    Path("words.2d.txt").write_text(rows, encoding="utf-8")
    assert run("convert", "words.2d.txt")[0] == 0
    glovefast.load("words.2d.glovefast").embed(["the"])  # says on standard error, once, that it compiles
    Path("texts.txt").write_bytes(TEXT.encode())
    return Path("words.2d.glovefast")


def expected(store, **options):
    return glovefast.load(store).embed(TEXT.replace("\r", "").split("\n"), **options)


def test_a_row_for_each_line(run, store):
    code, output, errors = run("embed", str(store), "texts.txt", "-o", "vectors.npy")
    assert (code, errors) == (0, "")
    assert output == "Wrote 5 × 2 float32 to vectors.npy\n  3 lines without a word of the store, all zeros\n"
    assert reference.same_bits(np.load("vectors.npy"), expected(store))


def test_the_result_as_json(run, store):
    code, output, errors = run("embed", str(store), "texts.txt", "-o", "vectors.npy", "--json")
    assert (code, errors, output.count("\n")) == (0, "", 1)
    result = json.loads(output)
    assert result.pop("seconds") > 0
    assert result == {
        "destination": "vectors.npy",
        "rows": 5,
        "dim": 2,
        "dtype": "float32",
        "pooling": "mean",
        "texts_without_known_words": 3,
    }


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--pooling", "sif"], {"pooling": "sif"}),
        (["--normalize"], {"normalize": True}),
        (["--keep-case"], {"lower": False}),
        (["--keep-punctuation"], {"filters": "\n"}),
        (["--fallback", "title"], {"fallback": "title"}),
    ],
)
def test_options(run, store, arguments, options):
    assert run("embed", str(store), "texts.txt", "-o", "vectors.npy", "--quiet", *arguments) == (0, "", "")
    found = np.load("vectors.npy")
    assert reference.same_bits(found, expected(store, **options))
    assert not reference.same_bits(found, expected(store))


def test_standard_input_and_compressed_texts(run, store, monkeypatch):
    Path("texts.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"\xef\xbb\xbf" + TEXT.encode())))
    for number, texts in enumerate(["texts.txt.gz", "-"]):
        assert run("embed", str(store), texts, "-o", f"{number}.npy", "-q") == (0, "", "")
        assert reference.same_bits(np.load(f"{number}.npy"), expected(store))


def test_many_lines_are_written_piece_by_piece(run, store, monkeypatch):
    monkeypatch.setattr(embed_command, "_ROWS_AT_ONCE", 100)
    lines = [f"the king {'of ' * (number % 4)}" for number in range(1_234)]
    Path("many.txt").write_text("\n".join(lines), encoding="utf-8")
    assert run("embed", str(store), "many.txt", "-o", "vectors.npy", "-q") == (0, "", "")
    assert reference.same_bits(np.load("vectors.npy"), glovefast.load(store).embed(lines))
    assert np.load("vectors.npy", mmap_mode="r").flags.c_contiguous


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "bad.txt: is empty: it has no bytes; pass a text file with one text per line, in UTF-8"),
        # Piped into convert, as embedding text should be, it would be converted.
        ("the".encode("utf-16"), "is UTF-16 text; pass a text file with one text per line, in UTF-8"),
        (b"the\nk\xe9ng\n", "bad.txt, line 2: is not UTF-8"),
        (b"nothing\nknown\n", "bad.txt: none of 2 texts has a word of words.2d.glovefast"),
    ],
)
def test_texts_that_cannot_be_used(run, store, text, message):
    Path("bad.txt").write_bytes(text)
    before = sorted(Path().iterdir())
    code, output, errors = run("embed", str(store), "bad.txt", "-o", "vectors.npy")
    assert (code, output) == (1, "")
    assert message in errors
    assert errors.count("\n") == 1
    assert sorted(Path().iterdir()) == before


def test_hardly_any_line_with_a_known_word(run, store):
    Path("few.txt").write_text("the\n" + "nothing\n" * 30, encoding="utf-8")
    code, output, errors = run("embed", str(store), "few.txt", "-o", "vectors.npy")
    assert code == 0
    assert "30 lines without a word" in output
    assert errors.startswith("glovefast: warning: only 1 of 31 texts have a word of words.2d.glovefast")
    assert "--keep-case" in errors


def test_files_that_exist_stay(run, store):
    Path("vectors.npy").write_bytes(b"mine")
    code, _, errors = run("embed", str(store), "texts.txt", "-o", "vectors.npy")
    assert code == 1
    assert "already exists" in errors
    assert Path("vectors.npy").read_bytes() == b"mine"
    assert run("embed", str(store), "texts.txt", "-o", "vectors.npy", "-q", "--force") == (0, "", "")
    assert len(np.load("vectors.npy")) == 5


def test_wrong_usage(run, store):
    assert run("embed", str(store), "texts.txt", "-o", "vectors.txt")[0] == 2
    assert run("embed", str(store), "texts.txt")[0] == 2
    assert run("embed", str(store), "texts.txt", "-o", "vectors.npy", "--pooling", "max")[0] == 2
    assert run("embed", str(store), "missing.txt", "-o", "vectors.npy")[0] == 1
    assert run("embed", "missing.glovefast", "texts.txt", "-o", "vectors.npy")[0] == 1
