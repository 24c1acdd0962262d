"""Other forms of words, and words split into several."""

# ruff: noqa: RUF001 - typographic characters are what is tested

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.matrix.word_forms import SPLITS, WORD_FORMS, word_form


@pytest.mark.parametrize(
    ("name", "word", "form"),
    [
        ("lower", "ÉTÉ", "été"),
        ("title", "new-york", "New-York"),
        ("upper", "nato", "NATO"),
        ("nfkc", "ﬁve\N{FULLWIDTH DIGIT TWO}", "five2"),
        ("nfkc", "e\u0301", "é"),
        ("digits", "2013", "####"),
        ("digits", "$5.20", "$#.##"),
        ("digits", "٣2", "٣#"),
        ("strip", '"king,"', "king"),
        ("strip", "“king”…", "king"),
        ("strip", "$100", "100"),
        ("strip", "o'neil", "o'neil"),
        ("strip", "...", ""),
        ("strip", "'", ""),
        ("strip", "!e\u0301!", "e\u0301"),
        ("visible", "co\u00adoperate", "cooperate"),
        ("visible", "\ufeffking\r", "king"),
        ("visible", "king\N{NO-BREAK SPACE}", "king"),
        ("visible", "new\N{NO-BREAK SPACE}york", "new\N{NO-BREAK SPACE}york"),
        ("straight", "don’t", "don't"),
        ("straight", "“well–known”", '"well-known"'),
        ("straight", "well…", "well..."),
        ("treebank", "-LRB-", "("),
        ("treebank", "-rsb-", "]"),
        ("treebank", "``", '"'),
        ("treebank", "and\\/or", "and/or"),
        ("treebank", "-lrb-d", "-lrb-d"),
        ("possessive", "king's", "king"),
        ("possessive", "KING’S", "KING"),
        ("possessive", "kings'", "kings"),
        ("possessive", "'s", "'s"),
        ("possessive", "king'", "king'"),
        ("accents", "crème", "creme"),
        ("accents", "e\u0301te\u0301", "ete"),
        ("accents", "ŁÓDŹ", "ŁODZ"),
        ("accents", "हिन्दी", "हिन्दी"),
        ("accents", "한국", "한국"),
        ("apostrophes", "don't", "dont"),
        ("apostrophes", "O’Neill", "ONeill"),
        ("apostrophes", "we'll", "we'll"),
        ("apostrophes", "I’D", "I’D"),
        ("apostrophes", "'tis", "'tis"),
        ("hyphens", "e-mail", "email"),
        ("hyphens", "co\N{NON-BREAKING HYPHEN}op", "coop"),
        ("hyphens", "-er", "-er"),
        ("strip+lower", '"King,"', "king"),
        ("nfkc+strip+accents+lower", "(ＣＡＦÉ)", "cafe"),
    ],
)
def test_named_form(name, word, form):
    assert word_form(name)(word) == form


@given(st.text())
def test_strip_of_ascii_punctuation_is_str_strip(word):
    ascii_only = "".join(character for character in word if character.isascii() or character.isalnum())
    assert WORD_FORMS["strip"](ascii_only) == ascii_only.strip(string.punctuation)


@given(st.text())
def test_forms_made_one_after_the_other(word):
    names = list(WORD_FORMS)
    expected = word
    for name in names:
        expected = WORD_FORMS[name](expected)
    assert word_form("+".join(names))(word) == expected


@given(
    st.text(alphabet="abcXYZ", max_size=8),
    st.sampled_from(sorted({*WORD_FORMS} - {"lower", "upper", "title"})),
)
def test_plain_words_stay_as_they_are(word, name):
    assert WORD_FORMS[name](word) == word


@pytest.mark.parametrize("wrong", ["lowercase", "", "strip+", "strip+lowercase", "strip lower"])
def test_unknown_forms(wrong):
    with pytest.raises(ValueError, match="unknown fallback") as caught:
        word_form(wrong)
    assert repr(wrong) in str(caught.value)
    assert all(repr(name) in str(caught.value) for name in WORD_FORMS)


@pytest.mark.parametrize(
    ("name", "word", "parts"),
    [
        ("contractions", "don't", ["do", "n't"]),
        ("contractions", "can’t", ["ca", "n't"]),
        ("contractions", "We'll", ["We", "'ll"]),
        ("contractions", "king's", ["king", "'s"]),
        ("contractions", "'s", ["'s"]),
        ("contractions", "o'neil", ["o'neil"]),
        ("hyphens", "state-of-the-art", ["state", "of", "the", "art"]),
        ("hyphens", "well--known", ["well", "known"]),
        ("hyphens", "1990–1995", ["1990", "1995"]),
        ("punctuation", "and/or", ["and", "or"]),
        ("punctuation", "end.Next", ["end", "Next"]),
        ("punctuation", "don't-know", ["don't-know"]),
        ("white space", "2\N{NO-BREAK SPACE}1", ["2", "1"]),
    ],
)
def test_split(name, word, parts):
    assert [part for part in SPLITS[name](word) if part] == parts
