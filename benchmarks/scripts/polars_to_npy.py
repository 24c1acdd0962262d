"""Convert with polars: ``python polars_to_npy.py TEXT DIRECTORY`` writes matrix.npy and words.arrow."""

import sys
from pathlib import Path

import numpy as np
import polars as pl

text, directory = map(Path, sys.argv[1:])
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
np.save(directory / "matrix.npy", frame.drop("word").to_numpy(order="c"))
frame.select("word").write_ipc(directory / "words.arrow", compression="uncompressed")
