"""``glovefast convert matrix.npy --vocabulary words.txt``."""

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest

import glovefast
from tests.reference import same_bits

WORDS = ["the", "new york", "été", "the", ""]
NUMBERS = np.random.default_rng(4).normal(size=(5, 3)).astype(np.float32)


@pytest.fixture
def array(command_directory) -> Path:
    np.save("matrix.npy", NUMBERS)
    Path("words.txt").write_text("\n".join(WORDS) + "\n", "utf-8")
    return Path("matrix.npy")


def check(store: str) -> None:
    vectors = glovefast.load(store)
    assert vectors.words.to_pylist() == WORDS
    assert same_bits(np.asarray(vectors), NUMBERS)
    assert glovefast.verify(store).ok


def test_beside_the_matrix(run, array):
    code, output, errors = run("convert", "matrix.npy", "--vocabulary", "words.txt")
    assert (code, errors) == (0, "")
    first, finding, after = output.splitlines()
    assert first.startswith("Converted 5 × 3 vectors to matrix.glovefast in ")
    assert finding == "  1 duplicate word; all its rows are kept, and look-ups find the first"
    assert after == 'Next, in Python: glovefast.load("matrix.glovefast")'
    check("matrix.glovefast")
    source = glovefast.load("matrix.glovefast").metadata.source
    assert (source.name, source.bytes) == ("matrix.npy", array.stat().st_size)
    code, _, errors = run("convert", "matrix.npy", "--vocabulary", "words.txt")
    assert code == 1
    assert "already exists" in errors
    assert run("convert", "matrix.npy", "--vocabulary", "words.txt", "--force", "-q")[:2] == (0, "")


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_other_places_and_types(run, array, dtype):
    Path("stores").mkdir()
    code, output, _ = run("convert", "matrix.npy", "--vocabulary", "words.txt", "-o", "stores", "--json")
    assert code == 0
    (store,) = json.loads(output)["stores"]
    assert (store["destination"], store["dtype"]) == ("stores/matrix.glovefast", "float32")
    check(store["destination"])
    code, _, _ = run("convert", "matrix.npy", "--vocabulary", "words.txt", "-o", "mine", "--dtype", dtype)
    assert code == 0
    assert np.load("mine/vectors.npy").dtype == dtype
    assert "numbers     " + dtype in run("info", "mine")[1]


@pytest.mark.parametrize(
    "matrix", [np.asfortranarray(NUMBERS), NUMBERS.astype(">f8")], ids=["Fortran", "big-endian"]
)
def test_other_layouts(run, array, matrix):
    np.save("other.npy", matrix)
    assert run("convert", "other.npy", "--vocabulary", "words.txt")[0] == 0
    check("other.glovefast")


def test_words_from_standard_input_and_in_another_encoding(run, array, monkeypatch):
    class Input:
        buffer = io.BytesIO("".join(f"{word}\n" for word in WORDS).encode("latin-1"))

    monkeypatch.setattr("sys.stdin", Input)
    assert run("convert", "matrix.npy", "--vocabulary", "-", "--encoding", "latin-1")[0] == 0
    check("matrix.glovefast")


class Unpickled:
    def __reduce__(self):
        return os.mkdir, ("unpickled",)


def make_bad_files() -> None:
    np.save("objects.npy", np.array([[Unpickled()]], dtype=object), allow_pickle=True)
    np.savez("several.npz", a=NUMBERS)
    data = Path("matrix.npy").read_bytes()
    Path("cut.npy").write_bytes(data[:-1])
    Path("header.npy").write_bytes(data[:20])
    Path("odd.npy").write_bytes(data.replace(b"'<f4'", b"'<q9'"))
    Path("call.npy").write_bytes(data[:10] + b"__import__('os').mkdir('unpickled')".ljust(117) + b"\n")
    Path("open.npy").write_bytes(data.replace(b"(5, 3)", b"((((((").replace(b"(4, 3)", b"(((((("))
    nested = (b"(" * 9_000).ljust(9_999) + b"\n"
    Path("nested.npy").write_bytes(data[:8] + len(nested).to_bytes(2, "little") + nested)
    Path("empty.npy").touch()
    np.save("one.npy", NUMBERS[0])
    np.save("text.npy", NUMBERS.astype("U8"))
    np.save("short.npy", NUMBERS[1:])
    np.save("large.npy", NUMBERS.astype("f8") * 1e300)
    np.save("nan.npy", np.where(np.eye(5, 3) == 1, np.nan, NUMBERS))
    os.mkfifo("pipe.npy")
    Path("folder.npy").mkdir()


