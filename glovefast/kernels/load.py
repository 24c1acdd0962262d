"""Load the kernels in the fastest way that this machine and this installation offer.

1. A shared library in the wheel, or in the user's cache if there is none in the wheel.
2. llvmlite, from LLVM IR in the wheel or in the cache: for machines without a linker.
3. Numba compiles them. What it makes is cached as a library, or else as IR. Numba also runs them, but only
   under its debugging switches, ``NUMBA_DISABLE_JIT`` and ``NUMBA_BOUNDSCHECK``, or where llvmlite cannot.

All ways give the same bits. The environment variable ``GLOVEFAST_KERNELS`` asks for one of them.
"""

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from glovefast.cache_directory import cache_directory
from glovefast.errors import GlovefastError
from glovefast.kernels.cache import keep
from glovefast.kernels.levels import LEVELS
from glovefast.kernels.library import PACKAGED, UnsupportedLevelError, load_library
from glovefast.kernels.registry import numba_kernels, source_key

PREPARED = Path(__file__).parent / "prepared.json"

_log = logging.getLogger("glovefast")

_VARIABLE = "GLOVEFAST_KERNELS"
_LIBRARY, _LLVMLITE, _NUMBA = "library", "llvmlite", "numba"
_LEVELS = [level for levels in LEVELS.values() for level in levels]
# What a library or IR that cannot be used raises, whatever is wrong with it.
_UNUSABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, RuntimeError)

Kernels = dict[str, Callable[..., int]]


class Way(NamedTuple):
    """How kernels came into the process: by a ``library``, ``llvmlite`` or ``numba``."""

    by: str
    level: str | None = None
    file: Path | None = None

    @property
    def summary(self) -> str:
        """How the kernels came into the process, in a few words."""
        if self.by == _LIBRARY:
            origin = "the package" if self.file == PACKAGED else "the cache"
            return f"shared library in {origin}, {self.level}"
        return "run by Numba" if self.by == _NUMBA else "machine code loaded by llvmlite"


_loaded: Kernels = {}
_ways: dict[str, Way] = {}
_reasons: list[str] = []
_logged: set[str] = set()


def load_kernels(*names: str) -> SimpleNamespace:
    """Load kernels, compiled for this machine. Other kernels are not loaded.

    Parameters
    ----------
    *names : str
        The kernels' names.

    Returns
    -------
    types.SimpleNamespace
        The kernels by name.
    """
    missing = [name for name in names if name not in _loaded]
    if missing:
        kernels, way = _load(missing)
        _log.debug("kernels %s: %s", ", ".join(missing), way.summary)
        _ways.update(dict.fromkeys(missing, way))
        _loaded.update(kernels)
    return SimpleNamespace(**{name: _loaded[name] for name in names})


def kernels_in_use() -> dict[str, Any]:
    """Load two kernels and tell how, for `glovefast info`.

    Returns
    -------
    dict
        ``by``: ``"library"``, ``"llvmlite"`` or ``"numba"``; ``level``: the library's level for this
        processor; ``file``: what they were loaded from; ``summary``: all this in a few words; ``reasons``:
        why faster ways were not taken.
    """
    load_kernels("find_separators", "parse_rows")
    way = _ways["parse_rows"]
    return {
        "by": way.by,
        "level": way.level,
        "file": way.file and str(way.file),
        "summary": way.summary,
        "reasons": list(_reasons),
    }


def _load(names: list[str]) -> tuple[Kernels, Way]:
    wanted = os.environ.get(_VARIABLE) or None
    if wanted not in (None, _LLVMLITE, _NUMBA, *_LEVELS):
        choices = ", ".join([*_LEVELS, _LLVMLITE, _NUMBA])
        raise GlovefastError(f"{_VARIABLE} must be one of {choices}, not {wanted!r}")
    for switch in ("NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK"):
        if os.environ.get(switch, "0") != "0":
            _because(f"{switch} is set")
            return numba_kernels(), Way(_NUMBA)
    if wanted in (_LLVMLITE, _NUMBA):
        _because(f"{_VARIABLE}={wanted} is set")
    if wanted == _NUMBA:
        return numba_kernels(), Way(_NUMBA)
    if wanted != _LLVMLITE:
        if loaded := _try_library(PACKAGED, names, wanted) or _try_library(
            _kept_library(names), names, wanted
        ):
            return loaded
        if wanted:
            return _compile_and_keep(names, wanted)
    return _try_ir(PREPARED, names) or _try_ir(_kept_ir(names), names) or _compile_and_keep(names, wanted)


