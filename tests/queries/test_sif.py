"""Smooth inverse frequency, compared with a straight NumPy reading of Arora, Liang and Ma (2017)."""

import pickle
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.errors import VocabularyError
from glovefast.text import Tokenizer
from tests import reference

WORDS = [f"w{number}" for number in range(60)]


@pytest.fixture(scope="module", params=["float32", "int8"])
def vectors(request, tmp_path_factory):
    matrix = np.random.default_rng(3).normal(size=(60, 20)).astype(np.float32) + np.float32(0.3)
    path = tmp_path_factory.mktemp("stores") / "made.glovefast"
    return glovefast.load(glovefast.save(WORDS, matrix, path, dtype=request.param))


def made_texts(number=300):
    generator = np.random.default_rng(4)
    drawn = (generator.zipf(1.3, generator.integers(1, 30)) - 1 for _ in range(number))
    return [" ".join(f"w{word}" for word in words.tolist()) for words in drawn]


TEXTS = made_texts()
COUNTS = Counter(word for text in TEXTS for word in text.split())


def paper(vectors, texts, probabilities, a):
    """Algorithm 1 of the paper, with the vectors as columns; words without a vector are left out."""
    columns = []
    for text in texts:
        words = [word for word in text.split() if word in vectors]
        weighted = [a / (a + probabilities.get(word, 0)) * vectors[word].astype(np.float64) for word in words]
        columns.append(sum(weighted, np.zeros(vectors.dim)) / max(1, len(words)))
    matrix = np.array(columns).T
    first = np.linalg.svd(matrix)[0][:, :1]
    return matrix.T, (matrix - first @ first.T @ matrix).T


def by_zipf(vectors):
    ranks = 1 / np.arange(1, len(vectors) + 1)
    return dict(zip(vectors, (ranks / ranks.sum()).tolist(), strict=True))


def by_count(counts):
    return {word: count / sum(counts.values()) for word, count in counts.items()}


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("a", [1e-3, 0.1])
def test_the_paper_with_counts(vectors, a):
    weighted, removed = paper(vectors, TEXTS, by_count(COUNTS), a)
    close(vectors.embed(TEXTS, "sif", counts=COUNTS, a=a), weighted)
    sif = vectors.fit_sif(TEXTS, COUNTS, a)
    close(vectors.embed(TEXTS, sif), removed)
    assert sif.texts == sum(any(word in vectors for word in text.split()) for text in TEXTS)
    assert repr(sif) == f"<SIF: 60 words, fitted on {sif.texts} texts>"


def test_the_paper_with_the_order_of_the_rows(vectors):
    weighted, removed = paper(vectors, TEXTS, by_zipf(vectors), 1e-3)
    close(vectors.embed(TEXTS, pooling="sif"), weighted)
    close(vectors.embed(TEXTS, pooling=vectors.fit_sif(iter(TEXTS))), removed)


def test_other_texts_than_those_it_was_fitted_on(vectors):
    sif = vectors.fit_sif(TEXTS[:200], COUNTS)
    more, whole = TEXTS[200:], vectors.embed(TEXTS, sif)
    assert reference.same_bits(vectors.embed(more, sif), whole[200:])
    assert reference.same_bits(np.concatenate(list(vectors.embed(more, sif, batch_size=9))), whole[200:])


def test_bits(vectors):
    """What a plain loop over one text after the other makes of the same weights and component."""
    sif = vectors.fit_sif(TEXTS, COUNTS)
    known = {word: vectors[word] for word in vectors}
    weights = dict(zip(WORDS, sif.weights, strict=True))
    for normalize in (False, True):
        found, counts = vectors.embed(TEXTS[:40], sif, normalize=normalize, return_counts=True)
        for row, count, text in zip(found, counts.tolist(), TEXTS, strict=False):
            expected = reference.text_vector(
                known,
                text.split(),
                vectors.dim,
                weights=weights,
                component=sif.component,
                normalize=normalize,
            )
            assert reference.same_bits(row, expected[0])
            assert count == expected[1]


