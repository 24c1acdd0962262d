"""The kernels as a shared library: `ctypes` loads it in a fraction of a millisecond, without LLVM or Numba.

A library holds each kernel once per level: a set of instructions that many processors share. Its manifest
lists the kernels and a checksum, because damaged machine code would crash the process. `link` makes both.
"""

import ctypes
import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from glovefast.kernels.binding import bind, c_types
from glovefast.kernels.cache import read
from glovefast.kernels.levels import supported_levels, symbol

PACKAGED = Path(__file__).parent / "libglovefast.json"


class UnsupportedLevelError(Exception):
    """The processor lacks instructions of a level."""


class Loaded(NamedTuple):
    """Kernels from a library, and the level that was taken."""

    kernels: dict[str, Callable[..., int]]
    level: str


def checksum(manifest: dict[str, Any], library: bytes) -> str:
    """Compute the checksum of a library and its manifest."""
    import xxhash

    described = {name: value for name, value in manifest.items() if name != "checksum"}
    hashed = xxhash.xxh3_128(json.dumps(described, sort_keys=True).encode())
    hashed.update(library)
    return hashed.hexdigest()


def load_library(path: Path, names: list[str], wanted_level: str | None = None) -> Loaded:
    """Load kernels from a library that a manifest describes.

    Parameters
    ----------
    path : Path
        The manifest.
    names : list of str
        The kernels.
    wanted_level : str, optional
        The level; by default the best that the processor supports.

    Raises
    ------
    FileNotFoundError
        If there is no manifest.
    UnsupportedLevelError
        If the processor does not support the level, or any level of the library.
    OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError
        If the library is damaged or cannot be loaded.
    """
    manifest, functions, supported = _open(path)
    level = wanted_level or next(iter(supported), None)
    if level is None or level not in supported:
        raise UnsupportedLevelError(f"this processor does not support {level or manifest['levels'][-1]}")
    kernels = {}
    for name in names:
        arguments = manifest["kernels"][name]
        function = functions[symbol(name, level)]
        function.argtypes, function.restype = c_types(arguments), ctypes.c_int64
        kernels[name] = bind(name, function, arguments)
    return Loaded(kernels, level)


@cache
def _open(path: Path) -> tuple[dict[str, Any], ctypes.CDLL, list[str]]:
    """Check a library and load it, once in a process; return its manifest, the library and usable levels."""
    manifest = json.loads(read(path))
    library = path.with_name(manifest["library"])
    if manifest["checksum"] != checksum(manifest, read(library)):
        raise ValueError("the file is damaged")
    functions = ctypes.CDLL(os.fspath(library), mode=os.RTLD_NOW | os.RTLD_LOCAL)
    return manifest, functions, supported_levels(functions, manifest["levels"])
