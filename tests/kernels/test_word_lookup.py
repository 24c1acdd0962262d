"""Looking words up in indices, whole and damaged, compared with NumPy, with Python and with a search."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.errors import StoreError, VocabularyError
from glovefast.kernels import LOOK_UPS_AT_ONCE
from glovefast.vocabulary.hashing import hash_words
from glovefast.vocabulary.index_building import BUCKET_TYPE, ENTRY_TYPE
from glovefast.vocabulary.word_index import WordIndex
from tests.helpers.colliding import words_in_bucket, words_with_hash
from tests.helpers.switches import SWITCHES, passes_with
from tests.reference import NumpyIndex

WORDS = [
    *(f"word{row}" for row in range(30)),
    *("", "a\0", "été", "x" * 7, "x" * 8, "x" * 9, "x" * 40, "word7"),
    *words_with_hash(0x123456789ABCDEF0, 12),
    *words_in_bucket(13, 12),
]
WANTED = [*WORDS, "missing", "x" * 10, *words_with_hash(0x123456789ABCDEF0, 14)[12:]]
TABLES = WordIndex.from_words(WORDS).tables()
# Buckets, rows and offsets that point to the ends, behind them and far away.
PLACES = st.one_of(
    st.integers(-3, 3),
    st.integers(len(WORDS) - 2, len(WORDS) + 2),
    st.integers(0, len(TABLES[-1]) + 3),
    st.sampled_from([-(2**31), 2**31 - 1, -(2**30), 2**30]),
)


def index_of(buckets, hashes, rows, word_offsets, word_bytes, path="store"):
    """Make an index of any arrays, as if they were mapped from a store."""
    words = pa.StringArray.from_buffers(
        len(word_offsets) - 1, pa.py_buffer(word_offsets), pa.py_buffer(word_bytes)
    )
    columns = [
        pa.Array.from_buffers(field.type, len(column), [None, pa.py_buffer(column)])
        for field, column in zip(ENTRY_TYPE, (hashes, rows), strict=True)
    ]
    entries = pa.StructArray.from_arrays(columns, fields=list(ENTRY_TYPE))
    buffers = [None, pa.py_buffer(buckets)]
    return WordIndex(
        words, pa.Array.from_buffers(BUCKET_TYPE, len(buckets) - 1, buffers, children=[entries]), path
    )


def outcome(look_up):
    try:
        return int(look_up())
    except (StoreError, IndexError):
        return "damaged"


def assert_all_agree(tables):
    index, reference = index_of(*tables), NumpyIndex(*tables)
    for word in WANTED:
        expected = outcome(lambda word=word: reference.rows([word.encode()])[0])
        assert outcome(lambda word=word: index.rows([word])[0]) == expected
        assert outcome(lambda word=word: index.row(word)) == expected


def test_an_index_as_it_was_built():
    assert_all_agree(TABLES)
    expected = [WORDS.index(word) if word in WORDS else -1 for word in WANTED]
    assert index_of(*TABLES).rows(WANTED).tolist() == expected


@given(data=st.data())
def test_a_damaged_index(data):
    """All ways find the same, or all say that the index is damaged; none reads anything else."""
    tables = [table.copy() for table in TABLES]
    table = tables[data.draw(st.sampled_from([0, 2, 3]))]
    # Arrow itself checks the first and the last.
    for place in data.draw(st.lists(st.integers(1, len(table) - 2), min_size=1, max_size=6)):
        table[place] = data.draw(PLACES)
    if data.draw(st.booleans()):
        hashes = tables[1]
        hashes[data.draw(st.integers(0, len(hashes) - 1)) :] = data.draw(st.sampled_from(TABLES[1].tolist()))
    assert_all_agree(tables)


@given(data=st.data())
def test_a_bucket_that_has_all_entries(data):
    """In any order, also one in which halving leads astray, and with any rows."""
    buckets, hashes, rows, *words = (table.copy() for table in TABLES)
    buckets[1:] = len(rows)
    buckets[0] = 0
    order = np.array(data.draw(st.permutations(range(len(rows)))))
    hashes, rows = hashes[order], rows[order]
    if data.draw(st.booleans()):
        hashes[:] = hashes[0]
    assert_all_agree([buckets, hashes, rows, *words])


@pytest.mark.parametrize("hashed", [0, 0x123456789ABCDEF0, 2**64 - 1])
def test_a_single_bucket(hashed):
    """An index that glovefast writes has two at least; a hash is not shifted by all its bits."""
    words = words_with_hash(hashed, 3)
    one = pa.array(words)
    buckets, rows = np.array([0, 3], np.int32), np.array(sorted(range(3), key=words.__getitem__), np.int32)
    places = WordIndex.from_words(words).tables()[3:]
    index = index_of(buckets, hash_words(one), rows, *places)
    assert index.rows([*words, "missing"]).tolist() == [0, 1, 2, -1]
    assert [index.row(word) for word in (*words, "missing")] == [0, 1, 2, -1]


@pytest.mark.parametrize(
    "count", [0, 1, LOOK_UPS_AT_ONCE - 1, LOOK_UPS_AT_ONCE, LOOK_UPS_AT_ONCE + 1, 3 * LOOK_UPS_AT_ONCE]
)
def test_every_size_of_a_batch(count):
    wanted = (WANTED * (count // len(WANTED) + 1))[:count]
    expected = [WORDS.index(word) if word in WORDS else -1 for word in wanted]
    assert WordIndex.from_words(WORDS).rows(wanted).tolist() == expected


@pytest.mark.parametrize("offsets", [[0, 5, 2], [0, -1, 2], [0, 99, 2]])
def test_words_to_find_that_lie_elsewhere(offsets):
    """Arrow arrays can be made of any buffers."""
    damaged = pa.StringArray.from_buffers(2, pa.py_buffer(np.array(offsets, np.int32)), pa.py_buffer(b"abc"))
    with pytest.raises(VocabularyError, match="the Arrow array of words is damaged"):
        WordIndex.from_words(["a"]).rows(damaged)
    with pytest.raises(VocabularyError, match="the Arrow array of words is damaged"):
        WordIndex.from_words(damaged)


@given(words=st.lists(st.text("ab\0é", max_size=40), max_size=6))
def test_words_at_the_end_of_their_bytes(words):
    """No byte behind the last word counts, wherever the array ends."""
    encoded = [word.encode() for word in words]
    raw = b"".join(encoded)
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int32)
    for more in (b"", b"\xff" * 20):
        array = pa.StringArray.from_buffers(len(words), pa.py_buffer(offsets), pa.py_buffer(raw + more))
        assert WordIndex.from_words(words).rows(array).tolist() == [words.index(word) for word in words]


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES)
def test_looking_up_with_a_switch(switch, tmp_path):
    passes_with(switch, __file__, "built or single or elsewhere or has_all_entries", tmp_path)
