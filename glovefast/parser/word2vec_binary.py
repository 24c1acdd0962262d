"""word2vec's binary format: a line ``rows dim``, then each word, a space and the bytes of its numbers.

The numbers are little-endian float32. The original tool writes a newline behind each row and gensim does not;
both skip newlines in front of a word. Nothing marks where a row begins, so a file must have exactly the rows
that its header promises.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import FormatError
from glovefast.kernels import PADDING, WORD_BLOCK_BYTES
from glovefast.kernels.load import load_kernels
from glovefast.parser import chunks
from glovefast.parser.bad_lines import BadLine, BadLines, beginning_of, show
from glovefast.parser.blocks import Block
from glovefast.parser.chunks import MAX_LINE_BYTES, ByteSource, TextBuffer
from glovefast.parser.decoding import UTF_8, DamagedWord, WordDecoder
from glovefast.parser.row_layout import Layout
from glovefast.parser.separators import SINGLE_SPACE
from glovefast.sources.file_types import BinaryHeader
from glovefast.vocabulary.arrow import integer_array
from glovefast.vocabulary.word_index import WordIndex

_MAX_DIM = MAX_LINE_BYTES // 2  # as many as a line of text can have
_NUMBER_BYTES = 4
_NEWLINE = b"\n"


class BinaryRowReader:
    """Cut a source into chunks of whole rows. Not thread-safe: callers must take turns.

    Parameters
    ----------
    source : ByteSource
        Where the bytes come from, at its beginning.
    header : BinaryHeader
        What the source begins with.
    dim : int, optional
        The dimension that the header must state.

    Attributes
    ----------
    layout : Layout
        What the header states.
    chunk_bytes : int
        How many bytes to read at once; may be raised between two chunks.
    chunks : int
        The number of chunks read so far.

    Raises
    ------
    FormatError
        If the header does not state `dim` numbers per row, or more than a store can have.
    """

    def __init__(self, source: ByteSource, header: BinaryHeader, dim: int | None = None) -> None:
        if header.dim > _MAX_DIM:
            reason = f"the header says {header.dim:,} numbers per row; at most {_MAX_DIM:,} are possible"
            raise FormatError(source.name, 1, reason)
        if dim is not None and dim != header.dim:
            reason = f"you asked for {dim} numbers per row (dim, --dim), but the header says {header.dim}"
            raise FormatError(source.name, 1, reason)
        self.layout = Layout(header.dim, (header.rows, header.dim), dim_is_certain=True, is_binary=True)
        self.chunk_bytes = chunks.CHUNK_BYTES
        self.chunks = 0
        self._find_rows = load_kernels("find_binary_rows").find_binary_rows
        self._source = source
        self._promised, self._rows = header.rows, 0
        self._position = source.readinto(memoryview(bytearray(header.bytes)))
        self._rest = b""
        self._ended = False
        self._rows_end = np.zeros(1, dtype=np.int64)

    def read(self, buffer: TextBuffer, min_lines: int = 1) -> int | None:
        """Fill a buffer with the next whole rows.

        Parameters
        ----------
        buffer : TextBuffer
            The memory to fill; its contents are replaced.
        min_lines : int
            Not used: no rows are needed to learn the layout.

        Returns
        -------
        int or None
            The chunk's number, counted from 0; None behind the last row.

        Raises
        ------
        FormatError
            If the source has fewer rows than its header promises or something behind them, if a word is
            longer than 16 MiB, or if the source raises it.
        """
        while buffer.capacity < max(self.chunk_bytes, len(self._rest)):
            buffer.grow()
        buffer.begin, buffer.end = PADDING, PADDING + len(self._rest)
        buffer.bytes[buffer.begin : buffer.end] = self._rest
        self._rest = b""
        while True:
            self._fill(buffer)
            left = self._promised - self._rows
            rows = self._find_rows(
                buffer.array, buffer.begin, buffer.end, self.layout.dim, left, self._rows_end
            )
            if rows:
                return self._cut(buffer, rows, int(self._rows_end[0]))
            rest = bytes(memoryview(buffer.bytes)[buffer.begin : buffer.end])
            if not left:
                if rest.strip(_NEWLINE):
                    raise self._too_long(rest)
                if self._ended:
                    return None
                self._position += len(rest)
                buffer.end = buffer.begin
            elif self._ended:
                raise self._too_short(rest)
            else:
                self._check_word(rest)
                buffer.grow()

    @property
    def ended(self) -> bool:
        """Whether the last chunk held the end of the source."""
        return self._ended

    def _fill(self, buffer: TextBuffer) -> None:
        if not self._ended:
            limit = PADDING + buffer.capacity
            with memoryview(buffer.bytes) as view:
                buffer.end += self._source.readinto(view[buffer.end : limit])
            self._ended = buffer.end < limit

    def _cut(self, buffer: TextBuffer, rows: int, end: int) -> int:
        """Keep what is behind the whole rows for the next chunk."""
        self._rest = bytes(memoryview(buffer.bytes)[end : buffer.end])
        buffer.end = end
        buffer.position = self._position
        self._position += end - buffer.begin
        self._rows += rows
        self.chunks += 1
        return self.chunks - 1

    def _too_short(self, rest: bytes) -> FormatError:
        end, word = self._position + len(rest), rest.lstrip(_NEWLINE)
        promised = f"the header promises {self._promised:,} words; download the file again"
        if not word:
            reason = f"ends at byte {end:,}, after {self._rows:,} words, but {promised}"
            return FormatError(self._source.name, None, reason)
        reason = (
            f"the file ends at byte {end:,}, inside this row, which begins at byte {end - len(word):,}; "
            f"{promised}"
        )
        return FormatError(self._source.name, self._rows + 1, reason, unit=self.layout.unit)

    def _too_long(self, rest: bytes) -> FormatError:
        more = rest.lstrip(_NEWLINE)
        begin = self._position + len(rest) - len(more)
        return FormatError(
            self._source.name,
            None,
            f"the header promises {self._promised:,} words, but at byte {begin:,}, after the last one, the "
            f"file goes on with {show(more[:100])}; download it again, or convert the promised words only: "
            f"limit={self._promised} (--limit {self._promised})",
        )

    def _check_word(self, rest: bytes) -> None:
        """Raise if the next word is too long to be one."""
        word = rest.lstrip(_NEWLINE)
        if len(word) > MAX_LINE_BYTES and b" " not in word:
            begin = self._position + len(rest) - len(word)
            raise FormatError(
                self._source.name,
                self._rows + 1,
                f"the word that begins at byte {begin:,} has no end within {MAX_LINE_BYTES >> 20} MiB; the "
                "file is damaged, or its header is wrong",
                unit=self.layout.unit,
            )


class BinaryBlockParser:
    """Parse chunks of whole rows with buffers that are reused; each worker has its own parser.

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
    """

    def __init__(
        self, dim: int, errors: str = "strict", wanted: WordIndex | None = None, *, encoding: str = UTF_8
    ) -> None:
        self._kernels = load_kernels("split_binary_rows", "copy_vectors")
        self._dim = dim
        self._wanted = wanted
        self._decoder = WordDecoder(errors, encoding)
        self._capacity = 0

    def _make_room(self, text_bytes: int) -> None:
        """Allocate for the worst case: every word is empty."""
        if text_bytes <= self._capacity:
            return
        self._capacity = text_bytes
        rows = text_bytes // (self._dim * _NUMBER_BYTES + 1)
        self._words = np.empty(text_bytes + WORD_BLOCK_BYTES, dtype=np.uint8)
        self._word_ends = np.zeros(rows + 1, dtype=np.int32)
        self._vector_begins = np.empty(rows, dtype=np.int32)
        spare = WORD_BLOCK_BYTES // _NUMBER_BYTES
        self._numbers = np.empty(rows * self._dim + spare, dtype=np.float32)
        self._is_finite = np.empty(rows, dtype=np.uint8)

    def parse(self, buffer: TextBuffer) -> Block:
        """Parse the rows of a buffer; the block is valid until the next call.

        Parameters
        ----------
        buffer : TextBuffer
            Whole rows.

        Returns
        -------
        Block
            Words, rows and words that do not fit the encoding. Its lines are the rows.
        """
        self._make_room(buffer.end - buffer.begin)
        rows = self._kernels.split_binary_rows(
            buffer.array,
            buffer.begin,
            buffer.end,
            self._dim,
            self._words,
            self._word_ends[1:],
            self._vector_begins,
        )
        words, is_kept, bad_lines = self._decode_words(buffer, rows)
        kept = np.flatnonzero(is_kept).astype(np.int32)
        if len(kept) < rows:
            words = words.take(integer_array(kept))
        block = Block(
            lines=rows,
            rows=self._numbers[: len(kept) * self._dim].reshape(-1, self._dim),
            words=words,
            row_lines=kept,
            bad_lines=bad_lines,
        )
        if self._wanted is not None:
            block.kept_lines = kept
        odd_rows = self._kernels.copy_vectors(
            buffer.array,
            self._vector_begins[kept],
            self._dim,
            self._numbers.view(np.uint8),
            self._numbers,
            self._is_finite,
        )
        if odd_rows:
            block.is_finite = self._is_finite[: len(kept)].view(np.bool_)
        return block

    def _decode_words(
        self, buffer: TextBuffer, rows: int
    ) -> tuple[pa.StringArray, NDArray[np.bool_], BadLines]:
        """Decode the words of a chunk; say which rows stay, and list the words that do not fit."""
        offsets = self._word_ends[: rows + 1].copy()
        words, rejected, damaged = self._decoder.decode(self._words[: offsets[-1]].tobytes(), offsets)
        is_kept = np.ones(rows, dtype=np.bool_)
        if self._wanted is not None:
            is_kept = self._wanted.rows(words) >= 0
        is_kept[rejected] = False
        bad_lines = BadLines(None, np.empty(0, dtype=np.int32), self._dim, SINGLE_SPACE)
        bad_lines.add(
            [
                self._bad_line(word, buffer)
                for word in damaged
                if self._wanted is None or is_kept[word.row]  # as in text, others go unnoticed
            ]
        )
        return words, is_kept, bad_lines

    def _bad_line(self, word: DamagedWord, buffer: TextBuffer) -> BadLine:
        space = int(self._vector_begins[word.row]) - 1
        begin = buffer.position + space - len(word.encoded) - buffer.begin
        where = f"it begins at byte {begin:,}"
        if word.changed is None:
            where += "; if it is not a word, the header states a wrong dimension"
        changed = None if word.changed is None else word.encoded
        return BadLine(word.row, f"{word.reason} ({where})", beginning_of(word.encoded), changed)
