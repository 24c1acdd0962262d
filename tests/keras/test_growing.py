"""Adding words of the store to a trained model: what is new, and what keeps every bit."""

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.errors import VocabularyError
from glovefast.vocabulary.training_vocabulary import training_vocabulary
from tests.helpers.backends import needs_tensorflow
from tests.helpers.cases import case_name
from tests.helpers.keras_layers import DIM, TOKENS, WORD_INDEX, classifier, make_store, rows_of
from tests.reference import same_bits
from tests.vocabulary.test_training_vocabulary import SubwordTokenizer, pairs

keras = pytest.importorskip("keras")
from glovefast.keras import (  # noqa: E402 - imports Keras
    embedding_layer,
    grow_model,
    partly_trainable_layer,
    save_embedding,
)

LABELS = np.array([0, 1])
TEXTS = np.array(["the king ate a pear", "a zebra saw the queen"])
NEW = [
    "unk",
    "king",
    "nobody",
    "apple",
    "the",
    "Paris",
    "the",
]  # king and apple are known, nobody is not found
ADDED = ("unk", "the", "Paris")


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    return glovefast.load(make_store(tmp_path_factory.mktemp("keras")))


def trained(layer, functional=True, **compile_arguments):
    keras.utils.set_random_seed(1)
    model = classifier(layer, functional)
    model.compile(**{"optimizer": "adam", "loss": "binary_crossentropy", **compile_arguments})
    model.fit(TOKENS, LABELS, epochs=3, verbose=0)
    return model


def check_grown(vectors, model, layer, grown, start, added=ADDED, tokens=TOKENS):
    """Check everything that grow_model guarantees."""
    old, new = rows_of(layer), rows_of(grown.layer)
    assert grown.added == added
    assert same_bits(new[: len(old)], old)
    assert same_bits(new[start:], np.array([vectors[word] for word in added], np.float32).reshape(-1, DIM))
    assert len(new) == start + len(added) == grown.layer.input_dim
    assert same_bits(grown.model.predict(tokens, verbose=0), model.predict(tokens, verbose=0))
    others = [weight for weight in model.weights if tuple(weight.shape) != old.shape]
    kept = [weight for weight in grown.model.weights if tuple(weight.shape) != new.shape]
    if type(layer) is keras.layers.Embedding:
        assert [each.name for each in kept] == [each.name for each in others]
        for one, other in zip(kept, others, strict=True):
            assert same_bits(one.numpy(), other.numpy())


@pytest.mark.parametrize("functional", [False, True])
@pytest.mark.parametrize("trainable", [False, True])
def test_new_words_get_the_rows_of_the_store(vectors, functional, trainable):
    layer = embedding_layer(vectors, WORD_INDEX, trainable=trainable, name="words")
    model = trained(layer, functional)
    before = model.predict(TOKENS, verbose=0)
    grown = grow_model(model, vectors, WORD_INDEX, NEW)
    check_grown(vectors, model, layer, grown, 7)
    assert grown.not_found == ("nobody",)
    assert grown.vocabulary == {**WORD_INDEX, "unk": 7, "the": 8, "Paris": 9}
    assert type(grown.layer) is keras.layers.Embedding
    assert grown.layer is grown.model.get_layer("words")
    assert grown.layer.trainable is trainable
    assert type(grown.model) is type(model)
    # A text with a new word now uses the vector of that word.
    out = grown.layer(np.array([[grown.vocabulary["Paris"]]]))
    assert same_bits(keras.ops.convert_to_numpy(out)[0, 0], np.array(vectors["Paris"]))
    # The first model is unchanged, and does not learn what the copy learns.
    grown.model.fit(TOKENS + 3, LABELS, verbose=0)
    assert same_bits(model.predict(TOKENS, verbose=0), before)
    assert len(rows_of(layer)) == 7


