"""What the commands print: conversions and stores, described in a few lines of text."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glovefast.errors import printable

if TYPE_CHECKING:
    from glovefast.verification.verify import Verification

_KILO = 1000


def describe_conversion(store: Mapping[str, Any], bytes_read: int, seconds: float) -> str:
    """Describe a new store: its shape, and what the conversion found.

    Parameters
    ----------
    store : mapping
        Its metadata, with `destination`, and in `bad_rows` the list of the rows that were skipped or changed.
    bytes_read : int
        The size of its source.
    seconds : float
        The time that the conversion took.

    Returns
    -------
    str
        A line for the shape and one for each finding.
    """
    destination = printable(str(store["destination"]))
    if "rows" not in store:
        return f"Converted to {destination}"
    lines = [f"Converted {_describe_shape(store)} to {destination} {_describe_speed(bytes_read, seconds)}"]
    lines += [f"  {finding}" for finding in [*describe_wanted(store), *describe_report(store)]]
    if store["bad_rows"] is not None:
        lines.append(f"  skipped and changed rows are listed in {printable(str(store['bad_rows']))}")
    return "\n".join(lines)


def describe_dry_run(report: Mapping[str, Any], bytes_read: int, seconds: float) -> str:
    """Describe what a dry run found.

    Parameters
    ----------
    report : mapping
        The result of `glovefast.dry_run`.
    bytes_read : int
        The size of the source.
    seconds : float
        The time that the dry run took.

    Returns
    -------
    str
        A line for the shape, one for each finding, and one for each of the first bad rows.
    """
    source = _describe_source(report["source"], with_size=False)
    lines = [f"Checked {_describe_shape(report)} in {source} {_describe_speed(bytes_read, seconds)}"]
    lines += [f"  {finding}" for finding in [*describe_wanted(report), *describe_report(report)]]
    listed = report["bad_rows"]
    lines += [f"    {report['unit']} {bad['line']}: {printable(bad['reason'])}" for bad in listed]
    counts = report["report"]
    more = counts["skipped_rows"] + counts["replaced_words"] + counts["merged_words"] - len(listed)
    if more:
        lines.append(f"    and {more:,} more")
    return "\n".join(lines)


def _describe_shape(store: Mapping[str, Any]) -> str:
    return f"{store['rows']:,} × {store['dim']} vectors"


def counted(count: int, thing: str) -> str:
    """Write a number with the thing that it counts, in the plural unless it is one."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def _describe_speed(bytes_read: int, seconds: float) -> str:
    rate = readable_bytes(bytes_read / seconds)
    return f"in {seconds:.2f} s ({readable_bytes(bytes_read)}, {rate}/s)"


def describe_installation(installation: Mapping[str, Any]) -> str:
    """Describe the installation as a table.

    Parameters
    ----------
    installation : mapping
        The version, and how the kernels are run (`glovefast.kernels.load.kernels_in_use`).

    Returns
    -------
    str
        A line for each property.
    """
    kernels = installation["kernels"]
    table = [("glovefast", installation["version"]), ("kernels", kernels["summary"])]
    if kernels["file"]:
        table.append(("loaded from", printable(kernels["file"])))
    table += [("because", printable(reason)) for reason in kernels["reasons"]]
    return "\n".join(f"{label:<13}{value}" for label, value in table)


def describe_store(
    store: Path, metadata: Mapping[str, Any], sizes: Mapping[str, int], words: Iterable[str]
) -> str:
    """Describe a store as a table.

    Parameters
    ----------
    store : pathlib.Path
        The store.
    metadata : mapping
        Its metadata.
    sizes : mapping
        File name to bytes.
    words : iterable of str
        Its first words.

    Returns
    -------
    str
        A line for each property.
    """
    files = ", ".join(f"{name} {readable_bytes(size)}" for name, size in sizes.items())
    version = (
        f"version {metadata['format_version']}, written by glovefast {metadata.get('glovefast_version')}"
    )
    table = [
        ("store", printable(str(store))),
        ("words", f"{metadata['rows']:,}"),
        ("dimensions", str(metadata["dim"])),
        ("numbers", str(metadata.get("dtype"))),
        ("size", f"{readable_bytes(sum(sizes.values()))} ({files})"),
        ("source", _describe_source(metadata.get("source"))),
        *(("wanted", finding) for finding in describe_wanted(metadata)),
        *(("report", finding) for finding in describe_report(metadata)),
        ("format", version),
        ("first words", " ".join(map(printable, words))),
    ]
    return "\n".join(f"{label:<12}{value}" for label, value in table)


