"""What a column may hold: the rows of each text's words, one vector for each text, or padded indices."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.batches.columns import Column
from glovefast.batches.opened import made_tokenizer, opened_store, opened_tokenizer
from glovefast.errors import TextError
from glovefast.queries.text_rows import has_null_words, text_rows
from glovefast.queries.text_vectors import Splitting, text_pooler
from glovefast.text.sequences import Sequences
from glovefast.text.tokenizer import Tokenizer
from glovefast.text.word_rule import WordRule
from glovefast.vectors import index_of, rows_of
from glovefast.vocabulary.arrow import integer_array

Output: TypeAlias = Literal["rows", "vector", "padded"]
OUTPUTS = ("rows", "vector", "padded")

_LARGEST_OFFSET = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Filling:
    """How texts become the cells of a column.

    Attributes
    ----------
    type : pyarrow.DataType
        The type of the cells.
    of : callable
        Makes them: texts → the sequences or the rows of a matrix, one for each text.
    """

    type: pa.DataType
    of: Callable[[list[Any] | pa.Array], Sequences | NDArray[Any]]

    def arrow(self, column: Column) -> pa.Array:
        """Make a column of Arrow."""
        cells, missing = self.of(column.texts), column.missing
        if isinstance(missing, list):
            missing = pa.array(missing, pa.bool_())
        if isinstance(cells, Sequences):
            if cells.offsets[-1] > _LARGEST_OFFSET:
                raise TextError(f"a batch may have at most {_LARGEST_OFFSET:,} words; pass smaller batches")
            offsets = integer_array(cells.offsets.astype(np.int32))
            return pa.ListArray.from_arrays(offsets, integer_array(cells.indices), self.type, mask=missing)
        numbers = integer_array(cells.reshape(-1))
        return pa.FixedSizeListArray.from_arrays(numbers, type=self.type, mask=missing)

    def arrays(self, column: Column) -> list[NDArray[Any] | None]:
        """Make a column of NumPy arrays."""
        cells: Any = self.of(column.texts)
        if isinstance(cells, Sequences):
            cells = np.split(cells.indices, cells.offsets[1:-1]) if len(cells) else []
        if column.missing is None:
            return list(cells)
        return [None if missing else cell for cell, missing in zip(cells, column.missing, strict=True)]


def filling(values: Mapping[str, Any]) -> Filling:
    """Make the filling of a column with these settings, the arguments of `TextColumn`."""
    threads: int = values["threads"]
    if values["output"] == "padded":
        width, tokenizer = values["maxlen"], _tokenizer(**values["vocabulary"])
        ends = {name: values[name] for name in ("padding", "truncating")}

        def pad(texts: list[Any] | pa.Array) -> NDArray[np.int32]:
            known = _without_null_words(texts, tokenizer.word_index)
            return tokenizer.texts_to_padded(known, width, **ends, threads=threads)

        return Filling(pa.list_(pa.int32(), width), pad)
    vectors = opened_store(values["store"], tuple(values["contents"]))
    splitting = {name: values[name] for name in ("filters", "lower", "split")}
    if values["output"] == "rows":
        rule = WordRule.of(**splitting, char_level=False, analyzer=None)
        return Filling(
            pa.list_(pa.int32()), partial(text_rows, index_of(vectors), rule=rule, threads=threads)
        )
    pooler = text_pooler(
        rows_of(vectors), index_of(vectors), values["pooling"], Splitting(**splitting, fallback=())
    )
    return Filling(pa.list_(pa.float32(), vectors.dim), lambda texts: pooler.pool(texts, threads).matrix)


def _without_null_words(texts: list[Any] | pa.Array, vocabulary: Mapping[str, int]) -> list[Any] | pa.Array:
    """Put a word that the vocabulary lacks in the place of each null."""
    if not has_null_words(texts):
        return texts
    unknown = "\0"
    while unknown in vocabulary:
        unknown += "\0"
    plain = texts.to_pylist() if isinstance(texts, pa.Array) else texts
    return [
        [unknown if word is None else word for word in text] if isinstance(text, list) else text
        for text in plain
    ]


def _tokenizer(path: str = "", checksum: str = "", settings: str = "") -> Tokenizer:
    return made_tokenizer(settings) if settings else opened_tokenizer(path, checksum)
