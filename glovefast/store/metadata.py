"""What a store says about itself.

`Metadata` and its parts are the only place where the keys of ``metadata.json`` stand. A writer fills them in;
a reader gets them back, each value with the type that is declared here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from glovefast._version import __version__
from glovefast.store.json_fields import JsonFields

FORMAT = "glovefast"
FORMAT_VERSION = 2
DTYPE = "float32"

# int32 counts the rows of an index.
MAX_ROWS = 2**31 - 1
# The longest line of a text is 16 MiB, and each number takes a digit and a space.
MAX_DIM = 2**23


@dataclass(frozen=True, kw_only=True)
class SourceInfo:
    """Where a store came from.

    Attributes
    ----------
    name : str
        The file's name without its directory, or the layer's name.
    member : str or None
        The archive's member.
    bytes : int or None
        The size of the text, as far as it was read.
    """

    name: str
    member: str | None = None
    bytes: int | None = None

    @classmethod
    def read(cls, values: JsonFields) -> Self:
        """Read the part from metadata.json."""
        return cls(
            name=values.text("name"),
            member=values.text_or_none("member"),
            bytes=values.count_or_none("bytes"),
        )


@dataclass(frozen=True, kw_only=True)
class ParsingOptions:
    """The options that decide what a conversion makes of its text; see `glovefast.convert`."""

    dim: int | None = None
    separator: str | None = None
    encoding: str = "utf-8"
    errors: str = "strict"
    on_bad_row: str = "raise"

    @classmethod
    def read(cls, values: JsonFields) -> Self:
        """Read the part from metadata.json."""
        return cls(
            dim=values.count_or_none("dim"),
            separator=values.text_or_none("separator"),
            encoding=values.text("encoding", cls.encoding),
            errors=values.text("errors", cls.errors),
            on_bad_row=values.text("on_bad_row", cls.on_bad_row),
        )


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


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What a store says about itself; the contents of ``metadata.json``.

    Attributes
    ----------
    rows, dim : int
        The shape of the matrix.
    dtype : str
        The type of its numbers, ``float32``.
    source : SourceInfo or None
        Where the vectors came from.
    options : ParsingOptions or None
        How the text was read; None for a store that was not made from text.
    report : Report, LayerReport or None
        What the conversion, or the saving of a layer, found.
    limit : int or None
        The number of rows after which the conversion was told to stop, if it did.
    wanted : Wanted or None
        How many of the wanted words the store has; None for a store of all words.
    checksums : dict of str
        File name to checksum.
    format_version : int
        The version of the format.
    glovefast_version : str or None
        The version of glovefast that wrote the store.
    other : dict
        Keys that this version does not know.
    """

    rows: int
    dim: int
    dtype: str = DTYPE
    source: SourceInfo | None = None
    options: ParsingOptions | None = None
    report: Report | LayerReport | None = None
    limit: int | None = None
    wanted: Wanted | None = None
    checksums: Mapping[str, str] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION
    glovefast_version: str | None = __version__
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain objects, for JSON, as ``metadata.json`` has them."""
        return {
            "format": FORMAT,
            "format_version": self.format_version,
            "glovefast_version": self.glovefast_version,
            "rows": self.rows,
            "dim": self.dim,
            "dtype": self.dtype,
            **described(self.source, self.options, self.report, self.limit, self.wanted),
            **self.other,
            "checksums": dict(self.checksums),
        }

    @classmethod
    def read(cls, values: JsonFields) -> Self:
        """Read the contents of metadata.json; its format and version are checked already."""
        return cls(
            format_version=values.count("format_version"),
            glovefast_version=values.text_or_none("glovefast_version"),
            rows=values.count("rows", most=MAX_ROWS),
            dim=values.count("dim", most=MAX_DIM),
            dtype=values.text("dtype"),
            source=values.part("source", SourceInfo.read),
            options=values.part("options", ParsingOptions.read),
            report=values.part("report", _read_report),
            limit=values.count_or_none("limit"),
            wanted=values.part("wanted", Wanted.read),
            checksums=values.texts_by_name("checksums"),
            other=values.without(_KEYS),
        )


# Made once: `dataclasses.fields` takes a quarter of the time in which a store is opened.
_REPORT_COUNTS = tuple(each.name for each in fields(Report) if each.default == 0)
_LAYER_COUNTS = tuple(each.name for each in fields(LayerReport))
_KEYS = frozenset({"format", *(each.name for each in fields(Metadata))})


def _read_report(values: JsonFields) -> Report | LayerReport:
    return LayerReport.read(values) if "padding_rows" in values else Report.read(values)


def described(
    source: SourceInfo | None,
    options: ParsingOptions | None,
    report: Report | LayerReport | None,
    limit: int | None,
    wanted: Wanted | None,
) -> dict[str, Any]:
    """Return the parts of a store's metadata that there are as plain objects, for JSON."""
    parts = {
        "source": source and asdict(source),
        "options": options and asdict(options),
        "report": report and report.to_dict(),
        "limit": limit,
        "wanted": wanted and wanted.to_dict(),
    }
    return {key: part for key, part in parts.items() if part is not None}
