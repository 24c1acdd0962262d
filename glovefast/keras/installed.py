"""The import of Keras, with advice for a missing or old one."""

import os
from typing import Any

from glovefast.errors import DependencyError

OLDEST_KERAS = (3, 6)
_INSTALL = "pip install tensorflow"
_BACKENDS = ("tensorflow", "jax", "torch")


def import_keras() -> Any:  # noqa: ANN401 - a module without types
    """Import Keras.

    Returns
    -------
    module
        ``keras``, 3.6 or newer.

    Raises
    ------
    DependencyError
        If Keras or its backend is not installed, the backend is unknown, or Keras is too old.
    """
    try:
        import keras
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == "keras":
            raise DependencyError(f"Keras is not installed ({error}): {_INSTALL}") from error
        raise DependencyError(f"{_cannot_start(error)} Or install {missing}: {_how_to(missing)}") from error
    except ValueError as error:  # an unknown backend
        raise DependencyError(_cannot_start(error)) from error
    version = tuple(int(number) for number in keras.__version__.split(".")[:2])
    if version < OLDEST_KERAS:
        oldest = ".".join(map(str, OLDEST_KERAS))
        raise DependencyError(
            f"Keras {keras.__version__} is too old; glovefast needs {oldest} or newer: "
            "pip install --upgrade keras"
        )
    return keras


def _cannot_start(error: Exception) -> str:
    chosen = os.environ.get("KERAS_BACKEND")
    where = f"KERAS_BACKEND={chosen}" if chosen else "KERAS_BACKEND is not set"
    return (
        f"Keras cannot start its backend ({where}): {error}. Set the environment variable KERAS_BACKEND to a "
        f"backend that is installed ({', '.join(_BACKENDS)}) before Keras is imported."
    )


def _how_to(missing: str) -> str:
    return _INSTALL if missing == "tensorflow" else f"pip install {missing}"


keras = import_keras()
