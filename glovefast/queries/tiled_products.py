"""Matrix products on threads of our own, tile by tile.

The threads of OpenBLAS wait for each other after every product, and for long where other work has the
processors: on a busy machine, 400 products of a millisecond took six times as long as on one thread. OpenBLAS
leaves products of up to 2**18 multiplications to the thread that asks for them
(https://github.com/OpenMathLib/OpenBLAS/blob/develop/interface/gemm.c), and NumPy goes through a stack of
them without the GIL.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from glovefast.threads import Workers, start

TILE_ROWS = 64
_TILE_NUMBERS = 1 << 18


class TiledVectors:
    """Vectors that are multiplied with blocks of rows, tile by tile.

    Parameters
    ----------
    vectors : numpy.ndarray
        (n, dim); rows of zeros make whole tiles of them.

    Attributes
    ----------
    at_once : int
        How many vectors a tile has.
    """

    def __init__(self, vectors: NDArray[np.floating]) -> None:
        self._dim = vectors.shape[1]
        self.at_once = max(1, min(TILE_ROWS, _TILE_NUMBERS // (TILE_ROWS * max(1, self._dim))))
        self._vectors = np.zeros(
            (-(-len(vectors) // self.at_once) * self.at_once, self._dim), dtype=np.float32
        )
        self._vectors[: len(vectors)] = vectors

    def __len__(self) -> int:
        return len(self._vectors)

    def multiply(self, block: NDArray[np.float32], some: slice, products: NDArray[np.float32]) -> None:
        """Multiply some of the vectors with a block of rows.

        Parameters
        ----------
        block : numpy.ndarray
            (rows, dim), a multiple of `TILE_ROWS` of them.
        some : slice
            The vectors: whole tiles.
        products : numpy.ndarray
            (vectors, rows), of which these vectors' rows are written.
        """
        of_vectors = self._vectors[some].reshape(-1, 1, self.at_once, self._dim)
        of_rows = block.reshape(1, -1, TILE_ROWS, self._dim).transpose(0, 1, 3, 2)
        tiles = products[some].reshape(len(of_vectors), self.at_once, -1, TILE_ROWS).transpose(0, 2, 1, 3)
        np.matmul(of_vectors, of_rows, out=tiles)


def slices(count: int, parts: int, step: int = 1) -> list[slice]:
    """Cut a range into about equal parts, at multiples of a step."""
    size = -(-count // (parts * step)) * step
    return [slice(begin, min(begin + size, count)) for begin in range(0, count, max(1, size))]


def do_at_once(pool: Workers, work: Callable[[slice], None], parts: list[slice]) -> None:
    """Work on all parts, the first in this thread; also in this thread what no other thread is left for."""
    first, *others = parts
    under_way = [start(pool, work, part) for part in others]
    work(first)
    for part, future in zip(others, under_way, strict=True):
        if future is None:
            work(part)
        else:
            future.result()
