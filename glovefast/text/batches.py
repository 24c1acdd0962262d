"""Pieces of texts as arrays of bytes for the kernels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from glovefast.errors import TextError
from glovefast.kernels import WORDS_ARE_CHARACTERS, WORDS_ARE_GIVEN, WORDS_ARE_SEPARATED
from glovefast.text.pieces import Piece
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
        if isinstance(texts, pa.Array) and not texts.null_count:
            is_string = _is_string(texts.type)
            batch = (_of_strings if is_string else _of_words)(texts, first, rule, how)
            if batch is not None:
                return batch
        plain = piece.plain()
        if {*map(type, plain)} <= {str} or all(isinstance(text, str) for text in plain):
            if not rule.is_for_bytes and not all(map(str.isascii, plain)):
                plain = [text if text.isascii() else rule.prepared(text) for text in plain]
            return TextBatch(*utf8(plain), how, _NO_ENDS, first)
    words = [rule.words_of(text, first + place) for place, text in enumerate(piece.plain())]
    text, given_ends = utf8(list(chain.from_iterable(words)))
    text_ends = np.cumsum(np.fromiter(map(len, words), np.int64, len(words)))
    return TextBatch(text, text_ends, WORDS_ARE_GIVEN, given_ends, first)


def _of_strings(texts: pa.Array, first: int, rule: WordRule, how: int) -> TextBatch | None:
    """View texts where Arrow has them; None if Python must prepare them."""
    data, ends = _bytes_and_ends(texts)
    if rule.is_for_bytes or not (data >= _FIRST_OF_MANY_BYTES).any():
        return TextBatch(data, ends, how, _NO_ENDS, first)
    return None


def _of_words(texts: pa.Array, first: int, rule: WordRule, _how: int) -> TextBatch | None:
    """View lists of words where Arrow has them; None if Python must lower them, or finds the one at fault."""
    kind = texts.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) or not _is_string(kind.value_type):
        return None
    offsets = _checked_offsets(texts, np.int32 if pa.types.is_list(kind) else np.int64, len(texts.values))
    words = texts.values.slice(offsets[0], offsets[-1] - offsets[0])
    if words.null_count:
        return None
    data, given_ends = _bytes_and_ends(words)
    if rule.keeps_case or not (data >= _FIRST_OF_MANY_BYTES).any():
        return TextBatch(data, offsets[1:] - offsets[0], WORDS_ARE_GIVEN, given_ends, first)
    return None


def _is_string(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _bytes_and_ends(strings: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """View the bytes of strings, and say where each string ends."""
    data = np.frombuffer(strings.buffers()[2] or b"", dtype=np.uint8)
    offsets = _checked_offsets(strings, np.int32 if pa.types.is_string(strings.type) else np.int64, len(data))
    return data[offsets[0] : offsets[-1]], offsets[1:] - offsets[0]


def _checked_offsets(array: pa.Array, dtype: DTypeLike, end: int) -> NDArray[np.int64]:
    """Copy the n + 1 offsets of an array; kernels trust them, so they must be in order.

    Raises
    ------
    TextError
        If the array is damaged.
    """
    offsets = np.frombuffer(array.buffers()[1] or bytes(8), dtype=dtype)
    offsets = offsets[array.offset : array.offset + len(array) + 1].astype(np.int64)
    if offsets[0] < 0 or offsets[-1] > end or (offsets[1:] < offsets[:-1]).any():
        raise TextError("the Arrow array of texts is damaged: its offsets are not in order")
    return offsets


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
