"""The texts that are measured, each with what a loader should make of it."""

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.agreement import write_reference
from benchmarks.made_file import cached_made_file, open_text, real_file
from benchmarks.shapes import MAIN, SHAPES

_COPY_BYTES = 1 << 20


@dataclass(frozen=True)
class Text:
    """A text that is measured.

    Attributes
    ----------
    path : pathlib.Path
        The text.
    reference : pathlib.Path
        The directory with the words and the matrix that a loader should make of it (`benchmarks.agreement`):
        for the real file as the tests' plain loop reads it, for a made one as it was drawn.
    made : bool
        Whether it is a made file.
    rows, dim : int
        Its shape.
    """

    path: Path
    reference: Path
    made: bool
    rows: int
    dim: int


class Texts:
    """The texts by the names of their shapes, made or unpacked when they are first asked for.

    Parameters
    ----------
    directory : pathlib.Path
        Where made files are kept.
    scratch : pathlib.Path
        Where the rest lies.
    max_rows : int, optional
        Make every text, with so many rows at most.
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

    def archive(self, name: str) -> Path:
        """Give a text in a zip archive."""
        text, real = self[name], real_file()
        if not text.made and real is not None and zipfile.is_zipfile(real):
            return real.resolve()
        path = (self._directory if text.made else self._scratch) / f"{text.path.stem}.zip"
        if not path.exists():
            partial = path.with_suffix(".partial")
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.write(text.path, text.path.name)
            partial.replace(path)
        return path

    def _real(self, real: Path) -> Text:
        from tests.reference import read_rows

        path = real.resolve()
        if zipfile.is_zipfile(real):
            path = self._scratch / f"{real.stem}.txt"
            with open_text(real) as packed, path.open("wb") as file:
                shutil.copyfileobj(packed, file, _COPY_BYTES)
        words, matrix = read_rows(path.read_bytes(), SHAPES[MAIN].dim)
        reference = self._scratch / "reference"
        reference.mkdir()
        write_reference(reference, words, matrix)
        return Text(path, reference, False, *matrix.shape)
