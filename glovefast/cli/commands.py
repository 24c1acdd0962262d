"""The commands of ``glovefast``: their arguments, and what they print."""

import errno
import os
import stat
import warnings
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
    quiet_option,
    quiet_progress_option,
)
from glovefast.cli.summary import counted, describe_store, describe_verification
from glovefast.cli.terminal import ProgressBar, complain, print_json, print_text
from glovefast.cli.word_list import read_word_list
from glovefast.errors import CoverageWarning, GlovefastError, VocabularyError
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

\b
Exit codes: 0 done, 1 the work failed, 2 wrong usage, 130 interrupted.
A process ended by SIGTERM has the exit code 143, by SIGHUP 129.

\b
Tab completion in bash (zsh and fish likewise):
  eval "$(_GLOVEFAST_COMPLETE=bash_source glovefast)\"""",
)
@click.version_option(glovefast.__version__, prog_name="glovefast", message="%(prog)s %(version)s")
def command() -> None:
    """Convert pretrained word vectors once, then build Keras Embedding layers in milliseconds."""


command.add_command(convert)


@command.command(
    epilog="""\b
Examples:
  glovefast info glove.6B.100d.glovefast
  glovefast info glove.6B.100d.glovefast --json"""
)
@click.argument("path", metavar="STORE", type=click.Path(path_type=Path))
@quiet_progress_option
@json_option
def info(*, path: Path, quiet: bool, as_json: bool) -> None:
    """Show what a store contains and where it came from."""
    vectors = glovefast.load(path)
    sizes = {file.name: file.stat().st_size for file in sorted(path.iterdir()) if file.is_file()}
    if as_json:
        print_json({"store": str(path), **vectors.metadata.to_dict(), "files": sizes})
    else:
        first_words = vectors.words[:_FIRST_WORDS].to_pylist()
        print_text(describe_store(path, vectors.metadata.to_dict(), sizes, first_words))


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
    type=click.Path(),
    help="Also compare with the text it was made from, bit for bit: any SOURCE that convert takes.",
)
@click.option(
    "--member", metavar="NAME", help="The archive's member. Default: the one the store was made from."
)
@quiet_option
@json_option
def verify(*, path: Path, against: str | None, member: str | None, quiet: bool, as_json: bool) -> None:
    """Check a store: every byte, the words and the index.

    If anything is wrong, it is listed and the exit code is 1.
    """
    if member is not None and against is None:
        raise click.UsageError("--member needs --against with an archive")
    with ProgressBar(quiet) as progress:
        result = glovefast.verify(path, against, member=member, progress=progress)
    if as_json:
        print_json({**result.to_dict(), "seconds": progress.seconds})
    elif not (quiet and result.ok):
        print_text(describe_verification(result))
    if not result.ok:
        raise GlovefastError(
            f"{path}: found {counted(len(result.problems), 'problem')}; convert its source again"
        )


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
    help="The NumPy file to write, NAME.npy: (words, dimensions) float32.",
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
def matrix(
    *,
    path: Path,
    words_file: Path,
    destination: Path,
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

    _check_destination(destination, overwrite)
    vectors = glovefast.load(path)
    words = read_word_list(words_file)
    match = vectors.match(words, fallback)
    complaint = low_coverage(match, str(path), str(words_file))
    if complaint is not None and not match.found:
        raise VocabularyError(complaint)
    with warnings.catch_warnings(action="ignore", category=CoverageWarning):
        embedding_matrix = vectors.embedding_matrix(match, oov=oov, seed=seed)
    if complaint is not None:
        complain(f"warning: {complaint}")
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
    elif not quiet:
        print_text(f"Wrote {rows:,} × {dim} {embedding_matrix.dtype.name} to {destination}\n{coverage}")


@command.command(
    epilog="""\b
Examples:
  glovefast coverage glove.6B.100d.glovefast train.txt
  glovefast coverage glove.6B.100d.glovefast train/*.txt.gz --fallback lower --json
  glovefast coverage glove.840B.300d.glovefast train.txt --keep-case --keep-punctuation
  cut -f1 counts.tsv | glovefast coverage glove.6B.100d.glovefast - --words"""
)
@click.argument("path", metavar="STORE", type=click.Path(path_type=Path))
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True, type=click.Path())
@click.option("--words", "as_words", is_flag=True, help="TEXT is a list of words, one per line.")
@click.option("--keep-case", is_flag=True, help="Do not change words to lower case.")
@click.option("--keep-punctuation", is_flag=True, help="Split words only at white space.")
@fallback_option("Start the suggested fallbacks with this one. May be repeated; the first match wins.")
@click.option(
    "--min-share",
    metavar="SHARE",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="Suggest only fallbacks that find at least this share of the words still missing.",
)
@quiet_progress_option
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
    """Show how much of a text a store covers, why words are missing, and what would find them.

    TEXT is UTF-8 text, plain or compressed with gzip, bzip2 or xz, or - for standard input. Words are counted
    like Keras's Tokenizer does: in lower case, split at punctuation and white space. Memory grows with the
    number of different words, not with the size of the text.
    """
    from glovefast.text import DEFAULT_FILTERS, Tokenizer

    if as_words and (keep_case or keep_punctuation):
        raise click.UsageError(
            "a list of --words is never changed; leave out --keep-case and --keep-punctuation"
        )
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
        raise GlovefastError(f"{', '.join(texts)}: contains no words; check that it is text")
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
    type=click.Path(),
    help="Word vectors to use instead of the sample: a text file or a store.",
)
@click.option("--member", metavar="NAME", help="The archive's member: its name, or the end of its name.")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(),
    help="The directory for the results. Default: a new temporary directory, which is kept.",
)
@quiet_progress_option
@json_option
def demo(
    *, vectors_file: str | None, member: str | None, output: str | None, quiet: bool, as_json: bool
) -> None:
    """Run the Keras embedding tutorial, and compare with the tutorial's own loop.

    This needs Keras and TensorFlow: pip install "glovefast[tensorflow]".
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
    """Read texts in pieces, one text after the other."""
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
    """Check that a file can be written, before any work is done for it."""
    if file.suffix.lower() != ".npy" and not file.is_dir():
        raise click.BadParameter(f"{file} must end in .npy, the only format", param_hint="-o")
    parent = file.absolute().parent
    if not parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "the directory does not exist", str(parent))
    if not os.path.lexists(file):
        return
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a directory; give the name of a file", str(file))
    if not overwrite:
        raise FileExistsError(errno.EEXIST, "already exists; replace it with --force", str(file))
    if not stat.S_ISREG(file.lstat().st_mode):
        raise FileExistsError(errno.EEXIST, "is not a regular file and is not replaced", str(file))
