"""The embedding matrix, compared bit for bit with the tutorial's loop over a dictionary."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glovefast
from glovefast.errors import VocabularyError
from glovefast.matrix.embedding_matrix import embedding_matrix
from glovefast.store.writing import write_store
from glovefast.vocabulary.word_index import WordIndex
from tests import reference
from tests.helpers.backends import needs_tensorflow

STORED = ["the", "cat", "dog", "King", "<unk>", "été", "unk"]
DIM = 5
WORD_INDEX = {"the": 1, "cat": 2, "zebra": 4, "été": 7, "king": 5}
"""Found: the, cat, été; missing: zebra, king; gaps: 3 and 6; padding: 0."""


def numbers(rows, dim=DIM):
    return np.random.default_rng(rows).normal(3, 2, (rows, dim)).astype(np.float32)


def dictionary(words, vectors):
    return dict(zip(words, vectors, strict=True))


VECTORS = numbers(len(STORED))
BY_WORD = dictionary(STORED, VECTORS)
FOUND = np.array([BY_WORD[word] for word in ("the", "cat", "été")], dtype=np.float64)


def build(training, words=STORED, vectors=VECTORS, **options):
    return embedding_matrix(vectors, WordIndex.from_words(words), training, **options)


@pytest.fixture
def store(tmp_path):
    return glovefast.load(write_store(tmp_path / "small.glovefast", pa.array(STORED), VECTORS))


# Every matrix


def test_matrix_through_the_store(store):
    matrix = store.embedding_matrix(WORD_INDEX)
    assert reference.same_bits(matrix, reference.embedding_matrix(BY_WORD, WORD_INDEX, 8, DIM))
    assert matrix.flags.c_contiguous
    assert matrix.flags.writeable
    assert matrix.flags.owndata
    matrix[:] = 7
    assert reference.same_bits(store.vectors[:], VECTORS)


words = st.text(alphabet="abAB1", min_size=1, max_size=2)
FORMS = {"lower": str.lower, "upper": str.upper, "nfkc": lambda word: unicodedata.normalize("NFKC", word)}


@given(
    stored=st.lists(words, unique=True),
    wanted=st.lists(words, unique=True, min_size=1),
    forms=st.lists(st.sampled_from(sorted(FORMS)), max_size=2),
    spread=st.integers(1, 40),
    dim=st.integers(1, 3),
    data=st.data(),
)
def test_matrix_is_that_of_the_loop(stored, wanted, forms, spread, dim, data):
    indices = data.draw(st.permutations(range(len(wanted) * spread)))[: len(wanted)]
    word_index = dictionary(wanted, indices)
    vectors = numbers(len(stored), dim)
    given_dim = max(indices) + 1
    loop = (dictionary(stored, vectors), word_index, given_dim, dim, [FORMS[name] for name in forms])
    zeros = build(word_index, stored, vectors, fallback=forms)
    assert reference.same_bits(zeros, reference.embedding_matrix(*loop))

    constant = numbers(1, dim)[0]
    filled = build(word_index, stored, vectors, fallback=forms, oov=constant)
    assert reference.same_bits(filled, reference.embedding_matrix(*loop, missing=lambda word: constant))

    def by_word(word):
        return np.full(dim, sum(map(ord, word)))

    called = build(word_index, stored, vectors, fallback=forms, oov=by_word)
    assert reference.same_bits(called, reference.embedding_matrix(*loop, missing=by_word))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", np.float64, np.dtype("f2")])
@pytest.mark.parametrize("word_index", [WORD_INDEX, {"the": 1, "zebra": 2, "cat": 500}])
def test_dtype(dtype, word_index):
    matrix = build(word_index, dtype=dtype)
    assert matrix.dtype == np.dtype(dtype)
    assert matrix.flags.c_contiguous
    expected = reference.embedding_matrix(BY_WORD, word_index, max(word_index.values()) + 1, DIM)
    assert np.array_equal(matrix, expected.astype(dtype))


def test_numbers_beyond_float16():
    """NumPy says what becomes of them, and so does a matrix."""
    vectors = np.array([[1, 2], [-70000, 3]], dtype=np.float32)
    with pytest.warns(RuntimeWarning, match="overflow encountered in cast"):
        matrix = build(["a", "b"], ["a", "b"], vectors, dtype="float16")
    assert matrix.tolist() == [[1, 2], [-np.inf, 3]]
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        build(["a", "b"], ["a", "b"], vectors, dtype="float16")
    assert build(["a", "b"], ["a"], vectors[:1], dtype="float16").tolist() == [[1, 2], [0, 0]]


@pytest.mark.parametrize(
    "dtype", ["int32", bool, "complex64", "str", "float999", np.longdouble, ">f4", object, None]
)
def test_dtype_that_is_none_of_the_three(dtype):
    with pytest.raises(ValueError, match="float16, float32 or float64"):
        build(WORD_INDEX, dtype=dtype)


def test_a_list_with_a_word_twice_gets_its_vector_twice():
    matrix = build(["cat", "dog", "cat"])
    assert reference.same_bits(matrix, VECTORS[[1, 2, 1]])


def test_store_without_rows():
    matrix = build(["cat", "dog"], [], numbers(0))
    assert reference.same_bits(matrix, np.zeros((2, DIM), np.float32))


def test_nan_and_the_sign_of_zero_come_through():
    vectors = np.array([[np.nan, -0.0], [np.inf, 0.0]], dtype=np.float32)
    assert reference.same_bits(build(["a", "b"], ["a", "b"], vectors), vectors)


# Which rows a policy fills


@pytest.mark.parametrize("oov", ["normal", "mean", "unk", np.full(DIM, 9), lambda word: np.full(DIM, 9)])
def test_policy_fills_the_missing_words_and_nothing_else(oov):
    matrix = build(WORD_INDEX, oov=oov, seed=1)
    zeros = build(WORD_INDEX)
    untouched = [0, 1, 2, 3, 6, 7]
    assert reference.same_bits(matrix[untouched], zeros[untouched])
    assert not zeros[[0, 3, 6]].any()
    assert matrix[[4, 5]].all()


@pytest.mark.parametrize("oov", ["normal", "mean", "unk", np.full(DIM, 9), lambda word: np.full(DIM, 9)])
@pytest.mark.parametrize(
    ("vocabulary", "padding", "oov_rows", "missing"),
    [
        (["", "[UNK]", "the", "zebra"], [0], [1], [3]),
        (["[UNK]", "[UNK]", "the"], [], [0, 1], []),
        ({"": 0, "[UNK]": 1, "the": 2, "zebra": 5}, [0], [1], [5]),
    ],
)
def test_policy_fills_the_out_of_vocabulary_rows_but_never_padding(
    oov, vocabulary, padding, oov_rows, missing
):
    matrix = build(vocabulary, oov=oov, seed=1)
    for row in range(len(matrix)):
        assert matrix[row].all() == (row in [*oov_rows, *missing] or row == matrix.shape[0] - 1 or row == 2)
    assert not matrix[padding].any()
    assert not build(vocabulary)[[*padding, *oov_rows, *missing]].any()


@pytest.mark.keras
def test_policy_on_a_tokenizer():
    tokenizer = pytest.importorskip("keras.src.legacy.preprocessing.text").Tokenizer(
        num_words=4, oov_token="?"
    )
    tokenizer.fit_on_texts(["the the the zebra zebra cat"])
    nines = np.full(DIM, 9, dtype=np.float32)
    assert reference.same_bits(
        build(tokenizer, oov=nines), np.array([0 * nines, nines, BY_WORD["the"], nines], dtype=np.float32)
    )


@needs_tensorflow
@pytest.mark.keras
def test_policy_on_a_layer():
    nines = np.full(DIM, 9, dtype=np.float32)
    keras = pytest.importorskip("keras")
    layer = keras.layers.StringLookup(vocabulary=["the", "zebra"], num_oov_indices=2, mask_token="")
    matrix = build(layer, oov=nines)
    assert reference.same_bits(
        matrix, np.array([0 * nines, nines, nines, BY_WORD["the"], nines], dtype=np.float32)
    )
    for word in ("the", "zebra", "never", "seen", ""):
        row = matrix[int(layer([word])[0])]
        assert reference.same_bits(row, 0 * nines if word == "" else BY_WORD.get(word, nines))


def test_a_word_found_in_another_form_is_not_missing():
    matrix = build(WORD_INDEX, oov=np.full(DIM, 9), fallback="title")
    assert reference.same_bits(matrix[5], BY_WORD["King"])
    assert (matrix[4] == 9).all()


# What each policy fills in


def test_mean_is_that_of_the_vectors_found():
    matrix = build(WORD_INDEX, oov="mean")
    mean = FOUND.mean(axis=0).astype(np.float32)
    assert reference.same_bits(matrix[[4, 5]], np.array([mean, mean]))
    assert reference.same_bits(build(WORD_INDEX, oov="mean", dtype="float64")[4], FOUND.mean(axis=0))


def test_mean_counts_what_a_fallback_found():
    matrix = build(WORD_INDEX, oov="mean", fallback="title")
    found = np.array([BY_WORD[word] for word in ("the", "cat", "King", "été")], dtype=np.float64)
    assert reference.same_bits(matrix[4], found.mean(axis=0).astype(np.float32))


def test_mean_of_a_half_precision_matrix_is_that_of_the_whole_vectors():
    large = np.array([[2049], [2053]], dtype=np.float32)  # as half precision: 2048 and 2052
    matrix = build(["a", "b", "zebra"], ["a", "b"], large, dtype="float16", oov="mean")
    assert matrix[:, 0].tolist() == [2048, 2052, np.float16(2051)]
    assert np.float16(2051) != np.float16((2048 + 2052) / 2)


def test_normal_draws_are_numpys_dimension_by_dimension():
    matrix = build(WORD_INDEX, oov="normal", seed=42)
    draws = np.random.default_rng(42).standard_normal((2, DIM))
    expected = (FOUND.mean(axis=0) + FOUND.std(axis=0) * draws).astype(np.float32)
    assert reference.same_bits(matrix[[4, 5]], expected)


def test_normal_has_the_mean_and_deviation_found():
    vocabulary = [*STORED, *(f"missing{number}" for number in range(20_000))]
    drawn = build(vocabulary, oov="normal", seed=0)[len(STORED) :]
    assert np.allclose(drawn.mean(axis=0), VECTORS.mean(axis=0), atol=0.1)
    assert np.allclose(drawn.std(axis=0), VECTORS.std(axis=0), atol=0.1)
    assert len(np.unique(drawn, axis=0)) == len(drawn)


def test_normal_is_the_same_for_the_same_seed_whatever_the_order_of_the_dictionary():
    backwards = dict(reversed(WORD_INDEX.items()))
    one, same = build(WORD_INDEX, oov="normal", seed=7), build(backwards, oov="normal", seed=7)
    assert reference.same_bits(one, same)
    assert not np.array_equal(one, build(WORD_INDEX, oov="normal", seed=8))
    assert not np.array_equal(build(WORD_INDEX, oov="normal"), build(WORD_INDEX, oov="normal"))


class SubwordTokenizer:
    """A tokenizer whose out-of-vocabulary row follows a missing word."""

    unk_token_id = 2
    unk_token = "<unk>"

    def get_vocab(self):
        return {"the": 0, "<unk>": 2, "cat": 4, "zebra": 1, "okapi": 3}


def test_rows_are_filled_in_the_order_of_their_indices():
    plain = {"the": 0, "zebra": 1, "gnu": 2, "okapi": 3, "cat": 4}
    drawn = build(SubwordTokenizer(), oov="normal", seed=3)
    assert reference.same_bits(drawn, build(plain, oov="normal", seed=3))
    called = []
    build(SubwordTokenizer(), oov=lambda word: called.append(word) or np.zeros(DIM))
    assert called == ["zebra", "<unk>", "okapi"]


@pytest.mark.parametrize("oov", ["mean", "normal"])
def test_statistics_of_nothing(oov):
    with pytest.raises(VocabularyError, match=rf"oov='{oov}' needs .* none of 2 words was found"):
        build(["zebra", "okapi"], oov=oov)
    with pytest.raises(VocabularyError, match="but the only word was not found"):
        build(["zebra"], oov=oov)
    assert not build([""], oov=oov).any()


def test_unk_is_the_stores_own_vector_not_the_word_unk():
    matrix = build(WORD_INDEX, oov="unk")
    assert reference.same_bits(matrix[4], BY_WORD["<unk>"])
    assert reference.same_bits(matrix[5], BY_WORD["<unk>"])


@pytest.mark.parametrize("spelling", ["<unk>", "<UNK>", "[UNK]"])
def test_unk_spellings(spelling):
    matrix = build(["zebra"], ["cat", spelling], numbers(2), oov="unk")
    assert reference.same_bits(matrix[0], numbers(2)[1])


def test_unk_of_a_store_without_one():
    with pytest.raises(VocabularyError, match=r"none of <unk>, <UNK>, \[UNK\]: choose another oov"):
        build(["the"], ["the", "unk"], numbers(2), oov="unk")


@pytest.mark.parametrize("vector", [[1, 2, 3, 4, 5], range(5), np.arange(5, dtype=np.float16)])
def test_vector(vector):
    assert build(WORD_INDEX, oov=vector)[4].tolist() == list(vector)


@pytest.mark.parametrize("vector", [np.zeros(DIM + 1), np.zeros((1, DIM)), 0.0, []])
def test_vector_of_another_shape(vector):
    with pytest.raises(ValueError, match=r"the oov vector has the shape .*, but must have \(5,\)"):
        build(["the"], oov=vector)


@pytest.mark.parametrize("vector", [["a"] * DIM, [1j] * DIM, [None] * DIM, [True] * DIM])
def test_vector_that_holds_no_numbers(vector):
    with pytest.raises(ValueError, match="instead of real numbers"):
        build(["the"], oov=vector)


def test_callable_is_called_once_for_each_row_in_order():
    called = []

    def remember(word):
        called.append(word)
        return [len(called)] * DIM

    matrix = build(["", "[UNK]", "zebra", "the", "okapi"], oov=remember)
    assert called == ["[UNK]", "zebra", "okapi"]
    assert matrix[:, 0].tolist() == [0, 1, 2, BY_WORD["the"][0], 3]
    called.clear()
    build({"okapi": 9, "zebra": 2}, oov=remember)
    assert called == ["zebra", "okapi"]


@pytest.mark.parametrize("given_back", [None, [1.0], np.zeros((DIM, 1))])
def test_callable_that_gives_another_shape(given_back):
    with pytest.raises(ValueError, match=r"the word 'zebra' has the shape"):
        build(["the", "zebra"], oov=lambda word: given_back)


@pytest.mark.parametrize("name", ["zero", "", "ZEROS"])
def test_unknown_policy_lists_the_names(name):
    with pytest.raises(ValueError, match=r"unknown oov None: give a vector, a callable or one of"):
        build(WORD_INDEX, oov=None)
    with pytest.raises(ValueError, match=r"unknown oov .*'zeros', 'normal', 'mean', 'unk'"):
        build(["the"], oov=name)


def test_unknown_fallback():
    with pytest.raises(ValueError, match="unknown fallback 'lowercase'"):
        build(["the"], fallback="lowercase")


# The real file


def test_matrix_of_the_real_vectors(glove_6b_50d_text, tmp_path):
    by_word = reference.tutorial_dictionary(glove_6b_50d_text)
    words = list(by_word)
    store = glovefast.load(
        write_store(tmp_path / "real.glovefast", pa.array(words), np.array(list(by_word.values())))
    )
    chosen = np.random.default_rng(0).permutation(len(words))[:20_000]
    word_index = {words[row]: number for number, row in enumerate(chosen, start=1)}
    word_index |= {f"Missing{number}": 20_001 + 2 * number for number in range(100)}
    expected = reference.embedding_matrix(by_word, word_index, 20_200, 50)
    assert reference.same_bits(store.embedding_matrix(word_index), expected)
