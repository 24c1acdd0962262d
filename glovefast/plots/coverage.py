"""Coverage as a picture: what is found, by which form, and what is missing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from glovefast.errors import VocabularyError
from glovefast.matrix.coverage import Coverage
from glovefast.matrix.explanation import Explanation
from glovefast.matrix.fallbacks import fallback_name
from glovefast.matrix.tables import number_and_share, shown
from glovefast.plots.drawing import FAINT, INK, PALE, POINT, Lettering, import_matplotlib, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

_MISSING = "missing"
_WORDS_SHOWN = 12
# In inches, from the upper left corner.
_WIDTH, _LEFT, _RIGHT = 10.0, 0.35, 9.7
_BAR_LEFT, _BAR_STEP, _BAR_HEIGHT = 1.05, 0.38, 0.3
_TITLE_STEP, _HEADING_STEP, _LINE_STEP = 0.5, 0.3, 0.23
_COUNTS_RIGHT, _TOKENS_RIGHT, _WORDS_LEFT = 3.6, 5.5, 5.9
_ROOM_FOR_SHARE = 0.5
_ROOM_FOR_WORD, _ROOM_FOR_NAME = 1.8, 1.7
_SQUARE, _DIGIT = 0.13, 0.072


class _Part(NamedTuple):
    """A part of a coverage: the words that one form finds, or the missing ones."""

    name: str
    color: Any
    words: int
    tokens: int | None


def plot_coverage(coverage: Coverage | Explanation, title: str | None = None) -> "Figure":
    """Draw how much of a training vocabulary is found, by which form, and what is missing.

    Parameters
    ----------
    coverage : Coverage or Explanation
        What `WordVectors.coverage` or `WordVectors.explain_coverage` returned. The picture of an explanation
        shows the coverage before and after the suggested fallbacks.
    title : str, optional
        The title. Default: the shares found.

    Returns
    -------
    matplotlib.figure.Figure
        The picture; ``figure.savefig("coverage.png")`` writes it. It has no window and leaves pyplot
        alone; a notebook shows it after ``%matplotlib inline``.

    Raises
    ------
    VocabularyError
        If the vocabulary has no words.
    TypeError
        If `coverage` is something else.
    DependencyError
        If matplotlib is not installed.
    """
    if not isinstance(coverage, Coverage | Explanation):
        raise TypeError(
            "pass what coverage() or explain_coverage() returned, "
            f"not an object of the type {type(coverage).__name__}"
        )
    stages = list(_stages(coverage))
    last = stages[-1][1]
    if not last.words:
        raise VocabularyError("the vocabulary has no words, so there is no coverage to plot")
    import_matplotlib()
    figure = new_figure(_WIDTH, 1)  # the height follows from what is drawn
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    text = _title([stage for _, stage in stages]) if title is None else title
    every = [text, *(way.name for way in last.found_by), *last.missing[:_WORDS_SHOWN]]
    page = _Page(axes, Lettering(every))
    page.write_within(_LEFT, 0.3, text, _RIGHT - _LEFT, size=13)
    y = 0.3 + _TITLE_STEP
    forms = len(last.found_by) - 1
    for heading, stage in stages:
        y = _draw_bars(page, y, heading, _parts(stage, forms), stage)
    below = max(_draw_table(page, y, _parts(last, forms), last), _draw_missing(page, y, last))
    if remark := page.lettering.remark():
        page.write(_LEFT, below, remark, size=8, color=FAINT)
        below += _LINE_STEP
    figure.set_size_inches(_WIDTH, below)
    axes.set_xlim(0, _WIDTH)
    axes.set_ylim(below, 0)
    return figure


class _Page:
    """An axis in inches, to draw and write on."""

    def __init__(self, axes: "Axes", lettering: Lettering) -> None:
        self._axes = axes
        self.lettering = lettering

    def write(
        self, x: float, y: float, text: str, *, size: float = 9, color: str = INK, align: str = "left"
    ) -> None:
        """Write a line of text around a height."""
        self._write(x, y, text, size, color, align)

    def write_within(
        self, x: float, y: float, text: str, room: float, *, size: float = 9, color: str = INK
    ) -> None:
        """Write a line of text, shortened until it is not wider than there is room."""
        written = self._write(x, y, text, size, color, "left")
        length, most = len(text), room * self._axes.figure.dpi
        while length > 1 and (width := written.get_window_extent().width) > most:
            length = max(1, min(length - 1, int(length * most / width)))
            written.set_text(self.lettering.text(f"{text[:length]}\N{HORIZONTAL ELLIPSIS}"))

    def _write(self, x: float, y: float, text: str, size: float, color: str, align: str) -> "Text":  # noqa: PLR0917
        style = self.lettering.style(size, color)
        return self._axes.text(x, y, self.lettering.text(text), ha=align, va="center_baseline", **style)

    def fill(self, left: float, y: float, size: tuple[float, float], color: Any) -> None:  # noqa: ANN401
        """Fill a rectangle around a height."""
        from matplotlib.patches import Rectangle

        width, height = size
        self._axes.add_patch(Rectangle((left, y - height / 2), width, height, facecolor=color, linewidth=0))


def _stages(coverage: Coverage | Explanation) -> Iterator[tuple[str | None, Coverage]]:
    """List the coverages to draw, with their headings."""
    if isinstance(coverage, Coverage):
        yield None, coverage
    elif len(coverage.after.found_by) == len(coverage.before.found_by):  # nothing is suggested
        yield None, coverage.before
    else:
        yield "before", coverage.before
        names = ", ".join(map(fallback_name, coverage.fallback))
        yield f"with the suggested fallbacks: {names}", coverage.after


def _title(stages: list[Coverage]) -> str:
    """Say how much is found, and how much with the suggested fallbacks."""
    first, *later = stages
    if first.token_rate is not None:
        shares = [f"{stage.token_rate:.1%}" for stage in stages]
        shares[0] += f" of {first.tokens:,} tokens"
    else:
        shares = [f"{stage.rate:.1%}" for stage in stages]
        shares[0] += f" of {first.words:,} words"
    return f"Found: {', '.join(shares)}" + (" with the suggested fallbacks" if later else "")


def _parts(coverage: Coverage, forms: int) -> list[_Part]:
    """List what each form finds, in the colors of a picture with so many forms, and what is missing."""
    from matplotlib import colormaps

    colors = [POINT, *(colormaps["viridis"](0.55 + 0.4 * form / max(1, forms - 1)) for form in range(forms))]
    found = [
        _Part(way.name, color, way.words, way.tokens)
        for way, color in zip(coverage.found_by, colors, strict=False)
    ]
    return [*found, _Part(_MISSING, PALE, coverage.misses, coverage.token_misses)]


def _draw_bars(page: _Page, y: float, heading: str | None, parts: list[_Part], coverage: Coverage) -> float:
    """Draw one bar for the tokens and one for the words; return where to go on."""
    if heading is not None:
        page.write_within(_LEFT, y, heading, _RIGHT - _LEFT, size=10, color=FAINT)
        y += _HEADING_STEP
    bars = [("tokens", [part.tokens or 0 for part in parts], coverage.tokens or 0)]
    bars = [*(bars if coverage.tokens else []), ("words", [part.words for part in parts], coverage.words)]
    for name, counts, total in bars:
        page.write(_LEFT, y, name)
        left = _BAR_LEFT
        for part, count in zip(parts, counts, strict=True):
            width = (_RIGHT - _BAR_LEFT) * count / total
            page.fill(left, y, (width, _BAR_HEIGHT), part.color)
            if width >= _ROOM_FOR_SHARE:
                color = "white" if part.color == POINT else INK
                page.write(left + width / 2, y, f"{count / total:.1%}", color=color, align="center")
            left += width
        y += _BAR_STEP
    return y + 0.1


def _draw_table(page: _Page, y: float, parts: list[_Part], coverage: Coverage) -> float:
    """List all parts with their numbers; return where it ends."""
    page.write(_LEFT, y, "found by", color=FAINT)
    page.write(_COUNTS_RIGHT, y, "words", color=FAINT, align="right")
    if coverage.tokens is not None:
        page.write(_TOKENS_RIGHT, y, "tokens", color=FAINT, align="right")
    for part in parts:
        y += _LINE_STEP
        page.fill(_LEFT, y, (_SQUARE, _SQUARE), part.color)
        page.write_within(_LEFT + 0.22, y, part.name, _ROOM_FOR_NAME)
        page.write(_COUNTS_RIGHT, y, _cell(part.words, coverage.words), align="right")
        if part.tokens is not None and coverage.tokens is not None:
            page.write(_TOKENS_RIGHT, y, _cell(part.tokens, coverage.tokens), align="right")
    if coverage.tokens_outside:
        y += _LINE_STEP
        page.write(
            _LEFT, y, f"outside the vocabulary: {coverage.tokens_outside:,} tokens", size=8, color=FAINT
        )
    return y + 0.3


def _cell(part: int, whole: int) -> str:
    number, share = number_and_share(part, whole)
    return f"{number}  ({share})"


def _draw_missing(page: _Page, y: float, coverage: Coverage) -> float:
    """List the first missing words with their counts; return where the list ends."""
    if not coverage.missing:
        return y
    counts = coverage.missing_counts
    page.write(
        _WORDS_LEFT, y, "missing words" if counts is None else "most frequent missing words", color=FAINT
    )
    room = 0 if counts is None else 0.1 + _DIGIT * len(f"{counts[0]:,}")
    for place, word in enumerate(coverage.missing[:_WORDS_SHOWN]):
        y += _LINE_STEP
        page.write_within(_WORDS_LEFT, y, shown(word), _ROOM_FOR_WORD - 0.1)
        if counts is not None:
            left = _WORDS_LEFT + _ROOM_FOR_WORD
            width = (_RIGHT - room - left) * counts[place] / max(1, counts[0])
            page.fill(left, y, (width, _SQUARE), PALE)
            page.write(left + width + 0.07, y, f"{counts[place]:,}", size=8, color=FAINT)
    if coverage.misses > _WORDS_SHOWN:
        y += _LINE_STEP
        page.write(_WORDS_LEFT, y, f"and {coverage.misses - _WORDS_SHOWN:,} more", size=8, color=FAINT)
    return y + 0.3
