"""Where glovefast keeps what it would otherwise make or fetch again: kernels, stores and parts of files."""

import os
from pathlib import Path


def cache_directory() -> Path:
    """Choose the directory: GLOVEFAST_CACHE_DIR, or ``glovefast`` in XDG_CACHE_HOME or in ``~/.cache``.

    It may be missing or unusable.
    """
    directory = os.environ.get("GLOVEFAST_CACHE_DIR")
    if directory:
        return Path(directory)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "glovefast"
    except RuntimeError:  # no home directory: use a path where nobody can read or write
        return Path(os.devnull) / "glovefast"
