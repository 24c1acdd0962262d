"""The import of Keras, with advice for a missing or old one."""

from typing import Any

from glovefast.errors import DependencyError

OLDEST_KERAS = 3


def import_keras() -> Any:  # noqa: ANN401 - a module without types
    """Import Keras.

    Returns
    -------
    module
        ``keras``, 3 or newer.

    Raises
    ------
    DependencyError
        If Keras or its backend is not installed, or Keras is too old; an ``ImportError``, too.
    """
    install = "pip install 'glovefast[tensorflow]'"
    try:
        import keras
    except ModuleNotFoundError as error:
        raise DependencyError(f"Keras and its backend are needed here ({error}): {install}") from error
    if int(keras.__version__.split(".")[0]) < OLDEST_KERAS:
        raise DependencyError(
            f"Keras {keras.__version__} is too old, Keras {OLDEST_KERAS} is needed: {install}"
        )
    return keras


keras = import_keras()
