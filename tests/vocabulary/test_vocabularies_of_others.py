"""Other libraries' vocabularies, from fit to a layer whose rows are the store's, in their own indices."""

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.errors import DependencyError, VocabularyError
from glovefast.store.writing import write_store
from glovefast.vocabulary.training_vocabulary import training_vocabulary
from tests.helpers.backends import needs_tensorflow
from tests.reference import same_bits
from tests.vocabulary.test_training_vocabulary import check_whole

keras = pytest.importorskip("keras")
from glovefast.keras import embedding_layer, text_vectorization  # noqa: E402 - imports Keras

TEXTS = ["the king and the queen ate a pear", "the queen saw the zebra", "a king saw a pear"]
WORDS = ["the", "a", "king", "queen", "pear", "and", "saw", "ate", "th", "ki", "[CLS]", "K"]  # no zebra
DIM = 6
NOBODY = "xyzzy"
OOV = np.full(DIM, 0.25, dtype=np.float32)


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    rows = np.random.default_rng(3).normal(size=(len(WORDS), DIM)).astype(np.float32)
    return glovefast.load(write_store(tmp_path_factory.mktemp("others") / "s", pa.array(WORDS), rows))


def seeded_rows(vectors, vocabulary, **arguments):
    """Make a layer of a vocabulary; hold its size; give its rows."""
    check_whole(training_vocabulary(vocabulary))
    layer = embedding_layer(vectors, vocabulary, oov=OOV, **arguments)
    (rows,) = layer.get_weights()
    return rows


def vector_of(vectors, word):
    return np.array(vectors.get(word, OOV))


# Keras


@needs_tensorflow
@pytest.mark.parametrize("given", ["adapted", "list", "array", "file"])
@pytest.mark.parametrize("options", [{}, {"max_tokens": 6}, {"output_sequence_length": 5}], ids=str)
def test_text_vectorization_to_layer(vectors, tmp_path, given, options):
    words = ["the", "king", "zebra", "pear"]
    (tmp_path / "words.txt").write_text("\n".join(words), encoding="utf-8")
    forms = {"list": words, "array": np.array(words), "file": str(tmp_path / "words.txt")}
    text = keras.layers.TextVectorization(vocabulary=forms.get(given), **options)
    if given == "adapted":
        text.adapt(TEXTS)
    rows = seeded_rows(vectors, text, mask_zero=True)
    assert len(rows) == len(text.get_vocabulary()) == text.vocabulary_size()
    assert same_bits(rows[:2], np.stack([np.zeros(DIM, np.float32), OOV]))
    for word in text.get_vocabulary()[2:]:
        index = int(text([word])[0][0])
        assert same_bits(rows[index], vector_of(vectors, word))
    assert same_bits(rows[int(text([NOBODY])[0][0])], OOV)


@needs_tensorflow
@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count", "tf_idf"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_oov_indices": 3},
        {"num_oov_indices": 0},
        {"mask_token": ""},
        {"mask_token": "[MASK]", "num_oov_indices": 2},
        {"max_tokens": 20},
        {"max_tokens": 20, "pad_to_max_tokens": True, "num_oov_indices": 2},
        {"max_tokens": 4},
    ],
    ids=str,
)
def test_string_lookup_to_layer(vectors, mode, options):
    lookup = keras.layers.StringLookup(output_mode=mode, **options)
    lookup.adapt(np.array([text.split() for text in TEXTS[2:]] + [["zebra", "king", "a", "saw", "a"]]))
    rows = seeded_rows(vectors, lookup)

    def index_of(word):
        emitted = keras.ops.convert_to_numpy(lookup([word]))
        if mode == "int":
            return int(emitted[0])
        assert emitted.shape[-1] == len(rows)  # one column for each row
        return int(np.flatnonzero(emitted)[0])

    for word in lookup.get_vocabulary(include_special_tokens=False):
        assert same_bits(rows[index_of(word)], vector_of(vectors, word))
    if options.get("num_oov_indices", 1):
        assert same_bits(rows[index_of(NOBODY)], OOV)
    if "mask_token" in options and mode == "int":
        assert not rows[index_of(options["mask_token"])].any()


@needs_tensorflow
@pytest.mark.parametrize("mode", ["multi_hot", "count", "tf_idf"])
def test_counting_text_vectorization_to_layer(vectors, mode):
    text = keras.layers.TextVectorization(output_mode=mode, max_tokens=9, pad_to_max_tokens=True)
    text.adapt(TEXTS)
    rows = seeded_rows(vectors, text)
    for word in text.get_vocabulary(include_special_tokens=False):
        (column,) = np.flatnonzero(keras.ops.convert_to_numpy(text([word]))[0])
        assert same_bits(rows[column], vector_of(vectors, word))
    assert keras.ops.convert_to_numpy(text([TEXTS[0]])).shape == (1, len(rows)) == (1, 9)


