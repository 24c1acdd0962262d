"""What several comparisons share: the texts, what was made of them, and a training vocabulary."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glovefast
from benchmarks.agreement import read_reference
from benchmarks.processes import run_python
from benchmarks.tables import WANTED_WORDS
from benchmarks.texts import LARGEST, MAIN, SHAPES, TUTORIAL, Texts

_SHARE_FOUND = 0.95


class Session:
    """One run of the benchmarks."""

    def __init__(self, config: pytest.Config, directories: pytest.TempPathFactory) -> None:
        self._directories = directories
        self._max_rounds = config.getoption("--rounds")
        self.largest = config.getoption("--largest")
        self.small = config.getoption("--rows") is not None
        scratch = self.directory("texts")
        self.texts = Texts(config.getoption("--files") or scratch, scratch, config.getoption("--rows"))
        self._made: dict[str, Path] = {}

    def facts(self) -> dict[str, dict[str, Any]]:
        """Return the facts about each text that was used, by its shape."""
        return {shape: text.facts() for shape, text in self.texts.known.items()}

    def rounds(self, shape: str) -> int:
        """Return how often every process runs, for the text of a shape."""
        return min(self._max_rounds, SHAPES[shape].rounds)

    def chosen(self, shape: str) -> bool:
        """Say whether a shape is measured in this run."""
        return shape != LARGEST or self.largest

    def directory(self, name: str) -> Path:
        """Create a directory."""
        return self._directories.mktemp(name)

    def store(self, shape: str) -> Path:
        """Convert the text of a shape, once."""
        name = f"{shape}.glovefast"
        if name not in self._made:
            self._made[name] = glovefast.convert(self.texts[shape].path, self.directory("store") / name)
        return self._made[name]

    def gensim_file(self, shape: str) -> Path:
        """Save a reference as gensim's own file, once; reading the text would take gensim too long."""
        from gensim.models import KeyedVectors

        name = f"{shape}.kv"
        if name not in self._made:
            words, matrix = read_reference(self.texts[shape].reference)
            keyed_vectors = KeyedVectors(matrix.shape[1])
            keyed_vectors.add_vectors(words, matrix)
            self._made[name] = self.directory("gensim") / name
            keyed_vectors.save(str(self._made[name]))
        return self._made[name]

    @cached_property
    def embeddings_index(self) -> dict[str, np.ndarray]:
        """The main text as a dictionary of separate arrays, as the tutorial's loop leaves it."""
        words, matrix = read_reference(self.texts[MAIN].reference)
        return {word: np.array(row) for word, row in zip(words, matrix, strict=True)}

    @cached_property
    def wanted(self) -> tuple[Path, set[str]]:
        """The wanted words of the tutorial's text: a file with one word per line, and the words."""
        words = word_index(read_reference(self.texts[TUTORIAL].reference)[0], WANTED_WORDS)
        file = self.directory("wanted_words") / "words.txt"
        file.write_text("".join(f"{word}\n" for word in words), encoding="utf-8", newline="\n")
        return file, set(words)

    @cached_property
    def warmed_up(self) -> bool:
        """Whether the command has run once, on a small text, so that no other run of it is the first."""
        directory = self.directory("warm_up")
        text, store = directory / "text.txt", directory / "text.glovefast"
        text.write_text("word 1.5 2.5\n")
        if error := run_python("-m", "glovefast", "convert", text, "-o", store, "--quiet").error:
            pytest.fail(f"glovefast cannot convert even a small text: {error}")
        return True


def word_index(all_words: list[str], size: int) -> dict[str, int]:
    """Make a training vocabulary of a size, numbered from 1 as a Keras ``Tokenizer`` does it."""
    generator = np.random.default_rng(size)
    found = round(size * _SHARE_FOUND)
    # Drawn without replacement, a word of rank r with a weight of 1/r: the Gumbel-max trick,
    # https://en.wikipedia.org/wiki/Gumbel_distribution#Gumbel_reparameterization_tricks
    rank = np.arange(1, len(all_words) + 1)
    rows = np.argsort(np.log(rank) - generator.gumbel(size=rank.size))[:found]
    # New strings: a dictionary finds the very object that is its key faster than an equal one.
    words = [all_words[row].encode().decode() for row in rows]
    words += [f"not-there-{number}" for number in range(size - found)]
    return {words[place]: index for index, place in enumerate(generator.permutation(size), start=1)}