def test_grown_model_is_saved_and_grown_again(vectors, tmp_path):
    model = trained(embedding_layer(vectors, WORD_INDEX, trainable=True))
    once = grow_model(model, vectors, WORD_INDEX, ["the"])
    twice = grow_model(once.model, vectors.path, once.vocabulary, ["the", "Paris"])
    assert twice.vocabulary == {**WORD_INDEX, "the": 7, "Paris": 8}
    check_grown(vectors, once.model, once.layer, twice, 8, ("Paris",))
    twice.model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert same_bits(loaded.predict(TOKENS + 2, verbose=0), twice.model.predict(TOKENS + 2, verbose=0))
    learned = glovefast.load(save_embedding(twice.layer, twice.vocabulary, tmp_path / "learned"))
    assert same_bits(np.array(learned["Paris"]), np.array(vectors["Paris"]))


def test_partly_trainable_layer_grows_by_frozen_rows(vectors):
    layer = partly_trainable_layer(vectors, WORD_INDEX, mask_zero=False, embeddings_regularizer="l2")
    model = trained(layer, optimizer=keras.optimizers.Adam(0.1, weight_decay=0.1))
    grown = grow_model(model, vectors, WORD_INDEX, NEW)
    check_grown(vectors, model, layer, grown, 7)
    assert grown.layer.trainable_indices.tolist() == layer.trainable_indices.tolist() == [2]
    assert isinstance(grown.layer.embeddings_regularizer, keras.regularizers.L2)
    before = rows_of(grown.layer)
    grown.model.fit(TOKENS + 3, LABELS, epochs=2, verbose=0)
    changed = (rows_of(grown.layer) != before).any(axis=1)
    assert np.flatnonzero(changed).tolist() == [2]


def test_optimizer_begins_anew_and_the_rest_of_compiling_stays(vectors):
    layer = embedding_layer(vectors, WORD_INDEX, trainable=True)
    model = trained(layer, optimizer=keras.optimizers.SGD(0.25, momentum=0.5), metrics=["accuracy"])
    grown = grow_model(model, vectors, WORD_INDEX, NEW).model
    assert int(model.optimizer.iterations.numpy()) == 3
    assert int(grown.optimizer.iterations.numpy()) == 0
    assert (float(grown.optimizer.learning_rate.numpy()), grown.optimizer.momentum) == (0.25, 0.5)
    one, other = (each.evaluate(TOKENS, LABELS, verbose=0, return_dict=True) for each in (model, grown))
    assert one == other
    assert set(one) == {"accuracy", "loss"}
    uncompiled = keras.Sequential([keras.Input((4,)), embedding_layer(vectors, WORD_INDEX)])
    assert not grow_model(uncompiled, vectors, WORD_INDEX, NEW).model.compiled


@needs_tensorflow
@pytest.mark.parametrize("adapted", [False, True])
@pytest.mark.parametrize("options", [{}, {"max_tokens": 8}, {"output_sequence_length": 9}], ids=str)
def test_text_vectorization_of_the_model_itself_is_extended(vectors, adapted, options):
    text = keras.layers.TextVectorization(standardize=None, **options)
    if adapted:
        text.adapt(TEXTS)
    else:
        text.set_vocabulary(["king", "pear", "queen", "a"])
    layer = embedding_layer(vectors, text, mask_zero=True, trainable=True)
    inputs = keras.Input((), dtype="string")
    pooled = keras.layers.GlobalAveragePooling1D()(layer(text(inputs)))
    outputs = keras.layers.Dropout(0.5)(keras.layers.Dense(2)(keras.layers.BatchNormalization()(pooled)))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "mse")
    data = keras.ops.convert_to_tensor(TEXTS)
    model.fit(data, np.ones((2, 2)), verbose=0)
    before = text.get_vocabulary()
    added = tuple(word for word in ("Paris", "1990", "apple") if word not in before)
    grown = grow_model(model, vectors, text, ["nobody", "Paris", "1990", "apple", "", "[UNK]"])
    check_grown(vectors, model, layer, grown, len(before), added, tokens=data)
    assert grown.vocabulary.get_vocabulary() == [*before, *added]
    assert any(each is grown.vocabulary for each in grown.model.layers)
    assert text.get_vocabulary() == before
    one, other = (keras.ops.convert_to_tensor(np.array([word])) for word in ("Paris", "xyzzy"))
    assert not same_bits(grown.model.predict(one, verbose=0), model.predict(one, verbose=0))
    assert same_bits(grown.model.predict(other, verbose=0), model.predict(other, verbose=0))


