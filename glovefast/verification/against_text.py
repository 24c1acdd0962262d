"""Comparing a store with the text that it was made from, row by row and bit for bit."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import FormatError, StoreError, shortened
from glovefast.parser.blocks import Block
from glovefast.parser.chunks import TextBuffer
from glovefast.parser.decoding import check_errors_rule, checked_encoding
from glovefast.parser.formats import parser_for, reader_of
from glovefast.parser.row_layout import Layout, infer_layout
from glovefast.parser.separators import Separator, separator_of
from glovefast.parser.word2vec_binary import BinaryRowReader
from glovefast.progress import Progress
from glovefast.sources.names import STANDARD_INPUT
from glovefast.sources.opening import AnySource, is_archive, open_source
from glovefast.sources.source import Source
from glovefast.store.metadata import ParsingOptions
from glovefast.store.metadata_file import METADATA
from glovefast.store.reading import Store
from glovefast.store.reports import Report
from glovefast.store.rounding import StoredRows, rounded_block
from glovefast.verification.stored_rows import StoredRowsReader
from glovefast.vocabulary.word_index import WordIndex


@dataclass(frozen=True)
class Comparison:
    """What a comparison found.

    Attributes
    ----------
    source : str
        The text, as errors name it.
    rows : int
        The rows from the first on that are the same.
    difference : str or None
        The first difference; None if there is none.
    """

    source: str
    rows: int
    difference: str | None


def first_difference(
    store: Store,
    rows: StoredRowsReader,
    source: AnySource,
    member: str | None,
    progress: Callable[[Progress], None] | None,
) -> Comparison:
    """Parse a text as the store's conversion did, and compare what comes out with what the store holds.

    Parameters
    ----------
    store : Store
        The open store, its index checked.
    rows : StoredRowsReader
        Its rows, from the first on.
    source : str, path-like or binary file object
        The text.
    member : str or None
        The archive's member; None for the one that the store was made from.
    progress : callable or None
        Called after each chunk of the text with a `Progress`.

    Returns
    -------
    Comparison
        The first difference, or that there is none.

    Raises
    ------
    FormatError
        If the text cannot be read, or is not embedding text.
    OSError
        If a file cannot be read.
    """
    with open_source(source, member or _recorded_member(store, source)) as opened:
        run = _Run(store, rows, opened)
        difference = None
        while difference is None and run.fill():
            difference = run.compare()
            if progress:
                progress(Progress(opened.bytes_read, opened.bytes_total, run.rows, opened.name))
        return Comparison(opened.name, run.rows, difference or run.difference_at_the_end())


def _checked(store: Store, options: ParsingOptions) -> tuple[Separator, str]:
    """Check the recorded options, which are not trusted; give the separator and the encoding."""
    try:
        check_errors_rule(options.errors)
        separator = separator_of(options.separator)
        return separator, checked_encoding(options.encoding, separator.byte)
    except ValueError as error:
        raise StoreError.damaged(store.path, f"{METADATA} cannot be used: {error}") from error


def _recorded_member(store: Store, source: AnySource) -> str | None:
    """Return the member that the store was made from, if the text is in an archive again."""
    recorded = store.metadata.source
    if recorded is None or not isinstance(source, str | os.PathLike) or source == STANDARD_INPUT:
        return None
    return recorded.member if is_archive(source) else None


class _Run:
    """One pass over the text and the store, side by side."""

    def __init__(self, store: Store, rows: StoredRowsReader, source: Source) -> None:
        self._store = store
        self._stored = rows
        self._source = source
        self._reader = reader_of(source)
        self._buffer = TextBuffer()
        self._words: pa.StringArray = store.vocabulary.words
        report = store.metadata.report
        self._report = report if isinstance(report, Report) else None
        self._limit = store.metadata.limit
        options = store.metadata.options or ParsingOptions()
        self._skips = options.on_bad_row == "skip"
        # A store of wanted words must have all rows of its own words, and no others.
        wanted = WordIndex.from_words(self._words) if store.metadata.wanted else None
        dim = store.vectors.shape[1]
        self._separator = options.separator
        separator, encoding = _checked(store, options)
        if isinstance(self._reader, BinaryRowReader):
            self._layout = self._reader.layout
            if self._layout.dim != dim:
                reason = f"the header says {self._layout.dim} numbers per row, but the store has {dim}"
                raise FormatError(source.name, 1, reason)
        else:
            is_certain = options.dim is not None or bool(self._report and self._report.header)
            self._layout = Layout(dim, None, separator, dim_is_certain=is_certain)
        self._parser = parser_for(self._layout, options.errors, wanted, encoding)
        self._lines = 0
        self._skipped = 0
        self.rows = 0

    def fill(self) -> bool:
        """Read the next chunk; false at the end of the text, or where the conversion was to stop."""
        if self._limit is not None and self.rows >= self._limit:
            return False
        if isinstance(self._reader, BinaryRowReader):
            return self._reader.read(self._buffer) is not None
        chunk = self._reader.read(self._buffer, min_lines=1 if self._lines else 2)
        if chunk == 0:
            self._pass_over_header(self._reader.ended)
        return chunk is not None

    def _pass_over_header(self, whole: bool) -> None:
        buffer = self._buffer
        sample = bytes(memoryview(buffer.bytes)[buffer.begin : buffer.end])
        dim = self._store.vectors.shape[1]
        header = None if self._report is None else self._report.header is not None
        if header is False and dim > 1 and not self._skips:
            header = None  # the same rows below a header, as an export has one: no row looks like that
        layout = infer_layout(
            sample,
            self._source.name,
            dim=dim,
            header=header,
            separator=self._separator,
            whole=whole,
            check=False,
        )
        if layout.header:
            buffer.begin += sample.index(b"\n") + 1
            self._lines = 1

    def compare(self) -> str | None:
        """Parse the chunk and compare its rows; give the first difference."""
        block = self._parser.parse(self._buffer)
        found = rounded_block(block, self._store.metadata.dtype)
        if self._limit is not None and len(block.words) >= self._limit - self.rows:
            block.cut(self._limit - self.rows)
        for bad in block.bad_lines:
            if not bad.kept and not self._skips:
                return f"{self._place(bad.line)} cannot be read: {bad.reason}"
            self._skipped += not bad.kept
        difference = self._difference(block, found)
        self._lines += block.lines
        return difference

    def _difference(self, block: Block, found: StoredRows) -> str | None:
        """Compare a block and its rounded rows with as many rows of the store."""
        first, count = self.rows, min(len(block.words), len(self._words) - self.rows)
        stored_words = self._words[first : first + count]
        stored, found = self._stored.read(count), found.first(count)
        same = (_bits(found.numbers) == _bits(stored.numbers)).all(axis=1)
        if found.scales is not None and stored.scales is not None:
            same &= _bits(found.scales) == _bits(stored.scales)
        if not stored_words.equals(block.words[:count]):
            words = zip(stored_words.to_pylist(), block.words[:count].to_pylist(), strict=True)
            same &= np.fromiter((one == other for one, other in words), dtype=np.bool_, count=count)
        at = count if same.all() else int(np.argmin(same))
        self.rows += at
        if at == len(block.words):
            return None
        word = block.words[at].as_py()
        where = self._place(int(block.row_lines[at]))
        if at == count:
            end = f"the store ends before it, with row {first + at - 1}"
            return f"{where} has the word {shortened(word)}, and {end}"
        where = f"row {first + at} is not {where}"
        if (stored_word := stored_words[at].as_py()) != word:
            here, there = shortened(stored_word), shortened(word)
            return f"{where}: the word is {here} in the store and {there} in the text"
        return f"{where}, {shortened(word)}: {_difference_of_numbers(at, stored, found)}"

    def _place(self, line: int) -> str:
        """Name a line of the chunk."""
        return f"{self._layout.unit} {self._lines + line + 1} of {self._source.name}"

    def difference_at_the_end(self) -> str | None:
        """Say what the store has and the whole text has not."""
        name = self._source.name
        if self.rows < len(self._words):
            word = self._words[self.rows].as_py()
            return f"{name} ends before row {self.rows} of the store, {shortened(word)}"
        skipped = self._report.skipped_rows if self._report else 0
        # The conversion also skipped bad rows of wanted words that the store does not have.
        is_possible = self._skipped <= skipped if self._store.metadata.wanted else self._skipped == skipped
        if not is_possible:
            return f"{name} has {self._skipped} bad rows, and {skipped} were left out of the store"
        return None


def _difference_of_numbers(row: int, stored: StoredRows, found: StoredRows) -> str:
    """Name the first number of a row that differs; for int8, its scale comes first."""
    if stored.scales is not None and found.scales is not None:
        here, there = stored.scales[row], found.scales[row]
        if here.tobytes() != there.tobytes():
            return f"its scale is {_show(here)} in the store and {_show(there)} by the text"
    column = int(np.argmax(_bits(stored.numbers)[row] != _bits(found.numbers)[row]))
    here, there = stored.numbers[row, column], found.numbers[row, column]
    return f"number {column + 1} is {_show(here)} in the store and {_show(there)} in the text"


def _bits(numbers: NDArray[Any]) -> NDArray[Any]:
    """View numbers as integers, so that the sign of zero and the payload of nan count."""
    return numbers.view(f"u{numbers.itemsize}")


def _show(number: Any) -> str:  # noqa: ANN401 - a number of any type of a store
    """Write a number so that no two look the same: the bits too, of nan."""
    if not np.isnan(number):
        return str(number)
    return f"{number} (0x{int.from_bytes(number.tobytes(), 'little'):0{2 * number.itemsize}x})"
