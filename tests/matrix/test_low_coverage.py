"""A vocabulary that a store hardly covers never makes a silent matrix of zeros."""

import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.errors import CoverageWarning, MatrixSizeError, VocabularyError
from glovefast.matrix import embedding_matrix as matrix_module
from glovefast.matrix.embedding_matrix import embedding_matrix
from glovefast.matrix.low_coverage import low_coverage
from glovefast.matrix.match import look_up
from glovefast.store.writing import write_store
from glovefast.vocabulary.word_index import WordIndex

STORED = ["the", "of", "cat", "paris", "café", "été"]
NUMBERS = np.ones((len(STORED), 3), dtype=np.float32)


@pytest.fixture
def vectors(tmp_path) -> glovefast.WordVectors:
    return glovefast.load(write_store(tmp_path / "small.glovefast", pa.array(STORED), NUMBERS))


REASONS = {
    "case": (
        ["THE", "OF"],
        r"form 'lower' would find 2 of .* fallback='lower' \(--fallback lower\)",
    ),
    "punctuation": (["the,", "cat.", '"of'], "form 'strip' would find 3 of the first 3"),
    "both": (["The,", "Cat."], r"form 'strip\+lower' would find 2"),
    "sentences": (
        ["the cat sat on the mat", "of mice and men"],
        "look like sentences.*glovefast coverage",
    ),
    "indices": (["17", "4", "256"], "They are numbers"),
    "encoding": (["cafÃ©", "Ã©tÃ©", "zebra"], "read in another encoding"),
    "language": (["Hund", "Katze", "Maus"], "of the same language"),
}


@pytest.mark.parametrize("reason", REASONS)
def test_the_likely_reason_is_named(vectors, reason):
    words, said = REASONS[reason]
    with pytest.warns(CoverageWarning, match=said) as caught:
        matrix = vectors.embedding_matrix(words)
    assert not matrix.any()
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert f"has none of the {len(words)} words" in str(caught[0].message)
    assert all(repr(word) in str(caught[0].message) for word in words if len(word) < 40)


def test_ten_missing_words_are_listed(vectors):
    words = ["the", *(f"word{number}x" for number in range(100)), "y" * 1000]
    with pytest.warns(CoverageWarning) as caught:
        vectors.embedding_matrix(words)
    message = str(caught[0].message)
    assert "has only 1 of the 102 words" in message
    assert message.count("'word") == 10
    assert "'word9x' and 91 more." in message
    with pytest.warns(CoverageWarning) as caught:
        vectors.embedding_matrix(["y" * 1000])
    assert len(str(caught[0].message)) < 500


@pytest.mark.parametrize("found", [1, 2])
def test_the_limit_is_five_percent(vectors, found):
    words = ["the", "of"][:found] + [f"x{number}" for number in range(20 * found - found)]
    assert vectors.match(words).share == 0.05
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vectors.embedding_matrix(words)
        vectors.embedding_matrix([""])
        vectors.coverage(["nothing", "of", "it"])
    with pytest.warns(CoverageWarning):
        vectors.embedding_matrix([*words, "one more"])


def test_it_is_shown_once_for_each_place(vectors):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            vectors.embedding_matrix(["THE"])
    assert len(caught) == 1


def test_where_a_vector_is_needed_it_stays_an_error(vectors):
    with pytest.raises(VocabularyError, match="none of 2 words was found"):
        vectors.embedding_matrix(["THE", "OF"], oov="normal")


@pytest.mark.keras
def test_the_layers_warn(vectors):
    keras = pytest.importorskip("glovefast.keras")
    for make in (keras.embedding_layer, keras.partly_trainable_layer):
        with pytest.warns(CoverageWarning, match="none of the 2 words") as caught:
            make(vectors, {"THE": 1, "OF": 2})
        assert caught[0].filename == __file__


def test_the_command_refuses_a_matrix_of_zeros(run, vectors):
    Path("words.txt").write_text("THE\nOF\n")
    code, out, err = run("matrix", str(vectors.path), "words.txt", "-o", "m.npy", "--oov", "normal")
    assert (code, out) == (1, "")
    assert "has none of the 2 words of the vocabulary. Missing: 'THE', 'OF'." in err
    assert "--fallback lower" in err
    assert not Path("m.npy").exists()
    assert run("matrix", str(vectors.path), "words.txt", "-o", "m.npy", "--fallback", "lower")[0] == 0


def test_the_command_sends_sentences_to_coverage(run, vectors):
    Path("texts.txt").write_text("the cat sat on the mat\nthe rest is silence, they say\n")
    code, _, err = run("matrix", str(vectors.path), "texts.txt", "-o", "m.npy")
    assert code == 1
    assert f"glovefast coverage {vectors.path} texts.txt" in err
    assert len(err.splitlines()) == 1


def test_the_command_warns_where_little_is_found(run, vectors):
    Path("words.txt").write_text("the\n" + "\n".join(f"x{number}" for number in range(30)))
    code, out, err = run("matrix", str(vectors.path), "words.txt", "-o", "m.npy", "--quiet")
    assert code == 0
    assert out == ""
    assert np.load("m.npy").shape == (31, 3)
    assert err.startswith("glovefast: warning: ")
    assert "has only 1 of the 31 words" in err
    assert len(err.splitlines()) == 1


def test_low_coverage_of_enough_is_nothing():
    index = WordIndex.from_words(STORED)
    assert low_coverage(look_up(index, ["the"]), "store") is None
    assert low_coverage(look_up(index, [""]), "store") is None


# A matrix that no machine can hold


@pytest.mark.parametrize("dim", [2**31, 2**45])
def test_a_matrix_larger_than_the_memory_is_refused(dim):
    empty = np.empty((0, dim), dtype=np.float32)
    with pytest.raises(MatrixSizeError, match=rf"2,048 x {dim:,} float32, takes .* GB, but this machine has"):
        embedding_matrix(empty, WordIndex.from_words([]), [f"word{row}" for row in range(2048)])
    assert issubclass(MatrixSizeError, MemoryError)


def test_the_limit_is_the_memory_of_the_machine(monkeypatch):
    index = WordIndex.from_words(STORED)
    monkeypatch.setattr(matrix_module, "_memory", lambda: 2 * 3 * 4)
    assert embedding_matrix(NUMBERS, index, ["the", "cat"]).shape == (2, 3)
    with pytest.raises(MatrixSizeError):
        embedding_matrix(NUMBERS, index, ["the", "cat", "of"])
    with pytest.raises(MatrixSizeError):
        embedding_matrix(NUMBERS, index, ["the", "cat"], dtype="float64")
    monkeypatch.setattr(matrix_module, "_memory", lambda: None)
    assert embedding_matrix(NUMBERS, index, ["the", "cat", "of"]).shape == (3, 3)


def test_the_memory_of_this_machine_is_known():
    assert matrix_module._memory() > 1 << 28
