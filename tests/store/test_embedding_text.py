"""Embedding text, written: what gensim and glovefast read back, bit for bit."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glovefast
from glovefast.errors import StoreError, VocabularyError
from glovefast.store.export.writing import write_vectors
from tests.reference import read_rows, same_bits

WORDS = ["the", "été", "1990", "nan", '"', ",", "\u00a0", "\u0085", "word\twith\ttabs", "\U0001d518"]
CORNERS = [0.0, -0.0, 1.0, -1.0, 0.1, 1e-45, -1e-45, 1.1754944e-38, 3.4028235e38, 2.0**24, 0.3, 1e10, -7e-7]


def written(path, words, rows, **arguments):
    rows = np.asarray(rows, dtype=np.float32)
    file_format = "word2vec" if arguments.pop("header", False) else "glove"
    return write_vectors(path, pa.array(words, pa.string()), rows, file_format, **arguments)


@pytest.fixture
def rows():
    drawn = np.random.default_rng(4).normal(size=(len(WORDS), len(CORNERS))).astype(np.float32)
    drawn[3] = CORNERS
    return drawn


@pytest.mark.parametrize("header", [False, True])
def test_gensim_reads_it(tmp_path, rows, header):
    gensim = pytest.importorskip("gensim")
    path = written(tmp_path / "vectors.txt", WORDS, rows, header=header)
    assert path.read_bytes().startswith(b"10 13\nthe " if header else b"the ")
    read = gensim.models.KeyedVectors.load_word2vec_format(path, binary=False, no_header=not header)
    assert read.index_to_key == WORDS
    assert same_bits(read.vectors, rows)


@pytest.mark.parametrize("header", [False, True])
def test_glovefast_reads_it(tmp_path, rows, header):
    path = written(tmp_path / "vectors.txt", WORDS, rows, header=header)
    vectors = glovefast.load(glovefast.convert(path))
    assert vectors.words.to_pylist() == WORDS
    assert same_bits(np.array(vectors.vectors), rows)


def test_text_is_what_python_writes_by_hand(tmp_path):
    path = written(tmp_path / "vectors.txt", ["a", "b"], [[0.1, -2.0], [1e-7, 0.5]])
    assert path.read_text("utf-8") == "a 0.1 -2\nb 1e-7 0.5\n"


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=40))
def test_every_number_keeps_its_bits(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("text") / "x.txt"
    written(path, ["word"], [numbers])
    _, rows = read_rows(path.read_bytes(), len(numbers))
    assert same_bits(rows, np.array([numbers], dtype=np.float32))


def test_random_bits_keep_their_bits(tmp_path):
    """A number is the same whether it is parsed as float32 or, as most readers do, as float64 first."""
    bits = np.random.default_rng(6).integers(0, 2**32, size=(2000, 50), dtype=np.uint32)
    rows = bits.view(np.float32)
    rows = np.where(np.isnan(rows), np.float32(0), rows)
    path = written(tmp_path / "x.txt", [str(number) for number in range(2000)], rows)
    words, read = read_rows(path.read_bytes(), 50)
    assert words == [str(number) for number in range(2000)]
    assert same_bits(read, rows)


def test_numbers_that_are_none(tmp_path):
    path = written(tmp_path / "x.txt", ["a"], [[np.nan, np.inf, -np.inf]])
    assert path.read_text("utf-8") == "a nan inf -inf\n"


def test_many_rows_are_written_in_pieces(tmp_path, monkeypatch, rows):
    whole = written(tmp_path / "whole.txt", WORDS, rows).read_bytes()
    monkeypatch.setattr("glovefast.store.export.pieces.PIECE_NUMBERS", 3 * rows.shape[1])
    assert written(tmp_path / "pieces.txt", WORDS, rows).read_bytes() == whole


def test_sliced_words_and_foreign_layouts(tmp_path, rows):
    words = pa.array(["no", *WORDS])[1:]
    path = write_vectors(tmp_path / "x.txt", words, np.asfortranarray(rows), "glove")
    assert path.read_bytes() == written(tmp_path / "y.txt", WORDS, rows).read_bytes()


@pytest.mark.parametrize("word", ["", "new york", "line\nend", "line\rend"])
def test_words_that_text_cannot_hold_are_named(tmp_path, word):
    with pytest.raises(VocabularyError, match="which text cannot store") as caught:
        written(tmp_path / "x.txt", ["king", word], np.ones((2, 3)))
    assert repr(word) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "rows"), [(["\ufeffa", "b"], [[1, 2], [3, 4]]), (["2", "b", "c"], [[1], [5], [6]])]
)
def test_a_first_row_that_would_be_read_as_something_else(tmp_path, words, rows):
    """A byte order mark, or what looks like a header: with a header before it, it is read as it is."""
    with pytest.raises(VocabularyError, match=r"first word, .*; save as \.vec or as a store instead"):
        written(tmp_path / "x.txt", words, rows)
    assert list(tmp_path.iterdir()) == []
    for name, header, order in (("x.vec", True, 1), ("x.txt", False, -1)):
        vectors = glovefast.load(
            glovefast.convert(
                written(tmp_path / name, words[::order], rows[::order], header=header),
                tmp_path / f"{name}.store",
            )
        )
        assert vectors.words.to_pylist() == words[::order]
        assert vectors.vectors.tolist() == rows[::order]


@pytest.mark.parametrize(("word", "number"), [("2", -1), ("2", 0.5), ("2", np.nan), ("\u0662", 1), ("2a", 1)])
def test_a_first_row_of_one_number_that_is_no_header(tmp_path, word, number):
    path = written(tmp_path / "x.txt", [word, "b"], [[number], [5]])
    assert glovefast.load(glovefast.convert(path)).words.to_pylist() == [word, "b"]


def test_rows_and_words_must_be_as_many(tmp_path):
    with pytest.raises(ValueError, match="expected 2 vectors, one per word"):
        written(tmp_path / "x.txt", ["a", "b"], np.ones((3, 2)))


def test_existing_text_is_replaced_only_on_request(tmp_path, rows):
    path = written(tmp_path / "x.txt", WORDS, rows)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="already exists"):
        written(path, WORDS[:1], rows[:1])
    assert path.read_bytes() == before
    written(path, WORDS[:1], rows[:1], overwrite=True)
    assert path.read_bytes() == before.split(b"\n")[0] + b"\n"
    assert [each.name for each in tmp_path.iterdir()] == ["x.txt"]


def test_places_where_no_text_goes(tmp_path, rows):
    with pytest.raises(StoreError, match="is a directory"):
        written(tmp_path, WORDS, rows, overwrite=True)
    with pytest.raises(StoreError, match="does not exist; make it first"):
        written(tmp_path / "no" / "x.txt", WORDS, rows)


def test_a_failure_leaves_the_old_text_and_nothing_else(tmp_path, rows, monkeypatch):
    path = written(tmp_path / "x.txt", WORDS, rows)
    before = path.read_bytes()

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("glovefast.store.atomic.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        written(path, WORDS[:1], rows[:1], overwrite=True)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["x.txt"]
