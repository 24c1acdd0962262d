"""Keras layers that start with the vectors of a store."""

import json
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest

import glovefast
from glovefast.errors import VocabularyError
from tests.helpers.backends import needs_tensorflow
from tests.helpers.keras_layers import DIM, TOKENS, WORD_INDEX, classifier, make_store, rows_of
from tests.reference import same_bits

keras = pytest.importorskip("keras")
from glovefast.keras import embedding_layer  # noqa: E402 - imports Keras


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("keras"))


@pytest.fixture(scope="module")
def vectors(store):
    return glovefast.load(store)


def row_by_row(vectors, word_index, input_dim):
    """Make the matrix that the layer must hold, with the tutorial's loop."""
    matrix = np.zeros((input_dim, vectors.dim), dtype=np.float32)
    for word, index in word_index.items():
        vector = vectors.get(word)
        if vector is not None:
            matrix[index] = vector
    return matrix


def test_layer_is_keras_own_and_holds_the_matrix(vectors):
    layer = embedding_layer(vectors, WORD_INDEX, name="words")
    assert type(layer) is keras.layers.Embedding
    assert (layer.input_dim, layer.output_dim, layer.name, layer.built) == (7, DIM, "words", True)
    assert not layer.trainable
    assert not layer.mask_zero
    assert same_bits(rows_of(layer), row_by_row(vectors, WORD_INDEX, 7))


def test_vectors_may_be_the_path_of_a_store(store, vectors):
    for path in (store, str(store)):
        assert same_bits(rows_of(embedding_layer(path, WORD_INDEX)), row_by_row(vectors, WORD_INDEX, 7))


def test_vectors_of_another_kind_are_refused():
    with pytest.raises(TypeError, match=r"glovefast.load returned.*not a ndarray"):
        embedding_layer(np.ones((3, 4)), WORD_INDEX)


def test_layer_draws_no_random_numbers(vectors, monkeypatch):
    def drawn(*arguments, **more):
        raise AssertionError("the layer was filled with random numbers")

    for name in ("RandomUniform", "RandomNormal", "GlorotUniform"):
        monkeypatch.setattr(getattr(keras.initializers, name), "__call__", drawn)
    with pytest.raises(AssertionError, match="random numbers"):
        keras.layers.Embedding(3, 2).build()  # the trap works
    embedding_layer(vectors, WORD_INDEX, trainable=True)


def test_policies_for_missing_words_are_passed_on(vectors):
    chosen = {"oov": "normal", "fallback": ("lower", "title"), "seed": 3}
    vocabulary = {"PARIS": 1, "zebra": 2, "King": 3}
    layer = embedding_layer(vectors, vocabulary, **chosen)
    assert same_bits(rows_of(layer), vectors.embedding_matrix(vocabulary, **chosen))
    assert same_bits(rows_of(layer)[3], vectors["king"])
    assert rows_of(layer)[2].any()


def test_keras_arguments_are_passed_on(vectors):
    layer = embedding_layer(
        vectors,
        WORD_INDEX,
        trainable=True,
        embeddings_regularizer=keras.regularizers.L2(0.5),
        embeddings_constraint=keras.constraints.MaxNorm(2.0),
    )
    assert layer.trainable
    assert isinstance(layer.embeddings_constraint, keras.constraints.MaxNorm)
    assert float(keras.ops.convert_to_numpy(layer.losses[0])) == pytest.approx(
        0.5 * float((rows_of(layer) ** 2).sum()), rel=1e-5
    )


@pytest.mark.parametrize("argument", ["input_dim", "output_dim", "embeddings_initializer", "weights"])
def test_what_the_vectors_decide_cannot_be_given(vectors, argument):
    with pytest.raises(TypeError, match=f"'{argument}'"):
        embedding_layer(vectors, WORD_INDEX, **{argument: 5})


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "mixed_float16"])
def test_other_float_dtypes_hold_the_rounded_vectors(vectors, dtype):
    layer = embedding_layer(vectors, WORD_INDEX, dtype=dtype)
    assert layer.embeddings.dtype == dtype.replace("mixed_float16", "float32")
    expected = row_by_row(vectors, WORD_INDEX, 7).astype(rows_of(layer).dtype)
    assert rows_of(layer).tobytes() == expected.tobytes()


def test_dtypes_that_cannot_hold_vectors_are_refused(vectors):
    with pytest.raises(ValueError, match="'int32' cannot hold the vectors"):
        embedding_layer(vectors, WORD_INDEX, dtype="int32")
    with pytest.raises(ValueError, match=r"int8_from_float32.*quantize\(\)"):
        embedding_layer(vectors, WORD_INDEX, dtype="int8_from_float32")


def test_lora_starts_from_the_vectors(vectors):
    layer = embedding_layer(vectors, WORD_INDEX, trainable=True, lora_rank=2)
    assert same_bits(rows_of(layer), row_by_row(vectors, WORD_INDEX, 7))
    assert len(layer.trainable_weights) == 2


def masked(vectors, vocabulary):
    layer = embedding_layer(vectors, vocabulary, mask_zero=True)
    mask = keras.ops.convert_to_numpy(layer.compute_mask(np.array([[1, 0]])))
    return mask.tolist()


@pytest.mark.parametrize("vocabulary", [WORD_INDEX, ["", "king"], ["<pad>", "king"], {"[PAD]": 0, "king": 1}])
def test_mask_zero_masks_padding(vectors, vocabulary):
    assert masked(vectors, vocabulary) == [[True, False]]


@needs_tensorflow
def test_mask_zero_masks_padding_of_lookup_layers(vectors):
    text = keras.layers.TextVectorization(vocabulary=["king", "pear"])
    lookup = keras.layers.StringLookup(vocabulary=["king", "pear"], mask_token="")
    assert masked(vectors, text) == masked(vectors, lookup) == [[True, False]]


