"""``glovefast info``, ``matrix`` and ``demo``: what they print and write."""

import errno
import gzip
import io
import json
import lzma
import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import glovefast
from glovefast.progress import Progress
from tests.helpers.command_line import TEXT
from tests.helpers.containers import zipped
from tests.helpers.files import names_here
from tests.reference import same_bits

pytestmark = pytest.mark.usefixtures("command_directory")


def test_info(run, store):
    code, output, errors = run("info", str(store))
    assert (code, errors) == (0, "")
    table = dict(line.split(maxsplit=1) for line in output.splitlines() if not line.startswith("first"))
    assert table["store"] == "small.2d.glovefast"
    assert (table["words"], table["dimensions"], table["numbers"]) == ("3", "2", "float32")
    assert table["source"] == f"small.2d.txt ({len(TEXT)} bytes)"
    assert output.splitlines()[-1] == "first words the of king"


def test_info_as_json_has_the_metadata(run, store):
    code, output, _ = run("info", str(store), "--json")
    result = json.loads(output)
    assert (code, result["store"], result["rows"], result["dim"]) == (0, str(store), 3, 2)
    assert json.loads((store / "metadata.json").read_text("utf-8")).items() <= result.items()
    assert result["files"]["vectors.npy"] == (store / "vectors.npy").stat().st_size


def test_a_word_cannot_steer_the_terminal(run):
    Path("hostile.txt").write_text("\x1b[2J 1\na\tb 2\n\u00a0 3\nit\u2019s 4\n", encoding="utf-8")
    assert run("convert", "hostile.txt")[0] == 0
    output = run("info", "hostile.glovefast")[1]
    assert output.splitlines()[-1] == "first words \\x1b[2J a\\tb \\xa0 it\u2019s"


def test_info_on_text_says_how_to_convert_it(run):
    code, output, errors = run("info", "small.2d.txt")
    assert (code, output) == (1, "")
    assert "glovefast convert small.2d.txt" in errors


def test_matrix_rows_belong_to_lines(run, store):
    Path("words.txt").write_text("king\nqueen\r\nKING\n\nthe", encoding="utf-8-sig")
    code, output, errors = run("matrix", str(store), "words.txt", "-o", "matrix.npy", "--fallback", "lower")
    assert (code, errors) == (0, "")
    built = np.load("matrix.npy")
    assert built.dtype == np.float32
    assert built.tolist() == [[4, 5], [0, 0], [4, 5], [0, 0], [0.5, 1]]
    words = ["king", "queen", "KING", "", "the"]
    coverage = glovefast.load(store).coverage(words, fallback="lower")
    assert output == f"Wrote 5 × 2 float32 to matrix.npy\n{coverage}\n"
    assert names_here() == ["matrix.npy", "small.2d.glovefast", "small.2d.txt", "words.txt"]


