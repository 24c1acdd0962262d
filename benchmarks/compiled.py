"""Compile the C++ program of these benchmarks."""

import os
import shutil
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_name("fast_float_parse.cpp")
_OPTIONS = ("-std=c++17", "-O3", "-march=native")


class NotCompiledError(Exception):
    """There is no compiler, no header, or the compiler refuses; says which."""


def compile_fast_float(directory: Path) -> Path:
    """Compile the program into a directory.

    Raises
    ------
    NotCompiledError
        If that cannot be done here.
    """
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("c++")
    if compiler is None:
        raise NotCompiledError("there is no C++ compiler")
    program = directory / _SOURCE.stem
    done = subprocess.run(
        [compiler, *_OPTIONS, "-o", program, _SOURCE], capture_output=True, text=True, check=False
    )
    if done.returncode:
        if "fast_float/fast_float.h" in done.stderr:
            raise NotCompiledError(
                "the header fast_float/fast_float.h is missing (Debian: libfast-float-dev)"
            )
        raise NotCompiledError(f"the C++ compiler fails: {done.stderr.strip().splitlines()[0]}")
    return program
