"""gensim's methods: the same results as the real gensim on 1,000 words, and what gensim leaves open."""

import numpy as np
import pytest

import glovefast
from glovefast import UnknownWordError
from tests.reference import cosine

gensim = pytest.importorskip("gensim")
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`:DeprecationWarning")

TOLERANCE = 1e-6
COUNT, DIM = 1000, 24
WORDS = [f"word{number}" for number in range(COUNT)]
# Of very different lengths, and with a direction in common, as real vectors have it.
_GENERATOR = np.random.default_rng(13)
MATRIX = (
    (_GENERATOR.normal(size=(COUNT, DIM)) + 0.3) * 10.0 ** _GENERATOR.uniform(-2, 2, (COUNT, 1))
).astype(np.float32)
VECTOR = MATRIX[77] * 3
LONG, SHORT = MATRIX[5].astype(np.float64) * 9, MATRIX[6] / 50

ARGUMENTS = {
    "a word": {"positive": "word3"},
    "a list": {"positive": ["word3"]},
    "sum and difference": {"positive": ["word3", "word4"], "negative": ["word8"]},
    "only negative": {"negative": "word8"},
    "both single": {"positive": "word1", "negative": "word2"},
    "weights": {"positive": [("word3", 0.5), ("word4", 2)], "negative": [("word8", -0.25)]},
    "a weight that gensim does not negate": {"positive": ["word3"], "negative": [("word8", 0.7)]},
    "row numbers": {"positive": [3, np.int64(4)], "negative": [np.int32(8)]},
    "vectors": {"positive": [VECTOR, SHORT], "negative": [LONG.astype(np.float32)]},
    "a vector": {"positive": VECTOR},
    "a matrix": {"positive": MATRIX[10:13], "negative": MATRIX[20:22]},
    "all kinds, weighted": {
        "positive": [("word3", 0.5), (VECTOR, 0.1), (9, 3.0), "word2"],
        "negative": [SHORT],
    },
    "the same word twice": {"positive": ["word3", "word3", "word4"]},
    "ten more": {"positive": ["word3"], "topn": 20},
    "only one": {"positive": ["word3"], "topn": 1},
    "none": {"positive": ["word3"], "topn": 0},
    "fewer than none": {"positive": ["word3"], "topn": -5},
    "restricted": {"positive": ["word3"], "restrict_vocab": 50},
    "restricted to fewer than topn": {"positive": ["word3"], "restrict_vocab": 6},
    "restricted to more than there are": {"positive": ["word3"], "restrict_vocab": 5000, "topn": 3},
    "from a row on": {"positive": ["word3"], "clip_start": 500},
    "up to a row": {"positive": ["word3"], "clip_end": 100},
    "between rows": {"positive": ["word3"], "clip_start": 100, "clip_end": 300, "topn": 7},
    "restricted after all": {"positive": ["word3"], "clip_start": 100, "clip_end": 300, "restrict_vocab": 20},
    "no clipping": {"positive": ["word3"], "clip_end": 0, "restrict_vocab": 0},
}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return glovefast.save(WORDS, MATRIX, tmp_path_factory.mktemp("similar") / "words.glovefast")


@pytest.fixture(scope="module")
def vectors(path):
    return glovefast.load(path)


@pytest.fixture(scope="module")
def theirs():
    keyed_vectors = gensim.models.KeyedVectors(DIM)
    keyed_vectors.add_vectors(WORDS, MATRIX)
    return keyed_vectors


def same(ours, others):
    """Equal words and similarities; words whose similarities are as good as equal may change places."""
    assert len(ours) == len(others)
    for (word, similarity), (other_word, other) in zip(ours, others, strict=True):
        assert similarity == pytest.approx(other, abs=TOLERANCE)
        if word != other_word:
            assert dict(ours)[other_word] == pytest.approx(other, abs=TOLERANCE)
    return True


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS)
def test_most_similar(arguments, vectors, theirs):
    assert same(vectors.most_similar(**arguments), theirs.most_similar(**arguments))


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS)
def test_all_similarities(arguments, vectors, theirs):
    arguments = {**arguments, "topn": None}
    ours, others = vectors.most_similar(**arguments), theirs.most_similar(**arguments)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, others, rtol=0, atol=TOLERANCE)


def test_most_similar_by_position(vectors, theirs):
    """The order of the arguments is gensim's."""
    arguments = (["word3"], ["word4"], 5, 10, 900, None)
    assert same(vectors.most_similar(*arguments), theirs.most_similar(*arguments))
    assert same(vectors.similar_by_word("word3", 5, 90), theirs.similar_by_word("word3", 5, 90))
    assert same(vectors.similar_by_key(3, 5, 90), theirs.similar_by_key(3, 5, 90))
    assert same(vectors.similar_by_vector(VECTOR, 5, 90), theirs.similar_by_vector(VECTOR, 5, 90))
    arguments = (["word3"], ["word4"], 5)
    assert same(vectors.most_similar_cosmul(*arguments), theirs.most_similar_cosmul(*arguments))


@pytest.mark.parametrize("topn", [None, 0, 1, 10, 1000])
def test_similar_by(topn, vectors, theirs):
    for ours, others in [
        (vectors.similar_by_word("word3", topn), theirs.similar_by_word("word3", topn)),
        (vectors.similar_by_key("word3", topn=topn), theirs.similar_by_key("word3", topn=topn)),
        (vectors.similar_by_vector(VECTOR, topn), theirs.similar_by_vector(VECTOR, topn)),
    ]:
        if topn is None:
            np.testing.assert_allclose(ours, others, rtol=0, atol=TOLERANCE)
        else:
            assert same(ours, others)


@pytest.mark.parametrize(
    "arguments",
    [
        {"positive": ["word3", "word4"], "negative": ["word8"]},
        {"positive": "word3"},
        {"positive": "word3", "negative": "word9"},
        {"positive": ["word1", "word2"], "negative": ["word3", "word4", "word5"], "topn": 25},
        {"positive": ["word1"], "topn": 0},
        {"positive": [MATRIX[7] / np.linalg.norm(MATRIX[7]), "word1"], "negative": ["word2"]},
    ],
)
def test_most_similar_cosmul(arguments, vectors, theirs):
    ours, others = vectors.most_similar_cosmul(**arguments), theirs.most_similar_cosmul(**arguments)
    assert [word for word, _ in ours] == [word for word, _ in others]
    np.testing.assert_allclose([each for _, each in ours], [each for _, each in others], rtol=1e-5)
    arguments = {**arguments, "topn": None}
    ours, others = vectors.most_similar_cosmul(**arguments), theirs.most_similar_cosmul(**arguments)
    np.testing.assert_allclose(ours, others, rtol=1e-4)


def test_cosmul_searches_the_first_rows_and_takes_rows_and_vectors_of_any_length(vectors):
    """gensim ignores `restrict_vocab`, takes a row for a number, and does not scale vectors."""
    expected = [
        pair
        for pair in vectors.most_similar_cosmul(["word3", "word4"], ["word8"], 1000)
        if int(pair[0].removeprefix("word")) < 60
    ]
    assert vectors.most_similar_cosmul(["word3", "word4"], ["word8"], 10, 60) == expected[:10]
    assert vectors.most_similar_cosmul([3, 4], [8], 10, 60) == expected[:10]
    found = vectors.most_similar_cosmul([MATRIX[3] * 100, "word4"], ["word8"], 61, 60)
    np.testing.assert_allclose(
        [dict(found)[word] for word, _ in expected], [value for _, value in expected], rtol=1e-5
    )
    assert "word3" in dict(found)  # a vector has no word that could be left out


@pytest.mark.parametrize("spread", [0, 1e-7], ids=["equal", "almost equal"])
def test_cosmul_of_more_equal_rows_than_candidates(spread, tmp_path):
    """Rows that BLAS rounds apart, or together, come in the order of their exact similarities."""
    generator = np.random.default_rng(8)
    kinds = generator.normal(size=(2, 64))
    numbers = kinds[generator.permutation(400) % 2] + spread * generator.normal(size=(400, 64))
    matrix, words = numbers.astype(np.float32), [f"w{row}" for row in range(400)]
    vectors = glovefast.load(glovefast.save(words, matrix, tmp_path / "equal.glovefast"))
    queries = np.concatenate([kinds, generator.normal(size=(1, 64))]).astype(np.float32)
    exact = np.array([[cosine(query, row) for row in matrix] for query in queries]).astype(np.float64)
    values = ((1 + exact[0]) / 2 * ((1 + exact[1]) / 2) / ((1 + exact[2]) / 2 + 0.000001)).astype(np.float32)
    order = np.lexsort((np.arange(400), -values))
    for topn in (3, 45, 100):
        found = vectors.most_similar_cosmul(list(queries[:2]), queries[2], topn)
        assert [word for word, _ in found] == [words[row] for row in order[:topn]]
        assert [value for _, value in found] == values[order[:topn]].tolist()


def test_similarity_and_distance(vectors, theirs):
    for one, other in [("word1", "word2"), ("word3", "word3"), (5, 6), ("word7", 8)]:
        assert vectors.similarity(one, other) == pytest.approx(theirs.similarity(one, other), abs=TOLERANCE)
        assert vectors.distance(one, other) == pytest.approx(theirs.distance(one, other), abs=TOLERANCE)
    assert vectors.similarity("word3", "word3") == 1
    assert vectors.similarity(VECTOR, "word77") == 1
    assert vectors.similarity(w1="word1", w2="word2") == vectors.similarity("word2", "word1")


def test_rank_and_closer_than(vectors, theirs):
    for one, other in [("word1", "word2"), ("word3", "word400"), ("word9", "word9")]:
        assert vectors.closer_than(one, other) == theirs.closer_than(one, other)
        assert vectors.rank(one, other) == theirs.rank(one, other)
    assert vectors.rank(key1="word1", key2=vectors.most_similar("word1")[2][0]) == 3


def test_n_similarity(vectors, theirs):
    for ones, others in [(WORDS[:5], WORDS[3:9]), (["word1"], ["word2"]), ([1, "word2"], ["word5"] * 2)]:
        assert vectors.n_similarity(ones, others) == pytest.approx(
            theirs.n_similarity(ones, others), abs=TOLERANCE
        )
    with pytest.warns(UserWarning, match=r"n_similarity skips missing words: 'lacking'$"):
        found = vectors.n_similarity(["word1", "lacking"], ["word2"])
    assert found == pytest.approx(theirs.n_similarity(["word1", "lacking"], ["word2"]), abs=TOLERANCE)


def test_doesnt_match(vectors, theirs):
    for begin in range(0, 60, 6):
        assert vectors.doesnt_match(WORDS[begin : begin + 6]) == theirs.doesnt_match(WORDS[begin : begin + 6])
    assert vectors.doesnt_match(["word5"]) == "word5"
    assert vectors.doesnt_match(iter([3, 4, "word5"])) == theirs.doesnt_match(WORDS[3:6])
    with pytest.warns(UserWarning, match=r"doesnt_match skips missing words: 'a', 'b'$"):
        assert vectors.doesnt_match(["a", *WORDS[:4], "b"]) == theirs.doesnt_match(WORDS[:4])


@pytest.mark.parametrize(
    "query",
    [
        lambda vectors: vectors.most_similar("kong"),
        lambda vectors: vectors.most_similar(["word1"], ["kong"]),
        lambda vectors: vectors.most_similar(np.array(["word1", "kong"])),
        lambda vectors: vectors.most_similar([("kong", 1.0)]),
        lambda vectors: vectors.most_similar_cosmul("kong"),
        lambda vectors: vectors.similar_by_word("kong"),
        lambda vectors: vectors.similarity("word1", "kong"),
        lambda vectors: vectors.distance("kong", "word1"),
        lambda vectors: vectors.rank("kong", "word1"),
        lambda vectors: vectors.closer_than("word1", "kong"),
        lambda vectors: vectors.n_similarity(["kong"], ["word1"]),
        lambda vectors: vectors.doesnt_match(["kong"]),
        lambda vectors: vectors.nearest("kong"),
        lambda vectors: vectors.nearest(["word1", "kong"]),
        lambda vectors: vectors.nearest("word1", candidates=["word2", "kong"]),
    ],
)
def test_unknown_words(query, vectors):
    with pytest.raises(UnknownWordError, match=r"the word 'kong' is not in .*words\.glovefast") as caught:
        query(vectors)
    assert caught.value.words == ("kong",)
    assert isinstance(caught.value, KeyError)


@pytest.mark.parametrize("row", [-1, COUNT, np.int64(10**12)])
def test_rows_that_are_not_there(row, vectors):
    with pytest.raises(UnknownWordError, match=rf"no row {row} in .*; it has 1,000 rows"):
        vectors.most_similar(row)


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        (lambda v: v.most_similar(), ValueError, "at least one word or vector"),
        (lambda v: v.most_similar([], []), ValueError, "at least one word or vector"),
        (lambda v: v.most_similar_cosmul(negative=["word1"]), ValueError, "at least one positive"),
        (lambda v: v.most_similar(np.zeros(3)), ValueError, r"have 24 numbers; got an array of shape \(3,\)"),
        (lambda v: v.most_similar(np.full(DIM, np.nan)), ValueError, "nan or infinite"),
        (lambda v: v.similar_by_vector([1, 2]), ValueError, "have 24 numbers"),
        (lambda v: v.most_similar(np.zeros(DIM, complex)), TypeError, "real numbers, not complex128"),
        (lambda v: v.most_similar([0.5]), TypeError, "a word or the number of a row, not 0.5"),
        (lambda v: v.most_similar([True]), TypeError, "not True"),
        (lambda v: v.most_similar([b"word1"]), TypeError, "not b'word1'"),
        (lambda v: v.most_similar(0.5), TypeError, "not 0.5"),
        (
            lambda v: v.most_similar([("word1", "word2")]),
            TypeError,
            "weight of 'word1' must be a finite number",
        ),
        (lambda v: v.most_similar([("word1", np.inf)]), TypeError, "weight of 'word1'"),
        (lambda v: v.most_similar_cosmul([("word1", 2.0)]), TypeError, "a word or the number of a row"),
        (lambda v: v.most_similar("word1", topn=2.5), TypeError, "topn must be an integer, not 2.5"),
        (lambda v: v.most_similar("word1", clip_start="a"), TypeError, "clip_start must be an integer"),
        (lambda v: v.most_similar("word1", restrict_vocab=0.5), TypeError, "must be an integer, not 0.5"),
        (lambda v: v.n_similarity([], ["word1"]), ValueError, "n_similarity needs at least one word"),
        (lambda v: v.doesnt_match([]), ValueError, "doesnt_match needs at least one word"),
        (lambda v: v.similarity("word1", None), TypeError, "not None"),
    ],
)
def test_bad_arguments(query, error, message, vectors):
    with pytest.raises(error, match=message):
        query(vectors)


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Zeros, nan, infinity, duplicate words, equal rows, and rows far apart in length."""
    words = ["zero", "one", "nan", "twin", "one", "inf", "other twin", "huge", "tiny", "minus"]
    matrix = np.array(
        [
            [0, 0],
            [1, 0],
            [np.nan, 1],
            [1, 1],
            [-1, -1],
            [np.inf, 0],
            [2, 2],
            [3e38, 3e38],
            [1e-45, 0],
            [-1, 0],
        ],
        np.float32,
    )
    return glovefast.load(glovefast.save(words, matrix, tmp_path_factory.mktemp("odd") / "odd.glovefast"))


def test_zeros_nan_and_duplicates(odd):
    half = float(np.float32(np.sqrt(0.5)))
    expected = [("tiny", 1), ("twin", half), ("other twin", half), ("huge", half), ("zero", 0), ("minus", -1)]
    assert odd.most_similar("one", topn=10) == expected
    assert odd.most_similar("zero") == [
        (word, 0) for word in ["one", "twin", "other twin", "huge", "tiny", "minus"]
    ]
    assert odd.most_similar("nan") == odd.most_similar(["one", "inf"]) == []
    assert odd.most_similar("one", "one", topn=3) == [("zero", 0), ("twin", 0), ("other twin", 0)]
    assert odd.most_similar(np.zeros(2), topn=1) == [("zero", 0)]
    assert np.isnan(odd.similarity("nan", "one"))
    assert np.isnan(odd.similarity("one", "inf"))
    assert odd.similarity("zero", "one") == odd.similarity("zero", "zero") == 0
    assert odd.similarity("huge", "twin") == 1
    everything = odd.most_similar("one", topn=None)
    assert np.isnan(everything[[2, 5]]).all()
    np.testing.assert_allclose(
        everything[[0, 1, 3, 4, 6, 7, 8, 9]], [0, 1, half, -half, half, half, 1, -1], rtol=1e-6
    )


def test_ranks_with_ties(odd):
    assert odd.closer_than("one", "twin") == ["tiny"]
    assert odd.rank("one", "twin") == odd.rank("one", "huge") == 2
    assert odd.closer_than("one", "minus") == ["zero", "twin", "other twin", "huge", "tiny"]
    assert odd.closer_than("one", "nan") == odd.closer_than("nan", "one") == []
    assert odd.closer_than("zero", "minus") == []


def test_cosmul_of_odd_rows(odd):
    found = odd.most_similar_cosmul("one", topn=10)
    assert [word for word, _ in found] == ["tiny", "twin", "other twin", "huge", "zero", "minus"]
    assert odd.most_similar_cosmul("nan") == []
    ties = odd.most_similar_cosmul(["one", "twin"], ["minus"], topn=2)
    assert [word for word, _ in ties] == ["tiny", "other twin"]


def test_vectors_beyond_float32(odd):
    """float64 vectors keep their direction, however long they are."""
    for size in (1e-300, 1e-40, 1e200):
        assert odd.most_similar(np.array([size, size]), topn=2) == [("twin", 1), ("other twin", 1)]
        assert odd.most_similar([np.array([size, 0]), np.array([0, size])], topn=1) == [("twin", 1)]
        assert odd.nearest(np.array([[size, size]]), 1).words == [["twin"]]


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_other_number_types(dtype, theirs, tmp_path):
    rounded = glovefast.load(glovefast.save(WORDS, MATRIX, tmp_path / "rounded.glovefast", dtype=dtype))
    keyed_vectors = gensim.models.KeyedVectors(DIM)
    keyed_vectors.add_vectors(WORDS, np.asarray(rounded))
    arguments = {"positive": ["word3", "word4"], "negative": [("word8", -0.5)], "topn": 30}
    assert same(rounded.most_similar(**arguments), keyed_vectors.most_similar(**arguments))
    assert same(
        rounded.most_similar_cosmul(["word1", "word2"], "word3"),
        keyed_vectors.most_similar_cosmul(["word1", "word2"], "word3"),
    )
    assert rounded.rank("word1", "word2") == keyed_vectors.rank("word1", "word2")
    assert rounded.n_similarity(WORDS[:4], WORDS[5:7]) == pytest.approx(
        keyed_vectors.n_similarity(WORDS[:4], WORDS[5:7]), abs=TOLERANCE
    )


def test_a_store_of_one_row(tmp_path):
    one = glovefast.load(glovefast.save(["alone"], np.ones((1, 3), np.float32), tmp_path / "one.glovefast"))
    assert one.most_similar("alone") == []
    assert one.most_similar_cosmul("alone") == []
    assert one.most_similar(np.ones(3)) == [("alone", 1)]
    assert one.most_similar("alone", topn=None).tolist() == pytest.approx([1])
    assert one.rank("alone", "alone") == 1
    assert one.doesnt_match(["alone"]) == "alone"
