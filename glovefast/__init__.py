"""Pretrained word vectors, converted once, then in a Keras ``Embedding`` layer in milliseconds.

``convert`` turns published embedding text (GloVe, word2vec, fastText) into a store; ``load`` maps a store
and is ready at once. Every public name is loaded when it is first used, so ``import glovefast`` costs
next to nothing and pulls in neither Numba nor Keras.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from glovefast.convert import Progress, convert, convert_archive, dry_run
    from glovefast.coverage import Coverage
    from glovefast.errors import FormatError, GlovefastError, StoreError, VocabularyError
    from glovefast.remedies import Explanation
    from glovefast.vectors import WordVectors, load
    from glovefast.verify import Verification, verify

_HOMES = {
    "Coverage": "glovefast.coverage",
    "Explanation": "glovefast.remedies",
    "FormatError": "glovefast.errors",
    "GlovefastError": "glovefast.errors",
    "Progress": "glovefast.convert",
    "StoreError": "glovefast.errors",
    "Verification": "glovefast.verify",
    "VocabularyError": "glovefast.errors",
    "WordVectors": "glovefast.vectors",
    "convert": "glovefast.convert",
    "convert_archive": "glovefast.convert",
    "dry_run": "glovefast.convert",
    "load": "glovefast.vectors",
    "verify": "glovefast.verify",
}

__all__ = [
    "Coverage",
    "Explanation",
    "FormatError",
    "GlovefastError",
    "Progress",
    "StoreError",
    "Verification",
    "VocabularyError",
    "WordVectors",
    "__version__",
    "convert",
    "convert_archive",
    "dry_run",
    "load",
    "verify",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public object can be asked for
    """Load a public name from the module that is its home (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """The package; Python sets an imported submodule as its attribute, but two names are functions here."""

    def __setattr__(self, name: str, value: Any) -> None:  # noqa: ANN401
        if name in ("convert", "verify") and isinstance(value, ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
