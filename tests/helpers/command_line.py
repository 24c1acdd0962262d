"""What the tests of the command share: its text, its processes, and what lies in its directory."""

import subprocess
import sys
from pathlib import Path

TEXT = "the 0.5 1\nof -2 3.25\nking 4 5\n"


def started(*arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "glovefast", *arguments], **options)


def names_here() -> list[str]:
    return sorted(path.name for path in Path().iterdir())
