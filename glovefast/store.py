"""The store: its files, their version, how one is written and published, opened and checked.

A store is a directory in open formats (NumPy, Arrow IPC, JSON)::

    vectors.npy        float32, C order, little-endian, (rows, dim)
    vocabulary.arrow   one column `word` (utf8): row i names vectors[i]
    index.arrow        one column `bucket`: the hash index, word -> row (see glovefast.vocabulary)
    metadata.json      format version, shape, source, checksums, what was met on the way

It is written under a temporary name beside its destination and published by one rename.
"""

import errno
import json
import os
import shlex
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import glovefast
from glovefast.errors import StoreError
from glovefast.publishing import Partial, clear_remains
from glovefast.vocabulary import BUCKET_TYPE, Vocabulary

FORMAT = "glovefast"
FORMAT_VERSION = 1
SUFFIX = ".glovefast"
VECTORS = "vectors.npy"
VOCABULARY = "vocabulary.arrow"
INDEX = "index.arrow"
METADATA = "metadata.json"
CHECKSUM = "xxh3_128"

_PIECE_BYTES = 1 << 20
# No space, no more of the user's quota, no larger files for this process (ulimit -f).
_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Store:
    """An open store.

    Attributes
    ----------
    path : pathlib.Path
        The directory.
    vectors : numpy.memmap
        (rows, dim) float32, read-only, mapped.
    vocabulary : Vocabulary
        The words and their index, mapped.
    metadata : dict
        The contents of ``metadata.json``.
    """

    path: Path
    vectors: NDArray[np.float32]
    vocabulary: Vocabulary
    metadata: dict[str, Any]


class StoreWriter:
    """Write a store under a temporary name and publish it whole, or leave nothing behind.

    Used as a context manager: `vectors_file` takes the numbers while the rows are still being read,
    `publish` adds the rest and renames. Leaving the context without `publish` removes what was written.

    Parameters
    ----------
    destination : pathlib.Path
        Where the store shall be; its parent must exist.
    dim : int
        Numbers per vector.
    overwrite : bool
        Replace what is there already.

    Raises
    ------
    StoreError
        If the destination exists and `overwrite` is false, or is not a store, or its parent is missing.
    """

    def __init__(self, destination: Path, dim: int, overwrite: bool = False) -> None:
        clear_remains(destination.resolve())
        check_destination(destination, overwrite)
        self.destination = destination
        self.dim = dim
        self._overwrite = overwrite
        # The npy header is written last, when the rows are known; NumPy leaves room in it for any row count.
        self.header_bytes = len(_npy_header(0, dim))
        # Resolved, so that a destination given as a symbolic link is replaced where it points to.
        self._partial = Partial(destination.resolve())
        self.directory = self._partial.path
        try:
            self.vectors_file = (self.directory / VECTORS).open("w+b", buffering=0)
        except BaseException:
            self._partial.discard()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.vectors_file.close()
        self._partial.discard()
        if isinstance(error, OSError) and error.errno in _DISK_IS_FULL and error.filename is None:
            error.filename = str(self.destination)  # a write knows only the number of its file

    def publish(self, vocabulary: Vocabulary, vectors_checksum: str, metadata: Mapping[str, Any]) -> None:
        """Add the words, the index and the metadata to the vectors, and put the store in its place.

        Parameters
        ----------
        vocabulary : Vocabulary
            The words, one for each row in `vectors_file`, and their index.
        vectors_checksum : str
            The hexadecimal xxh3_128 of the vectors' bytes, header not counted.
        metadata : mapping
            What to say in ``metadata.json`` besides what every store says.
        """
        rows = len(vocabulary)
        os.pwrite(self.vectors_file.fileno(), _npy_header(rows, self.dim), 0)
        os.fsync(self.vectors_file.fileno())
        self.vectors_file.close()
        checksums = {
            VECTORS: f"{CHECKSUM}:{vectors_checksum}",
            VOCABULARY: _write_column(self.directory / VOCABULARY, "word", vocabulary.words),
            INDEX: _write_column(self.directory / INDEX, "bucket", vocabulary.index),
        }
        description = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "glovefast_version": glovefast.__version__,
            "rows": rows,
            "dim": self.dim,
            "dtype": "float32",
            **metadata,
            "checksums": checksums,
        }
        text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
        with (self.directory / METADATA).open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # Once more, because minutes may have passed and another process may have published here.
        check_destination(self.destination, self._overwrite)
        try:
            self._partial.put_in_place(self._overwrite)
        except FileExistsError:  # in the instant since
            raise _exists(self.destination) from None


