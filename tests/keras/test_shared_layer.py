"""One layer for two inputs, masked and in mixed precision: trained, saved and loaded on this backend."""

import numpy as np
import pytest

import glovefast
from tests.helpers.keras_layers import TOKENS, WORD_INDEX, make_store
from tests.reference import same_bits

keras = pytest.importorskip("keras")
from glovefast.keras import embedding_layer, partly_trainable_layer  # noqa: E402 - imports Keras

ZEBRA = 2  # the only word that the store does not have


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    return glovefast.load(make_store(tmp_path_factory.mktemp("keras")))


def two_towers(layer):
    """Make a model that looks two texts up in one layer, and compares their means without padding."""
    inputs = [keras.Input((None,), dtype="int32") for _ in range(2)]
    means = [keras.layers.GlobalAveragePooling1D()(layer(each)) for each in inputs]
    outputs = keras.layers.Dense(1, dtype="float32")(keras.layers.Concatenate()(means))
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("make", [embedding_layer, partly_trainable_layer])
def test_shared_masked_layer_keeps_the_vectors(vectors, tmp_path, make, policy):
    keras.utils.set_random_seed(1)
    layer = make(vectors, WORD_INDEX, mask_zero=True, dtype=policy)
    model = two_towers(layer)
    texts = [TOKENS, TOKENS[:, ::-1].copy()]  # padding at the end, and in front
    output = model.layers[-1].get_weights()[0]
    model.compile(keras.optimizers.AdamW(0.1, weight_decay=0.2), "mse")
    model.fit(texts, np.array([0.0, 1.0]), epochs=3, verbose=0)
    assert not same_bits(model.layers[-1].get_weights()[0], output)

    rows = keras.ops.convert_to_numpy(layer.embeddings)
    pretrained = vectors.embedding_matrix(WORD_INDEX)
    kept = np.arange(len(rows)) != ZEBRA
    assert same_bits(rows[kept], pretrained[kept])
    assert same_bits(rows, pretrained) is (make is embedding_layer)

    predicted = model.predict(texts, verbose=0)
    longer = [np.pad(each, ((0, 0), (0, 2))) for each in texts]  # more padding changes nothing
    np.testing.assert_allclose(model.predict(longer, verbose=0), predicted, rtol=1e-2)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert same_bits(loaded.predict(texts, verbose=0), predicted)
    assert same_bits(keras.ops.convert_to_numpy(loaded.get_layer(layer.name).embeddings), rows)
