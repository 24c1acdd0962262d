"""The commands of ``glovefast``: what each takes, and what it prints."""

import errno
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

import glovefast
from glovefast.cli.convert_command import convert
from glovefast.cli.options import (
    OUT_OF_VOCABULARY,
    fallback_option,
    json_option,
    quiet_log_option,
    quiet_option,
)
from glovefast.cli.summary import describe_store, describe_verification
from glovefast.cli.terminal import ProgressBar, print_json, print_text
from glovefast.cli.word_list import read_word_list
from glovefast.errors import GlovefastError
from glovefast.store.atomic import published_whole

_FIRST_WORDS = 10
_WHITE_SPACE = "\t\n\r\f\v"


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  glovefast convert glove.6B.100d.txt
  glovefast info glove.6B.100d.glovefast
  glovefast verify glove.6B.100d.glovefast --against glove.6B.100d.txt
  glovefast matrix glove.6B.100d.glovefast words.txt -o matrix.npy
  glovefast coverage glove.6B.100d.glovefast train.txt
  glovefast demo

Exit codes: 0 done, 1 the work failed, 2 wrong usage, 130 interrupted.""",
)
@click.version_option(glovefast.__version__, prog_name="glovefast", message="%(prog)s %(version)s")
def command() -> None:
    """Pretrained word vectors, converted once, then in a Keras Embedding layer in milliseconds."""


command.add_command(convert)


@command.command(
    epilog="""\b
Examples:
  glovefast info glove.6B.100d.glovefast
  glovefast info glove.6B.100d.glovefast --json"""
)
@click.argument("path", metavar="STORE", type=click.Path(path_type=Path))
@quiet_log_option
@json_option
def info(*, path: Path, as_json: bool) -> None:
    """Show what a store holds and where it came from."""
    vectors = glovefast.load(path)
    sizes = {file.name: file.stat().st_size for file in sorted(path.iterdir()) if file.is_file()}
    if as_json:
        print_json({"store": str(path), **vectors.metadata, "files": sizes})
    else:
        first_words = vectors.words[:_FIRST_WORDS].to_pylist()
        print_text(describe_store(path, vectors.metadata, sizes, first_words))


@command.command(
    epilog="""\b
Examples:
  glovefast verify glove.6B.100d.glovefast
  glovefast verify glove.6B.100d.glovefast --against glove.6B.100d.txt
  glovefast verify glove.6B.100d.glovefast --against glove.6B.zip --json"""
)
@click.argument("path", metavar="STORE", type=click.Path(path_type=Path))
@click.option(
    "--against",
    metavar="SOURCE",
    help="Compare with the text that it was made of, bit for bit: a file, a zip archive or - as in convert.",
)
@click.option(
    "--member", metavar="NAME", help="The zip archive's member. Default: the one that it was made of."
)
@quiet_option
@json_option
def verify(*, path: Path, against: str | None, member: str | None, quiet: bool, as_json: bool) -> None:
    """Check a store through: every byte, the words, the index.

    Exits with 1 if anything is wrong, and says what.
    """
    if member is not None and against is None:
        raise click.UsageError("--member is for the archive of --against")
    with ProgressBar(quiet) as progress:
        result = glovefast.verify(path, against, member=member, progress=progress)
    if as_json:
        print_json({**result.to_dict(), "seconds": progress.seconds})
    else:
        print_text(describe_verification(result))
    if not result.ok:
        count = len(result.problems)
        found = "a problem was found" if count == 1 else f"{count} problems were found"
        raise GlovefastError(f"{path}: {found}; convert its source again")


@command.command(
    epilog="""\b
Examples:
  glovefast matrix glove.6B.100d.glovefast words.txt -o matrix.npy
  glovefast matrix glove.6B.100d.glovefast words.txt -o matrix.npy --oov normal --seed 1 --fallback lower
  cut -f1 counts.tsv | glovefast matrix glove.6B.100d.glovefast - -o matrix.npy"""
)
@click.argument("path", metavar="STORE", type=click.Path(path_type=Path))
@click.argument("words_file", metavar="WORDS", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "destination",
    metavar="FILE",
    type=click.Path(path_type=Path),
    required=True,
    help="The matrix to write: a NumPy .npy file, (words, dimensions) float32.",
)
@click.option(
    "--oov",
    type=click.Choice(OUT_OF_VOCABULARY),
    default="zeros",
    show_default=True,
    help="The row of a word that the store lacks.",
)
@fallback_option(
    "Another form of a word to look up where the word itself is missing; repeat it for more, in order."
)
@click.option("--seed", metavar="N", type=click.IntRange(min=0), help="Makes --oov normal repeatable.")
@click.option("--force", "overwrite", is_flag=True, help="Replace a file that is there already.")
@quiet_log_option
@json_option
def matrix(
    *,
    path: Path,
    words_file: Path,
    destination: Path,
    oov: str,
    fallback: tuple[str, ...],
    seed: int | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Build the embedding matrix for a list of words.

    WORDS is UTF-8 text with one word a line, or - for standard input. Row i of the matrix belongs to line i,
    counted from 0. What a Keras TextVectorization layer gives as its vocabulary keeps its meaning: an empty
    first line is padding, [UNK] in front of all words is the out-of-vocabulary row.
    """
    import numpy as np

    _check_destination(destination, overwrite)
    vectors = glovefast.load(path)
    words = read_word_list(words_file)
    match = vectors.match(words, fallback)
    embedding_matrix = vectors.embedding_matrix(match, oov=oov, seed=seed)
    coverage = vectors.coverage(match)
    with published_whole(destination) as partial, partial.open("wb") as file:
        np.save(file, embedding_matrix, allow_pickle=False)
    rows, dim = embedding_matrix.shape
    if as_json:
        print_json(
            {
                "destination": str(destination),
                "rows": rows,
                "dim": dim,
                "dtype": embedding_matrix.dtype.name,
                "coverage": coverage.to_dict(),
            }
        )
    else:
        print_text(f"{destination}: {rows:,} x {dim} {embedding_matrix.dtype.name}\n{coverage}")


