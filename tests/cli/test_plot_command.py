"""``glovefast plot`` and ``coverage --plot``: pictures in files, and what bad input gets."""

import json
import sys
from pathlib import Path

import pytest

from glovefast.cli import plot_command
from glovefast.plots import drawing
from tests.helpers.files import names_here

pytest.importorskip("matplotlib")

MAGIC = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF-", "PNG": b"\x89PNG\r\n"}


@pytest.fixture
def words(store):
    Path("words.txt").write_text("the\nking\n\npawn\nof\n", encoding="utf-8")
    return "words.txt"


def test_the_formats_are_the_librarys():
    assert plot_command.PICTURE_FORMATS == drawing.PICTURE_FORMATS


@pytest.mark.parametrize("ending", MAGIC)
def test_the_ending_chooses_the_format(run, store, words, ending):
    code, output, errors = run("plot", str(store), words, "-o", f"map.{ending}")
    assert (code, output) == (0, f"Drew 3 words in map.{ending}\n")
    assert errors == f"glovefast: warning: {store} lacks 1 of 4 words: pawn\n"
    assert Path(f"map.{ending}").read_bytes().startswith(MAGIC[ending])
    code, output, errors = run("coverage", str(store), words, "--plot", f"covered.{ending}")
    assert (code, errors) == (0, "")
    assert output == run("coverage", str(store), words)[1]
    assert Path(f"covered.{ending}").read_bytes().startswith(MAGIC[ending])


def test_json(run, store, words):
    code, output, _ = run("plot", str(store), words, "-o", "map.png", "--json", "--title", "Chess")
    result = json.loads(output)
    assert code == 0
    assert [entry["word"] for entry in result["words"]] == ["the", "king", "of"]
    assert all(isinstance(entry[axis], float) for entry in result["words"] for axis in "xy")
    assert (result["destination"], result["missing"], result["not_finite"]) == ("map.png", ["pawn"], [])
    assert sum(result["variance"]) == pytest.approx(1)
    code, output, _ = run("coverage", str(store), words, "--plot", "covered.svg", "--json")
    assert code == 0
    assert json.loads(output) == json.loads(run("coverage", str(store), words, "--json")[1])


def test_other_forms(run, store):
    Path("words.txt").write_text("The\nKING\n", encoding="utf-8")
    output = run("plot", str(store), "words.txt", "-o", "map.png", "--fallback", "lower")[1]
    assert output == "Drew 2 words in map.png\n"


@pytest.mark.parametrize(
    "command",
    [
        ("plot", "small.2d.glovefast", "words.txt", "-o"),
        ("coverage", "small.2d.glovefast", "words.txt", "--plot"),
    ],
)
def test_nothing_is_overwritten_unless_asked_for(run, words, command):
    Path("map.png").write_bytes(b"mine")
    code, _, errors = run(*command, "map.png")
    assert (code, Path("map.png").read_bytes()) == (1, b"mine")
    assert "map.png: already exists; choose another destination, or replace it" in errors
    assert run(*command, "map.png", "--force")[0] == 0
    assert Path("map.png").read_bytes().startswith(MAGIC["png"])
    before = names_here()
    Path("folder.png").mkdir()
    code, output, errors = run(*command, "folder.png", "--force")
    assert (code, output) == (1, "")
    assert errors == "glovefast: error: folder.png: is a directory; give the name of a file\n"
    code, output, errors = run(*command, "none/map.png")
    assert (code, output) == (1, "")
    assert "does not exist; make it first" in errors
    code, output, errors = run(*command, "map.jpg")
    assert (code, output) == (2, "")
    assert "map.jpg must end in .png, .svg or .pdf" in " ".join(errors.split())
    assert sorted([*before, "folder.png"]) == names_here()


@pytest.mark.parametrize(
    "fails", [OSError(28, "No space left on device"), MemoryError(), KeyboardInterrupt()]
)
def test_a_picture_that_fails_leaves_nothing_behind(run, store, words, monkeypatch, fails):
    from matplotlib.figure import Figure

    def failing(*_arguments, **_options) -> None:
        raise fails

    monkeypatch.setattr(Figure, "savefig", failing)
    before = sorted(Path.cwd().rglob("*"))
    assert run("plot", str(store), words, "-o", "map.png")[0] == (
        130 if isinstance(fails, KeyboardInterrupt) else 1
    )
    assert sorted(Path.cwd().rglob("*")) == before


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ("kinf\n", "the word 'kinf' is not in small.2d.glovefast; did you mean 'king'?"),
        ("kinf\nqqqqq\n", "2 words are not in small.2d.glovefast: 'kinf' (did you mean 'king'?), 'qqqqq'"),
        ("\n\n", "words.txt: has only empty lines; write one word per line"),
        ("", "words.txt: is empty; write one word per line"),
    ],
)
def test_lists_without_a_word_of_the_store(run, store, listed, said):
    Path("words.txt").write_text(listed, encoding="utf-8")
    code, output, errors = run("plot", str(store), "words.txt", "-o", "map.png")
    assert (code, output) == (1, "")
    assert errors == f"glovefast: error: {said}\n"
    assert not Path("map.png").exists()


def test_vectors_that_are_not_finite(run, store):
    Path("nan.txt").write_text("a nan 1\nb 1 inf\n", encoding="utf-8")
    Path("words.txt").write_text("a\nb\n", encoding="utf-8")
    run("convert", "nan.txt")
    code, output, errors = run("plot", "nan.glovefast", "words.txt", "-o", "map.png")
    assert (code, output) == (1, "")
    assert errors == "glovefast: error: the vectors of these words hold nan or infinities: a, b\n"


def test_without_matplotlib(run, store, words, monkeypatch):
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)
    for command in (("plot", str(store), words, "-o"), ("coverage", str(store), words, "--plot")):
        code, output, errors = run(*command, "map.png")
        assert (code, output) == (1, "")
        assert errors.startswith("glovefast: error: pictures need matplotlib (")
        assert errors.endswith("); install it: pip install 'glovefast[plot]'\n")
