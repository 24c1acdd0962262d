"""``glovefast embed``: a vector for each line of a text."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import click

import glovefast
from glovefast.cli.npy_files import RowWriter, check_npy_destination
from glovefast.cli.options import FilePath, fallback_option, json_option, output_option, quiet_option
from glovefast.cli.signals import EndingSignals
from glovefast.cli.summary import counted
from glovefast.cli.terminal import ProgressMeter, announce, complain
from glovefast.errors import CoverageWarning, FormatError, GlovefastError, printable

_WHITE_SPACE = "\t\n\r\f\v"
_ROWS_AT_ONCE = 1 << 13
_CONTENTS = "one text per line"


@click.command(
    short_help="Turn each line of a text into a vector.",
    epilog="""\b
Examples:
  glovefast embed glove.6B.100d.glovefast reviews.txt -o vectors.npy
  glovefast embed glove.6B.100d.glovefast reviews.txt.gz -o vectors.npy --pooling sif --normalize
  cut -f2 reviews.tsv | glovefast embed glove.6B.100d.glovefast - -o vectors.npy""",
)
@click.argument("path", metavar="STORE", type=FilePath(path_type=Path))
@click.argument("texts", metavar="TEXTS", type=FilePath())
@output_option("The NumPy file to write, NAME.npy: (lines, dimensions) float32.")
@click.option(
    "--pooling",
    type=click.Choice(["mean", "sif"]),
    default="mean",
    show_default=True,
    help="sif: frequent words weigh less (smooth inverse frequency).",
)
@click.option("--normalize", is_flag=True, help="Divide each vector by its length.")
@click.option("--keep-case", is_flag=True, help="Do not change words to lower case.")
@click.option("--keep-punctuation", is_flag=True, help="Split words only at white space.")
@fallback_option("Another form of a missing word to look up. May be repeated; the first match wins.")
@click.option("--force", "overwrite", is_flag=True, help="Replace a file that already exists.")
@quiet_option
@json_option
@click.pass_obj
def embed(
    signals: EndingSignals,
    /,
    *,
    path: Path,
    texts: str,
    destination: Path,
    pooling: Literal["mean", "sif"],
    normalize: bool,
    keep_case: bool,
    keep_punctuation: bool,
    fallback: tuple[str, ...],
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Turn each line of a text into a vector: the mean of the vectors of its words.

    TEXTS is UTF-8 text with one text per line, plain or compressed, or - for standard input. Row i of the
    result belongs to line i, counted from 0. Lines are split as Keras's Tokenizer splits them: in lower case,
    at punctuation and white space. A line without any word of the store becomes zeros. Memory stays small for
    files of any size.
    """
    from glovefast.queries.text_vectors import too_few_known
    from glovefast.store.atomic import published_whole
    from glovefast.text import DEFAULT_FILTERS

    check_npy_destination(destination, overwrite)
    vectors = glovefast.load(path)
    known = 0
    with (
        ProgressMeter(quiet, counted="lines") as progress,
        published_whole(destination, overwrite) as partial,
        partial.open("wb") as file,
        warnings.catch_warnings(action="ignore", category=CoverageWarning),
    ):
        writer = RowWriter(file, vectors.dim)
        batches = vectors.embed(
            _lines(texts, progress),
            pooling,
            normalize=normalize,
            filters=_WHITE_SPACE if keep_punctuation else DEFAULT_FILTERS,
            lower=not keep_case,
            fallback=fallback,
            batch_size=_ROWS_AT_ONCE,
            return_counts=True,
        )
        for matrix, counts in batches:
            writer.write(matrix)
            known += int((counts > 0).sum())
        writer.finish()
        if not writer.rows:
            raise FormatError(texts, None, f"is empty; pass a text file with {_CONTENTS}")
        complaint = too_few_known(writer.rows, known, str(path), "--keep-case")
        if complaint is not None and not known:
            raise GlovefastError(f"{texts}: {complaint}")
    signals.finish()
    if complaint is not None:
        complain(f"warning: {complaint}")
    unknown = writer.rows - known
    if as_json:
        result = {
            "destination": str(destination),
            "rows": writer.rows,
            "dim": vectors.dim,
            "dtype": "float32",
            "pooling": pooling,
            "texts_without_known_words": unknown,
            "seconds": progress.seconds,
        }
        announce(json.dumps(result), f"{destination} is complete")
    elif not quiet:
        written = f"Wrote {writer.rows:,} × {vectors.dim} float32 to {printable(str(destination))}"
        zeros = f"\n  {counted(unknown, 'line')} without a word of the store, all zeros" if unknown else ""
        announce(written + zeros, f"{destination} is complete")


def _lines(texts: str, progress: ProgressMeter) -> Iterator[str]:
    """Read texts line by line."""
    from glovefast.cli.text_files import read_lines
    from glovefast.sources.opening import open_text

    done = 0
    with open_text(texts, _CONTENTS) as source:
        for lines in read_lines(source):
            yield from lines
            done += len(lines)
            progress(glovefast.Progress(source.bytes_read, source.bytes_total, done, source.name))
