"""``glovefast matrix``: the embedding matrix for a list of words."""

import json
import warnings
from pathlib import Path

import click

import glovefast
from glovefast.cli.npy_files import check_npy_destination
from glovefast.cli.options import (
    OUT_OF_VOCABULARY,
    FilePath,
    fallback_option,
    json_option,
    output_option,
    quiet_option,
)
from glovefast.cli.signals import EndingSignals
from glovefast.cli.terminal import announce, complain
from glovefast.cli.word_list import read_word_list
from glovefast.errors import CoverageWarning, VocabularyError, printable


@click.command(
    epilog="""\b
Examples:
  glovefast matrix glove.6B.100d.glovefast words.txt -o matrix.npy
  glovefast matrix glove.6B.100d.glovefast words.txt -o matrix.npy --oov normal --seed 1 --fallback lower
  cut -f1 counts.tsv | glovefast matrix glove.6B.100d.glovefast - -o matrix.npy"""
)
@click.argument("path", metavar="STORE", type=FilePath(path_type=Path))
@click.argument("words_file", metavar="WORDS", type=FilePath(path_type=Path))
@output_option("The NumPy file to write, NAME.npy: (words, dimensions).")
@click.option(
    "--dtype",
    type=click.Choice(["float16", "float32", "float64"]),
    default="float32",
    show_default=True,
    help="The type of its numbers.",
)
@click.option(
    "--oov",
    type=click.Choice(OUT_OF_VOCABULARY),
    default="zeros",
    show_default=True,
    help="How to fill the rows of words that the store does not have.",
)
@fallback_option("Another form of a missing word to look up. May be repeated; the first match wins.")
@click.option("--seed", metavar="N", type=click.IntRange(min=0), help="Make --oov normal repeatable.")
@click.option("--force", "overwrite", is_flag=True, help="Replace a file that already exists.")
@quiet_option
@json_option
@click.pass_obj
def matrix(
    signals: EndingSignals,
    /,
    *,
    path: Path,
    words_file: Path,
    destination: Path,
    dtype: str,
    oov: str,
    fallback: tuple[str, ...],
    seed: int | None,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Build the embedding matrix for a list of words.

    WORDS is UTF-8 text with one word per line, or - for standard input. Row i of the matrix belongs to line
    i, counted from 0. The vocabulary of a Keras TextVectorization layer keeps its meaning: an empty first
    line is padding, and [UNK] before all other words is the out-of-vocabulary row.
    """
    import numpy as np

    from glovefast.matrix.low_coverage import low_coverage
    from glovefast.store.atomic import published_whole

    check_npy_destination(destination, overwrite)
    vectors = glovefast.load(path)
    words = read_word_list(words_file)
    match = vectors.match(words, fallback)
    complaint = low_coverage(match, str(path), str(words_file))
    if complaint is not None and not match.found:
        raise VocabularyError(complaint)
    with warnings.catch_warnings(action="ignore", category=CoverageWarning):
        embedding_matrix = vectors.embedding_matrix(match, oov=oov, dtype=dtype, seed=seed)
    if complaint is not None:
        complain(f"warning: {complaint}")
    coverage = vectors.coverage(match)
    with published_whole(destination, overwrite) as partial, partial.open("wb") as file:
        np.save(file, embedding_matrix, allow_pickle=False)
    signals.finish()
    rows, dim = embedding_matrix.shape
    if as_json:
        result = {
            "destination": str(destination),
            "rows": rows,
            "dim": dim,
            "dtype": embedding_matrix.dtype.name,
            "coverage": coverage.to_dict(),
        }
        announce(json.dumps(result), f"{destination} is complete")
    elif not quiet:
        written = f"Wrote {rows:,} × {dim} {embedding_matrix.dtype.name} to {printable(str(destination))}"
        announce(f"{written}\n{coverage}", f"{destination} is complete")
