"""What the making of a store found, as its ``metadata.json`` reports it.

The keys of ``report`` and ``wanted`` stand here, and nowhere else.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self, TypeAlias

from glovefast.store.json_fields import JsonFields


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a conversion found in its text.

    Attributes
    ----------
    header : tuple of int or None
        The rows and the dimension that a header line promises.
    rows_promised : int or None
        The rows that the header promises, if the text has another number of them.
    blank_lines : int
        Lines without any text.
    duplicate_words : int
        Rows whose word occurred earlier; a look-up finds the first.
    words_with_spaces : int
        Words that contain a space.
    replaced_words : int
        Words that did not fit the encoding and were changed.
    merged_words : int
        Changed words that became the same as an earlier word.
    skipped_rows : int
        Bad rows that were left out.
    rows_not_wanted : int
        Rows left out because only some words were wanted.
    rows_not_finite : int
        Rows that are kept and have a number that is nan or infinite.
    """

    header: tuple[int, int] | None = None
    rows_promised: int | None = None
    blank_lines: int = 0
    duplicate_words: int = 0
    words_with_spaces: int = 0
    replaced_words: int = 0
    merged_words: int = 0
    skipped_rows: int = 0
    rows_not_wanted: int = 0
    rows_not_finite: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain objects, for JSON."""
        return {**asdict(self), "header": list(self.header) if self.header else None}

    @classmethod
    def read(cls, values: JsonFields) -> Self:
        """Read the part from metadata.json."""
        counts = {name: values.count(name, 0) for name in _REPORT_COUNTS}
        return cls(
            header=values.pair_or_none("header"),
            rows_promised=values.count_or_none("rows_promised"),
            **counts,
        )


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


@dataclass(frozen=True, kw_only=True)
class FoundBy:
    """How many words a form of them found: ``exact``, or the name of a fallback."""

    name: str
    words: int

    @classmethod
    def read(cls, values: JsonFields) -> Self:
        """Read an entry from metadata.json."""
        return cls(name=values.text("name"), words=values.count("words"))


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How many of the words that a store was made for it holds.

    Attributes
    ----------
    words, hits, misses : int
        How many words the training vocabulary has, how many were found, and how many are missing.
    found_by : tuple of FoundBy
        How many words were found as they are, and how many by each fallback.
    first_missing : tuple of str
        The first missing words.
    """

    words: int
    hits: int
    misses: int
    found_by: tuple[FoundBy, ...] = ()
    first_missing: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain objects, for JSON."""
        return {
            **asdict(self),
            "found_by": [asdict(way) for way in self.found_by],
            "first_missing": list(self.first_missing),
        }

    @classmethod
    def read(cls, values: JsonFields) -> Self:
        """Read the part from metadata.json."""
        return cls(
            words=values.count("words"),
            hits=values.count("hits"),
            misses=values.count("misses"),
            found_by=values.parts("found_by", FoundBy.read),
            first_missing=values.texts("first_missing"),
        )


AnyReport: TypeAlias = Report | ArrayReport | LayerReport


def read_report(values: JsonFields) -> AnyReport:
    """Read the report of a conversion, of saving arrays or of saving a layer, from metadata.json."""
    if "padding_rows" in values:
        return LayerReport.read(values)
    return ArrayReport.read(values) if "rounded_rows" in values else Report.read(values)


# Made once: `dataclasses.fields` takes a quarter of the time in which a store is opened.
_REPORT_COUNTS = tuple(each.name for each in fields(Report) if each.default == 0)
_ARRAY_COUNTS = tuple(each.name for each in fields(ArrayReport))
_LAYER_COUNTS = tuple(each.name for each in fields(LayerReport))
