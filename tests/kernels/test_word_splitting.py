"""The splitting of texts by the kernels, in blocks of 64 bytes, and the hashes of the words."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glovefast.kernels import WORD_COUNT, WORD_HASH, WORD_RECORD
from glovefast.kernels.hashing import hash_bytes
from glovefast.text import Tokenizer, text_to_word_sequence, word_table
from glovefast.text.batches import batch_of
from glovefast.text.pieces import Piece
from glovefast.text.word_rule import WordRule
from glovefast.text.word_table import WordTable, Workspace
from tests.helpers.switches import SWITCHES, passes_with

ASCII = "".join(map(chr, range(128)))
texts_of_blocks = st.text("ab Z'.\x00\x7f\n", min_size=0, max_size=20).flatmap(
    lambda part: st.builds(
        lambda more, times: part * times + "".join(more), st.lists(st.sampled_from(ASCII)), st.integers(0, 12)
    )
)


def counted(texts: list[str], rule: WordRule) -> dict[str, int]:
    table = WordTable()
    table.count(batch_of(Piece(texts, 0), rule), rule.for_bytes, Workspace())
    return dict(zip(table.words(), table.column(WORD_COUNT).tolist(), strict=True))


@given(st.lists(texts_of_blocks, max_size=4), st.text(ASCII, max_size=40), st.booleans())
@settings(deadline=None)
def test_words_between_any_separators(texts, filters, lower):
    rule = WordRule(filters, lower, " ", False, None)
    expected = Counter(word for text in texts for word in text_to_word_sequence(text, filters, lower, " "))
    found = counted(texts, rule)
    assert found == dict(expected)
    assert [*found] == [*expected]


@pytest.mark.parametrize("length", [0, 1, 62, 63, 64, 65, 127, 128, 129])
@pytest.mark.parametrize("word", ["a", "bcdefghi"])
def test_words_at_the_borders_of_blocks(length, word):
    rule = WordRule(" ", True, " ", False, None)
    for text in (
        " " * length + word,
        "x" * length,
        "x" * length + " " + word,
        (word + " ") * 70 + "y" * length,
    ):
        expected = dict(Counter(text.split()))
        assert counted([text], rule) == expected
        assert counted([text, text], rule) == {each: 2 * number for each, number in expected.items()}


@given(st.lists(st.text("aZ\u00e9\u20ac\U0001f600 ", max_size=90), max_size=3), st.booleans())
@settings(deadline=None)
def test_characters(texts, lower):
    rule = WordRule("", lower, " ", True, None)
    expected = Counter(each for text in texts for each in (text.lower() if lower else text))
    assert counted(texts, rule) == dict(expected)


def test_hashes_of_words_of_any_length():
    words = ["", *("x" * length for length in range(1, 41)), "abcdefgh", "abcdefghi", "é" * 8]
    table = WordTable.of_words(words)
    hashes = table.column(WORD_HASH).astype(np.uint64).tolist()
    for word, hashed in zip(words, hashes, strict=True):
        text = np.zeros(256, np.uint8)
        data = np.frombuffer(word.encode(), np.uint8)
        text[64 : 64 + len(data)] = data
        with np.errstate(over="ignore"):
            assert int(hash_bytes(text, 64, 64 + len(data), np.uint64(word_table._SEED))) == hashed
    assert [table.number_of(word) for word in words] == list(range(len(words)))
    assert table.number_of("x" * 41) == -1


def test_records_lie_in_lines_of_the_cache():
    table = WordTable.of_words([f"word{number}" for number in range(10_000)])
    for each in (WordTable(), table, table.copy()):
        assert each._records.ctypes.data % (8 * WORD_RECORD) == 0


def test_a_text_goes_on_where_the_table_had_no_room():
    words = [f"word{number % 9_000}" for number in range(20_000)]
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts([" ".join(words)])
    assert tokenizer.word_counts == Counter(words)
    assert [*tokenizer.word_counts] == [*Counter(words)]


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES)
def test_with_bounds_checks_and_as_python(switch, tmp_path):
    chosen = "borders or characters or hashes"
    passes_with(switch, str(Path(__file__)), chosen, tmp_path)
