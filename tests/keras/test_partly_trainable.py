"""The partly trainable layer: what training changes, and what it never changes."""

import importlib.util
import os
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest

import glovefast
from glovefast.errors import VocabularyError
from tests.helpers.backends import needs_tensorflow
from tests.helpers.keras_layers import DIM, TOKENS, WORD_INDEX, classifier, make_store
from tests.reference import same_bits

keras = pytest.importorskip("keras")
from glovefast.keras import (  # noqa: E402 - imports Keras
    PartlyTrainableEmbedding,
    embedding_layer,
    partly_trainable_layer,
    save_embedding,
)

pytestmark = pytest.mark.filterwarnings("ignore:Layer 'flatten")  # it drops the mask
LABELS = np.array([0, 1])
ZEBRA = 2  # the only word that the store does not have
OOV = np.full(DIM, 0.25, dtype=np.float32)


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    return glovefast.load(make_store(tmp_path_factory.mktemp("keras")))


def all_rows(layer):
    return keras.ops.convert_to_numpy(layer.embeddings)


def whole_matrix(vectors, vocabulary=WORD_INDEX):
    return vectors.embedding_matrix(vocabulary, oov=OOV)


def fitted(layer, optimizer, **compile_arguments):
    keras.utils.set_random_seed(1)
    model = classifier(layer, functional=True)
    model.compile(optimizer=optimizer, loss="binary_crossentropy", **compile_arguments)
    model.fit(TOKENS, LABELS, epochs=3, verbose=0)
    return model


OPTIMIZERS = {
    "adam with weight decay": {"class_name": "Adam", "config": {"weight_decay": 0.1, "learning_rate": 0.1}},
    "adamw": {"class_name": "AdamW", "config": {"weight_decay": 0.2, "learning_rate": 0.1}},
    "momentum": {"class_name": "SGD", "config": {"momentum": 0.9, "nesterov": True, "learning_rate": 0.5}},
    "average": {
        "class_name": "Adam",
        "config": {"use_ema": True, "ema_overwrite_frequency": 1, "weight_decay": 0.1, "learning_rate": 0.1},
    },
    "clipped": {"class_name": "RMSprop", "config": {"clipnorm": 0.1, "weight_decay": 0.1}},
}


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_no_optimizer_moves_a_frozen_row(vectors, optimizer, jit_compile):
    layer = partly_trainable_layer(vectors, WORD_INDEX, oov=OOV)
    before = whole_matrix(vectors)
    assert same_bits(all_rows(layer), before)
    model = fitted(layer, keras.optimizers.deserialize(optimizer), jit_compile=jit_compile)
    after = all_rows(layer)
    frozen = np.arange(7) != ZEBRA
    assert same_bits(after[frozen], before[frozen])
    assert not np.any(after[ZEBRA] == before[ZEBRA])
    assert same_bits(keras.ops.convert_to_numpy(layer(TOKENS)), after[TOKENS])
    assert model.trainable_weights[0].shape == (1, DIM)


def test_zeroed_gradients_would_not_have_been_enough():
    """The reason for the layer: weight decay moves rows whose gradient is zero."""
    plain = keras.layers.Embedding(7, DIM)
    fitted(plain, keras.optimizers.Adam(weight_decay=0.1))
    (learned,) = plain.get_weights()
    plain.trainable = True
    before = learned.copy()
    optimizer = keras.optimizers.Adam(weight_decay=0.1)
    optimizer.build(plain.trainable_variables)
    optimizer.apply([keras.ops.zeros((7, DIM))])
    assert not same_bits(plain.get_weights()[0], before)


@pytest.mark.parametrize("trainable_rows", [[ZEBRA], [ZEBRA, 4]])
def test_learned_rows_train_as_those_of_a_plain_layer(vectors, trainable_rows):
    """If no text has any other row, Keras's own layer learns the same."""
    layer = partly_trainable_layer(vectors, WORD_INDEX, oov=OOV, trainable_rows=trainable_rows)
    plain = embedding_layer(vectors, WORD_INDEX, oov=OOV, trainable=True)
    tokens = np.full((2, TOKENS.shape[1]), ZEBRA)  # no other row is touched
    rows = []
    for each in (layer, plain):
        keras.utils.set_random_seed(1)
        model = classifier(each, functional=True)
        model.compile(optimizer=keras.optimizers.SGD(0.5), loss="binary_crossentropy")
        model.fit(tokens, np.array([1, 1]), epochs=3, verbose=0)
        rows.append(keras.ops.convert_to_numpy(each.embeddings)[ZEBRA])
    assert not np.allclose(rows[0], OOV)
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-5, atol=1e-6)


