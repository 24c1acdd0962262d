"""The texts that are measured: their shapes, and what a loader should make of each."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.agreement import write_reference
from benchmarks.made_file import cached_made_file, real_file, unpacked


@dataclass(frozen=True)
class Shape:
    """The size of a text, and how many rounds it is measured at most."""

    rows: int
    dim: int
    rounds: int = 5


MAIN, MANY_WORDS, LARGEST = "50d", "2.2M", "840B"
SHAPES = {
    MAIN: Shape(400_000, 50),  # glove.6B.50d: the real file, if it is given
    "100d": Shape(400_000, 100),  # glove.6B.100d
    "300d": Shape(400_000, 300, rounds=3),  # glove.6B.300d
    LARGEST: Shape(2_196_017, 300, rounds=2),  # glove.840B.300d, 5.6 GB: measured with --largest only
    "100k": Shape(100_000, 50),
    MANY_WORDS: Shape(2_196_017, 50, rounds=3),  # the words of glove.840B
}
CONVERTED = (MAIN, "100d", "300d", LARGEST)  # from text to store, and parsing alone
TUTORIAL = "100d"  # the tutorial's own file: everything about a conversion except its size
COSTS = ("100k", MAIN, MANY_WORDS, "100d", "300d", LARGEST)  # by rows, then by dimensions


@dataclass(frozen=True)
class Text:
    """A text that is measured; `reference` is the directory with the words and the matrix it holds."""

    path: Path
    reference: Path
    made: bool
    rows: int
    dim: int

    def facts(self) -> dict[str, Any]:
        """Return what the report says about the text."""
        size = self.path.stat().st_size
        return {"name": self.path.name, "bytes": size, "made": self.made, "rows": self.rows, "dim": self.dim}


class Texts:
    """The texts by the names of their shapes, made or unpacked when they are first used.

    `directory` keeps made files, and `scratch` the others. With `max_rows`, only made files are measured,
    with at most this many rows.
    """

    def __init__(self, directory: Path, scratch: Path, max_rows: int | None = None) -> None:
        self._directory = directory.resolve()
        self._scratch = scratch
        self._max_rows = max_rows
        self.known: dict[str, Text] = {}

    def __getitem__(self, name: str) -> Text:
        if name not in self.known:
            real = real_file()
            if name == MAIN and real is not None and self._max_rows is None:
                self.known[name] = self._real(real)
            else:
                shape = SHAPES[name]
                rows = min(shape.rows, self._max_rows or shape.rows)
                path, reference = cached_made_file(self._directory, rows, shape.dim, like=real)
                self.known[name] = Text(path, reference, True, rows, shape.dim)
        return self.known[name]

    def archive(self, name: str, members: int = 1) -> Path:
        """Return a zip archive with the text, or with several members that all hold it."""
        text, real = self[name], real_file()
        if members == 1 and not text.made and real is not None and zipfile.is_zipfile(real):
            return real.resolve()
        path = (self._directory if text.made else self._scratch) / f"{text.path.stem}-{members}.zip"
        if not path.exists():
            partial = path.with_suffix(".partial")
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
                for number in range(members):
                    archive.write(text.path, f"{number}-{text.path.name}" if number else text.path.name)
            partial.replace(path)
        return path

    def _real(self, real: Path) -> Text:
        from tests.reference import read_rows

        path = unpacked(real, self._scratch)
        words, matrix = read_rows(path.read_bytes(), SHAPES[MAIN].dim)
        reference = self._scratch / "reference"
        reference.mkdir()
        write_reference(reference, words, matrix)
        return Text(path, reference, False, *matrix.shape)
