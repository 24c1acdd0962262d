"""The Keras side: layers that start with a store's vectors, and stores made of learned layers."""

import json
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.errors import StoreError, VocabularyError
from glovefast.keras import embedding_layer, save_embedding
from glovefast.store import write_store
from tests.reference import same_bits

keras = pytest.importorskip("keras")
# Keras 3.15's own saving and quantizing do not know NumPy 2's copy keyword yet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")

WORDS = ["the", "king", "queen", "Paris", "répété", "1990", "unk", "<unk>", "apple", "pear"]
DIM = 7
WORD_INDEX = {"king": 1, "zebra": 2, "pear": 3, "apple": 5, "queen": 6}  # no 4, and no zebra in the store
TOKENS = np.array([[1, 3, 0, 0], [6, 5, 2, 0]])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    rows = np.random.default_rng(5).normal(size=(len(WORDS), DIM)).astype(np.float32)
    destination = tmp_path_factory.mktemp("keras") / "small.glovefast"
    return write_store(destination, pa.array(WORDS), rows, {})


@pytest.fixture(scope="module")
def vectors(store):
    return glovefast.load(store)


def rows_of(layer):
    embeddings = layer.embeddings
    is_variable = isinstance(embeddings, keras.Variable)  # with LoRA it is a tensor
    return embeddings.numpy() if is_variable else np.asarray(keras.ops.convert_to_numpy(embeddings))


def row_by_row(vectors, word_index, input_dim):
    """The tutorial's loop: the matrix that the layer must hold."""
    matrix = np.zeros((input_dim, vectors.dim), dtype=np.float32)
    for word, index in word_index.items():
        vector = vectors.get(word)
        if vector is not None:
            matrix[index] = vector
    return matrix