@needs_tensorflow
@pytest.mark.parametrize(
    "options",
    [{}, {"num_oov_indices": 2, "mask_token": "[MASK]"}, {"max_tokens": 4}, {"oov_token": "unk"}],
    ids=str,
)
def test_string_lookup_is_extended(vectors, options):
    lookup = keras.layers.StringLookup(vocabulary=["king", "zebra"], **options)
    layer = embedding_layer(vectors, lookup)
    model = classifier(layer, functional=True)
    size = lookup.vocabulary_size()
    tokens = TOKENS % size
    new = ("unk", "apple", "the", "Paris")
    added = tuple(word for word in new if word != options.get("oov_token"))
    grown = grow_model(model, vectors, lookup, [*NEW, "[MASK]"])
    check_grown(vectors, model, layer, grown, size, added, tokens)
    assert grown.vocabulary.get_vocabulary() == [*lookup.get_vocabulary(), *added]
    assert grown.vocabulary(list(added)).numpy().tolist() == list(range(size, size + len(added)))


def forms(vectors):
    """List the other kinds of vocabulary with the same words, and what grow_model makes of each."""
    words = ["[PAD]", "king", "zebra", "pear"]
    mapping = {word: index for index, word in enumerate(words)}
    both = [*words, *ADDED, "apple"], {**mapping, "unk": 4, "the": 5, "Paris": 6, "apple": 7}
    return {
        "list": (words, both[0]),
        "tuple": (tuple(words), both[0]),
        "numpy": (np.array(words), both[0]),
        "arrow": (pa.array(words), both[0]),
        "dict": (mapping, both[1]),
        "get_vocab": (SubwordTokenizer(mapping), both[1]),
    }


@pytest.mark.parametrize("kind", ["list", "tuple", "numpy", "arrow", "dict", "get_vocab"])
def test_every_kind_of_vocabulary_is_extended(vectors, kind):
    given, expected = forms(vectors)[kind]
    layer = embedding_layer(vectors, given)
    model = keras.Sequential([keras.Input((2,)), layer])
    grown = grow_model(model, vectors, given, ["[PAD]", *ADDED, "apple", "nobody"])
    assert grown.vocabulary == expected
    again = training_vocabulary(grown.vocabulary)
    assert again.input_dim == grown.layer.input_dim == 8
    assert same_bits(rows_of(grown.layer), vectors.embedding_matrix(again))


def test_checked_vocabulary_is_extended(vectors):
    given = training_vocabulary(WORD_INDEX)
    model = keras.Sequential([keras.Input((2,)), embedding_layer(vectors, given)])
    grown = grow_model(model, vectors, given, ["the"])
    assert pairs(grown.vocabulary) == {**WORD_INDEX, "the": 7}
    assert grown.vocabulary.input_dim == 8


def test_legacy_tokenizer_and_vectorizer_give_dictionaries(vectors):
    tokenizer = pytest.importorskip("keras.src.legacy.preprocessing.text").Tokenizer(
        num_words=4, oov_token="?"
    )
    tokenizer.fit_on_texts(["king king king pear pear queen"])
    model = keras.Sequential([keras.Input((2,)), embedding_layer(vectors, tokenizer)])
    grown = grow_model(model, vectors, tokenizer, ["queen", "the"])  # num_words had dropped queen
    assert grown.vocabulary == {"?": 1, "king": 2, "pear": 3, "queen": 4, "the": 5}

    text = pytest.importorskip("sklearn.feature_extraction.text")
    vectorizer = text.CountVectorizer().fit(["king pear"])
    model = keras.Sequential([keras.Input((2,)), embedding_layer(vectors, vectorizer)])
    grown = grow_model(model, vectors, vectorizer, ["the"])
    assert grown.vocabulary == {"king": 0, "pear": 1, "the": 2}
    again = text.CountVectorizer(vocabulary=grown.vocabulary)
    assert again.transform(["the pear"]).toarray().tolist() == [[0, 1, 1]]


