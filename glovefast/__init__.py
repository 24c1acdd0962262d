"""Pretrained word vectors: convert them once, then look up, compare and embed words in milliseconds.

``from_pretrained`` opens published vectors by name; the first time, it downloads and converts them.
``convert`` turns embedding text (GloVe, word2vec, fastText) into a store; ``load`` opens a store by mapping
it into memory. ``glovefast.keras``, ``glovefast.torch`` and ``glovefast.batches`` make embedding layers and
columns for Spark, Ray and other engines. ``import glovefast`` is cheap, because each public name loads its
module on first use.
"""

# Without pathlib and typing: they would take most of the time of `import glovefast`.
from importlib import import_module

from glovefast._version import __version__  # noqa: F401 - asked for too often to be lazy


def _read_homes() -> dict[str, str]:
    """Read from `__init__.pyi`, the one list of public names, in which module each of them is."""
    with open(f"{__path__[0]}/__init__.pyi", encoding="utf-8") as file:  # noqa: PTH123
        stub = file.read()
    imports = stub.partition("__all__")[0].split("\nfrom ")[1:]
    homes = {}
    for statement in imports:
        home, _, names = statement.partition(" import ")
        homes.update(dict.fromkeys("".join(names.split()).strip("(),").split(","), home))
    return homes


_HOMES = _read_homes()

# Without the modules among them: ``from glovefast import *`` would import Keras.
__all__ = sorted(name for name, home in _HOMES.items() if home != __name__)  # noqa: PLE0605


def __getattr__(name: str) -> object:
    """Load a public name from its module, or a public module (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _HOMES[name] == __name__:
        return import_module(f"{__name__}.{name}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
