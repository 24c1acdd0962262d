"""Models that leave Keras, as SavedModels of strings, TFLite, ONNX; compiled, in float16, on two devices."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import glovefast
from glovefast.text import Tokenizer
from tests.helpers.keras_layers import WORDS, make_store
from tests.reference import same_bits

keras = pytest.importorskip("keras")
if keras.backend.backend() != "tensorflow":
    pytest.skip("only TensorFlow has strings and SavedModels of its own", allow_module_level=True)
tf = pytest.importorskip("tensorflow")

from glovefast.keras import embedding_layer, partly_trainable_layer, text_vectorization  # noqa: E402

LENGTH = 6
TEXTS = ["The King saw a zebra; and Paris, İstanbul", "queen!queen of ΟΔΟΣ\x00 ", "zebra", "xyzzy apple"]
LABELS = np.ones((len(TEXTS), 2), np.float32)
LAYERS = {"frozen": embedding_layer, "partly": partly_trainable_layer}


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    return glovefast.load(make_store(tmp_path_factory.mktemp("serving")))


def fitted_tokenizer(**arguments):
    tokenizer = Tokenizer(**{"oov_token": "<oov>", **arguments})
    tokenizer.fit_on_texts([*TEXTS[:-1], " ".join(WORDS)])
    return tokenizer


def layer_of(kind, vectors, vocabulary):
    return LAYERS[kind](vectors, vocabulary, oov="normal", seed=1)


def classifier(first, embedding):
    pooled = keras.layers.GlobalAveragePooling1D()
    return keras.Sequential([*first, embedding, pooled, keras.layers.Dense(2, activation="softmax")])


def of_indices(kind, vectors):
    return classifier([keras.Input((LENGTH,), dtype="int32")], layer_of(kind, vectors, fitted_tokenizer()))


def of_strings(kind, vectors, tokenizer=None):
    text = text_vectorization(tokenizer or fitted_tokenizer(), maxlen=LENGTH)
    return classifier([keras.Input((), dtype="string"), text], layer_of(kind, vectors, text))


def of_store_words(kind, vectors):
    text = text_vectorization(vectors, 8, output_sequence_length=LENGTH)
    return classifier([keras.Input((), dtype="string"), text], layer_of(kind, vectors, text))


def in_float16(kind, vectors):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        return of_strings(kind, vectors)
    finally:
        keras.config.set_dtype_policy("float32")


def trained(kind, vectors):
    model = of_strings(kind, vectors)
    model.compile("adam", "mse")
    model.fit(tf.constant(TEXTS), LABELS, epochs=2, verbose=0)
    return model


MODELS = {
    "tokenizer": of_strings,
    "tokenizer without oov_token": lambda *given: of_strings(*given, fitted_tokenizer(oov_token=None)),
    "other settings": lambda *given: of_strings(*given, fitted_tokenizer(lower=False, filters="!;")),
    "TextVectorization": of_store_words,
    "mixed_float16": in_float16,
    "trained": trained,
}

# Without glovefast, and without Keras: importing a module that is None is an ImportError.
LOAD_AND_PREDICT = """
    import sys
    sys.modules["keras"] = sys.modules["glovefast"] = None
    import numpy as np
    import tensorflow as tf
    *paths, texts, results = sys.argv[1:]
    texts = np.load(texts)
    predictions = []
    for path in paths:
        model = tf.saved_model.load(path)
        predictions.append(model.serve(tf.constant(texts)).numpy())
    assert not any(name.startswith(("glovefast", "keras")) for name, found in sys.modules.items() if found)
    np.savez(results, *predictions)
