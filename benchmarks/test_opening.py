"""Opening what was converted, in this process."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.agreement import disagreement
from benchmarks.conftest import Reference
from benchmarks.recorder import begin


def test_opening_with_glovefast(
    benchmark: Any, pytestconfig: pytest.Config, store: Path, reference: Reference
) -> None:
    import glovefast

    vectors = glovefast.load(store)
    wrong = disagreement(vectors.words.to_pylist(), vectors.vectors, reference.words, reference.matrix)
    begin(benchmark, pytestconfig, "opening", "glovefast", wrong)
    benchmark(glovefast.load, store)


def test_opening_with_gensim(
    benchmark: Any, pytestconfig: pytest.Config, gensim_file: Path, reference: Reference
) -> None:
    from gensim.models import KeyedVectors  # installed: `gensim_file` skips otherwise

    opened = KeyedVectors.load(str(gensim_file), mmap="r")
    wrong = disagreement(opened.index_to_key, opened.vectors, reference.words, reference.matrix)
    begin(benchmark, pytestconfig, "opening", "gensim", wrong)
    benchmark(KeyedVectors.load, str(gensim_file), mmap="r")
