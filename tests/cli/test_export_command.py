"""``glovefast export``: files for other tools, and what the command says about them."""

import json
from pathlib import Path

import pytest

import glovefast


def test_the_ending_decides(run, store):
    for name in ("x.txt", "x.vec", "x.bin", "x.parquet", "x.tsv", "model/"):
        code, out, err = run("export", str(store), name)
        assert (code, err) == (0, "")
        assert out.startswith("Wrote 3 × 2 vectors to ")
    assert Path("x_metadata.tsv").exists()
    assert Path("model", "tokenizer.json").exists()
    again = glovefast.load(glovefast.convert("x.bin", "again"))
    assert again.words.equals(glovefast.load(store).words)


def test_what_is_written_and_how_large_it_is(run, store):
    code, out, _ = run("export", str(store), "x.tsv", "--json")
    result = json.loads(out)
    assert code == 0
    assert (result["destination"], result["format"], result["rows"], result["dim"]) == (
        "x.tsv",
        "projector",
        3,
        2,
    )
    assert result["files"] == {name: Path(name).stat().st_size for name in ("x.tsv", "x_metadata.tsv")}


def test_only_some_words(run, store):
    words = glovefast.load(store).words.to_pylist()
    Path("words.txt").write_text(f"{words[2]}\nnowhere\n{words[0]}\n", "utf-8")
    code, out, err = run("export", str(store), "x.vec", "--words", "words.txt")
    assert (code, out.split(" to ")[0]) == (0, "Wrote 2 × 2 vectors")
    assert err == f"glovefast: warning: {store} lacks 1 of 3 words, which are left out: 'nowhere'\n"
    assert [line.split(" ")[0] for line in Path("x.vec").read_text("utf-8").splitlines()] == [
        "2",
        words[2],
        words[0],
    ]


def test_the_format_whatever_the_ending(run, store):
    assert run("export", str(store), "x.emb", "--format", "word2vec", "-q") == (0, "", "")
    assert Path("x.emb").read_text("utf-8").startswith("3 2\n")


def test_an_existing_file_needs_force(run, store):
    Path("x.bin").write_text("mine")
    code, out, err = run("export", str(store), "x.bin")
    assert (code, out) == (1, "")
    assert "x.bin: already exists" in err
    assert Path("x.bin").read_text() == "mine"
    assert run("export", str(store), "x.bin", "--force", "-q")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["x.csv"], 2, "ends in .csv, which is not one of .txt, .vec, .bin, .parquet, .tsv"),
        (["x.bin", "--format", "csv"], 2, "'csv' is not one of"),
        (["no/x.bin"], 1, "the directory"),
        (["x.bin", "--words", "missing.txt"], 1, "missing.txt"),
    ],
)
def test_what_cannot_be_done(run, store, arguments, code, message):
    found, out, err = run("export", str(store), *arguments)
    assert (found, out) == (code, "")
    assert message in err
    assert "Traceback" not in err


def test_a_store_that_is_none(run, command_directory):
    code, _, err = run("export", "small.2d.txt", "x.bin")
    assert code == 1
    assert "is a file, not a store" in err