@needs_tensorflow
def test_missing_and_out_of_vocabulary_rows_train_by_default(vectors):
    lookup = keras.layers.StringLookup(vocabulary=["king", "zebra", "pear"], num_oov_indices=2, mask_token="")
    layer = partly_trainable_layer(vectors, lookup, mask_zero=True)
    assert layer.trainable_indices.tolist() == [1, 2, 4]
    assert (layer.input_dim, layer.output_dim, layer.num_trainable_rows) == (6, DIM, 3)
    special = ["[PAD]", "[UNK]", "[CLS]", "king"]
    assert partly_trainable_layer(vectors, special).trainable_indices.tolist() == [1, 2]
    # A word that a fallback finds has a vector.
    layer = partly_trainable_layer(vectors, ["KING", "zebra"], fallback=iter(["lower"]))
    assert layer.trainable_indices.tolist() == [1]
    assert same_bits(all_rows(layer)[0], np.array(vectors["king"]))


@pytest.mark.parametrize(
    ("chosen", "indices"),
    [
        (["king", "queen"], [1, 6]),
        ([0, 4], [0, 4]),
        ((word for word in ["pear"]), [3]),
        (np.array([5, 1, 5]), [1, 5]),
        (["king", 1, np.int32(6)], [1, 6]),
    ],
)
def test_a_given_set_trains(vectors, chosen, indices):
    layer = partly_trainable_layer(vectors, WORD_INDEX, trainable_rows=chosen, oov=OOV)
    assert layer.trainable_indices.tolist() == indices
    assert same_bits(all_rows(layer), whole_matrix(vectors))


@needs_tensorflow
def test_all_rows_under_one_token_train(vectors):
    lookup = keras.layers.StringLookup(vocabulary=["king"], num_oov_indices=2)
    layer = partly_trainable_layer(vectors, lookup, trainable_rows=["[UNK]"])
    assert layer.trainable_indices.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (["king", "nobody"], "the word 'nobody' of trainable_rows is not in the vocabulary"),
        ([7], "the index 7 of trainable_rows is outside the vocabulary's 7 rows"),
        ([-1], "the index -1 of trainable_rows"),
        ([b"king"], "b'king' is neither"),
        ([None], "None is neither"),
        ([True], "True is neither"),
        ([1.0], r"1\.0 is neither"),
        ("king", "not 'king'"),
        (b"king", "not b'king'"),
        (None, "not None"),
        (3, "not 3"),
        ([], "no row would train"),
    ],
)
def test_rows_that_cannot_be_chosen(vectors, chosen, said):
    with pytest.raises(VocabularyError, match=said):
        partly_trainable_layer(vectors, WORD_INDEX, trainable_rows=chosen)


def test_no_row_to_train(vectors):
    with pytest.raises(VocabularyError, match=r"no row would train.*embedding_layer\(\)"):
        partly_trainable_layer(vectors, {"king": 1})


def test_what_it_shares_with_the_plain_layer(vectors):
    with pytest.raises(VocabularyError, match="the word 'king' has index 0"):
        partly_trainable_layer(vectors, ["king", "zebra"], mask_zero=True)
    with pytest.raises(ValueError, match="'int32' cannot hold the vectors"):
        partly_trainable_layer(vectors, WORD_INDEX, dtype="int32")
    with pytest.raises(TypeError, match=r"glovefast.load returned.*not a int"):
        partly_trainable_layer(5, WORD_INDEX)


def test_lora_is_refused_with_advice(vectors):
    layer = partly_trainable_layer(vectors, WORD_INDEX, name="words")
    with pytest.raises(
        AttributeError, match=r"'words' keeps its vectors frozen.*embedding_layer\("
    ) as caught:
        layer.enable_lora(rank=2)
    assert "trainable_rows" in str(caught.value)
    assert not hasattr(layer, "enable_lora")  # so loops over a model's layers skip it


EXPORT = """
    import sys
    import keras, numpy as np, onnxruntime
    from glovefast.keras import partly_trainable_layer

    word_index = {"king": 1, "zebra": 2, "okapi": 3, "pear": 4}
    tokens = np.array([[1, 2, 3, 0], [4, 1, 2, 3]], dtype="int32")
    for rows in ("missing", [2]):
        layer = partly_trainable_layer(sys.argv[1], word_index, oov="normal", trainable_rows=rows)
        model = keras.Sequential([keras.Input((4,), dtype="int32"), layer, keras.layers.Flatten()])
        expected = model.predict(tokens, verbose=0)
        model.export("model.onnx", format="onnx", verbose=False)
        session = onnxruntime.InferenceSession("model.onnx")
        (found,) = session.run(None, {session.get_inputs()[0].name: tokens})
        assert np.array_equal(found, expected)
"""


