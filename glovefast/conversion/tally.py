"""What a conversion has read so far, counted in the order of the text."""

import numpy as np
import pyarrow as pa

from glovefast.conversion.bad_rows import BadRows
from glovefast.conversion.options import Options
from glovefast.errors import FormatError
from glovefast.parser.blocks import Block
from glovefast.parser.row_layout import Layout
from glovefast.store.metadata import MAX_ROWS
from glovefast.store.rounding import RowsChecksum, StoredRows
from glovefast.vocabulary.arrow import array_offsets

# int32 counts the bytes of an Arrow file's words.
_MAX_WORD_BYTES = 2**31 - 1
ADVICE = "skip such rows with on_bad_row='skip' (--on-bad-row skip), or list them all with --dry-run"


class Tally:
    """Count blocks in, one after the other, and collect their words.

    Parameters
    ----------
    name : str
        The source, as messages name it.
    layout : Layout
        What its rows look like; a header line counts as read.
    options : Options
        The caller's choices.
    bad_rows : BadRows
        Where bad rows are recorded.
    raises : bool
        Whether a bad row raises an error; otherwise it is skipped.

    Attributes
    ----------
    name, layout, options, bad_rows
        As given.
    rows, lines, rows_not_wanted, rows_not_finite : int
        The rows kept, the lines read, the rows left out because their word is not wanted, and the rows kept
        that contain nan or inf.
    is_full : bool
        Whether the limit is reached, so that nothing more needs to be read.
    """

    def __init__(
        self, name: str, layout: Layout, options: Options, bad_rows: BadRows, *, raises: bool
    ) -> None:
        self.name = name
        self.layout = layout
        self.options = options
        self.bad_rows = bad_rows
        self._raises = raises
        self._checksum = RowsChecksum()
        self._words: list[pa.StringArray] = []
        self._word_bytes = 0
        self.rows = self.rows_not_wanted = self.rows_not_finite = 0
        self.lines = layout.lines_before_rows
        self.is_full = False

    def add(self, block: Block, rows: StoredRows) -> int:
        """Count a block, cut off at the limit; give the row at which it begins.

        Parameters
        ----------
        block : Block
            The block.
        rows : StoredRows
            Its rows, in the type of the store.

        Raises
        ------
        FormatError
            If it has a bad row and bad rows raise, or there is more than a store can hold.
        """
        limit = self.options.limit
        if limit is not None and len(block.words) >= limit - self.rows:
            block.cut(limit - self.rows)
            self.is_full = True
        self._add_bad_lines(block)
        offsets = array_offsets(block.words)
        self._word_bytes += int(offsets[-1] - offsets[0])
        first, self.rows = self.rows, self.rows + len(block.words)
        if self.rows > MAX_ROWS or self._word_bytes > _MAX_WORD_BYTES:
            raise FormatError(
                self.name,
                self.lines + 1,
                f"too many rows: a store holds at most {MAX_ROWS:,} rows and {_MAX_WORD_BYTES:,} bytes of "
                "words; keep fewer with limit or words (--limit, --words)",
                self.layout.unit,
            )
        self.lines += block.lines
        self.rows_not_wanted += block.rows_not_wanted()
        self.rows_not_finite += block.rows_not_finite()
        self._words.append(block.words)
        self._checksum.update(rows.first(len(block.words)))
        return first

    def _add_bad_lines(self, block: Block) -> None:
        for bad in block.bad_lines.explained():
            lines = (self.lines + 1 + bad.numbers.astype(np.int64)).tolist()
            if self._raises and None in bad.changed_words:
                first = bad.changed_words.index(None)
                raise FormatError(
                    self.name, lines[first], f"{bad.reasons[first]}; {ADVICE}", self.layout.unit
                )
            rows = (self.rows + np.searchsorted(block.row_lines, bad.numbers)).tolist()
            self.bad_rows.add(lines, rows, bad)

    def take_words(self) -> pa.StringArray:
        """Give the words of all rows; they are not kept."""
        words = pa.concat_arrays(self._words) if self._words else pa.nulls(0, pa.string())
        self._words.clear()
        return words

    def checksums(self) -> dict[str, str]:
        """Give the checksums of all rows as they stand in a store's metadata."""
        return self._checksum.as_dict()
