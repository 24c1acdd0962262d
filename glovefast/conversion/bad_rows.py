"""Rows that a conversion leaves out and words that it changes: counted, and listed beside the store."""

import json
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from glovefast.parser.bad_lines import BadLine
from glovefast.store.atomic import clear_remains, published_whole
from glovefast.store.checksums import as_text, new_checksum
from glovefast.store.files import SUFFIX
from glovefast.vocabulary.arrow import integer_array
from glovefast.vocabulary.word_index import WordIndex

# What the list is called among a store's checksums, whatever the store's own name is.
BAD_ROWS = "bad_rows.jsonl"


def bad_rows_list(store: Path) -> Path:
    """Name the file beside a store that lists the rows left out of it and those whose word was changed."""
    return store.with_name(store.name.removesuffix(SUFFIX) + ".bad_rows.jsonl")


class BadRows:
    """The bad rows of one conversion; a context manager that publishes their list, whole.

    Rows go to the file as they are met, one JSON object a line, so that a source of nothing but bad rows
    needs no more memory than any other. What stays is the bytes of the words that were changed.

    Parameters
    ----------
    store : pathlib.Path or None
        The store beside which the list shall be; None to list nothing.

    Attributes
    ----------
    skipped : int
        Rows left out.
    first_skipped : BadLine or None
        The first of them.
    changed_words : dict
        For each row of the store with a changed word its line and the word's own bytes.
    first : list of dict
        What the list begins with.
    """

    FIRST = 20

    def __init__(self, store: Path | None) -> None:
        self._path = None if store is None else bad_rows_list(store)
        self._file: BinaryIO | None = None
        self._checksum = new_checksum()
        self._resources = ExitStack()
        self.skipped = 0
        self.first_skipped: BadLine | None = None
        self.changed_words: dict[int, tuple[int, bytes]] = {}
        self.first: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._resources.__exit__(kind, error, traceback)
        if kind is None and self._path and not self._file:
            self._path.unlink(missing_ok=True)  # that of a store that was replaced
            clear_remains(self._path.resolve())

    def skip(self, bad: BadLine) -> None:
        """Take a row that is left out."""
        self.skipped += 1
        self.first_skipped = self.first_skipped or bad
        self._list(bad.line, bad.reason, bad.beginning, kept=False)

    def change(self, bad: BadLine, row: int) -> None:
        """Take a row whose word was changed."""
        self.changed_words[row] = (bad.line, bad.changed_word or b"")
        self._list(bad.line, bad.reason, bad.beginning, kept=True)

    def merge(self, vocabulary: WordIndex) -> int:
        """Count and list the words that became another word of the store by their change.

        Parameters
        ----------
        vocabulary : WordIndex
            The store's words.

        Returns
        -------
        int
            The rows that a look-up does not find because another word stands before theirs which is the same
            only as changed.
        """
        if not self.changed_words:
            return 0
        rows = vocabulary.duplicate_rows()
        words = vocabulary.words.take(integer_array(rows))
        merged = 0
        for row, first, word in zip(
            rows.tolist(), vocabulary.rows(words).tolist(), words.to_pylist(), strict=True
        ):
            line, own = self.changed_words.get(row, (None, word.encode()))
            first_line, first_own = self.changed_words.get(first, (None, word.encode()))
            if own == first_own:
                continue
            merged += 1
            both = f"{first_own!r}, row {first}, and {own!r}, row {row}, counted from 0"
            self._list(
                line or first_line or 0,
                f"two words became one: {both}; a look-up of {word!r} finds the first",
                (own if line else first_own).decode(errors="backslashreplace"),
                kept=True,
            )
        return merged

    def _list(self, line: int, reason: str, beginning: str, *, kept: bool) -> None:
        entry = {"line": line, "reason": reason, "beginning": beginning, "kept": kept}
        if len(self.first) < self.FIRST:
            self.first.append(entry)
        if self._path is None:
            return
        if self._file is None:
            partial = self._resources.enter_context(published_whole(self._path))
            self._file = self._resources.enter_context(partial.open("wb"))
        line_of_list = (json.dumps(entry, ensure_ascii=False) + "\n").encode()
        self._checksum.update(line_of_list)
        self._file.write(line_of_list)

    def checksums(self) -> dict[str, str]:
        """Give the list's checksum as it stands in the store's metadata; nothing where nothing is listed."""
        return {BAD_ROWS: as_text(self._checksum)} if self._file else {}
