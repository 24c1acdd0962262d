"""Functions that Numba lacks, as LLVM code: unaligned loads, comparisons of 64 bytes at once, bit counts."""

import math
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from glovefast.kernels import SCALED_AT_ONCE, WORD_BLOCK_BYTES


def _bytes_pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any, to: Any) -> Any:
    """Emit a pointer of type `to` to a byte of an array."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), ir.PointerType(to))


def _all_lanes(builder: Any, value: Any, vector: Any) -> Any:
    """Emit a vector that holds one value in every lane."""
    undefined, number = ir.Constant(vector, ir.Undefined), ir.IntType(32)
    first_lane = builder.insert_element(undefined, value, ir.Constant(number, 0))
    places = ir.Constant(ir.VectorType(number, vector.count), [0] * vector.count)
    return builder.shuffle_vector(first_lane, undefined, places)


@intrinsic
def load_block(typing_context: Any, text: Any, index: Any) -> Any:
    """Load eight bytes from any address as a little-endian uint64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        block = ir.IntType(64)
        pointer = _bytes_pointer(context, builder, signature.args[0], arguments[0], arguments[1], block)
        return builder.load(pointer, align=1)

    return types.uint64(text, types.int64), generate


@intrinsic
def store_block(typing_context: Any, text: Any, index: Any, block: Any) -> Any:
    """Store a little-endian uint64 as eight bytes at any address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index, value = arguments
        builder.store(
            value, _bytes_pointer(context, builder, signature.args[0], array, index, value.type), align=1
        )
        return context.get_dummy_value()

    return types.void(text, types.int64, types.uint64), generate


@intrinsic
def copy_block(typing_context: Any, text: Any, index: Any, target: Any, place: Any) -> Any:
    """Copy `WORD_BLOCK_BYTES` bytes from an element of an array to one of another array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        text, index, target, place = arguments
        block = ir.VectorType(ir.IntType(8), WORD_BLOCK_BYTES)
        source = _bytes_pointer(context, builder, signature.args[0], text, index, block)
        to = _bytes_pointer(context, builder, signature.args[2], target, place, block)
        builder.store(builder.load(source, align=1), to, align=1)
        return context.get_dummy_value()

    return types.void(text, types.int64, target, types.int64), generate


@intrinsic
def scale_block(typing_context: Any, numbers: Any, index: Any, scale: Any, target: Any, place: Any) -> Any:
    """Multiply `SCALED_AT_ONCE` int8 numbers, from an element of an array on, and store them as float32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers, index, scale, target, place = arguments
        small, large = (ir.VectorType(each, SCALED_AT_ONCE) for each in (ir.IntType(8), ir.FloatType()))
        source = _bytes_pointer(context, builder, signature.args[0], numbers, index, small)
        to = _bytes_pointer(context, builder, signature.args[3], target, place, large)
        wide = builder.sitofp(builder.load(source, align=1), large)
        builder.store(builder.fmul(wide, _all_lanes(builder, scale, large)), to, align=4)
        return context.get_dummy_value()

    return types.void(numbers, types.int64, types.float32, target, types.int64), generate


@intrinsic
def matches(typing_context: Any, text: Any, index: Any, byte: Any) -> Any:
    """Compare 64 bytes with one value; bit n of the result is set if byte n is equal."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index, byte = arguments
        vector = ir.VectorType(ir.IntType(8), 64)
        pointer = _bytes_pointer(context, builder, signature.args[0], array, index, vector)
        block = builder.load(pointer, align=1)
        equal = builder.icmp_unsigned("==", block, _all_lanes(builder, byte, vector))
        return builder.bitcast(equal, ir.IntType(64))

    return types.uint64(text, types.int64, types.uint8), generate


@intrinsic
def copy_lowered(typing_context: Any, text: Any, index: Any, target: Any, place: Any, lower: Any) -> Any:
    """Copy 64 bytes, and add a number to those from A to Z: 32 for lower case, 0 to keep them."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        text, index, target, place, lower = arguments
        vector = ir.VectorType(ir.IntType(8), 64)
        source = _bytes_pointer(context, builder, signature.args[0], text, index, vector)
        to = _bytes_pointer(context, builder, signature.args[2], target, place, vector)
        block = builder.load(source, align=1)
        from_a = builder.sub(block, ir.Constant(vector, [ord("A")] * 64))
        capital = builder.icmp_unsigned("<", from_a, ir.Constant(vector, [26] * 64))
        added = builder.and_(builder.sext(capital, vector), _all_lanes(builder, lower, vector))
        builder.store(builder.add(block, added), to, align=1)
        return context.get_dummy_value()

    return types.void(text, types.int64, target, types.int64, types.uint8), generate


@intrinsic
def matches_any(typing_context: Any, text: Any, index: Any, runs: Any) -> Any:
    """Compare 64 bytes with runs of values; bit n of the result is set if byte n is in one of them.

    `runs` has two bytes for each run: its first value, and by how much its last one is larger.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        text, index, runs = arguments
        vector = ir.VectorType(ir.IntType(8), 64)
        block = builder.load(
            _bytes_pointer(context, builder, signature.args[0], text, index, vector), align=1
        )
        pairs = context.make_array(signature.args[2])(context, builder, runs)
        one = ir.Constant(index.type, 1)
        found = cgutils.alloca_once_value(builder, ir.Constant(vector, [0] * 64))
        with cgutils.for_range(builder, builder.lshr(pairs.nitems, one)) as loop:
            place = builder.shl(loop.index, one)
            first = builder.load(builder.gep(pairs.data, [place]))
            more = builder.load(builder.gep(pairs.data, [builder.add(place, one)]))
            above = builder.sub(block, _all_lanes(builder, first, vector))
            inside = builder.icmp_unsigned("<=", above, _all_lanes(builder, more, vector))
            builder.store(builder.or_(builder.load(found), builder.sext(inside, vector)), found)
        zeros = ir.Constant(vector, [0] * 64)
        return builder.bitcast(builder.icmp_unsigned("!=", builder.load(found), zeros), ir.IntType(64))

    return types.uint64(text, types.int64, runs), generate


