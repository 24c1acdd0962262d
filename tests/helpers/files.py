"""Names of files in directories."""

from pathlib import Path


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def names_here() -> list[str]:
    return names(Path())
