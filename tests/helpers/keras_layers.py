"""A small store, an index of words, and a model, for the tests of the Keras side."""

import numpy as np
import pyarrow as pa
import pytest

from glovefast.store.writing import write_store

keras = pytest.importorskip("keras")

WORDS = ["the", "king", "queen", "Paris", "répété", "1990", "unk", "<unk>", "apple", "pear"]
DIM = 7
WORD_INDEX = {"king": 1, "zebra": 2, "pear": 3, "apple": 5, "queen": 6}  # no 4, and no zebra in the store
TOKENS = np.array([[1, 3, 0, 0], [6, 5, 2, 0]])


def make_store(directory):
    rows = np.random.default_rng(5).normal(size=(len(WORDS), DIM)).astype(np.float32)
    return write_store(directory / "small.glovefast", pa.array(WORDS), rows)


def rows_of(layer):
    embeddings = layer.embeddings
    is_variable = isinstance(embeddings, keras.Variable)  # with LoRA it is a tensor
    return embeddings.numpy() if is_variable else np.asarray(keras.ops.convert_to_numpy(embeddings))


def classifier(layer, functional=False):
    layers = [layer, keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")]
    if not functional:
        return keras.Sequential(layers)
    inputs = keras.Input((TOKENS.shape[1],), dtype="int32")
    outputs = inputs
    for each in layers:
        outputs = each(outputs)
    return keras.Model(inputs, outputs)
