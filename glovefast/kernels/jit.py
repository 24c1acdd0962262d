"""Compile kept LLVM IR to machine code in the process, with llvmlite: the way without a linker.

llvmlite compiles the IR in about 0.1 s, once for each kind of processor. The machine code is cached; it then
loads in a few milliseconds, but llvmlite itself takes 20 to 60 ms and up to 110 MB of mapped memory.
"""

import ctypes
import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glovefast.cache_directory import cache_directory
from glovefast.kernels.binding import bind, c_types
from glovefast.kernels.cache import keep, read
from glovefast.kernels.compile import digest, llvm_version
from glovefast.kernels.registry import source_key

_log = logging.getLogger("glovefast")
_DIGEST_BYTES = hashlib.sha256().digest_size

_engines: list[Any] = []  # they own the machine code, so they are never freed


def load_kept_ir(path: Path, names: list[str]) -> dict[str, Callable[..., int]]:
    """Load kernels from a file with IR.

    Parameters
    ----------
    path : Path
        A file with the JSON of `glovefast.kernels.compile.prepare`.
    names : list of str
        The kernels.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    OSError, ValueError, KeyError, TypeError, RecursionError, RuntimeError
        If it is damaged, or not for these sources, this machine and this version of LLVM.
    """
    kept = json.loads(read(path))
    if kept["key"] != source_key():
        raise ValueError("they are of another version or for another kind of machine")
    if kept["llvm"] != llvm_version():
        raise ValueError(f"they are for LLVM {kept['llvm']}, and llvmlite has LLVM {llvm_version()}")
    kernels = {name: dict(kept["kernels"][name]) for name in names}
    if any(kernel.pop("digest") != digest(name, kernel) for name, kernel in kernels.items()):
        raise ValueError("the file is damaged")
    return load_ir(kernels)


def load_ir(kernels: dict[str, Any]) -> dict[str, Callable[..., int]]:
    """Load kernels from their IR; a RuntimeError says that LLVM cannot read it."""
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
    loaded = {}
    for name, kept in kernels.items():
        function = ctypes.CFUNCTYPE(ctypes.c_int64, *c_types(kept["arguments"]))
        loaded[name] = bind(name, function(engine.get_function_address(kept["symbol"])), kept["arguments"])
    return loaded


def _machine_code(llvm: Any, machine: Any, kernel: str, ir: str) -> bytes:
    """Compile IR to an object file for this processor, or read it from the cache."""
    import llvmlite

    made_of = "\n".join(
        [llvmlite.__version__, llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten(), ir]
    )
    path = cache_directory() / f"kernel-{hashlib.sha256(made_of.encode()).hexdigest()[:32]}.o"
    # Damaged code, or the code of another kernel, would crash the process. So the file begins with a checksum
    # of the kernel's name, what the code was made of, and the code.
    checked = hashlib.sha256(f"{kernel}\n{made_of}".encode())
    try:
        kept = read(path)
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
        keep(path, checked.digest() + code)
    except OSError as error:
        _log.info("cannot cache the kernels' machine code in %s: %s", path.parent, error)
    return code