def describe_verification(result: "Verification") -> str:
    """Describe what `verify` found, in one line or one for each problem."""
    store = printable(str(result.store))
    if result.problems:
        return "\n".join([f"{store}:", *(f"  {printable(problem)}" for problem in result.problems)])
    against = printable(str(result.against))
    compared = f", all {result.rows_compared:,} rows match {against}" if result.against else ""
    return f"{store}: all checks passed{compared} ({readable_bytes(result.bytes_read)} read)"


def describe_wanted(metadata: Mapping[str, Any]) -> list[str]:
    """Say how many of the wanted words were found, and by which form; nothing for a complete store."""
    wanted = metadata.get("wanted")
    if not wanted:
        return []
    ways = ", ".join(f"{way['words']:,} {way['name']}" for way in wanted["found_by"])
    share = f"{wanted['hits'] / wanted['words']:.1%}"
    lines = [
        f"{counted(wanted['words'], 'word')} wanted, {share} found: {ways}; {wanted['misses']:,} missing"
    ]
    if wanted["misses"]:
        more = wanted["misses"] - len(wanted["first_missing"])
        names = ", ".join(map(printable, wanted["first_missing"]))
        lines.append(f"missing: {names}" + (f" and {more:,} more" if more else ""))
    return lines


def describe_report(metadata: Mapping[str, Any]) -> list[str]:
    """Say what a conversion found in its source; nothing for what did not occur."""
    report = dict(metadata.get("report") or {})
    findings = []
    header, promised = report.pop("header", None), report.pop("rows_promised", None)
    limit = metadata.get("limit")
    stops_at_bad_rows = (metadata.get("options") or {}).get("on_bad_row") == "raise"  # so nothing was skipped
    if limit is not None:
        findings.append(f"limited to the first {counted(limit, 'row')}")
    if header:
        stated = f"the header says {counted(header[0], 'row')} and {counted(header[1], 'dimension')}"
        whole = limit is None and "wanted" not in metadata
        wrong = promised is not None or (whole and header[0] != metadata["rows"])
        findings.append(f"{stated}, but there are {counted(metadata['rows'], 'row')}" if wrong else stated)
    for key, count in report.items():
        if count:
            singular, plural = _FINDINGS.get(key, (key.replace("_", " "),) * 2)
            if key == "skipped_rows" and stops_at_bad_rows:
                singular, plural = "bad row", "bad rows"
            findings.append(f"{count:,} {singular if count == 1 else plural}")
    return findings


def readable_bytes(count: float) -> str:
    """Write a number of bytes with three digits and a decimal unit."""
    unit = "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if count < _KILO:
            break
        count, unit = count / _KILO, larger
    digits = 0 if unit == "bytes" or count >= 100 else 1 if count >= 10 else 2
    return f"{count:.{digits}f} {unit}"


_FINDINGS = {
    "blank_lines": ("blank line skipped", "blank lines skipped"),
    "duplicate_words": (
        "duplicate word; all its rows are kept, and look-ups find the first",
        "duplicate words; all their rows are kept, and look-ups find the first",
    ),
    "words_with_spaces": ("word with a space", "words with spaces"),
    "replaced_words": (
        "word that does not fit the encoding; it was changed",
        "words that do not fit the encoding; they were changed",
    ),
    "merged_words": (
        "word that became equal to an earlier one; look-ups find the earlier one",
        "words that became equal to earlier ones; look-ups find the earlier ones",
    ),
    "skipped_rows": ("bad row skipped", "bad rows skipped"),
    "rows_not_wanted": ("row of another word left out", "rows of other words left out"),
    "rows_not_finite": (
        "row with a number that is nan or infinite",
        "rows with numbers that are nan or infinite",
    ),
    "padding_rows": ("padding row left out", "padding rows left out"),
    "oov_rows": ("row for words outside the vocabulary", "rows for words outside the vocabulary"),
    "rows_without_word": ("row without a word left out", "rows without a word left out"),
    "rounded_rows": ("row rounded to float32", "rows rounded to float32"),
}


def _describe_source(source: Any, with_size: bool = True) -> str:  # noqa: ANN401 - what metadata.json says
    if not isinstance(source, Mapping):
        return printable(str(source or "unknown"))
    name = printable("!".join(str(source[key]) for key in ("name", "member") if source.get(key)))
    size = source.get("bytes")
    return f"{name} ({size:,} bytes)" if with_size and isinstance(size, int) else name
