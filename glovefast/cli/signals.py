"""Signals that end the command: they interrupt the work so that it can clean up, and decide the exit code."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

_RETRY_SECONDS = 0.02
_OF_A_SHELL = 128  # a shell reports a process that a signal ended as 128 and the signal's number


class Interrupted(KeyboardInterrupt):
    """One of the signals arrived.

    Parameters
    ----------
    number : int
        The signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = _OF_A_SHELL + number


class EndingSignals:
    """While this context is open, SIGINT, SIGTERM and SIGHUP raise `Interrupted` in the main thread.

    Signals that the parent process has set to be ignored (by nohup, for example) stay ignored.

    Attributes
    ----------
    received : int or None
        The number of the signal that arrived.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._finished = self._deferred = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # no other thread may set handlers
            for name in ("SIGINT", "SIGTERM", "SIGHUP"):
                number = getattr(signal, name, None)
                if number and signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}:
                    self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Only note a first signal meanwhile, in `received`; a second one still interrupts."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False

    def finish(self) -> None:
        """Ignore signals from now on: the work is done, and what is left takes an instant."""
        self._finished = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._finished:
            return
        is_first, self.received = self.received is None, number
        if self._deferred and is_first:
            return
        # Modules written in C turn an exception during their import into another one, or print it.
        if not (_is_importing(frame) and _sent_again(number)):
            raise Interrupted(number)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _sent_again(number: int) -> bool:
    """Send a signal to the main thread again, a moment later; say whether that works."""
    main_thread = threading.main_thread().ident
    if main_thread is None:
        return False
    timer = threading.Timer(_RETRY_SECONDS, signal.pthread_kill, (main_thread, number))
    timer.daemon = True
    try:
        timer.start()
    except RuntimeError:  # no more threads
        return False
    return True
