"""Why words are missing: what each remedy finds, the suggested chain, and that its gains are real."""

import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glovefast
from glovefast.errors import VocabularyError
from glovefast.matrix import remedies
from glovefast.matrix.coverage import coverage
from glovefast.matrix.explanation import Remedy
from glovefast.matrix.remedies import LOSSES, explain_coverage
from glovefast.matrix.word_forms import WORD_FORMS, word_form
from glovefast.store.writing import write_store
from glovefast.vocabulary.word_index import WordIndex
from tests import reference
from tests.helpers.html_tables import cells

STORED = WordIndex.from_words(
    ["paris", "in", "do", "n't", "dont", "email", "king", "'s", "cafe", "(", "and", "or"]
)
COUNTS = Counter(
    {
        "in": 50,
        "Paris": 20,
        "Paris,": 6,
        "don't": 9,
        "-LRB-": 8,
        "e-mail": 4,
        "king's": 3,
        "café": 2,
        "and/or": 2,
        "In-Paris": 1,
        "zzz": 30,
    }
)

words = st.text(alphabet="aéÉ-'., ", min_size=1, max_size=4)


@given(
    stored=st.sets(words, min_size=1, max_size=8),
    counts=st.dictionaries(words, st.integers(0, 5), min_size=1, max_size=12),
    with_counts=st.booleans(),
    min_share=st.sampled_from([0, 0.01, 0.2, 1]),
)
def test_the_chain_is_that_of_trying_everything(stored, counts, with_counts, min_share):
    wanted = list(counts)
    vocabulary = WordIndex.from_words(sorted(stored))
    explained = explain_coverage(vocabulary, wanted, counts if with_counts else None, min_share=min_share)
    assert list(explained.fallback) == reference.fallback_chain(
        stored, wanted, counts if with_counts else {}, WORD_FORMS, LOSSES, min_share
    )
    for remedy in explained.remedies:
        found = [word for word in explained.before.missing if WORD_FORMS[remedy.name](word) in stored - {""}]
        assert remedy.words == len(found) > 0
        assert remedy.tokens == (sum(counts[word] for word in found) if with_counts else None)
        assert [word for word, _ in remedy.examples] == found[:3]


@given(
    stored=st.sets(words, min_size=1, max_size=8),
    counts=st.dictionaries(words, st.integers(0, 5), min_size=1, max_size=12),
    given_first=st.lists(st.sampled_from(["lower", "strip+lower", "upper"]), unique=True, max_size=2),
)
def test_promised_gains_are_what_coverage_and_matrix_give(stored, counts, given_first):
    vocabulary = WordIndex.from_words(sorted(stored))
    explained = explain_coverage(vocabulary, list(counts), counts, given_first, min_share=0)
    assert list(explained.fallback[: len(given_first)]) == given_first
    assert explained.before == coverage(vocabulary, list(counts), counts, given_first)
    assert explained.after == coverage(vocabulary, list(counts), counts, explained.fallback)
    # The gains, counted by hand: each missing word goes to the first entry of the chain that finds it.
    gains = dict.fromkeys(range(len(explained.fallback)), 0)
    forms = [word_form(name) for name in explained.fallback]
    for word, count in counts.items():
        form, way = reference.look_up({word: word for word in stored if word}, word, forms)
        if way in gains:
            gains[way] += count
        if word in explained.found:
            assert explained.found[word] == (explained.fallback[way], form)
        else:
            assert way in {"exact", "missing"} or way < len(given_first)
    assert [way.tokens for way in explained.after.found_by[1:]] == list(gains.values())


def test_each_entry_wins_what_those_before_it_leave():
    explained = explain_coverage(STORED, list(COUNTS), COUNTS)
    assert explained.fallback == (
        "lower",
        "treebank",
        "apostrophes",
        "hyphens",
        "accents",
        "strip+lower",
        "possessive",
    )
    assert [(way.name, way.words, way.tokens) for way in explained.after.found_by] == [
        ("exact", 1, 50),
        ("lower", 1, 20),
        ("treebank", 1, 8),
        ("apostrophes", 1, 9),
        ("hyphens", 1, 4),
        ("accents", 1, 2),
        ("strip+lower", 1, 6),
        ("possessive", 1, 3),
    ]
    assert explained.after.missing == ("zzz", "and/or", "In-Paris")
    assert explained.found["Paris,"] == ("strip+lower", "paris")
    assert explained.remedies[:2] == (
        Remedy("lower", 1, 20, (("Paris", "paris"),)),
        Remedy("apostrophes", 1, 9, (("don't", "dont"),)),
    )


