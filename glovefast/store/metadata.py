"""What a store says about itself.

The keys of ``metadata.json`` stand only in `Metadata` and its parts, which are here and in `reports`,
`array_reports` and `wanted`. A writer fills them in; a reader gets them back, each value with its declared
type.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

from glovefast._version import __version__
from glovefast.store.json_fields import JsonFields
from glovefast.store.reports import AnyReport, read_report

if TYPE_CHECKING:
    from glovefast.store.wanted import Wanted

FORMAT = "glovefast"
FORMAT_VERSION = 2
FLOAT32, FLOAT16, INT8 = "float32", "float16", "int8"
NUMBER_TYPES = (FLOAT32, FLOAT16, INT8)

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
class Metadata:
    """What a store says about itself; the contents of ``metadata.json``.

    Attributes
    ----------
    rows, dim : int
        The shape of the matrix.
    dtype : str
        The type of its numbers: ``float32``, ``float16`` or ``int8``.
    source : SourceInfo or None
        Where the vectors came from.
    options : ParsingOptions or None
        How the text was read; None for a store that was not made from text.
    report : Report, ArrayReport, LayerReport or None
        What the conversion, or the saving of arrays or of a layer, found.
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
    dtype: str = FLOAT32
    source: SourceInfo | None = None
    options: ParsingOptions | None = None
    report: AnyReport | None = None
    limit: int | None = None
    wanted: "Wanted | None" = None
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
            report=values.part("report", read_report),
            limit=values.count_or_none("limit"),
            wanted=values.part("wanted", _read_wanted),
            checksums=values.texts_by_name("checksums"),
            other=values.without(_KEYS),
        )


def _read_wanted(values: JsonFields) -> "Wanted":
    from glovefast.store.wanted import Wanted  # only some stores have this part

    return Wanted.read(values)


# Made once: `dataclasses.fields` takes time that opening a store would notice.
_KEYS = frozenset({"format", *(each.name for each in fields(Metadata))})


def described(
    source: SourceInfo | None,
    options: ParsingOptions | None,
    report: AnyReport | None,
    limit: int | None,
    wanted: "Wanted | None",
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
