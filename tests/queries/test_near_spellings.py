"""Near spellings of missing words, compared with a plain edit distance, and the error that names them."""

import copy
import io
import pickle
import traceback

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import glovefast
from glovefast.errors import GlovefastError, StoreError, UnknownWordError
from glovefast.kernels import BAD_WORD
from glovefast.kernels.load import load_kernels
from glovefast.queries import near_spellings as module
from glovefast.queries.near_spellings import near_spellings, unknown_words
from glovefast.vocabulary.word_index import WordIndex
from tests.helpers.switches import SWITCHES, passes_with
from tests.reference import edits_between

WORDS = st.text("abcé漢𝄞A", max_size=9)


def nearest(words: list[str], word: str, count: int) -> list[str]:
    """Find near spellings by comparing every word."""
    found = {}
    for spelling in {word, word.lower()} if word else ():
        for row, other in enumerate(words):
            edits = edits_between(spelling, other)
            if edits <= (1 if len(spelling) <= 3 else 2) and other != word:
                found[other] = min(found.get(other, (edits, row)), (edits, row))
    return sorted(found, key=found.__getitem__)[:count]


@given(st.lists(WORDS, max_size=40, unique=True), WORDS, st.integers(1, 5))
@example(["abcé", "éabc", "acbé"], "abcé", 3)
@example(["ab", "ba", "a", "b", "aab"], "ab", 5)
def test_as_a_plain_edit_distance(words, word, count):
    assert near_spellings(WordIndex.from_words(words), word, count) == nearest(words, word, count)


@given(WORDS, WORDS, st.integers(0, 5))
@example("ca", "abc", 3)  # 3 edits, because nothing is edited twice
def test_the_kernel_counts_edits(one, other, most):
    sought = np.array([int.from_bytes(each.encode()) for each in one], dtype=np.int64)
    *_, offsets, data = WordIndex.from_words([other]).tables()
    found, edits = np.full((2, 1), -7, dtype=np.int64)
    scratch = np.empty(len(one) + most, dtype=np.int64), np.empty(3 * (len(one) + 1), dtype=np.int64)
    kernel = load_kernels("nearest_spellings").nearest_spellings
    count = kernel(sought, most, offsets, data, *scratch, found, edits)
    expected = edits_between(one, other)
    assert count == (expected <= most)
    assert [*found, *edits] == ([0, expected] if count else [-7, -7])


def test_the_kernel_keeps_the_best_of_many():
    """The more words it has, the fewer edits it looks for."""
    words = ["dcba", "abxy", "abyx", "abc", "xbcd", "abcd", "abcd", "bacd"]
    sought = np.frombuffer(b"abcd", dtype=np.uint8).astype(np.int64)
    *_, offsets, data = WordIndex.from_words(words).tables()
    kernel = load_kernels("nearest_spellings").nearest_spellings
    best = sorted((edits_between(word, "abcd"), row) for row, word in enumerate(words))[:-1]  # 4 edits: dcba
    for count in range(1, len(words) + 1):
        found, edits = np.empty((2, count), dtype=np.int64)
        scratch = np.empty(6, dtype=np.int64), np.empty(15, dtype=np.int64)
        assert kernel(sought, 2, offsets, data, *scratch, found, edits) == min(count, len(best))
        assert list(zip(edits, found, strict=True))[: len(best)] == best[:count]


@pytest.mark.parametrize("switch", SWITCHES)
def test_with_the_switches_of_numba(switch, tmp_path):
    passes_with(switch, __file__, "plain_edit_distance or the_kernel or damaged", tmp_path)


def test_the_first_row_wins_among_equals():
    words = ["wren", "rod", "word", "wrote", "rod", "word", "prod", "wroad"]
    assert near_spellings(WordIndex.from_words(words), "wrod", 4) == ["rod", "word", "prod", "wroad"]
    assert near_spellings(WordIndex.from_words(words), "wrod", 1) == ["rod"]
    assert near_spellings(WordIndex.from_words(words), "WORD", 2) == ["word", "rod"]
    assert near_spellings(WordIndex.from_words(words), "word", 1) == ["rod"]


def test_a_word_without_near_spellings():
    index = WordIndex.from_words(["king", "", "a", "x" * 101])
    assert near_spellings(index, "xyzzy") == []
    assert near_spellings(index, "") == []
    assert near_spellings(index, "x" * 100_000) == []
    assert near_spellings(index, "kin\ud800") == ["king"]
    assert near_spellings(WordIndex.from_words([]), "king") == []