def test_rows_that_belong_to_no_word_are_taken_first(vectors):
    layer = keras.layers.Embedding(9, DIM)
    model = trained(layer)
    before = rows_of(layer)
    grown = grow_model(model, vectors, WORD_INDEX, ["the", "Paris", "1990"])  # indices 7 and 8 were to spare
    after = rows_of(grown.layer)
    assert grown.vocabulary["1990"] == 9
    assert same_bits(after[:7], before[:7])
    assert same_bits(after[7:], np.array(vectors[["the", "Paris", "1990"]]))
    spare = grow_model(model, vectors, WORD_INDEX, ["the"])
    assert same_bits(rows_of(spare.layer)[8:], before[8:])
    assert spare.layer.input_dim == 9


def test_nothing_new(vectors):
    layer = embedding_layer(vectors, WORD_INDEX)
    model = trained(layer)
    for words in ([], ["king"], ["nobody"]):
        grown = grow_model(model, vectors, WORD_INDEX, words)
        check_grown(vectors, model, layer, grown, 7, ())
        assert grown.vocabulary == WORD_INDEX


@pytest.mark.parametrize(
    "words",
    [{"the"}, {"the": 5}, iter(["the"]), np.array(["the"]), pa.array(["the", "the"]), ("the",)],
    ids=case_name,
)
def test_words_of_any_kind(vectors, words):
    model = keras.Sequential([keras.Input((2,)), embedding_layer(vectors, WORD_INDEX)])
    assert grow_model(model, vectors, WORD_INDEX, words).added == ("the",)


def test_fallbacks_find_new_words(vectors):
    model = keras.Sequential([keras.Input((2,)), embedding_layer(vectors, WORD_INDEX)])
    grown = grow_model(model, vectors, WORD_INDEX, ["THE", "paris", "no"], fallback=iter(["lower", "title"]))
    assert grown.added == ("THE", "paris")
    assert same_bits(rows_of(grown.layer)[7:], np.array(vectors[["the", "Paris"]]))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16", "float64"])
def test_layers_of_other_types_grow_in_their_type(vectors, dtype):
    layer = embedding_layer(vectors, WORD_INDEX, dtype=dtype)
    model = keras.Sequential([keras.Input((4,)), layer])
    grown = grow_model(model, vectors, WORD_INDEX, ["the"])
    assert grown.layer.dtype_policy == layer.dtype_policy
    assert rows_of(grown.layer)[:7].tobytes() == rows_of(layer).tobytes()
    assert (
        rows_of(grown.layer)[7].tobytes() == np.array(vectors["the"]).astype(rows_of(layer).dtype).tobytes()
    )
    assert same_bits(grown.model.predict(TOKENS, verbose=0), model.predict(TOKENS, verbose=0))


def test_layers_in_a_model_in_the_model(vectors):
    keras.utils.set_random_seed(1)
    layer = embedding_layer(vectors, WORD_INDEX, name="words")
    inner = keras.Sequential([keras.Input((4,), dtype="int32"), layer, keras.layers.LSTM(3)], name="inner")
    one, other = keras.Input((4,), dtype="int32"), keras.Input((4,), dtype="int32")
    outputs = keras.layers.Dense(1)(keras.layers.Concatenate()([inner(one), inner(other)]))
    model = keras.Model([one, other], outputs)
    grown = grow_model(model, vectors, WORD_INDEX, ["the"])
    given = [TOKENS, TOKENS[::-1]]
    assert same_bits(grown.model.predict(given, verbose=0), model.predict(given, verbose=0))
    assert grown.model.get_layer("inner").get_layer("words") is grown.layer
    assert len(grown.model.weights) == len(model.weights)


