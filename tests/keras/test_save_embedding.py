"""Stores and text made from trained layers."""

import json
from pathlib import Path

import numpy as np
import pytest

import glovefast
from glovefast.errors import StoreError, VocabularyError
from tests.helpers.backends import needs_tensorflow, with_float64
from tests.helpers.keras_layers import DIM, TOKENS, WORD_INDEX, classifier, make_store, rows_of
from tests.reference import same_bits

keras = pytest.importorskip("keras")
from glovefast.keras import embedding_layer, save_embedding  # noqa: E402 - imports Keras


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    return glovefast.load(make_store(tmp_path_factory.mktemp("keras")))


def saved_metadata(path):
    return json.loads((path / "metadata.json").read_text(encoding="utf-8"))


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
    assert metadata["report"] == {
        "padding_rows": 1,
        "oov_rows": 0,
        "rows_without_word": 3,
        "duplicate_words": 0,
        "rounded_rows": 0,
    }


@needs_tensorflow
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
    report = saved_metadata(tmp_path / "lookup")["report"]
    # A look-up finds the first of the two rows under one name.
    assert (report["oov_rows"], report["rows_without_word"], report["duplicate_words"]) == (2, 1, 1)


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
    assert saved_metadata(path)["report"]["rounded_rows"] == 0


def test_mixed_precision_keeps_what_the_variable_holds(tmp_path):
    layer = learned_layer(dtype="mixed_float16")
    learned = glovefast.load(save_embedding(layer, WORD_INDEX, tmp_path / "x"))
    assert same_bits(np.array(learned["king"]), rows_of(layer)[1])


def test_float64_rows_are_rounded_and_counted(tmp_path):
    with with_float64():
        layer = learned_layer(dtype="float64", embeddings_initializer="zeros")
    rows = np.zeros((7, DIM))
    rows[1] = 0.1  # between two float32 numbers
    rows[2] = 0.5  # a float32 number
    rows[3] = np.nan
    rows[4] = 0.3  # has no word
    with with_float64():
        layer.set_weights([rows])
        path = save_embedding(layer, WORD_INDEX, tmp_path / "x")
    assert glovefast.load(path)["king"].tolist() == [float(np.float32(0.1))] * DIM
    assert saved_metadata(path)["report"]["rounded_rows"] == 1


def test_float64_beyond_float32_is_refused(tmp_path):
    rows = np.zeros((7, DIM))
    rows[2, 1] = np.inf
    with with_float64():
        layer = learned_layer(dtype="float64", embeddings_initializer="zeros")
        layer.set_weights([rows])
        assert np.isinf(glovefast.load(save_embedding(layer, WORD_INDEX, tmp_path / "inf"))["zebra"][1])
        rows[3, 2] = 1e39
        layer.set_weights([rows])
    with pytest.raises(ValueError, match="the word 'pear' has numbers that are too large for float32"):
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
    with pytest.raises(TypeError, match="not a Dense"):
        save_embedding(keras.layers.Dense(3), WORD_INDEX, tmp_path / "x")


def test_existing_store_is_replaced_only_on_request(tmp_path):
    path = save_embedding(learned_layer(), WORD_INDEX, tmp_path / "x")
    layer = learned_layer()
    with pytest.raises(StoreError, match="already exists"):
        save_embedding(layer, WORD_INDEX, path)
    save_embedding(layer, WORD_INDEX, path, overwrite=True)
    assert same_bits(np.array(glovefast.load(path)["pear"]), rows_of(layer)[3])


# Text for other tools


