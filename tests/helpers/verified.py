"""What the tests of `verify` share: the text of a small store, and what is wrong with it."""

from pathlib import Path

import numpy as np

from glovefast.verification.verify import verify

WORDS = [*(f"word{row}" for row in range(60)), "new york", "été", "word7", ""]
NUMBERS = np.random.default_rng(11).normal(size=(len(WORDS), 3)).astype(np.float32)
BAD_LINES = ["short 1 2", "long 1 2 3 4"]


def text_of(words=WORDS, numbers=NUMBERS, bad_lines=()) -> bytes:
    rows = [" ".join([word, *map(repr, row)]) for word, row in zip(words, numbers.tolist(), strict=True)]
    rows[5:5] = bad_lines
    return "\n".join(rows).encode() + b"\n"


def problems(store: Path, *arguments, **options) -> list[str]:
    return list(verify(store, *arguments, **options).problems)
