"""The import of Keras: which backend it starts on, and advice for what is missing or too old."""

import importlib.util
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from glovefast.errors import DependencyError

OLDEST_KERAS = (3, 6)
# The extras have the same names. Keras takes the first unless it is told otherwise.
_BACKENDS = ("tensorflow", "jax", "torch")
_VARIABLE = "KERAS_BACKEND"
_HOW_TO_INSTALL = (
    f"Install glovefast with one of its extras {', '.join(_BACKENDS)}, for example: "
    "pip install 'glovefast[tensorflow]'"
)
# What Keras writes into keras.json when it finds none; nobody chose a backend there.
_UNTOUCHED_SETTINGS = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}

_log = logging.getLogger("glovefast")


def import_keras() -> Any:  # noqa: ANN401 - a module without types
    """Import Keras.

    Keras starts on TensorFlow unless ``KERAS_BACKEND`` or ``keras.json`` says otherwise. Where neither does,
    and TensorFlow is not installed, it starts on JAX or else on PyTorch: ``KERAS_BACKEND`` is set for this
    process and for those that it starts.

    Returns
    -------
    module
        ``keras``, 3.6 or newer.

    Raises
    ------
    DependencyError
        If Keras or its backend is not installed, the backend is unknown, or Keras is too old.
    """
    if "keras" not in sys.modules:
        _choose_backend()
    try:
        import keras
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "keras":
            raise DependencyError(f"Keras is not installed ({error}). {_HOW_TO_INSTALL}") from error
        raise DependencyError(_cannot_start(error)) from error
    except ValueError as error:  # an unknown backend
        raise DependencyError(_cannot_start(error)) from error
    version = tuple(int(number) for number in keras.__version__.split(".")[:2])
    if version < OLDEST_KERAS:
        oldest = ".".join(map(str, OLDEST_KERAS))
        raise DependencyError(
            f"Keras {keras.__version__} is too old; glovefast needs {oldest} or newer: "
            "pip install --upgrade keras"
        )
    _log.info("Keras %s runs on %s", keras.__version__, keras.backend.backend())
    return keras


def check_tensorflow(user: str) -> None:
    """Make sure that TensorFlow is there for what needs it on every backend.

    Parameters
    ----------
    user : str
        What needs it, for the message.

    Raises
    ------
    DependencyError
        If TensorFlow is not installed.
    """
    if not _is_installed("tensorflow"):
        backend = keras.backend.backend()
        raise DependencyError(
            f"{user} needs TensorFlow, even though Keras runs on {backend}: pip install tensorflow, and set "
            f"{_VARIABLE}={backend} to stay on that backend. Or use glovefast.text.Tokenizer, which needs no "
            "TensorFlow"
        )


def _choose_backend() -> None:
    """Choose an installed backend, where nobody has chosen one and Keras's own choice is not installed."""
    if os.environ.get(_VARIABLE) or _backend_in_settings() is not None or _is_installed(_BACKENDS[0]):
        return
    for backend in _BACKENDS:
        if _is_installed(backend):
            os.environ[_VARIABLE] = backend
            _log.info("Keras runs on %s: %s is not set, and TensorFlow is not installed", backend, _VARIABLE)
            return


def _is_installed(library: str) -> bool:
    spec = importlib.util.find_spec(library)
    return spec is not None and spec.origin is not None  # a mere folder of that name has no origin


def _settings_file() -> Path:
    """Find Keras's file of settings, as Keras does."""
    if given := os.environ.get("KERAS_HOME"):
        return Path(given).expanduser() / "keras.json"
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home() fails where there is none
    return Path(home if os.access(home, os.W_OK) else "/tmp") / ".keras" / "keras.json"  # noqa: S108


def _backend_in_settings() -> str | None:
    """Read the backend that keras.json chooses; None without the file, or where Keras wrote it itself."""
    try:
        settings = json.loads(_settings_file().read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(settings, dict) or settings == _UNTOUCHED_SETTINGS:
        return None
    return settings.get("backend")


def _cannot_start(error: Exception) -> str:
    chosen, where = os.environ.get(_VARIABLE), f"{_VARIABLE} is not set"
    if chosen:
        where = f"{_VARIABLE}={chosen}"
    elif chosen := _backend_in_settings():
        where = f"{_settings_file()} says {chosen!r}"
    message = f"Keras cannot start its backend ({where}): {error}. "
    installed = [f"{_VARIABLE}={backend}" for backend in _BACKENDS if _is_installed(backend)]
    if installed:
        message += f"Set {' or '.join(installed)} before Keras is imported. "
    missing = (getattr(error, "name", None) or "").partition(".")[0]
    if missing and missing not in _BACKENDS:
        return f"{message}Or install {missing}: pip install {missing}"
    if chosen in _BACKENDS:
        return f"{message}To install {chosen}: pip install 'glovefast[{chosen}]'"
    return f"{message}{_HOW_TO_INSTALL}"


keras = import_keras()
