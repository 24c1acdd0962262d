"""What the saving of arrays or of a layer as a store found, as its ``metadata.json`` reports it."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from glovefast.store.json_fields import JsonFields


@dataclass(frozen=True, kw_only=True)
class ArrayReport:
    """What saving arrays found in them.

    Attributes
    ----------
    duplicate_words : int
        Rows whose word occurred earlier; a look-up finds the first.
    rounded_rows : int
        Rows that were rounded to float32.
    rows_not_finite : int
        Rows that have a number that is nan or infinite.
    """

    duplicate_words: int = 0
    rounded_rows: int = 0
    rows_not_finite: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain objects, for JSON."""
        return asdict(self)

    @classmethod
    def read(cls, values: JsonFields) -> Self:
        """Read the part from metadata.json."""
        return cls(**{name: values.count(name, 0) for name in _ARRAY_COUNTS})


@dataclass(frozen=True, kw_only=True)
class LayerReport:
    """What saving the rows of an embedding layer left out or changed.

    Attributes
    ----------
    padding_rows : int
        Padding rows that were left out.
    oov_rows : int
        Rows for words outside the vocabulary, kept under the token's name.
    rows_without_word : int
        Rows without a word that were left out.
    duplicate_words : int
        Rows whose word occurred earlier; a look-up finds the first.
    rounded_rows : int
        Rows that were rounded to float32.
    """

    padding_rows: int = 0
    oov_rows: int = 0
    rows_without_word: int = 0
    duplicate_words: int = 0
    rounded_rows: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain objects, for JSON."""
        return asdict(self)

    @classmethod
    def read(cls, values: JsonFields) -> Self:
        """Read the part from metadata.json."""
        return cls(**{name: values.count(name, 0) for name in _LAYER_COUNTS})


_ARRAY_COUNTS = tuple(each.name for each in fields(ArrayReport))
_LAYER_COUNTS = tuple(each.name for each in fields(LayerReport))
