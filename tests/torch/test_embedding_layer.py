"""The layer for PyTorch: its bits, what trains, and what it is without glovefast."""

import shutil
import subprocess
import sys
import textwrap

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.errors import CoverageWarning, VocabularyError
from glovefast.store.writing import write_store
from glovefast.vectors import WordVectors
from tests.reference import same_bits

torch = pytest.importorskip("torch")
from glovefast.torch import embedding_layer  # noqa: E402 - imports PyTorch

WORDS = ["the", "king", "queen", "Paris", "répété", "1990", "<unk>", "apple", "pear"]
DIM = 7
WORD_INDEX = {"king": 1, "zebra": 2, "pear": 3, "Apple": 5, "queen": 6}  # no 4; no zebra and no Apple stored
ZEBRA = 2
TOKENS = np.array([[1, 3, 0, 0], [6, 5, 2, 0]])
OOV = np.full(DIM, 0.25, dtype=np.float32)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    rows = np.random.default_rng(5).normal(size=(len(WORDS), DIM)).astype(np.float32)
    return write_store(tmp_path_factory.mktemp("torch") / "small.glovefast", pa.array(WORDS), rows)


@pytest.fixture(scope="module")
def vectors(store):
    return glovefast.load(store)


def row_by_row(vectors, oov=None, apple="Apple"):
    """Make the matrix that the layer must hold, with the tutorial's loop."""
    matrix = np.zeros((7, DIM), dtype=np.float32)
    for word, index in WORD_INDEX.items():
        vector = vectors.get(apple if word == "Apple" else word, oov)
        if vector is not None:
            matrix[index] = vector
    return matrix


def rows_of(layer):
    return layer.weight.detach().numpy()


def model_of(layer):
    torch.manual_seed(1)
    return torch.nn.Sequential(layer, torch.nn.Flatten(), torch.nn.Linear(4 * DIM, 1))


def train(model, make_optimizer, steps=3):
    optimizer = make_optimizer(model.parameters())
    labels = torch.tensor([[0.0], [1.0]])
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(model(torch.tensor(TOKENS)), labels).backward()
        optimizer.step()


def test_layer_is_pytorchs_own_and_holds_the_matrix(vectors, store):
    layer = embedding_layer(vectors, WORD_INDEX)
    assert type(layer) is torch.nn.Embedding
    assert (layer.num_embeddings, layer.embedding_dim, layer.padding_idx) == (7, DIM, 0)
    assert layer.weight.dtype == torch.float32
    assert not layer.weight.requires_grad
    assert same_bits(rows_of(layer), row_by_row(vectors))
    assert same_bits(layer(torch.tensor(TOKENS)).numpy(), row_by_row(vectors)[TOKENS])
    for given in (store, str(store)):
        assert same_bits(rows_of(embedding_layer(given, WORD_INDEX)), row_by_row(vectors))
    assert same_bits(rows_of(embedding_layer(vectors, vectors.match(WORD_INDEX))), row_by_row(vectors))


def test_choices_for_missing_words(vectors):
    layer = embedding_layer(vectors, WORD_INDEX, oov=OOV, fallback="lower")
    assert same_bits(rows_of(layer), row_by_row(vectors, OOV, "apple"))
    drawn = [rows_of(embedding_layer(vectors, WORD_INDEX, oov="normal", seed=seed)) for seed in (3, 3, 4)]
    assert same_bits(drawn[0], vectors.embedding_matrix(WORD_INDEX, "normal", seed=3))
    assert same_bits(drawn[0], drawn[1])
    assert not same_bits(drawn[0], drawn[2])