def classifier(layer, functional=False):
    layers = [layer, keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")]
    if not functional:
        return keras.Sequential(layers)
    inputs = keras.Input((TOKENS.shape[1],), dtype="int32")
    outputs = inputs
    for each in layers:
        outputs = each(outputs)
    return keras.Model(inputs, outputs)


def saved_metadata(path):
    return json.loads((path / "metadata.json").read_text(encoding="utf-8"))


# --- embedding_layer ---------------------------------------------------------------------------------------


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
    with pytest.raises(TypeError, match=r"glovefast.load gives.*not a ndarray"):
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
    assert float(layer.losses[0]) == pytest.approx(0.5 * float((rows_of(layer) ** 2).sum()), rel=1e-5)


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


def test_mask_zero_masks_padding(vectors):
    text = keras.layers.TextVectorization(vocabulary=["king", "pear"])
    lookup = keras.layers.StringLookup(vocabulary=["king", "pear"], mask_token="")
    for vocabulary in (WORD_INDEX, text, lookup, ["", "king"], ["<pad>", "king"], {"[PAD]": 0, "king": 1}):
        layer = embedding_layer(vectors, vocabulary, mask_zero=True)
        mask = keras.ops.convert_to_numpy(layer.compute_mask(np.array([[1, 0]])))
        assert mask.tolist() == [[True, False]]


@pytest.mark.parametrize("vocabulary", [["king", "pear"], {"pear": 1, "king": 0}])
def test_mask_zero_refuses_to_mask_a_word(vectors, vocabulary):
    embedding_layer(vectors, vocabulary)
    with pytest.raises(VocabularyError, match="the word 'king' has index 0"):
        embedding_layer(vectors, vocabulary, mask_zero=True)


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


@pytest.mark.filterwarnings("ignore:Layer 'flatten")  # it does not hand the mask on
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


def test_missing_keras_says_how_to_install_it(vectors, monkeypatch, tmp_path):
    layer = embedding_layer(vectors, WORD_INDEX)
    monkeypatch.setitem(sys.modules, "keras", None)
    for call in (
        lambda: embedding_layer(vectors, WORD_INDEX),
        lambda: save_embedding(layer, WORD_INDEX, tmp_path / "x"),
    ):
        with pytest.raises(ImportError, match=r"pip install 'glovefast\[tensorflow\]'"):
            call()


def test_old_keras_is_refused(vectors, monkeypatch):
    monkeypatch.setattr(keras, "__version__", "2.15.0")
    with pytest.raises(ImportError, match=r"Keras 2\.15\.0 is too old"):
        embedding_layer(vectors, WORD_INDEX)


def test_importing_the_module_does_not_import_keras():
    script = "import sys, glovefast.keras; sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


# --- save_embedding ----------------------------------------------------------------------------------------


def learned_layer(rows=7, **arguments):
    layer = keras.layers.Embedding(rows, DIM, **arguments)
    layer.build()
    return layer


def test_learned_rows_come_back_bit_for_bit(tmp_path):
    layer = learned_layer()
    rows = rows_of(layer).copy()
    rows[1, :3] = -0.0, np.nan, np.inf
    layer.set_weights([rows])
    path = save_embedding(layer, WORD_INDEX, str(tmp_path / "learned.glovefast"))
    assert isinstance(path, Path)
    learned = glovefast.load(path)
    assert learned.words.to_pylist() == ["king", "zebra", "pear", "apple", "queen"]
    for word, index in WORD_INDEX.items():
        assert same_bits(np.array(learned[word]), rows[index])


def test_metadata_counts_the_rows_that_have_no_word(tmp_path):
    metadata = saved_metadata(save_embedding(learned_layer(9, name="words"), WORD_INDEX, tmp_path / "x"))
    assert (metadata["rows"], metadata["dim"]) == (5, DIM)
    assert metadata["source"]["name"] == "words"
    # Index 0 is padding; 4, 7 and 8 belong to no word.
    assert metadata["met"] == {
        "padding_rows": 1,
        "oov_rows": 0,
        "rows_without_word": 3,
        "duplicate_words": 0,
        "rounded_rows": 0,
    }


def test_rows_of_unknown_words_keep_their_token(tmp_path):
    text = keras.layers.TextVectorization(vocabulary=["king", "pear"])
    layer = learned_layer(4)
    learned = glovefast.load(save_embedding(layer, text, tmp_path / "text"))
    assert learned.words.to_pylist() == ["[UNK]", "king", "pear"]
    assert same_bits(learned.vectors.view(np.ndarray), rows_of(layer)[1:])

    lookup = keras.layers.StringLookup(vocabulary=["king"], num_oov_indices=2, oov_token="?")
    learned = glovefast.load(save_embedding(layer, lookup, tmp_path / "lookup"))
    assert learned.words.to_pylist() == ["?", "?", "king"]
    assert same_bits(np.array(learned["king"]), rows_of(layer)[2])
    met = saved_metadata(tmp_path / "lookup")["met"]
    # A look-up finds the first of the two rows under one name.
    assert (met["oov_rows"], met["rows_without_word"], met["duplicate_words"]) == (2, 1, 1)


def test_there_and_back_again(vectors, tmp_path):
    layer = embedding_layer(vectors, WORD_INDEX, trainable=True)
    model = classifier(layer)
    model.compile(optimizer="adam", loss="binary_crossentropy")
    model.fit(TOKENS, np.array([0, 1]), epochs=2, verbose=0)
    path = save_embedding(layer, WORD_INDEX, tmp_path / "learned.glovefast")
    again = embedding_layer(path, WORD_INDEX)
    named = sorted(WORD_INDEX.values())
    assert same_bits(rows_of(again)[named], rows_of(layer)[named])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_16_bit_rows_become_the_same_numbers(tmp_path, dtype):
    layer = learned_layer(dtype=dtype)
    path = save_embedding(layer, WORD_INDEX, tmp_path / "x")
    expected = [[float(number) for number in rows_of(layer)[index]] for index in WORD_INDEX.values()]
    assert glovefast.load(path).vectors.tolist() == expected
    assert saved_metadata(path)["met"]["rounded_rows"] == 0


def test_mixed_precision_keeps_what_the_variable_holds(tmp_path):
    layer = learned_layer(dtype="mixed_float16")
    learned = glovefast.load(save_embedding(layer, WORD_INDEX, tmp_path / "x"))
    assert same_bits(np.array(learned["king"]), rows_of(layer)[1])


def test_float64_rows_are_rounded_and_counted(tmp_path):
    layer = learned_layer(dtype="float64", embeddings_initializer="zeros")
    rows = np.zeros((7, DIM))
    rows[1] = 0.1  # between two float32 numbers
    rows[2] = 0.5  # a float32 number
    rows[3] = np.nan
    rows[4] = 0.3  # has no word
    layer.set_weights([rows])
    path = save_embedding(layer, WORD_INDEX, tmp_path / "x")
    assert glovefast.load(path)["king"].tolist() == [float(np.float32(0.1))] * DIM
    assert saved_metadata(path)["met"]["rounded_rows"] == 1


def test_float64_beyond_float32_is_refused(tmp_path):
    layer = learned_layer(dtype="float64", embeddings_initializer="zeros")
    rows = np.zeros((7, DIM))
    rows[2, 1] = np.inf
    layer.set_weights([rows])
    assert np.isinf(glovefast.load(save_embedding(layer, WORD_INDEX, tmp_path / "inf"))["zebra"][1])
    rows[3, 2] = 1e39
    layer.set_weights([rows])
    with pytest.raises(ValueError, match="the word 'pear' has numbers beyond what float32 can hold"):
        save_embedding(layer, WORD_INDEX, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_lora_and_quantized_layers_give_what_they_hand_on(vectors, tmp_path):
    lora = embedding_layer(vectors, WORD_INDEX, trainable=True, lora_rank=2)
    lora.lora_embeddings_b.assign(np.full((2, DIM), 0.25, dtype=np.float32))
    quantized = embedding_layer(vectors, WORD_INDEX)
    quantized.quantize("int8")
    for number, layer in enumerate((lora, quantized)):
        handed_on = keras.ops.convert_to_numpy(layer(np.arange(7)))
        learned = glovefast.load(save_embedding(layer, WORD_INDEX, tmp_path / str(number)))
        for word, index in WORD_INDEX.items():
            assert same_bits(np.array(learned[word]), handed_on[index])
        assert not same_bits(np.array(learned["king"]), np.array(vectors["king"]))


def test_vocabulary_with_more_indices_than_rows_is_refused(tmp_path):
    with pytest.raises(VocabularyError, match=r"the word 'apple' has the index 5, .* has 5 rows"):
        save_embedding(learned_layer(5), WORD_INDEX, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_vocabulary_of_padding_alone_is_refused(tmp_path):
    with pytest.raises(VocabularyError, match="no words"):
        save_embedding(learned_layer(1), [""], tmp_path / "x")


def test_what_has_no_rows_is_refused(tmp_path):
    with pytest.raises(ValueError, match="'words' has no rows yet"):
        save_embedding(keras.layers.Embedding(7, DIM, name="words"), WORD_INDEX, tmp_path / "x")
    with pytest.raises(TypeError, match="a Dense has not"):
        save_embedding(keras.layers.Dense(3), WORD_INDEX, tmp_path / "x")


def test_existing_store_is_replaced_only_on_request(tmp_path):
    path = save_embedding(learned_layer(), WORD_INDEX, tmp_path / "x")
    layer = learned_layer()
    with pytest.raises(StoreError, match="exists already"):
        save_embedding(layer, WORD_INDEX, path)
    save_embedding(layer, WORD_INDEX, path, overwrite=True)
    assert same_bits(np.array(glovefast.load(path)["pear"]), rows_of(layer)[3])
