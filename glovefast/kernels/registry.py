"""The registry of kernels: the decorator that compiles them, and the kernels that Python may call.

The modules with kernels import Numba, so they are imported only when there is something to compile.
"""

import platform
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, cast

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# nogil: workers parse in a ThreadPoolExecutor; the parallel layers of Numba abort when two threads use them
# or after a fork (https://github.com/numba/numba/issues/8563). error_model: kernels never raise.
# No fastmath: it would change the numbers.
_OPTIONS = {"nogil": True, "error_model": "numpy"}

# These do not change the compiled kernels: they load them, or are not in a wheel.
_NO_SOURCES = {"binding.py", "build_hook.py", "cache.py", "jit.py", "library.py", "load.py"}

_exported: dict[str, tuple[Any, list[str]]] = {}


def kernel(*arguments: str, inline: bool = False) -> Callable[[Kernel], Kernel]:
    """Compile a function with Numba, and offer it to Python if its argument types are given.

    Parameters
    ----------
    *arguments : str
        A NumPy type for each argument: ``"int64"`` for a number, ``"int32[]"`` for a contiguous array. They
        come in the order text, index, output. A kernel that is offered to Python returns an int64.
    inline : bool
        Compile the function into those that call it. LLVM calls larger ones otherwise, which costs more than
        a small one's work when it is called for every word.

    Returns
    -------
    callable
        The decorator.
    """

    def decorate(function: Kernel) -> Kernel:
        import numba

        compiled = numba.njit(**_OPTIONS, forceinline=inline)(function)
        if arguments:
            _exported[function.__name__] = (compiled, list(arguments))
        return cast("Kernel", compiled)

    return decorate


def sources() -> list[Path]:
    """List the files that the compiled kernels depend on."""
    return sorted(path for path in Path(__file__).parent.glob("*.py") if path.name not in _NO_SOURCES)


def exported() -> dict[str, tuple[Any, list[str]]]:
    """Import all kernels, and give those that are offered to Python with their argument types."""
    for path in sources():
        if path.stem != "__init__":
            import_module(f"{__package__}.{path.stem}")
    return _exported


def source_key() -> str:
    """Return a key for what compiled kernels depend on: their source and the kind of machine."""
    import xxhash

    contents = b"".join(path.read_bytes() for path in sources())
    return f"{sys.platform}-{platform.machine()}-{xxhash.xxh3_128_hexdigest(contents)}"


def numba_kernels() -> dict[str, Any]:
    """Return the kernels as Numba's own functions, which Numba compiles at the first call."""
    return {name: compiled for name, (compiled, _) in exported().items()}
