"""A training vocabulary is looked up once for all questions about it."""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.errors import VocabularyError
from glovefast.matrix.match import Match, look_up
from glovefast.store.writing import write_store
from glovefast.vocabulary.arrow import as_string_array
from glovefast.vocabulary.word_index import WordIndex
from tests.reference import same_bits

STORED = ["the", "cat", "paris", "dont", "email", "dog"]
NUMBERS = np.random.default_rng(1).normal(size=(len(STORED), 4)).astype(np.float32)
VOCABULARY = ["", "[UNK]", "the", "zebra", "Paris", "cat", "DOG,", "don't", "e-mail", "well-known"]
FALLBACKS = ("lower", "strip+lower")


@pytest.fixture
def vectors(tmp_path) -> glovefast.WordVectors:
    return glovefast.load(write_store(tmp_path / "small.glovefast", pa.array(STORED), NUMBERS))


@pytest.fixture
def looked_up(monkeypatch) -> Counter[str]:
    """How often each word is looked up in a batch."""
    asked: Counter[str] = Counter()
    rows = WordIndex.rows

    def counting(self, words):
        asked.update(as_string_array(words).to_pylist())
        return rows(self, words)

    monkeypatch.setattr(WordIndex, "rows", counting)
    return asked


def test_one_match_answers_everything(vectors, looked_up):
    match = vectors.match(VOCABULARY, FALLBACKS)
    asked = looked_up.copy()
    assert asked["the"] == asked["zebra"] == asked["paris"] == 1
    matrix = vectors.embedding_matrix(match, oov="mean")
    covered = vectors.coverage(match)
    assert looked_up == asked
    assert same_bits(matrix, vectors.embedding_matrix(VOCABULARY, "mean", FALLBACKS))
    assert covered == vectors.coverage(VOCABULARY, fallback=FALLBACKS)
    assert match.missing == covered.missing == ("zebra", "don't", "e-mail", "well-known")
    assert match.rows_without_vector.tolist() == [1, 3, 7, 8, 9]
    assert match.rows.tolist() == [0, -1, 2, 1, 5, -1, -1, -1]
    assert match.found_by.tolist() == [0, -1, 1, 0, 2, -1, -1, -1]
    assert repr(match) == "<Match: 4 of 8 words found>"


def test_an_explanation_looks_each_form_up_once(vectors, looked_up):
    explained = vectors.explain_coverage(VOCABULARY)
    assert set(looked_up.values()) == {1}
    assert len(looked_up) > 2 * len(VOCABULARY)  # the other forms are among them
    assert explained.fallback == ("lower", "apostrophes", "hyphens", "strip+lower")
    assert vectors.coverage(VOCABULARY, fallback=explained.fallback) == explained.after
    looked_up.clear()
    begun = vectors.explain_coverage(vectors.match(VOCABULARY, "lower"))
    assert begun == vectors.explain_coverage(VOCABULARY, fallback="lower")
    assert begun.after == explained.after


def test_every_caller_looks_each_word_up_once(vectors, looked_up):
    vectors.embedding_matrix(VOCABULARY, fallback=FALLBACKS)
    assert set(looked_up.values()) == {1}
    looked_up.clear()
    vectors.coverage(VOCABULARY, fallback=FALLBACKS)
    assert set(looked_up.values()) == {1}


def test_the_command_looks_each_word_up_once(run, looked_up):
    write_store(Path("s.glovefast"), pa.array(STORED), NUMBERS)
    looked_up.clear()
    Path("words.txt").write_text("\n".join(VOCABULARY))
    code, out, _ = run("matrix", "s.glovefast", "words.txt", "-o", "m.npy", "--fallback", "lower")
    assert (code, "missing" in out) == (0, True)
    assert set(looked_up.values()) == {1}


@pytest.mark.keras
def test_the_layers_look_each_word_up_once(vectors, looked_up):
    keras = pytest.importorskip("glovefast.keras")
    for make in (keras.embedding_layer, keras.partly_trainable_layer):
        looked_up.clear()
        make(vectors, VOCABULARY, fallback=FALLBACKS)
        assert set(looked_up.values()) == {1}


@pytest.mark.keras
def test_growing_looks_each_word_up_once(vectors, looked_up):
    keras = pytest.importorskip("keras")
    from glovefast.keras import embedding_layer, grow_model

    layer = embedding_layer(vectors, VOCABULARY)
    model = keras.Sequential([keras.Input((2,)), layer])
    looked_up.clear()
    grown = grow_model(model, vectors, VOCABULARY, ["email", "PARIS", "okapi", "cat"], fallback="lower")
    assert (grown.added, grown.not_found) == (("email", "PARIS"), ("okapi",))
    assert set(looked_up.values()) == {1}


def test_a_match_keeps_the_counts_of_a_tokenizer(vectors):
    from glovefast.text import Tokenizer

    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(["the the cat zebra"])
    assert vectors.coverage(vectors.match(tokenizer)) == vectors.coverage(tokenizer)
    assert vectors.coverage(tokenizer).token_hits == 3


def test_a_match_is_for_its_own_store_and_fallbacks(vectors):
    match = vectors.match(["the", "Cat"], "lower")
    assert vectors.match(match) is match
    assert vectors.match(match, "lower") is match
    with pytest.raises(ValueError, match="not together with a Match"):
        vectors.coverage(match, fallback="strip")
    with pytest.raises(ValueError, match="belongs to another store"):
        vectors.reload().embedding_matrix(match)


def test_a_match_is_extended_by_more_fallbacks():
    index = WordIndex.from_words(STORED)
    words = ["Paris", "DOG,", "zebra", "the", "Paris"]
    one_by_one = look_up(index, words).extended(["lower"]).extended(["strip+lower"])
    at_once = look_up(index, words, FALLBACKS)
    assert isinstance(one_by_one, Match)
    assert one_by_one.fallbacks == at_once.fallbacks == FALLBACKS
    assert one_by_one.rows.tolist() == at_once.rows.tolist() == [2, 5, -1, 0, 2]
    assert one_by_one.found_by.tolist() == at_once.found_by.tolist() == [1, 2, -1, 0, 1]


def test_what_cannot_be_matched(vectors):
    with pytest.raises(VocabularyError, match="empty"):
        vectors.match([])
    with pytest.raises(ValueError, match="unknown fallback"):
        vectors.match(["the"], "small")
