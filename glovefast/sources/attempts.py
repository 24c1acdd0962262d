"""Ask a server again after a failure that may pass: with growing pauses, and not forever."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from glovefast.errors import FetchError
from glovefast.sources.remote import InterruptedTransfer, Remote, Version

Answer = TypeVar("Answer")

# So many attempts in a row that bring nothing end a transfer; fewer if the server was never reached.
_ATTEMPTS, _ATTEMPTS_OFFLINE = 6, 2
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0  # seconds between attempts, twice as long each time

_log = logging.getLogger("glovefast")


class OfflineError(FetchError):
    """No server was reached."""


def is_unchanged(remote: Remote, version: Version) -> bool:
    """Ask a server whether a file still is of a version; as patiently as for its bytes.

    Raises
    ------
    FetchError
        If the server does not answer.
    """
    return Attempts(remote.address).repeat(lambda: remote.is_unchanged(version))


class Attempts:
    """Counts the attempts that brought nothing, and waits between them.

    Parameters
    ----------
    address : str
        What is asked for.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._in_vain = 0
        self._was_reached = False
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Wait no more."""
        self._stopped.set()

    def has_brought_something(self) -> None:
        """Count from nothing again."""
        self._in_vain, self._was_reached = 0, True

    def wait_after(self, error: InterruptedTransfer) -> None:
        """Wait before the next attempt; raise FetchError if there have been enough."""
        self._in_vain += 1
        never_reached = error.offline and not self._was_reached
        if self._in_vain >= (_ATTEMPTS_OFFLINE if never_reached else _ATTEMPTS):
            kind = OfflineError if error.offline else FetchError
            raise kind(
                self._address, f"{error.reason}; try again later; the download continues where it stopped"
            ) from error
        if not never_reached:
            _log.info("%s: %s; trying again", self._address, error.reason)
        seconds = min(_LONGEST_WAIT, max(_FIRST_WAIT * 2 ** (self._in_vain - 1), error.wait or 0))
        self._stopped.wait(seconds)

    def repeat(self, ask: Callable[[], Answer]) -> Answer:
        """Ask until there is an answer; raise FetchError if there have been enough attempts."""
        while True:
            try:
                answer = ask()
            except InterruptedTransfer as error:
                self.wait_after(error)
            else:
                self._was_reached = True
                return answer
