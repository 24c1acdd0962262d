"""What queries are given: columns, tensors and tables; what is refused, and never read as something else."""

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from tests.helpers.cases import case_name

WORDS = [f"word{number}" for number in range(120)]
MATRIX = np.random.default_rng(5).normal(size=(len(WORDS), 2)).astype(np.float32)


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    return glovefast.load(glovefast.save(WORDS, MATRIX, tmp_path_factory.mktemp("queries") / "q.glovefast"))


QUERIES = ["most_similar", "most_similar_cosmul", "doesnt_match"]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("given", [b"word3", bytearray(b"word3")], ids=case_name)
def test_bytes_are_not_the_numbers_of_rows(vectors, query, given):
    with pytest.raises(TypeError, match="expected words, numbers of rows or vectors, not b"):
        getattr(vectors, query)(given)
    with pytest.raises(TypeError, match="expected words"):
        vectors.n_similarity(["word1"], given)


@pytest.mark.parametrize("query", ["most_similar", "most_similar_cosmul"])
def test_columns(vectors, query):
    words, vector = ["word1", "word2"], np.array([1.0, 2.0])
    for given, expected in (
        (pa.array(words), words),
        (np.array(words, dtype=object), words),
        (pa.array(vector), vector),
    ):
        assert getattr(vectors, query)(given) == getattr(vectors, query)(expected)


@pytest.mark.parametrize("query", ["most_similar", "most_similar_cosmul"])
def test_columns_and_tables_of_pandas(vectors, query):
    """The names of a table's columns, 0 and 1, could be numbers of rows."""
    pandas = pytest.importorskip("pandas")
    matrix = np.array([[1.0, 2.0], [0.5, -1.0]])
    assert getattr(vectors, query)(pandas.DataFrame(matrix)) == getattr(vectors, query)(matrix)
    assert getattr(vectors, query)(pandas.Series(matrix[0])) == getattr(vectors, query)(matrix[0])
    words = ["word1", "word2"]
    assert getattr(vectors, query)(pandas.Series(words)) == getattr(vectors, query)(words)


@pytest.mark.parametrize("count", [0, 2, 3])
def test_one_vector_is_one(vectors, count):
    """The first of several would stand for all."""
    several = np.ones((count, 2))
    message = rf"expected one vector, got an array of shape \({count}, 2\)"
    for query in (
        lambda: vectors.most_similar([several]),
        lambda: vectors.most_similar("word1", [(several, 2.0)]),
        lambda: vectors.most_similar_cosmul([several]),
        lambda: vectors.similar_by_vector(several),
        lambda: vectors.similarity("word1", several),
    ):
        with pytest.raises(ValueError, match=message):
            query()
    row = MATRIX[:1]
    assert vectors.similar_by_vector(row) == vectors.similar_by_vector(row[0])


@pytest.mark.parametrize("weight", [10**400, float("inf"), "2", None])
def test_weights_that_are_not_finite_numbers(vectors, weight):
    with pytest.raises(TypeError, match="the weight of 'word1' must be a finite number, not "):
        vectors.most_similar([("word1", weight)])


@pytest.mark.filterwarnings("error")
def test_a_sum_beyond_float64(vectors):
    huge = np.array([1e308, 1.0])
    assert vectors.most_similar([huge]) == vectors.most_similar([np.array([1.0, 0.0])])
    with pytest.raises(ValueError, match="their sum is infinite"):
        vectors.most_similar([huge, huge])


@pytest.mark.filterwarnings("error")
def test_a_number_beyond_float64(vectors):
    beyond = np.array([np.longdouble("1e4000"), 1])
    if np.isinf(beyond[0]):
        pytest.skip("longdouble is float64 here")
    for query in (vectors.nearest, vectors.most_similar, vectors.similar_by_vector):
        with pytest.raises(ValueError, match="vector 0 has a number that is nan or infinite"):
            query(beyond)


@pytest.mark.filterwarnings("error")
def test_infinities_of_both_signs(tmp_path):
    matrix = np.array([[np.inf, 1], [-np.inf, 1], [1, 2]], dtype=np.float32)
    vectors = glovefast.load(glovefast.save(["a", "b", "c"], matrix, tmp_path / "inf.glovefast"))
    assert np.isnan(vectors.n_similarity(["a", "b"], ["c"]))
