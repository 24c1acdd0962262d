"""How far the work on texts has come: what `progress=` callbacks receive."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from glovefast.progress import bar_class, checked_progress

if TYPE_CHECKING:
    from tqdm import tqdm


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


class TextProgressBar:
    """A bar with rate and remaining time, drawn as texts are done."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None

    def __call__(self, progress: TextProgress) -> None:
        """Show how far the work has come."""
        if self._bar is None:
            self._bar = bar_class()(total=progress.total, unit=" texts", leave=False)
        self._bar.update(progress.texts - self._bar.n)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()


@contextmanager
def reporting(progress: Callback | bool | None) -> Iterator[Callback | None]:
    """Give the function to report to: the caller's own, a bar for True, None for None and False.

    Raises
    ------
    TypeError
        If `progress` is something else.
    """
    if progress is True:
        bar = TextProgressBar()
        try:
            yield bar
        finally:
            bar.close()
    else:
        yield checked_progress(None if progress is False else progress)