def test_what_splitting_would_find():
    explained = explain_coverage(STORED, list(COUNTS), COUNTS)
    assert explained.splits == (
        Remedy("contractions", 2, 12, (("don't", "do n't"), ("king's", "king 's"))),
        Remedy("punctuation", 1, 2, (("and/or", "and or"),)),
        Remedy("hyphens", 1, 1, (("In-Paris", "In Paris"),)),
    )
    assert explained.splits_after == explained.splits[1:]
    # The chain may find a part; without a chain, the part itself must be in the store.
    bare = explain_coverage(STORED, list(COUNTS), COUNTS, min_share=1)
    assert bare.fallback == ()
    assert [split.name for split in bare.splits] == ["contractions", "punctuation"]


def test_forms_are_made_one_after_the_other_up_to_three():
    explained = explain_coverage(STORED, ["(CAFÉ)", "king"])
    assert explained.fallback == ("strip+accents+lower",)
    assert explained.found == {"(CAFÉ)": ("strip+accents+lower", "cafe")}
    assert explain_coverage(STORED, ["(CAFÉ's)", "king"]).fallback == ()


def test_a_split_finds_a_word_only_with_all_of_its_parts():
    explained = explain_coverage(STORED, ["and/or", "and/zzz", "xxx/zzz", "/and/"])
    assert explained.splits == (Remedy("punctuation", 1, None, (("and/or", "and or"),)),)


def test_the_form_that_loses_the_least_finds_a_word():
    stored = WordIndex.from_words(["us", "US", "creme", "crème"])
    counts = {"Us": 1, "Crème": 1, "CREME": 1}
    explained = explain_coverage(stored, list(counts), counts, min_share=0)
    assert explained.fallback == ("lower",)
    assert explained.found == {word: ("lower", word.lower()) for word in counts}


def test_rare_gains_are_not_suggested():
    counts = {"Paris": 9900, "king.": 99, "In": 1, "e-mail": 1}
    assert explain_coverage(STORED, list(counts), counts).fallback == ("lower", "strip", "hyphens")
    assert explain_coverage(STORED, list(counts), counts, min_share=0.5).fallback == (
        "lower",
        "strip",
        "hyphens",
    )
    counts["zzz"] = 200
    assert explain_coverage(STORED, list(counts), counts).fallback == ("lower", "strip")
    assert explain_coverage(STORED, list(counts), counts, min_share=0.5).fallback == ("lower",)


def test_without_counts_words_count():
    explained = explain_coverage(STORED, list(COUNTS))
    assert explained.after.token_hits is None
    assert {remedy.tokens for remedy in (*explained.remedies, *explained.splits)} == {None}
    assert explained.after.misses == 3
    # The same if the counts have none of the missing words.
    unseen = explain_coverage(STORED, list(COUNTS), {"in": 5})
    assert unseen.fallback == explained.fallback


def test_a_given_callable_stays_in_front():
    def first_letter(word):
        return word[:4].lower()

    stored = WordIndex.from_words(["pari", "king"])
    explained = explain_coverage(stored, ["Paris", "king.", "zzz"], fallback=first_letter)
    assert explained.fallback == (first_letter,)
    assert explained.found == {}
    assert "suggested" not in str(explained)
    explained = explain_coverage(stored, ["Paris", "(king", "zzz"], fallback=first_letter)
    assert explained.fallback == (first_letter, "strip")
    assert "suggested: fallback=(first_letter, 'strip')" in str(explained)
    assert json.loads(json.dumps(explained.to_dict()))["fallback"] == ["first_letter", "strip"]


def test_only_the_most_frequent_words_are_searched_but_all_are_counted(monkeypatch):
    monkeypatch.setattr(remedies, "_MOST_WORDS", 2)
    counts = {"Paris": 9, "zzz": 8, "King": 7, "e-mail": 6}
    explained = explain_coverage(STORED, list(counts), counts, min_share=0)
    assert explained.fallback == ("lower",)
    assert [way.tokens for way in explained.after.found_by] == [0, 16]
    assert [(remedy.name, remedy.tokens) for remedy in explained.remedies] == [("lower", 16), ("hyphens", 6)]


def test_nothing_missing_and_nothing_found():
    whole = explain_coverage(STORED, ["in", "king"])
    assert (whole.remedies, whole.fallback, whole.splits, whole.found) == ((), (), (), {})
    assert str(whole) == str(whole.before)
    nothing = explain_coverage(STORED, ["zzz"])
    assert str(nothing) == f"{nothing.before}\n\nno other fallback is worth adding"


