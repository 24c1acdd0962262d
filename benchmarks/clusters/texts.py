"""A million short texts, drawn from the sentences of SST-2."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from benchmarks.sst2 import PARTS, read_sentences

TEXTS = 1_000_000
FILES = 8  # as many partitions as Spark makes of them
BATCH = 10_000

# Sentences of SST-2 are tokens between spaces, in lower case: a dictionary finds them with str.split alone.
SPLITTING = {"filters": "", "lower": True, "split": " "}


def write_texts(sentences: Path, directory: Path, number: int = TEXTS) -> int:
    """Write files of Parquet with the column ``text``; give the number of tokens."""
    known = [sentence for part in PARTS for sentence in read_sentences(sentences, part)[0]]
    drawn = np.random.default_rng(1).integers(0, len(known), number)
    tokens = np.array([len(sentence.split()) for sentence in known])
    directory.mkdir()
    for place, numbers in enumerate(np.array_split(drawn, FILES)):
        texts = pa.array([known[each] for each in numbers.tolist()], pa.string())
        parquet.write_table(pa.table({"text": texts}), directory / f"{place}.parquet", row_group_size=BATCH)
    return int(tokens[drawn].sum())


def read_batches(directory: Path, number: int | None = None) -> list[pa.Table]:
    """Read texts in batches of `BATCH`; as many batches as asked for."""
    batches: list[pa.Table] = []
    for path in sorted(directory.iterdir()):
        file = parquet.ParquetFile(path)
        # Not slices of a whole table: a pickled slice takes all of its bytes along.
        batches += [file.read_row_group(group) for group in range(file.num_row_groups)]
        if number is not None and len(batches) >= number:
            break
    return batches[:number]
