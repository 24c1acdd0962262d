"""What the tests of the command share: its text and its processes."""

import subprocess
import sys

TEXT = "the 0.5 1\nof -2 3.25\nking 4 5\n"


def started(*arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "glovefast", *arguments], **options)
