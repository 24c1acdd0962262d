"""Run the command with its arguments, and turn every error into one line and an exit code."""

import errno
import os
import sys
from pathlib import Path

import click

from glovefast.cli.commands import command
from glovefast.cli.signals import EndingSignals
from glovefast.cli.terminal import complain, discard_output
from glovefast.errors import GlovefastError, StoreError, printable

DONE, FAILED = 0, 1

_NAME = "glovefast"
_COMPLETION = "_GLOVEFAST_COMPLETE"  # the variable's name is click's convention

_ADVICE = {
    errno.EACCES: "check its permissions",
    errno.ENOSPC: "free some space, or write to another disk",
    errno.EROFS: "choose another destination with -o",
}


def run_command(arguments: list[str], signals: EndingSignals) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : list of str
        What follows the program's name.
    signals : EndingSignals
        Told when the work is done.

    Returns
    -------
    int
        The exit code.
    """
    if sys.stdout is None:  # closed, as by >&-
        complain("error: standard output is closed; redirect it to a file or to /dev/null")
        return FAILED
    try:
        code = _completed(arguments, signals)
        sys.stdout.flush()
    except click.Abort:
        raise KeyboardInterrupt from None
    except BrokenPipeError:  # the reader has seen enough, as in: glovefast info STORE | head -1
        discard_output()
        code = FAILED
    except (GlovefastError, OSError, MemoryError, RecursionError, ImportError) as error:
        if signals.received is not None:
            raise
        complain(f"error: {_swapped(error, arguments) or _explain(error)}")
        code = FAILED
    signals.finish()
    return code


def _completed(arguments: list[str], signals: EndingSignals) -> int:
    if instruction := os.environ.get(_COMPLETION):
        from click.shell_completion import shell_complete

        try:
            if shell_complete(command, {}, _NAME, _COMPLETION, instruction) == 0:
                return DONE
        except (KeyError, ValueError):  # of the variables that only the shell's script sets
            complain(
                f"error: {_COMPLETION}={instruction} needs COMP_WORDS and COMP_CWORD, as shells set them"
            )
            return FAILED
        complain(f"error: {_COMPLETION} must be bash_source, zsh_source or fish_source, not {instruction!r}")
        return FAILED
    try:
        with command.make_context(_NAME, arguments, obj=signals) as context:
            command.invoke(context)
    except click.exceptions.Exit as done:  # after --help and --version
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return DONE


def _swapped(error: Exception, arguments: list[str]) -> str | None:
    """Name the store where it was given behind something that is not one."""
    if not isinstance(error, StoreError) or error.path not in arguments:
        return None
    from glovefast.store.metadata_file import is_store

    if is_store(Path(error.path)):
        return None
    behind = arguments[arguments.index(error.path) + 1 :]
    store = next((each for each in behind if is_store(Path(each))), None)
    if store is None:
        return None
    return f"{printable(error.path)} is not a store, but {printable(store)} is: pass the store first"


def _explain(error: Exception) -> str:
    if isinstance(error, MemoryError) and not isinstance(error, GlovefastError):
        return "out of memory; close other programs, or use fewer --threads"
    if isinstance(error, RecursionError):
        return "the input is nested too deeply"
    if isinstance(error, ImportError) and not isinstance(error, GlovefastError):
        reason = str(error).strip().split("\n")[-1]
        return f"a library cannot be loaded; reinstall it, or free some memory: {reason}"
    if isinstance(error, GlovefastError) or not isinstance(error, OSError) or error.strerror is None:
        return str(error) or type(error).__name__
    where = "" if error.filename is None else os.fsdecode(error.filename)
    if "; " in error.strerror:  # it says what to do already
        return f"{where}: {error.strerror}".removeprefix(": ")
    advice = _advice_on_missing(Path(where)) if error.errno == errno.ENOENT else _ADVICE.get(error.errno or 0)
    return f"{where}: {error.strerror}".removeprefix(": ") + (f"; {advice}" if advice else "")


def _advice_on_missing(missing: Path) -> str:
    from glovefast.sources.names import near_files, question

    try:
        Path.cwd()
    except FileNotFoundError:
        if not missing.is_absolute():
            return "the current directory no longer exists: change to another one"
    return question(near_files(missing)) or "check the path"
