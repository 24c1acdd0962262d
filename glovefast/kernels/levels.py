"""Levels of processors: sets of instructions that many processors share."""

import ctypes
import platform
import sys

# For each kind of machine, the best level first (https://gitlab.com/x86-psABIs/x86-64-ABI, "Low Level System
# Information"). All levels give the same bits.
LEVELS = {"x86_64": ("x86-64-v4", "x86-64-v3", "x86-64-v2"), "aarch64": ("aarch64",)}

# What a level demands of the processor and what the one below it does not: bits of CPUID's registers.
_ECX_1, _EBX_7, _ECX_EXTENDED = (1, 2), (7, 1), (0x8000_0001, 2)
_DEMANDS: dict[str, dict[tuple[int, int], tuple[int, ...]]] = {
    # SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT; LAHF
    "x86-64-v2": {_ECX_1: (0, 9, 13, 19, 20, 23), _ECX_EXTENDED: (0,)},
    # FMA, MOVBE, OSXSAVE, AVX, F16C; BMI1, AVX2, BMI2; LZCNT
    "x86-64-v3": {_ECX_1: (12, 22, 27, 28, 29), _EBX_7: (3, 5, 8), _ECX_EXTENDED: (5,)},
    # AVX512F, AVX512DQ, AVX512CD, AVX512BW, AVX512VL
    "x86-64-v4": {_EBX_7: (16, 17, 28, 30, 31)},
}
# The registers that the operating system must save: those of SSE and AVX, and of AVX-512.
_SAVED_REGISTERS = {"x86-64-v2": 0, "x86-64-v3": 0b0000_0110, "x86-64-v4": 0b1110_0110}


def levels_here() -> tuple[str, ...]:
    """List the levels that libraries have on this kind of machine; none where there are no libraries."""
    if sys.platform != "linux" or sys.maxsize < 2**32:
        return ()
    return LEVELS.get(platform.machine(), ())


def symbol(kernel: str, level: str) -> str:
    """Return the name of a kernel's function in the library."""
    return f"{kernel}_{level.replace('-', '_')}"


def supported_levels(functions: ctypes.CDLL, levels: list[str]) -> list[str]:
    """List the levels that this processor supports, the best first."""
    supported: list[str] = []
    for level in reversed(levels):
        if level in _DEMANDS and not _is_supported(functions, level):
            break
        supported.insert(0, level)
    return supported


def _is_supported(functions: ctypes.CDLL, level: str) -> bool:
    cpuid, xgetbv = functions["cpuid"], functions["xgetbv"]
    for (leaf, register), bits in _DEMANDS[level].items():
        value = cpuid(ctypes.c_uint32(leaf), register)
        if not all(value >> bit & 1 for bit in bits):
            return False
    saved = _SAVED_REGISTERS[level]
    return not saved or xgetbv() & saved == saved
