"""What the commands print: conversions and stores described in a few lines of text."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glovefast.verification.verify import Verification

_KILO = 1000


def describe_conversion(store: Mapping[str, Any]) -> str:
    """Describe a store that has just been made: its shape, and what was met on the way.

    Parameters
    ----------
    store : mapping
        Its metadata, with `destination`, and in `bad_rows` the list of the rows that were skipped or changed.

    Returns
    -------
    str
        A line for the shape and one for each thing that was met.
    """
    lines = [f"{store['destination']}: {_describe_shape(store)}"]
    lines += [f"  {thing}" for thing in [*describe_wanted(store), *describe_met(store)]]
    if store["bad_rows"] is not None:
        lines.append(f"  rows skipped or changed are listed in {store['bad_rows']}")
    return "\n".join(lines)


def describe_dry_run(report: Mapping[str, Any]) -> str:
    """Describe what a dry run found.

    Parameters
    ----------
    report : mapping
        What `glovefast.dry_run` gave.

    Returns
    -------
    str
        A line for the shape, one for each thing that was met, and one for each of the first bad rows.
    """
    lines = [f"{_describe_source(report['source'])}: {_describe_shape(report)}"]
    lines += [f"  {thing}" for thing in [*describe_wanted(report), *describe_met(report)]]
    listed = report["bad_rows"]
    lines += [f"    line {bad['line']}: {bad['reason']}" for bad in listed]
    met = report["met"]
    more = met["skipped_rows"] + met["replaced_words"] + met.get("merged_words", 0) - len(listed)
    if more:
        lines.append(f"    and {more:,} more")
    return "\n".join(lines)


def _describe_shape(store: Mapping[str, Any]) -> str:
    return f"{counted(store['rows'], 'word')}, {counted(store['dim'], 'dimension')}"


def counted(count: int, thing: str) -> str:
    """Write a number with what it counts, in the plural unless it is one."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def describe_speed(bytes_read: int, seconds: float) -> str:
    """Say how much was read in what time."""
    rate = readable_bytes(bytes_read / seconds)
    return f"{readable_bytes(bytes_read)} read in {seconds:.2f} s, {rate}/s"


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
        ("store", str(store)),
        ("words", f"{metadata['rows']:,}"),
        ("dimensions", str(metadata["dim"])),
        ("numbers", str(metadata.get("dtype"))),
        ("size", f"{readable_bytes(sum(sizes.values()))} ({files})"),
        ("source", _describe_source(metadata.get("source"))),
        *(("wanted", thing) for thing in describe_wanted(metadata)),
        *(("met", thing) for thing in describe_met(metadata)),
        ("format", version),
        ("first words", " ".join(words)),
    ]
    return "\n".join(f"{label:<12}{value}" for label, value in table)


def describe_verification(result: "Verification") -> str:
    """Describe what `verify` found, in a line or one for each problem."""
    if result.problems:
        return "\n".join([f"{result.store}:", *(f"  {problem}" for problem in result.problems)])
    compared = f", its {result.rows_compared:,} rows as {result.against} has them" if result.against else ""
    return f"{result.store}: as it was written{compared} ({readable_bytes(result.bytes_read)} checked)"


def describe_wanted(metadata: Mapping[str, Any]) -> list[str]:
    """Say how many of the words that a store was made for were found, and how; nothing for a whole store."""
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
        names = ", ".join(wanted["first_missing"])
        lines.append(f"missing: {names}" + (f" and {more:,} more" if more else ""))
    return lines


def describe_met(metadata: Mapping[str, Any]) -> list[str]:
    """Say what a conversion met on the way that is worth knowing; nothing for what did not occur."""
    met = dict(metadata.get("met") or {})
    things = []
    header = met.pop("header", None)
    limit = metadata.get("limit")
    if limit is not None:
        things.append(f"cut off: only the first {limit:,} rows are kept")
    if header:
        stated = f"a header of {counted(header[0], 'row')} and {counted(header[1], 'dimension')}"
        whole = limit is None and "wanted" not in metadata
        wrong = whole and header[0] != metadata["rows"]
        things.append(f"{stated}, which are not the rows it has" if wrong else stated)
    for key, count in met.items():
        if count:
            singular, plural = _MET.get(key, (key.replace("_", " "),) * 2)
            things.append(f"{count:,} {singular if count == 1 else plural}")
    return things


def readable_bytes(count: float) -> str:
    """Write a number of bytes with three digits and a unit of 1000s."""
    unit = "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if count < _KILO:
            break
        count, unit = count / _KILO, larger
    digits = 0 if unit == "bytes" or count >= 100 else 1 if count >= 10 else 2
    return f"{count:.{digits}f} {unit}"


_MET = {
    "blank_lines": ("blank line passed over", "blank lines passed over"),
    "duplicate_words": (
        "word that stood before: it keeps its row, a look-up finds the first",
        "words that stood before: they keep their rows, a look-up finds the first",
    ),
    "words_with_spaces": ("word with a space in it", "words with a space in them"),
    "replaced_words": (
        "word that is not UTF-8, its bytes replaced",
        "words that are not UTF-8, their bytes replaced",
    ),
    "merged_words": (
        "word that became one which stands before: a look-up finds that one",
        "words that became ones which stand before: a look-up finds those",
    ),
    "skipped_rows": ("bad row skipped", "bad rows skipped"),
    "rows_not_wanted": ("row of another word left out", "rows of other words left out"),
    "padding_rows": ("padding row left out", "padding rows left out"),
    "oov_rows": ("row for words outside the vocabulary", "rows for words outside the vocabulary"),
    "rows_without_word": ("row without a word left out", "rows without a word left out"),
    "rounded_rows": ("row rounded to float32", "rows rounded to float32"),
}


def _describe_source(source: Any) -> str:  # noqa: ANN401 - what metadata.json says
    if not isinstance(source, Mapping):
        return str(source or "not said")
    name = "!".join(str(source[key]) for key in ("name", "member") if source.get(key))
    return f"{name} ({source['bytes']:,} bytes)" if isinstance(source.get("bytes"), int) else name
