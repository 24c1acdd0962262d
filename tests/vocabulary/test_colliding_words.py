"""Words that an attacker made to share a hash or a bucket cost no more than a few comparisons each."""

import sys

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.kernels import INDEX_FEW_ENTRIES, word_lookup
from glovefast.vocabulary.arrow import array_bytes, array_offsets
from glovefast.vocabulary.hashing import hash_word
from glovefast.vocabulary.index_building import build_index, compare_rows
from glovefast.vocabulary.word_index import WordIndex
from tests.helpers.colliding import words_in_bucket, words_with_hash

COUNT = 3000
MOST_STEPS = 12 + 9  # halving 3,000 entries, then comparing the few that are left


@pytest.fixture(scope="module", params=["hash", "bucket"])
def colliding(request):
    if request.param == "hash":
        return words_with_hash(0x123456789ABCDEF0, COUNT)
    return words_in_bucket(13, COUNT)


def test_words_with_the_same_hash_are_found(colliding):
    twice = [*colliding, "the", *colliding[::-1]]
    made = WordIndex.from_words(twice)
    wanted = [*colliding, "the", "missing", colliding[0][:-1]]
    expected = [*range(COUNT + 1), -1, -1]
    assert made.rows(wanted).tolist() == expected
    assert [made.row(word) for word in wanted] == expected
    assert made.duplicate_rows().tolist() == list(range(COUNT + 1, 2 * COUNT + 1))
    offsets = np.diff(made.tables()[0])
    assert offsets.max() >= 2 * COUNT  # all in one bucket


class Counted:
    """An array that counts how often it is read."""

    def __init__(self, values):
        self.values, self.count = values, 0

    def __len__(self):
        return len(self.values)

    def __getitem__(self, place):
        self.count += 1
        return self.values[place]


@pytest.fixture
def kernels_in_python(monkeypatch):
    """The look-up kernels as Python functions, whose arrays may be of any kind."""
    for name in ("find_row", "find_rows", "find_hashed", "_row_by_hash"):
        function = getattr(word_lookup, name)
        monkeypatch.setattr(word_lookup, name, getattr(function, "py_func", function))
    monkeypatch.setattr(word_lookup, "prefetch", lambda array, place: None)
    monkeypatch.setattr(
        word_lookup, "_bucket_of", lambda hashed, buckets: int(hashed) >> (65 - len(buckets).bit_length())
    )
    return word_lookup


@pytest.mark.usefixtures("kernels_in_python")
def test_few_entries_are_looked_at(colliding):
    """Alone in Python and in the kernel, and in a batch; a scan would look at half of them on average."""
    made = WordIndex.from_words(colliding)
    buckets, hashes, *others = made.tables()
    counted = made._hash_view = Counted(made._hash_view)
    in_kernel = Counted(hashes)
    for row, word in enumerate(colliding[:: COUNT // 50]):
        counted.count = 0
        assert made.row(word) == row * (COUNT // 50)
        assert 0 < counted.count <= 2 * MOST_STEPS
        text = np.frombuffer(word.encode(), np.uint8)
        for end, expected in ((len(text), row * (COUNT // 50)), (len(text) - 1, -1)):
            in_kernel.count = 0
            assert word_lookup.find_row(text, 0, end, buckets, in_kernel, *others) == expected
            # A step reads a hash once or twice.
            assert (expected >= 0) <= in_kernel.count <= 2 * MOST_STEPS
            in_kernel.count, found = 0, np.empty(1, np.int64)
            bounds, scratch = np.array([0, end], np.int32), np.empty(1, np.uint64)
            assert word_lookup.find_rows(text, bounds, buckets, in_kernel, *others, scratch, found) == 0
            assert found.tolist() == [expected]
            assert (expected >= 0) <= in_kernel.count <= 2 * MOST_STEPS


def test_a_conversion_keeps_wanted_words_of_one_hash(tmp_path, colliding):
    source = tmp_path / "colliding.txt"
    source.write_text("".join(f"{word} {row} 1\n" for row, word in enumerate(colliding)))
    store = glovefast.convert(source)
    vectors = glovefast.load(store)
    assert vectors[colliding][:, 0].tolist() == list(range(COUNT))
    assert glovefast.verify(store, against=source).ok
    wanted = glovefast.convert(source, tmp_path / "wanted.glovefast", words=colliding[::2])
    assert list(glovefast.load(wanted).words.to_pylist()) == colliding[::2]
    assert glovefast.verify(wanted).ok


WORDS = ["", "a", "a\0", "a\0\0", "a" + "\0" * 7, "a" + "\0" * 8, "a\0b", "b", "ba", "é", "\0", "\0\0"]
WORDS += ["a" * 8, "a" * 9, "a" * 8 + "b", "a" * 16, "a" * 15 + "b"]
WORDS += ["z" * 5000, "z" * 5001, "z" * 4999 + "a", "zz"]


def test_the_order_of_words_is_that_of_their_bytes():
    array = pa.array(WORDS)
    one, other = (grid.ravel() for grid in np.meshgrid(np.arange(len(WORDS)), np.arange(len(WORDS))))
    places = array_offsets(array), array_bytes(array)
    found = compare_rows(one.astype(np.int32), other.astype(np.int32), *places) < 0
    expected = [WORDS[a].encode() < WORDS[b].encode() for a, b in zip(one, other, strict=True)]
    assert found.tolist() == expected


def test_an_index_in_another_order_is_found_out():
    from glovefast.verification.verify import index_problem

    words = words_with_hash(5, 40)
    made = WordIndex.from_words(words)
    assert index_problem(made) is None
    assert len(words) > INDEX_FEW_ENTRIES
    rows = made.tables()[2]
    exchanged = rows.copy()
    exchanged[[3, 4]] = exchanged[[4, 3]]
    made._tables = (*made._tables[:2], exchanged, *made._tables[3:])
    assert "at a wrong place" in (index_problem(made) or "")


def colliding_pairs(count: int) -> list[str]:
    """Make pairs of words of one hash; no two pairs share theirs."""
    pairs = [(f"fbb31000obetl~}}o{row:08}", f"a6780000hhhhhhhh{row:08}") for row in range(count)]
    assert hash_word(pairs[0][0].encode()) == hash_word(pairs[0][1].encode())
    return [word for pair in pairs for word in pair]


def test_an_index_is_ordered_by_hash_word_and_row():
    words = [*colliding_pairs(500), "the", *words_with_hash(5, 40)]
    words += words[::-3]
    entries = build_index(pa.array(words)).values
    expected = sorted((hash_word(word.encode()), word.encode(), row) for row, word in enumerate(words))
    assert entries.field("hash").to_pylist() == [hashed for hashed, _, _ in expected]
    assert entries.field("row").to_pylist() == [row for _, _, row in expected]


def calls_to_index(words: list[str]) -> int:
    """Count the function calls, of C too, that it takes to index words."""
    calls, array = [], pa.array(words)
    sys.setprofile(lambda frame, event, argument: calls.append(event))
    try:
        build_index(array)
    finally:
        sys.setprofile(None)
    return len(calls)


def test_many_colliding_pairs_are_ordered_at_once():
    few, many = colliding_pairs(10), colliding_pairs(2000)
    calls_to_index(few)  # imports what it needs
    assert calls_to_index(many) <= calls_to_index(few) + 50
