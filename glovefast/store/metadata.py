"""metadata.json: what a store says of itself, its version and its checksums."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

from glovefast._version import __version__
from glovefast.errors import StoreError
from glovefast.store.checksums import blank, is_sealed, sealed

FORMAT = "glovefast"
FORMAT_VERSION = 1
METADATA = "metadata.json"
DTYPE = "float32"

# Usually one kilobyte; the names of source, members and missing words stand in it, but nothing that grows.
LARGEST = 1 << 24


def sealed_metadata(metadata: Mapping[str, Any], checksums: Mapping[str, str]) -> bytes:
    """Make the bytes of metadata.json.

    Parameters
    ----------
    metadata : mapping
        What it says besides its format and version.
    checksums : mapping
        File name to checksum; that of metadata.json itself is added: the checksum of its bytes with zeros in
        the place of the checksum's digits.

    Returns
    -------
    bytes
        JSON in UTF-8.
    """
    description = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "glovefast_version": __version__,
        **metadata,
        "checksums": {**checksums, METADATA: blank()},
    }
    return sealed(json.dumps(description, indent=2, ensure_ascii=False) + "\n")


def parse_metadata(directory: Path, raw: bytes) -> dict[str, Any]:
    """Read metadata.json and check what opening a store relies on.

    Parameters
    ----------
    directory : pathlib.Path
        The store, for messages.
    raw : bytes
        The file.

    Returns
    -------
    dict
        Its contents; `rows` and `dim` are there and are whole numbers.

    Raises
    ------
    StoreError
        If it is no JSON object, not that of a store, or of a version that is not known here.
    """
    if len(raw) > LARGEST:
        raise StoreError.damaged(directory, f"{METADATA} is larger than {LARGEST >> 20} MiB")
    try:
        metadata: dict[str, Any] = json.loads(raw.decode())
    except UnicodeDecodeError as error:
        raise StoreError.damaged(directory, f"{METADATA} is not UTF-8 ({error})") from error
    except (ValueError, RecursionError) as error:  # RecursionError where brackets are nested too deep
        raise StoreError.damaged(directory, f"{METADATA} is no JSON ({error})") from error
    if not says_store(metadata):
        raise StoreError(directory, f"is not a glovefast store: its {METADATA} does not say so")
    version = metadata.get("format_version")
    if not _is_count(version) or not 1 <= version <= FORMAT_VERSION:
        raise StoreError(
            directory,
            f"has format version {version!r}, and this glovefast {__version__} reads up to "
            f"{FORMAT_VERSION}; update it: pip install --upgrade glovefast",
        )
    for key in ("rows", "dim"):
        if not _is_count(metadata.get(key)):
            raise StoreError.damaged(directory, f"{METADATA} gives no usable {key!r}")
    if metadata.get("dtype") != DTYPE:
        reason = f"{METADATA} says that the numbers are {metadata.get('dtype')!r}, not {DTYPE}"
        raise StoreError.damaged(directory, reason)
    return metadata


def says_store(metadata: object) -> bool:
    """Say whether metadata is that of a store, of whatever version; others have a metadata.json, too."""
    return isinstance(metadata, dict) and metadata.get("format") == FORMAT


def is_store(directory: Path) -> bool:
    """Say whether a directory is a store of whatever version."""
    try:
        return says_store(json.loads((directory / METADATA).read_bytes().decode()))
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return False


def checksums_of(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Give the checksums that a store's metadata has, by file name; none for what is no checksum."""
    checksums = metadata.get("checksums")
    if not isinstance(checksums, Mapping):
        return {}
    return {str(name): text for name, text in checksums.items() if isinstance(text, str)}


def is_as_written(raw: bytes, metadata: Mapping[str, Any]) -> bool:
    """Say whether the file's bytes agree with the checksum of its own that stands in it."""
    own = checksums_of(metadata).get(METADATA)
    return own is not None and is_sealed(raw, own)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
