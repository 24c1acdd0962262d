"""Open a store: map its files, with all checks that take the same time for every size.

A store is untrusted data. Nothing in it is run as code, and sizes, types and positions are checked before
they are used. This module checks whole files; `glovefast.vocabulary.word_index` checks what look-ups follow.
"""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import StoreError
from glovefast.regular_files import NOT_REGULAR, open_regular_file
from glovefast.store.arrow_column import map_column
from glovefast.store.files import INDEX, NPY_PREAMBLE_BYTES, SCALES, VECTORS, VOCABULARY, npy_header
from glovefast.store.metadata import FLOAT32, INT8, Metadata
from glovefast.store.metadata_file import LARGEST, METADATA, is_store, parse_metadata
from glovefast.vocabulary.index_building import BUCKET_TYPE
from glovefast.vocabulary.word_index import WordIndex

Result = TypeVar("Result")


@dataclass(frozen=True)
class Store:
    """An open store.

    Attributes
    ----------
    path : pathlib.Path
        The directory.
    vectors : numpy.memmap
        (rows, dim) float32, float16 or int8, read-only, mapped.
    scales : numpy.memmap or None
        (rows,) float32, read-only, mapped; None unless the vectors are int8.
    vocabulary : WordIndex
        The words and their index, mapped.
    metadata : Metadata
        The contents of ``metadata.json``.
    identity : tuple of int
        Device and inode of ``vectors.npy``, which no other file has while this one is mapped.
    """

    path: Path
    vectors: NDArray[Any]
    scales: NDArray[np.float32] | None
    vocabulary: WordIndex
    metadata: Metadata
    identity: tuple[int, int]


class StoreDirectory:
    """A store's directory, kept open.

    All files then belong to the same store, even if another store replaces it in the meantime.

    Parameters
    ----------
    path : str or path-like
        The directory.

    Raises
    ------
    StoreError
        If the directory does not exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except NotADirectoryError:
            if is_store(self.path.parent):
                reason = f"is a file in a store; pass the store instead: {self.path.parent}"
            elif self.path.is_file() and _is_archive_of_stores(self.path):
                reason = "holds a store: unpack it and load it"
            else:
                import shlex

                command = f"glovefast convert {shlex.quote(str(self.path))}"
                reason = f"is a file, not a store; convert embedding text first: {command}"
            raise StoreError(self.path, reason) from None
        except FileNotFoundError:
            from glovefast.sources.names import near_files, question, reason_if_address
            from glovefast.sources.published import where_to_download

            if (address := reason_if_address(str(path))) is not None:
                raise StoreError(*address) from None
            advice = (
                question(near_files(self.path))
                or where_to_download(self.path.name)
                or "make a store from text: glovefast convert SOURCE"
            )
            raise StoreError(self.path, f"does not exist; {advice}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)

    def is_current(self) -> bool:
        """Check whether the path still leads to this directory."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        except OSError:
            return False

    def names(self) -> list[str]:
        """List the directory, sorted."""
        return sorted(os.listdir(self._descriptor))  # noqa: PTH208 - the open directory, wherever it is now

    def open(self, name: str) -> FileIO:
        """Open a file for reading.

        Raises
        ------
        StoreError
            If it is missing or is not a regular file, but a link, a FIFO or a device, for example.
        OSError
            If it cannot be read.
        """
        try:
            return open_regular_file(name, self._descriptor)
        except (FileNotFoundError, IsADirectoryError) as error:
            raise StoreError.damaged(self.path, f"{name} cannot be mapped ({error.strerror})") from error
        except OSError as error:
            if error.errno in NOT_REGULAR:
                raise StoreError.damaged(self.path, f"{name} is not a regular file") from error
            error.filename = f"{self.path}/{name}"
            raise

    def read_metadata(self) -> bytes:
        """Read metadata.json, or only the beginning if it is too large."""
        try:
            with self.open(METADATA) as file:
                raw: bytes = file.read(min(os.fstat(file.fileno()).st_size, LARGEST) + 1)
                return raw
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise StoreError(self.path, f"is not a glovefast store: it has no {METADATA}") from None
            raise


