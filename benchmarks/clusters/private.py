"""The memory of this process that no other shares."""

from pathlib import Path

import numpy as np
import pyarrow as pa


def private_bytes() -> int:
    """Add up what the kernel counts as private, clean or dirty."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Private_"))


class Measured:
    """A function of a batch that gives the process's number and its private memory after the work.

    Parameters
    ----------
    work : TextColumn or None
        What adds the column; None for a column of zeros.
    dim : int
        The width of that column.
    """

    def __init__(self, work, dim: int) -> None:
        self.work = work
        self.dim = dim

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Add the column, and measure."""
        import os

        import glovefast.batches  # noqa: F401 - one of the worker's libraries, whatever it does

        if self.work is None:
            zeros = pa.array(np.zeros(len(batch) * self.dim, dtype=np.float32))
            column = pa.FixedSizeListArray.from_arrays(zeros, self.dim)
            result = batch.append_column("text_vector", pa.chunked_array([column]))
        else:
            result = self.work(batch)
        return pa.table(
            {
                "pid": [os.getpid()],
                "private": [private_bytes()],
                "bytes": [result.nbytes],
                "texts": [len(result)],
            }
        )

    def map_in_arrow(self, batches):
        """Do the same for Spark."""
        for batch in batches:
            yield self(pa.Table.from_batches([batch])).to_batches()[0]
