"""Writing a store: under a temporary name beside its destination, published by one rename.

`glovefast.store.files` says which files a store has.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import shortened
from glovefast.store.arrow_column import write_column
from glovefast.store.atomic import DISK_IS_FULL, Partial
from glovefast.store.destination import already_exists, check_store_destination
from glovefast.store.files import (
    FILES,
    INDEX,
    MORE_FILES,
    NPY_HEADER_BYTES,
    SCALES,
    VECTORS,
    VOCABULARY,
    npy_header,
)
from glovefast.store.float32_rows import Float32Rows
from glovefast.store.metadata import FLOAT32, INT8, Metadata, SourceInfo
from glovefast.store.metadata_file import METADATA, sealed_json
from glovefast.store.remains import clear_remains
from glovefast.store.rounding import RowsChecksum, StoredRows, rounded, row_check
from glovefast.vocabulary.word_index import WordIndex

if TYPE_CHECKING:
    from glovefast.store.array_reports import ArrayReport, LayerReport

_PIECE_NUMBERS = 1 << 20


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
    dtype : str
        The type of its numbers.

    Raises
    ------
    StoreError
        If the destination exists and `overwrite` is false, or is not a store, or its parent is missing.
    """

    def __init__(self, destination: Path, dim: int, overwrite: bool = False, dtype: str = FLOAT32) -> None:
        check_store_destination(destination, overwrite)
        self.destination = destination
        self.dim = dim
        self._dtype = dtype
        self._overwrite = overwrite
        # Resolved, so that a destination that is a symbolic link is replaced where it points to.
        self._partial = Partial(destination.resolve())
        self._vectors: FileIO
        self._scales: FileIO | None = None  # of int8

    def __enter__(self) -> Self:
        clear_remains(self.destination.resolve())
        self._partial.__enter__()
        try:
            self._vectors = (self.directory / VECTORS).open("w+b", buffering=0)
            if self._dtype == INT8:
                self._scales = (self.directory / SCALES).open("w+b", buffering=0)
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
        for file in self._arrays():
            file.close()
        self._partial.discard()
        if isinstance(error, OSError) and error.errno in DISK_IS_FULL and error.filename is None:
            error.filename = str(self.destination)  # a write knows only the number of its file

    def _arrays(self) -> list[FileIO]:
        """List the files of the rows."""
        return [self._vectors, *([] if self._scales is None else [self._scales])]

    def write_rows(self, row: int, rows: StoredRows) -> None:
        """Write rows at their place; several threads may write at once.

        Parameters
        ----------
        row : int
            The first one's number.
        rows : StoredRows
            The rows in the type of the store.
        """
        _write(self._vectors, row, rows.numbers)
        if self._scales is not None and rows.scales is not None:
            _write(self._scales, row, rows.scales)

    def flush(self) -> None:
        """Wait until the rows written so far are on the disk."""
        for file in self._arrays():
            os.fsync(file.fileno())

    def complete(
        self,
        vocabulary: WordIndex,
        metadata: Metadata,
        other_checksums: Mapping[str, str],
    ) -> None:
        """Add the words, the index and the metadata to the vectors, and wait until all is on the disk.

        Parameters
        ----------
        vocabulary : WordIndex
            The words, one for each row, and their index.
        metadata : Metadata
            What ``metadata.json`` says; its checksums are filled in here.
        other_checksums : mapping
            The checksums of the rows, as `RowsChecksum` gives them, and of other files in `directory` that
            belong to the store.
        """
        # Headers come last, when the number of rows is known; their length does not depend on it.
        rows = len(vocabulary)
        os.pwrite(self._vectors.fileno(), npy_header(rows, self.dim, dtype=self._dtype), 0)
        if self._scales is not None:
            os.pwrite(self._scales.fileno(), npy_header(rows), 0)
        self.flush()
        for file in self._arrays():
            file.close()
        made = {
            VOCABULARY: write_column(self.directory / VOCABULARY, "word", vocabulary.words),
            INDEX: write_column(self.directory / INDEX, "bucket", vocabulary.index),
            **other_checksums,
        }
        checksums = {name: made[name] for name in (*FILES, *MORE_FILES) if name in made}
        with (self.directory / METADATA).open("wb") as described:
            described.write(sealed_json(replace(metadata, checksums=checksums).to_dict()))
            described.flush()
            os.fsync(described.fileno())

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


def _write(file: FileIO, row: int, rows: NDArray[Any]) -> None:
    """Write the rows of an array at their place behind its header."""
    if not rows.size:
        return
    remaining = rows.reshape(-1).view(np.uint8).data
    position = NPY_HEADER_BYTES + row * rows[0].nbytes
    while remaining:  # a write may take less than it was given
        written = os.pwrite(file.fileno(), remaining, position)
        remaining = remaining[written:]
        position += written


def write_store(
    destination: Path,
    words: pa.StringArray,
    vectors: NDArray[Any] | Float32Rows,
    *,
    source: SourceInfo | None = None,
    report: "Callable[[WordIndex], ArrayReport | LayerReport] | None" = None,
    dtype: str = FLOAT32,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Write vectors as a store, piece by piece.

    Parameters
    ----------
    destination : pathlib.Path
        Where to write the store.
    words : pyarrow.StringArray
        n words, without nulls.
    vectors : numpy.ndarray or Float32Rows
        (n, dim) of real numbers, which become float32.
    source : SourceInfo, optional
        Where the vectors came from.
    report : callable, optional
        Called with the index of the words when all vectors are read; gives the report of the metadata.
    dtype : str
        The type of the store's numbers.
    overwrite : bool
        Replace an existing store.
    progress : callable, optional
        Called with the number of rows written so far.

    Returns
    -------
    pathlib.Path
        The destination.

    Raises
    ------
    StoreError
        As `StoreWriter` raises it.
    ValueError
        If there is not one vector for each word, or the type cannot hold a number.
    """
    if len(vectors.shape) != 2 or vectors.shape[0] != len(words):
        raise ValueError(f"expected {len(words)} vectors, one per word, not shape {vectors.shape}")
    rows, dim = vectors.shape
    check, checksum = row_check(dtype), RowsChecksum()
    with StoreWriter(destination, dim, overwrite, dtype) as writer:
        step = max(1, _PIECE_NUMBERS // max(1, dim))
        for first in range(0, rows, step):
            piece: NDArray[np.float32] = np.ascontiguousarray(vectors[first : first + step], dtype="<f4")
            for row, reason in (check(piece) if check else {}).items():
                word = shortened(words[first + row].as_py())
                raise ValueError(f"row {first + row}, the word {word}: {reason}; choose another dtype")
            stored = rounded(piece, dtype)
            checksum.update(stored)
            writer.write_rows(first, stored)
            if progress:
                progress(first + len(piece))
        vocabulary = WordIndex.from_words(words)
        found = report(vocabulary) if report else None
        metadata = Metadata(rows=rows, dim=dim, dtype=dtype, source=source, report=found)
        if not rows:
            checksum.update(rounded(np.empty((0, dim), dtype=np.float32), dtype))
        writer.complete(vocabulary, metadata, checksum.as_dict())
        writer.publish()
    return destination
