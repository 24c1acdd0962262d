"""Where glovefast keeps what it would otherwise make or fetch again: kernels, stores and parts of files."""

import os
from pathlib import Path


def expanded(directory: str | os.PathLike[str]) -> Path:
    """Put the home directory in place of ``~``, which shells leave in quotes and in configuration files."""
    try:
        return Path(directory).expanduser()
    except RuntimeError:  # no such user
        return Path(directory)


def cache_directory() -> Path:
    """Choose the directory: GLOVEFAST_CACHE_DIR, or ``glovefast`` in XDG_CACHE_HOME or in ``~/.cache``.

    It may be missing or unusable.
    """
    directory = os.environ.get("GLOVEFAST_CACHE_DIR")
    if directory:
        return expanded(directory)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "glovefast"
    except RuntimeError:  # no home directory: use a path where nobody can read or write
        return Path(os.devnull) / "glovefast"
