"""``glovefast convert``: text files of word vectors into stores."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import click

import glovefast
from glovefast.cli.array_source import check_array_options, save_array
from glovefast.cli.convert_work import Done, members_at_once, sources_in_turn
from glovefast.cli.options import (
    ERRORS,
    NUMBER_TYPES,
    FilePath,
    check_encoding,
    fallback_option,
    json_option,
    quiet_option,
    read_separator,
)
from glovefast.cli.signals import EndingSignals
from glovefast.cli.summary import describe_conversion, describe_dry_run
from glovefast.cli.terminal import ProgressMeter, announce, python_literal
from glovefast.cli.word_list import read_word_list
from glovefast.errors import GlovefastError

_MOST_DIMENSIONS = 1 << 23  # the longest line, 16 MiB, has room for no more


@click.command(
    epilog="""\b
Examples:
  glovefast convert glove.6B.100d.txt
  glovefast convert glove.6B.zip --member glove.6B.100d.txt
  glovefast convert glove.6B.zip --all -o stores/
  glovefast convert wiki.en.vec.gz -o wiki.glovefast --limit 200000
  glovefast convert glove.6B.100d.txt -o small.glovefast --words words.txt --fallback lower
  glovefast convert glove.6B.300d.txt --dtype int8
  glovefast convert matrix.npy --vocabulary words.txt
  glovefast convert crawl.txt --dry-run
  curl -L https://example.org/vectors.txt.gz | glovefast convert - -o vectors.glovefast"""
)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=FilePath())
@click.option(
    "-o",
    "--output",
    "destination",
    metavar="DEST",
    type=FilePath(),
    help="The store to create, or an existing directory to put it in. "
    "With --all: the directory for the stores. Default: beside SOURCE.",
)
@click.option("--member", metavar="NAME", help="The archive's member: its name, or the end of its name.")
@click.option("--all", "every_member", is_flag=True, help="Convert every member of an archive.")
@click.option(
    "--words",
    "words_file",
    metavar="FILE",
    type=FilePath(path_type=Path),
    help="Keep only the words of this list: one word per line, or - for standard input. "
    "The file is UTF-8, or in --encoding.",
)
@click.option(
    "--vocabulary",
    "vocabulary_file",
    metavar="FILE",
    type=FilePath(path_type=Path),
    help="The words of a matrix: SOURCE is a NumPy array (.npy), FILE has the word of each row, one per "
    "line, or is - for standard input. FILE is UTF-8, or in --encoding.",
)
@fallback_option("With --words, also keep this other form of each word. May be repeated.")
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="Keep only the first N rows.")
@click.option(
    "--dim",
    metavar="N",
    type=click.IntRange(1, _MOST_DIMENSIONS),
    help="Numbers per row. Default: inferred from the first rows.",
)
@click.option(
    "--header/--no-header",
    default=None,
    help="Whether the first line states the number of rows and dimensions. Default: detected.",
)
@click.option(
    "--separator",
    metavar="SEP",
    callback=read_separator,
    help="What separates the fields: one character, `tab`, `space`, or `whitespace` "
    "(runs of spaces and tabs). Default: a single space; if the first rows look different, you get an error. "
    "`space` turns that check off.",
)
@click.option(
    "--encoding",
    metavar="NAME",
    default="utf-8",
    show_default=True,
    help="The encoding of the words, such as gb18030, shift_jis, cp1252 or latin-1.",
)
@click.option(
    "--errors",
    type=click.Choice(ERRORS),
    default="strict",
    show_default=True,
    help="How to handle words that do not fit the encoding. strict: treat as bad row; replace, "
    "backslashreplace: replace the bytes; cp1252: read the word as Windows-1252.",
)
@click.option(
    "--on-bad-row",
    type=click.Choice(["raise", "skip"]),
    default="raise",
    show_default=True,
    help="What to do with a row that cannot be read: stop with an error, or skip it and list it.",
)
@click.option(
    "--dtype",
    type=click.Choice(NUMBER_TYPES),
    default="float32",
    show_default=True,
    help="The type of the store's numbers: float16 takes half the space, int8 about a quarter.",
)
@click.option(
    "--threads",
    metavar="N",
    type=click.IntRange(min=1),
    help="Number of threads. Default: one per processor.",
)
@click.option("--force", "overwrite", is_flag=True, help="Replace a store that already exists.")
@click.option("--dry-run", is_flag=True, help="Read everything, write nothing, and report problems.")
@quiet_option
@json_option
@click.pass_context
def convert(
    context: click.Context,
    /,
    *,
    sources: tuple[str, ...],
    destination: str | None,
    every_member: bool,
    words_file: Path | None,
    vocabulary_file: Path | None,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    **options: Any,  # noqa: ANN401 - passed on under the library's own names
) -> None:
    """Convert files of word vectors into stores.

    SOURCE is text in the format of GloVe, word2vec or fastText (.vec), or word2vec's binary format (.bin):
    plain, compressed (gzip, bzip2, xz, LZMA, Zstandard or LZ4), in a zip or tar archive (nothing is unpacked
    to disk), or - for standard input. With --vocabulary it is a NumPy array (.npy).
    """
    signals: EndingSignals = context.obj
    make = glovefast.convert
    if vocabulary_file is not None:
        check_array_options(context, sources)
        make = partial(save_array, vocabulary=vocabulary_file)
    if every_member:
        for name in ("member", "dim", "header"):
            if options.pop(name) is not None:
                raise click.UsageError(f"--{name} cannot be combined with --all")
    elif destination is not None and len(sources) > 1 and not dry_run:
        raise click.UsageError(
            f"-o names one store, but there are {len(sources)} sources; convert them one by one"
        )
    check_encoding(options["encoding"], options["separator"])
    options["words"] = listed_words(words_file, options["fallback"], sources, options["encoding"])
    if dry_run:
        del options["overwrite"]
    results: list[dict[str, Any]] = []
    whole = False
    with ProgressMeter(quiet) as progress:
        options["progress"] = progress
        try:
            work = members_at_once if every_member else partial(sources_in_turn, convert=make)
            for done in work(sources, destination, options, signals):
                results.append(done.result)
                progress.hide()
                if not as_json and not quiet:
                    _announce(done, dry_run)
            whole = True
        finally:
            if as_json and (results or whole):
                name = "sources" if dry_run else "stores"
                report = {name: results, "bytes_read": progress.bytes_read, "seconds": progress.seconds}
                announce(json.dumps(report), f"the {name} are done")
    if dry_run:
        _raise_first_error(results)
    elif not as_json and not quiet:
        loading = f"glovefast.load({python_literal(results[0]['destination'])})"
        announce(f"Next, in Python: {loading}", "all stores are complete")


def _announce(done: Done, dry_run: bool) -> None:
    if dry_run:
        announce(describe_dry_run(*done), "the dry run is done")
    else:
        announce(describe_conversion(*done), f"{done.result['destination']} is complete")


def _raise_first_error(results: list[dict[str, Any]]) -> None:
    failing = [result["error"] for result in results if result["error"]]
    if failing:
        more = f"; {len(failing)} of {len(results)} sources fail" if len(results) > 1 else ""
        raise GlovefastError(f"{failing[0]}{more}")


def listed_words(
    words_file: Path | None, fallback: tuple[str, ...], sources: tuple[str, ...], encoding: str
) -> list[str] | None:
    """Read the list of wanted words; None if all words are wanted."""
    if words_file is None:
        if fallback:
            raise click.UsageError("--fallback needs --words; without it, every word is kept")
        return None
    if str(words_file) == "-" and "-" in sources:
        raise click.UsageError("standard input can be either the vectors or the list of words")
    return read_word_list(words_file, encoding)
