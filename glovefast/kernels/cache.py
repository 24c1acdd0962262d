"""Read files of the user's cache, and put files into it."""

from pathlib import Path

from glovefast.regular_files import open_regular_file


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