@command.command(
    epilog="""\b
Examples:
  glovefast coverage glove.6B.100d.glovefast train.txt
  glovefast coverage glove.6B.100d.glovefast train/*.txt.gz --fallback lower --json
  glovefast coverage glove.840B.300d.glovefast train.txt --keep-case --keep-punctuation
  cut -f1 counts.tsv | glovefast coverage glove.6B.100d.glovefast - --words"""
)
@click.argument("path", metavar="STORE", type=click.Path(path_type=Path))
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True)
@click.option("--words", "as_words", is_flag=True, help="TEXT is a list of words, one a line.")
@click.option("--keep-case", is_flag=True, help="Count words as they stand instead of in lower case.")
@click.option("--keep-punctuation", is_flag=True, help="Separate words at white space only.")
@fallback_option("What the suggested fallbacks shall begin with; repeat it for more, in order.")
@click.option(
    "--min-share",
    metavar="SHARE",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="The share of what is still missing that a fallback must find to be suggested.",
)
@quiet_option
@json_option
def coverage(
    *,
    path: Path,
    texts: tuple[str, ...],
    as_words: bool,
    keep_case: bool,
    keep_punctuation: bool,
    fallback: tuple[str, ...],
    min_share: float,
    quiet: bool,
    as_json: bool,
) -> None:
    """Say how much of a text a store covers, why words are missing, and what would find them.

    TEXT is UTF-8 text, also compressed with gzip, bzip2 or xz, or - for standard input. Its words are counted
    as Keras's Tokenizer counts them: in lower case, with punctuation and white space between them. Memory
    grows with the number of different words, not with the text.
    """
    from glovefast.text import DEFAULT_FILTERS, Tokenizer

    if as_words and (keep_case or keep_punctuation):
        raise click.UsageError("a list of --words is taken as it stands; leave --keep-... out")
    vectors = glovefast.load(path)
    with ProgressBar(quiet, counted="lines") as progress:
        if as_words:
            counts: dict[str, int] = Counter(word for text in texts for word in read_word_list(Path(text)))
            counts.pop("", None)
        else:
            filters = _WHITE_SPACE if keep_punctuation else DEFAULT_FILTERS
            tokenizer = Tokenizer(filters=filters, lower=not keep_case)
            tokenizer.fit_on_texts(_pieces(texts, progress))
            counts = tokenizer.word_counts
    if not counts:
        raise GlovefastError(f"{', '.join(texts)}: no word in it; check that it is text")
    explained = vectors.explain_coverage(list(counts), counts, fallback, min_share)
    if as_json:
        print_json({"store": str(path), "texts": list(texts), **explained.to_dict()})
    else:
        print_text(str(explained))


@command.command(
    epilog="""\b
Examples:
  glovefast demo
  glovefast demo --vectors glove.6B.zip --member glove.6B.100d.txt
  glovefast demo --vectors glove.6B.100d.glovefast -o learned/"""
)
@click.option(
    "--vectors",
    "vectors_file",
    metavar="FILE",
    help="Embedding text or a store, instead of the sample that comes with glovefast.",
)
@click.option("--member", metavar="NAME", help="The zip archive's member, by its name or the end of it.")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    help="The directory for what is learned. Default: a new temporary one, which is kept.",
)
@quiet_option
@json_option
def demo(
    *, vectors_file: str | None, member: str | None, output: str | None, quiet: bool, as_json: bool
) -> None:
    """Work through the Keras embedding tutorial, and time it beside the tutorial's own loop.

    Needs Keras and TensorFlow: pip install "glovefast[tensorflow]".
    """
    from glovefast.demo.walkthrough import run

    with ProgressBar(quiet) as progress:

        def report(text: str) -> None:
            progress.hide()
            if not as_json:
                print_text(text)

        try:
            result = run(vectors_file, report, member=member, output=output, progress=progress)
        except ImportError as error:
            raise GlovefastError(str(error)) from error
    if as_json:
        print_json(result.to_dict())


def _pieces(texts: Iterable[str], progress: ProgressBar) -> Iterator[str]:
    """Read texts one after the other."""
    from glovefast.cli.text_files import read_pieces
    from glovefast.sources.opening import open_source

    for text in texts:
        lines = 0
        with open_source(text) as source:
            for piece in read_pieces(source):
                yield piece
                lines += piece.count("\n")
                progress(glovefast.Progress(source.bytes_read, source.bytes_total, lines, source.name))


def _check_destination(file: Path, overwrite: bool) -> None:
    """Make sure that a file may be written at a place, before any work is done for it."""
    parent = file.absolute().parent
    if not parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "the directory does not exist", str(parent))
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a directory; give the name of a file", str(file))
    if os.path.lexists(file) and not overwrite:
        raise FileExistsError(errno.EEXIST, "exists already; replace it with --force", str(file))
