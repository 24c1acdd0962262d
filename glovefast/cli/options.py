"""What the commands' options have in common."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from glovefast.cli.terminal import shown_log
from glovefast.matrix.word_forms import WORD_FORMS, word_form

Command = TypeVar("Command", bound=Callable[..., Any])

# The library's own lists would have to be imported for every --help; a test holds them together.
ERRORS = ("strict", "replace", "backslashreplace", "cp1252")
OUT_OF_VOCABULARY = ("zeros", "normal", "mean", "unk")


def _show_log(context: click.Context, parameter: click.Parameter, quiet: bool) -> bool:
    context.with_resource(shown_log(quiet))
    return quiet


quiet_option = click.option(
    "--quiet", "-q", is_flag=True, callback=_show_log, help="No progress, only warnings."
)
quiet_log_option = click.option(
    "--quiet", "-q", is_flag=True, callback=_show_log, expose_value=False, help="Only warnings."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")


def _check_forms(
    context: click.Context, parameter: click.Parameter, fallback: tuple[str, ...]
) -> tuple[str, ...]:
    for name in fallback:
        try:
            word_form(name)
        except ValueError:
            names = ", ".join(WORD_FORMS)
            raise click.BadParameter(f"{name!r} is not one of {names}, or several joined by +") from None
    return fallback


def fallback_option(help_text: str) -> Callable[[Command], Command]:
    """Make the option for other forms of words.

    Parameters
    ----------
    help_text : str
        What they are for; the names are added.
    """
    return click.option(
        "--fallback",
        metavar="FORM",
        multiple=True,
        callback=_check_forms,
        help=f"{help_text} FORM is {', '.join(WORD_FORMS)}, or several joined by +.",
    )