def _because(reason: str) -> None:
    """Note why a faster way is not taken, once."""
    if reason not in _reasons:
        _reasons.append(reason)


def _log_once(level: int, message: str) -> None:
    """Log a message unless the process has logged it: kernels are loaded in several steps."""
    if message not in _logged:
        _logged.add(message)
        _log.log(level, "%s", message)


def _kept(names: list[str], *suffixes: str) -> Path:
    """Return the file of the cache that belongs to these kernels."""
    import xxhash

    key = xxhash.xxh3_64_hexdigest("\n".join([source_key(*names), *names, *suffixes]).encode())
    return cache_directory() / f"kernels-{names[0]}-{key}"


def _kept_library(names: list[str]) -> Path:
    return _kept(names).with_suffix(".library.json")


def _kept_ir(names: list[str]) -> Path:
    """Return the cached IR, which is there only if the linker was missing or failed."""
    # llvmlite cannot always read the IR of another LLVM version. Another linker is worth a try.
    import llvmlite

    from glovefast.kernels.link import find_linker

    linker = [_LLVMLITE] if os.environ.get(_VARIABLE) == _LLVMLITE else find_linker() or []
    return _kept(names, llvmlite.__version__, *linker).with_suffix(".ir.json")


def _try_library(path: Path, names: list[str], level: str | None) -> tuple[Kernels, Way] | None:
    try:
        kernels, taken = load_library(path, names, level)
    except FileNotFoundError:
        if path == PACKAGED:
            _because("the package has no shared library, as in an editable install")
        return None
    except UnsupportedLevelError as error:
        if level:
            raise GlovefastError(f"{_VARIABLE}={level} cannot be used: {error}") from error
        _reject(path, error)
        return None
    except _UNUSABLE as error:
        _reject(path, error)
        return None
    return kernels, Way(_LIBRARY, taken, path)


def _try_ir(path: Path, names: list[str]) -> tuple[Kernels, Way] | None:
    from glovefast.kernels.jit import load_kept_ir

    try:
        return load_kept_ir(path, names), Way(_LLVMLITE, None, path)
    except FileNotFoundError:
        return None
    except _UNUSABLE as error:
        _reject(path, error)
        return None


def _reject(path: Path, error: Exception) -> None:
    reason = f"the compiled kernels in {path} cannot be used: {_first_line(error)}"
    _log_once(logging.INFO, reason)
    _because(reason)


def _first_line(error: Exception) -> str:
    """Shorten the messages of LLVM, which quote whole functions."""
    return str(error).strip().partition("\n")[0]


def _compile_and_keep(names: list[str], wanted: str | None) -> tuple[Kernels, Way]:
    from glovefast.kernels.compile import prepare
    from glovefast.kernels.jit import load_ir

    _log_once(
        logging.INFO, "compiling the kernels of this task; this takes a few seconds, once on each machine"
    )
    text = prepare(*names)
    kernels = json.loads(text)["kernels"]
    if wanted != _LLVMLITE and (loaded := _link_and_keep(kernels, names, wanted)):
        return loaded
    if wanted in _LEVELS:
        raise GlovefastError(f"{_VARIABLE}={wanted} cannot be used: {_reasons[-1]}")
    path = _kept_ir(names)
    try:
        keep(path, text.encode())
    except OSError as error:
        _log_once(
            logging.WARNING,
            f"cannot cache the compiled kernels, so every process compiles them again ({error}); "
            "set GLOVEFAST_CACHE_DIR to a writable directory",
        )
    try:
        return load_ir(kernels), Way(_LLVMLITE, None, path)
    except RuntimeError as error:
        reason = f"llvmlite cannot load the kernels on this machine: {_first_line(error)}"
        _log_once(logging.INFO, f"{reason}; Numba runs them instead")
        _because(reason)
        return numba_kernels(), Way(_NUMBA)


def _link_and_keep(
    kernels: dict[str, Any], names: list[str], wanted: str | None
) -> tuple[Kernels, Way] | None:
    """Link kernels to a library in the cache and load it; None if that does not work here."""
    from glovefast.kernels.link import LinkError, link

    path = _kept_library(names)
    try:
        library, manifest = link(kernels)
        # The manifest comes last: it is of use only with its library.
        keep(path.with_name(manifest["library"]), library)
        keep(path, json.dumps(manifest).encode())
    except (LinkError, *_UNUSABLE) as error:
        reason = f"the kernels cannot be linked into a shared library: {_first_line(error)}"
        _log_once(logging.INFO, reason)
        _because(reason)
        return None
    return _try_library(path, names, wanted)
