"""Rows that a conversion skips and words that it changes: counted, and listed in the store."""

import json
import os
from array import array
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from glovefast.parser.bad_lines import ExplainedLines
from glovefast.store.checksums import as_text, new_checksum
from glovefast.store.files import BAD_ROWS
from glovefast.vocabulary.arrow import integer_array
from glovefast.vocabulary.word_index import WordIndex

_WRITE_BYTES = 1 << 18
# For strings alone; of whole entries json.dumps takes six times as long, which counts for a million of them.
_json = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class BadRow:
    """An entry of the list.

    Attributes
    ----------
    line : int
        The line in the text, counted from 1; in word2vec's binary format, the word.
    reason : str
        What is wrong with it.
    beginning : str
        How the line begins.
    kept : bool
        Whether the row was kept with its word changed; otherwise it was skipped.
    """

    line: int
    reason: str
    beginning: str
    kept: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain objects, for JSON."""
        return {"line": self.line, "reason": self.reason, "beginning": self.beginning, "kept": self.kept}


class BadRows:
    """The bad rows of one conversion; a context manager that closes their list.

    Rows go to the file as they come, one JSON object per line, so that a text of nothing but bad rows needs
    no more memory than any other. Only the original bytes of changed words are kept in memory.

    Parameters
    ----------
    directory : pathlib.Path or None
        Where to write the list, once there is an entry for it; None to write nothing.

    Attributes
    ----------
    skipped : int
        The number of rows skipped.
    first_skipped : BadRow or None
        The first of them.
    first : list of BadRow
        The first entries of the list.
    """

    FIRST = 20

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._file: BinaryIO | None = None
        self._checksum = new_checksum()
        self._changed = ChangedWords()
        self.skipped = 0
        self.first_skipped: BadRow | None = None
        self.first: list[BadRow] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()

    @property
    def changed(self) -> int:
        """The number of words changed."""
        return len(self._changed)

    def add(self, lines: list[int], rows: list[int], bad: ExplainedLines) -> None:
        """Record lines whose row is left out, or whose row of the store has a changed word.

        Parameters
        ----------
        lines : list of int
            Their numbers in the text, counted from 1.
        rows : list of int
            Their rows in the store, if they have one.
        bad : ExplainedLines
            What is wrong with them.
        """
        kept = [word is not None for word in bad.changed_words]
        for row, line, word in zip(rows, lines, bad.changed_words, strict=True):
            if word is not None:
                self._changed.add(row, line, word)
        skipped = len(kept) - sum(kept)
        if skipped and self.first_skipped is None:
            first = kept.index(False)
            self.first_skipped = BadRow(lines[first], bad.reasons[first], bad.beginnings[first], kept=False)
        self.skipped += skipped
        self._list(lines, bad.reasons, bad.beginnings, kept)

    def merge(self, vocabulary: WordIndex) -> int:
        """Count and list the words that became the same as an earlier word when they were changed.

        Parameters
        ----------
        vocabulary : WordIndex
            The words of the store.

        Returns
        -------
        int
            The number of rows that a look-up does not find because an earlier row has their changed word.
        """
        if not self.changed:
            return 0
        rows = vocabulary.duplicate_rows()
        firsts = vocabulary.rows(vocabulary.words.take(integer_array(rows)))
        places, first_places = self._changed.find(rows), self._changed.find(firsts)
        concerned = np.flatnonzero((places >= 0) | (first_places >= 0))
        rows, firsts = rows[concerned], firsts[concerned]
        words = vocabulary.words.take(integer_array(rows)).to_pylist()
        numbers = (each.tolist() for each in (rows, firsts, places[concerned], first_places[concerned]))
        merged = 0
        for word, row, first, place, first_place in zip(words, *numbers, strict=True):
            line, own = self._changed.get(place) or (None, word.encode())
            first_line, first_own = self._changed.get(first_place) or (None, word.encode())
            if own == first_own:
                continue
            merged += 1
            both = f"{first_own!r}, row {first}, and {own!r}, row {row}, counted from 0"
            reason = f"two words became one: {both}; a look-up of {word!r} finds the first"
            beginning = (own if line else first_own).decode(errors="backslashreplace")
            self._list([line or first_line or 0], [reason], [beginning], [True])
        return merged

    def _list(self, *columns: *tuple[list[int], list[str], list[str], list[bool]]) -> None:
        """Write entries, given as the columns of `BadRow`, to the list."""
        if len(self.first) < self.FIRST:
            self.first += [
                BadRow(*entry) for entry in islice(zip(*columns, strict=True), self.FIRST - len(self.first))
            ]
        if self._directory is None:
            return
        if self._file is None:
            self._file = (self._directory / BAD_ROWS).open("xb", buffering=_WRITE_BYTES)
        entries = [
            f'{{"line": {line}, "reason": {_json(reason)}, "beginning": {_json(beginning)}, '
            f'"kept": {"true" if kept else "false"}}}\n'
            for line, reason, beginning, kept in zip(*columns, strict=True)
        ]
        text = "".join(entries).encode(errors="backslashreplace")
        self._checksum.update(text)
        self._file.write(text)

    def finish(self) -> dict[str, str]:
        """Close the list, once it is on the disk; give its name and checksum, if there is a list."""
        if self._file is None:
            return {}
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return {BAD_ROWS: as_text(self._checksum)}


class ChangedWords:
    """The lines and the original bytes of changed words by their row, in the order of the rows."""

    def __init__(self) -> None:
        self._rows = array("q")
        self._lines = array("q")
        self._ends = array("q", [0])
        self._bytes = bytearray()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: int, line: int, word: bytes) -> None:
        """Add the word of a row behind the last one."""
        self._rows.append(row)
        self._lines.append(line)
        self._bytes += word
        self._ends.append(len(self._bytes))

    def find(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the places of rows among the changed words; -1 for rows whose word was not changed."""
        changed: NDArray[np.int64] = np.frombuffer(self._rows, dtype=np.int64)
        places = np.minimum(np.searchsorted(changed, rows), len(changed) - 1)
        return np.where(changed[places] == rows, places, -1)

    def get(self, place: int) -> tuple[int, bytes] | None:
        """Give the line and the original bytes of the changed word at a place; None for -1."""
        if place < 0:
            return None
        return self._lines[place], bytes(self._bytes[self._ends[place] : self._ends[place + 1]])
