"""Training vocabularies made of Keras's tokenizer and layers, against the indices these emit."""

import numpy as np
import pytest

from glovefast.errors import VocabularyError
from glovefast.vocabulary.training_vocabulary import training_vocabulary
from tests.vocabulary.test_training_vocabulary import check_whole, pairs

TEXTS = ["the cat sat on the mat", "the dog sat on the cat", "a cat and a dog and THE mat"]

# The legacy Tokenizer


def tokenizer_class():
    return pytest.importorskip("keras.src.legacy.preprocessing.text").Tokenizer


@pytest.mark.parametrize("num_words", [None, 0, 1, 2, 3, 5, 9, 10, 11, 1000, 4.0, 3.5, -2])
@pytest.mark.parametrize("oov_token", [None, "<OOV>", "the", "mat"])
def test_tokenizer_covers_every_index_it_emits(num_words, oov_token):
    tokenizer = tokenizer_class()(num_words=num_words, oov_token=oov_token)
    tokenizer.fit_on_texts(TEXTS)
    training = training_vocabulary(tokenizer)
    check_whole(training)
    emitted = {}
    for word in tokenizer.word_index:
        for index in tokenizer.texts_to_sequences([[word]])[0]:
            emitted[word] = index
    oov_index = tokenizer.word_index.get(oov_token, None)
    assert pairs(training) == {word: index for word, index in emitted.items() if index != oov_index}
    assert training.padding_indices.tolist()[:1] == [0]
    if oov_token is None:
        assert training.oov_indices.size == 0
    else:
        assert tokenizer.texts_to_sequences(["neverseen"]) == [training.oov_indices.tolist()]
        assert training.oov_tokens == (oov_token,)
    assert max([0, *emitted.values()]) < training.input_dim
    if oov_token != "the":  # "the" at the front: the oov_token took the place of a word and left a gap
        assert training.input_dim <= len(tokenizer.word_index) + 2


def test_tokenizer_input_dim_is_what_users_write():
    tokenizer = tokenizer_class()()
    tokenizer.fit_on_texts(TEXTS)
    assert training_vocabulary(tokenizer).input_dim == len(tokenizer.word_index) + 1
    tokenizer.num_words = 4
    assert training_vocabulary(tokenizer).input_dim == 4
    assert len(training_vocabulary(tokenizer).words) == 3
    assert training_vocabulary(tokenizer.word_index).input_dim == len(tokenizer.word_index) + 1


def test_tokenizer_that_was_not_fitted():
    with pytest.raises(VocabularyError, match="fit_on_texts"):
        training_vocabulary(tokenizer_class()())


# Keras layers

LOOKUPS = [
    {},
    {"mask_token": ""},
    {"mask_token": "[MASK]"},
    {"num_oov_indices": 3},
    {"num_oov_indices": 3, "mask_token": ""},
    {"num_oov_indices": 0},
    {"num_oov_indices": 0, "mask_token": ""},
    {"oov_token": "<other>"},
    {"max_tokens": 50},
    {"max_tokens": 50, "pad_to_max_tokens": True},
    {"invert": True, "num_oov_indices": 2, "mask_token": ""},
]
COUNTING_LOOKUPS = [
    {"output_mode": "multi_hot", "num_oov_indices": 2, "mask_token": ""},
    {"output_mode": "count"},
    {"output_mode": "count", "max_tokens": 20, "pad_to_max_tokens": True},
]


@pytest.fixture(scope="module")
def layers():
    pytest.importorskip("tensorflow")
    return pytest.importorskip("keras").layers


