"""What the tests of the command share: its text and its processes."""

import subprocess
import sys
import time
from collections.abc import Callable

TEXT = "the 0.5 1\nof -2 3.25\nking 4 5\n"


def started(*arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "glovefast", *arguments], **options)


def wait_until(condition: Callable[[], object], process: subprocess.Popen) -> None:
    """Wait for something that a process does, however long that takes; it must not end before."""
    while not condition():
        assert process.poll() is None, f"it ended with {process.returncode}"
        time.sleep(0.01)
