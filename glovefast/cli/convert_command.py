"""``glovefast convert``: embedding text into stores."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

import glovefast
from glovefast.cli.options import ERRORS, fallback_option, json_option, quiet_option
from glovefast.cli.summary import describe_conversion, describe_dry_run, describe_speed
from glovefast.cli.terminal import ProgressBar, print_json, print_text
from glovefast.cli.word_list import read_word_list
from glovefast.errors import GlovefastError


@click.command(
    epilog="""\b
Examples:
  glovefast convert glove.6B.100d.txt
  glovefast convert glove.6B.zip --member glove.6B.100d.txt
  glovefast convert glove.6B.zip --all -o stores/
  glovefast convert wiki.en.vec.gz -o wiki.glovefast --limit 200000
  glovefast convert glove.6B.100d.txt -o small.glovefast --words words.txt --fallback lower
  glovefast convert crawl.txt --dry-run
  zstd -dc vectors.txt.zst | glovefast convert - -o vectors.glovefast"""
)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    "destination",
    metavar="DEST",
    help="The store to make, or with --all the directory for the stores. Default: beside SOURCE.",
)
@click.option("--member", metavar="NAME", help="The archive's member, by its name or the end of it.")
@click.option("--all", "every_member", is_flag=True, help="Convert every member of an archive.")
@click.option(
    "--words",
    "words_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Keep the rows of these words only: UTF-8 text with one word a line, or - for standard input.",
)
@fallback_option("With --words, keep this other form of each word, too; repeat it for more.")
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="Keep the first N rows only.")
@click.option("--dim", metavar="N", type=click.IntRange(min=1), help="Numbers per row. Default: inferred.")
@click.option(
    "--header/--no-header", default=None, help="Whether the first line is `rows dims`. Default: recognised."
)
@click.option(
    "--errors",
    type=click.Choice(ERRORS),
    default="strict",
    show_default=True,
    help="Whether a word that is not UTF-8 makes a bad row, or what replaces its bytes.",
)
@click.option(
    "--on-bad-row",
    type=click.Choice(["raise", "skip"]),
    default="raise",
    show_default=True,
    help="Whether a row that cannot be read ends the conversion, or is left out and listed beside the store.",
)
@click.option("--threads", metavar="N", type=click.IntRange(min=1), help="Workers. Default: one a processor.")
@click.option("--force", "overwrite", is_flag=True, help="Replace a store that is there already.")
@click.option("--dry-run", is_flag=True, help="Read everything, write nothing, and report what would be met.")
@quiet_option
@json_option
def convert(
    *,
    sources: tuple[str, ...],
    destination: str | None,
    every_member: bool,
    words_file: Path | None,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    **options: Any,  # noqa: ANN401 - handed on under the library's own names
) -> None:
    """Convert embedding text into stores.

    SOURCE is text as GloVe, word2vec and fastText publish it: a plain file, one compressed with gzip, bzip2
    or xz, a zip or tar archive (nothing is unpacked to disk), or - for standard input.
    """
    if every_member:
        for name in ("member", "dim", "header"):
            if options.pop(name) is not None:
                raise click.UsageError(f"--{name} is for one member; it does not go with --all")
    elif destination is not None and len(sources) > 1 and not dry_run:
        raise click.UsageError(
            f"-o names one store, and there are {len(sources)} sources; convert them one by one"
        )
    options["words"] = _wanted_words(words_file, options["fallback"], sources)
    if dry_run:
        del options["overwrite"]
    results: list[dict[str, Any]] = []
    whole = False
    with ProgressBar(quiet) as progress:
        try:
            for source, chosen in _work(sources, destination, every_member, None if dry_run else options):
                one = {"progress": progress, **options, **chosen}
                result = _checked(source, one) if dry_run else _converted(source, one)
                results.append(result)
                progress.hide()
                if not as_json:
                    print_text(describe_dry_run(result) if dry_run else describe_conversion(result))
            whole = True
        finally:
            if as_json and (results or whole):
                name = "sources" if dry_run else "stores"
                print_json({name: results, "bytes_read": progress.bytes_read, "seconds": progress.seconds})
    if not as_json:
        print_text(describe_speed(progress.bytes_read, progress.seconds))
    failing = [result["error"] for result in results if dry_run and result["error"]]
    if failing:
        more = f"; {len(failing)} of {len(results)} sources fail" if len(results) > 1 else ""
        raise GlovefastError(f"{failing[0]}{more}")


def _work(
    sources: tuple[str, ...],
    destination: str | None,
    every_member: bool,
    options: Mapping[str, Any] | None,
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Go through the sources, or through their members, each with its destination; None only checks them."""
    from glovefast.conversion.convert import make_room, stores_of_archive
    from glovefast.sources.opening import open_archive

    for source in sources:
        if not every_member:
            yield source, {} if options is None else {"destination": destination}
            continue
        with open_archive(source) as archive:
            stores = stores_of_archive(archive, source, destination)
            if options is not None:
                make_room(stores, options["overwrite"])
            for member, store in stores.items():
                yield archive, {"member": member} | ({} if options is None else {"destination": store})


def _converted(source: Any, options: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - may be open already
    from glovefast.conversion.bad_rows import bad_rows_list

    path = glovefast.convert(source, **options)
    store = {"destination": str(path), "bad_rows": None, **glovefast.load(path).metadata}
    if store["met"]["skipped_rows"] or store["met"]["replaced_words"]:
        store["bad_rows"] = str(bad_rows_list(path))
    return store


def _checked(source: Any, options: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    return glovefast.dry_run(source, **options)


def _wanted_words(
    words_file: Path | None, fallback: tuple[str, ...], sources: tuple[str, ...]
) -> list[str] | None:
    if words_file is None:
        if fallback:
            raise click.UsageError("--fallback is for the words of --words; without it every word is kept")
        return None
    if str(words_file) == "-" and "-" in sources:
        raise click.UsageError("standard input can be the text or the list of words, not both")
    return read_word_list(words_file)
