"""`nearest`: many queries at once, as words or vectors, over all rows or some; its result and bad input."""

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.queries import neighbours
from tests.helpers.html_tables import cells
from tests.reference import nearest, same_bits

COUNT, DIM = 150, 6
WORDS = [f"w{number}" for number in range(COUNT)]
MATRIX = np.random.default_rng(21).normal(size=(COUNT, DIM)).astype(np.float32)
QUERIES = [3, 140, 3, 8]


@pytest.fixture(scope="module", params=["float32", "float16", "int8"])
def vectors(request, tmp_path_factory):
    destination = tmp_path_factory.mktemp("nearest") / "words.glovefast"
    return glovefast.load(glovefast.save(WORDS, MATRIX, destination, dtype=request.param))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return glovefast.load(glovefast.save(WORDS, MATRIX, tmp_path_factory.mktemp("plain") / "plain.glovefast"))


def expected(vectors, k, searched=None, *, include_self=False):
    """Compare each word with all the others, by the reference."""
    matrix = np.asarray(vectors)
    own = None if include_self else np.array(QUERIES)[:, None]
    return nearest(matrix, matrix[QUERIES], k, searched, own)


def agrees(found, reference):
    assert found.rows.tolist() == reference[0].tolist()
    assert found.rows.dtype == np.int64
    assert same_bits(found.similarities, reference[1])
    return True


def test_words(vectors, monkeypatch):
    monkeypatch.setattr(neighbours, "_WORDS_AT_ONCE", 3)
    words = [WORDS[row] for row in QUERIES]
    assert agrees(vectors.nearest(words, 7), expected(vectors, 7))
    assert agrees(vectors.nearest(words), expected(vectors, 10))
    assert agrees(vectors.nearest(words, k=7, include_self=True), expected(vectors, 7, include_self=True))
    assert agrees(vectors.nearest(words, 7, candidates=50), expected(vectors, 7, 50))
    some = sorted({140, 3, 99, 20, 149, 0})
    chosen = [WORDS[row] for row in (99, 149, 3, 140, 0, 20, 3)]
    assert agrees(vectors.nearest(words, 4, chosen), expected(vectors, 4, np.array(some)))


@pytest.mark.parametrize(
    "words",
    [
        ("w3", "w8"),
        np.array(["w3", "w8"]),
        np.array(["w3", "w8"], object),
        pa.array(["w3", "w8"]),
        pa.chunked_array([["w3"], ["w8"]]),
    ],
    ids=["tuple", "array", "objects", "Arrow", "chunks"],
)
def test_every_kind_of_list(words, plain):
    found = plain.nearest(words, 3, candidates=words)
    assert found.words == [["w8"], ["w3"]]
    assert found.queries.to_pylist() == ["w3", "w8"]


def test_vectors(vectors):
    matrix = np.asarray(vectors)
    assert agrees(vectors.nearest(matrix[QUERIES], 7), expected(vectors, 7, include_self=True))
    assert agrees(
        vectors.nearest(np.asfortranarray(matrix[QUERIES]), 7), expected(vectors, 7, include_self=True)
    )
    one = vectors.nearest(matrix[3], 2)
    assert one.rows.shape == (1, 2)
    assert one.words[0][0] == "w3"
    assert vectors.nearest(matrix[3].tolist(), 2).words == one.words
    assert vectors.nearest(matrix[3].astype(np.float64) * 1e99, 2).words == one.words
    assert vectors.nearest(np.array([0, 2, 0, 0, 0, 0]), 2).words == vectors.nearest(np.eye(6)[1], 2).words


def test_one_word(plain):
    found = plain.nearest("w3", 5)
    assert found[0] == plain.most_similar("w3", topn=5)
    assert len(found) == 1


