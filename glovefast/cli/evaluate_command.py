"""``glovefast evaluate``: how good word vectors are at analogies and word similarity."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

import glovefast
from glovefast.cli.options import (
    ANALOGY_METHODS,
    QUESTION_KINDS,
    FilePath,
    json_option,
    quiet_progress_option,
)
from glovefast.cli.terminal import ProgressMeter, print_json, print_text
from glovefast.errors import GlovefastError

if TYPE_CHECKING:
    from glovefast.queries.analogies import Method
    from glovefast.queries.question_files import Kind


@click.command(
    short_help="Evaluate vectors on analogies and word similarity.",
    epilog="""\b
Examples:
  glovefast evaluate glove.6B.100d.glovefast questions-words.txt
  glovefast evaluate glove.6B.100d.glovefast eval/question-data/ --method 3cosmul
  glovefast evaluate glove.6B.100d.glovefast wordsim353.tsv SimLex-999.txt MEN.txt --json""",
)
@click.argument("path", metavar="STORE", type=FilePath(path_type=Path))
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FilePath())
@click.option(
    "--kind",
    type=click.Choice(QUESTION_KINDS),
    help="What the files hold. Default: recognized by their lines.",
)
@click.option(
    "--method",
    type=click.Choice(ANALOGY_METHODS),
    default=ANALOGY_METHODS[0],
    show_default=True,
    help="How analogies are answered: by sums or by products of cosines.",
)
@click.option(
    "--restrict-vocab",
    metavar="N",
    type=click.IntRange(min=1),
    help="Use only the first N words of the store.",
)
@click.option("--keep-case", is_flag=True, help="Treat words that differ only in case as different words.")
@click.option(
    "--dummy4unknown",
    is_flag=True,
    help="Count questions with unknown words as wrong, and such pairs as 0. Default: leave them out.",
)
@quiet_progress_option
@json_option
def evaluate(
    *,
    path: Path,
    files: tuple[str, ...],
    kind: "Kind | None",
    method: "Method",
    restrict_vocab: int | None,
    keep_case: bool,
    dummy4unknown: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Evaluate the vectors of a store on analogy questions and on word pairs with human scores.

    FILE is UTF-8 text, plain or compressed, or - for standard input; a directory stands for the files in it.
    It has analogy questions, four words in a line, as word2vec and GloVe publish them; or word pairs, two
    words and a score in a line, as in WordSim-353, SimLex-999, MEN and RW.
    """
    vectors = glovefast.load(path)
    with ProgressMeter(quiet) as progress:
        result = glovefast.evaluate(
            vectors,
            *files,
            kind=kind,
            method=method,
            restrict_vocab=restrict_vocab,
            case_insensitive=not keep_case,
            dummy4unknown=dummy4unknown,
            progress=progress,
        )
    if as_json:
        print_json({"store": str(path), "files": list(files), **result.to_dict()})
    else:
        print_text(str(result))
    if not result.counted:
        raise GlovefastError(
            f"{path}: no question can be answered, because each has a word that the store lacks; "
            "check that the questions are in the language of the vectors"
        )
