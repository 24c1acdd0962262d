"""Words as points in two dimensions."""

import logging
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from glovefast.errors import VocabularyError
from glovefast.matrix.match import Match, look_up
from glovefast.matrix.tables import shown
from glovefast.plots.drawing import FAINT, PALE, POINT, Lettering, import_matplotlib, new_figure
from glovefast.plots.labels import place_labels
from glovefast.queries.near_spellings import unknown_words
from glovefast.vectors import WordVectors, opened, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from glovefast.matrix.fallbacks import Fallback
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary

_log = logging.getLogger("glovefast")

_MOST_LABELS = 500
_LISTED = 8
# The width of the picture in inches, the size of the letters and the radius of the points in typographic
# points, for so many words.
_SIZES = ((40, 8.0, 11.0, 3.0), (120, 10.0, 9.0, 2.6), (250, 13.0, 8.0, 2.3), (np.inf, 16.0, 7.0, 2.0))
_LOWEST, _HIGHEST = 0.55, 1.0  # the height of a map by its width
_LEFT, _RIGHT, _LOWER, _UPPER = 0.35, 0.15, 0.35, 0.42  # the margins around the map in inches
_SMALL, _LINE = 8, 0.16  # the letters of remarks in typographic points, and their lines in inches
_MARGIN = 0.06  # around the points, for labels
_PER_INCH = 72


@dataclass(frozen=True)
class WordMap:
    """Words as points: the first two principal components of their vectors.

    Attributes
    ----------
    store : str
        The name of the store, without the key that it has in the cache.
    words : tuple of str
        The n words.
    points : numpy.ndarray
        (n, 2) float64: their places; the mean of the words is at (0, 0).
    shares : tuple of float
        The shares of the words' variance that the two dimensions show.
    missing : tuple of str
        The words that the store does not have.
    not_finite : tuple of str
        The words that have no place, because their vectors hold nan or infinities.
    """

    store: str
    words: tuple[str, ...]
    points: NDArray[np.float64]
    shares: tuple[float, float]
    missing: tuple[str, ...]
    not_finite: tuple[str, ...]