def test_weight_is_the_matrix_and_not_a_copy(vectors, monkeypatch):
    built = []
    build = WordVectors.embedding_matrix

    def recorded(*arguments, **options):
        built.append(build(*arguments, **options))
        return built[-1]

    monkeypatch.setattr(WordVectors, "embedding_matrix", recorded)
    for dtype in ("float16", "float32", "float64"):
        layer = embedding_layer(vectors, WORD_INDEX, dtype=dtype)
        assert layer.weight.data_ptr() == built[-1].ctypes.data
    assert len(built) == 3
    with torch.no_grad():
        layer.weight[1] = 5  # the store is mapped read-only; the layer's memory is its own
    assert not np.array_equal(vectors["king"], np.full(DIM, 5))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_dtypes(vectors, dtype):
    expected = torch.from_numpy(row_by_row(vectors)).to(getattr(torch, dtype))
    for given in (dtype, getattr(torch, dtype), *([np.dtype(dtype)] if dtype != "bfloat16" else [])):
        weight = embedding_layer(vectors, WORD_INDEX, dtype=given).weight
        assert weight.dtype == expected.dtype
        assert torch.equal(weight, expected)


@pytest.mark.parametrize("dtype", ["int8", "float8", torch.int64, torch.complex64, np.int32, "torch"])
def test_dtypes_that_cannot_hold_vectors(vectors, dtype):
    with pytest.raises(ValueError, match="dtype must be float16, bfloat16, float32, float64, not "):
        embedding_layer(vectors, WORD_INDEX, dtype=dtype)


OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, 0.5, momentum=0.9),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, 0.1, weight_decay=0.2),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_training_leaves_frozen_rows_and_padding(vectors, optimizer):
    frozen = embedding_layer(vectors, WORD_INDEX, oov=OOV)
    train(model_of(frozen), optimizer)
    before = row_by_row(vectors, OOV)
    assert same_bits(rows_of(frozen), before)

    trained = embedding_layer(vectors, WORD_INDEX, oov=OOV, freeze=False)
    assert trained.weight.requires_grad
    train(model_of(trained), optimizer)
    assert not rows_of(trained)[0].any()  # padding, though the texts hold it
    for index in (1, 2, 3, 5, 6):
        assert not np.array_equal(rows_of(trained)[index], before[index])

    unpadded = embedding_layer(vectors, WORD_INDEX, oov=OOV, freeze=False, padding_idx=None)
    train(model_of(unpadded), optimizer)
    assert rows_of(unpadded)[0].any()


@pytest.mark.parametrize(
    ("vocabulary", "given", "expected"),
    [
        (WORD_INDEX, "auto", 0),
        (WORD_INDEX, None, None),
        (WORD_INDEX, 0, 0),
        (WORD_INDEX, np.int64(4), 4),
        (WORD_INDEX, -7, 0),
        (["king", "queen"], "auto", None),
        (["<pad>", "king"], "auto", 0),
        ({"king": 0, "queen": 1}, "auto", None),
    ],
)
def test_padding_index(vectors, vocabulary, given, expected):
    layer = embedding_layer(vectors, vocabulary, padding_idx=given)
    assert layer.padding_idx == expected
    if expected is not None:
        assert not rows_of(layer)[expected].any()


@pytest.mark.parametrize(
    ("vocabulary", "given", "error", "said"),
    [
        (WORD_INDEX, 1, VocabularyError, "padding_idx=1 is the row of 'king'"),
        (WORD_INDEX, -5, VocabularyError, "padding_idx=-5 is the row of 'zebra'"),
        (["[UNK]", "king"], 0, VocabularyError, r"padding_idx=0 is the row of '\[UNK\]'"),
        (WORD_INDEX, 7, ValueError, "padding_idx=7 is outside the vocabulary's 7 rows"),
        (WORD_INDEX, -8, ValueError, "padding_idx=-8 is outside"),
        (WORD_INDEX, True, TypeError, 'padding_idx must be an integer, "auto" or None, not True'),
        (WORD_INDEX, 1.0, TypeError, "not 1.0"),
        (WORD_INDEX, "first", TypeError, "not 'first'"),
    ],
)
def test_padding_indices_that_cannot_be(vectors, vocabulary, given, error, said):
    with pytest.raises(error, match=said):
        embedding_layer(vectors, vocabulary, padding_idx=given)


def test_bad_arguments(vectors):
    with pytest.raises(TypeError, match="vectors must be what"):
        embedding_layer(np.zeros((3, 2)), WORD_INDEX)
    with pytest.raises(TypeError, match="trainable"):
        embedding_layer(vectors, WORD_INDEX, trainable=True)
    with pytest.raises(VocabularyError):
        embedding_layer(vectors, {})
    with pytest.warns(CoverageWarning, match="qwxz"):
        embedding_layer(vectors, {"qwxz": 1})


