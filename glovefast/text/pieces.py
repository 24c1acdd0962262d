"""Texts of any source, cut into pieces that threads can work on one by one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import TextError
from glovefast.text.words import shown

Texts: TypeAlias = (
    "Iterable[str | list[str]] | Iterable[Iterable[str]] | NDArray[Any] | pa.Array | pa.ChunkedArray"
)

# The bytes of a batch, its words and their indices fit in the second cache of a processor.
_PIECE_CHARACTERS = 1 << 19
_PIECE_TEXTS = 1 << 14
_STEP_TEXTS = 64
_CHARACTERS_PER_WORD = 6
_PLAIN = {str, list}


@dataclass(frozen=True)
class Piece:
    """Consecutive texts of a source.

    Attributes
    ----------
    texts : list or pyarrow.Array
        The texts, or the words of each.
    first : int
        The position of the first text in the whole source.
    """

    texts: list[Any] | pa.Array
    first: int

    @property
    def words(self) -> int:
        """The approximate number of words."""
        if isinstance(self.texts, pa.Array):
            return int(self.texts.nbytes) // _CHARACTERS_PER_WORD
        return sum(map(_words, self.texts))

    def plain(self) -> list[Any]:
        """Give the texts as Python objects.

        Raises
        ------
        TextError
            If a text of Arrow is not UTF-8.
        """
        if isinstance(self.texts, list):
            return self.texts
        try:
            return list(self.texts.to_pylist())
        except UnicodeDecodeError as error:
            raise TextError(f"{self._not_unicode()} is not UTF-8: {error}") from error

    def _not_unicode(self) -> str:
        for place, text in enumerate(self.texts):
            try:
                text.as_py()
            except UnicodeDecodeError:
                return f"the text at position {self.first + place}"
        return "a text"


def _words(text: object) -> int:
    if isinstance(text, str):
        return len(text) // _CHARACTERS_PER_WORD
    return text.size if isinstance(text, np.ndarray) else len(text) if isinstance(text, list | tuple) else 0


def words_with_nulls(text: object) -> list[Any] | None:
    """Give the words of a text if some of them are null, otherwise None.

    pandas gives the lists of a Parquet file as NumPy arrays.
    """
    if isinstance(text, np.ndarray) and text.dtype == object:
        text = text.tolist()
    return text if isinstance(text, list) and any(word is None for word in text) else None


def pieces_of(texts: Texts) -> Iterator[Piece]:
    """Cut a source into pieces.

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
        If `texts` is not a source of texts, or if an array holds something else.
    """
    first = 0
    for part in _parts_of(texts):
        yield Piece(part, first)
        first += len(part)


def count_of(texts: Any) -> int | None:  # noqa: ANN401 - any source of texts
    """Give the number of texts; None if the source does not tell it."""
    try:
        return len(texts)
    except TypeError:  # an iterator, or an array without a dimension
        return None


def _parts_of(texts: Any) -> Iterator[list[Any] | pa.Array]:  # noqa: ANN401 - told apart by what it offers
    if hasattr(texts, "columns") or isinstance(texts, Mapping):
        raise TextError(f"pass one column of texts, not a whole {type(texts).__name__}")
    if isinstance(texts, str | bytes | bytearray) or not isinstance(texts, Iterable):
        raise TextError(f"pass a list of texts, not {shown(texts)}")
    if isinstance(texts, np.ndarray) and texts.ndim != 1:
        raise TextError(f"an array of texts must have one dimension; this one has the shape {texts.shape}")
    if hasattr(texts, "to_arrow"):  # a polars Series
        texts = texts.to_arrow()
    if isinstance(texts, pa.ChunkedArray):
        for chunk in texts.chunks:
            yield from _parts_of_arrow(chunk)
    elif isinstance(texts, pa.Array):
        yield from _parts_of_arrow(texts)
    elif isinstance(texts, np.ndarray):
        yield from _parts_of_items(texts.tolist(), _is_never_a_batch)
    elif hasattr(texts, "to_list"):  # a pandas Series
        yield from _parts_of_items(texts.to_list(), _is_never_a_batch)
    else:
        has_length = hasattr(texts, "__len__")
        yield from _parts_of_items(texts, _is_batch_in_list if has_length else _is_batch_of_iterator)


def _is_never_a_batch(_cell: object) -> bool:
    """Say that the cell of a column is one text, whatever container holds its words."""
    return False


def _is_batch_in_list(item: object) -> bool:
    """Refuse an item of a list that may be a batch; a NumPy array in a list holds the words of one text.

    Raises
    ------
    TextError
        If it is a tuple, an Arrow array or a Series.
    """
    if _is_batch_of_iterator(item) and not isinstance(item, np.ndarray):
        raise TextError(
            f"a {type(item).__name__} in a list may be the words of one text or a batch of texts: "
            "make it a list of words, pass the whole column, or pass an iterator of batches, iter(...)"
        )
    return False


def _is_batch_of_iterator(item: object) -> bool:
    """Say whether an item of an iterator is a batch of texts."""
    kinds = tuple | np.ndarray | pa.Array | pa.ChunkedArray
    return isinstance(item, kinds) or hasattr(item, "to_list") or hasattr(item, "to_arrow")


def _parts_of_items(
    texts: Iterable[Any], is_batch: Callable[[object], bool]
) -> Iterator[list[Any] | pa.Array]:
    """Gather texts until they are enough for a piece; pass batches on as they come."""
    items = iter(texts)
    gathered: list[Any] = []
    characters = 0
    steps = 1  # at most one batch of an iterator is in memory
    while step := list(islice(items, steps)):
        plain = {*map(type, step)} <= _PLAIN
        if plain or not any(map(is_batch, step)):
            gathered += step
            characters += sum(map(len, step)) if plain else len(step) * _CHARACTERS_PER_WORD
            # As many as are likely to be missing, so that of long texts, too, only a piece is in memory.
            missing = (_PIECE_CHARACTERS - characters) * len(gathered) // (characters + 1)
            steps = min(max(missing, 1), _STEP_TEXTS)
            if characters >= _PIECE_CHARACTERS or len(gathered) >= _PIECE_TEXTS:
                yield gathered
                gathered, characters = [], 0
            continue
        for item in step:
            if is_batch(item):
                if gathered:
                    yield gathered
                    gathered, characters = [], 0
                yield from _parts_of(list(item) if isinstance(item, tuple) else item)
            else:
                gathered.append(item)
    if gathered:
        yield gathered


def _parts_of_arrow(array: pa.Array) -> Iterator[pa.Array]:
    """Cut an Arrow array where its texts are enough for a piece."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_string_view(kind):
        array = array.cast(pa.large_string())
        kind = array.type
    if pa.types.is_null(kind) or is_list(kind):
        is_view = pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind)
        for begin in range(0, len(array), _PIECE_TEXTS):
            part = array.slice(begin, _PIECE_TEXTS)
            yield part.to_pylist() if is_view else part  # before version 17, pyarrow knows no size of views
        return
    if not pa.types.is_string(kind) and not pa.types.is_large_string(kind):
        raise TextError(f"an array of texts must hold strings or lists of strings, not {kind}")
    offsets = text_offsets(array)
    begin = 0
    while begin < len(array):
        end = int(np.searchsorted(offsets, offsets[begin] + _PIECE_CHARACTERS))
        end = min(max(end, begin + 1), begin + _PIECE_TEXTS, len(array))
        yield array.slice(begin, end - begin)
        begin = end


def is_list(kind: pa.DataType) -> bool:
    """Say whether the cells of an Arrow array are lists, of whatever layout."""
    return any(
        check(kind)
        for check in (
            pa.types.is_list,
            pa.types.is_large_list,
            pa.types.is_fixed_size_list,
            pa.types.is_list_view,
            pa.types.is_large_list_view,
        )
    )


def text_offsets(array: pa.Array) -> NDArray[Any]:
    """View the n + 1 offsets of an array of strings."""
    dtype = np.int32 if pa.types.is_string(array.type) else np.int64
    offsets = np.frombuffer(array.buffers()[1] or bytes(8), dtype=dtype)
    return offsets[array.offset : array.offset + len(array) + 1]
