"""From a kernel's Python source to LLVM IR, with Numba.

Each kernel is wrapped as a C function over pointers, and its LLVM IR is what is kept: in the wheel, if the
package was built for this kind of machine, else in the user's cache. `glovefast.kernels.load` makes machine
code of it without Numba.
"""

import hashlib
import json
import platform
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# nogil: workers parse in a ThreadPoolExecutor; Numba's own parallel layers abort when used from two threads
# at once or after a fork (https://github.com/numba/numba/issues/8563). error_model: kernels never raise.
# No fastmath: the numbers must be those of the file.
_OPTIONS = {"nogil": True, "error_model": "numpy"}
_SOURCES = ("__init__.py", "compile.py", "intrinsics.py", "lanes.py", "parse.py", "wanted.py", "words.py")

_exported: dict[str, tuple[Any, list[str]]] = {}


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


def prepare(*names: str) -> str:
    """Compile kernels with Numba, for the kind of machine this is, into a text to be kept.

    Parameters
    ----------
    *names : str
        The kernels; all if none is named.

    Returns
    -------
    str
        JSON: what they were made from and for, each kernel's arguments, symbol, LLVM IR and checksum.
    """
    import numba
    from numba import carray, cfunc, types

    import glovefast.kernels.words  # noqa: F401 - with all that it imports, fills _exported

    kernels = {}
    for name in names or _exported:
        compiled, arguments = _exported[name]
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
        made = {"arguments": arguments, "symbol": c_function.native_name, "ir": ir}
        kernels[name] = {**made, "digest": digest(made)}
    return json.dumps({"key": source_key(), "numba": numba.__version__, "kernels": kernels})


def digest(made: dict[str, Any]) -> str:
    """Compute the checksum of one kernel: a flipped bit in its IR would be a wrong number later."""
    return hashlib.sha256(json.dumps(made).encode()).hexdigest()


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


def source_key() -> str:
    """Name what kept IR depends on: the kernels' source and the kind of machine."""
    sources = b"".join((Path(__file__).parent / source).read_bytes() for source in _SOURCES)
    return f"{sys.platform}-{platform.machine()}-{hashlib.sha256(sources).hexdigest()[:32]}"


def numba_kernels() -> dict[str, Any]:
    """Give the kernels as Numba's own functions, which it compiles at their first call."""
    import glovefast.kernels.words  # noqa: F401 - with all that it imports, fills _exported

    return {name: compiled for name, (compiled, _) in _exported.items()}
