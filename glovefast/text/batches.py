"""Pieces of texts as arrays of bytes for the kernels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.kernels import WORDS_ARE_CHARACTERS, WORDS_ARE_GIVEN, WORDS_ARE_SEPARATED
from glovefast.text.pieces import Piece, text_offsets
from glovefast.text.word_rule import WordRule

_FIRST_OF_MANY_BYTES = 0x80

_NO_ENDS = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class TextBatch:
    """A batch of texts for the kernels; see `glovefast.kernels.word_table.count_words`."""

    text: NDArray[np.uint8]
    text_ends: NDArray[np.int64]
    how: int
    given_ends: NDArray[np.int64]
    first: int


def batch_of(piece: Piece, rule: WordRule) -> TextBatch:
    """Encode a piece as arrays for the kernels.

    Parameters
    ----------
    piece : Piece
        The texts.
    rule : WordRule
        The rule by which they are split.

    Returns
    -------
    TextBatch
        The arrays.

    Raises
    ------
    TextError
        If a text or a word is not a string; the message names its position and its type.
    """
    texts, first = piece.texts, piece.first
    how = WORDS_ARE_CHARACTERS if rule.char_level else WORDS_ARE_SEPARATED
    if rule.for_bytes is not None:
        if isinstance(texts, pa.Array) and not texts.null_count and not pa.types.is_nested(texts.type):
            offsets = text_offsets(texts)
            data = np.frombuffer(texts.buffers()[2] or b"", dtype=np.uint8)[offsets[0] : offsets[-1]]
            if rule.is_for_bytes or not (data >= _FIRST_OF_MANY_BYTES).any():
                return TextBatch(data, offsets[1:].astype(np.int64) - int(offsets[0]), how, _NO_ENDS, first)
        plain = piece.plain()
        if {*map(type, plain)} <= {str} or all(isinstance(text, str) for text in plain):
            if not rule.is_for_bytes and not all(map(str.isascii, plain)):
                plain = [text if text.isascii() else rule.prepared(text) for text in plain]
            return TextBatch(*utf8(plain), how, _NO_ENDS, first)
    words = [rule.words_of(text, first + place) for place, text in enumerate(piece.plain())]
    text, given_ends = utf8(list(chain.from_iterable(words)))
    text_ends = np.cumsum(np.fromiter(map(len, words), np.int64, len(words)))
    return TextBatch(text, text_ends, WORDS_ARE_GIVEN, given_ends, first)


def utf8(strings: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Encode strings as one array of bytes.

    Lone surrogates, which are not valid in UTF-8, become three bytes each, so that nothing is lost.

    Parameters
    ----------
    strings : sequence of str
        n strings.

    Returns
    -------
    text : numpy.ndarray
        uint8: their concatenated bytes.
    ends : numpy.ndarray
        (n,) int64: where each string ends.
    """
    joined = "".join(strings)
    if joined.isascii():
        text = joined.encode()
        lengths = map(len, strings)
    else:
        encoded = [string.encode("utf-8", "surrogatepass") for string in strings]
        text = b"".join(encoded)
        lengths = map(len, encoded)
    ends = np.cumsum(np.fromiter(lengths, np.int64, len(strings)))
    return np.frombuffer(text, dtype=np.uint8), ends
