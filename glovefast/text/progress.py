"""How far the work on texts has come: what `progress=` callbacks receive."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class TextProgress:
    """How far the work on texts has come.

    Attributes
    ----------
    texts : int
        The number of texts that are done.
    total : int or None
        The number of all texts; None for an iterator.
    """

    texts: int
    total: int | None


Callback: TypeAlias = Callable[[TextProgress], None]
