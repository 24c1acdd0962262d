"""``glovefast`` and its shorter commands: their arguments, and what they print."""

from pathlib import Path

import click

import glovefast
from glovefast.cli.convert_command import convert
from glovefast.cli.coverage_command import coverage
from glovefast.cli.embed_command import embed
from glovefast.cli.evaluate_command import evaluate
from glovefast.cli.export_command import export
from glovefast.cli.fetch_command import cache, fetch
from glovefast.cli.matrix_command import matrix
from glovefast.cli.neighbor_commands import analogy, similar
from glovefast.cli.options import FilePath, json_option, quiet_option, quiet_progress_option
from glovefast.cli.plot_command import plot
from glovefast.cli.summary import counted, describe_installation, describe_store, describe_verification
from glovefast.cli.terminal import ProgressMeter, print_json, print_text
from glovefast.errors import GlovefastError

_FIRST_WORDS = 10


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  glovefast convert glove.6B.100d.txt
  glovefast fetch glove.6B.100d
  glovefast info glove.6B.100d.glovefast
  glovefast verify glove.6B.100d.glovefast --against glove.6B.100d.txt
  glovefast matrix glove.6B.100d.glovefast words.txt -o matrix.npy
  glovefast coverage glove.6B.100d.glovefast train.txt
  glovefast embed glove.6B.100d.glovefast train.txt -o vectors.npy
  glovefast similar glove.6B.100d.glovefast king
  glovefast analogy glove.6B.100d.glovefast king man woman
  glovefast evaluate glove.6B.100d.glovefast questions-words.txt
  glovefast plot glove.6B.100d.glovefast words.txt -o map.png
  glovefast export glove.6B.100d.glovefast glove.6B.100d.bin
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
    """Convert pretrained word vectors once; then look up, compare and embed words in milliseconds."""


for each in (convert, matrix, coverage, embed, similar, analogy, evaluate, plot, export, fetch, cache):
    command.add_command(each)


@command.command(
    epilog="""\b
Examples:
  glovefast info glove.6B.100d.glovefast
  glovefast info glove.6B.100d.glovefast --json
  glovefast info"""
)
@click.argument("path", metavar="[STORE]", required=False, type=FilePath(path_type=Path))
@quiet_progress_option
@json_option
def info(*, path: Path | None, quiet: bool, as_json: bool) -> None:
    """Show what a store contains and where it came from.

    Without STORE: show how this installation runs its compiled kernels.
    """
    if path is None:
        from glovefast.kernels.load import kernels_in_use

        installation = {"version": glovefast.__version__, "kernels": kernels_in_use()}
        if as_json:
            print_json(installation)
        else:
            print_text(describe_installation(installation))
        return
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
@click.argument("path", metavar="STORE", type=FilePath(path_type=Path))
@click.option(
    "--against",
    metavar="SOURCE",
    type=FilePath(),
    help="Also compare with the text it was made from, bit for bit: any SOURCE that convert accepts.",
)
@click.option(
    "--member", metavar="NAME", help="The archive's member. Default: the one the store was made from."
)
@quiet_option
@json_option
def verify(*, path: Path, against: str | None, member: str | None, quiet: bool, as_json: bool) -> None:
    """Check a store: every byte, the words and the index.

    Lists all problems; the exit code is then 1.
    """
    if member is not None and against is None:
        raise click.UsageError("--member needs --against with an archive")
    with ProgressMeter(quiet) as progress:
        result = glovefast.verify(path, against, member=member, progress=progress)
    if as_json:
        print_json({**result.to_dict(), "seconds": progress.seconds})
    elif not (quiet and result.ok):
        print_text(describe_verification(result))
    if not result.ok:
        advice = "convert its source again"
        if against is not None:
            advice = f"if {against} is the text it was made from, convert it again"
        raise GlovefastError(f"{path}: found {counted(len(result.problems), 'problem')}; {advice}")


@command.command(
    short_help="Run the Keras tutorial with glovefast.",
    epilog="""\b
Examples:
  glovefast demo
  glovefast demo --vectors glove.6B.zip --member glove.6B.100d.txt
  glovefast demo --vectors glove.6B.100d.glovefast -o learned/""",
)
@click.option(
    "--vectors",
    "vectors_file",
    metavar="FILE",
    type=FilePath(),
    help="Word vectors to use instead of the sample: a text file, an archive (with --member) or a store.",
)
@click.option("--member", metavar="NAME", help="The archive's member: its name, or the end of its name.")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=FilePath(),
    help="The directory for the results. Default: a new temporary directory, which is kept.",
)
@quiet_progress_option
@json_option
def demo(
    *, vectors_file: str | None, member: str | None, output: str | None, quiet: bool, as_json: bool
) -> None:
    """Run the Keras embedding tutorial with glovefast.

    The result is compared with the loop of the tutorial (read each line, split(), np.asarray). This needs
    Keras and one of its backends: the extra tensorflow, jax or torch.
    """
    from glovefast.demo.walkthrough import run

    with ProgressMeter(quiet) as progress:

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
