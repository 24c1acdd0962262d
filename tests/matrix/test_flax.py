"""The embedding matrix in a layer of Flax, as the README shows it."""

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.store.writing import write_store
from tests.reference import same_bits

nnx = pytest.importorskip("flax.nnx")
import jax.numpy as jnp  # noqa: E402 - Flax needs it
import optax  # noqa: E402

WORDS = ["the", "king", "queen", "pear"]
DIM = 5
TOKENS = np.array([[1, 2, 0], [3, 4, 0]])


class Classifier(nnx.Module):
    def __init__(self, embed):
        self.embed = embed
        self.output = nnx.Linear(DIM, 1, rngs=nnx.Rngs(1))

    def __call__(self, tokens):
        return self.output(self.embed(tokens).mean(axis=1))


@nnx.jit
def step(model, optimizer, tokens, labels):
    def loss(model):
        return jnp.mean((model(tokens) - labels) ** 2)

    optimizer.update(model, nnx.grad(loss)(model))


def train(embed):
    model = Classifier(embed)
    optimizer = nnx.Optimizer(model, optax.adamw(0.1, weight_decay=0.5), wrt=nnx.Param)
    weights = np.asarray(model.output.kernel[...])
    for _ in range(3):
        step(model, optimizer, jnp.asarray(TOKENS), jnp.array([[0.0], [1.0]]))
    assert not same_bits(np.asarray(model.output.kernel[...]), weights)
    return np.asarray(model.embed.embedding[...])


@pytest.fixture
def matrix(tmp_path):
    rows = np.random.default_rng(5).normal(size=(len(WORDS), DIM)).astype(np.float32)
    vectors = glovefast.load(write_store(tmp_path / "small.glovefast", pa.array(WORDS), rows))
    return vectors.embedding_matrix({"king": 1, "queen": 2, "zebra": 3, "pear": 4})


def seeded(matrix):
    return nnx.Embed(*matrix.shape, embedding_init=lambda *_: jnp.asarray(matrix), rngs=nnx.Rngs(0))


def test_layer_looks_the_same_rows_up_and_trains(matrix):
    embed = seeded(matrix)
    assert same_bits(np.asarray(embed(jnp.asarray(TOKENS))), matrix[TOKENS])
    assert not same_bits(train(embed), matrix)


def test_layer_whose_rows_are_no_parameter_is_frozen(matrix):
    embed = seeded(matrix)
    embed.embedding = nnx.Variable(jnp.asarray(matrix))
    assert same_bits(train(embed), matrix)
