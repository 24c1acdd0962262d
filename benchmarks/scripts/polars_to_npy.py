"""Convert with polars: ``polars_to_npy.py TEXT DIRECTORY [WORDS]`` writes matrix.npy and words.arrow.

WORDS is a file with one word per line; with it, only the rows of these words are kept.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl

text, directory, *wanted = map(Path, sys.argv[1:])
directory.mkdir()
with text.open("rb") as file:
    dim = len(file.readline().split(b" ")) - 1
frame = pl.read_csv(
    text,
    separator=" ",
    has_header=False,
    quote_char=None,
    schema={"word": pl.String} | {f"{column}": pl.Float32 for column in range(dim)},
)
for words_file in wanted:
    words = words_file.read_bytes().decode().removesuffix("\n").split("\n")
    frame = frame.filter(pl.col("word").is_in(words))
np.save(directory / "matrix.npy", frame.drop("word").to_numpy(order="c"))
frame.select("word").write_ipc(directory / "words.arrow", compression="uncompressed")