def test_export_to_onnx_with_torch(tmp_path):
    for library in ("torch", "onnx", "onnxscript", "onnxruntime"):
        if importlib.util.find_spec(library) is None:
            pytest.skip(f"{library} is not installed")
    store = make_store(tmp_path)
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(EXPORT), store],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": "torch"},
        check=True,
    )


@pytest.mark.parametrize("numbers", [(0, 3, 1), (4, -1, 1), (4, 3, 0), (4, 3, 5), (4.0, 3, 1), (4, True, 1)])
def test_sizes_that_cannot_be(numbers):
    with pytest.raises(ValueError, match=r"must be a positive integer|is more than input_dim=4"):
        PartlyTrainableEmbedding(*numbers)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "float32"])
def test_indices_of_any_type(vectors, dtype):
    layer = partly_trainable_layer(vectors, WORD_INDEX, oov=OOV)
    expected = whole_matrix(vectors)[TOKENS]
    assert same_bits(keras.ops.convert_to_numpy(layer(TOKENS.astype(dtype))), expected)
    inputs = keras.Input((4,), dtype=dtype)
    model = keras.Model(inputs, layer(inputs))
    assert same_bits(model.predict(TOKENS.astype(dtype), verbose=0), expected)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_keeps_the_frozen_rows(vectors, policy):
    layer = partly_trainable_layer(vectors, WORD_INDEX, oov=OOV, dtype=policy)
    before = whole_matrix(vectors)
    assert same_bits(all_rows(layer), before)
    out = layer(TOKENS)
    assert keras.backend.standardize_dtype(out.dtype) == policy.removeprefix("mixed_")
    fitted(layer, keras.optimizers.Adam(0.1, weight_decay=0.1))
    frozen = np.arange(7) != ZEBRA
    assert same_bits(all_rows(layer)[frozen], before[frozen])
    assert not same_bits(all_rows(layer), before)


def test_indices_beyond_what_float16_can_count():
    rows = np.arange(5000.0, dtype=np.float32)[:, None] % 7
    layer = PartlyTrainableEmbedding.from_rows(rows, [0], dtype="mixed_float16")
    found = keras.ops.convert_to_numpy(layer(np.array([4001.0], dtype=np.float32)))
    assert found.tolist() == [[4001 % 7]]  # 4001 would be 4000 or 4002


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_float_dtypes_hold_the_rounded_vectors(vectors, dtype):
    layer = partly_trainable_layer(vectors, WORD_INDEX, oov=OOV, dtype=dtype)
    assert all_rows(layer).tobytes() == whole_matrix(vectors).astype(all_rows(layer).dtype).tobytes()


def test_shapes_and_mask(vectors):
    layer = partly_trainable_layer(vectors, WORD_INDEX, mask_zero=True)
    assert layer.compute_output_shape((None, 4)) == (None, 4, DIM)
    assert layer(keras.KerasTensor((None, 3, 4), dtype="int32")).shape == (None, 3, 4, DIM)
    assert keras.ops.convert_to_numpy(layer.compute_mask(TOKENS)).tolist() == (TOKENS != 0).tolist()
    assert partly_trainable_layer(vectors, WORD_INDEX).compute_mask(TOKENS) is None
    model = keras.Sequential([layer, keras.layers.LSTM(3)])
    longer = np.pad(TOKENS, ((0, 0), (0, 2)))  # more padding at the end changes nothing
    np.testing.assert_allclose(model.predict(TOKENS, verbose=0), model.predict(longer, verbose=0), rtol=1e-5)


def test_regularizer_and_constraint_are_for_the_rows_that_train(vectors):
    layer = partly_trainable_layer(
        vectors,
        WORD_INDEX,
        oov=OOV,
        embeddings_regularizer=keras.regularizers.L2(0.5),
        embeddings_constraint=keras.constraints.MaxNorm(0.1, axis=1),
    )
    assert float(keras.ops.convert_to_numpy(layer.losses[0])) == pytest.approx(0.5 * DIM * 0.25**2)
    fitted(layer, "adam")
    assert np.linalg.norm(all_rows(layer)[ZEBRA]) <= 0.1 + 1e-6
    assert same_bits(all_rows(layer)[1], np.array(vectors["king"]))


