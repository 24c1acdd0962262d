"""Word forms and their look-up in batches, compared with a loop over a dictionary."""

import re
import string
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.matrix.fallbacks import as_fallbacks, fallback_name, find_rows
from glovefast.matrix.word_forms import WORD_FORMS
from glovefast.vocabulary.word_index import WordIndex
from tests import reference

FORMS = {
    "lower": lambda word: word.lower(),
    "title": lambda word: word.title(),
    "upper": lambda word: word.upper(),
    "nfkc": lambda word: unicodedata.normalize("NFKC", word),
    "digits": lambda word: re.sub("[0-9]", "#", word),
    "strip": lambda word: word.strip(string.punctuation + "“”«»…€±"),
    "callable": lambda word: word[::-1] if len(word) > 1 else None,
}
"""The obvious way to make each form (`strip` for the punctuation used here)."""

words = st.text(alphabet='aAbB1\N{FULLWIDTH DIGIT TWO}ﬁé"$«', min_size=1, max_size=3)


@given(
    st.lists(words, unique=True),
    st.lists(words),
    st.lists(st.sampled_from(sorted(FORMS)), max_size=4),
)
def test_rows_are_those_of_the_loop(stored, wanted, names):
    vocabulary = WordIndex.from_words(stored)
    fallbacks = as_fallbacks([FORMS[name] if name == "callable" else name for name in names])
    rows, found_by = find_rows(vocabulary, pa.array(wanted, pa.string()), fallbacks)
    row_of = {word: row for row, word in enumerate(stored)}
    expected = [reference.look_up(row_of, word, [FORMS[name] for name in names]) for word in wanted]
    assert rows.dtype == found_by.dtype == np.int64
    assert rows.tolist() == [-1 if row is None else row for row, _ in expected]
    numbers = {"missing": -1, "exact": 0}
    assert found_by.tolist() == [numbers[way] if way in numbers else way + 1 for _, way in expected]


def test_each_fallback_starts_from_the_word_itself():
    vocabulary = WordIndex.from_words(["king"])
    rows, found_by = find_rows(vocabulary, pa.array(['"King"', '"king"', "King"]), ("lower", "strip"))
    assert rows.tolist() == [-1, 0, 0]
    assert found_by.tolist() == [-1, 2, 1]


def test_the_first_fallback_that_finds_it_serves():
    vocabulary = WordIndex.from_words(["KING", "King", "king"])
    words = pa.array(["kING"])
    for order, row in ((("lower", "title", "upper"), 2), (("title", "lower"), 1), (("upper", "lower"), 0)):
        rows, found_by = find_rows(vocabulary, words, order)
        assert rows.tolist() == [row]
        assert found_by.tolist() == [1]


def test_a_callable_sees_only_the_words_still_missing():
    seen = []

    def note(word):
        seen.append(word)
        return "king" if word == "QUEEN" else None

    rows, _ = find_rows(
        WordIndex.from_words(["king"]), pa.array(["king", "King", "QUEEN", "x"]), ("lower", note)
    )
    assert seen == ["QUEEN", "x"]
    assert rows.tolist() == [0, 0, 0, -1]


def test_an_empty_form_is_not_looked_up():
    vocabulary = WordIndex.from_words(["", "king"])
    rows, found_by = find_rows(vocabulary, pa.array(["...", ""]), ("strip",))
    assert rows.tolist() == [-1, 0]
    assert found_by.tolist() == [-1, 0]


def test_a_callable_that_gives_no_string():
    def number(word):
        return len(word)

    with pytest.raises(TypeError, match=r"fallback 'number' returned a int for the word 'queen'"):
        find_rows(WordIndex.from_words(["king"]), pa.array(["queen"]), (number,))


def test_one_fallback_or_several():
    assert as_fallbacks("lower") == ("lower",)
    assert as_fallbacks(str.lower) == (str.lower,)
    assert as_fallbacks(iter(["lower", str.upper])) == ("lower", str.upper)
    assert as_fallbacks(()) == ()
    assert as_fallbacks([]) == ()


def test_unknown_name_lists_the_names():
    with pytest.raises(ValueError, match="unknown fallback 'lowercase'") as caught:
        as_fallbacks(["lower", "lowercase"])
    assert all(repr(name) in str(caught.value) for name in WORD_FORMS)


@pytest.mark.parametrize("wrong", [[3], ["lower", None], [b"lower"], 3, None])
def test_neither_name_nor_callable(wrong):
    with pytest.raises(TypeError, match="fallback"):
        as_fallbacks(wrong)


def test_names_for_a_table():
    class Stemmer:
        def __call__(self, word):
            return word

    def stem(word):
        return word

    assert [fallback_name(one) for one in ("lower", stem, Stemmer())] == ["lower", "stem", "Stemmer"]
