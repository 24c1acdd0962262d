"""The rows of a store, read from its files piece by piece, so that only one piece is in memory."""

from contextlib import ExitStack
from io import FileIO
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from glovefast.store.files import NPY_HEADER_BYTES, SCALES, VECTORS
from glovefast.store.metadata import INT8, Metadata
from glovefast.store.reading import StoreDirectory
from glovefast.store.rounding import StoredRows


class StoredRowsReader:
    """Read the rows of an open store in order; a context manager that closes their files.

    Parameters
    ----------
    directory : StoreDirectory
        The store's directory, whose files were checked.
    metadata : Metadata
        What the store says about itself.
    """

    def __init__(self, directory: StoreDirectory, metadata: Metadata) -> None:
        self._dim = metadata.dim
        self._dtype = np.dtype(metadata.dtype).newbyteorder("<")
        with ExitStack() as opened:
            self._vectors = opened.enter_context(directory.open(VECTORS))
            self._scales = opened.enter_context(directory.open(SCALES)) if metadata.dtype == INT8 else None
            self._files = opened.pop_all()
        for file in (self._vectors, self._scales):
            if file is not None:
                file.seek(NPY_HEADER_BYTES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._files.close()

    def read(self, count: int) -> StoredRows:
        """Read the next rows.

        Raises
        ------
        OSError
            If a file is shorter than it was.
        """
        numbers = np.empty((count, self._dim), dtype=self._dtype)
        _fill_from(self._vectors, numbers)
        if self._scales is None:
            return StoredRows(numbers)
        scales = np.empty(count, dtype="<f4")
        _fill_from(self._scales, scales)
        return StoredRows(numbers, scales)


def _fill_from(file: FileIO, array: NDArray[Any]) -> None:
    """Read an array's bytes; the file's size was checked, but it may shrink under the reader."""
    remaining = array.reshape(-1).view(np.uint8).data
    while remaining and (count := file.readinto(remaining)):
        remaining = remaining[count:]
    if remaining:
        raise OSError(f"{file.name} was truncated while it was read")
