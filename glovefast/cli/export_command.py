"""``glovefast export``: the vectors of a store in a format of other tools."""

import json
from pathlib import Path

import click

import glovefast
from glovefast.cli.options import FilePath, json_option, quiet_option
from glovefast.cli.signals import EndingSignals
from glovefast.cli.summary import readable_bytes
from glovefast.cli.terminal import ProgressMeter, announce
from glovefast.cli.word_list import read_word_list
from glovefast.errors import printable
from glovefast.progress import Progress
from glovefast.store.export.formats import FORMATS, export_format, exported_files


@click.command(
    epilog="""\b
Examples:
  glovefast export glove.6B.100d.glovefast glove.6B.100d.bin
  glovefast export glove.6B.100d.glovefast glove.6B.100d.parquet
  glovefast export glove.6B.100d.glovefast some.tsv --words words.txt
  glovefast export glove.6B.100d.glovefast model/"""
)
@click.argument("path", metavar="STORE", type=FilePath(path_type=Path))
@click.argument("destination", metavar="PATH", type=FilePath())
@click.option(
    "--words",
    "words_file",
    metavar="FILE",
    type=FilePath(path_type=Path),
    help="Write only the words of this list: one word per line, or - for standard input.",
)
@click.option(
    "--format", "file_format", type=click.Choice(FORMATS), help="The format. Default: by the ending of PATH."
)
@click.option(
    "--force", "overwrite", is_flag=True, help="Replace a file, or a folder that was exported before."
)
@quiet_option
@json_option
@click.pass_obj
def export(
    signals: EndingSignals,
    /,
    *,
    path: Path,
    destination: str,
    words_file: Path | None,
    file_format: str | None,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write the vectors of a store in a format that other tools read.

    The ending of PATH chooses the format: .txt is text as GloVe writes it, .vec the same with a header, .bin
    word2vec's binary format, .parquet a table with the columns word and vector, .tsv the two tables of the
    TensorBoard projector (the words go into NAME_metadata.tsv). A name without an ending, or with / at the
    end, is a folder for model2vec's StaticModel and sentence-transformers' StaticEmbedding.
    """
    try:
        chosen = export_format(destination, file_format)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    vectors = glovefast.load(path)
    words = None if words_file is None else read_word_list(words_file)
    rows = 0
    with ProgressMeter(quiet) as meter:

        def report(progress: Progress) -> None:
            nonlocal rows
            rows = progress.rows
            meter(progress)

        written = vectors.export(destination, words, file_format=chosen, overwrite=overwrite, progress=report)
    signals.finish()
    sizes = {str(file): file.stat().st_size for file in exported_files(written, chosen)}
    done = f"{written} is complete"
    if as_json:
        result = {
            "destination": str(written),
            "format": chosen,
            "rows": rows,
            "dim": vectors.dim,
            "files": sizes,
            "seconds": meter.seconds,
        }
        announce(json.dumps(result), done)
    elif not quiet:
        size = readable_bytes(sum(sizes.values()))
        files = ", ".join(map(printable, sizes))
        announce(f"Wrote {rows:,} × {vectors.dim} vectors to {files} ({size})", done)
