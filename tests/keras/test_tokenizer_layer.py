"""The Tokenizer as a layer of strings: what Keras's Tokenizer and pad_sequences give, for every text."""

import json
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glovefast
from glovefast.errors import DependencyError, VocabularyError
from glovefast.text import Tokenizer
from tests.helpers.keras_layers import DIM, make_store
from tests.reference import same_bits

keras = pytest.importorskip("keras")
if keras.backend.backend() != "tensorflow":
    pytest.skip("only TensorFlow has strings", allow_module_level=True)
tf = pytest.importorskip("tensorflow")
keras_text = pytest.importorskip("keras.src.legacy.preprocessing.text")

from glovefast.keras import (  # noqa: E402 - imports Keras
    TokenizerLayer,
    embedding_layer,
    grow_model,
    partly_trainable_layer,
    text_vectorization,
)
from glovefast.keras.lower_case import lower_case  # noqa: E402

ALL = [chr(point) for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000]
if tf.strings.unicode_encode([0xFFFF], "UTF-8").numpy() == b"\xef\xbf\xbd":
    # Older versions of TensorFlow (2.18) write U+FFFD for the 66 code points that are no characters.
    ALL = [each for each in ALL if ord(each) & 0xFFFE != 0xFFFE and not 0xFDD0 <= ord(each) <= 0xFDEF]
TEXTS = ["the King saw a zebra, and Paris", "queen of PARIS", "", "zebra!zebra"]

# What lowers to something longer, to ASCII or by its neighbors; what combines; what patterns read.
ODD = "aAbBzZ09 .,!-'_\t\n\r\x00\x1c\x85\xa0İI\u0131KÅßẞΣ\u03c3ςÀéÉǅ\u0301\u0307\\[]^$&|{}"
ODD += "\u200d\u2028\u3000中👍🏽𐐀\ufeff\ufffd"
characters = st.one_of(st.sampled_from(ODD), st.sampled_from(ALL))
texts = st.lists(st.text(characters, max_size=30), min_size=1, max_size=6)
settings_of_tokenizers = st.fixed_dictionaries(
    {},
    optional={
        "num_words": st.one_of(st.integers(0, 8), st.just(4.5)),
        "filters": st.text(st.one_of(characters, st.just("\ud83d")), max_size=5),
        "lower": st.booleans(),
        "split": st.one_of(
            st.text(characters, min_size=1, max_size=2), st.sampled_from([" ", "a", "Z", "é", "\\0", "aa"])
        ),
        "char_level": st.booleans(),
        "oov_token": st.sampled_from(["<unk>", "a", "é", "", "\ud83d"]),
    },
)
paddings = st.fixed_dictionaries(
    {},
    optional={
        "maxlen": st.integers(1, 8),
        "padding": st.sampled_from(["pre", "post"]),
        "truncating": st.sampled_from(["pre", "post"]),
        "value": st.integers(-3, 3),
    },
)


@settings(max_examples=40)
@given(texts, texts, settings_of_tokenizers, paddings, st.sampled_from([Tokenizer, keras_text.Tokenizer]))
def test_any_text_and_tokenizer(fitted, others, rule, padding, kind):
    tokenizer = kind(**rule)
    tokenizer.fit_on_texts([*fitted, "\ud83d \udc4d"])  # words that no text of TensorFlow has
    oracle = keras_text.Tokenizer(**rule)
    oracle.fit_on_texts([*fitted, "\ud83d \udc4d"])
    layer = text_vectorization(tokenizer, **padding)
    for some in (fitted, others):
        expected = keras.utils.pad_sequences(oracle.texts_to_sequences(some), **padding)
        found = layer(some).numpy()
        assert found.dtype == expected.dtype == np.int32
        assert found.tolist() == expected.tolist()
    copy = TokenizerLayer.from_config(json.loads(json.dumps(layer.get_config())))
    assert copy(others).numpy().tolist() == layer(others).numpy().tolist()


@settings(max_examples=40)
@given(st.lists(st.text(st.one_of(st.sampled_from("Σ\u03c3ςaB'.\u0301İ ʰ"), characters), max_size=12)))
def test_lower_case_of_any_text(some):
    lowered = lower_case().of_texts(tf.constant(some, tf.string)).numpy()
    assert [each.decode() for each in lowered] == [text.lower() for text in some]


@pytest.mark.parametrize("around", ["{}", "{}Σ", "A{}Σ{}", "AΣ{}", "AΣ{}a", "Σ{}Σ"])
def test_lower_case_of_all_of_unicode(around):
    some = [around.format(character, character) for character in ALL]
    lowered = lower_case().of_texts(tf.constant(some)).numpy()
    expected = np.array([text.lower().encode() for text in some], dtype=object)
    assert [some[place] for place in np.flatnonzero(lowered != expected)] == []