@pytest.mark.parametrize("token", ["", "[PAD]", "<pad>", "<PAD>"])
def test_padding_is_padding_everywhere(vectors, token):
    for vocabulary in ({token: 0, "king": 1}, [token, "king"]):
        assert vectors.coverage(vocabulary).misses == 0
        (rows,) = embedding_layer(vectors, vocabulary, oov="mean", mask_zero=True).get_weights()
        assert not rows[0].any()
        assert same_bits(rows[1], np.array(vectors["king"]))


@pytest.mark.parametrize("vocabulary", [["king", "pear"], {"pear": 1, "king": 0}])
def test_mask_zero_refuses_to_mask_a_word(vectors, vocabulary):
    embedding_layer(vectors, vocabulary)
    with pytest.raises(VocabularyError, match="the word 'king' has index 0"):
        embedding_layer(vectors, vocabulary, mask_zero=True)


@needs_tensorflow
def test_mask_zero_refuses_to_mask_unknown_words(vectors):
    lookup = keras.layers.StringLookup(vocabulary=["king", "pear"])
    with pytest.raises(VocabularyError, match=r"index 0 is '\[UNK\]'"):
        embedding_layer(vectors, lookup, mask_zero=True)


@pytest.mark.parametrize("functional", [False, True])
def test_models_look_the_vectors_up(vectors, functional):
    layer = embedding_layer(vectors, WORD_INDEX)
    model = classifier(layer, functional)
    expected = row_by_row(vectors, WORD_INDEX, 7)[TOKENS]
    flat = expected.reshape(len(TOKENS), -1)
    predicted = model.predict(TOKENS, verbose=0)
    kernel, bias = model.layers[-1].get_weights()
    np.testing.assert_allclose(predicted, 1 / (1 + np.exp(-(flat @ kernel + bias))), rtol=1e-5)
    assert same_bits(keras.ops.convert_to_numpy(layer(TOKENS)), expected)


@pytest.mark.parametrize("trainable", [False, True])
def test_training_changes_only_a_trainable_layer(vectors, trainable):
    layer = embedding_layer(vectors, WORD_INDEX, trainable=trainable)
    model = classifier(layer)
    model.compile(optimizer="sgd", loss="binary_crossentropy")
    model.fit(TOKENS, np.array([0, 1]), epochs=2, verbose=0)
    before = row_by_row(vectors, WORD_INDEX, 7)
    assert same_bits(rows_of(layer), before) is not trainable
    assert same_bits(rows_of(layer)[4], before[4])  # no document holds index 4


def test_saved_model_needs_no_glovefast(vectors, tmp_path):
    keras.utils.set_random_seed(1)
    model = classifier(embedding_layer(vectors, WORD_INDEX), functional=True)
    expected = model.predict(TOKENS, verbose=0)
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "tokens.npy", TOKENS)
    script = """
        import sys

        class NoGlovefast:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == "glovefast":
                    raise ModuleNotFoundError(name)

        sys.meta_path.insert(0, NoGlovefast())
        try:
            import glovefast
        except ModuleNotFoundError:
            pass
        else:
            raise SystemExit("glovefast was there after all")
        import keras
        import numpy as np

        model = keras.models.load_model("model.keras")
        np.save("predicted.npy", model.predict(np.load("tokens.npy"), verbose=0))
        np.save("rows.npy", model.layers[1].get_weights()[0])
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=tmp_path, check=True)
    assert same_bits(np.load(tmp_path / "predicted.npy"), expected)
    assert same_bits(np.load(tmp_path / "rows.npy"), row_by_row(vectors, WORD_INDEX, 7))


@pytest.mark.filterwarnings("ignore:You are saving a model that has not yet been built")
def test_model_saved_before_its_first_call_keeps_the_vectors(vectors, tmp_path):
    keras.Sequential([embedding_layer(vectors, WORD_INDEX)]).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    predicted = loaded.predict(TOKENS, verbose=0)
    assert same_bits(predicted, row_by_row(vectors, WORD_INDEX, 7)[TOKENS])


@pytest.mark.filterwarnings("ignore::glovefast.CoverageWarning")
def test_configuration_does_not_hold_the_matrix(vectors, tmp_path):
    sizes = []
    for words in (1, 3000):
        layer = embedding_layer(vectors, [f"word{number}" for number in range(words)], oov=np.full(DIM, 0.5))
        assert len(json.dumps(layer.get_config())) < 1000
        path = tmp_path / f"{words}.keras"
        classifier(layer, functional=True).save(path)
        with zipfile.ZipFile(path) as archive:
            sizes.append(archive.getinfo("config.json").file_size)
    assert sizes[1] - sizes[0] < 100  # the digits of input_dim, of layer names and object ids
    assert sizes[1] < 10_000


@pytest.mark.filterwarnings("ignore:Layer 'flatten")  # it drops the mask
def test_copies_from_the_configuration_are_plain_layers(vectors):
    layer = embedding_layer(vectors, WORD_INDEX, name="words", mask_zero=True)
    copy = keras.layers.Embedding.from_config(layer.get_config())
    assert (copy.name, copy.input_dim, copy.output_dim, copy.trainable) == ("words", 7, DIM, False)
    copy.build()
    assert not rows_of(copy).any()

    model = classifier(layer, functional=True)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    assert same_bits(clone.predict(TOKENS, verbose=0), model.predict(TOKENS, verbose=0))


def test_only_the_keras_side_imports_keras():
    script = "import sys, glovefast.demo.walkthrough, glovefast.cli; sys.exit('keras' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
