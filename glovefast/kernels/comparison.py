"""Comparisons of 64 float32 products at once, which Numba does not make of a loop."""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

_AT_ONCE = 64


@intrinsic
def products_above(
    typing_context: Any, numbers: Any, place: Any, factors: Any, factor_place: Any, bound: Any
) -> Any:
    """Multiply 64 numbers with their factors; bit n of the result is set if product n is above the bound."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(ir.FloatType(), _AT_ONCE)

        def load(which: int) -> Any:
            data = context.make_array(signature.args[which])(context, builder, arguments[which]).data
            first = builder.gep(data, [arguments[which + 1]])
            return builder.load(builder.bitcast(first, ir.PointerType(vector)), align=4)

        number = ir.IntType(32)
        undefined = ir.Constant(vector, ir.Undefined)
        first_lane = builder.insert_element(undefined, arguments[4], ir.Constant(number, 0))
        lanes = ir.Constant(ir.VectorType(number, _AT_ONCE), [0] * _AT_ONCE)
        bounds = builder.shuffle_vector(first_lane, undefined, lanes)
        above = builder.fcmp_ordered(">", builder.fmul(load(0), load(2)), bounds)
        return builder.bitcast(above, ir.IntType(64))

    return types.uint64(numbers, types.int64, factors, types.int64, types.float32), generate


if numba.config.DISABLE_JIT:  # the same in Python

    def _products_above(numbers: Any, place: int, factors: Any, factor_place: int, bound: Any) -> np.uint64:
        with np.errstate(all="ignore"):
            products = numbers[place : place + 64] * factors[factor_place : factor_place + 64]
        return np.uint64(int.from_bytes(np.packbits(products > bound, bitorder="little").tobytes(), "little"))

    products_above = _products_above
