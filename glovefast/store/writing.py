"""Writing a store: under a temporary name beside its destination, and published by one rename.

What its files are called and hold stands in `glovefast.store.files`.
"""

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import StoreError
from glovefast.store.arrow_column import write_column
from glovefast.store.atomic import Partial, clear_remains
from glovefast.store.checksums import ALGORITHM, new_checksum
from glovefast.store.files import INDEX, NPY_HEADER_BYTES, VECTORS, VOCABULARY, npy_header
from glovefast.store.metadata import DTYPE, METADATA, is_store, sealed_metadata
from glovefast.vocabulary.word_index import WordIndex

# No space, no more of the user's quota, no larger files for this process (ulimit -f).
_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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
        # The npy header is written last, when the rows are known; its length does not depend on them.
        self.header_bytes = NPY_HEADER_BYTES
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

    def publish(
        self,
        vocabulary: WordIndex,
        vectors_checksum: str,
        metadata: Mapping[str, Any],
        other_checksums: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Add the words, the index and the metadata to the vectors, and put the store in its place.

        Parameters
        ----------
        vocabulary : WordIndex
            The words, one for each row in `vectors_file`, and their index.
        vectors_checksum : str
            The hexadecimal xxh3_128 of the vectors' bytes, header not counted.
        metadata : mapping
            What to say in ``metadata.json`` besides what every store says.
        other_checksums : mapping
            Checksums of what belongs to the store and is not in it.
        """
        rows = len(vocabulary)
        os.pwrite(self.vectors_file.fileno(), npy_header(rows, self.dim), 0)
        os.fsync(self.vectors_file.fileno())
        self.vectors_file.close()
        checksums = {
            VECTORS: f"{ALGORITHM}:{vectors_checksum}",
            VOCABULARY: write_column(self.directory / VOCABULARY, "word", vocabulary.words),
            INDEX: write_column(self.directory / INDEX, "bucket", vocabulary.index),
            **other_checksums,
        }
        shape = {"rows": rows, "dim": self.dim, "dtype": DTYPE}
        text = sealed_metadata({**shape, **metadata}, checksums)
        with (self.directory / METADATA).open("wb") as file:
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
        writer.publish(WordIndex.from_words(words), new_checksum(contiguous).hexdigest(), metadata)
    return destination


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
    if destination.exists() and not is_store(destination):
        raise StoreError(
            destination, "is not a glovefast store, so it is not replaced; choose another destination"
        )


def _exists(destination: Path) -> StoreError:
    return StoreError(
        destination, "exists already; choose another destination, or replace it (overwrite=True, --force)"
    )
