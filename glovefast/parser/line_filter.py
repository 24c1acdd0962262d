"""Drop the lines of unwanted words from a chunk before it is parsed."""

import numpy as np
from numpy.typing import NDArray

from glovefast import kernels
from glovefast.kernels.load import load_kernels
from glovefast.parser.chunks import TextBuffer
from glovefast.parser.decoding import UTF_8, WordDecoder
from glovefast.parser.separators import SINGLE_SPACE, Separator
from glovefast.vocabulary.word_index import WordIndex

# What each rule for words that are not UTF-8 puts into every word it changes; cp1252 can put in any character
# that is not ASCII. Other encodings have other bytes for every such character, and some have several.
_REPLACEMENTS = {"replace": "\N{REPLACEMENT CHARACTER}".encode(), "backslashreplace": b"\\x"}


class LineFilter:
    """Reduce chunks to the lines of wanted words; each worker has its own filter.

    Parameters
    ----------
    wanted : WordIndex
        The words whose lines to keep.
    dim : int
        Numbers per row.
    decoder : WordDecoder
        The encoding of the words, and the rule for words that do not fit it. A changed word may be wanted.
    separator : Separator
        What separates the fields of a row.
    dim_is_certain : bool
        Whether words may end in numbers; see `glovefast.parser.separators.is_word`.

    Attributes
    ----------
    wanted : WordIndex
        The wanted words.
    is_exact : bool
        Whether only lines of wanted words stayed in the last buffer. If not, decoding shows which are wanted:
        of words that are not UTF-8, that contain blanks that the parser changes, or that may be numbers.
    """

    def __init__(
        self,
        wanted: WordIndex,
        dim: int,
        decoder: WordDecoder,
        separator: Separator = SINGLE_SPACE,
        *,
        dim_is_certain: bool = False,
    ) -> None:
        self.wanted = wanted
        self._kernels = load_kernels("keep_wanted_lines")
        self._row_format = separator.code, dim, int(dim_is_certain)
        self._tables = wanted.tables()
        word_bytes = self._tables[-1].tobytes()
        if decoder.encoding != UTF_8:
            self._keep_non_ascii = True
        elif decoder.errors == "cp1252":
            self._keep_non_ascii = not word_bytes.isascii()
        else:
            self._keep_non_ascii = decoder.errors != "strict" and _REPLACEMENTS[decoder.errors] in word_bytes
        self.is_exact = True
        self._status = np.zeros(kernels.WANTED_STATUS_LENGTH, dtype=np.int64)
        self._scratch = np.empty(1, dtype=np.float32)
        self._separators = self._kept_lines = np.empty(0, dtype=np.int32)

    def reduce(self, buffer: TextBuffer) -> tuple[int, NDArray[np.int32]]:
        """Keep the lines of wanted words in a buffer and drop the others.

        Blank lines stay, and so do lines with too few or too many numbers.

        Parameters
        ----------
        buffer : TextBuffer
            Whole lines; changed.

        Returns
        -------
        lines : int
            The number of lines before.
        kept_lines : numpy.ndarray
            (k,) int32, ascending: the lines that stay, counted from 0; valid until the next call.
        """
        text_bytes = buffer.end - buffer.begin
        if text_bytes > len(self._kept_lines):
            self._separators = np.empty(text_bytes, dtype=np.int32)
            self._kept_lines = np.empty(text_bytes, dtype=np.int32)
        kept = self._kernels.keep_wanted_lines(
            buffer.array,
            buffer.begin,
            buffer.end,
            *self._row_format,
            int(self._keep_non_ascii),
            *self._tables,
            self._kept_lines,
            self._separators,
            self._scratch,
            self._status,
        )
        buffer.end = int(self._status[kernels.KEPT_END])
        self.is_exact = not (self._keep_non_ascii or self._status[kernels.UNDECIDED])
        return int(self._status[kernels.LINES]), self._kept_lines[:kept]
