"""metadata.json as a file: written with a checksum of its own, and checked when it is read."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glovefast._version import __version__
from glovefast.errors import StoreError, shortened
from glovefast.regular_files import NOT_REGULAR, open_regular_file
from glovefast.store.checksums import blank, is_sealed, sealed
from glovefast.store.json_fields import JsonFields, UnusableError
from glovefast.store.metadata import FORMAT, FORMAT_VERSION, NUMBER_TYPES, Metadata

METADATA = "metadata.json"
# Usually a kilobyte. It holds the names of the source, its member and some missing words, but nothing that
# grows with the store.
LARGEST = 1 << 24


def sealed_json(description: Mapping[str, Any]) -> bytes:
    """Make the bytes of metadata.json.

    Parameters
    ----------
    description : mapping
        Its contents. To its ``checksums`` the file's own is added: the checksum of its bytes with zeros in
        place of the checksum's digits.

    Returns
    -------
    bytes
        JSON in UTF-8.
    """
    checksums = {**description["checksums"], METADATA: blank()}
    return sealed(json.dumps({**description, "checksums": checksums}, indent=2, ensure_ascii=False) + "\n")


def parse_metadata(directory: Path, raw: bytes) -> Metadata:
    """Read metadata.json and check the type of every value.

    Parameters
    ----------
    directory : pathlib.Path
        The store, for messages.
    raw : bytes
        The file.

    Returns
    -------
    Metadata
        Its contents.

    Raises
    ------
    StoreError
        If it is not the metadata of a store, a value has the wrong type, or the format's version is not the
        one that this glovefast reads.
    """
    if len(raw) > LARGEST:
        raise StoreError.damaged(directory, f"{METADATA} is larger than {LARGEST >> 20} MiB")
    try:
        values = json.loads(raw.decode())
    except UnicodeDecodeError as error:
        raise StoreError.damaged(directory, f"{METADATA} is not UTF-8 ({error})") from error
    except (ValueError, RecursionError) as error:  # RecursionError where brackets are nested too deep
        raise StoreError.damaged(directory, f"{METADATA} is not JSON ({error})") from error
    if not says_store(values):
        raise StoreError(directory, f"is not a glovefast store: its {METADATA} is from another program")
    _check_version(directory, values.get("format_version"))
    try:
        metadata = Metadata.read(JsonFields(values))
    except UnusableError as error:
        raise StoreError.damaged(directory, f"{METADATA} has no valid {shortened(error.key)}") from error
    if metadata.dtype not in NUMBER_TYPES:
        names = ", ".join(NUMBER_TYPES)
        reason = f"{METADATA} says that the numbers are {shortened(metadata.dtype)}, not one of {names}"
        raise StoreError.damaged(directory, reason)
    return metadata


def _check_version(directory: Path, version: object) -> None:
    is_number = isinstance(version, int) and not isinstance(version, bool)
    if is_number and version == FORMAT_VERSION:
        return
    if is_number and version == 1:
        import shlex

        command = f"glovefast convert SOURCE -o {shlex.quote(str(directory))} --force"
        raise StoreError(
            directory, f"has format version 1, which is no longer read; convert its source again: {command}"
        )
    raise StoreError(
        directory,
        f"has format version {shortened(version)}, and this glovefast {__version__} reads version "
        f"{FORMAT_VERSION}; update glovefast",
    )


def says_store(values: object) -> bool:
    """Check whether this is the metadata of a store, of any version; other tools have a metadata.json too."""
    return isinstance(values, dict) and values.get("format") == FORMAT


def is_store(directory: Path) -> bool:
    """Say whether a directory is a store of any version."""
    try:
        with open_regular_file(directory / METADATA) as file:
            raw = file.read(min(os.fstat(file.fileno()).st_size, LARGEST) + 1)
        return len(raw) <= LARGEST and says_store(json.loads(raw.decode()))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError, RecursionError):
        return False
    except OSError as error:
        if error.errno in NOT_REGULAR:
            return False
        raise


def is_as_written(raw: bytes, metadata: Metadata) -> bool:
    """Say whether the bytes of the file agree with the checksum of its own that stands in it."""
    own = metadata.checksums.get(METADATA)
    return own is not None and is_sealed(raw, own)
