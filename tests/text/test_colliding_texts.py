"""Texts whose words would collide in a table without a secret seed."""

import random

import numpy as np
import pytest

from glovefast.kernels import WORD_HASH
from glovefast.kernels.hashing import hash_bytes
from glovefast.text import Tokenizer
from glovefast.text.word_table import WordTable
from glovefast.vocabulary.hashing import hash_word
from tests.helpers.colliding import words_in_bucket, words_with_hash


@pytest.mark.parametrize("make", [words_with_hash, words_in_bucket])
def test_made_words_do_not_collide_in_a_table(make):
    words = make(40, 2000)
    assert len({hash_word(word.encode()) >> 24 for word in words}) == 1
    table = WordTable.of_words(words)
    hashes = table.column(WORD_HASH)
    assert len(set(hashes.tolist())) == len(words)
    for bits in (hashes & 0xFFF, hashes >> 52):  # as evenly as random numbers
        assert np.bincount(bits & 0xFFF).max() <= 9
    assert table.words() == words
    assert [table.number_of(word) for word in words[:10]] == list(range(10))


def test_a_tokenizer_numbers_made_words():
    words = words_with_hash(7, 2000)
    tokenizer = Tokenizer(filters="", lower=False)
    tokenizer.fit_on_texts([" ".join(words[:1000]), " ".join(words)])
    assert tokenizer.texts_to_sequences([" ".join(words[::-1])]) == [list(range(2000, 0, -1))]


def hashed(word: bytes, seed: int) -> int:
    text = np.zeros(256, np.uint8)
    text[64 : 64 + len(word)] = np.frombuffer(word, np.uint8)
    with np.errstate(over="ignore"):
        return int(hash_bytes(text, 64, 64 + len(word), np.uint64(seed)))


def test_a_difference_in_the_highest_bits_is_not_undone_in_the_next_block():
    """Without a secret factor between the blocks, these two words collide for every seed."""
    one, other = bytearray(b"abcdefghijklmnop"), bytearray(b"abcdefghijklmnop")
    for place in (7, 11, 15):  # bit 63 of the first block; bits 31 and 63 of the second
        other[place] ^= 0x80
    assert hash_word(bytes(one)) == hash_word(bytes(other)) == hashed(bytes(one), 0)
    seeds = [random.Random(number).getrandbits(56) for number in range(200)]
    assert all(hashed(bytes(one), seed) != hashed(bytes(other), seed) for seed in seeds)
