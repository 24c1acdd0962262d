"""Texts of any source, in batches of bytes for the kernels."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import TextError
from glovefast.kernels import WORDS_ARE_CHARACTERS, WORDS_ARE_GIVEN, WORDS_ARE_SEPARATED
from glovefast.text.words import WordRule, shown

Texts: TypeAlias = (
    "Iterable[str | list[str]] | Iterable[Iterable[str]] | NDArray[Any] | pa.Array | pa.ChunkedArray"
)

# A batch's bytes, the words it is cut into and their indices stay in a processor's second cache.
_PART_CHARACTERS = 1 << 19
_PART_TEXTS = 1 << 14
_STEP_TEXTS = 64
_CHARACTERS_PER_WORD = 6
_PLAIN = {str, list}

_FIRST_OF_MANY_BYTES = 0x80

_NO_ENDS = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Progress:
    """How far the work on texts has come.

    Attributes
    ----------
    texts : int
        Texts that are done.
    total : int or None
        How many there are; None for an iterator.
    """

    texts: int
    total: int | None


Callback: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True)
class Piece:
    """Some texts of a source, in order.

    Attributes
    ----------
    texts : list or pyarrow.Array
        The texts, or the words of each.
    first : int
        The number of the first in the whole source.
    """

    texts: list[Any] | pa.Array
    first: int

    @property
    def words(self) -> int:
        """About how many words there are."""
        if isinstance(self.texts, pa.Array):
            return int(self.texts.nbytes) // _CHARACTERS_PER_WORD
        return sum(
            len(text) if isinstance(text, list) else len(text) // _CHARACTERS_PER_WORD
            for text in self.texts
            if isinstance(text, str | list)
        )

    def plain(self) -> list[Any]:
        """Give the texts as Python has them."""
        return self.texts if isinstance(self.texts, list) else self.texts.to_pylist()


@dataclass(frozen=True)
class TextBatch:
    """A batch of texts for the kernels; see `glovefast.kernels.word_table.count_words`."""

    text: NDArray[np.uint8]
    text_ends: NDArray[np.int64]
    how: int
    given_ends: NDArray[np.int64]
    first: int


def pieces_of(texts: Texts) -> Iterator[Piece]:
    """Cut a source into pieces that can be worked on one by one.

    Parameters
    ----------
    texts : iterable or array
        As for `Tokenizer.fit_on_texts`.

    Yields
    ------
    Piece
        Its texts are not checked yet.

    Raises
    ------
    TextError
        If `texts` is no source of texts, or an array holds none.
    """
    first = 0
    for part in _parts(texts):
        piece = Piece(part, first)
        yield piece
        first += len(piece.texts)


def count_of(texts: Any) -> int | None:  # noqa: ANN401 - any source of texts
    """Give the number of texts; None if the source does not tell it."""
    if not hasattr(texts, "__len__"):
        return None
    first = next(iter(texts), None) if isinstance(texts, list | tuple) else None
    return None if _is_batch(first) else len(texts)


def _is_batch(item: object) -> bool:
    return isinstance(item, tuple | np.ndarray | pa.Array | pa.ChunkedArray) or hasattr(item, "to_list")


def _parts(texts: Any) -> Iterator[list[Any] | pa.Array]:  # noqa: ANN401 - told apart by what it offers
    if hasattr(texts, "columns"):
        raise TextError(f"a column of texts is needed, not a whole {type(texts).__name__}")
    if isinstance(texts, str | bytes | bytearray) or not isinstance(texts, Iterable):
        raise TextError(f"a list of texts is needed, not {shown(texts)}")
    if isinstance(texts, np.ndarray) and texts.ndim != 1:
        raise TextError(f"an array of texts has one dimension; this one has the shape {texts.shape}")
    if hasattr(texts, "to_arrow"):  # a polars Series
        texts = texts.to_arrow()
    if isinstance(texts, pa.ChunkedArray):
        for chunk in texts.chunks:
            yield from _parts_of_array(chunk)
    elif isinstance(texts, pa.Array):
        yield from _parts_of_array(texts)
    elif isinstance(texts, np.ndarray):
        yield from _parts_of_items(texts.tolist())
    elif hasattr(texts, "to_list"):  # a pandas Series
        yield from _parts_of_items(texts.to_list())
    else:
        yield from _parts_of_items(texts)


def _parts_of_items(texts: Iterable[Any]) -> Iterator[list[Any] | pa.Array]:
    """Gather texts until they are enough for a part; hand batches on as they come."""
    items = iter(texts)
    gathered: list[Any] = []
    characters = 0
    steps = 1  # of an iterator's batches no more than one is held
    while step := list(islice(items, steps)):
        plain = {*map(type, step)} <= _PLAIN
        if plain or not any(map(_is_batch, step)):
            gathered += step
            characters += sum(map(len, step)) if plain else len(step) * _CHARACTERS_PER_WORD
            # As many as are likely to be missing: of long texts, too, only a part is held.
            missing = (_PART_CHARACTERS - characters) * len(gathered) // (characters + 1)
            steps = min(max(missing, 1), _STEP_TEXTS)
            if characters >= _PART_CHARACTERS or len(gathered) >= _PART_TEXTS:
                yield gathered
                gathered, characters = [], 0
            continue
        for item in step:
            if _is_batch(item):
                if gathered:
                    yield gathered
                    gathered, characters = [], 0
                yield from _parts(list(item) if isinstance(item, tuple) else item)
            else:
                gathered.append(item)
    if gathered:
        yield gathered


def _parts_of_array(array: pa.Array) -> Iterator[pa.Array]:
    """Cut an Arrow array where its texts are enough for a part."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_string_view(kind):
        array = array.cast(pa.large_string())
        kind = array.type
    if pa.types.is_null(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind):
        for begin in range(0, len(array), _PART_TEXTS):
            yield array.slice(begin, _PART_TEXTS)
        return
    if not pa.types.is_string(kind) and not pa.types.is_large_string(kind):
        raise TextError(f"an array of strings is needed, not one of {kind}")
    offsets = _text_offsets(array)
    begin = 0
    while begin < len(array):
        end = int(np.searchsorted(offsets, offsets[begin] + _PART_CHARACTERS))
        end = min(max(end, begin + 1), begin + _PART_TEXTS, len(array))
        yield array.slice(begin, end - begin)
        begin = end