def write_store(
    destination: Path,
    words: pa.StringArray,
    vectors: NDArray[np.float32],
    metadata: Mapping[str, Any],
    overwrite: bool = False,
) -> Path:
    """Write vectors that are in memory as a store.

    Parameters
    ----------
    destination : pathlib.Path
        Where the store shall be.
    words : pyarrow.StringArray
        n words, without nulls.
    vectors : numpy.ndarray
        (n, dim) float32.
    metadata : mapping
        What to say in ``metadata.json`` besides what every store says.
    overwrite : bool
        Replace what is there already.

    Returns
    -------
    pathlib.Path
        The destination.

    Raises
    ------
    StoreError
        As `StoreWriter` raises it.
    ValueError
        If there is not one vector for each word.
    """
    if vectors.ndim != 2 or len(vectors) != len(words):
        raise ValueError(f"{len(words)} words need as many vectors, not an array of {vectors.shape}")
    contiguous = np.ascontiguousarray(vectors, dtype="<f4")
    with StoreWriter(destination, contiguous.shape[1], overwrite) as writer:
        writer.vectors_file.seek(writer.header_bytes)
        remaining = contiguous.reshape(-1).view(np.uint8).data
        while remaining:  # a raw write may take less than it was given
            remaining = remaining[writer.vectors_file.write(remaining) :]
        writer.publish(Vocabulary.from_words(words), checksum_of(contiguous), metadata)
    return destination


def open_store(path: str | os.PathLike[str]) -> Store:
    """Map a store; nothing is read through or rebuilt.

    Parameters
    ----------
    path : str or path-like
        The store's directory.

    Returns
    -------
    Store
        The mapped arrays and the metadata.

    Raises
    ------
    StoreError
        If there is no store, it is of a newer format, or its files do not fit together.
    """
    directory = Path(path)
    metadata = _read_metadata(directory)
    rows, dim = metadata["rows"], metadata["dim"]
    words = _map_column(directory, VOCABULARY, "word", pa.string(), rows)
    index = _map_column(directory, INDEX, "bucket", BUCKET_TYPE, None)
    if len(index.values) != rows or len(index).bit_count() != 1:
        raise _damaged(directory, f"{INDEX} does not index {rows} words")
    try:
        vectors = np.lib.format.open_memmap(directory / VECTORS, mode="r")
    except (ValueError, EOFError, FileNotFoundError, tokenize.TokenError) as error:
        # NumPy reads headers of old with Python's tokenizer, and a damaged one may look like these.
        raise _damaged(directory, f"{VECTORS} cannot be mapped ({error})") from error
    if vectors.shape != (rows, dim) or vectors.dtype != np.dtype("<f4") or not vectors.flags.c_contiguous:
        raise _damaged(
            directory, f"{VECTORS} holds {vectors.shape} {vectors.dtype}, not ({rows}, {dim}) float32"
        )
    try:
        vocabulary = Vocabulary(words, index)
    except ValueError as error:
        raise _damaged(directory, f"{VOCABULARY} or {INDEX} cannot be mapped ({error})") from error
    return Store(directory, vectors, vocabulary, metadata)


def check_destination(destination: Path, overwrite: bool) -> None:
    """Make sure that a store may be written at a place, before any work is done for it.

    Raises
    ------
    StoreError
        As `StoreWriter` says.
    """
    if not destination.absolute().parent.is_dir():
        raise StoreError(
            destination, f"the directory {destination.absolute().parent} does not exist; make it first"
        )
    if not os.path.lexists(destination):
        return
    if not overwrite:
        raise _exists(destination)
    if destination.exists() and not _is_store(destination):
        raise StoreError(
            destination, "is not a glovefast store, so it is not replaced; choose another destination"
        )


def _exists(destination: Path) -> StoreError:
    return StoreError(
        destination, "exists already; choose another destination, or replace it (overwrite=True, --force)"
    )


def checksum_of(data: Any) -> str:  # noqa: ANN401 - anything with a buffer
    """Compute the hexadecimal xxh3_128 of a buffer (https://github.com/Cyan4973/xxHash)."""
    return str(new_checksum(data).hexdigest())


