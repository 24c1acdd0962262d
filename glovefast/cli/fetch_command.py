"""``glovefast fetch`` and ``glovefast cache``: vectors from names and addresses, and what is kept of them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from glovefast.cli.convert_command import convert, listed_words
from glovefast.cli.convert_work import summarized
from glovefast.cli.options import FilePath, check_encoding, json_option, quiet_option, quiet_progress_option
from glovefast.cli.signals import EndingSignals
from glovefast.cli.summary import counted, describe_conversion, readable_bytes
from glovefast.cli.terminal import ProgressMeter, announce, complain, print_json, print_text, python_literal
from glovefast.errors import GlovefastError, printable

# The options of convert that say what the store becomes.
_OF_CONVERT = [
    "member",
    "words_file",
    "fallback",
    "limit",
    "dim",
    "header",
    "separator",
    "encoding",
    "errors",
    "on_bad_row",
    "dtype",
    "threads",
]

_cache_option = click.option(
    "--cache-dir",
    metavar="DIR",
    type=FilePath(),
    help="The directory of the cache. Default: $GLOVEFAST_CACHE_DIR, or glovefast in ~/.cache.",
)


@click.command(
    epilog="""\b
Examples:
  glovefast fetch --list
  glovefast fetch glove.6B.100d
  glovefast fetch glove.6B.100d -o glove.glovefast --words words.txt
  glovefast fetch https://example.org/vectors.zip --member vectors.100d.txt
  glovefast fetch s3://bucket/vectors.txt.gz
  glovefast fetch /read/only/glove.6B.zip --member glove.6B.100d.txt

