"""What all pictures share: matplotlib, fonts that have the characters of words, colors and files."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glovefast.errors import DependencyError, printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURE_FORMATS = ("png", "svg", "pdf")

INK, FAINT, PALE = "#222222", "#6b6b6b", "#d9d9d9"
POINT = "#2a6f97"

_DPI = 150
_FONT = "DejaVu Sans"  # comes with matplotlib
_NO_FONT = "Last Resort"  # comes with matplotlib too, and has a box for each character
_NO_GLYPH = "\N{WHITE SQUARE}"
_LONGEST, _ENDING = 28, 9
_CHARACTER_WIDTH = 0.6  # of the height of the letters, on average


def import_matplotlib() -> None:
    """Import what draws, without any window.

    Raises
    ------
    DependencyError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.backends.backend_agg
        import matplotlib.figure  # noqa: F401
    except ModuleNotFoundError as error:
        raise DependencyError(
            f"pictures need matplotlib ({error}); install it: pip install 'glovefast[plot]'"
        ) from error


def new_figure(width: float, height: float) -> "Figure":
    """Make a figure that belongs to no window and no list of open figures; the size is in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def picture_format(path: Path) -> str | None:
    """Return the format of a picture by the ending of its name; None for another ending."""
    ending = path.suffix.lower().removeprefix(".")
    return ending if ending in PICTURE_FORMATS else None


def save_picture(figure: "Figure", path: Path, overwrite: bool) -> None:
    """Write a picture, whole or not at all.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The picture.
    path : pathlib.Path
        The file; its ending is one of `PICTURE_FORMATS`.
    overwrite : bool
        Replace a regular file that is there.

    Raises
    ------
    OSError
        If the file cannot be written. Nothing is left behind.
    """
    from glovefast.store.atomic import published_whole

    with published_whole(path, overwrite) as partial:
        figure.savefig(partial, format=picture_format(path))


class Lettering:
    """The style of all text in a picture, with fonts for its characters.

    A character that no installed font has becomes a white square.

    Parameters
    ----------
    texts : iterable of str
        The words that the picture shows.

    Attributes
    ----------
    missing : str
        The characters that no installed font has.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        characters = {each for text in texts for each in printable(text)}
        self.families, missing = _fonts_for(characters)
        self.missing = "".join(sorted(missing))
        self._squares = dict.fromkeys(map(ord, missing), _NO_GLYPH)

    def style(self, size: float, color: str = INK) -> dict[str, Any]:
        """Give the arguments of a text: its size in points, its color, and nothing read as a formula."""
        return {
            "fontsize": size,
            "color": color,
            "family": self.families,
            "parse_math": False,
            "usetex": False,
        }

    def remark(self) -> str:
        """Say how many characters no installed font has; nothing if there are none."""
        count = len(self.missing)
        return (
            f"{count:,} character{'s' * (count != 1)} without an installed font: drawn as {_NO_GLYPH}"
            if count
            else ""
        )

    def text(self, text: str) -> str:
        """Write a text on one line, with squares for characters that cannot be drawn."""
        return printable(text).translate(self._squares)

    def label(self, word: str) -> str:
        """Write a word as a label, without its middle if it is long."""
        if len(word) > _LONGEST:
            word = f"{word[: _LONGEST - 1 - _ENDING]}\N{HORIZONTAL ELLIPSIS}{word[-_ENDING:]}"
        return self.text(word if word.strip() else repr(word))

    def wrapped(self, texts: Iterable[str], size: float, inches: float) -> list[str]:
        """Break texts into lines that fit into a width."""
        from textwrap import wrap

        characters = int(inches * 72 / (_CHARACTER_WIDTH * size))
        return [line for text in texts for line in wrap(self.text(text), characters)]


def _fonts_for(characters: set[str]) -> tuple[list[str], set[str]]:
    """Choose installed fonts that have these characters; return their names and the characters left."""
    from matplotlib.font_manager import findfont, fontManager, get_font

    families = [_FONT]
    missing = _lacking(get_font(findfont(_FONT)), characters)
    if missing:
        regular = (
            font for font in fontManager.ttflist if font.style == "normal" and font.weight in (400, "normal")
        )
        for font in sorted(regular, key=lambda font: (font.name, font.fname)):
            if font.name in families or font.name.startswith(_NO_FONT):
                continue
            try:
                left = _lacking(get_font(font.fname), missing)
            except (OSError, RuntimeError):  # removed since it was listed, or damaged
                continue
            if len(left) < len(missing):
                families.append(font.name)
                missing = left
            if not missing:
                break
    return families, missing


def _lacking(font: Any, characters: set[str]) -> set[str]:  # noqa: ANN401 - a font of matplotlib
    return {each for each in characters if not font.get_char_index(ord(each))}
