"""What the Keras tests know of the backend they run on: TensorFlow, JAX or PyTorch."""

from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec

import pytest

needs_tensorflow = pytest.mark.skipif(
    find_spec("tensorflow") is None,
    reason="TensorFlow is not installed; Keras's layers for text need it on every backend",
)


def with_float64() -> AbstractContextManager:
    """Let JAX have float64 variables; by default it makes them float32."""
    import keras

    if keras.backend.backend() != "jax":
        return nullcontext()
    import jax

    return jax.enable_x64(True)
