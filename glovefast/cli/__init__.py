"""The ``glovefast`` command: arguments in, exit code out. May import every room but `__main__`."""

import sys
from collections.abc import Sequence
from contextlib import suppress

from glovefast.cli.signals import EndingSignals, Interrupted

FAILED, INTERRUPTED = 1, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the program's name; by default the arguments of the process.

    Returns
    -------
    int
        The exit code: 0 done, 1 the work failed, 2 wrong usage, 130 interrupted (143 and 129 for SIGTERM and
        SIGHUP).
    """
    with EndingSignals() as signals:
        return run(signals, argv)


def run(signals: EndingSignals, argv: Sequence[str] | None = None) -> int:
    """Run the command while `signals` are handled; see `main`."""
    try:
        # Imported here, because it takes a while and an interrupt must not end in a traceback.
        from glovefast.cli.running import run_command

        return run_command(sys.argv[1:] if argv is None else list(argv), signals)
    except (Exception, KeyboardInterrupt) as error:
        message = "interrupted"
        if isinstance(error, Interrupted):
            code = error.exit_code
        elif signals.received is not None:  # the interrupt was turned into another error
            code = Interrupted(signals.received).exit_code
        elif isinstance(error, KeyboardInterrupt):
            code = INTERRUPTED
        elif isinstance(error, OSError | MemoryError | ImportError):  # no modules without files or memory
            code, message = FAILED, f"error: the command cannot be loaded: {error}"
        else:
            raise
        signals.finish()
        if sys.stderr is not None:
            with suppress(OSError, ValueError):  # closed
                sys.stderr.write(f"glovefast: {message}\n")
        return code
