"""The commands of ``glovefast``: what each takes, and what it prints."""

import errno
import os
from pathlib import Path
from typing import Any

import click

import glovefast
from glovefast.errors import GlovefastError
from glovefast.publishing import published_whole
from glovefast.summary import describe_conversion, describe_speed, describe_store
from glovefast.terminal import ProgressBar, print_json, print_text, shown_log
from glovefast.word_list import read_word_list

# The library's own lists would have to be imported for every --help; a test holds them together.
ERRORS = ("strict", "replace", "backslashreplace")
OUT_OF_VOCABULARY = ("zeros", "normal", "mean", "unk")
FALLBACKS = ("lower", "title", "upper", "nfkc", "digits", "strip")

_FIRST_WORDS = 10


def _show_log(context: click.Context, parameter: click.Parameter, quiet: bool) -> bool:
    context.with_resource(shown_log(quiet))
    return quiet


_quiet_option = click.option(
    "--quiet", "-q", is_flag=True, callback=_show_log, help="No progress, only warnings."
)
_quiet_log_option = click.option(
    "--quiet", "-q", is_flag=True, callback=_show_log, expose_value=False, help="Only warnings."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  glovefast convert glove.6B.100d.txt
  glovefast info glove.6B.100d.glovefast
  glovefast matrix glove.6B.100d.glovefast words.txt -o matrix.npy
  glovefast demo

Exit codes: 0 done, 1 the work failed, 2 wrong usage, 130 interrupted.""",
)
@click.version_option(glovefast.__version__, prog_name="glovefast", message="%(prog)s %(version)s")
def command() -> None:
    """Pretrained word vectors, converted once, then in a Keras Embedding layer in milliseconds."""


@command.command(
    epilog="""\b
Examples:
  glovefast convert glove.6B.100d.txt
  glovefast convert glove.6B.zip --member glove.6B.100d.txt
  glovefast convert glove.6B.zip --all -o stores/
  glovefast convert wiki.en.vec.gz -o wiki.glovefast --limit 200000
  glovefast convert glove.6B.100d.txt -o small.glovefast --words words.txt --fallback lower
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
@click.option("--member", metavar="NAME", help="The zip archive's member, by its name or the end of it.")
@click.option("--all", "every_member", is_flag=True, help="Convert every member of the zip archive.")
@click.option(
    "--words",
    "words_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Keep the rows of these words only: UTF-8 text with one word a line, or - for standard input.",
)
@click.option(
    "--fallback",
    type=click.Choice(FALLBACKS),
    multiple=True,
    help="With --words, keep this other form of each word, too; repeat it for more.",
)
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
@_quiet_option
@_json_option
def convert(
    *,
    sources: tuple[str, ...],
    destination: str | None,
    every_member: bool,
    words_file: Path | None,
    quiet: bool,
    as_json: bool,
    **options: Any,  # noqa: ANN401 - handed on under the library's own names
) -> None:
    """Convert embedding text into stores.

    SOURCE is text as GloVe, word2vec and fastText publish it: a plain file, one compressed with gzip, bzip2
    or xz, a zip archive (nothing is unpacked to disk), or - for standard input.
    """
    if every_member:
        for name in ("member", "dim", "header"):
            if options.pop(name) is not None:
                raise click.UsageError(f"--{name} is for one member; it does not go with --all")
    elif destination is not None and len(sources) > 1:
        raise click.UsageError(
            f"-o names one store, and there are {len(sources)} sources; convert them one by one"
        )
    options["words"] = _wanted_words(words_file, options["fallback"], sources)
    from glovefast.conversion import bad_rows_list

    stores: list[dict[str, Any]] = []
    with ProgressBar(quiet) as progress:
        for source in sources:
            if every_member:
                made = glovefast.convert_archive(source, destination, progress=progress, **options)
            else:
                made = [glovefast.convert(source, destination, progress=progress, **options)]
            progress.hide()
            for path in made:
                store = {"destination": str(path), "bad_rows": None, **glovefast.load(path).metadata}
                if store["met"]["skipped_rows"] or store["met"]["replaced_words"]:
                    store["bad_rows"] = str(bad_rows_list(path))
                stores.append(store)
                if not as_json:
                    print_text(describe_conversion(store))
    if as_json:
        print_json({"stores": stores, "bytes_read": progress.bytes_read, "seconds": progress.seconds})
    else:
        print_text(describe_speed(progress.bytes_read, progress.seconds))


@command.command(
    epilog="""\b
Examples:
  glovefast info glove.6B.100d.glovefast
  glovefast info glove.6B.100d.glovefast --json"""
)
@click.argument("path", metavar="STORE", type=click.Path(path_type=Path))
@_quiet_log_option
@_json_option
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
@click.option(
    "--fallback",
    type=click.Choice(FALLBACKS),
    multiple=True,
    help="Another form of a word to look up where the word itself is missing; repeat it for more, in order.",
)
@click.option("--seed", metavar="N", type=click.IntRange(min=0), help="Makes --oov normal repeatable.")
@click.option("--force", "overwrite", is_flag=True, help="Replace a file that is there already.")
@_quiet_log_option
@_json_option
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
    embedding_matrix = vectors.embedding_matrix(words, oov=oov, fallback=fallback, seed=seed)
    coverage = vectors.coverage(words, fallback=fallback)
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
@_quiet_option
@_json_option
def demo(
    *, vectors_file: str | None, member: str | None, output: str | None, quiet: bool, as_json: bool
) -> None:
    """Work through the Keras embedding tutorial, and time it beside the tutorial's own loop.

    Needs Keras and TensorFlow: pip install "glovefast[tensorflow]".
    """
    from glovefast.demo import run

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


def _check_destination(file: Path, overwrite: bool) -> None:
    """Make sure that a file may be written at a place, before any work is done for it."""
    parent = file.absolute().parent
    if not parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "the directory does not exist", str(parent))
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a directory; give the name of a file", str(file))
    if os.path.lexists(file) and not overwrite:
        raise FileExistsError(errno.EEXIST, "exists already; replace it with --force", str(file))