def test_the_result(plain):
    found = plain.nearest(["w3", "w8"], 3)
    assert len(found) == 2
    assert list(found) == [plain.most_similar("w3", topn=3), plain.most_similar("w8", topn=3)]
    assert found.words == [[word for word, _ in each] for each in found]
    table = found.to_table()
    assert table.schema == pa.schema(
        {
            "query": pa.string(),
            "rank": pa.int32(),
            "word": pa.string(),
            "row": pa.int64(),
            "similarity": pa.float32(),
        }
    )
    assert table["query"].to_pylist() == ["w3"] * 3 + ["w8"] * 3
    assert table["rank"].to_pylist() == [1, 2, 3] * 2
    assert table["word"].to_pylist() == [word for each in found.words for word in each]
    assert table["row"].to_pylist() == found.rows.ravel().tolist()
    assert table["similarity"].to_pylist() == found.similarities.ravel().tolist()
    assert plain.nearest(MATRIX[:2], 2).to_table()["query"].to_pylist() == [0, 0, 1, 1]
    assert repr(found) == "<Neighbours: 2 queries, up to 3 neighbors each>"
    rows = cells(found._repr_html_())
    assert [row[0] for row in rows] == ["query", "w3", "w8"]
    assert rows[1][1] == ", ".join(f"{word} {value:.2f}" for word, value in found[0])
    assert "and 145 more queries" in plain.nearest(WORDS, 1)._repr_html_()
    assert cells(plain.nearest(MATRIX[:1], 1)._repr_html_())[1][0] == "0"


def test_more_neighbors_than_rows(plain):
    """A query has all rows then, and gaps only where its own word is left out."""
    found = plain.nearest(["w3", "w8"], 10**12)
    assert found.rows.shape == (2, COUNT)
    assert sorted(found.rows[0].tolist()) == [-1, *(row for row in range(COUNT) if row != 3)]
    assert np.isnan(found.similarities[:, -1]).all()
    assert len(found[0]) == len(found.words[0]) == COUNT - 1
    assert len(found.to_table()) == 2 * (COUNT - 1)
    assert plain.nearest(MATRIX[:1], COUNT).rows.min() == 0


def test_nothing_to_find(plain):
    for empty in ([], (), np.empty(0, str), pa.array([], pa.string())):
        assert plain.nearest(empty, 4).rows.shape == (0, 4)
        assert plain.nearest("w3", 4, candidates=empty).rows.shape == (1, 0)
    assert plain.nearest(np.empty((0, DIM)), 4).rows.shape == (0, 4)
    assert plain.nearest("w3", 0).words == [[]]
    assert plain.nearest("w3", 4, candidates=0).words == [[]]
    assert plain.nearest("w3", 4, candidates=["w3"]).words == [[]]
    assert plain.nearest([], 4).to_table().num_rows == 0


def test_a_store_of_one_row(tmp_path):
    one = glovefast.load(glovefast.save(["alone"], np.ones((1, 3), np.float32), tmp_path / "one.glovefast"))
    assert one.nearest("alone").words == [[]]
    assert one.nearest("alone", include_self=True).words == [["alone"]]
    assert one.nearest(np.ones((2, 3))).rows.tolist() == [[0], [0]]


def test_duplicates_zeros_and_rows_that_are_not_finite(tmp_path):
    words = ["a", "b", "a", "zero", "nan", "c", "b"]
    matrix = np.array([[1, 0], [1, 1], [0, 1], [0, 0], [np.nan, 0], [2, 0], [1, 0]], np.float32)
    odd = glovefast.load(glovefast.save(words, matrix, tmp_path / "odd.glovefast"))
    found = odd.nearest(["a", "zero", "nan"], 4)
    assert found.rows.tolist() == [[5, 1, 3, -1], [0, 1, 5, -1], [-1] * 4]
    assert found.words == [["c", "b", "zero"], ["a", "b", "c"], []]
    assert odd.nearest("a", 9, candidates=["b", "a", "nan", "c", "c"]).words == [["c", "b"]]
    assert odd.nearest("a", 9, candidates=3).words == [["b"]]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.zeros((2, 5)),), ValueError, r"have 6 numbers; got an array of shape \(2, 5\)"),
        ((np.zeros((2, 2, 6)),), ValueError, r"shape \(2, 2, 6\)"),
        ((np.array(0.5),), ValueError, r"shape \(\)"),
        (([[0.0] * 6, [0.0] * 5 + [np.inf]],), ValueError, "vector 1 has a number that is nan or infinite"),
        ((np.full(6, "w3", dtype="S2"),), glovefast.VocabularyError, "not a string"),
        ((["w3", 5],), glovefast.VocabularyError, "position 1 is not a string"),
        ((np.zeros(6, bool),), TypeError, "real numbers, not bool"),
        ((None,), TypeError, "expected words or vectors, not None"),
        ((5,), TypeError, "expected words or vectors, not 5"),
        (("w3", 2.0), TypeError, "k must be an integer, not 2.0"),
        (("w3", True), TypeError, "k must be an integer, not True"),
        (("w3", -1), ValueError, "k must not be negative, but is -1"),
        (("w3", 1, -1), ValueError, "candidates must not be negative, but is -1"),
        (("w3", 1, "w4"), TypeError, "candidates must be a number of rows or a list of words, not 'w4'"),
        (("w3", 1, True), TypeError, "candidates must be a number of rows"),
        (("w3", 1, [4]), glovefast.VocabularyError, "not a string: 4"),
    ],
)
def test_bad_arguments(arguments, error, message, plain):
    with pytest.raises(error, match=message):
        plain.nearest(*arguments)


