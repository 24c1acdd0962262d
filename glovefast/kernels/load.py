"""Load the kernels as machine code, without Numba if they were compiled before.

Importing Numba takes about 0.9 s even with a full cache, several times as long as parsing the file. llvmlite
compiles the cached LLVM IR to machine code in about 0.1 s, once for each kind of processor. The machine code
is cached as well; it loads in a few milliseconds and needs 40 MB less memory than the code generator. Numba
runs the kernels only under its debugging switches, ``NUMBA_DISABLE_JIT`` and ``NUMBA_BOUNDSCHECK``, or if
llvmlite cannot load them.
"""

import ctypes
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from glovefast.kernels.compile import digest, llvm_version, numba_kernels, prepare, source_key
from glovefast.regular_files import open_regular_file

PREPARED = Path(__file__).parent / "prepared.json"

_log = logging.getLogger("glovefast")
_DIGEST_BYTES = hashlib.sha256().digest_size

_loaded: dict[str, Callable[..., int]] = {}
_engines: list[Any] = []  # they own the machine code, so they are never freed


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
        if any(os.environ.get(f"NUMBA_{switch}", "0") != "0" for switch in ("DISABLE_JIT", "BOUNDSCHECK")):
            _loaded.update(numba_kernels())
        else:
            kept = _load_kept(PREPARED, missing) or _load_kept(_kept_ir(missing), missing)
            _loaded.update(kept or _compile_and_keep(missing))
    return SimpleNamespace(**{name: _loaded[name] for name in names})


def _cache_directory() -> Path:
    directory = os.environ.get("GLOVEFAST_CACHE_DIR")
    if directory:
        return Path(directory)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "glovefast"
    except RuntimeError:  # no home directory: use a path where nobody can read or write
        return Path(os.devnull) / "glovefast"


def _kept_ir(names: list[str]) -> Path:
    # llvmlite cannot always read the IR of another LLVM version.
    import llvmlite

    kernels = "-".join(names)
    return _cache_directory() / f"{kernels}-{source_key()}-llvmlite-{llvmlite.__version__}.json"


def _keep(path: Path, contents: bytes) -> None:
    """Write a file of the cache completely or not at all, even if several processes write it at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".", suffix=".partial") as directory:
        written = Path(directory, path.name)
        written.write_bytes(contents)
        written.replace(path)


def _load_kept(path: Path, names: list[str]) -> dict[str, Callable[..., int]] | None:
    """Load kernels from cached IR; None if there is no file, or it does not fit."""
    try:
        with open_regular_file(path) as file:
            kept = json.loads(file.read())
        if kept["key"] != source_key():
            return None
        if kept["llvm"] != llvm_version():
            raise ValueError(f"they are for LLVM {kept['llvm']}, and llvmlite has LLVM {llvm_version()}")
        kernels = {name: dict(kept["kernels"][name]) for name in names}
        if any(kernel.pop("digest") != digest(name, kernel) for name, kernel in kernels.items()):
            raise ValueError("the file is damaged")
        return _load_ir(kernels)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError, RuntimeError) as error:
        _log.info("the compiled kernels in %s cannot be used: %s", path, _first_line(error))
        return None


def _compile_and_keep(names: list[str]) -> dict[str, Callable[..., int]]:
    _log.info("compiling the kernels for this machine; this takes a few seconds and happens once")
    text = prepare(*names)
    try:
        _keep(_kept_ir(names), text.encode())
    except OSError as error:
        _log.warning(
            "cannot cache the compiled kernels, so every process compiles them again (%s); "
            "set GLOVEFAST_CACHE_DIR to a writable directory",
            error,
        )
    try:
        return _load_ir(json.loads(text)["kernels"])
    except RuntimeError as error:
        _log.info(
            "llvmlite cannot load the kernels on this machine; Numba runs them instead: %s",
            _first_line(error),
        )
        return numba_kernels()


def _first_line(error: Exception) -> str:
    """Shorten the messages of LLVM, which quote whole functions."""
    return str(error).strip().partition("\n")[0]


def _load_ir(kernels: dict[str, Any]) -> dict[str, Callable[..., int]]:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3
    )
    objects = [_machine_code(llvm, machine, name, kept["ir"]) for name, kept in kernels.items()]
    # The engine takes ownership of the machine. Its first module is empty: the code is compiled already.
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    _engines.append(engine)
    for code in objects:
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return {
        name: _bind(name, engine.get_function_address(kept["symbol"]), kept["arguments"])
        for name, kept in kernels.items()
    }


def _machine_code(llvm: Any, machine: Any, kernel: str, ir: str) -> bytes:
    """Compile IR to an object file for this processor, or read it from the cache."""
    import llvmlite

    made_of = "\n".join(
        [llvmlite.__version__, llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten(), ir]
    )
    path = _cache_directory() / f"kernel-{hashlib.sha256(made_of.encode()).hexdigest()[:32]}.o"
    # Damaged code, or the code of another kernel, would crash the process. So the file begins with a checksum
    # of the kernel's name, what the code was made of, and the code.
    checked = hashlib.sha256(f"{kernel}\n{made_of}".encode())
    try:
        with open_regular_file(path) as file:
            kept = file.read()
    except OSError:
        kept = b""
    code = kept[_DIGEST_BYTES:]
    found = checked.copy()
    found.update(code)
    if kept[:_DIGEST_BYTES] == found.digest():
        return code
    code = bytes(machine.emit_object(llvm.parse_assembly(ir)))
    checked.update(code)
    try:
        _keep(path, checked.digest() + code)
    except OSError as error:
        _log.info("cannot cache the kernels' machine code in %s: %s", path.parent, error)
    return code


def _bind(name: str, address: int, arguments: list[str]) -> Callable[..., int]:
    """Wrap machine code as a Python function, which releases the GIL while it runs."""
    c_types: list[Any] = []
    checks = []
    for argument in arguments:
        array = argument.endswith("[]")
        c_types += [ctypes.c_void_p, ctypes.c_int64] if array else [ctypes.c_int64]
        checks.append(np.dtype(argument[:-2]) if array else None)
    function = ctypes.CFUNCTYPE(ctypes.c_int64, *c_types)(address)

    def call(*values: Any) -> int:
        flat: list[Any] = []
        for value, dtype in zip(values, checks, strict=True):
            if dtype is None:
                flat.append(int(value))
            elif value.dtype == dtype and value.flags.c_contiguous:
                flat += [value.__array_interface__["data"][0], value.size]
            else:
                raise TypeError(f"{name} takes a contiguous array of {dtype}, not of {value.dtype}")
        return int(function(*flat))

    return call
