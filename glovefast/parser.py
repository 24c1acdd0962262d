"""Chunks of text to words and rows: the kernels' buffers, and what the kernels leave to Python."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast import kernels
from glovefast.chunks import TextBuffer
from glovefast.kernels.compile import load_kernels
from glovefast.layout import explain_bad_line, read_number, show

_ODD_NUMBERS = 1024
_BAD_LINES = 256
_ERRORS = ("strict", "replace", "backslashreplace")


@dataclass(frozen=True)
class BadLine:
    """A line that gives no row, or whose word had to be changed.

    Attributes
    ----------
    line : int
        Its number; in a `Block` counted from 0 at the block's first line, later from 1 at the file's.
    reason : str
        What is wrong with it.
    beginning : str
        The first bytes of the line, as text.
    kept : bool
        Whether the line gave a row all the same, with its word changed.
    """

    line: int
    reason: str
    beginning: str
    kept: bool = False


@dataclass
class Block:
    """What a chunk of text gave; its arrays are the worker's own and are used up before its next chunk.

    Attributes
    ----------
    lines : int
        The lines it held.
    rows : numpy.ndarray
        (rows, dim) float32.
    words : pyarrow.StringArray
        The rows' words.
    row_lines : numpy.ndarray
        (rows,) int32: each row's line, counted from 0 at the block's first.
    bad_lines : list of BadLine
        The lines that gave no row or a changed word, in order.
    blank_lines, spaced_words : int
        Lines passed over, and words that hold a space.
    """

    lines: int
    rows: NDArray[np.float32]
    words: pa.StringArray
    row_lines: NDArray[np.int32]
    bad_lines: list[BadLine] = field(default_factory=list)
    blank_lines: int = 0
    spaced_words: int = 0


class BlockParser:
    """Parse chunks with buffers that are used again; one for each worker.

    Parameters
    ----------
    name : str
        The source's name, for errors.
    dim : int
        Numbers per row.
    errors : {"strict", "replace", "backslashreplace"}
        What becomes of a word that is not UTF-8: a bad line, or Python's codec error handler of that name.
    """

    def __init__(self, name: str, dim: int, errors: str = "strict") -> None:
        self._kernels = load_kernels()
        self._name = name
        self._dim = dim
        self._errors = errors
        self._status = np.zeros(kernels.STATUS_LENGTH, dtype=np.int64)
        self._bad_lines = np.empty(_BAD_LINES, dtype=np.int32)
        self._odd_numbers = np.empty(3 * max(_ODD_NUMBERS, dim), dtype=np.int64)
        self._capacity = 0

    def _make_room(self, text_bytes: int) -> None:
        """Allocate for a text's worst case: a separator in every byte, and rows of nothing but separators."""
        if text_bytes <= self._capacity:
            return
        self._capacity = text_bytes
        self._max_rows = text_bytes // (self._dim + 1) + 1
        self._separators = np.empty(text_bytes, dtype=np.int32)
        self._line_ends = np.empty(text_bytes, dtype=np.int32)
        self._numbers = np.empty(self._max_rows * self._dim + 1, dtype=np.float32)
        self._words = np.empty(text_bytes, dtype=np.uint8)
        self._word_ends = np.zeros(self._max_rows + 1, dtype=np.int32)
        self._row_lines = np.empty(self._max_rows, dtype=np.int32)

    def parse(self, buffer: TextBuffer) -> Block:
        """Parse a buffer's whole lines; the block's arrays hold until the next call.

        Parameters
        ----------
        buffer : TextBuffer
            Whole lines, the last with its newline.

        Returns
        -------
        Block
            Words, rows and what was met.
        """
        status = self._status
        self._make_room(buffer.end - buffer.begin)
        lines = self._kernels.find_separators(
            buffer.array, buffer.begin, buffer.end, self._separators, self._line_ends
        )
        status[:] = 0
        bad_lines: list[BadLine] = []
        # Rows that hold something else than numbers; the kernel has written them already.
        bad_rows: dict[int, BadLine] = {}
        while status[kernels.NEXT_LINE] < lines:
            self._kernels.parse_rows(
                buffer.array,
                buffer.begin,
                status[kernels.NEXT_LINE],
                self._separators,
                self._line_ends,
                lines,
                self._dim,
                self._max_rows,
                self._numbers,
                self._words,
                self._word_ends[1:],
                self._row_lines,
                self._bad_lines,
                self._odd_numbers,
                status,
            )
            for line in self._bad_lines[: status[kernels.BAD_LINES]].tolist():
                bad_lines.append(self._bad_line(buffer, line))
            odd_numbers = self._odd_numbers[: 3 * status[kernels.ODD_NUMBERS]].reshape(-1, 3).tolist()
            for place, begin, end in odd_numbers:
                value = read_number(bytes(buffer.bytes[begin:end]))
                row = place // self._dim
                if value is None:
                    bad_rows.setdefault(row, self._bad_line(buffer, int(self._row_lines[row])))
                else:
                    self._numbers[place] = value
            status[kernels.BAD_LINES] = status[kernels.ODD_NUMBERS] = 0
        rows = int(status[kernels.ROWS])
        block = Block(
            lines=lines,
            rows=self._numbers[: rows * self._dim].reshape(rows, self._dim),
            words=pa.array([], pa.string()),
            row_lines=self._row_lines[:rows],
            bad_lines=bad_lines,
            blank_lines=int(status[kernels.BLANK_LINES]),
            spaced_words=int(status[kernels.SPACED_WORDS]),
        )
        self._decode_words(block, buffer, bad_rows)
        if bad_rows:
            kept = np.setdiff1d(np.arange(rows), list(bad_rows))
            block.rows, block.row_lines = block.rows[kept], block.row_lines[kept]
            block.words = block.words.take(pa.array(kept))
        block.bad_lines = sorted([*block.bad_lines, *bad_rows.values()], key=lambda bad: bad.line)
        return block

    def _decode_words(self, block: Block, buffer: TextBuffer, bad_rows: dict[int, BadLine]) -> None:
        """Make the words an Arrow array; words that are not UTF-8 go the way that `errors` names."""
        rows = len(block.row_lines)
        offsets = self._word_ends[: rows + 1].copy()
        raw = self._words[: offsets[-1]].tobytes()
        if _is_utf8(raw, offsets):
            block.words = pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(raw))
            return
        words = []
        for row in range(rows):
            encoded = raw[offsets[row] : offsets[row + 1]]
            try:
                words.append(encoded.decode())
            except UnicodeDecodeError:
                line = int(block.row_lines[row])
                beginning = show(buffer.line(line))
                if self._errors == "strict":
                    words.append("")  # the row goes
                    reason = (
                        f"the word {encoded!r} is not UTF-8; choose a rule for such words "
                        "(errors='replace' or 'backslashreplace', --errors)"
                    )
                    bad_rows.setdefault(row, BadLine(line, reason, beginning))
                else:
                    words.append(encoded.decode(errors=self._errors))
                    reason = f"the word {encoded!r} is not UTF-8; it was changed to {words[-1]!r}"
                    block.bad_lines.append(BadLine(line, reason, beginning, kept=True))
        block.words = pa.array(words, pa.string())

    def _bad_line(self, buffer: TextBuffer, line: int) -> BadLine:
        text = buffer.line(line)
        return BadLine(line, explain_bad_line(text, self._dim), show(text))


def check_errors_rule(errors: str) -> None:
    """Raise ValueError unless `errors` names a rule for words that are not UTF-8."""
    if errors not in _ERRORS:
        raise ValueError(
            f"errors={errors!r} is no rule for words that are not UTF-8; choose one of {_ERRORS}"
        )


def _is_utf8(raw: bytes, offsets: NDArray[np.int32]) -> bool:
    """Say whether all words are UTF-8: together, and no word begins in the middle of a character."""
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    filled = offsets[:-1][np.diff(offsets) > 0]
    firsts = np.frombuffer(raw, dtype=np.uint8)[filled]
    return not np.any((firsts & 0xC0) == 0x80)
