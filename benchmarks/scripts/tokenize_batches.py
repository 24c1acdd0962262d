"""Texts in batches through a Tokenizer, twice: ``tokenize_batches.py TEXTS BYTES``."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from glovefast.text import Tokenizer

BATCH = 1_000


def batches() -> Iterator[tuple[str, ...]]:
    """Read the first bytes of a file with one text per line, in batches."""
    left = int(sys.argv[2])
    with Path(sys.argv[1]).open(encoding="utf-8") as file:
        while left > 0 and (batch := tuple(islice(file, BATCH))):
            yield batch
            left -= sum(map(len, batch))


tokenizer = Tokenizer()
tokenizer.fit_on_texts(batches())
words = sum(map(len, tokenizer.texts_to_sequences_generator(batches())))
if words != sum(tokenizer.word_counts.values()):
    sys.exit("the texts do not have as many words as were counted")