def test_matrix_policies_and_seed_reach_the_library(run, store):
    words = ["", "[UNK]", "king", "queen"]
    Path("words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    arguments = ("--oov", "normal", "--seed", "7", "--json")
    code, output, _ = run("matrix", str(store), "words.txt", "-o", "matrix.npy", *arguments)
    assert code == 0
    vectors = glovefast.load(store)
    np.testing.assert_array_equal(
        np.load("matrix.npy"), vectors.embedding_matrix(words, oov="normal", seed=7)
    )
    assert json.loads(output) == {
        "destination": "matrix.npy",
        "rows": 4,
        "dim": 2,
        "dtype": "float32",
        "coverage": vectors.coverage(words).to_dict(),
    }


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_matrix_of_another_type(run, store, dtype):
    Path("words.txt").write_text("king\nqueen\n", encoding="utf-8")
    code, output, _ = run("matrix", str(store), "words.txt", "-o", "matrix.npy", "--dtype", dtype)
    assert code == 0
    assert output.startswith(f"Wrote 2 × 2 {dtype} to matrix.npy\n")
    expected = glovefast.load(store).embedding_matrix(["king", "queen"], dtype=dtype)
    assert same_bits(np.load("matrix.npy"), expected)


def test_a_word_ends_at_a_newline_only(run, store, monkeypatch):
    monkeypatch.setattr(
        sys, "stdin", SimpleNamespace(buffer=io.BytesIO("a\u2028b\nking\x0b\nthe\n".encode()))
    )
    assert run("matrix", str(store), "-", "-o", "matrix.npy")[0] == 0
    assert np.load("matrix.npy").tolist() == [[0, 0], [0, 0], [0.5, 1]]


def test_matrix_replaces_only_when_told(run, store):
    Path("words.txt").write_text("king\n", encoding="utf-8")
    Path("matrix.npy").write_bytes(b"mine")
    code, _, errors = run("matrix", str(store), "words.txt", "-o", "matrix.npy")
    assert (code, errors) == (
        1,
        "glovefast: error: matrix.npy: already exists; choose another destination, or replace it "
        "(overwrite=True, --force)\n",
    )
    assert Path("matrix.npy").read_bytes() == b"mine"
    assert run("matrix", str(store), "words.txt", "-o", "matrix.npy", "--force")[0] == 0
    assert np.load("matrix.npy").tolist() == [[4, 5]]


@pytest.mark.parametrize(
    ("pack", "reason"),
    [
        (gzip.compress, "packed with gzip; unpack it first, or pipe it: gzip -dc FILE | glovefast ..."),
        (lzma.compress, "packed with xz; unpack it first, or pipe it: xz -dc FILE | glovefast ..."),
        (
            lambda data: zipped({"words.txt": data}),
            "packed with zip; unpack it first, or pipe it: unzip -p FILE | glovefast ...",
        ),
    ],
)
def test_a_packed_list_of_words(run, store, pack, reason):
    Path("words").write_bytes(pack(b"king\nthe\n"))
    expected = (1, "", f"glovefast: error: words: is {reason}\n")
    assert run("matrix", str(store), "words", "-o", "matrix.npy") == expected
    convert = ("convert", "small.2d.txt", "-o", "made", "--words", "words", "--encoding", "latin-1")
    assert run(*convert) == expected
    assert not Path("matrix.npy").exists()


@pytest.mark.parametrize("through", ["", "link"])
def test_nothing_is_written_into_a_store(run, store, through):
    Path("words.txt").write_text("king\n", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in Path(store).iterdir()}
    matrix = f"{store}/vectors.npy"
    if through:
        Path("link.npy").symlink_to(Path(store, "vectors.npy").resolve())
        matrix = "link.npy"
    where = Path(store).resolve()
    code, _, errors = run("matrix", str(store), "words.txt", "-o", matrix, "--force")
    refused = f"is inside the store {where}; choose a place outside of it\n"
    assert (code, errors) == (1, f"glovefast: error: {matrix}: {refused}")
    code, _, errors = run("convert", "small.2d.txt", "-o", f"{store}/made")
    assert (code, errors) == (1, f"glovefast: error: {store}/made: {refused}")
    Path(store, "deep").mkdir()
    code, _, errors = run("convert", "small.2d.txt", "-o", f"{store}/deep")
    assert (code, errors) == (1, f"glovefast: error: {store}/deep/small.2d.glovefast: {refused}")
    Path(store, "deep").rmdir()
    assert {path.name: path.read_bytes() for path in Path(store).iterdir()} == before


def test_only_regular_files_are_replaced(run, store):
    Path("words.txt").write_text("king\n", encoding="utf-8")
    os.mkfifo("pipe.npy")
    Path("link.npy").symlink_to("nowhere")
    for name in ("pipe.npy", "link.npy"):
        code, _, errors = run("matrix", str(store), "words.txt", "-o", name, "--force")
        assert (code, errors) == (
            1,
            f"glovefast: error: {name}: is not a regular file, so it is not replaced; "
            "choose another destination\n",
        )
    assert stat.S_ISFIFO(Path("pipe.npy").stat().st_mode)
    assert Path("link.npy").is_symlink()


def test_a_matrix_without_any_word_is_an_error(run, store):
    Path("words.txt").write_text("KING\nOF\n", encoding="utf-8")
    code, output, errors = run("matrix", str(store), "words.txt", "-o", "matrix.npy", "--quiet")
    assert (code, output) == (1, "")
    assert errors == (
        "glovefast: error: small.2d.glovefast has none of the 2 words of the vocabulary. "
        "Missing: 'KING', 'OF'. The form 'lower' would find 2 of the first 2 missing words: "
        "add fallback='lower' (--fallback lower).\n"
    )
    Path("words.txt").write_text("the king of the hill\n", encoding="utf-8")
    errors = run("matrix", str(store), "words.txt", "-o", "matrix.npy", "--quiet")[2]
    assert "Count the words of a text with: glovefast coverage small.2d.glovefast words.txt." in errors
    assert not Path("matrix.npy").exists()
    assert run("matrix", str(store), "words.txt", "-o", "matrix.npy", "-q", "--fallback", "lower")[0] == 1
    Path("words.txt").write_text("KING\n", encoding="utf-8")
    assert run("matrix", str(store), "words.txt", "-o", "matrix.npy", "-q", "--fallback", "lower") == (
        0,
        "",
        "",
    )


def test_a_matrix_needs_a_place(run, store, command_directory):
    Path("words.txt").write_text("king\n", encoding="utf-8")
    code, _, errors = run("matrix", str(store), "words.txt", "-o", "none/matrix.npy")
    assert code == 1
    reason = f"the directory {command_directory / 'none'} does not exist; make it first"
    assert errors == f"glovefast: error: none/matrix.npy: {reason}\n"
    code, _, errors = run("matrix", str(store), "words.txt", "-o", str(store), "--force")
    assert (code, errors) == (1, f"glovefast: error: {store}: is a directory; give the name of a file\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "words.txt: is empty; write one word per line"),
        (
            b"the\nof\n\xffx\n",
            "words.txt, line 3: is not UTF-8 (invalid start byte); convert the list of words",
        ),
    ],
)
def test_a_bad_list_of_words(run, store, data, message):
    Path("words.txt").write_bytes(data)
    code, output, errors = run("matrix", str(store), "words.txt", "-o", "matrix.npy")
    assert (code, output, errors) == (1, "", f"glovefast: error: {message}\n")
    assert not Path("matrix.npy").exists()