def new_checksum(data: Any = b"") -> Any:  # noqa: ANN401 - xxhash's type is known to its stubs only
    """Begin a checksum that takes its data piece by piece with ``update``."""
    import xxhash

    return xxhash.xxh3_128(data)


def _is_store(directory: Path) -> bool:
    """Say whether a directory is a store of whatever version; a foreign one may have a metadata.json too."""
    try:
        metadata = json.loads((directory / METADATA).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    return isinstance(metadata, dict) and metadata.get("format") == FORMAT


def _read_metadata(directory: Path) -> dict[str, Any]:
    try:
        text = (directory / METADATA).read_text(encoding="utf-8")
    except NotADirectoryError:
        if _is_store(directory.parent):
            reason = f"is a file of a store; give the store itself: {directory.parent}"
        else:
            command = f"glovefast convert {shlex.quote(str(directory))}"
            reason = f"is a file, not a store; embedding text is converted first, with: {command}"
        raise StoreError(directory, reason) from None
    except FileNotFoundError:
        if directory.is_dir():
            raise StoreError(directory, f"is not a glovefast store: it has no {METADATA}") from None
        raise StoreError(
            directory, "does not exist; a store is made from embedding text with: glovefast convert SOURCE"
        ) from None
    except UnicodeDecodeError as error:
        raise _damaged(directory, f"{METADATA} is not UTF-8 ({error})") from error
    try:
        metadata = json.loads(text)
    except json.JSONDecodeError as error:
        raise _damaged(directory, f"{METADATA} is no JSON ({error})") from error
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise StoreError(directory, f"is not a glovefast store: its {METADATA} does not say so")
    version = metadata.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise StoreError(
            directory,
            f"has format version {version!r}, and this glovefast {glovefast.__version__} reads up to "
            f"{FORMAT_VERSION}; update it: pip install --upgrade glovefast",
        )
    for key in ("rows", "dim"):
        if not isinstance(metadata.get(key), int) or metadata[key] < 0:
            raise _damaged(directory, f"{METADATA} gives no usable {key!r}")
    return metadata


def _write_column(path: Path, name: str, column: pa.Array) -> str:
    """Write one column as an Arrow IPC file; return its checksum."""
    batch = pa.record_batch([column], schema=pa.schema([pa.field(name, column.type, nullable=False)]))
    with path.open("w+b") as file:
        with pa.ipc.new_file(file, batch.schema) as writer:
            writer.write_batch(batch)
        file.flush()
        os.fsync(file.fileno())
        # Read back piece by piece: an index can be larger than all else that a conversion holds in memory.
        file.seek(0)
        checksum = new_checksum()
        while piece := file.read(_PIECE_BYTES):
            checksum.update(piece)
    return f"{CHECKSUM}:{checksum.hexdigest()}"


def _map_column(directory: Path, file: str, name: str, of_type: pa.DataType, rows: int | None) -> pa.Array:
    """Map the only column of an Arrow IPC file and check its name, type and length."""
    try:
        reader = pa.ipc.open_file(pa.memory_map(str(directory / file)))
        if reader.num_record_batches != 1:
            raise _damaged(directory, f"{file} has {reader.num_record_batches} record batches instead of one")
        batch = reader.get_batch(0)
        batch.validate()  # the buffers' sizes, not their contents
        names, types = batch.schema.names, batch.schema.types
    except (pa.ArrowException, ValueError, OSError) as error:
        # Arrow's own errors are OSErrors without a number, those of the system have one.
        if isinstance(error, OSError) and error.errno not in (None, errno.ENOENT):
            raise
        raise _damaged(directory, f"{file} cannot be mapped ({error})") from error
    if names != [name] or types != [of_type]:
        raise _damaged(directory, f"{file} has columns {names} of types {types}, not {name!r} of {of_type}")
    column = batch.column(0)
    if column.null_count or (rows is not None and len(column) != rows):
        raise _damaged(directory, f"{file} holds {len(column)} entries, {METADATA} says {rows}")
    return column


def _damaged(directory: Path, reason: str) -> StoreError:
    return StoreError(directory, f"the store is damaged: {reason}; convert its source again")


def _npy_header(rows: int, dim: int) -> bytes:
    """Make the .npy header, magic and all; NumPy pads it so that its length does not depend on the rows."""
    from io import BytesIO

    header = BytesIO()
    description = {"descr": "<f4", "fortran_order": False, "shape": (rows, dim)}
    np.lib.format.write_array_header_1_0(header, description)
    return header.getvalue()
