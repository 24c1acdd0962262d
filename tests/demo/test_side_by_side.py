"""The tutorial's own way, and glovefast beside it."""

import gzip
import shutil
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glovefast
from glovefast.demo.side_by_side import Step, compare, time_table
from glovefast.demo.tutorial_loop import fill_matrix, read_dictionary
from glovefast.demo.walkthrough import DOCUMENTS, HASH_INDICES, LENGTH, SAMPLE
from glovefast.errors import FormatError
from glovefast.text import Tokenizer, hashing_trick
from glovefast.text import text_to_word_sequence as split_words
from tests.reference import same_bits, tutorial_dictionary

TEXTS = [text for text, _ in DOCUMENTS]


def fit_word_index(texts):
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(texts)
    return tokenizer.word_index


def one_hot(text, size):
    return hashing_trick(text, size, "md5")


WORD_INDEX = fit_word_index([*TEXTS, "zebrafinch"])  # the last word is not in the sample


@pytest.fixture(scope="module")
def legacy_text():
    """Keras's own legacy text functions, where TensorFlow still has them."""
    tensorflow = pytest.importorskip("tensorflow")
    try:
        return tensorflow.keras.preprocessing.text
    except AttributeError:
        pytest.skip("this TensorFlow no longer has keras.preprocessing.text")


@given(texts=st.lists(st.text("aBc !,.'\t\n-_é\u00a0", max_size=20), max_size=6))
def test_words_and_indices_are_those_of_keras(legacy_text, texts):
    texts = [*texts, *TEXTS]
    tokenizer = legacy_text.Tokenizer()
    tokenizer.fit_on_texts(texts)
    assert fit_word_index(texts) == tokenizer.word_index
    for text in texts:
        assert split_words(text) == legacy_text.text_to_word_sequence(text)
        assert one_hot(text, 50) == legacy_text.hashing_trick(text, 50, hash_function="md5")


def test_documents_fit_the_tutorial():
    assert [label for _, label in DOCUMENTS].count(1) == [label for _, label in DOCUMENTS].count(0) == 5
    assert max(len(split_words(text)) for text in TEXTS) == LENGTH
    encoded = {tuple(one_hot(text, HASH_INDICES)) for text in TEXTS}
    assert len(encoded) == len(DOCUMENTS)  # words share hash indices, whole documents do not
    assert all(1 <= index < HASH_INDICES for document in encoded for index in document)
    assert set(fit_word_index(TEXTS)) <= set(tutorial_dictionary(SAMPLE))


def packed(directory, kind):
    """The sample in a container, and the name of its member where the container has several."""
    path = directory / f"vectors.{kind}"
    if kind == "txt":
        shutil.copy(SAMPLE, path)
    elif kind == "gz":
        path.write_bytes(gzip.compress(SAMPLE.read_bytes()))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(SAMPLE, "small.txt")
            archive.writestr("other.txt", "the 1 2\n")
        return path, "small.txt"
    return path, None


@pytest.mark.parametrize("kind", ["txt", "gz", "zip"])
def test_both_ways_give_the_same_matrix(tmp_path, kind):
    beside, stores = tmp_path / "beside", tmp_path / "stores"
    beside.mkdir()
    stores.mkdir()
    source, member = packed(beside, kind)
    compared = compare(source, WORD_INDEX, stores, member=member)
    dictionary = tutorial_dictionary(SAMPLE)
    assert same_bits(compared.matrix, fill_matrix(dictionary, WORD_INDEX, 50))
    assert not compared.matrix[WORD_INDEX["zebrafinch"]].any()
    assert compared.matrix[1:27].any(axis=1).all()
    assert compared.bit_identical is True
    assert "bit for bit" in compared.verdict
    assert len(compared.vectors) == len(dictionary)
    read, opened, built = compared.steps
    assert min(read.seconds, read.loop_seconds, opened.seconds, built.seconds, built.loop_seconds) > 0
    assert list(beside.iterdir()) == [source]


def test_dictionary_is_the_tutorials(tmp_path):
    source, member = packed(tmp_path, "zip")
    ours, theirs = read_dictionary(source, member), tutorial_dictionary(SAMPLE)
    assert list(ours) == list(theirs)
    assert all(same_bits(ours[word], theirs[word]) for word in theirs)


def test_store_leaves_nothing_to_convert(tmp_path):
    store = glovefast.convert(SAMPLE, tmp_path / "sample.glovefast")
    compared = compare(store, WORD_INDEX, tmp_path / "not used")
    assert same_bits(compared.matrix, fill_matrix(tutorial_dictionary(SAMPLE), WORD_INDEX, 50))
    assert compared.bit_identical is None
    assert "has no text" in compared.verdict
    assert (compared.steps[0].seconds, compared.steps[0].loop_seconds) == (None, None)


def test_file_that_the_loop_cannot_read(tmp_path):
    source = tmp_path / "spaces.txt"
    source.write_text("a 1 2\nat name@domain.com 3 4\nwork 5 6\n", encoding="utf-8")
    compared = compare(source, WORD_INDEX, tmp_path)
    assert compared.matrix[WORD_INDEX["work"]].tolist() == [5, 6]
    assert compared.bit_identical is None
    assert "fails on this file" in compared.verdict
    assert "name@domain.com" in compared.verdict
    assert [step.loop_seconds for step in compared.steps] == [None] * 3


def test_rows_that_differ_are_named(tmp_path):
    source = tmp_path / "twice.txt"
    source.write_text("a 1 2\nwork 3 4\nwork 5 6\n", encoding="utf-8")
    compared = compare(source, WORD_INDEX, tmp_path)
    assert compared.matrix[WORD_INDEX["work"]].tolist() == [3, 4]  # the loop keeps the last
    assert compared.bit_identical is False
    assert compared.verdict == "the tutorial's loop gives other rows for: work"


def test_what_glovefast_refuses_is_an_error(tmp_path):
    source = tmp_path / "short.txt"
    source.write_text("a 1 2\nwork 3 4\nessay 5\n", encoding="utf-8")
    with pytest.raises(FormatError, match="line 3"):
        compare(source, WORD_INDEX, tmp_path)


def test_times_are_laid_out_in_columns():
    steps = [Step("read the text", 1.5, 7.25), Step("open", 0.001, None), Step("build", 0.002, 0.0005)]
    assert time_table(steps).splitlines() == [
        "                     glovefast   tutorial loop",
        "read the text           1.50 s          7.25 s",
        "open                   1.00 ms               -",
        "build                  2.00 ms         0.50 ms",
        "each later run         3.00 ms          7.25 s",
    ]
    only_opened = [Step("read", None, None), Step("open", 0.01, None)]
    assert time_table(only_opened).splitlines()[-1] == "each later run        10.00 ms               -"
