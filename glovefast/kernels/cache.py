"""The user's cache of compiled kernels: where it is, and how files get into it."""

import os
from pathlib import Path

from glovefast.regular_files import open_regular_file


def cache_directory() -> Path:
    """Return the directory of the cache, which may be missing or unusable."""
    directory = os.environ.get("GLOVEFAST_CACHE_DIR")
    if directory:
        return Path(directory)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "glovefast"
    except RuntimeError:  # no home directory: use a path where nobody can read or write
        return Path(os.devnull) / "glovefast"


def read(path: Path) -> bytes:
    """Read a regular file; nothing waits for a FIFO that has its name."""
    with open_regular_file(path) as file:
        return file.read()


def keep(path: Path, contents: bytes) -> None:
    """Write a file of the cache completely or not at all, even if several processes write it at once."""
    import tempfile

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".", suffix=".partial") as directory:
        written = Path(directory, path.name)
        written.write_bytes(contents)
        written.replace(path)
