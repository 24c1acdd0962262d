"""Blocks: the words and rows of a chunk, from the kernels and from what they leave to Python."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast import kernels
from glovefast.kernels.load import load_kernels
from glovefast.parser.bad_lines import BadLine, BadLines, beginning_of, beginnings_of, show
from glovefast.parser.chunks import TextBuffer
from glovefast.parser.decoding import UTF_8, WordDecoder
from glovefast.parser.line_filter import LineFilter
from glovefast.parser.separators import SINGLE_SPACE, Separator, is_word, read_number
from glovefast.vocabulary.arrow import integer_array
from glovefast.vocabulary.word_index import WordIndex

_ODD_NUMBERS = 1024
_BAD_LINES = 256


@dataclass
class Block:
    """The contents of one chunk of text; its arrays belong to the parser and are valid until its next chunk.

    Attributes
    ----------
    lines : int
        The number of lines.
    rows : numpy.ndarray
        (rows, dim) float32.
    words : pyarrow.StringArray
        The rows' words.
    row_lines : numpy.ndarray
        (rows,) int32: the line of each row, counted from 0.
    bad_lines : BadLines
        The lines that gave no row or a changed word, in order. All other lines without a row are blank or
        unwanted.
    kept_lines : numpy.ndarray or None
        int32, ascending: the lines that were parsed, if those of unwanted words were dropped.
    is_finite : numpy.ndarray or None
        (rows,) bool: whether all numbers of a row are finite; None if all rows are.
    """

    lines: int
    rows: NDArray[np.float32]
    words: pa.StringArray
    row_lines: NDArray[np.int32]
    bad_lines: BadLines
    kept_lines: NDArray[np.int32] | None = None
    is_finite: NDArray[np.bool_] | None = None

    def rows_not_finite(self) -> int:
        """Count the rows that contain nan or inf."""
        return 0 if self.is_finite is None else int(np.count_nonzero(~self.is_finite[: len(self.rows)]))

    def cut(self, rows: int) -> None:
        """Drop what comes after the first `rows` rows."""
        last_line = int(self.row_lines[rows - 1]) if rows > 0 else -1
        self.rows, self.words = self.rows[:rows], self.words[:rows]
        self.bad_lines.keep(self.bad_lines.numbers <= last_line)
        self.lines = last_line + 1

    def refuse(self, reasons: Mapping[int, str]) -> None:
        """Drop rows that cannot be stored; their lines become bad ones.

        Parameters
        ----------
        reasons : mapping
            The rows' numbers, and what is wrong with each.
        """
        refused = np.fromiter(reasons, dtype=np.int64, count=len(reasons))
        words = [word.encode() for word in self.words.take(integer_array(refused)).to_pylist()]
        self.bad_lines.refuse(
            [
                BadLine(line, f"after the word {show(word)}, {reasons[row]}", beginning_of(word))
                for row, line, word in zip(reasons, self.row_lines[refused].tolist(), words, strict=True)
            ]
        )
        kept = np.delete(np.arange(len(self.rows)), refused)
        self.rows, self.row_lines = self.rows[kept], self.row_lines[kept]
        self.words = self.words.take(integer_array(kept))
        if self.is_finite is not None:
            self.is_finite = self.is_finite[kept]

    def rows_not_wanted(self) -> int:
        """Count the lines that were dropped because their words are unwanted."""
        return (
            0 if self.kept_lines is None else self.lines - int(np.searchsorted(self.kept_lines, self.lines))
        )


class BlockParser:
    """Parse chunks with buffers that are reused; each worker has its own parser.

    Parameters
    ----------
    dim : int
        Numbers per row.
    errors : {"strict", "replace", "backslashreplace", "cp1252"}
        The rule for words that do not fit the encoding; see `glovefast.conversion.convert.convert`.
    wanted : WordIndex, optional
        The words whose rows to parse; all if not given.
    encoding : str
        The encoding of the words, as `glovefast.parser.decoding.checked_encoding` returns it.
    separator : Separator
        What separates the fields of a row.
    dim_is_certain : bool
        Whether words may end in numbers; see `glovefast.parser.separators.is_word`.
    """

    def __init__(
        self,
        dim: int,
        errors: str = "strict",
        wanted: WordIndex | None = None,
        *,
        encoding: str = UTF_8,
        separator: Separator = SINGLE_SPACE,
        dim_is_certain: bool = False,
    ) -> None:
        self._kernels = load_kernels("find_separators", "parse_rows")
        self._dim = dim
        self._decoder = WordDecoder(errors, encoding)
        self._separator = separator
        self._dim_is_certain = dim_is_certain
        self._filter = None
        if wanted is not None:
            self._filter = LineFilter(wanted, dim, self._decoder, separator, dim_is_certain=dim_is_certain)
        self._status = np.zeros(kernels.STATUS_LENGTH, dtype=np.int64)
        self._bad_lines = np.empty(_BAD_LINES, dtype=np.int32)
        self._odd_numbers = np.empty(3 * max(_ODD_NUMBERS, dim + kernels.LANES), dtype=np.int64)
        self._capacity = 0

    def _make_room(self, text_bytes: int) -> None:
        """Allocate for the worst case: every byte is a separator, and rows consist of nothing else."""
        if text_bytes <= self._capacity:
            return
        self._capacity = text_bytes
        self._max_rows = text_bytes // (self._dim + 1) + 1
        self._separators = np.empty(text_bytes + kernels.SEPARATORS_AT_ONCE, dtype=np.int32)
        self._field_ends = self._separators
        if self._separator.code == kernels.WHITESPACE:
            self._field_ends = np.empty_like(self._separators)
        self._line_ends = np.empty(text_bytes, dtype=np.int32)
        self._numbers = np.empty(self._max_rows * self._dim + 1, dtype=np.float32)
        self._words = np.empty(text_bytes + kernels.WORD_BLOCK_BYTES, dtype=np.uint8)
        self._word_ends = np.zeros(self._max_rows + 1, dtype=np.int32)
        self._row_lines = np.empty(self._max_rows, dtype=np.int32)

    def parse(self, buffer: TextBuffer) -> Block:
        """Parse the lines of a buffer; the block is valid until the next call.

        Parameters
        ----------
        buffer : TextBuffer
            Whole lines, the last with its newline; lines of unwanted words are removed from it.

        Returns
        -------
        Block
            Words, rows and bad lines.
        """
        self._make_room(buffer.end - buffer.begin)
        if self._filter is None:
            return self._parse(buffer)
        lines, kept_lines = self._filter.reduce(buffer)
        block = self._parse(buffer, None if self._filter.is_exact else self._filter.wanted)
        block.lines = lines
        block.row_lines = kept_lines[block.row_lines]
        block.bad_lines.renumber(kept_lines)
        block.kept_lines = kept_lines if block.kept_lines is None else kept_lines[block.kept_lines]
        return block

    def _parse(self, buffer: TextBuffer, wanted: WordIndex | None = None) -> Block:
        """Parse all lines of a buffer; if `wanted` is given, drop the rows of other words."""
        status = self._status
        lines = self._kernels.find_separators(
            buffer.array,
            buffer.begin,
            buffer.end,
            self._separator.code,
            self._separators,
            self._field_ends,
            self._line_ends,
        )
        status[:] = 0
        status[kernels.NEXT_BYTE] = buffer.begin
        bad_lines = [np.empty(0, dtype=np.int32)]
        bad_rows: set[int] = set()  # rows that the kernel has already written
        not_words: set[int] = set()  # those of them with too many numbers
        is_finite = True
        while status[kernels.NEXT_LINE] < lines:
            self._kernels.parse_rows(
                buffer.array,
                self._separator.code,
                self._dim,
                int(self._dim_is_certain),
                int(wanted is None),  # else a bad row of an unwanted word would be listed
                self._separators,
                self._field_ends,
                self._line_ends,
                lines,
                self._max_rows,
                self._numbers,
                self._words,
                self._word_ends[1:],
                self._row_lines,
                self._bad_lines,
                self._odd_numbers,
                status,
            )
            bad_lines.append(self._bad_lines[: status[kernels.BAD_LINES]].copy())
            odd_numbers = self._odd_numbers[: 3 * status[kernels.ODD_NUMBERS]]
            is_finite &= self._read_odd_numbers(buffer, odd_numbers.reshape(-1, 3), bad_rows, not_words)
            status[kernels.BAD_LINES] = status[kernels.ODD_NUMBERS] = 0
        bad_rows |= not_words
        rows = int(status[kernels.ROWS])
        bad_lines.append(self._row_lines[list(bad_rows)])
        block = Block(
            lines=lines,
            rows=self._numbers[: rows * self._dim].reshape(rows, self._dim),
            words=pa.nulls(0, pa.string()),
            row_lines=self._row_lines[:rows],
            bad_lines=BadLines(buffer, np.concatenate(bad_lines), self._dim, self._separator),
        )
        rejected = self._decode_words(block, buffer, bad_rows)
        bad_rows |= rejected
        if wanted is not None:
            bad_rows |= _drop_unwanted(block, wanted, rejected, not_words)
        if bad_rows:
            kept = np.setdiff1d(np.arange(rows), list(bad_rows))
            block.rows, block.row_lines = block.rows[kept], block.row_lines[kept]
            block.words = block.words.take(integer_array(kept))
        if not is_finite or status[kernels.INFINITIES]:
            block.is_finite = np.logical_and.reduce(np.isfinite(block.rows), axis=1)
        return block

    def _read_odd_numbers(
        self, buffer: TextBuffer, odd_numbers: NDArray[np.int64], bad_rows: set[int], not_words: set[int]
    ) -> bool:
        """Read with Python what the kernel left to it; give whether all numbers are finite.

        Rows with something that is not a number are added to `bad_rows`, rows with too many to `not_words`.
        """
        is_finite = True
        with np.errstate(over="ignore"):  # numbers beyond float32 become inf, as in the kernel
            for place, begin, end in odd_numbers.tolist():
                text = bytes(buffer.bytes[begin:end])
                if place < 0:
                    fields = self._separator.split_word(text)
                    if not is_word(fields, self._dim, dim_is_certain=self._dim_is_certain):
                        not_words.add(-1 - place)
                elif (value := read_number(text)) is None:
                    bad_rows.add(place // self._dim)
                else:
                    self._numbers[place] = value
                    is_finite = is_finite and bool(np.isfinite(self._numbers[place]))
        return is_finite

    def _decode_words(self, block: Block, buffer: TextBuffer, bad_rows: set[int]) -> set[int]:
        """Decode the words of a block, and give the rows whose word is rejected.

        Rows that are already bad are not reported again.
        """
        rows = len(block.row_lines)
        offsets = self._word_ends[: rows + 1].copy()
        raw = self._words[: offsets[-1]].tobytes()
        block.words, rejected, damaged = self._decoder.decode(raw, offsets)
        if damaged.rows:
            lines = block.row_lines[damaged.rows]
            bounds = (each.tolist() for each in buffer.bounds_of_lines(lines))
            text = buffer.array[: buffer.end].tobytes()
            beginnings = beginnings_of([text[begin:end] for begin, end in zip(*bounds, strict=True)])
            kept = [
                None if changed is None else encoded
                for encoded, changed in zip(damaged.encoded, damaged.changed, strict=True)
            ]
            bad_lines = map(BadLine, lines.tolist(), damaged.reasons, beginnings, kept)
            block.bad_lines.add(
                [bad for row, bad in zip(damaged.rows, bad_lines, strict=True) if row not in bad_rows]
            )
        return set(rejected.tolist())


def _drop_unwanted(block: Block, wanted: WordIndex, rejected: set[int], not_words: set[int]) -> set[int]:
    """Find the rows whose word is unwanted or was rejected, and forget their bad lines."""
    is_unwanted = wanted.rows(block.words) < 0
    is_unwanted[list(rejected)] = True
    is_unwanted[list(not_words)] = False  # bad rows, whatever their words
    unwanted = np.flatnonzero(is_unwanted)
    unwanted_lines = block.row_lines[unwanted]
    block.bad_lines.keep(~np.isin(block.bad_lines.numbers, unwanted_lines))
    block.kept_lines = np.delete(np.arange(block.lines, dtype=np.int32), unwanted_lines)
    return set(unwanted.tolist())