def damaged(offsets: list[int]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(offsets, dtype=np.int32), np.frombuffer(b"kingking", dtype=np.uint8)


@pytest.mark.parametrize("offsets", [[0, 4, 9], [-1, 4, 8], [0, 4, 3], [0, 4, 2**31 - 1], [2**31 - 1, 0, 4]])
def test_damaged_words_are_not_read(offsets):
    scratch = np.empty(100, dtype=np.int64)
    sought = np.frombuffer(b"kinh", dtype=np.uint8).astype(np.int64)
    kernel = load_kernels("nearest_spellings").nearest_spellings
    found, edits = np.empty((2, 3), dtype=np.int64)
    assert kernel(sought, 2, *damaged(offsets), scratch, scratch.copy(), found, edits) == BAD_WORD


def test_damaged_characters_end_with_the_word():
    """Bytes that are not UTF-8 are some character; here a word is nothing but continuations."""
    data = np.frombuffer(b"\x80\x80\x80\x80\x80\x80\xf0", dtype=np.uint8)
    scratch = np.empty(100, dtype=np.int64)
    sought = np.frombuffer(b"kin", dtype=np.uint8).astype(np.int64)
    found, edits = np.empty((2, 3), dtype=np.int64)
    kernel = load_kernels("nearest_spellings").nearest_spellings
    offsets = np.array([0, 6, 7], dtype=np.int32)
    assert kernel(sought, 3, offsets, data, scratch, scratch.copy(), found, edits) == 2
    assert [*edits[:2]] == [3, 3]


STORED = ["the", "king", "paris", "dont", "café", "word", "wood", "rod"]


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    path = tmp_path_factory.mktemp("spellings") / "small"
    return glovefast.load(
        glovefast.convert(io.BytesIO("".join(f"{word} 1 2\n" for word in STORED).encode()), path)
    )


@pytest.mark.parametrize(
    ("word", "suggested"),
    [
        ("wrod", "; did you mean 'word', 'wood' or 'rod'?"),
        ("King", "; did you mean 'king' (form 'lower')?"),
        ("Word,", "; did you mean 'word' (form 'strip+lower') or 'wood'?"),
        ("don't", "; did you mean 'dont' (form 'apostrophes')?"),
        ("cafe", "; did you mean 'café'?"),
        ("xyzzy", ""),
        ("", ""),
        ("kin\ud800", "; did you mean 'king'?"),
    ],
)
def test_the_message(vectors, word, suggested):
    with pytest.raises(UnknownWordError) as caught:
        vectors[word]
    assert str(caught.value) == f"the word {word!r} is not in {vectors.path}{suggested}"
    assert caught.value.words == caught.value.args == (word,)


def test_the_message_for_several_words(vectors):
    with pytest.raises(UnknownWordError) as caught:
        vectors[["king", "wrod", "xyzzy", "King", "wrod"]]
    assert caught.value.words == ("wrod", "xyzzy", "King")
    assert str(caught.value) == (
        f"3 words are not in {vectors.path}: 'wrod' (did you mean 'word', 'wood' or 'rod'?), 'xyzzy', "
        "'King' (did you mean 'king' (form 'lower')?)"
    )
    with pytest.raises(UnknownWordError) as caught:
        vectors[[f"{number}" * 9 for number in range(8)]]
    assert str(caught.value).endswith("'333333333', '444444444' and 3 more")
    assert len(caught.value.words) == 8


def test_it_is_a_key_error_whose_message_costs_nothing_until_it_is_shown(vectors, monkeypatch):
    asked = []

    def counted(*arguments):
        asked.append(arguments)
        return near_spellings(*arguments)

    monkeypatch.setattr(module, "near_spellings", counted)
    with pytest.raises(KeyError) as caught:
        vectors["wrod"]
    error = caught.value
    assert isinstance(error, GlovefastError)
    assert repr(error) == "UnknownWordError('wrod')"
    assert asked == []
    assert str(error) == str(error)
    assert len(asked) == 1
    assert "did you mean 'word'" in "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    "renewed", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))]
)
def test_it_can_be_sent_to_another_process(vectors, renewed):
    error = unknown_words(vectors._index, ["wrod", "Rod", "wrod"], vectors.path)
    other = renewed(error)
    assert type(other) is UnknownWordError
    assert (str(other), other.words, other.args) == (str(error), ("wrod", "Rod"), ("'wrod', 'Rod'",))
    assert "(form 'lower')" in str(other)
    assert len(pickle.dumps(error)) < 1000


def test_it_can_be_shown_after_the_store_was_removed(tmp_path):
    path = glovefast.convert(io.BytesIO(b"king 1\nring 2\n"), tmp_path / "store")
    with pytest.raises(KeyError) as caught:
        glovefast.load(path)["kinh"]
    for file in path.iterdir():
        file.unlink()
    assert str(caught.value) == f"the word 'kinh' is not in {path}; did you mean 'king' or 'ring'?"


def test_a_damaged_store_leaves_the_message_without_suggestions(vectors, monkeypatch):
    def failing(*_arguments):
        raise StoreError.damaged("store", "its words are damaged")

    monkeypatch.setattr(module, "near_spellings", failing)
    assert str(unknown_words(vectors._index, ["wrod"], "store")) == "the word 'wrod' is not in store"
