"""Convert with a contender: ``load_and_save.py NAME TEXT DIRECTORY`` writes matrix.npy and words.txt."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.contenders import CONTENDERS

name, *paths = sys.argv[1:]
text, directory = map(Path, paths)
directory.mkdir()
words, matrix = CONTENDERS[name].load(text, directory)
np.save(directory / "matrix.npy", np.asarray(matrix))
lines = words.to_pylist() if hasattr(words, "to_pylist") else words
(directory / "words.txt").write_text("\n".join(lines), encoding="utf-8", newline="\n")