def open_store(path: str | os.PathLike[str]) -> Store:
    """Map a store, without reading all of it or rebuilding anything.

    Parameters
    ----------
    path : str or path-like
        The store's directory.

    Returns
    -------
    Store
        The mapped arrays and the metadata, all of the same store even if it is replaced at this moment.

    Raises
    ------
    StoreError
        If there is no store, it has another format version, or its files do not fit together.
    """
    return with_directory(path, map_store)


def with_directory(path: str | os.PathLike[str], use: Callable[[StoreDirectory], Result]) -> Result:
    """Use the directory of a store, once more if another store takes its place meanwhile.

    A store that is replaced is removed, so that its files may be missing: then its successor is there.

    Raises
    ------
    StoreError
        As `use` raises it for a store that is still in its place.
    """
    while True:
        with StoreDirectory(path) as directory:
            try:
                return use(directory)
            except StoreError:
                if directory.is_current():
                    raise


def map_store(directory: StoreDirectory) -> Store:
    """Map the store in an open directory, as `open_store` does."""
    metadata = parse_metadata(directory.path, directory.read_metadata())
    rows, dim = metadata.rows, metadata.dim
    words = _map_column(directory, VOCABULARY, "word", pa.string())
    if len(words) != rows:
        reason = f"{VOCABULARY} has {len(words)} entries, but {METADATA} says {rows}"
        raise StoreError.damaged(directory.path, reason)
    index = _map_column(directory, INDEX, "bucket", BUCKET_TYPE)
    if len(index.values) != rows or len(index).bit_count() != 1:
        raise StoreError.damaged(directory.path, f"{INDEX} does not index {rows} words")
    try:
        vocabulary = WordIndex(words, index, directory.path)
    except ValueError as error:
        reason = f"{VOCABULARY} or {INDEX} cannot be mapped ({error})"
        raise StoreError.damaged(directory.path, reason) from error
    with directory.open(VECTORS) as file:
        vectors = _map_array(directory.path, VECTORS, file, (rows, dim), metadata.dtype)
        status = os.fstat(file.fileno())
    scales = None
    if metadata.dtype == INT8:
        with directory.open(SCALES) as file:
            scales = _map_array(directory.path, SCALES, file, (rows,), FLOAT32)
    return Store(directory.path, vectors, scales, vocabulary, metadata, (status.st_dev, status.st_ino))


def _map_column(directory: StoreDirectory, name: str, column: str, of_type: pa.DataType) -> pa.Array:
    with directory.open(name) as file:
        try:
            return map_column(file.fileno(), column, of_type)
        except ValueError as error:
            raise StoreError.damaged(directory.path, f"{name} cannot be mapped ({error})") from error


def _map_array(directory: Path, name: str, file: FileIO, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """Map an array; the header is compared, not parsed, so that it cannot ask for anything else."""
    header = npy_header(*shape, dtype=dtype)
    found = file.read(len(header))
    if found != header:
        says = found[NPY_PREAMBLE_BYTES:].decode("latin-1").strip()
        reason = f"{name} must contain {shape} {dtype}, but its header says {says[:100]!r}"
        raise StoreError.damaged(directory, reason)
    stored = np.dtype(dtype).newbyteorder("<")
    expected, size = len(header) + math.prod(shape) * stored.itemsize, os.fstat(file.fileno()).st_size
    if size != expected:
        raise StoreError.damaged(directory, f"{name} has {size:,} bytes, expected {expected:,}")
    # By its number: a name would be taken for one in the working directory, which may have been deleted.
    with FileIO(file.fileno(), closefd=False) as numbered:
        mapped = np.memmap(numbered, dtype=stored, mode="r", offset=len(header), shape=shape)
    mapped.filename = os.path.abspath(directory / name)  # noqa: PTH100 - ten times as fast as Path
    return mapped


def _is_archive_of_stores(path: Path) -> bool:
    from glovefast.sources.opening import is_archive_of_stores

    return is_archive_of_stores(path)