def test_lower_case_of_one_long_text_and_of_none():
    whole = "".join(ALL)
    lowered = lower_case().of_texts(tf.constant([whole, "", "ΑΣ", "Σ\u03b1"])).numpy()
    assert [each.decode() for each in lowered] == [whole.lower(), "", "\u03b1ς", "\u03c3\u03b1"]
    assert lower_case().of_texts(tf.constant([], tf.string)).shape == (0,)


@pytest.mark.parametrize("char_level", [False, True])
def test_bytes_that_are_not_utf8_are_read_as_python_replaces_them(char_level):
    data = [b"a\xff b", b"\xed\xa0\x80", b"\xf0\x9f\x91", b"x\xc3", b"\xc0\x80 \xf4\x90\x80\x80"]
    decoded = [each.decode("utf-8", "replace") for each in data]
    tokenizer = Tokenizer(char_level=char_level)
    tokenizer.fit_on_texts(decoded)
    found = text_vectorization(tokenizer)(tf.constant(data)).numpy()
    assert found.tolist() == tokenizer.texts_to_padded(decoded).tolist()


def fitted_tokenizer(**arguments):
    tokenizer = Tokenizer(**arguments)
    tokenizer.fit_on_texts(TEXTS)
    return tokenizer


@pytest.mark.parametrize("oov_token", [None, "<unk>", "zebra"])
@pytest.mark.parametrize("num_words", [None, 0, 1, 3, 100])
def test_indices_that_a_user_assigned(oov_token, num_words):
    word_index = {
        "zebra": 7,
        "paris": 0,
        "king": 3,
        "the": 3,
        "<unk>": 9,
        "": 5,
        "\ud83d": 11,
        "[UNK]": 2,
        "a\0": 8,
        "a\0\0": 4,
    }
    tokenizer = Tokenizer(num_words=num_words, oov_token=oov_token)
    tokenizer.word_index = word_index
    layer = text_vectorization(tokenizer, value=-2)
    texts = [*TEXTS, "a\0 a\0\0 \0 a"]
    assert layer(texts).numpy().tolist() == tokenizer.texts_to_padded(texts, value=-2).tolist()


def test_shapes_and_kinds_of_input():
    tokenizer = fitted_tokenizer()
    layer = text_vectorization(tokenizer, maxlen=3)
    expected = tokenizer.texts_to_padded(TEXTS, maxlen=3)
    column = np.array(TEXTS)[:, np.newaxis]
    for given_texts in (
        TEXTS,
        tuple(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, object),
        tf.constant(TEXTS),
        column,
    ):
        assert layer(given_texts).numpy().tolist() == expected.tolist()
    assert layer(TEXTS[0]).numpy().tolist() == expected[0].tolist()
    assert layer([]).shape == (0, 3)
    one_by_one = tf.data.Dataset.from_tensor_slices(TEXTS).map(layer)
    assert [each.tolist() for each in one_by_one.as_numpy_iterator()] == expected.tolist()
    batches = tf.data.Dataset.from_tensor_slices(TEXTS).batch(3).map(layer)
    assert np.concatenate([*batches.as_numpy_iterator()]).tolist() == expected.tolist()
    assert batches.element_spec.shape.as_list() == [None, 3]
    with pytest.raises(ValueError, match=r"takes strings of the shape \(n,\) or \(n, 1\), not \(2, 2\)"):
        layer([["a", "b"], ["c", "d"]])
    with pytest.raises(ValueError, match=r"not \(None, 2\)"):
        layer(keras.Input((2,), dtype="string"))
    for numbers, dtype in ((keras.Input(()), "float32"), (tf.constant([1]), "int32")):
        with pytest.raises(TypeError, match=f"takes strings, not {dtype}: make the input with "):
            layer(numbers)


@pytest.mark.parametrize("shape", [(), (1,)])
@pytest.mark.parametrize("maxlen", [4, None])
def test_a_model_of_strings_is_that_of_indices(shape, maxlen, tmp_path):
    tokenizer = fitted_tokenizer(oov_token="<unk>", num_words=6)
    vectors = glovefast.load(make_store(tmp_path))
    embedding = embedding_layer(vectors, tokenizer, oov="normal", seed=1, mask_zero=True)
    layer = text_vectorization(tokenizer, maxlen=maxlen)
    model = keras.Sequential([keras.Input(shape, dtype="string"), layer, embedding])
    assert model.output_shape == (None, maxlen, DIM)
    expected = embedding.get_weights()[0][tokenizer.texts_to_padded(TEXTS, maxlen)]
    strings = tf.reshape(tf.constant(TEXTS), [-1, *shape])
    assert same_bits(model.predict(strings, verbose=0), expected)
    model.save(tmp_path / "model.keras")
    for copy in (keras.models.load_model(tmp_path / "model.keras"), keras.models.clone_model(model)):
        copy.set_weights(model.get_weights())
        assert same_bits(copy.predict(strings, verbose=0), expected)


