"""Compiling kernels: what they must not do is found while they are compiled."""

import math

import pytest

from glovefast.kernels import registry
from glovefast.kernels.compile import prepare


def test_a_kernel_that_calls_a_library(monkeypatch):
    """It would have to be found in every process; without this check, the call would end the process."""
    monkeypatch.setattr(registry, "_exported", dict(registry.exported()))

    @registry.kernel("float64[]")
    def root_of(numbers):
        numbers[0] = math.sqrt(numbers[0])
        return 0

    with pytest.raises(ValueError, match="cannot call functions of a library: sqrt"):
        prepare("root_of")
