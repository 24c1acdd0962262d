"""``python -m glovefast`` and the ``glovefast`` command: a process for one run of `glovefast.cli`."""

# Python has loaded these two already; any other import takes a while, and an interrupt then is a traceback.
import os
import sys


def run() -> None:
    """Run the command and end the process."""
    if sys.argv[1:2] == ["convert"]:
        # NumPy's OpenBLAS starts a thread per processor, each of which spins for 75 ms while the workers
        # need the processors. Conversions multiply no matrices.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from glovefast import cli
        from glovefast.cli.signals import EndingSignals

        with EndingSignals() as signals:
            leave(cli.run(signals))
    except KeyboardInterrupt:
        sys.stderr.write("glovefast: interrupted\n")
        leave(130)


def leave(code: int) -> None:
    """End the process at once; everything is written and closed.

    Python would first tear down its modules, which takes 20 to 40 ms with NumPy, pyarrow and LLVM loaded: a
    tenth of the time that converting a large file takes. The system frees their memory anyway.
    """
    from contextlib import suppress

    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError, ValueError):  # closed, or without a reader; already reported
                stream.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