def test_a_matrix_that_cannot_be_written_leaves_nothing(run, store, monkeypatch):
    def full(*_arguments, **_options) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    Path("words.txt").write_text("king\n", encoding="utf-8")
    monkeypatch.setattr(np, "save", full)
    code, _, errors = run("matrix", str(store), "words.txt", "-o", "matrix.npy")
    assert code == 1
    assert errors == (
        "glovefast: error: matrix.npy: No space left on device; free some space, or write to another disk\n"
    )
    assert names_here() == ["small.2d.glovefast", "small.2d.txt", "words.txt"]


@pytest.fixture
def demo_calls(monkeypatch):
    """A stand-in for the demo, which loads TensorFlow; it notes how it was called."""
    calls = []

    def run_demo(vectors_file, report, **options):
        calls.append((vectors_file, options))
        report("a line")
        options["progress"](Progress(1, 2, 3, "text"))
        report("two\nlines")
        return SimpleNamespace(to_dict=lambda: {"accuracy": 1.0})

    monkeypatch.setitem(sys.modules, "glovefast.demo.walkthrough", SimpleNamespace(run=run_demo))
    return calls


def test_demo_prints_its_report(run, demo_calls):
    assert run("demo") == (0, "a line\ntwo\nlines\n", "")
    vectors_file, options = demo_calls[0]
    assert (vectors_file, options["member"], options["output"]) == (None, None, None)


def test_demo_as_json_is_one_object(run, demo_calls):
    arguments = ("--vectors", "glove.zip", "--member", "100d.txt", "-o", "learned", "--json")
    assert run("demo", *arguments) == (0, '{"accuracy": 1.0}\n', "")
    vectors_file, options = demo_calls[0]
    assert (vectors_file, options["member"], options["output"]) == ("glove.zip", "100d.txt", "learned")


def test_demo_without_keras_is_one_line(run, monkeypatch):
    def run_demo(*_arguments, **_options) -> None:
        raise ImportError("this needs Keras; install it with: pip install")

    monkeypatch.setitem(sys.modules, "glovefast.demo.walkthrough", SimpleNamespace(run=run_demo))
    assert run("demo") == (1, "", "glovefast: error: this needs Keras; install it with: pip install\n")