@pytest.mark.filterwarnings("ignore::glovefast.errors.CoverageWarning")
def test_the_layer_is_a_vocabulary(tmp_path):
    vectors = glovefast.load(make_store(tmp_path))
    for arguments in ({}, {"num_words": 4}, {"num_words": 4, "oov_token": "<unk>"}):
        tokenizer = fitted_tokenizer(**arguments)
        layer = text_vectorization(tokenizer)
        assert same_bits(vectors.embedding_matrix(layer), vectors.embedding_matrix(tokenizer))
        again = text_vectorization(layer, maxlen=2, padding="post")
        assert again(TEXTS).numpy().tolist() == tokenizer.texts_to_padded(TEXTS, 2, "post").tolist()


def test_the_layer_of_a_model_grows(tmp_path):
    vectors = glovefast.load(make_store(tmp_path))
    tokenizer = fitted_tokenizer(oov_token="<unk>", num_words=5)
    layer = text_vectorization(tokenizer, maxlen=4, padding="post")
    embedding = partly_trainable_layer(vectors, layer, oov="normal", seed=1)
    model = keras.Sequential([keras.Input((), dtype="string"), layer, embedding])
    grown = grow_model(model, vectors, layer, ["apple", "pear", "zebra", "nobody"])
    assert grown.added == ("apple", "pear")
    assert grown.model.layers[0] is grown.vocabulary
    assert isinstance(grown.vocabulary, TokenizerLayer)
    strings = np.array([*TEXTS, "nobody saw"], object)
    assert same_bits(grown.model.predict(strings, verbose=0), model.predict(strings, verbose=0))
    found = grown.model.predict(np.array(["Pear, apple"], object), verbose=0)[0, :2]
    assert same_bits(found, vectors[["pear", "apple"]])


def test_what_cannot_be_a_layer():
    tokenizer = fitted_tokenizer()
    with pytest.raises(VocabularyError, match="no words yet; call fit_on_texts"):
        text_vectorization(Tokenizer())
    with pytest.raises(VocabularyError, match="analyzer is a Python function"):
        text_vectorization(fitted_tokenizer(analyzer=str.split))
    assert text_vectorization(fitted_tokenizer(analyzer=str.split, char_level=True))("z").shape == (1,)
    with pytest.raises(TypeError, match="takes no 'words' for a Tokenizer"):
        text_vectorization(tokenizer, 20)
    with pytest.raises(TypeError, match="takes no 'lower' for a Tokenizer"):
        text_vectorization(tokenizer, lower=False)
    with pytest.raises(TypeError, match=r"takes a fitted Tokenizer, .* not a dict"):
        text_vectorization(tokenizer.word_index)
    tokenizer.oov_token = "<unk>"
    with pytest.raises(VocabularyError, match="the oov_token '<unk>' has no index"):
        text_vectorization(tokenizer)
    for index in (-1, 2**31, 1.5, True, None):
        tokenizer.word_index = {"<unk>": 1, "king": index}
        with pytest.raises(VocabularyError, match=f"'king' has the index {index}"):
            text_vectorization(tokenizer)
    tokenizer.word_index = {"<unk>": 1, 5: 2}
    with pytest.raises(VocabularyError, match="a word that is not a string: 5"):
        text_vectorization(tokenizer)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"maxlen": 0}, "maxlen must be a positive integer or None, not 0"),
        ({"maxlen": 2.0}, "maxlen must be"),
        ({"maxlen": True}, "maxlen must be"),
        ({"padding": "left"}, "padding must be 'pre' or 'post', not 'left'"),
        ({"truncating": None}, "truncating must be"),
        ({"value": 0.5}, "value must be an integer of 32 bits, not 0.5"),
        ({"value": 2**31}, "value must be"),
    ],
)
def test_arguments_that_are_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        text_vectorization(fitted_tokenizer(), **arguments)


@pytest.mark.parametrize("split", ["", None, "\ud83d"])
def test_a_split_that_no_text_has(split):
    tokenizer = fitted_tokenizer()
    tokenizer.split = split
    with pytest.raises(ValueError, match="split must be"):
        text_vectorization(tokenizer)


def test_other_backends_have_no_strings(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(DependencyError, match="needs the backend tensorflow, but Keras runs on jax"):
        text_vectorization(fitted_tokenizer())
