"""The registry of kernels: the decorator that compiles them, and the kernels that Python may call.

The modules with kernels import Numba, so they are imported only when there is something to compile.
"""

import platform
import re
import sys
from collections.abc import Callable
from functools import cache
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

# These make compiled kernels of their source.
_COMPILERS = {"__init__", "registry", "compile", "levels", "link"}

_IMPORTED = re.compile(r"^from glovefast\.kernels\.(\w+) import", re.MULTILINE)

_exported: dict[str, tuple[Any, list[str]]] = {}


def kernel(*arguments: str, inline: bool = False) -> Callable[[Kernel], Kernel]:
    """Compile a function with Numba, and offer it to Python if its argument types are given.

    Parameters
    ----------
    *arguments : str
        A NumPy type for each argument: ``"int64"`` for a number, ``"int32[]"`` for a contiguous array. They
        come in the order text, index, output. A kernel that is offered to Python returns an int64.
    inline : bool
        Compile the function into its callers. LLVM may call it otherwise, and a call for every word can cost
        more than the function's own work.

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
    """Import all kernels; return the ones that Python may call, with their argument types."""
    for path in sources():
        if path.stem != "__init__":
            import_module(f"{__package__}.{path.stem}")
    return _exported


def source_key(*names: str) -> str:
    """Return a key for what compiled kernels depend on: their source and the kind of machine.

    Parameters
    ----------
    *names : str
        The kernels; by default all of them. A change in a module changes the keys of the kernels that use it.
    """
    import xxhash

    texts = _texts()
    modules = _modules_of(names, texts) if names else set(texts)
    contents = "".join(texts[module] for module in sorted(modules))
    return f"{sys.platform}-{platform.machine()}-{xxhash.xxh3_128_hexdigest(contents.encode())}"


@cache
def _texts() -> dict[str, str]:
    """Read the sources, once in a process, so that all keys in it are about the same ones."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sources()}


def _modules_of(names: tuple[str, ...], texts: dict[str, str]) -> set[str]:
    """Find the modules where kernels are defined and what these import; all modules for an unknown name."""
    defined = [{module for module in texts if f"\ndef {name}(" in texts[module]} for name in names]
    if not all(defined):
        return set(texts)
    found, new = set(), set().union(*defined, _COMPILERS)
    while new:
        found |= new
        imported = {module for each in new for module in _IMPORTED.findall(texts[each])}
        new = (imported & texts.keys()) - found
    return found


def numba_kernels() -> dict[str, Any]:
    """Return the kernels as Numba's own functions, which Numba compiles at the first call."""
    return {name: compiled for name, (compiled, _) in exported().items()}
