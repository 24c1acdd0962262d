"""Words made to have the same hash, as an attacker would make them."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.kernels import (
    HASH_BITS,
    HASH_FINAL_MULTIPLIER,
    HASH_FINAL_SHIFT,
    HASH_MULTIPLIER,
    HASH_SEED,
    HASH_SHIFT,
)
from glovefast.vocabulary.hashing import hash_words

_LETTERS = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz012345", dtype=np.uint8)


def words_with_hash(hashed: int, count: int) -> list[str]:
    """Make different words with the same hash."""
    return _words(lambda _, tries: np.full(tries, hashed, dtype=np.uint64), count)


def words_in_bucket(bits: int, count: int) -> list[str]:
    """Make different words with different hashes that all begin with a number of zero bits."""
    return _words(
        lambda random, tries: random.integers(1 << (HASH_BITS - bits), size=tries, dtype="u8"), count
    )


def _words(choose: Callable[[np.random.Generator, int], NDArray[np.uint64]], count: int) -> list[str]:
    """Make words of two blocks. The first block and the hash are chosen, the second follows from them."""
    words: dict[str, None] = {}
    random = np.random.default_rng(1)
    final_inverse, inverse = (
        np.uint64(pow(factor, -1, 1 << HASH_BITS)) for factor in (HASH_FINAL_MULTIPLIER, HASH_MULTIPLIER)
    )
    while len(words) < count:
        first = random.choice(_LETTERS, (1 << 18, 8)).view("<u8")[:, 0]
        hashed = choose(random, len(first))
        state = hashed ^ (hashed >> np.uint64(HASH_FINAL_SHIFT)) ^ (hashed >> np.uint64(2 * HASH_FINAL_SHIFT))
        state *= final_inverse
        state ^= state >> np.uint64(HASH_SHIFT)
        state *= inverse
        before = (first ^ np.uint64(16 * HASH_SEED % (1 << HASH_BITS))) * np.uint64(HASH_MULTIPLIER)
        second = (before ^ (before >> np.uint64(HASH_SHIFT)) ^ state).view(np.uint8).reshape(-1, 8)
        usable = np.all((second > ord(" ")) & (second < 127), axis=1)
        encoded = np.hstack([first[usable, None].view(np.uint8), second[usable]])
        made = [bytes(word).decode() for word in encoded]
        assert np.array_equal(hash_words(pa.array(made)), hashed[usable])
        words.update(dict.fromkeys(made))
    return list(words)[:count]