def test_texts_without_known_words_stay_zeros(vectors):
    sif = vectors.fit_sif(["qwx", *TEXTS, "", None])
    assert not vectors.embed(["qwx", "", None, "w1"], sif, normalize=True)[:3].any()


def test_what_rounding_leaves_has_no_direction(vectors):
    """Nothing is left of a text that was fitted alone; its rounding errors must not become a vector."""
    sif = vectors.fit_sif(["w1"])
    found = vectors.embed(["w1", "w1 w1 w1", "w2"], sif, normalize=True)
    assert not found[:2].any()
    assert np.linalg.norm(found[2]) == pytest.approx(1)


def test_counts_in_all_forms(vectors):
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(TEXTS)
    expected = vectors.embed(TEXTS, "sif", counts=COUNTS)
    table = pa.chunked_array([[word for text in TEXTS for word in text.split()]]).value_counts()
    for counts in (tokenizer.word_counts, dict(COUNTS), table, {**COUNTS, "\ud800": 0}):
        assert reference.same_bits(vectors.embed(TEXTS, "sif", counts=counts), expected)


def test_counts_in_a_table_of_pandas(vectors):
    pandas = pytest.importorskip("pandas")
    table = pandas.Series(list(COUNTS.elements())).value_counts().reset_index()
    found = vectors.embed(TEXTS, "sif", counts=table)
    assert reference.same_bits(found, vectors.embed(TEXTS, "sif", counts=COUNTS))
    with pytest.raises(VocabularyError, match="a table of words and counts, not a DataFrame"):
        vectors.embed(TEXTS, "sif", counts=table[["count"]])


def test_words_without_a_count_weigh_one(vectors):
    found = vectors.embed(["w7"], "sif", counts={"w1": 5, "other": 3})[0]
    assert reference.same_bits(found, vectors["w7"].copy())


@pytest.mark.parametrize("counts", [{}, {"w1": 0}, {"w1": -1}, {"w1": 1.5}, [1, 2], np.ones(60), 5])
def test_counts_that_cannot_be_used(vectors, counts):
    with pytest.raises(VocabularyError, match="count"):
        vectors.embed(["w1"], "sif", counts=counts)


@pytest.mark.parametrize("a", [0, -1, float("nan"), float("inf"), "x", True])
def test_constants_that_cannot_be_used(vectors, a):
    with pytest.raises(ValueError, match="a must be a positive number"):
        vectors.embed(["w1"], "sif", a=a)


def test_counts_without_sif(vectors):
    with pytest.raises(ValueError, match="are for pooling='sif'"):
        vectors.embed(["w1"], counts=COUNTS)
    with pytest.raises(ValueError, match="are for pooling='sif'"):
        vectors.embed(["w1"], vectors.fit_sif(TEXTS), a=0.1)


def test_nothing_to_fit_on(vectors):
    for texts in ([], ["", None], ["qwx"]):
        with pytest.raises(VocabularyError, match="nothing to fit on"):
            vectors.fit_sif(texts)


def test_vectors_that_are_not_finite(tmp_path):
    matrix = np.array([[1, np.nan], [1, 2]], dtype=np.float32)
    vectors = glovefast.load(glovefast.save(["a", "b"], matrix, tmp_path / "store"))
    with pytest.raises(VocabularyError, match="nan or inf"):
        vectors.fit_sif(["a b"])
    assert vectors.fit_sif(["b"]).texts == 1


def test_one_text_has_no_more_than_its_component(vectors):
    close(vectors.embed(["w1 w2"], vectors.fit_sif(["w1 w2"])), np.zeros((1, 20)))


def test_what_was_fitted_on_another_store(vectors, tmp_path):
    other = glovefast.load(glovefast.save(["a"], np.ones((1, 20), np.float32), tmp_path / "store"))
    with pytest.raises(ValueError, match="fitted on another store: it is for 60 words and 20 dimensions"):
        other.embed(["a"], vectors.fit_sif(TEXTS))


def test_what_was_fitted_can_be_pickled(vectors):
    sif = vectors.fit_sif(TEXTS)
    again = pickle.loads(pickle.dumps(sif))
    assert reference.same_bits(vectors.embed(TEXTS, again), vectors.embed(TEXTS, sif))
