"""Where a store or a file may be written: checked before any work is done for it.

Nothing that glovefast did not make is replaced: of directories only stores, without other files in them, and
of files only regular ones, when the caller asks for it.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from glovefast.errors import StoreError
from glovefast.regular_files import open_regular_file
from glovefast.store.files import FILES, MODEL_CONFIG, MODEL_FILES, MORE_FILES, WRITTEN_BY
from glovefast.store.metadata_file import is_store

_LARGEST_CONFIG = 1 << 16
_EXISTS = "already exists; choose another destination, or replace it (overwrite=True, --force)"


def check_store_destination(destination: Path, overwrite: bool) -> None:
    """Check that a store can be written.

    Raises
    ------
    StoreError
        If the parent directory is missing; if the destination is inside a store; if something is there and
        `overwrite` is false, or it is not a store, or a store with other files in it.
    OSError
        If the destination cannot be looked at: its name is too long, for example.
    """
    if not _is_taken(destination):
        return
    if not overwrite:
        raise already_exists(destination)
    if not destination.exists():  # a link that leads nowhere
        return
    if not is_store(destination):
        raise StoreError(
            destination, "is not a glovefast store, so it is not replaced; choose another destination"
        )
    others = _files_of_others(destination, {*FILES, *MORE_FILES})
    if others:
        raise StoreError(
            destination,
            f"has files that do not belong to a store, so it is not replaced; move them first: "
            f"{', '.join(others[:5])}",
        )


def check_model_destination(destination: Path, overwrite: bool) -> None:
    """Check that a static embedding model can be written.

    Raises
    ------
    StoreError
        If the parent directory is missing; if the destination is inside a store; if something is there and
        `overwrite` is false, or it is not a model that glovefast wrote, or one with other files in it.
    OSError
        If the destination cannot be looked at: its name is too long, for example.
    """
    if not _is_taken(destination):
        return
    if not overwrite:
        raise already_exists(destination)
    if not destination.exists():  # a link that leads nowhere
        return
    if not _is_model_of_ours(destination) or _files_of_others(destination, set(MODEL_FILES)):
        reason = "is not a model that glovefast exported, so it is not replaced; choose another destination"
        raise StoreError(destination, reason)


def _is_model_of_ours(directory: Path) -> bool:
    try:
        with open_regular_file(directory / MODEL_CONFIG) as file:
            config = json.loads(file.read(_LARGEST_CONFIG))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(config, dict) and WRITTEN_BY in config


def _files_of_others(directory: Path, known: set[str]) -> list[str]:
    """List what is in a directory but not one of its files: a link, FIFO or directory of such a name, too."""
    with os.scandir(directory) as entries:
        return sorted(
            entry.name
            for entry in entries
            if entry.name not in known or not entry.is_file(follow_symlinks=False)
        )


def check_file_destination(destination: Path, overwrite: bool) -> None:
    """Check that a file can be written.

    Raises
    ------
    StoreError
        If the parent directory is missing; if the destination is inside a store; if something is there and
        `overwrite` is false, or it is not a regular file.
    OSError
        If the destination cannot be looked at: its name is too long, for example.
    """
    if not _is_taken(destination):
        return
    if destination.is_dir():
        raise StoreError(destination, "is a directory; give the name of a file")
    if not overwrite:
        raise already_exists(destination)
    if problem := not_a_regular_file(destination):
        raise StoreError(destination, f"{problem}; choose another destination")


def not_a_regular_file(path: Path) -> str | None:
    """Say why a file does not replace what is at a path; None if that is a regular file, or nothing."""
    if path.is_file() or not os.path.lexists(path):
        return None
    return "is not a regular file, so it is not replaced"


def already_exists(destination: Path) -> StoreError:
    """Make the error for a destination that exists."""
    return StoreError(destination, _EXISTS)


def _is_taken(destination: Path) -> bool:
    """Say whether something is at a destination; its parent directory must exist and not be in a store."""
    parent = destination.absolute().parent
    if not parent.is_dir():
        raise StoreError(destination, f"the directory {parent} does not exist; make it first")
    try:
        os.lstat(destination)
        is_taken = True
    except FileNotFoundError:
        is_taken = False
    for directory in Path(os.path.realpath(destination)).parents:  # where a link leads counts
        with suppress(OSError):  # another user's metadata.json, say
            if is_store(directory):
                raise StoreError(
                    destination, f"is inside the store {directory}; choose a place outside of it"
                )
    return is_taken
