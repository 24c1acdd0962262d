"""Eight numbers at a time: the common form, ``-0.12345``, without a branch and without a loop.

Numba has no vector types, so this is LLVM code; if the kernels run as Python, the same formula works on NumPy
arrays. LLVM splits the vectors for processors with shorter registers.
"""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from glovefast.kernels import LANES

_BYTE = 0xFF
_ZERO, _POINT, _MINUS = 0x30, 0x2E, 0x2D
_ALL_ONES = (1 << 64) - 1
_HUNDRED_MILLION = 10**8


def _read_common_form(low: Any, high: Any, length: Any) -> tuple[Any, Any, Any]:
    """Read numbers of one digit, the point and up to eight digits, with or without a minus.

    The digits after the point are moved to the front of a block of eight and the bytes after them cleared, so
    a number is ``mantissa / 10**8`` however many digits it has. This needs no table, and the quotient of two
    exact numbers is the correctly rounded float64. Eight digits become one number in three
    multiplications, pairs first (Lemire and Muła, "Number parsing at a gigabyte per second", 2021, section 4,
    https://arxiv.org/abs/2101.11408).

    Parameters
    ----------
    low, high : 8 lanes of uint64
        The first eight bytes of each number and the next eight, little-endian; bytes after its end are
        ignored.
    length : 8 lanes of uint64
        The length of each number in bytes.

    Returns
    -------
    mantissa, negative, odd : 8 lanes of uint64
        The number times 10**8 without its sign; 1 for a minus; 0 if the form is the common one.
    """
    negative = (((low ^ _MINUS) & _BYTE) - 1) >> 63
    sign_bits = negative << 3
    whole = ((low >> sign_bits) & _BYTE) ^ _ZERO
    point = ((low >> (sign_bits + 8)) & _BYTE) ^ _POINT
    fraction_digits = length - negative - 2
    # Shifted in two halves, since a shift by 64 is not defined.
    half_bits = (fraction_digits & 15) << 2
    behind = (low | _ALL_ONES) << half_bits << half_bits
    block = (low >> (sign_bits + 16)) | (high << ((negative ^ 1) << 3) << 40)
    digits = (block ^ 0x3030303030303030) & (behind ^ _ALL_ONES)
    no_digits = ((digits + 0x7676767676767676) | digits) & 0x8080808080808080
    too_many = ((fraction_digits + 7) | fraction_digits) >> 4
    pairs = digits * 10 + (digits >> 8)
    even_pairs = (pairs & 0x000000FF000000FF) * (100 + (1000000 << 32))
    odd_pairs = ((pairs >> 16) & 0x000000FF000000FF) * (1 + (10000 << 32))
    mantissa = whole * _HUNDRED_MILLION + ((even_pairs + odd_pairs) >> 32)
    return mantissa, negative, no_digits | point | ((whole + 246) >> 8) | too_many