def principal_components(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Project rows onto their first two principal components.

    The number with the largest absolute value in each component is positive, so the picture is never
    mirrored.

    Parameters
    ----------
    rows : numpy.ndarray
        (n, dim), n and dim at least 1.

    Returns
    -------
    points : numpy.ndarray
        (n, 2) float64.
    shares : tuple of float
        Each component's share of the variance, 0 if there is none.
    """
    centered = rows - rows.mean(axis=0)
    _, lengths, components = np.linalg.svd(centered, full_matrices=False)
    variances = lengths**2
    first = components[:2]
    largest = np.abs(first).argmax(axis=1)
    first *= np.where(first[np.arange(len(first)), largest] < 0, -1.0, 1.0)[:, None]
    points = np.zeros((len(rows), 2))
    points[:, : len(first)] = centered @ first.T
    total = variances.sum()
    shares = [float(each / total) if total else 0.0 for each in (*variances[:2], 0.0, 0.0)[:2]]
    return points, (shares[0], shares[1])


def map_words(
    vectors: WordVectors, words: "AnyVocabulary | Match", fallback: "Fallback | Iterable[Fallback]" = ()
) -> WordMap:
    """Find the places of words on a map, and warn of words without a place; see `plot_words`."""
    match = look_up(vectors._index, words, fallback)
    rows = dict(zip(match.words, match.rows.tolist(), strict=True))  # each word once
    if not rows:
        raise VocabularyError("there are no words to plot")
    missing = tuple(word for word, row in rows.items() if row < 0)
    found = [word for word, row in rows.items() if row >= 0]
    if not found:
        raise unknown_words(match.index, missing, vectors.path)
    chosen = np.array([rows[word] for word in found], dtype=np.int64)
    numbers = rows_of(vectors).take(chosen, axis=0)
    is_finite = np.isfinite(numbers).all(axis=1)
    not_finite = tuple(found[place] for place in np.flatnonzero(~is_finite).tolist())
    if len(not_finite) == len(found):
        raise VocabularyError(f"the vectors of these words hold nan or infinities: {_listed(not_finite)}")
    if missing:
        _log.warning("%s lacks %s of %s words: %s", vectors.path, len(missing), len(rows), _listed(missing))
    if not_finite:
        _log.warning("left out, because their vectors hold nan or infinities: %s", _listed(not_finite))
    points, shares = principal_components(numbers[is_finite].astype(np.float64))
    placed = tuple(found[place] for place in np.flatnonzero(is_finite).tolist())
    store = re.sub(r"-[0-9a-f]{16}\Z", "", vectors.path.name.removesuffix(".glovefast"))
    return WordMap(store, placed, points, shares, missing, not_finite)


def plot_words(
    vectors: WordVectors | str | os.PathLike[str],
    words: "AnyVocabulary | Match",
    fallback: "Fallback | Iterable[Fallback]" = (),
    title: str | None = None,
) -> "Figure":
    """Draw words in two dimensions: the first two principal components of their vectors.

    Both axes have the same scale. No label covers another: where there is no room for all labels, the first
    words have theirs. A character that no installed font has is drawn as a white square.

    Parameters
    ----------
    vectors : WordVectors, str or path-like
        The vectors, or the path of their store.
    words : sequence of str, mapping, tokenizer, layer, array or Match
        The words, most important first; anything that `WordVectors.match` takes.
    fallback : str, callable, or iterable of them
        Other forms to look up for missing words; see `WordVectors.embedding_matrix`.
    title : str, optional
        The title. Default: the name of the store.

    Returns
    -------
    matplotlib.figure.Figure
        The picture; ``figure.savefig("map.png")`` writes it. It has no window and leaves pyplot alone; a
        notebook shows it after ``%matplotlib inline``. Missing words are listed below the map, and in a
        warning of the logger ``glovefast``.

    Raises
    ------
    UnknownWordError
        If the store has none of the words.
    VocabularyError
        If there are no words, or no vector is finite.
    StoreError
        If `vectors` is a path without a store.
    TypeError
        If `vectors` is neither.
    DependencyError
        If matplotlib is not installed.
    """
    import_matplotlib()
    return draw_words(map_words(opened(vectors), words, fallback), title)


def draw_words(found: WordMap, title: str | None = None) -> "Figure":
    """Draw a map of words; see `plot_words`."""
    title = found.store if title is None else title
    _, width, letters, radius = next(each for each in _SIZES if len(found.words) <= each[0])
    remarks = _remarks(found)
    lettering = Lettering([*found.words, title, *remarks])
    remarks += filter(None, [lettering.remark()])
    remarks = lettering.wrapped(remarks, _SMALL, width - _LEFT - _RIGHT)
    lower = _LOWER + _LINE * len(remarks)
    across = width - _LEFT - _RIGHT
    up = across * _shape(found.points)
    height = lower + up + _UPPER
    figure = new_figure(width, height)
    axes = figure.add_axes((_LEFT / width, lower / height, across / width, up / height))
    _prepare(axes, found, lettering)
    axes.scatter(
        found.points[:, 0], found.points[:, 1], s=(2 * radius) ** 2, color=POINT, linewidths=0, zorder=2
    )
    _fit(axes, found.points)
    labeled = _label(axes, found, lettering, letters, radius * figure.dpi / _PER_INCH)
    top = 1 - 0.12 / height
    figure.text(_LEFT / width, top, lettering.text(title), va="top", **lettering.style(13))
    counted = f"{len(found.words):,} words" if len(found.words) != 1 else "1 word"
    if labeled < len(found.words):
        counted += f", {labeled:,} with labels"
    figure.text(1 - _RIGHT / width, top, counted, va="top", ha="right", **lettering.style(10, FAINT))
    if remarks:
        style = lettering.style(_SMALL, FAINT)
        figure.text(_LEFT / width, 0.08 / height, "\n".join(remarks), va="bottom", linespacing=1.3, **style)
    return figure


def _shape(points: NDArray[np.float64]) -> float:
    """Choose the height of a map by its width, so that little of it stays empty."""
    width, height = points.max(axis=0) - points.min(axis=0)
    return float(np.clip(height / width, _LOWEST, _HIGHEST)) if width else _LOWEST


def _prepare(axes: "Axes", found: WordMap, lettering: Lettering) -> None:
    """Take away what says nothing here, and say how much the two dimensions show."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color=PALE, linewidth=0.8)
    first, second = "first principal component", "second"
    if any(found.shares):
        first += f" ({found.shares[0]:.0%} of the variance)"
        second += f" ({found.shares[1]:.0%})"
    axes.set_xlabel(first, **lettering.style(_SMALL, FAINT))
    axes.set_ylabel(second, **lettering.style(_SMALL, FAINT))


def _fit(axes: "Axes", points: NDArray[np.float64]) -> None:
    """Show all points with room around them, at the same scale in both directions."""
    lowest, highest = points.min(axis=0), points.max(axis=0)
    box = axes.get_window_extent()
    inside = np.array([box.width, box.height]) * (1 - 2 * _MARGIN)
    scale = max((highest - lowest) / inside)  # of a pixel
    half = np.array([box.width, box.height]) * (scale or 1.0) / 2
    middle = (lowest + highest) / 2
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])


def _label(axes: "Axes", found: WordMap, lettering: Lettering, size: float, radius: float) -> int:
    """Write the words beside their points; return how many have room."""
    from matplotlib.collections import LineCollection

    points = axes.transData.transform(found.points)[:_MOST_LABELS]
    style = {**lettering.style(size), "ha": "center", "va": "center", "zorder": 3}
    texts = [axes.text(0, 0, lettering.label(word), **style) for word in found.words[:_MOST_LABELS]]
    extents = [text.get_window_extent() for text in texts]
    sizes = np.array([(extent.width, extent.height) for extent in extents]) + 2  # a pixel around each
    area = np.array(axes.get_window_extent().extents)
    placed = place_labels(points, sizes, area, radius)
    to_data = axes.transData.inverted().transform
    for text, (left, bottom, right, top) in zip(texts, placed.boxes, strict=True):
        if np.isnan(left):
            text.remove()
        else:
            x, y = to_data(((left + right) / 2, (bottom + top) / 2))
            text.set_position((x, y))
    far = placed.is_far
    ends = placed.line_ends(points)
    lines = to_data(np.stack([points[far], ends[far]], axis=1).reshape(-1, 2)).reshape(-1, 2, 2)
    axes.add_collection(LineCollection(list(lines), colors=FAINT, linewidths=0.5, zorder=1), autolim=False)
    return int(np.count_nonzero(~np.isnan(placed.boxes[:, 0])))


def _remarks(found: WordMap) -> list[str]:
    """Say which words are not on the map."""
    reasons = {"not in the store": found.missing, "vectors with nan or infinities": found.not_finite}
    return [f"{reason}: {_listed(words)}" for reason, words in reasons.items() if words]


def _listed(words: tuple[str, ...]) -> str:
    more = f" and {len(words) - _LISTED:,} more" if len(words) > _LISTED else ""
    return ", ".join(map(shown, words[:_LISTED])) + more