BAD_FILES = {
    "objects.npy": "objects.npy: cannot be read as a NumPy array of numbers",
    "several.npz": "several.npz: is not a NumPy array (.npy)",
    "cut.npy": "cut.npy: cannot be read as a NumPy array of numbers",
    "header.npy": "header.npy: cannot be read as a NumPy array of numbers",
    "odd.npy": "odd.npy: cannot be read as a NumPy array of numbers",
    "call.npy": "call.npy: cannot be read as a NumPy array of numbers",
    "open.npy": "open.npy: cannot be read as a NumPy array of numbers",
    "nested.npy": "nested.npy: cannot be read as a NumPy array of numbers",
    "empty.npy": "empty.npy: is not a NumPy array (.npy)",
    "words.txt": "words.txt: is not a NumPy array (.npy)",
    "one.npy": "one.npy: the matrix must be (words, dimensions), not of shape (3,)",
    "text.npy": "text.npy: the matrix holds <U8 instead of real numbers",
    "short.npy": "words.txt: pass one word for each row (words: 5, rows: 4)",
    "large.npy": "large.npy: the word 'the' has numbers that are too large for float32 in the matrix",
    "nan.npy": "nan.npy: row 0, the word 'the': number 1 is nan, which cannot be stored as int8",
    "pipe.npy": "pipe.npy: is not a file; pass a NumPy array (.npy)",
    "folder.npy": "folder.npy: is not a file; pass a NumPy array (.npy)",
    "nothing.npy": "nothing.npy: No such file or directory",
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_files_that_cannot_be_used(run, array, name):
    make_bad_files()
    before = sorted(Path().iterdir())
    code, output, errors = run("convert", name, "--vocabulary", "words.txt", "-o", "store", "--dtype", "int8")
    assert (code, output) == (1, "")
    assert errors.startswith(f"glovefast: error: {BAD_FILES[name]}")
    assert len(errors.splitlines()) == 1
    assert len(errors) < 250
    assert sorted(Path().iterdir()) == before


def test_a_list_of_words_that_cannot_be_used(run, array):
    Path("latin.txt").write_bytes(b"a\n\xe9t\xe9\n")
    Path("none.txt").touch()
    for name, reason in [
        ("latin.txt", "latin.txt, line 2: is not UTF-8"),
        ("none.txt", "none.txt: is empty"),
        ("nothing.txt", "nothing.txt: No such file or directory"),
    ]:
        code, _, errors = run("convert", "matrix.npy", "--vocabulary", name)
        assert (code, errors.startswith(f"glovefast: error: {reason}")) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--words", "words.txt"], "--words cannot be combined with --vocabulary"),
        (["--all"], "--all cannot be combined with --vocabulary"),
        (["--dry-run"], "--dry-run cannot be combined with --vocabulary"),
        (["--no-header"], "--header cannot be combined with --vocabulary"),
        (["--limit", "3"], "--limit cannot be combined with --vocabulary"),
        (["--on-bad-row", "raise"], "--on-bad-row cannot be combined with --vocabulary"),
        (["other.npy"], "--vocabulary names the words of one matrix, not of 2 sources"),
    ],
)
def test_options_for_text(run, array, arguments, reason):
    code, _, errors = run("convert", "matrix.npy", "--vocabulary", "words.txt", *arguments)
    assert (code, errors.splitlines()[-1]) == (2, f"Error: {reason}")


def test_standard_input_is_not_a_matrix(run, array):
    code, _, errors = run("convert", "-", "--vocabulary", "words.txt", "-o", "store")
    assert (code, errors.splitlines()[-1]) == (
        2,
        "Error: --vocabulary needs a file as SOURCE, not standard input",
    )


def test_a_matrix_without_its_words(run, array):
    code, _, errors = run("convert", "matrix.npy")
    assert code == 1
    assert "glovefast convert matrix.npy --vocabulary words.txt" in errors


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_text_into_another_type(run, command_directory, dtype):
    code, output, _ = run("convert", "small.2d.txt", "--dtype", dtype, "--json")
    assert code == 0
    assert json.loads(output)["stores"][0]["dtype"] == dtype
    assert run("verify", "small.2d.glovefast", "--against", "small.2d.txt")[0] == 0
