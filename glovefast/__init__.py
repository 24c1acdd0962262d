"""Pretrained word vectors, converted once, then in a Keras ``Embedding`` layer in milliseconds.

``convert`` turns published embedding text (GloVe, word2vec, fastText) into a store; ``load`` maps a store and
is ready at once. ``import glovefast`` is cheap, because a public name loads its module when it is first used.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from glovefast._version import __version__  # noqa: F401 - asked for too often to be lazy

# `__init__.pyi` is the one list of public names, for type checkers and for `__getattr__`.
_HOMES = {
    name: home
    for line in Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8").splitlines()
    if line.startswith("from glovefast")
    for home, _, names in [line.removeprefix("from ").partition(" import ")]
    for name in names.replace(" ", "").split(",")
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - the names stand in `__init__.pyi`


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public object can be asked for
    """Load a public name from its home (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