\b
Proxies and certificates: HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE."""
)
@click.argument("source", metavar="SOURCE", required=False)
@click.option("--list", "lists", is_flag=True, help="List the published vectors that have a name.")
@click.option(
    "-o",
    "--output",
    "destination",
    metavar="DEST",
    type=FilePath(path_type=Path),
    help="The store to create, or an existing directory to put it in. Default: the cache.",
)
@click.option("--refresh", is_flag=True, help="Ask the server whether the file has changed.")
@click.option("--force", "overwrite", is_flag=True, help="With -o, replace a store that already exists.")
@_cache_option
@quiet_option
@json_option
@click.pass_obj
def fetch(
    signals: EndingSignals,
    /,
    *,
    source: str | None,
    lists: bool,
    destination: Path | None,
    refresh: bool,
    overwrite: bool,
    cache_dir: str | None,
    words_file: Path | None,
    quiet: bool,
    as_json: bool,
    **options: Any,  # noqa: ANN401 - passed on under the library's own names
) -> None:
    """Fetch vectors and convert them into the cache, once.

    SOURCE is a published name, an address (http, https, and others such as s3:// with fsspec), a file that
    convert takes, or a store. In Python, glovefast.from_pretrained(SOURCE) does the same and opens the store.
    """
    if lists:
        if source:
            raise click.UsageError("--list shows all names and takes no SOURCE; leave one of them out")
        _list_published(as_json)
        return
    if not source:
        raise click.UsageError("SOURCE is missing; list the names of published vectors with --list")
    if overwrite and destination is None:
        raise click.UsageError("--force needs -o; to update what is in the cache, use --refresh")
    from glovefast.conversion.pretrained import Asked

    check_encoding(options["encoding"], options["separator"])
    options["words"] = listed_words(words_file, options["fallback"], (source,), options["encoding"])
    with ProgressMeter(quiet) as progress:
        asked = Asked(source, cache_dir=cache_dir, progress=progress, **options)
        if destination is None:
            store, is_new = asked.make(refresh=refresh)
        else:
            store, is_new = asked.make_at(destination, overwrite=overwrite, refresh=refresh)
        signals.finish()
    result = summarized(store) | {"is_new": is_new}
    done = f"{store} is complete"
    # A whole archive may have come before its member was read: two sources, of which the text is the last.
    bytes_read, seconds = progress.bytes_of_last, progress.seconds
    if as_json:
        measured = {"bytes_read": bytes_read, "seconds": seconds}
        announce(json.dumps(result | measured), done)
    elif not quiet:
        known = f"Already in the cache: {store}"
        if destination is not None:
            known = f"Copied from the cache to {store}"
        elif asked.source.store is not None:
            known = f"Already a store: {store}"
        announce(describe_conversion(result, bytes_read, seconds) if is_new else known, done)
        in_cache = destination is None and cache_dir is None and asked.has_no_options
        loading = (
            f"from_pretrained({python_literal(source)})"
            if in_cache
            else f"load({python_literal(str(store))})"
        )
        announce(f"Next, in Python: glovefast.{loading}", done)


fetch.params[3:3] = [each for each in convert.params if each.name in _OF_CONVERT]


@click.command(
    short_help="List the stores in the cache, or remove them.",
    epilog="""\b
Examples:
  glovefast cache
  glovefast cache --remove glove.6B.100d
  glovefast cache --clear""",
)
@click.option(
    "--remove",
    "names",
    metavar="NAME",
    multiple=True,
    help="Remove the stores of a source, or one store: a name that the list shows. May be repeated.",
)
@click.option("--clear", "clears", is_flag=True, help="Remove all stores that no process is making.")
@_cache_option
@quiet_progress_option
@json_option
def cache(*, names: tuple[str, ...], clears: bool, cache_dir: str | None, quiet: bool, as_json: bool) -> None:
    """List the stores that fetch and from_pretrained keep, or remove them.

    Compiled kernels and files that you put into the cache yourself are not removed.
    """
    from glovefast.conversion.cache import chosen_cache, clear, entries, remove

    if names and clears:
        raise click.UsageError("--clear removes all stores; leave out --remove")
    directory = chosen_cache(cache_dir)
    found = entries(directory)
    if names:
        for name in names:
            if not any(entry.is_called(name) for entry in found):
                raise GlovefastError(
                    f"{printable(name)}: no store of this name or source is in {printable(str(directory))}; "
                    "list them with: glovefast cache"
                )
        found = [entry for entry in found if any(map(entry.is_called, names))]
    listed = [entry.describe() for entry in found]
    if not (clears or names):
        if as_json:
            print_json({"cache": str(directory), "stores": listed})
        else:
            print_text(_described_cache(directory, listed))
        return
    freed, busy = clear(directory) if clears else remove(found)
    if as_json:
        print_json({"cache": str(directory), "bytes_freed": freed, "busy": [str(each) for each in busy]})
    else:
        removed = counted(len({each["store"] for each in listed} - set(map(str, busy))), "store")
        print_text(f"Removed {removed} from {printable(str(directory))} ({readable_bytes(freed)})")
    for store in busy:
        complain(f"warning: {store} is kept: another process is making it")


def _list_published(as_json: bool) -> None:
    from glovefast.sources.published import published, size_text

    texts = published().values()
    if as_json:
        print_json({"published": [asdict(text) for text in texts]})
        return
    rows = [
        (
            text.name + ("" if text.tried else " *"),
            "" if text.rows is None else f"{text.rows:,}",
            str(text.dim),
            text.licence,
            f"{text.file} ({size_text(text)})",
        )
        for text in texts
    ]
    print_text(_table([("name", "rows", "dim", "licence", "file"), *rows], right={1, 2}))
    print_text("Only the named text of an archive is downloaded if the server answers range requests.")
    if any(not text.tried for text in texts):
        print_text("* not yet downloaded from its real server by any release of glovefast")


def _described_cache(directory: Path, listed: Iterable[Mapping[str, Any]]) -> str:
    rows = []
    for each in listed:
        source = "!".join(filter(None, [each["source"] or "unknown", each["member"]]))
        options = ", ".join(f"{name}={value}"[:40] for name, value in each["options"].items())
        size = readable_bytes(each["bytes"])
        if each["unfinished_bytes"]:
            size = f"{readable_bytes(each['unfinished_bytes'])} so far"
        used = (each["last_used"] or "unknown").replace("T", " ").removesuffix("+00:00")
        rows.append((printable(source), size, used, printable(options), printable(Path(each["store"]).name)))
    if not rows:
        return f"{printable(str(directory))}: no stores"
    total = readable_bytes(sum(each["bytes"] + each["unfinished_bytes"] for each in listed))
    table = _table([("source", "size", "last use (UTC)", "options", "store"), *rows], right={1})
    return f"{printable(str(directory / 'stores'))}: {counted(len(rows), 'store')}, {total}\n{table}"


def _table(rows: list[tuple[str, ...]], right: set[int]) -> str:
    """Align columns; those in `right` to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = zip(row, widths, strict=True)
        aligned = [
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(cells)
        ]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)
