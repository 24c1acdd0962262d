"""From a kernel's Python source to machine code, with Numba where it must be and without it where it can be.

Importing Numba and setting up its registries costs a process about 0.9 s even with a full cache, several
times what it takes to parse the file. So Numba's work is done once: each kernel is wrapped as a C function
over pointers, and its LLVM IR is kept, in the wheel if the package was built for this kind of machine, else
in the user's cache. From then on llvmlite alone makes code of it for the processor at hand, in about 0.1 s.
Numba itself stays the way for its own debugging switches, ``NUMBA_DISABLE_JIT`` and ``NUMBA_BOUNDSCHECK``.
"""

import ctypes
import hashlib
import json
import logging
import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import numpy as np

PREPARED = Path(__file__).parent / "prepared.json"

_log = logging.getLogger("glovefast")
Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# nogil: workers parse in a ThreadPoolExecutor; Numba's own parallel layers abort when used from two threads
# at once or after a fork (https://github.com/numba/numba/issues/8563). error_model: kernels never raise.
# No fastmath: the numbers must be those of the file.
_OPTIONS = {"nogil": True, "error_model": "numpy"}
_SOURCES = ("__init__.py", "compile.py", "parse.py")

_exported: dict[str, tuple[Any, list[str]]] = {}
_loaded: SimpleNamespace | None = None
_engines: list[Any] = []  # they own the machine code and must outlive it


def kernel(*arguments: str) -> Callable[[Kernel], Kernel]:
    """Compile a function with Numba, and offer it to Python if its arguments are given.

    Parameters
    ----------
    *arguments : str
        A NumPy type for each argument, ``"int64"`` for a number, ``"int32[]"`` for a contiguous array. A
        kernel that is offered to Python returns an int64.

    Returns
    -------
    callable
        The decorator.
    """

    def decorate(function: Kernel) -> Kernel:
        import numba

        compiled = numba.njit(**_OPTIONS)(function)
        if arguments:
            _exported[function.__name__] = (compiled, list(arguments))
        return cast("Kernel", compiled)

    return decorate


def load_kernels() -> SimpleNamespace:
    """Load the kernels, compiled for this machine.

    Returns
    -------
    types.SimpleNamespace
        The kernels by their names.
    """
    global _loaded  # noqa: PLW0603 - one set of kernels for the process
    if _loaded is None:
        if any(os.environ.get(f"NUMBA_{switch}", "0") != "0" for switch in ("DISABLE_JIT", "BOUNDSCHECK")):
            _loaded = _load_with_numba()
        else:
            _loaded = _load_kept(PREPARED) or _load_kept(_cache_file()) or _compile_and_keep()
    return _loaded


def prepare() -> str:
    """Compile every kernel with Numba, for the kind of machine this is, into a text to be kept.

    Returns
    -------
    str
        JSON: what it was made from and for, and each kernel's arguments, symbol and LLVM IR.
    """
    import numba
    from numba import carray, cfunc, types

    import glovefast.kernels.parse  # noqa: F401 - fills _exported

    kernels = {}
    for name, (compiled, arguments) in _exported.items():
        # Numba wants a function with as many parameters as the C function has: a pointer and a length for
        # each array.
        parameters, call, c_types = [], [], []
        for place, argument in enumerate(arguments):
            parameters.append(f"p{place}")
            if argument.endswith("[]"):
                parameters.append(f"n{place}")
                call.append(f"carray(p{place}, n{place})")
                c_types += [types.CPointer(getattr(types, argument[:-2])), types.int64]
            else:
                call.append(f"p{place}")
                c_types.append(getattr(types, argument))
        namespace = {"carray": carray, "kernel": compiled}
        source = f"def wrapper({', '.join(parameters)}):\n    return kernel({', '.join(call)})"
        exec(source, namespace)  # noqa: S102 - made of nothing but numbered names
        c_function = cfunc(types.int64(*c_types), error_model="numpy")(namespace["wrapper"])
        ir = _without_foreign_symbols(c_function.inspect_llvm())
        kernels[name] = {"arguments": arguments, "symbol": c_function.native_name, "ir": ir}
    return json.dumps({"key": _key(), "numba": numba.__version__, "kernels": kernels})


def _without_foreign_symbols(ir: str) -> str:
    """Give every function that the IR only declares a body that aborts, so that the IR stands on its own.

    They are Python's and Numba's helpers for handing on an exception, and no kernel raises one.
    """
    ir = re.sub(
        r"^declare (?P<result>\S+) (?P<name>@(?!llvm\.)[^(]+)(?P<parameters>\([^)]*\)).*$",
        r"define internal \g<result> \g<name>\g<parameters> {\n  call void @llvm.trap()\n  unreachable\n}",
        ir,
        flags=re.MULTILINE,
    )
    ir = re.sub(r"^(@\S+) = external global i8", r"\1 = internal global i8 0", ir, flags=re.MULTILINE)
    return ir + "\ndeclare void @llvm.trap()\n"


def _key() -> str:
    """Name what kept IR depends on: the kernels' source and the kind of machine."""
    digest = hashlib.sha256()
    for source in _SOURCES:
        digest.update((Path(__file__).parent / source).read_bytes())
    return f"{sys.platform}-{platform.machine()}-{digest.hexdigest()[:32]}"


def _cache_file() -> Path:
    directory = os.environ.get("GLOVEFAST_CACHE_DIR")
    if not directory:
        home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
        directory = str(Path(home) / "glovefast")
    # llvmlite reads the IR of its own LLVM version, not always that of another.
    import llvmlite

    return Path(directory) / f"kernels-{_key()}-llvmlite-{llvmlite.__version__}.json"


def _load_kept(path: Path) -> SimpleNamespace | None:
    """Load kernels from kept IR; None if there is none, or none that fits."""
    try:
        kept = json.loads(path.read_bytes())
        if kept["key"] != _key():
            return None
        return _load_ir(kept["kernels"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        _log.info("the kept kernels in %s are of no use here: %s", path, error)
        return None


def _compile_and_keep() -> SimpleNamespace:
    _log.info("compiling the kernels for this machine; this is done once and takes a few seconds")
    text = prepare()
    path = _cache_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all, also where several processes come here at once.
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            file.write(text)
        Path(file.name).replace(path)
    except OSError as error:
        _log.warning(
            "the compiled kernels cannot be kept, so that every process compiles them anew (%s); "
            "set GLOVEFAST_CACHE_DIR to a directory that can be written",
            error,
        )
    try:
        return _load_ir(json.loads(text)["kernels"])
    except RuntimeError as error:
        _log.info("llvmlite cannot load the kernels on this machine, so Numba runs them: %s", error)
        return _load_with_numba()


def _load_with_numba() -> SimpleNamespace:
    import glovefast.kernels.parse  # noqa: F401 - fills _exported

    return SimpleNamespace(**{name: compiled for name, (compiled, _) in _exported.items()})


def _load_ir(kernels: dict[str, Any]) -> SimpleNamespace:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3
    )
    functions = {}
    for name, kept in kernels.items():
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(kept["ir"]), machine)
        engine.finalize_object()
        _engines.append(engine)
        functions[name] = _bind(name, engine.get_function_address(kept["symbol"]), kept["arguments"])
    return SimpleNamespace(**functions)


def _bind(name: str, address: int, arguments: list[str]) -> Callable[..., int]:
    """Make a Python function of machine code; while it runs, the GIL is free."""
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
