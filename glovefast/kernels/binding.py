"""Machine code as Python functions."""

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

_address_at = ctypes.c_void_p.from_address
# A NumPy array's C structure begins with Python's object header; then comes the pointer to the data. NumPy
# keeps this layout, since compiled extensions read it directly.
_HEADER_BYTES = object.__basicsize__


def _read_address(array: np.ndarray[Any, Any]) -> int | None:
    return _address_at(id(array) + _HEADER_BYTES).value


def _ask_for_address(array: np.ndarray[Any, Any]) -> int:
    return int(array.__array_interface__["data"][0])


def _choose_address() -> Callable[[np.ndarray[Any, Any]], int | None]:
    """Read addresses of arrays directly, which takes a tenth of the time, if this Python lets us."""
    array = np.arange(3)
    return _read_address if _read_address(array) == _ask_for_address(array) else _ask_for_address


address = _choose_address()


def c_types(arguments: list[str]) -> list[Any]:
    """List the C types of a kernel's arguments: an array is a pointer and its number of elements."""
    types: list[Any] = []
    for argument in arguments:
        types += [ctypes.c_void_p, ctypes.c_int64] if argument.endswith("[]") else [ctypes.c_int64]
    return types


def bind(name: str, function: Callable[..., int], arguments: list[str]) -> Callable[..., int]:
    """Wrap machine code as a Python function, which releases the GIL while it runs.

    Parameters
    ----------
    name : str
        The kernel's name, for error messages.
    function : callable
        A function of `ctypes` that takes `c_types(arguments)` and returns an int64.
    arguments : list of str
        The types of the kernel's arguments, as the registry lists them.
    """
    types = [np.dtype(argument[:-2]) if argument.endswith("[]") else None for argument in arguments]

    def call(*values: Any) -> int:
        flat: list[Any] = []
        for value, dtype in zip(values, types, strict=True):
            if dtype is None:
                flat.append(int(value))
            elif (value.dtype is dtype or value.dtype == dtype) and value.flags.c_contiguous:
                flat.append(address(value))
                flat.append(value.size)
            else:
                raise TypeError(f"{name} takes a contiguous array of {dtype}, not of {value.dtype}")
        return function(*flat)

    return call
