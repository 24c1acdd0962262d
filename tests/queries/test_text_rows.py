"""The rows of the words of texts: the kernel against a loop over the words."""

import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.conversion.convert import convert
from glovefast.errors import StoreError, TextError
from glovefast.queries.text_rows import text_rows
from glovefast.text.word_rule import WordRule
from glovefast.text.words import DEFAULT_FILTERS
from glovefast.vectors import index_of, load
from glovefast.vocabulary.word_index import WordIndex

WORDS = ["the", "a", "", "é", "é", "A", "king", "ß", "ς", "\N{GREEK SMALL LETTER SIGMA}", "x" * 100]
INDEX = WordIndex.from_words(WORDS)
RULES = {
    "usual": WordRule.of(DEFAULT_FILTERS, True, " ", False, None),
    "as it is": WordRule.of("", False, " ", False, None),
    "characters": WordRule.of("", True, " ", True, None),
    "in Python": WordRule.of("", True, "--", False, None),
}
TEXTS = st.lists(st.text(alphabet="thea kingAéßΣ-!\t ", max_size=300), max_size=20)


def looked_up(texts: list, rule: WordRule) -> list[list[int]]:
    first = {word: row for row, word in reversed(list(enumerate(WORDS)))}
    return [
        [first.get(word, -1) for word in rule.words_of(text, number)] for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize("rule", RULES)
@given(texts=TEXTS)
def test_texts(rule, texts):
    expected = looked_up(texts, RULES[rule])
    for given_texts in (texts, pa.array(texts, pa.string()), pa.array(texts, pa.large_string())):
        found = text_rows(INDEX, given_texts, RULES[rule], 1)
        assert found.indices.dtype == np.int32
        assert list(found.lists()) == expected


@pytest.mark.parametrize("rule", ["usual", "as it is"])
@given(
    texts=st.lists(
        st.lists(st.one_of(st.sampled_from([*WORDS, "A", "THE"]), st.none()), max_size=400), max_size=5
    )
)
def test_words(rule, texts):
    expected = [
        [-1 if word is None else looked_up([[word]], RULES[rule])[0][0] for word in text] for text in texts
    ]
    for given_texts in (texts, pa.array(texts, pa.list_(pa.string()))):
        assert list(text_rows(INDEX, given_texts, RULES[rule], 1).lists()) == expected


def test_threads_give_the_same():
    texts = ["the king A é nobody"] * 200_000
    one, two = (text_rows(INDEX, texts, RULES["usual"], threads) for threads in (1, 2))
    assert np.array_equal(one.indices, two.indices)
    assert np.array_equal(one.offsets, two.offsets)
    assert one.indices[-5:].tolist() == [0, 6, 1, 3, -1]


def test_what_is_not_a_text():
    with pytest.raises(TextError, match="the text at position 1 is not a string: 3"):
        text_rows(INDEX, ["a", 3], RULES["usual"], 1)
    with pytest.raises(
        TextError, match="the word at position 0 of the text at position 1 is not a string: 3"
    ):
        text_rows(INDEX, [["a"], [3, None]], RULES["usual"], 1)


def test_a_damaged_store(tmp_path):
    store = convert(io.BytesIO(b"a 1 2\nb 3 4\n"), tmp_path / "store")
    raw = bytearray((store / "index.arrow").read_bytes())
    rows = raw.rindex(np.array([0, 1], "<i4").tobytes()) if np.array([0, 1], "<i4").tobytes() in raw else -1
    other = raw.rindex(np.array([1, 0], "<i4").tobytes()) if rows < 0 else rows
    raw[other : other + 8] = np.array([90, 91], "<i4").tobytes()
    (store / "index.arrow").write_bytes(raw)
    with pytest.raises(StoreError, match="its index points outside of the store"):
        text_rows(index_of(load(store)), ["a b"], RULES["usual"], 1)


def test_arrays_of_words_with_nulls():
    words = [["king", None, "zzz"], ["a"], [None]]
    cells = [np.array(each, dtype=object) for each in words]
    for texts in (words, cells):
        found = text_rows(INDEX, texts, RULES["usual"], 1)
        assert list(found.lists()) == [[6, -1, -1], [1], [-1]]