def two_embeddings(vectors):
    inputs = keras.Input((4,), dtype="int32")
    outputs = [embedding_layer(vectors, WORD_INDEX, name=name)(inputs) for name in ("one", "other")]
    return keras.Model(inputs, outputs)


def test_which_layer_grows_is_said_by_name_or_layer(vectors):
    model = two_embeddings(vectors)
    for wanted in ("other", model.get_layer("other")):
        grown = grow_model(model, vectors, WORD_INDEX, ["the"], layer=wanted)
        assert (grown.layer.name, grown.layer.input_dim) == ("other", 8)
        assert grown.model.get_layer("one").input_dim == 7


def test_layers_that_are_not_there(vectors):
    model = two_embeddings(vectors)
    with pytest.raises(ValueError, match=r"2 embedding layers \(its Embedding layers: one, other\): choose"):
        grow_model(model, vectors, WORD_INDEX, ["the"])
    with pytest.raises(ValueError, match="0 embedding layers named 'third'"):
        grow_model(model, vectors, WORD_INDEX, ["the"], layer="third")
    with pytest.raises(ValueError, match=r"0 embedding layers \(its Embedding layers: none\)"):
        grow_model(keras.Sequential([keras.layers.Dense(1)]), vectors, WORD_INDEX, ["the"])


def test_models_of_other_kinds_are_refused(vectors):
    class Subclassed(keras.Model):
        pass

    for model in (Subclassed(), embedding_layer(vectors, WORD_INDEX), None):
        with pytest.raises(ValueError, match=f"functional model, not a {type(model).__name__}"):
            grow_model(model, vectors, WORD_INDEX, ["the"])


def test_layer_of_another_dimension_is_named(vectors):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Embedding(7, DIM + 1, name="words")])
    with pytest.raises(ValueError, match=r"layer 'words' has 8 dimensions, the vectors of .*small.* have 7"):
        grow_model(model, vectors, WORD_INDEX, ["the"])


def test_vocabulary_with_more_indices_than_rows_is_refused(vectors):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Embedding(5, DIM)])
    with pytest.raises(VocabularyError, match=r"the word 'apple' has the index 5, .* has 5 rows"):
        grow_model(model, vectors, WORD_INDEX, ["the"])


@pytest.mark.parametrize("quantized", [False, True])
def test_layers_with_more_than_rows_are_refused(vectors, quantized):
    layer = embedding_layer(vectors, WORD_INDEX, trainable=True, lora_rank=None if quantized else 2)
    model = keras.Sequential([keras.Input((2,)), layer])
    if quantized:
        layer.quantize("int8")
    with pytest.raises(ValueError, match=r"is quantized or uses LoRA"):
        grow_model(model, vectors, WORD_INDEX, ["the"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("the", "single str"),
        (b"the", "single bytes"),
        ([b"the"], "b'the'"),
        ([None], "None"),
        (5, "5"),
        (None, "None"),
    ],
)
def test_words_that_are_none(vectors, words, said):
    model = keras.Sequential([keras.Input((2,)), embedding_layer(vectors, WORD_INDEX)])
    with pytest.raises(VocabularyError, match=said):
        grow_model(model, vectors, WORD_INDEX, words)


@needs_tensorflow
def test_layers_without_indices_are_refused(vectors):
    lookup = keras.layers.StringLookup(vocabulary=["king"], output_mode="count", name="words")
    model = keras.Sequential([keras.Input((2,)), embedding_layer(vectors, lookup)])
    with pytest.raises(
        VocabularyError, match=r"layer 'words' does not output indices.* output_mode is 'count'"
    ):
        grow_model(model, vectors, lookup, ["the"])
