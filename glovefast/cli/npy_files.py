"""NumPy files that commands write."""

from io import BufferedWriter
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def check_npy_destination(file: Path, overwrite: bool) -> None:
    """Check that a NumPy file can be written, before any work is done for it."""
    if file.suffix.lower() != ".npy" and not file.is_dir():
        raise click.BadParameter(f"{file} must end in .npy, the only format", param_hint="-o")
    from glovefast.store.destination import check_file_destination

    check_file_destination(file, overwrite)


class RowWriter:
    """Writes a float32 matrix to a NumPy file row by row, however many rows there will be.

    Parameters
    ----------
    file : BufferedWriter
        The file, empty.
    dim : int
        The numbers in a row.

    Attributes
    ----------
    rows : int
        How many rows are written.
    """

    def __init__(self, file: BufferedWriter, dim: int) -> None:
        self._file = file
        self._dim = dim
        self.rows = 0
        self._write_header()

    def write(self, matrix: "NDArray[np.float32]") -> None:
        """Write the next rows."""
        self._file.write(matrix.astype("<f4", copy=False).data)
        self.rows += len(matrix)

    def finish(self) -> None:
        """Enter the number of rows in the header."""
        self._file.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        from glovefast.store.files import npy_header

        self._file.write(npy_header(self.rows, self._dim))
