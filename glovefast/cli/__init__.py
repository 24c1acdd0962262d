"""The ``glovefast`` command: arguments in, exit code out."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from glovefast.cli.commands import command
from glovefast.cli.terminal import complain, discard_output
from glovefast.errors import GlovefastError

DONE, FAILED, INTERRUPTED = 0, 1, 130

_ADVICE = {
    errno.ENOENT: "check the path",
    errno.EACCES: "check its permissions",
    errno.ENOSPC: "free some space, or write to another disk",
    errno.EROFS: "choose another destination with -o",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the program's name; by default those of the process.

    Returns
    -------
    int
        The exit code: 0 done, 1 the work failed, 2 wrong usage, 130 interrupted.
    """
    if sys.stdout is None:  # as with >&-
        complain("error: standard output is closed; give the results a place to go, if only >/dev/null")
        return FAILED
    try:
        with _termination_as_interrupt():
            code = _run(sys.argv[1:] if argv is None else list(argv))
            sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough, as in: glovefast info STORE | head -1
        discard_output()
        return FAILED
    except (GlovefastError, OSError) as error:
        complain(f"error: {_explain(error)}")
        return FAILED
    return code


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """Let the signals that end a process clear up as Ctrl-C does: nothing half-written stays behind."""
    ending = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        ending = []  # only the main thread may set handlers
    ours = [number for number in ending if signal.getsignal(number) == signal.SIG_DFL]  # nohup ignores SIGHUP
    for number in ours:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _run(arguments: list[str]) -> int:
    try:
        with command.make_context("glovefast", arguments) as context:
            command.invoke(context)
    except click.exceptions.Exit as done:  # after --help and --version
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return DONE


def _explain(error: GlovefastError | OSError) -> str:
    if isinstance(error, GlovefastError) or error.strerror is None:
        return str(error) or type(error).__name__
    where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    advice = _ADVICE.get(error.errno or 0)
    return f"{where}{error.strerror}" + (f"; {advice}" if advice else "")
