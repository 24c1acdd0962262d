"""How far reading has come: what `progress=` callbacks receive, and the bar that shows it."""

import re
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeAlias, TypeVar

from glovefast.errors import printable

if TYPE_CHECKING:
    from tqdm import tqdm

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Report = TypeVar("Report", bound=Callable[..., None])

_LABEL_LENGTH = 24


@dataclass(frozen=True)
class Progress:
    """How far the reading of a source has come.

    Attributes
    ----------
    bytes_read : int
        Bytes read from the source. For a compressed source these are compressed bytes if only they tell how
        much is left.
    bytes_total : int or None
        The value that `bytes_read` reaches at the end; None for a pipe.
    rows : int
        Rows parsed so far.
    source : str
        What is being read, named as in error messages: a path, ``archive.zip!member`` or ``<stdin>``.
    """

    bytes_read: int
    bytes_total: int | None
    rows: int
    source: str


Callback: TypeAlias = Callable[[Progress], None]


class ProgressBar:
    """Bars with rate and remaining time, drawn as the work reports its progress.

    Each source has a bar of its own, so an archive has several while its members are read at the same time.
    A bar disappears once its source is read and another one begins, and all do when the work is done. In a
    notebook, bars are widgets.

    Parameters
    ----------
    counted : str
        What the reports count as rows.
    """

    def __init__(self, counted: str = "rows") -> None:
        self._counted = counted
        self._bars: dict[str, tqdm[Any]] = {}
        self._removed: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __call__(self, progress: Progress) -> None:
        """Show how far the work has come."""
        source, rows = progress.source, f"{progress.rows:,} {self._counted}"
        if source not in self._bars:
            if source in self._removed and progress.bytes_read == progress.bytes_total:
                return  # it was read when another source began
            self._remove([each for each, bar in self._bars.items() if bar.total in (None, bar.n)])
            self._bars[source] = bar_class()(
                desc=_label(source),
                total=progress.bytes_total,
                unit="B",
                unit_scale=True,
                leave=False,
                postfix=rows,
            )
        bar = self._bars[source]
        bar.set_postfix_str(rows, refresh=False)
        bar.update(progress.bytes_read - bar.n)

    def close(self) -> None:
        """Remove the bars, until the next report."""
        self._remove(list(self._bars))
        self._removed.clear()

    def _remove(self, sources: Iterable[str]) -> None:
        for source in sources:
            self._bars.pop(source).close()
            self._removed.add(source)


def shows_progress(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let the keyword argument `progress` of a function be True, for a bar, or False."""

    @wraps(function)
    def with_bar(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        if kwargs.get("progress") is True:
            with ProgressBar() as bar:
                kwargs["progress"] = bar
                return function(*args, **kwargs)
        if kwargs.get("progress") is False:
            kwargs["progress"] = None
        return function(*args, **kwargs)

    return with_bar


def checked_progress(progress: Report | bool | None) -> Report | None:
    """Return what to report to; raise TypeError unless `progress` is None or callable."""
    if progress is None or callable(progress):
        return progress
    raise TypeError(f"progress must be a function, True, False or None, not {type(progress).__name__}")


def bar_class() -> Any:  # noqa: ANN401 - the class for the terminal or for the notebook
    """Import the class of bars from tqdm."""
    if "IPython" in sys.modules:
        from tqdm.auto import tqdm
    else:  # tqdm.auto takes longer to import
        from tqdm import tqdm
    return _with_own_lock(tqdm)


@cache
def _with_own_lock(bars: Any) -> Any:  # noqa: ANN401
    """Give bars a lock for the threads of this process.

    The lock of tqdm is for several processes, for which Python starts one more; from Python 3.14 on, that one
    complains when the command ends.
    """
    own: Any = type(bars.__name__, (bars,), {})
    own.set_lock(threading.RLock())
    return own


def _label(source: str) -> str:
    """Shorten a source's name for the bar, so that rate and time fit behind it."""
    label = printable(re.split("[/!]", source)[-1])
    return label if len(label) <= _LABEL_LENGTH else f"{label[: _LABEL_LENGTH - 1]}…"
