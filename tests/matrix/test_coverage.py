"""Coverage, compared with a loop that counts word by word."""

import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glovefast
from glovefast.errors import VocabularyError
from glovefast.matrix.coverage import coverage
from glovefast.store.writing import write_store
from glovefast.vocabulary.word_index import WordIndex
from tests import reference
from tests.helpers.html_tables import cells

STORED = WordIndex.from_words(["the", "cat", "dog", "King"])
WORD_INDEX = {"the": 1, "king": 2, "zebra": 3, "okapi": 4, "cat": 5, "gnu": 9}
COUNTS = {"the": 100, "king": 20, "zebra": 3, "okapi": 7, "cat": 10, "elsewhere": 5}

words = st.text(alphabet="abAB", min_size=1, max_size=2)


@given(
    stored=st.sets(words),
    wanted=st.lists(words, unique=True, min_size=1),
    counts=st.dictionaries(words, st.integers(0, 5)),
    forms=st.lists(st.sampled_from(["lower", "upper", "title"]), max_size=2),
)
def test_coverage_is_that_of_the_loop(stored, wanted, counts, forms):
    vocabulary = WordIndex.from_words(sorted(stored))
    by_word = dict.fromkeys(stored, 1)
    ways, tokens, missing = reference.coverage(
        by_word, wanted, counts, [getattr(str, name) for name in forms]
    )
    found = coverage(vocabulary, wanted, counts, forms)
    assert [way.name for way in found.found_by] == ["exact", *forms]
    assert [way.words for way in found.found_by] == list(ways.values())[:-1]
    assert [way.tokens for way in found.found_by] == list(tokens.values())[:-1]
    assert found.misses == ways["missing"]
    assert found.token_misses == tokens["missing"]
    assert found.hits == found.words - found.misses == sum(ways.values()) - ways["missing"]
    assert found.token_hits == sum(tokens.values()) - tokens["missing"]
    assert found.tokens == sum(tokens.values())
    assert found.tokens_outside == sum(counts.values()) - found.tokens
    assert list(found.missing) == missing
    assert list(found.missing_counts) == [counts.get(word, 0) for word in missing]
    assert found.rate == found.hits / found.words
    assert found.token_rate == (found.token_hits / found.tokens if found.tokens else None)


def test_without_counts_nothing_is_said_of_tokens():
    found = coverage(STORED, WORD_INDEX, fallback="title")
    assert (found.hits, found.misses, found.rate) == (3, 3, 0.5)
    assert found.missing == ("zebra", "okapi", "gnu")
    assert found.token_hits is found.token_misses is found.tokens is found.token_rate is None
    assert found.tokens_outside is found.missing_counts is None
    assert [(way.name, way.words, way.tokens) for way in found.found_by] == [
        ("exact", 2, None),
        ("title", 1, None),
    ]


def test_missing_words_come_in_the_order_of_their_indices():
    assert coverage(STORED, {"b": 7, "c": 2, "a": 5}).missing == ("c", "a", "b")
    assert coverage(STORED, {"b": 7, "c": 2, "a": 5}, {"b": 1, "a": 1}).missing == ("a", "b", "c")


def test_rows_that_are_no_words_do_not_count():
    found = coverage(STORED, ["", "[UNK]", "the", "zebra"], {"": 50, "[UNK]": 60, "the": 3})
    assert (found.words, found.hits, found.missing) == (2, 1, ("zebra",))
    assert (found.tokens, found.tokens_outside) == (3, 110)
    nothing = coverage(STORED, [""], {})
    assert (nothing.words, nothing.rate, nothing.token_rate) == (0, None, None)
    assert "0" in str(nothing)


def test_a_word_twice_in_a_list_counts_once():
    found = coverage(STORED, ["the", "zebra", "the", "zebra"], {"the": 3, "zebra": 4})
    assert (found.words, found.tokens, found.missing) == (2, 7, ("zebra",))


@pytest.fixture
def tokenizer():
    made = pytest.importorskip("keras.src.legacy.preprocessing.text").Tokenizer(num_words=4, oov_token="?")
    made.fit_on_texts(["the the the zebra zebra cat"])
    return made


@pytest.mark.keras
def test_counts_of_a_tokenizer_are_its_own(tokenizer):
    found = coverage(STORED, tokenizer)
    assert (found.token_hits, found.token_misses, found.tokens_outside) == (3, 2, 1)
    assert found.missing == ("zebra",)
    other = coverage(STORED, tokenizer, {"zebra": 8})
    assert (other.token_hits, other.token_misses, other.tokens_outside) == (0, 8, 0)
    tokenizer.word_counts = {}
    assert coverage(STORED, tokenizer).tokens is None


