"""Counts in every common form: the result is the same as for a dictionary by word."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from glovefast.errors import VocabularyError
from glovefast.matrix.coverage import coverage
from glovefast.vocabulary.word_index import WordIndex

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

STORED = WordIndex.from_words(["the", "cat"])
TEXT = ["the", "zebra", "the", "cat", "gnu", "the", "zebra"]
COUNTS = Counter(TEXT)
WORDS = list(COUNTS)
NUMBERS = list(COUNTS.values())
EXPECTED = coverage(STORED, WORDS, dict(COUNTS))

BY_WORD = {
    "a Counter": COUNTS,
    "a pandas Series": pd.Series(NUMBERS, index=WORDS),
    "pandas value_counts": pd.Series(TEXT).value_counts(),
    "polars value_counts": pl.Series("word", TEXT).value_counts(),
    "polars value_counts the other way round": pl.Series("word", TEXT).value_counts().select("count", "word"),
    "Arrow value_counts": pa.array(TEXT).value_counts(),
    "Arrow value_counts of categories": pa.array(TEXT).dictionary_encode().value_counts(),
    "an Arrow table": pa.table({"word": WORDS, "count": NUMBERS}),
    "an Arrow table in chunks": pa.concat_tables(
        [pa.table({"word": [word], "count": [number]}) for word, number in COUNTS.items()]
    ),
    "a column of structs": pa.chunked_array([pa.array(TEXT).value_counts()]),
}
BY_INDEX = {
    "pandas": pd.Series,
    "a filtered pandas Series": lambda numbers: pd.Series([0, *numbers])[1:],
    "polars": pl.Series,
    "Arrow": pa.array,
    "Arrow in chunks": lambda numbers: pa.chunked_array([numbers[:1], numbers[1:]]),
    "NumPy": np.array,
    "small NumPy": lambda numbers: np.array(numbers, dtype=np.uint8),
}


@pytest.mark.parametrize("kind", BY_WORD)
def test_by_word(kind):
    found = coverage(STORED, WORDS, BY_WORD[kind])
    assert found == EXPECTED
    assert (found.token_hits, found.token_misses, found.missing) == (4, 3, ("zebra", "gnu"))


@pytest.mark.parametrize("kind", BY_INDEX)
def test_by_index(kind):
    """Entry i counts index i; the counts of indices without a word are outside the vocabulary."""
    column = BY_INDEX[kind]
    assert coverage(STORED, WORDS, column(NUMBERS)) == EXPECTED
    word_index = {"zebra": 1, "the": 3, "cat": 4, "gnu": 2}
    found = coverage(STORED, word_index, column([7, 2, 1, 3, 1]))
    assert (found.token_hits, found.token_misses, found.tokens_outside) == (4, 3, 7)
    assert found.missing_counts == (2, 1)
    found = coverage(STORED, ["", "[UNK]", "the", "zebra"], column([10, 20, 3, 4]))
    assert (found.token_hits, found.token_misses, found.tokens_outside) == (3, 4, 30)


def test_a_word_that_stands_more_than_once_has_the_sum_of_its_counts():
    found = coverage(STORED, ["the", "gnu", "the"], np.array([1, 2, 4]))
    assert (found.words, found.token_hits, found.token_misses) == (2, 5, 2)
    twice = pd.Series([1, 2, 4], index=["the", "gnu", "the"])
    assert coverage(STORED, ["the", "gnu"], twice).token_hits == 5


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (np.array([1, 2]), "counts has 2 entries, but the vocabulary has 4 indices"),
        (np.ones((2, 2), dtype=int), "not a ndarray"),
        (np.array([0.5, 2, 3, 4]), "'the' has the count 0.5"),
        (pa.array([1, 2, None, 4]), "'cat' has the count None"),
        (pl.Series([1, 2, None, 4]), "'cat' has the count None"),
        (pd.Series([1, -2, 3, 4]), "'zebra' has the count -2"),
        (pd.Series([1, None], index=["the", "cat"]), "'the' has the count 1.0"),
        (pa.table({"word": ["the", "the", "the"], "count": [1, None, 2]}), "'the' has the count None"),
        (pa.array(["the"] * 4), "'the' has the count 'the'"),
        (pa.table({"one": [1], "two": [2]}), "not a Table"),
        (pa.table({"one": ["a"], "two": ["b"]}), "not a Table"),
        (pa.table({"a": [1], "b": ["b"], "c": [1]}), "not a Table"),
        ("the", "not a str"),
        (7, "not a int"),
        ([1, 2, 3, 4], "not a list"),
    ],
)
def test_counts_that_cannot_be_used(counts, said):
    with pytest.raises(VocabularyError, match=said):
        coverage(STORED, WORDS, counts)


def test_a_word_index_is_not_taken_for_counts():
    word_index = {f"word{number}": number for number in range(1, 101)}
    with pytest.raises(VocabularyError, match="counts are 1, 2, 3 and so on to 100, as in a word_index"):
        coverage(STORED, WORDS, word_index)
    few = dict(list(word_index.items())[:99])  # so few words may well have such counts
    assert coverage(STORED, WORDS, few)
    word_index["word100"] = 99
    coverage(STORED, WORDS, word_index)