def test_arguments_of_pytorch_are_passed_on(vectors):
    layer = embedding_layer(vectors, WORD_INDEX, max_norm=0.5, norm_type=1.0, sparse=True, freeze=False)
    assert (layer.max_norm, layer.norm_type, layer.sparse) == (0.5, 1.0, True)
    assert embedding_layer(vectors, WORD_INDEX, scale_grad_by_freq=True).scale_grad_by_freq


WITHOUT_GLOVEFAST = """
    import sys

    class NoGlovefast:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] == "glovefast":
                raise ModuleNotFoundError(name)

    sys.meta_path.insert(0, NoGlovefast())
    import numpy as np, torch

    tokens, expected = torch.tensor(np.load("tokens.npy")), np.load("expected.npy")
    layer = torch.nn.Embedding(7, 7)
    model = torch.nn.Sequential(layer, torch.nn.Flatten(), torch.nn.Linear(28, 1))
    model.load_state_dict(torch.load("state.pt", weights_only=True))
    whole = torch.load("model.pt", weights_only=False)
    exported = torch.export.load("model.pt2").module()
    with torch.no_grad():
        for each in (model, whole, exported):
            assert each(tokens).numpy().tobytes() == expected.tobytes()
    assert not whole[0].weight.requires_grad and whole[0].padding_idx == 0
    assert whole[0].weight.numpy().tobytes() == np.load("rows.npy").tobytes()
"""


def test_saved_and_exported_models_need_no_glovefast(vectors, tmp_path):
    model = model_of(embedding_layer(vectors, WORD_INDEX, oov=OOV)).eval()
    tokens = torch.tensor(TOKENS)
    with torch.no_grad():
        np.save(tmp_path / "expected.npy", model(tokens).numpy())
    np.save(tmp_path / "tokens.npy", TOKENS)
    np.save(tmp_path / "rows.npy", row_by_row(vectors, OOV))
    assert list(model.state_dict()) == ["0.weight", "2.weight", "2.bias"]
    torch.save(model.state_dict(), tmp_path / "state.pt")
    torch.save(model, tmp_path / "model.pt")
    exported = torch.export.export(model, (tokens,))
    assert same_bits(exported.module()(tokens).detach().numpy(), np.load(tmp_path / "expected.npy"))
    torch.export.save(exported, tmp_path / "model.pt2")
    subprocess.run([sys.executable, "-c", textwrap.dedent(WITHOUT_GLOVEFAST)], cwd=tmp_path, check=True)


def test_layers_can_share_their_weight(vectors):
    layer = embedding_layer(vectors, WORD_INDEX, freeze=False)
    output = torch.nn.Linear(DIM, 7, bias=False)
    output.weight = layer.weight
    with torch.no_grad():
        scores = output(layer(torch.tensor(TOKENS)))
        layer.weight[1] += 1
    assert scores.shape == (2, 4, 7)
    assert torch.equal(output.weight, layer.weight)


@pytest.mark.parametrize("backend", ["eager", "inductor"])
def test_compiled_model_looks_the_same_rows_up(vectors, backend):
    if backend == "inductor" and not shutil.which("c++"):
        pytest.skip("torch.compile needs a C++ compiler")
    layer = embedding_layer(vectors, WORD_INDEX)
    compiled = torch.compile(layer, backend=backend, fullgraph=True)
    assert same_bits(compiled(torch.tensor(TOKENS)).numpy(), row_by_row(vectors)[TOKENS])


def run_python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_pytorch_is_not_hidden_and_nothing_else_is_imported():
    code = """import sys, glovefast
before = 'torch' in sys.modules
from glovefast.torch import embedding_layer
import torch
print(before, torch.nn.Embedding.__name__, glovefast.torch.embedding_layer is embedding_layer, *sorted(
    {'keras', 'tensorflow', 'jax', 'numba'} & sys.modules.keys()))"""
    assert run_python(code) == "False Embedding True"