def test_table():
    counts = {"in": 50, "Paris": 30, "don't": 9, "and/or": 1, "zzz": 10}
    explained = explain_coverage(STORED, list(counts), counts)
    assert repr(explained) == (
        "<Explanation: 4 of 5 words missing, suggested: fallback=('lower', 'apostrophes')>"
    )
    assert str(explained).split("\n") == [
        "exact              1   20.0% words           50   50.0% tokens",
        "missing            4   80.0% words           50   50.0% tokens",
        "all                5  100.0% words          100  100.0% tokens",
        "missing: Paris (30), zzz (10), don't (9), and/or (1)",
        "",
        "of the missing words, each form alone would find",
        "lower                  1   25.0% words           30   60.0% tokens  Paris → paris",
        "apostrophes            1   25.0% words            9   18.0% tokens  don't → dont",
        "",
        "suggested: fallback=('lower', 'apostrophes')",
        "exact                  1   20.0% words           50   50.0% tokens",
        "lower                  1   20.0% words           30   30.0% tokens",
        "apostrophes            1   20.0% words            9    9.0% tokens",
        "missing                2   40.0% words           11   11.0% tokens",
        "all                    5  100.0% words          100  100.0% tokens",
        "missing: zzz (10), and/or (1)",
        "",
        "of the missing words, the tokenizer could split these into words that are found",
        "contractions            1   25.0% words            9   18.0% tokens  don't → do n't",
        "punctuation             1   25.0% words            1    2.0% tokens  and/or → and or",
        "",
        "the same for the words that the suggested fallbacks leave missing",
        "punctuation            1   50.0% words            1    9.1% tokens  and/or → and or",
    ]


def test_html_holds_all_tables_and_no_markup_of_words():
    counts = {"in": 50, "Paris": 30, "don't": 9, "<b>/or": 1}
    html = explain_coverage(STORED, list(counts), counts)._repr_html_()
    rows = cells(f"<div>{html}</div>")
    assert ["remedy", "words", "", "tokens", "", "examples"] in rows
    assert ["lower", "1", "33.3%", "30", "75.0%", "Paris \N{RIGHTWARDS ARROW} paris"] in rows
    assert [row[0] for row in rows].count("exact") == 2
    assert "suggested: fallback=(&#x27;lower&#x27;, &#x27;apostrophes&#x27;)" in html
    assert "<b>" not in html
    plain = explain_coverage(STORED, ["Paris"])._repr_html_()
    assert ["remedy", "words", "", "examples"] in cells(plain)


def test_arrow_table_and_json():
    counts = {"in": 5, "zzz": 3, "Paris": 2}
    explained = explain_coverage(STORED, list(counts), counts)
    assert explained.to_table().to_pylist() == [
        {"word": "zzz", "count": 3, "fallback": None, "form": None},
        {"word": "Paris", "count": 2, "fallback": "lower", "form": "paris"},
    ]
    assert explain_coverage(STORED, list(counts)).to_table()["count"].to_pylist() == [None, None]
    told = json.loads(json.dumps(explained.to_dict()))
    assert told["before"] == explained.before.to_dict()
    assert told["after"] == explained.after.to_dict()
    assert told["fallback"] == ["lower"]
    assert told["found"] == {"Paris": ["lower", "paris"]}
    assert told["remedies"] == [{"name": "lower", "words": 1, "tokens": 2, "examples": [["Paris", "paris"]]}]
    assert told["splits"] == told["splits_after"] == []


@pytest.mark.parametrize("min_share", [-0.1, 1.1, float("nan")])
def test_a_share_is_from_0_to_1(min_share):
    with pytest.raises(ValueError, match="min_share must be a number from 0 to 1"):
        explain_coverage(STORED, ["in"], min_share=min_share)


def test_counts_and_fallbacks_are_checked_as_everywhere():
    with pytest.raises(VocabularyError, match="'in' has the count -1"):
        explain_coverage(STORED, ["in"], {"in": -1})
    with pytest.raises(ValueError, match="unknown fallback 'strip\\+small'"):
        explain_coverage(STORED, ["in"], fallback="strip+small")


def test_every_form_has_its_loss():
    assert LOSSES.keys() == WORD_FORMS.keys()


def test_the_chain_goes_into_the_matrix(tmp_path):
    listed = STORED.words.to_pylist()
    numbers = np.arange(1, len(listed) + 1, dtype=np.float32).reshape(-1, 1)
    store = glovefast.load(write_store(tmp_path / "small.glovefast", pa.array(listed), numbers))
    explained = store.explain_coverage(list(COUNTS), COUNTS)
    assert isinstance(explained, glovefast.Explanation)
    matrix = store.embedding_matrix(list(COUNTS), fallback=explained.fallback)
    rows = dict(zip(COUNTS, matrix[:, 0].tolist(), strict=True))
    for word in COUNTS:
        _, form = explained.found.get(word, (None, word))
        assert rows[word] == (listed.index(form) + 1 if form in listed else 0)
    assert np.count_nonzero(matrix) == explained.after.hits