@intrinsic
def trailing_zeros(typing_context: Any, bits: Any) -> Any:
    """Count the zero bits below the lowest one bit; 64 if all bits are zero."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], cgutils.false_bit)

    return types.int64(types.uint64), generate


@intrinsic
def without_lowest_bit(typing_context: Any, bits: Any) -> Any:
    """Clear the lowest one bit; zero stays zero."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = arguments[0]
        return builder.and_(bits, builder.sub(bits, bits.type(1)))

    return types.uint64(types.uint64), generate


@intrinsic
def one_bits(typing_context: Any, bits: Any) -> Any:
    """Count the one bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@intrinsic
def prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Start loading an element of an array into the caches, without waiting for it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        declaration = ir.FunctionType(ir.VoidType(), [pointer.type, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer.type], declaration)
        to_read, keep, data_cache = number(0), number(3), number(1)
        builder.call(function, [pointer, to_read, keep, data_cache])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


@intrinsic
def square_root(typing_context: Any, number: Any) -> Any:
    """Take the square root of a float64; `numpy.sqrt` and `math.sqrt` would call a library's function."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = arguments[0].type
        declaration = ir.FunctionType(kind, [kind])
        return builder.call(builder.module.declare_intrinsic("llvm.sqrt", [kind], declaration), arguments)

    return types.float64(types.float64), generate


@intrinsic
def bits_of_float(typing_context: Any, number: Any) -> Any:
    """Return the bits of a float32 as a uint32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.uint32(types.float32), generate


@intrinsic
def float_of_bits(typing_context: Any, bits: Any) -> Any:
    """Return the float32 that has the bits of a uint32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.uint32), generate


if numba.config.DISABLE_JIT:  # the same in Python, so that kernels run and are covered without Numba

    def load_block(text: Any, index: int) -> np.uint64:
        return np.uint64(int.from_bytes(text[index : index + 8].tobytes(), "little"))

    def store_block(text: Any, index: int, block: np.uint64) -> None:
        text[index : index + 8] = np.frombuffer(int(block).to_bytes(8, "little"), dtype=np.uint8)

    def matches(text: Any, index: int, byte: int) -> np.uint64:
        equal = text[index : index + 64] == byte
        return np.uint64(int.from_bytes(np.packbits(equal, bitorder="little").tobytes(), "little"))

    def copy_lowered(text: Any, index: int, target: Any, place: int, lower: np.uint8) -> None:
        block = text[index : index + 64]
        target[place : place + 64] = block + lower * ((block >= ord("A")) & (block <= ord("Z")))

    def matches_any(text: Any, index: int, runs: Any) -> np.uint64:
        block, found = text[index : index + 64], np.zeros(64, dtype=bool)
        for first, more in runs.reshape(-1, 2):
            found |= block - first <= more
        return np.uint64(int.from_bytes(np.packbits(found, bitorder="little").tobytes(), "little"))

    def copy_block(text: Any, index: int, target: Any, place: int) -> None:
        size = WORD_BLOCK_BYTES // text.itemsize
        target[place : place + size] = text[index : index + size]

    def scale_block(numbers: Any, index: int, scale: np.float32, target: Any, place: int) -> None:
        wide = numbers[index : index + SCALED_AT_ONCE].astype(np.float32)
        target[place : place + SCALED_AT_ONCE] = wide * scale

    def trailing_zeros(bits: np.uint64) -> int:
        return (int(bits) & -int(bits)).bit_length() - 1 if bits else 64

    def without_lowest_bit(bits: np.uint64) -> np.uint64:
        return np.uint64(int(bits) & (int(bits) - 1)) if bits else bits

    def one_bits(bits: np.uint64) -> int:
        return int(bits).bit_count()

    def prefetch(array: Any, index: int) -> None:
        pass

    def square_root(number: float) -> float:
        return math.sqrt(number)

    def bits_of_float(number: np.float32) -> np.uint32:
        return np.float32(number).view(np.uint32)

    def float_of_bits(bits: np.uint32) -> np.float32:
        return np.uint32(bits).view(np.float32)