def test_counts_of_numpy_integers():
    found = coverage(STORED, ["the", "zebra"], Counter({"the": np.int8(100), "zebra": np.int8(100)}))
    assert (found.tokens, found.tokens_outside) == (200, 0)
    json.dumps(found.to_dict())


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"the": 1, "cat": -1}, "'cat' has the count -1"),
        ({"the": 1, "cat": 0.5}, "'cat' has the count 0.5"),
        ({"the": 1, "cat": True}, "'cat' has the count True"),
        ({"the": 1, "cat": None}, "'cat' has the count None"),
        ([("the", 1)], "mapping word -> count, .*, not a list"),
    ],
)
def test_counts_that_cannot_be_used(counts, said):
    with pytest.raises(VocabularyError, match=said):
        coverage(STORED, WORD_INDEX, counts)


def test_unknown_fallback():
    with pytest.raises(ValueError, match="unknown fallback"):
        coverage(STORED, WORD_INDEX, fallback="lowercase")


def test_table():
    assert str(coverage(STORED, WORD_INDEX, COUNTS, ["lower", "title"])).splitlines() == [
        "exact              2   33.3% words          110   78.6% tokens",
        "lower              0    0.0% words            0    0.0% tokens",
        "title              1   16.7% words           20   14.3% tokens",
        "missing            3   50.0% words           10    7.1% tokens",
        "all                6  100.0% words          140  100.0% tokens",
        "outside the vocabulary: 5 tokens",
        "missing: okapi (7), zebra (3), gnu (0)",
    ]
    assert str(coverage(STORED, WORD_INDEX)).splitlines() == [
        "exact              2   33.3% words",
        "missing            4   66.7% words",
        "all                6  100.0% words",
        "missing: king, zebra, okapi, gnu",
    ]
    odd = coverage(STORED, ["", "new york", "zebra", "", " gnu"])
    assert str(odd).splitlines()[-1] == "missing: new york, zebra, '', ' gnu'"
    long = coverage(STORED, ["x" * 80, "y" * 81])
    assert str(long).splitlines()[-1] == f"missing: {'x' * 80}, {'y' * 79}\N{HORIZONTAL ELLIPSIS}"
    many = coverage(STORED, [f"missing{number}" for number in range(1012)])
    assert str(many).splitlines()[-1].endswith("missing8, missing9 and 1,002 more")


def test_json_holds_it_all():
    found = coverage(STORED, WORD_INDEX, COUNTS, "title")
    assert json.loads(json.dumps(found.to_dict())) == {
        "words": 6,
        "hits": 3,
        "misses": 3,
        "rate": 0.5,
        "tokens": 140,
        "token_hits": 130,
        "token_misses": 10,
        "token_rate": 130 / 140,
        "tokens_outside": 5,
        "found_by": [
            {"name": "exact", "words": 2, "tokens": 110},
            {"name": "title", "words": 1, "tokens": 20},
        ],
        "missing": ["okapi", "zebra", "gnu"],
        "missing_counts": [7, 3, 0],
    }


def test_coverage_through_the_store(tmp_path):
    vectors = np.ones((2, 3), dtype=np.float32)
    store = glovefast.load(write_store(tmp_path / "small.glovefast", pa.array(["the", "cat"]), vectors))
    found = store.coverage(WORD_INDEX, COUNTS, "lower")
    assert isinstance(found, glovefast.Coverage)
    assert found == coverage(WordIndex.from_words(["the", "cat"]), WORD_INDEX, COUNTS, ["lower"])


def test_on_one_line():
    assert repr(coverage(STORED, WORD_INDEX, COUNTS)) == "<Coverage: 33.3% of 6 words, 78.6% of 140 tokens>"
    assert repr(coverage(STORED, WORD_INDEX)) == "<Coverage: 33.3% of 6 words>"
    assert repr(coverage(STORED, [""])) == "<Coverage: 0 words>"


def test_html_holds_the_table_and_no_markup_of_words():
    html = coverage(STORED, ["the", "<b>&", "cat"], {"the": 5, "<b>&": 3}, "lower")._repr_html_()
    rows = cells(html)
    assert rows == [
        ["found by", "words", "", "tokens", ""],
        ["exact", "2", "66.7%", "5", "62.5%"],
        ["lower", "0", "0.0%", "0", "0.0%"],
        ["missing", "1", "33.3%", "3", "37.5%"],
        ["all", "3", "100.0%", "8", "100.0%"],
    ]
    assert "missing: &lt;b&gt;&amp; (3)" in html
    assert "<b>" not in html
    assert cells(coverage(STORED, ["the"])._repr_html_())[0] == ["found by", "words", ""]
