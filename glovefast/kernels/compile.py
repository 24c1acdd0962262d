"""Compile the kernels' Python source to LLVM IR with Numba.

Each kernel is wrapped as a C function over pointers. `glovefast.kernels.link` makes a shared library of the
IR; without a linker, `glovefast.kernels.jit` compiles it to machine code in each process.
"""

import hashlib
import json
import re
from typing import Any

from glovefast.kernels.registry import exported, source_key

# How the names of the functions begin that Numba's code calls to raise exceptions.
_HELPERS = ("Py", "numba_", "NRT_")


def prepare(*names: str) -> str:
    """Compile kernels with Numba for this kind of machine.

    Parameters
    ----------
    *names : str
        The kernels' names; by default all kernels.

    Returns
    -------
    str
        JSON with the key of the source and the machine, the version of LLVM, and the arguments, symbol, LLVM
        IR and checksum of each kernel.
    """
    from numba import carray, cfunc, types

    offered = exported()
    kernels = {}
    for name in names or offered:
        compiled, arguments = offered[name]
        # Numba needs a function with the parameters of the C function: a pointer and a length for each array.
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
        exec(source, namespace)  # noqa: S102 - contains only numbered names
        c_function = cfunc(types.int64(*c_types), error_model="numpy")(namespace["wrapper"])
        ir = _without_foreign_symbols(c_function.inspect_llvm())
        made = {"arguments": arguments, "symbol": c_function.native_name, "ir": ir}
        kernels[name] = {**made, "digest": digest(name, made)}
    return json.dumps({"key": source_key(), "llvm": llvm_version(), "kernels": kernels})


def digest(name: str, made: dict[str, Any]) -> str:
    """Compute the checksum of one kernel: flipped bits, or another kernel's IR, would give wrong numbers."""
    return hashlib.sha256(json.dumps([name, made]).encode()).hexdigest()


def llvm_version() -> int:
    """Return the major version of llvmlite's LLVM, which may be unable to read the IR of another one."""
    from llvmlite.binding import llvm_version_info

    return int(llvm_version_info[0])


def _without_foreign_symbols(ir: str) -> str:
    """Replace declared functions by functions that abort, so that the IR has no external symbols.

    They are helpers of Python and Numba for raising exceptions, and kernels never raise.

    Raises
    ------
    ValueError
        If a kernel calls another library's function, such as `math.sqrt`.
    """
    declared = re.findall(r"^declare \S+ @(?!llvm\.)([^(]+)", ir, flags=re.MULTILINE)
    if others := [name for name in declared if not name.startswith(_HELPERS)]:
        raise ValueError(f"kernels cannot call functions of a library: {', '.join(others)}")
    ir = re.sub(
        r"^declare (?P<result>\S+) (?P<name>@(?!llvm\.)[^(]+)(?P<parameters>\([^)]*\)).*$",
        r"define internal \g<result> \g<name>\g<parameters> {\n  call void @llvm.trap()\n  unreachable\n}",
        ir,
        flags=re.MULTILINE,
    )
    ir = re.sub(r"^(@\S+) = external global i8", r"\1 = internal global i8 0", ir, flags=re.MULTILINE)
    return ir + "\ndeclare void @llvm.trap()\n"