"""


@pytest.mark.parametrize("kind", LAYERS)
def test_saved_models_predict_the_same_bits_from_strings_with_tensorflow_alone(vectors, kind, tmp_path):
    models = {name: make(kind, vectors) for name, make in MODELS.items()}
    texts = np.array([text.encode() for text in TEXTS])
    np.save(tmp_path / "texts.npy", texts)
    paths = [tmp_path / name for name in models]
    for path, model in zip(paths, models.values(), strict=True):
        model.export(path, verbose=False)
    arguments = map(str, [*paths, tmp_path / "texts.npy", tmp_path / "results.npz"])
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LOAD_AND_PREDICT), *arguments],
        check=True,
        cwd=tmp_path,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    served = np.load(tmp_path / "results.npz")
    for (name, model), predictions in zip(models.items(), served.values(), strict=True):
        expected = model.predict(tf.constant(texts), verbose=0)
        assert predictions.dtype == (np.float16 if name == "mixed_float16" else np.float32)
        assert predictions.shape == (len(TEXTS), 2)
        assert len({row.tobytes() for row in expected}) == len(TEXTS)
        assert same_bits(predictions, expected), name


@pytest.mark.parametrize("kind", LAYERS)
def test_mixed_float16_rounds_the_vectors_of_float32_variables(vectors, kind):
    model = in_float16(kind, vectors)
    embedding = model.layers[1]
    assert {variable.dtype for variable in embedding.weights} <= {"float32", "int32", "int64"}
    exact = layer_of(kind, vectors, fitted_tokenizer())
    indices = fitted_tokenizer().texts_to_padded(TEXTS, LENGTH)
    found = keras.ops.convert_to_numpy(embedding(indices))
    assert same_bits(found, keras.ops.convert_to_numpy(exact(indices)).astype(np.float16))
    model.compile("adam", "mse")
    model.fit(tf.constant(TEXTS), LABELS, verbose=0)
    assert np.isfinite(model.predict(tf.constant(TEXTS), verbose=0)).all()


@pytest.mark.parametrize("kind", LAYERS)
def test_jit_compile(vectors, kind):
    """XLA compiles models of indices. Keras runs a model of strings without it, and says so."""
    indices = fitted_tokenizer().texts_to_padded(TEXTS, LENGTH)
    model = of_indices(kind, vectors)
    expected = keras.ops.convert_to_numpy(model(indices))
    model.compile("sgd", "mse", jit_compile=True)
    np.testing.assert_allclose(model.predict(indices, verbose=0), expected, rtol=1e-6)
    model.fit(indices, LABELS, verbose=0)
    strings = of_strings(kind, vectors)
    with pytest.warns(UserWarning, match="doesn't support `jit_compile=True`"):
        strings.compile("sgd", "mse", jit_compile=True)
    strings.fit(tf.constant(TEXTS), LABELS, verbose=0)
    assert not strings.jit_compile


ON_TWO_DEVICES = """
    import sys
    import tensorflow as tf
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    import keras
    import numpy as np
    import glovefast
    from tests.keras.test_serving import LABELS, LENGTH, TEXTS, fitted_tokenizer, of_indices
    from glovefast.keras import text_vectorization

    vectors = glovefast.load(sys.argv[1])
    text = text_vectorization(fitted_tokenizer(), maxlen=LENGTH)
    data = tf.data.Dataset.from_tensor_slices((TEXTS, LABELS)).batch(4).map(lambda texts, y: (text(texts), y))
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert strategy.num_replicas_in_sync == 2

    def trained(kind):
        keras.utils.set_random_seed(1)
        with strategy.scope():
            model = of_indices(kind, vectors)
            model.compile(keras.optimizers.Adam(0.1, weight_decay=0.1), "mse")
            strings = keras.Sequential([keras.Input((), dtype="string"), text, model])
        layer = model.layers[0]
        before = keras.ops.convert_to_numpy(layer(INDICES))
        model.fit(data, epochs=3, verbose=0)
        moved = (keras.ops.convert_to_numpy(layer(INDICES)) != before).all(axis=1)
        predictions = strings.predict(tf.constant(TEXTS), verbose=0)
        assert predictions.tobytes() == model.predict(text(TEXTS), verbose=0).tobytes()
        return layer, moved, predictions

    INDICES = np.arange(1, max(fitted_tokenizer().word_index.values()) + 1)
    _, moved, predictions = trained("frozen")
    assert not moved.any()
    layer, moved, other_predictions = trained("partly")
    assert INDICES[moved].tolist() == layer.trainable_indices.tolist()
    assert (predictions != other_predictions).all()
"""


def test_mirrored_strategy_on_two_devices_moves_only_rows_that_train(vectors):
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(ON_TWO_DEVICES), str(vectors.path)],
        check=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


@pytest.mark.filterwarnings(r"ignore:\s*Warning. tf.lite.Interpreter is deprecated")
@pytest.mark.parametrize("kind", LAYERS)
def test_tflite_gives_the_same_rows(vectors, kind):
    indices = fitted_tokenizer().texts_to_padded(TEXTS, LENGTH)
    layer = layer_of(kind, vectors, fitted_tokenizer())
    model = keras.Sequential([keras.Input((LENGTH,), dtype="int32"), layer])
    converted = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    run = tf.lite.Interpreter(model_content=converted).get_signature_runner()
    (name,) = run.get_input_details()
    (rows,) = run(**{name: indices}).values()
    assert same_bits(rows, model.predict(indices, verbose=0))


@pytest.mark.filterwarnings("ignore:In the future `np.object`:FutureWarning")
@pytest.mark.parametrize("kind", LAYERS)
def test_onnx_gives_the_same_rows(vectors, kind, tmp_path):
    pytest.importorskip("tf2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    indices = fitted_tokenizer().texts_to_padded(TEXTS, LENGTH)
    layer = layer_of(kind, vectors, fitted_tokenizer())
    model = keras.Sequential([keras.Input((LENGTH,), dtype="int32"), layer])
    expected = model.predict(indices, verbose=0)
    model.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (rows,) = session.run(None, {session.get_inputs()[0].name: indices})
    assert same_bits(rows, expected)