@pytest.mark.parametrize("adapted", [True, False])
@pytest.mark.parametrize("options", LOOKUPS, ids=str)
def test_string_lookup_rows_are_the_indices_it_emits(layers, options, adapted):
    layer = (
        layers.StringLookup(**options)
        if adapted
        else layers.StringLookup(vocabulary=["mat", "cat"], **options)
    )
    if adapted:
        layer.adapt(np.array(["cat", "cat", "mat", "dog"]))
    training = training_vocabulary(layer)
    check_whole(training)
    assert training.input_dim == layer.vocabulary_size() == len(layer.get_vocabulary())
    expected = layer.get_vocabulary(include_special_tokens=False)
    assert training.words.to_pylist() == expected
    rows = training.padding_indices.size + training.oov_indices.size + len(training.words)
    assert rows == training.input_dim
    assert training.padding_indices.tolist() == ([0] if "mask_token" in options else [])
    assert training.oov_indices.size == options.get("num_oov_indices", 1)
    assert set(training.oov_tokens) <= {options.get("oov_token", "[UNK]")}
    if options.get("invert"):
        assert [word.decode() for word in layer(training.indices).numpy()] == expected
        return
    assert layer(expected).numpy().tolist() == training.indices.tolist()
    if options.get("num_oov_indices", 1):
        unknown = layer([f"unknown{number}" for number in range(100)]).numpy()
        assert sorted(set(unknown)) == training.oov_indices.tolist()
    if "mask_token" in options:
        assert layer([options["mask_token"]]).numpy().tolist() == training.padding_indices.tolist()


@pytest.mark.parametrize("options", COUNTING_LOOKUPS, ids=str)
def test_counting_lookup_rows_are_its_columns(layers, options):
    layer = layers.StringLookup(vocabulary=["mat", "cat"], **options)
    training = training_vocabulary(layer)
    check_whole(training)
    assert training.input_dim == layer(["cat"]).shape[-1]
    for word, index in pairs(training).items():
        assert np.flatnonzero(layer([word])).tolist() == [index]
    unknown = np.flatnonzero(layer([f"unknown{number}" for number in range(100)])).tolist()
    assert unknown == training.oov_indices.tolist()
    assert training.padding_indices.size == 0


@pytest.mark.parametrize("adapted", [True, False])
@pytest.mark.parametrize(
    "options",
    [{}, {"max_tokens": 5}, {"output_sequence_length": 4}, {"ngrams": 2, "standardize": None}],
    ids=str,
)
def test_text_vectorization_rows_are_the_indices_it_emits(layers, options, adapted):
    if adapted:
        layer = layers.TextVectorization(**options)
        layer.adapt(TEXTS)
    else:
        layer = layers.TextVectorization(vocabulary=["mat", "cat"], **options)
    training = training_vocabulary(layer)
    check_whole(training)
    assert training.input_dim == layer.vocabulary_size()
    assert training.padding_indices.tolist() == [0]
    assert training.oov_indices.tolist() == [1]
    for word, index in pairs(training).items():
        assert index in layer([word]).numpy()
    assert layer(["neverseen"]).numpy()[0, 0] == 1
    as_list = training_vocabulary(layer.get_vocabulary())
    assert pairs(as_list) == pairs(training)
    assert as_list.oov_indices.tolist() == [1]


@pytest.mark.parametrize("pad", [False, True])
def test_counting_text_vectorization_rows_are_its_columns(layers, pad):
    layer = layers.TextVectorization(
        vocabulary=["mat", "cat"], output_mode="count", max_tokens=9, pad_to_max_tokens=pad
    )
    training = training_vocabulary(layer)
    check_whole(training)
    assert training.input_dim == layer(["cat"]).shape[-1]
    assert pairs(training) == {"mat": 1, "cat": 2}
    assert training.oov_indices.tolist() == np.flatnonzero(layer(["neverseen"])[0]).tolist() == [0]
    assert training.padding_indices.size == 0


@pytest.mark.parametrize("kind", ["StringLookup", "TextVectorization"])
@pytest.mark.parametrize("options", [{}, {"max_tokens": 30}])
def test_layer_that_was_not_adapted(layers, kind, options):
    with pytest.raises(VocabularyError, match=rf"the {kind} layer has no words yet; call its adapt"):
        training_vocabulary(getattr(layers, kind)(**options))


def test_integer_lookup_has_no_words(layers):
    with pytest.raises(
        VocabularyError, match="IntegerLookup layer's vocabulary has values such as 5, not words"
    ):
        training_vocabulary(layers.IntegerLookup(vocabulary=[5, 6]))


@pytest.mark.parametrize("kind", ["TextVectorization", "StringLookup"])
def test_words_that_are_not_utf8(layers, kind):
    tensorflow = pytest.importorskip("tensorflow")
    layer = getattr(layers, kind)()
    layer.adapt(tensorflow.constant([b"king", b"caf\xe9"]))
    with pytest.raises(VocabularyError, match=rf"{kind} layer has the word b'caf\\xe9', which is not UTF-8"):
        training_vocabulary(layer)