def test_threads_share_the_norms(plain):
    """The norms are made by whichever query comes first; queries at the same time make the same ones."""
    from concurrent.futures import ThreadPoolExecutor

    expected_rows = plain.nearest(WORDS, 3).rows
    for _ in range(5):
        fresh = plain.reload()
        with ThreadPoolExecutor(8) as pool:
            found = pool.map(lambda begin, fresh=fresh: fresh.nearest(WORDS[begin::8], 3).rows, range(8))
        for begin, rows in enumerate(found):
            assert np.array_equal(rows, expected_rows[begin::8])


NEIGHBORS_IN_THE_REAL_FILE = {
    "frog": ["snake", "ape", "toad", "monkey", "spider"],
    "king": ["prince", "queen", "ii", "emperor", "son"],
    "paris": ["prohertrib", "france", "brussels", "amsterdam", "french"],
    "monday": ["tuesday", "thursday", "wednesday", "friday", "week"],
    "apple": ["blackberry", "chips", "iphone", "microsoft", "ipad"],
    "physics": ["chemistry", "mathematics", "theoretical", "science", "biology"],
    "guitar": ["vocals", "guitars", "bass", "harmonica", "drums"],
    "doctor": ["nurse", "physician", "patient", "child", "teacher"],
    "good": ["better", "really", "always", "sure", "something"],
    "three": ["four", "five", "two", "six", "seven"],
}


@pytest.mark.parametrize("query", [slice(0, 2), np.arange(2), None, True, 1.0])
def test_a_query_is_one_number(plain, query):
    """The neighbors of several would stand in one list."""
    found = plain.nearest(WORDS[:3], 2)
    assert found[np.int64(-1)] == found[2]
    with pytest.raises(TypeError, match="query must be an integer, not "):
        found[query]


def test_the_real_file(glove_6b_50d_text, tmp_path):
    """Ten words, and gensim's way to all similarities of one of them."""
    vectors = glovefast.load(glovefast.convert(glove_6b_50d_text, tmp_path / "glove.6B.50d.glovefast"))
    found = vectors.nearest(list(NEIGHBORS_IN_THE_REAL_FILE), 5)
    assert found.words == list(NEIGHBORS_IN_THE_REAL_FILE.values())
    matrix = np.asarray(vectors, dtype=np.float64)
    matrix /= np.linalg.norm(matrix, axis=1)[:, None]
    similarities = matrix @ matrix[vectors.rows(["frog"])[0]]
    best = np.argsort(-similarities)[1:6]
    assert found.rows[0].tolist() == best.tolist()
    np.testing.assert_allclose(found.similarities[0], similarities[best], rtol=0, atol=1e-6)
    king, woman, man = matrix[vectors.rows(["king", "woman", "man"])]
    similarities = matrix @ (king + woman - man) / np.linalg.norm(king + woman - man)
    found = vectors.most_similar(["king", "woman"], ["man"], topn=1)
    assert found == [("queen", pytest.approx(similarities[vectors.rows(["queen"])[0]], abs=1e-6))]
