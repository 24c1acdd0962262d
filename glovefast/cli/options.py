"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glovefast.cli.terminal import shown_log

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class FilePath(click.Path):
    """A path that is not empty: an empty one is an unset variable of the shell, not the current directory."""

    def convert(
        self,
        value: Any,  # noqa: ANN401 - as click declares it
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:  # noqa: ANN401 - as click declares it
        """Check and convert a value from the command line."""
        if value == "":
            self.fail("the path is empty", param, ctx)
        return super().convert(value, param, ctx)


Command = TypeVar("Command", bound=Callable[..., Any])

# Copies of the library's lists, which would have to be imported for every --help; a test compares them.
ERRORS = ("strict", "replace", "backslashreplace", "cp1252")
NUMBER_TYPES = ("float32", "float16", "int8")
QUESTION_KINDS = ("analogies", "similarity")
ANALOGY_METHODS = ("3cosadd", "3cosmul")
OUT_OF_VOCABULARY = ("zeros", "normal", "mean", "unk")
WORD_FORMS = (
    *("nfkc", "visible", "straight", "treebank", "strip", "possessive", "accents", "apostrophes", "hyphens"),
    *("digits", "lower", "title", "upper"),
)


def output_option(help_text: str) -> Callable[[Command], Command]:
    """Create the option for the file that a command writes; the text says what it is."""
    return click.option(
        "-o",
        "--output",
        "destination",
        metavar="FILE",
        type=FilePath(path_type=Path),
        required=True,
        help=help_text,
    )


def _show_log(context: click.Context, parameter: click.Parameter, quiet: bool) -> bool:
    context.with_resource(shown_log(quiet))
    return quiet


quiet_option = click.option(
    "--quiet", "-q", is_flag=True, callback=_show_log, help="Print only warnings and errors."
)
quiet_progress_option = click.option(
    "--quiet", "-q", is_flag=True, callback=_show_log, help="Show no progress, only the result and warnings."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")


def _check_forms(
    context: click.Context, parameter: click.Parameter, fallback: tuple[str, ...]
) -> tuple[str, ...]:
    for chain in fallback:
        from glovefast.matrix.word_forms import word_form

        try:
            word_form(chain)
        except ValueError:
            from difflib import get_close_matches

            for name in chain.split("+"):
                if name not in WORD_FORMS and (similar := get_close_matches(name, WORD_FORMS, n=1)):
                    raise click.BadParameter(f"{name!r} is unknown; did you mean {similar[0]!r}?") from None
            names = ", ".join(WORD_FORMS)
            raise click.BadParameter(f"{chain!r} is not one of {names}, or several joined by +") from None
    return fallback


def _complete_forms(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    from click.shell_completion import CompletionItem

    before, plus, name = incomplete.rpartition("+")
    return [CompletionItem(f"{before}{plus}{form}") for form in WORD_FORMS if form.startswith(name)]


def read_separator(context: click.Context, parameter: click.Parameter, separator: str | None) -> str | None:
    """Check the option ``--separator``, and translate the names of a tab and a space."""
    from glovefast.parser.separators import separator_of

    separator = {"tab": "\t", "\\t": "\t", "space": " "}.get(separator or "", separator)
    try:
        separator_of(separator)
    except ValueError as error:
        raise click.BadParameter("must" + str(error).partition("must")[2]) from None
    return separator


def check_encoding(encoding: str, separator: str | None) -> None:
    """Check the option ``--encoding``, which must also fit the separator."""
    from glovefast.parser.decoding import checked_encoding
    from glovefast.parser.separators import separator_of

    try:
        checked_encoding(encoding, separator_of(separator).byte)
    except ValueError as error:
        raise click.UsageError(f"--{error}") from None


def fallback_option(help_text: str) -> Callable[[Command], Command]:
    """Create the option for other forms of words.

    Parameters
    ----------
    help_text : str
        What the forms are for; their names are added.
    """
    return click.option(
        "--fallback",
        metavar="FORM",
        multiple=True,
        callback=_check_forms,
        shell_complete=_complete_forms,
        help=f"{help_text} FORM is {', '.join(WORD_FORMS)}, or several joined by +.",
    )