def _text_offsets(array: pa.Array) -> NDArray[Any]:
    """View the n + 1 offsets of an array of strings."""
    dtype = np.int32 if pa.types.is_string(array.type) else np.int64
    offsets = np.frombuffer(array.buffers()[1] or bytes(8), dtype=dtype)
    return offsets[array.offset : array.offset + len(array) + 1]


def batch_of(piece: Piece, rule: WordRule) -> TextBatch:
    """Make bytes of a piece.

    Parameters
    ----------
    piece : Piece
        The texts.
    rule : WordRule
        How they become words.

    Returns
    -------
    TextBatch
        What the kernels take.

    Raises
    ------
    TextError
        If a text or a word is no string; the message names its position and its type.
    """
    texts, first = piece.texts, piece.first
    how = WORDS_ARE_CHARACTERS if rule.char_level else WORDS_ARE_SEPARATED
    if rule.byte_of is not None:
        if isinstance(texts, pa.Array) and not texts.null_count and not pa.types.is_nested(texts.type):
            offsets = _text_offsets(texts)
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
    """Encode strings into one array of bytes.

    Lone surrogates, which UTF-8 does not know, become three bytes each, so that nothing is lost.

    Parameters
    ----------
    strings : sequence of str
        n strings.

    Returns
    -------
    text : numpy.ndarray
        uint8: their bytes, one after the other.
    ends : numpy.ndarray
        (n,) int64: where each ends.
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
