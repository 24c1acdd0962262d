"""What the making of a store from text found, as its ``metadata.json`` reports it.

The keys of ``report`` stand here and in `glovefast.store.array_reports`.
"""

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Self, TypeAlias, Union

from glovefast.store.json_fields import JsonFields

if TYPE_CHECKING:
    from glovefast.store.array_reports import ArrayReport, LayerReport


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


AnyReport: TypeAlias = Union[Report, "ArrayReport", "LayerReport"]


def read_report(values: JsonFields) -> AnyReport:
    """Read the report of a conversion, of saving arrays or of saving a layer, from metadata.json."""
    if "padding_rows" not in values and "rounded_rows" not in values:
        return Report.read(values)
    # Imported for stores that need them: every class takes 0.2 ms, and opening a store less than 1 ms.
    from glovefast.store.array_reports import ArrayReport, LayerReport

    return LayerReport.read(values) if "padding_rows" in values else ArrayReport.read(values)


# Made once: `dataclasses.fields` takes a quarter of the time in which a store is opened.
_REPORT_COUNTS = tuple(each.name for each in fields(Report) if each.default == 0)
