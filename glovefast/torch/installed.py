"""The import of PyTorch, with advice where it is missing."""

from typing import Any

from glovefast.errors import DependencyError


def import_torch() -> Any:  # noqa: ANN401 - a module without types
    """Import PyTorch.

    Returns
    -------
    module
        ``torch``.

    Raises
    ------
    DependencyError
        If PyTorch is not installed.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise DependencyError(
            f"PyTorch cannot be imported ({error}). Install glovefast with its extra torch: "
            "pip install 'glovefast[torch]'"
        ) from error
    return torch


torch = import_torch()