def test_suffix_and_argument_choose_the_format(tmp_path):
    layer = learned_layer()
    lines = {}
    for name, file_format in [
        ("x.txt", None),
        ("x.vec", None),
        ("X.TXT", None),
        ("glove", "glove"),
        ("word2vec.txt", "word2vec"),
        ("store.txt", "store"),
        ("store.glovefast", None),
    ]:
        path = save_embedding(layer, WORD_INDEX, tmp_path / name, file_format=file_format)
        lines[name] = None if path.is_dir() else path.read_text("utf-8").split("\n")
    assert lines["store.txt"] is lines["store.glovefast"] is None
    assert lines["x.txt"] == lines["X.TXT"] == lines["glove"]
    assert lines["x.vec"] == lines["word2vec.txt"] == [f"5 {DIM}", *lines["x.txt"]]
    assert [line.split(" ")[0] for line in lines["x.txt"]] == ["king", "zebra", "pear", "apple", "queen", ""]


def test_other_formats_of_exports(tmp_path):
    layer = learned_layer()
    store = glovefast.load(save_embedding(layer, WORD_INDEX, tmp_path / "store"))
    for name in ("x.bin", "x.parquet", "x.tsv"):
        saved = save_embedding(layer, WORD_INDEX, tmp_path / name).read_bytes()
        assert saved == store.export(tmp_path / f"exported.{name}").read_bytes()
    model = save_embedding(layer, WORD_INDEX, tmp_path / "model", file_format="static-model")
    assert (model / "tokenizer.json").exists()
    with pytest.raises(StoreError, match="already exists"):
        save_embedding(layer, WORD_INDEX, tmp_path / "model", file_format="static-model")


@pytest.mark.parametrize("suffix", [".txt", ".vec"])
def test_gensim_reads_a_learned_layer(vectors, tmp_path, suffix):
    gensim = pytest.importorskip("gensim")
    layer = embedding_layer(vectors, WORD_INDEX, trainable=True)
    model = classifier(layer)
    model.compile(optimizer="adam", loss="binary_crossentropy")
    model.fit(TOKENS, np.array([0, 1]), epochs=2, verbose=0)
    path = save_embedding(layer, WORD_INDEX, tmp_path / f"learned{suffix}")
    read = gensim.models.KeyedVectors.load_word2vec_format(path, no_header=suffix == ".txt")
    for word, index in WORD_INDEX.items():
        assert same_bits(read[word], rows_of(layer)[index])
    again = embedding_layer(glovefast.convert(path), WORD_INDEX)
    named = sorted(WORD_INDEX.values())
    assert same_bits(rows_of(again)[named], rows_of(layer)[named])


def test_text_is_replaced_only_on_request(tmp_path):
    path = save_embedding(learned_layer(), WORD_INDEX, tmp_path / "x.txt")
    with pytest.raises(StoreError, match="already exists"):
        save_embedding(learned_layer(), WORD_INDEX, path)
    save_embedding(learned_layer(), WORD_INDEX, path, overwrite=True)
    with pytest.raises(StoreError, match="not a glovefast store"):
        save_embedding(learned_layer(), WORD_INDEX, path, file_format="store", overwrite=True)


@needs_tensorflow
def test_words_with_spaces_need_a_store(tmp_path):
    text = keras.layers.TextVectorization(vocabulary=["king", "the king"], ngrams=2)
    layer = learned_layer(4)
    with pytest.raises(
        VocabularyError, match="'the king' contains a space or line break, which text cannot store"
    ):
        save_embedding(layer, text, tmp_path / "x.txt")
    assert "the king" in glovefast.load(save_embedding(layer, text, tmp_path / "x"))


def test_formats_that_are_none(tmp_path):
    with pytest.raises(ValueError, match="unknown file_format 'bin': choose one of 'store', 'glove'"):
        save_embedding(learned_layer(), WORD_INDEX, tmp_path / "x", file_format="bin")


@pytest.mark.parametrize("name", ["m.csv", "m.NPY", "m.pkl", "m.h5", "m.txt.gz"])
def test_endings_of_formats_that_are_not_written(tmp_path, name):
    layer = learned_layer(9)
    with pytest.raises(
        ValueError, match=rf"{name} ends in \.\w+, a format that is not written; end it in \.txt"
    ):
        save_embedding(layer, WORD_INDEX, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    assert len(glovefast.load(save_embedding(layer, WORD_INDEX, tmp_path / name, file_format="store"))) == 5
