"""Shared libraries of kernels: where there are some, what they need, and how to be without a linker."""

import ctypes
import os
import struct
import sys
import tempfile
from pathlib import Path

import pytest

from glovefast.kernels.levels import levels_here, supported_levels
from glovefast.kernels.link import find_linker, link


def _levels() -> list[str]:
    """Ask a library which levels this processor can execute."""
    if not levels_here() or find_linker() is None:
        return []
    library, _ = link({})
    with tempfile.NamedTemporaryFile(suffix=".so") as file:
        file.write(library)
        file.flush()
        return supported_levels(ctypes.CDLL(file.name), list(levels_here()))


needs_library = pytest.mark.skipif(
    not levels_here() or find_linker() is None, reason="no libraries of kernels are linked on this machine"
)

LEVELS_OF_THIS_PROCESSOR = _levels()

_DYNAMIC_SYMBOLS = 11  # SHT_DYNSYM


def undefined_symbols(library: Path) -> set[str]:
    """Read from a 64-bit little-endian ELF file which symbols others must provide."""
    contents = library.read_bytes()
    assert contents[:6] == b"\x7fELF\x02\x01"
    (table,) = struct.unpack_from("<Q", contents, 40)
    entry_size, entries = struct.unpack_from("<HH", contents, 58)
    # Of each section: its type, offset, size, and the section with its strings.
    sections = [
        (*struct.unpack_from("<I", contents, at + 4), *struct.unpack_from("<QQI", contents, at + 24))
        for at in range(table, table + entries * entry_size, entry_size)
    ]
    ((_, begin, size, strings),) = [section for section in sections if section[0] == _DYNAMIC_SYMBOLS]
    names = contents[sections[strings][1] :]
    undefined = set()
    for at in range(begin + 24, begin + size, 24):  # the first one is always empty
        name, _, _, section = struct.unpack_from("<IBBH", contents, at)
        if section == 0:
            undefined.add(names[name : names.index(b"\0", name)].decode())
    return undefined


def without_linker(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """Hide compilers and the package ziglang from this process and those that it starts."""
    hidden = directory / "hidden"
    hidden.mkdir()
    # An import error at the first import makes find_spec see no package.
    (hidden / "sitecustomize.py").write_text("import importlib.util, sys\nsys.modules['ziglang'] = None\n")
    path = os.pathsep.join(filter(None, [str(hidden), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("PATH", str(hidden))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setitem(sys.modules, "ziglang", None)
