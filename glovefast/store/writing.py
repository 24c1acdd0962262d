"""Writing a store: under a temporary name beside its destination, published by one rename.

`glovefast.store.files` says which files a store has.
"""

import errno
import os
from collections.abc import Mapping
from dataclasses import replace
from io import FileIO
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.store.arrow_column import write_column
from glovefast.store.atomic import Partial
from glovefast.store.checksums import checksum_of
from glovefast.store.destination import already_exists, check_store_destination
from glovefast.store.files import INDEX, NPY_HEADER_BYTES, VECTORS, VOCABULARY, npy_header
from glovefast.store.metadata import Metadata, SourceInfo
from glovefast.store.metadata_file import METADATA, sealed_json
from glovefast.store.remains import clear_remains
from glovefast.store.reports import LayerReport
from glovefast.vocabulary.word_index import WordIndex

# No space, no more of the user's quota, no larger files for this process (ulimit -f).
_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class StoreWriter:
    """Write a store under a temporary name and publish it whole, or leave nothing behind.

    A context manager: `write_rows` takes rows while more are being read, `complete` adds the rest, and
    `publish` renames.
    Leaving the context without `publish` removes everything.

    Parameters
    ----------
    destination : pathlib.Path
        Where to put the store; its parent must exist.
    dim : int
        Numbers per row.
    overwrite : bool
        Replace an existing store.

    Raises
    ------
    StoreError
        If the destination exists and `overwrite` is false, or is not a store, or its parent is missing.
    """

    def __init__(self, destination: Path, dim: int, overwrite: bool = False) -> None:
        check_store_destination(destination, overwrite)
        self.destination = destination
        self.dim = dim
        self._overwrite = overwrite
        # Resolved, so that a destination that is a symbolic link is replaced where it points to.
        self._partial = Partial(destination.resolve())
        self._vectors: FileIO

    def __enter__(self) -> Self:
        clear_remains(self.destination.resolve())
        self._partial.__enter__()
        try:
            self._vectors = (self.directory / VECTORS).open("w+b", buffering=0)
        except BaseException:
            self._partial.discard()
            raise
        return self

    @property
    def directory(self) -> Path:
        """The temporary directory."""
        return self._partial.path

    @property
    def is_published(self) -> bool:
        """Whether the store is in its place."""
        return self._partial.is_published

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._vectors.close()
        self._partial.discard()
        if isinstance(error, OSError) and error.errno in _DISK_IS_FULL and error.filename is None:
            error.filename = str(self.destination)  # a write knows only the number of its file

    def write_rows(self, row: int, rows: NDArray[np.float32]) -> None:
        """Write rows at their place; several threads may write at once.

        Parameters
        ----------
        row : int
            The first one's number.
        rows : numpy.ndarray
            (n, dim) float32.
        """
        remaining = np.ascontiguousarray(rows, dtype="<f4").reshape(-1).view(np.uint8).data
        position = NPY_HEADER_BYTES + row * self.dim * 4
        while remaining:  # a write may take less than it was given
            written = os.pwrite(self._vectors.fileno(), remaining, position)
            remaining = remaining[written:]
            position += written

    def flush(self) -> None:
        """Wait until the rows written so far are on the disk."""
        os.fsync(self._vectors.fileno())

    def complete(
        self,
        vocabulary: WordIndex,
        metadata: Metadata,
        vectors_checksum: str,
        other_checksums: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Add the words, the index and the metadata to the vectors, and wait until all is on the disk.

        Parameters
        ----------
        vocabulary : WordIndex
            The words, one for each row, and their index.
        metadata : Metadata
            What ``metadata.json`` says; its checksums are filled in here.
        vectors_checksum : str
            The checksum of the rows' bytes, without the header of the file.
        other_checksums : mapping
            The checksums of other files in `directory` that belong to the store.
        """
        # The header comes last, when the number of rows is known; its length does not depend on it.
        os.pwrite(self._vectors.fileno(), npy_header(len(vocabulary), self.dim), 0)
        self.flush()
        self._vectors.close()
        checksums = {
            VECTORS: vectors_checksum,
            VOCABULARY: write_column(self.directory / VOCABULARY, "word", vocabulary.words),
            INDEX: write_column(self.directory / INDEX, "bucket", vocabulary.index),
            **other_checksums,
        }
        with (self.directory / METADATA).open("wb") as file:
            file.write(sealed_json(replace(metadata, checksums=checksums).to_dict()))
            file.flush()
            os.fsync(file.fileno())

    def publish(self) -> None:
        """Put the complete store in its place.

        Raises
        ------
        StoreError
            If something has taken its place meanwhile.
        """
        # Checked again, because minutes may have passed and another process may have published here.
        check_store_destination(self.destination, self._overwrite)
        try:
            self._partial.put_in_place(self._overwrite)
        except FileExistsError:  # in the instant since
            raise already_exists(self.destination) from None


def write_store(
    destination: Path,
    words: pa.StringArray,
    vectors: NDArray[np.float32],
    *,
    source: SourceInfo | None = None,
    report: LayerReport | None = None,
    overwrite: bool = False,
) -> Path:
    """Write vectors in memory as a store.

    Parameters
    ----------
    destination : pathlib.Path
        Where to write the store.
    words : pyarrow.StringArray
        n words, without nulls.
    vectors : numpy.ndarray
        (n, dim) float32.
    source, report
        What the metadata says about where the vectors came from.
    overwrite : bool
        Replace an existing store.

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
        raise ValueError(f"expected {len(words)} vectors, one per word, not shape {vectors.shape}")
    rows = np.ascontiguousarray(vectors, dtype="<f4")
    metadata = Metadata(rows=len(rows), dim=rows.shape[1], source=source, report=report)
    with StoreWriter(destination, metadata.dim, overwrite) as writer:
        writer.write_rows(0, rows)
        writer.complete(WordIndex.from_words(words), metadata, checksum_of(rows))
        writer.publish()
    return destination
