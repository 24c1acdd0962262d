"""Signals that end the command: they interrupt the work so that it can clean up, and decide the exit code."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

_RETRY_SECONDS = 0.02
_CODE_UNIT = 2  # bytes of an instruction
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
        # Modules written in C turn an exception during their import into another one, or print it; a lock
        # that has just been taken would stay locked.
        is_bad_moment = _is_inside(frame) or _is_entering(frame)
        if not (is_bad_moment and _sent_again(number)):
            raise Interrupted(number)


def _is_inside(frame: FrameType | None) -> bool:
    """Say whether a frame is inside an import, or inside the handler, which is sending a signal again."""
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        if frame.f_code is EndingSignals._handle.__code__:
            return True
        frame = frame.f_back
    return False


def _is_entering(frame: FrameType | None) -> bool:
    """Say whether a `with` statement has called ``__enter__``, but would not yet call ``__exit__``.

    Python itself handles signals there since 3.14 (https://github.com/python/cpython/issues/148874); the
    ``__enter__`` of a condition is written in Python, so that signals have always been handled in it.
    """
    if frame is None:
        return False
    if frame.f_code is threading.Condition.__enter__.__code__:
        return True
    import opcode

    before = frame.f_lasti - _CODE_UNIT
    return before >= 0 and frame.f_code.co_code[before] == opcode.opmap.get("LOAD_SPECIAL")


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
