"""What a conversion reports at its end: in the store's metadata, or as the result of a dry run."""

import logging
from dataclasses import dataclass
from typing import Any

from glovefast.conversion.bad_rows import BadRow
from glovefast.conversion.tally import Tally
from glovefast.errors import FormatError, GlovefastError
from glovefast.sources.source import Source
from glovefast.store.metadata import FLOAT32, Metadata, ParsingOptions, SourceInfo, described
from glovefast.store.reports import Report
from glovefast.store.wanted import Wanted
from glovefast.vocabulary.word_index import WordIndex

_log = logging.getLogger("glovefast")


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """What a conversion would do; the result of `glovefast.dry_run`.

    Attributes
    ----------
    rows, dim : int
        The shape of the matrix.
    source : SourceInfo
        What was read.
    options : ParsingOptions
        How it was read.
    report : Report
        What was found in it.
    dtype : str
        The type of the store's numbers.
    limit : int or None
        The number of rows after which reading stopped, if it did.
    wanted : Wanted or None
        How many of the wanted words were found; None if all words are wanted.
    bad_rows : tuple of BadRow
        The first 20 rows that would be skipped or have their word changed.
    unit : {"line", "word"}
        What bad rows are numbered by: lines, or in word2vec's binary format words.
    error : str or None
        The message with which `glovefast.convert` would fail; None if it would not.
    """

    rows: int
    dim: int
    source: SourceInfo
    options: ParsingOptions
    report: Report
    dtype: str = FLOAT32
    limit: int | None = None
    wanted: Wanted | None = None
    bad_rows: tuple[BadRow, ...] = ()
    unit: str = "line"
    error: str | None = None

    def metadata(self) -> Metadata:
        """Return the metadata of the store, without the checksums that its writer adds."""
        return Metadata(
            rows=self.rows,
            dim=self.dim,
            dtype=self.dtype,
            source=self.source,
            options=self.options,
            report=self.report,
            limit=self.limit,
            wanted=self.wanted,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain objects, for JSON, under the keys that a store's metadata has."""
        return {
            "rows": self.rows,
            "dim": self.dim,
            "dtype": self.dtype,
            **described(self.source, self.options, self.report, self.limit, self.wanted),
            "bad_rows": [bad.to_dict() for bad in self.bad_rows],
            "unit": self.unit,
            "error": self.error,
        }


def describe(source: Source, tally: Tally, vocabulary: WordIndex) -> DryRun:
    """Describe what was read; whether it makes a store is for `obstacle` to say.

    Parameters
    ----------
    source : Source
        The source.
    tally : Tally
        What was counted. Words that became the same when they were changed are added to its bad rows.
    vocabulary : WordIndex
        The words of all rows.

    Returns
    -------
    DryRun
        Shape, source, options and report; the limit if it was reached; and which wanted words were found.
    """
    options, bad_rows, member = tally.options, tally.bad_rows, source.member
    merged = bad_rows.merge(vocabulary)
    filled = tally.rows + tally.rows_not_wanted + bad_rows.skipped + tally.layout.lines_before_rows
    report = Report(
        header=tally.layout.header,
        rows_promised=_rows_promised(tally),
        blank_lines=tally.lines - filled,
        duplicate_words=len(vocabulary.duplicate_rows()) - merged,
        words_with_spaces=vocabulary.words_with_spaces(),
        replaced_words=bad_rows.changed,
        merged_words=merged,
        skipped_rows=bad_rows.skipped,
        rows_not_wanted=tally.rows_not_wanted,
        rows_not_finite=tally.rows_not_finite,
    )
    return DryRun(
        rows=tally.rows,
        dim=tally.layout.dim,
        source=SourceInfo(
            name=source.file_name,
            member=member,
            bytes=source.bytes_total or source.bytes_read,
        ),
        options=ParsingOptions(
            dim=options.dim,
            separator=options.separator,
            encoding=options.encoding,
            errors=options.errors,
            on_bad_row=options.on_bad_row,
        ),
        report=report,
        dtype=options.dtype,
        limit=options.limit if tally.is_full else None,
        wanted=options.wanted.found_in(vocabulary) if options.wanted else None,
        bad_rows=tuple(bad_rows.first),
        unit=tally.layout.unit,
    )


def _rows_promised(tally: Tally) -> int | None:
    """Give the rows that the header promises, if the text, read to its end, has more or fewer.

    The header may count bad rows or not.
    """
    if tally.layout.header is None or tally.is_full:
        return None
    promised, rows = tally.layout.header[0], tally.rows + tally.rows_not_wanted
    return None if rows <= promised <= rows + tally.bad_rows.skipped else promised


def warn(name: str, report: Report, rows: int) -> None:
    """Log what does not end a conversion, but its caller needs to know."""
    if report.rows_promised is not None:
        found = rows + report.rows_not_wanted
        _log.warning(
            "%s: the header promises %s rows, but there are %s",
            name,
            f"{report.rows_promised:,}",
            f"{found:,}",
        )
    warn_of_rows_not_finite(name, report.rows_not_finite)


def warn_of_rows_not_finite(name: str, rows: int) -> None:
    """Log how many rows contain nan or inf, if any do."""
    if rows:
        count = "1 row has" if rows == 1 else f"{rows:,} rows have"
        _log.warning("%s: %s nan or infinite numbers", name, count)


def obstacle(tally: Tally, wanted: Wanted | None) -> GlovefastError | None:
    """Say why no store can be made of a source that was read to its end; None if one can."""
    name, options, bad_rows = tally.name, tally.options, tally.bad_rows
    first = bad_rows.first_skipped
    if first and options.on_bad_row == "raise":  # only a dry run gets here with a bad row
        more = f"; the first of {bad_rows.skipped:,} bad rows" if bad_rows.skipped > 1 else ""
        return FormatError(name, first.line, first.reason + more, tally.layout.unit)
    if not tally.rows + tally.rows_not_wanted and options.limit != 0:
        no_row = "its only line is not" if tally.lines == 1 else f"none of its {tally.lines:,} lines is"
        return FormatError(name, None, f"{no_row} a row")
    if options.wanted and wanted and not wanted.hits and not tally.is_full:
        return options.wanted.none_found(name)
    return None
