"""How kernels are compiled: one policy, stated once."""

import warnings
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.core.errors import NumbaWarning

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# nogil: workers parse in a ThreadPoolExecutor; Numba's own parallel layers abort when used from two threads
# at once or after a fork (https://github.com/numba/numba/issues/8563).
# boundscheck stays unset, so that NUMBA_BOUNDSCHECK=1 can turn it on for a test run. No fastmath: the numbers
# must be those of the file.
_OPTIONS = {"nogil": True, "error_model": "numpy"}


def kernel(signature: str) -> Callable[[Kernel], Kernel]:
    """Compile a kernel for one signature when its module is imported, and keep it in Numba's cache.

    Parameters
    ----------
    signature : str
        Numba's signature. One per kernel: every caller passes the same array types, so nothing is
        compiled twice.

    Returns
    -------
    callable
        The decorator.
    """

    def decorate(function: Kernel) -> Kernel:
        try:
            compiled = numba.njit(signature, cache=True, **_OPTIONS)(function)
        except (RuntimeError, OSError) as error:
            # Neither the package's directory nor the user's cache directory can be written
            # (https://github.com/numba/numba/issues/5566).
            warnings.warn(
                f"glovefast compiles its kernels anew in every process: Numba cannot cache them ({error}); "
                "set NUMBA_CACHE_DIR to a directory that can be written",
                NumbaWarning,
                stacklevel=2,
            )
            compiled = numba.njit(signature, cache=False, **_OPTIONS)(function)
        return cast("Kernel", compiled)

    return decorate