def test_whole_layer_can_be_frozen_and_thawed(vectors):
    layer = partly_trainable_layer(vectors, WORD_INDEX, oov=OOV, trainable=False)
    fitted(layer, "adam")
    assert same_bits(all_rows(layer), whole_matrix(vectors))
    layer.trainable = True
    assert [weight.name for weight in layer.trainable_weights] == ["learned_rows"]
    fitted(layer, "adam")
    frozen = np.arange(7) != ZEBRA
    assert same_bits(all_rows(layer)[frozen], whole_matrix(vectors)[frozen])


def test_saved_model_is_loaded_once_glovefast_keras_is_imported(vectors, tmp_path):
    layer = partly_trainable_layer(vectors, WORD_INDEX, oov=OOV, mask_zero=True, name="words")
    model = fitted(layer, keras.optimizers.Adam(0.1, weight_decay=0.1))
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "tokens.npy", TOKENS)
    script = """
        import glovefast.keras  # before Keras, as import sorters have it
        import keras
        import numpy as np

        model = keras.models.load_model("model.keras")
        np.save("predicted.npy", model.predict(np.load("tokens.npy"), verbose=0))
        np.save("rows.npy", keras.ops.convert_to_numpy(model.get_layer("words").embeddings))
        model.fit(np.load("tokens.npy"), np.array([0, 1]), verbose=0)
        np.save("later.npy", keras.ops.convert_to_numpy(model.get_layer("words").embeddings))
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=tmp_path, check=True)
    assert same_bits(np.load(tmp_path / "predicted.npy"), model.predict(TOKENS, verbose=0))
    assert same_bits(np.load(tmp_path / "rows.npy"), all_rows(layer))
    later = np.load(tmp_path / "later.npy")
    assert np.flatnonzero((later != all_rows(layer)).any(axis=1)).tolist() == [ZEBRA]


def test_weights_alone_are_saved_and_loaded(vectors, tmp_path):
    model = fitted(partly_trainable_layer(vectors, WORD_INDEX, oov=OOV), "adam")
    model.save_weights(tmp_path / "model.weights.h5")
    clone = keras.models.clone_model(model)
    assert not all_rows(clone.layers[1]).any()
    clone.load_weights(tmp_path / "model.weights.h5")
    assert same_bits(all_rows(clone.layers[1]), all_rows(model.layers[1]))
    assert clone.layers[1].trainable_indices.tolist() == [ZEBRA]
    again = keras.models.clone_model(model)
    again.set_weights(model.get_weights())
    assert same_bits(again.predict(TOKENS, verbose=0), model.predict(TOKENS, verbose=0))


@pytest.mark.filterwarnings("ignore:You are saving a model that has not yet been built")
def test_model_saved_before_its_first_call_keeps_the_rows(vectors, tmp_path):
    layer = partly_trainable_layer(vectors, WORD_INDEX, oov=OOV)
    keras.Sequential([layer]).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert same_bits(loaded.predict(TOKENS, verbose=0), whole_matrix(vectors)[TOKENS])


@pytest.mark.filterwarnings("ignore::glovefast.CoverageWarning")
def test_configuration_is_small_and_whole(vectors, tmp_path):
    vocabulary = [f"word{number}" for number in range(3000)]  # none is in the store: 3,000 rows train
    layer = partly_trainable_layer(
        vectors, vocabulary, embeddings_regularizer="l2", embeddings_constraint="non_neg", name="words"
    )
    copy = PartlyTrainableEmbedding.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    assert isinstance(copy.embeddings_regularizer, keras.regularizers.L2)
    keras.Model(inputs := keras.Input((3,)), layer(inputs)).save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert archive.getinfo("config.json").file_size < 5000


def test_rows_go_into_a_store(vectors, tmp_path):
    layer = partly_trainable_layer(vectors, WORD_INDEX, oov=OOV)
    fitted(layer, "adam")
    learned = glovefast.load(save_embedding(layer, WORD_INDEX, tmp_path / "learned.glovefast"))
    for word, index in WORD_INDEX.items():
        assert same_bits(np.array(learned[word]), all_rows(layer)[index])


def test_by_hand_the_first_rows_train():
    layer = PartlyTrainableEmbedding(5, 2, 3)
    layer.build()
    assert layer.trainable_indices.tolist() == [0, 1, 2]
    assert not all_rows(layer).any()
