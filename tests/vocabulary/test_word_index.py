"""Words to rows: every kind of batch, duplicates, and words that share a hash."""

import tracemalloc
from collections import deque

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.errors import VocabularyError
from glovefast.vocabulary import arrow
from glovefast.vocabulary.arrow import array_bytes, array_offsets, as_string_array
from glovefast.vocabulary.hashing import hash_word, hash_words
from glovefast.vocabulary.index_building import BUCKET_TYPE, build_index, compare_rows
from glovefast.vocabulary.word_index import WordIndex
from tests.helpers.colliding import words_in_bucket, words_with_hash
from tests.reference import NumpyIndex

# Few letters, so that words meet; lengths around the blocks of eight bytes that are hashed and compared.
WORDS = st.one_of(
    st.text(max_size=30),
    st.text("ab\0 é", max_size=4),
    st.lists(st.sampled_from(["a" * 8, "b" * 8]), max_size=3).map("".join),
)


def encodable(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


WORD_LISTS = st.lists(WORDS.filter(encodable), max_size=40)


def first_row(words: list[str], word: str) -> int:
    return words.index(word) if word in words else -1


def assert_rows_are_those_of_a_search(words: list[str], others: list[str]) -> None:
    made = WordIndex.from_words(words)
    wanted = [*others, *words[::-1]]
    expected = [first_row(words, word) for word in wanted]
    assert made.rows(wanted).tolist() == expected
    assert made.rows(wanted).dtype == np.int64
    assert NumpyIndex(*made.tables()).rows([word.encode() for word in wanted]) == expected
    assert [made.row(word) for word in wanted] == expected
    assert list(made) == made.words.to_pylist() == words
    assert len(made) == len(words)
    assert made.duplicate_rows().tolist() == [
        row for row, word in enumerate(words) if words.index(word) < row
    ]
    assert made.words_with_spaces() == sum(" " in word for word in words)


@given(words=WORD_LISTS, others=WORD_LISTS)
def test_rows(words, others):
    assert_rows_are_those_of_a_search(words, others)


# Words of one hash, of three, and of many in one bucket.
COLLIDING = {
    "a hash": words_with_hash(0x123456789ABCDEF0, 40),
    "three hashes": [word for hashed in (5, 6, 2**63) for word in words_with_hash(hashed, 14)],
    "a bucket": words_in_bucket(13, 40),
}


@pytest.mark.parametrize("what", COLLIDING)
@given(data=st.data())
def test_words_that_share_a_hash(what, data):
    some = st.lists(st.sampled_from(COLLIDING[what]) | st.text("ab", max_size=1), max_size=40)
    assert_rows_are_those_of_a_search(data.draw(some), data.draw(some))


@given(WORD_LISTS)
def test_one_word_and_many_have_the_same_hash(words):
    array = pa.array(words, pa.string())
    expected = [hash_word(word.encode()) for word in words]
    assert hash_words(array).tolist() == expected
    assert hash_words(pa.concat_arrays([array, array])[len(words) :]).tolist() == expected


def test_hashes_stay_what_they_are():
    """They lie in stores on disk: another hash would need another format version."""
    assert [hex(hash_word(word)) for word in (b"", b"the", b"a\0", b"twelve bytes", "é".encode() * 20)] == [
        *("0x0", "0x3111cf31bb38ff68", "0x2913c8d6e6791b00", "0x4b245f51fea29fd7", "0x5607253989997944")
    ]


def test_hashes_are_spread():
    """As evenly as random numbers: in 2**k buckets for 2**k words 36.8 % stay empty."""
    made = build_index(pa.array([f"word{row}" for row in range(1 << 14)]))
    lengths = np.diff(array_offsets(made))
    assert len(lengths) == 1 << 14
    assert 0.35 < np.mean(lengths == 0) < 0.385
    assert lengths.max() <= 9


@given(WORD_LISTS)
def test_the_index(words):
    index = build_index(pa.array(words, pa.string()))
    assert index.type == BUCKET_TYPE
    assert len(index) >= max(2, len(words))
    assert len(index) < max(4, 2 * len(words))
    entries = [
        (bucket, entry["hash"], entry["row"])
        for bucket, each in enumerate(index.to_pylist())
        for entry in each
    ]
    assert entries == sorted(entries)
    assert sorted(row for _, _, row in entries) == list(range(len(words)))
    shift = 65 - len(index).bit_length()
    assert all(hashed == hash_word(words[row].encode()) for _, hashed, row in entries)
    assert all(bucket == hashed >> shift for bucket, hashed, _ in entries)


@given(st.lists(st.tuples(WORDS.filter(encodable), WORDS.filter(encodable)), min_size=1, max_size=30))
def test_words_are_compared_byte_for_byte(pairs):
    pairs += [(one, one) for one, _ in pairs]
    array = pa.array([word for pair in pairs for word in pair], pa.string())
    rows = np.arange(len(array), dtype=np.int32)
    orders = compare_rows(rows[::2].copy(), rows[1::2].copy(), array_offsets(array), array_bytes(array))
    encoded = [(one.encode(), other.encode()) for one, other in pairs]
    assert np.sign(orders).tolist() == [(one > other) - (one < other) for one, other in encoded]


BATCHES = {
    "list": ["b", "missing", "a", "a"],
    "tuple": ("b", "missing", "a", "a"),
    "deque": deque(["b", "missing", "a", "a"]),
    "iterator": lambda: iter(["b", "missing", "a", "a"]),
    "keys": dict.fromkeys(["b", "missing", "a"]).keys(),
    "numpy": np.array(["b", "missing", "a", "a"]),
    "numpy strings": np.array(["b", "missing", "a", "a"], dtype=np.dtypes.StringDType()),
    "numpy objects": np.array(["b", "missing", "a", "a"], dtype=object),
    "list of numpy strings": list(np.array(["b", "missing", "a", "a"])),
    "arrow": pa.array(["b", "missing", "a", "a"]),
    "arrow slice": pa.array(["x", "b", "missing", "a", "a", "y"])[1:5],
    "arrow large": pa.array(["b", "missing", "a", "a"], pa.large_string()),
    "arrow view": pa.array(["b", "missing", "a", "a"], pa.string_view()),
    "arrow dictionary": pa.array(["b", "missing", "a", "a"]).dictionary_encode(),
    "arrow chunks": pa.chunked_array([["b", "missing"], [], ["a", "a"]]),
    "list of arrow scalars": list(pa.array(["b", "missing", "a", "a"])),
}


@pytest.mark.parametrize("kind", BATCHES)
def test_every_kind_of_batch(kind):
    batch = BATCHES[kind]() if callable(BATCHES[kind]) else BATCHES[kind]
    made = WordIndex.from_words(["a", "b", "c"])
    assert made.rows(batch).tolist() == [1, -1, 0, 0][: 3 if kind == "keys" else 4]


@pytest.mark.parametrize("dtype", ["U", "object", ">U5"])
def test_a_nul_in_a_word_of_a_numpy_array(dtype):
    batch = np.array(["a\0b", "a", "\0a", "b"], dtype=dtype)
    assert WordIndex.from_words(["a", "a\0b", "", "b"]).rows(batch).tolist() == [1, 0, -1, 3]
    assert list(WordIndex.from_words(batch)) == ["a\0b", "a", "\0a", "b"]


def test_more_bytes_than_arrow_can_count(monkeypatch):
    monkeypatch.setattr(arrow, "_MOST_BYTES", 10)
    assert len(as_string_array(["12345", "1234"])) == 2
    with pytest.raises(VocabularyError, match="the words have 11 bytes; at most 10 are allowed"):
        as_string_array(["12345", "12345"])


def test_equal_words_take_no_more_memory_than_different_ones():
    """Their rows are found in the index, not by looking each word up again."""

    def peak(words: pa.StringArray) -> int:
        tracemalloc.start()
        before = pa.total_allocated_bytes()
        WordIndex.from_words(words).duplicate_rows()
        after = pa.total_allocated_bytes()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert after == before
        return most

    different = pa.array([f"{number:06}" for number in range(300_000)])
    equal = pa.array(["000000"] * 300_000)
    assert len(WordIndex.from_words(equal).duplicate_rows()) == 299_999
    peak(different)
    assert peak(equal) < 2 * peak(different)


def test_pandas(monkeypatch):
    pandas = pytest.importorskip("pandas")
    made = WordIndex.from_words(["a", "b", "c"])
    assert made.rows(pandas.Series(["c", "d", "a"], index=[7, 8, 9])).tolist() == [2, -1, 0]
    with pytest.raises(VocabularyError, match="position 1 is not a string: nan"):
        made.rows(pandas.Series(["c", None]))


@pytest.mark.parametrize(
    "empty", [[], (), np.array([]), np.array([], dtype="U1"), pa.nulls(0), pa.chunked_array([], pa.string())]
)
def test_no_words_at_all(empty):
    for made in (WordIndex.from_words(["a", "b"]), WordIndex.from_words(empty)):
        assert made.rows(empty).tolist() == []
        assert made.rows(empty).dtype == np.int64
    assert made.rows(["a", ""]).tolist() == [-1, -1]
    assert made.row("a") == -1
    assert len(made) == len(made.duplicate_rows()) == made.words_with_spaces() == 0


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ("ab", "expected a list of words, not a single str: 'ab'"),
        (b"ab", "expected a list of words, not a single bytes: b'ab'"),
        (5, "expected a list of words, not a single int: 5"),
        (np.array("ab"), "expected a list of words, not a single ndarray: array('ab', dtype='<U2')"),
        (np.array(None), "expected a list of words, not a single ndarray: array(None, dtype=object)"),
        (None, "expected a list of words, not a single NoneType: None"),
        (["a", 5], "the entry at position 1 is not a string: 5"),
        (iter(["a", 5]), "the entry at position 1 is not a string: 5"),
        (["a", None], "the entry at position 1 is not a string: None"),
        (["a", b"b"], "the entry at position 1 is not a string: b'b'"),
        ([["a"]], "the entry at position 0 is not a string: ['a']"),
        (np.array([1, 2]), "the entry at position 0 is not a string: np.int64(1)"),
        (np.array(["a", np.nan], dtype=object), "the entry at position 1 is not a string: nan"),
        (np.array([b"a"]), "the entry at position 0 is not a string: np.bytes_(b'a')"),
        (np.array([["a"]]), "the entry at position 0 is not a string: array(['a'], dtype='<U1')"),
        (pa.array(["a", None]), "the entry at position 1 is not a string: None"),
        (pa.array([b"a"]), "the entry at position 0 is not a string: b'a'"),
        (pa.array([1, 2]).dictionary_encode(), "the entry at position 0 is not a string: 1"),
        (["a", "\ud800b"], r"the word '\ud800b' at position 1 is not valid Unicode (a lone surrogate)"),
        (
            np.array(["\udfff"]),
            r"the word '\udfff' at position 0 is not valid Unicode (a lone surrogate)",
        ),
    ],
)
def test_batches_that_are_no_words(batch, message):
    with pytest.raises(VocabularyError) as caught:
        WordIndex.from_words(["a"]).rows(batch)
    assert str(caught.value) == message


def test_a_lone_surrogate_is_no_word():
    assert WordIndex.from_words(["\ufffd", ""]).row("\ud800") == -1


def test_a_string_array_is_taken_as_it_is():
    words = pa.array(["a", "b"])
    assert as_string_array(words) is words