class _Lanes:
    """An LLVM vector of integers with Python's operators."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.value = value

    def _combine(self, operation: str, other: "_Lanes | int") -> "_Lanes":
        vector = self.value.type
        value = other.value if isinstance(other, _Lanes) else ir.Constant(vector, [other] * vector.count)
        return _Lanes(self.builder, getattr(self.builder, operation)(self.value, value))

    def __add__(self, other: "_Lanes | int") -> "_Lanes":
        return self._combine("add", other)

    def __sub__(self, other: "_Lanes | int") -> "_Lanes":
        return self._combine("sub", other)

    def __mul__(self, other: "_Lanes | int") -> "_Lanes":
        return self._combine("mul", other)

    def __and__(self, other: "_Lanes | int") -> "_Lanes":
        return self._combine("and_", other)

    def __or__(self, other: "_Lanes | int") -> "_Lanes":
        return self._combine("or_", other)

    def __xor__(self, other: "_Lanes | int") -> "_Lanes":
        return self._combine("xor", other)

    def __lshift__(self, other: "_Lanes | int") -> "_Lanes":
        return self._combine("shl", other)

    def __rshift__(self, other: "_Lanes | int") -> "_Lanes":
        return self._combine("lshr", other)


@intrinsic
def parse_eight(
    typing_context: Any, text: Any, separators: Any, ends: Any, first: Any, numbers: Any, place: Any
) -> Any:
    """Parse the eight numbers after ``separators[first]`` to ``separators[first + 7]`` into `numbers`.

    They end at ``ends[first + 1]`` to ``ends[first + 8]``.

    Bit n of the result is set if number n is not of the common form; the value written for it is meaningless.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        text, separators, ends, numbers = (
            context.make_array(signature.args[place])(context, builder, arguments[place]).data
            for place in (0, 1, 2, 4)
        )
        first, place = arguments[3], arguments[5]
        long, index = ir.IntType(64), ir.IntType(32)
        lanes = ir.VectorType(long, LANES)

        def load_ends(ends: Any, more: int) -> Any:
            position = builder.gep(ends, [builder.add(first, ir.Constant(long, more))])
            vector = ir.VectorType(index, LANES)
            loaded = builder.load(builder.bitcast(position, ir.PointerType(vector)), align=4)
            return _Lanes(builder, builder.zext(loaded, lanes))

        def shuffle(pair: list[Any], order: range) -> Any:
            mask = [ir.Constant(index, place) for place in order]
            return builder.shuffle_vector(*pair, ir.Constant(ir.VectorType(index, len(mask)), mask))

        begins = load_ends(separators, 0) + 1
        pairs = ir.VectorType(long, 2)
        blocks = []
        for lane in range(LANES):
            end = builder.load(builder.gep(separators, [builder.add(first, ir.Constant(long, lane))]))
            begin = builder.add(builder.zext(end, long), ir.Constant(long, 1))
            pointer = builder.bitcast(builder.gep(text, [begin]), ir.PointerType(pairs))
            blocks.append(builder.load(pointer, align=1))
        while len(blocks) > 2:
            width = 2 * blocks[0].type.count
            blocks = [shuffle(blocks[n : n + 2], range(width)) for n in range(0, len(blocks), 2)]
        low, high = (_Lanes(builder, shuffle(blocks, range(half, 2 * LANES, 2))) for half in (0, 1))
        mantissa, negative, odd = _read_common_form(low, high, load_ends(ends, 1) - begins)

        doubles = ir.VectorType(ir.DoubleType(), LANES)
        # Below 10**9, so 32 bits hold it; older processors convert only those.
        whole = builder.sitofp(builder.trunc(mantissa.value, ir.VectorType(index, LANES)), doubles)
        value = builder.fdiv(whole, ir.Constant(doubles, [float(_HUNDRED_MILLION)] * LANES))
        signed = _Lanes(builder, builder.bitcast(value, lanes)) | (negative << 63)
        floats = ir.VectorType(ir.FloatType(), LANES)
        rounded = builder.fptrunc(builder.bitcast(signed.value, doubles), floats)
        target = builder.bitcast(builder.gep(numbers, [place]), ir.PointerType(floats))
        builder.store(rounded, target, align=4)
        is_odd = builder.icmp_unsigned("!=", odd.value, ir.Constant(lanes, [0] * LANES))
        return builder.zext(builder.bitcast(is_odd, ir.IntType(LANES)), long)

    return types.uint64(text, separators, ends, types.int64, numbers, types.int64), generate


def _parse_eight_in_python(
    text: Any, separators: Any, ends: Any, first: int, numbers: Any, place: int
) -> np.uint64:
    begins = separators[first : first + LANES].astype(np.uint64) + 1
    length = ends[first + 1 : first + LANES + 1].astype(np.uint64) - begins
    blocks = np.array([text[begin : begin + 16] for begin in begins.tolist()]).view("<u8")
    mantissa, negative, odd = _read_common_form(blocks[:, 0], blocks[:, 1], length)
    value = mantissa.astype(np.int32) / float(_HUNDRED_MILLION)
    numbers[place : place + LANES] = np.where(negative, -value, value)
    return np.uint64(sum(1 << lane for lane in range(LANES) if odd[lane]))


if numba.config.DISABLE_JIT:  # the same in Python, so that the kernels can be run and covered without Numba
    parse_eight = _parse_eight_in_python