@needs_tensorflow
def test_bytes_in_a_layer_are_words(vectors):
    lookup = keras.layers.StringLookup(vocabulary=np.array([b"king", b"pear"]))
    rows = seeded_rows(vectors, lookup)
    assert same_bits(rows[1:], np.array(vectors[["king", "pear"]]))


# Hugging Face


def trained(kind, special_tokens, vocab_size=80):
    """Build a small tokenizer of the tokenizers package from scratch."""
    tokenizers = pytest.importorskip("tokenizers")
    unknown = next((token for token in special_tokens if "unk" in token.lower()), None)
    with_unknown = {} if kind == "Unigram" or unknown is None else {"unk_token": unknown}
    trainer_arguments = {"unk_token": unknown} if kind == "Unigram" else {}
    tokenizer = tokenizers.Tokenizer(getattr(tokenizers.models, kind)(**with_unknown))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    trainer = getattr(tokenizers.trainers, f"{kind.replace('BPE', 'Bpe')}Trainer")(
        special_tokens=special_tokens, vocab_size=vocab_size, show_progress=False, **trainer_arguments
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def check_subwords(vectors, tokenizer, rows, special):
    """Hold the rows of all tokens of the texts, in the tokenizer's own indices."""
    assert len(rows) == max(tokenizer.get_vocab().values()) + 1
    for token, index in tokenizer.get_vocab().items():
        assert same_bits(rows[index], special.get(token, vector_of(vectors, token)))


@pytest.mark.parametrize(
    ("kind", "special_tokens"),
    [
        ("WordLevel", ["[PAD]", "[UNK]", "[CLS]"]),
        ("WordLevel", ["[CLS]", "[UNK]", "[PAD]"]),
        ("WordPiece", ["[PAD]", "[UNK]", "[CLS]"]),
        ("BPE", ["<pad>", "<unk>"]),
        ("BPE", ["[CLS]"]),
        ("Unigram", ["<unk>", "<pad>"]),
    ],
)
@pytest.mark.parametrize("padding", [None, "enabled", "never chosen"])
def test_fast_tokenizer_to_layer(vectors, kind, special_tokens, padding):
    tokenizer = trained(kind, special_tokens)
    pad = next((token for token in special_tokens if "pad" in token.lower()), None)
    if padding == "enabled" and pad:
        tokenizer.enable_padding(pad_id=tokenizer.token_to_id(pad), pad_token=pad)
    elif padding:
        tokenizer.enable_padding()  # index 0 and [PAD], whatever stands there
    tokenizer.add_tokens(["zebra crossing"])
    special = {pad: np.zeros(DIM, dtype=np.float32), "<unk>": OOV, "[UNK]": OOV}
    rows = seeded_rows(vectors, tokenizer)
    check_subwords(vectors, tokenizer, rows, special)
    encoded = tokenizer.encode(TEXTS[0])
    layer = embedding_layer(vectors, tokenizer, oov=OOV)
    out = keras.ops.convert_to_numpy(layer(np.array(encoded.ids)))
    for token, row in zip(encoded.tokens, out, strict=True):
        assert same_bits(row, special.get(token, vector_of(vectors, token)))


def test_marked_subwords_find_their_words_by_a_fallback(vectors):
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(special_tokens=["<s>"], show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    assert "Ġking" in tokenizer.get_vocab()
    rows = seeded_rows(vectors, tokenizer, fallback=lambda token: token.removeprefix("Ġ"))
    assert same_bits(rows[tokenizer.token_to_id("Ġking")], np.array(vectors["king"]))


@pytest.mark.parametrize("special_tokens", [["[PAD]", "[UNK]"], ["[UNK]", "[CLS]", "[PAD]"]])
def test_transformers_tokenizer_to_layer(vectors, special_tokens):
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=trained("WordLevel", special_tokens), pad_token="[PAD]", unk_token="[UNK]"
    )
    tokenizer.add_tokens(["unheard-of"])
    special = {"[PAD]": np.zeros(DIM, dtype=np.float32), "[UNK]": OOV}
    rows = seeded_rows(vectors, tokenizer)
    check_subwords(vectors, tokenizer, rows, special)
    ids = tokenizer([TEXTS[0], "the zebra"], padding=True)["input_ids"]
    expected = [
        special.get(token, vector_of(vectors, token)) for token in tokenizer.convert_ids_to_tokens(ids[1])
    ]
    assert same_bits(rows[ids[1]], np.array(expected))


# scikit-learn


@pytest.mark.parametrize("kind", ["CountVectorizer", "TfidfVectorizer"])
@pytest.mark.parametrize(
    "options", [{}, {"ngram_range": (1, 2)}, {"max_features": 4}, {"token_pattern": r"\S+"}], ids=str
)
@pytest.mark.parametrize("whole", [True, False])
def test_vectorizer_to_layer(vectors, kind, options, whole):
    text = pytest.importorskip("sklearn.feature_extraction.text")
    vectorizer = getattr(text, kind)(**options).fit(TEXTS)
    rows = seeded_rows(vectors, vectorizer if whole else vectorizer.vocabulary_)
    names = vectorizer.get_feature_names_out()
    assert len(rows) == len(names)
    for column, word in enumerate(names):
        assert same_bits(rows[column], vector_of(vectors, word))
    # A document's row of counts times the matrix is the sum of its words' vectors.
    if kind == "CountVectorizer" and not options:
        summed = vectorizer.transform(["king king pear"]) @ rows
        np.testing.assert_allclose(summed[0], 2 * vectors["king"] + vectors["pear"], rtol=1e-6)


def test_vectorizer_that_was_not_fitted():
    text = pytest.importorskip("sklearn.feature_extraction.text")
    with pytest.raises(VocabularyError, match=r"CountVectorizer has no vocabulary_ yet; call its fit\(\)"):
        training_vocabulary(text.CountVectorizer())


def test_column_0_of_a_vectorizer_is_a_word_and_no_padding(vectors):
    text = pytest.importorskip("sklearn.feature_extraction.text")
    vectorizer = text.CountVectorizer().fit(["king pear"])
    with pytest.raises(VocabularyError, match="the word 'king' has index 0"):
        embedding_layer(vectors, vectorizer, mask_zero=True)


# The other way: a store's words as a layer's vocabulary


@needs_tensorflow
def test_first_words_of_a_store_in_a_layer(vectors, tmp_path):
    text = text_vectorization(vectors, 7, output_sequence_length=4)
    assert text.get_vocabulary() == ["", "[UNK]", *WORDS[:7]]
    layer = embedding_layer(vectors, text, oov=OOV, mask_zero=True)
    (rows,) = layer.get_weights()
    assert same_bits(rows, np.stack([np.zeros(DIM, np.float32), OOV, *vectors.vectors[:7]]))
    found = keras.ops.convert_to_numpy(layer(text(["The king saw, nobody"])))[0]
    expected = [vectors["the"], vectors["king"], vectors["saw"], OOV]
    assert same_bits(found, np.array(expected))


@needs_tensorflow
def test_reserved_and_repeated_words_are_passed_over(tmp_path):
    words = ["a", "", "b", "[UNK]", "a", "Paris", "c d"]
    rows = np.random.default_rng(3).normal(size=(len(words), DIM)).astype(np.float32)
    path = write_store(tmp_path / "s", pa.array(words), rows)
    assert text_vectorization(path, 3).get_vocabulary()[2:] == ["a", "b", "Paris"]
    text = text_vectorization(str(path), 1000, standardize=None)
    assert text.get_vocabulary()[2:] == ["a", "b", "Paris", "c d"]
    assert keras.ops.convert_to_numpy(text(["Paris"])).tolist() == [[4]]
    assert same_bits(embedding_layer(path, text).get_weights()[0][2:], rows[[0, 2, 5, 6]])


@pytest.mark.skipif(not needs_tensorflow.args[0], reason="TensorFlow is installed")
def test_layers_for_text_say_that_they_need_tensorflow(vectors):
    backend = keras.backend.backend()
    with pytest.raises(DependencyError, match=rf"runs on {backend}: pip install .* KERAS_BACKEND={backend} "):
        text_vectorization(vectors, 3)


@pytest.mark.parametrize("words", [0, -1, 2.0, True, "5"])
def test_numbers_of_words_that_are_none(vectors, words):
    with pytest.raises(ValueError, match=f"positive integer, not {words!r}"):
        text_vectorization(vectors, words)


def test_a_number_of_words_is_needed(vectors):
    with pytest.raises(ValueError, match="needs 'words': how many of the store's first words"):
        text_vectorization(vectors)


def test_a_vocabulary_of_ones_own_is_refused(vectors):
    with pytest.raises(TypeError, match="takes no 'vocabulary'"):
        text_vectorization(vectors, 3, vocabulary=["a"])
