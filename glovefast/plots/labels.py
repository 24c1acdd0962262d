"""Places for labels beside their points, so that no label covers another one."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]  # (n, 4): left, bottom, right, top

# Where a label stands as seen from its point, on the edge of a square: best places first.
_SIDES = np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)], dtype=np.float64)
_BETWEEN = np.array(
    [(1, 0.5), (1, -0.5), (-1, 0.5), (-1, -0.5), (0.5, 1), (-0.5, 1), (0.5, -1), (-0.5, -1)], dtype=np.float64
)
_AROUND = np.concatenate([_SIDES, _BETWEEN])
_CLOSER = np.where(np.abs(_AROUND).min(axis=1, keepdims=True) == 1, 0.5, 1.0)  # beside a corner of the label
_BESIDE, *_FARTHER = (0.35, 1.0, 1.8, 2.8, 4.0, 5.5, 7.5)  # the gap, in heights of a label
# What a label's place may have against it, in heights that it could be farther away instead: its turn in the
# order above, a point so near that the label seems to be of that one, a point below it, a line through it.
_ORDER_COST, _NEAR_COST, _POINT_COST, _CROSSING_COST = 0.02, 0.9, 1.5, 4.0
_NEAR = 0.45
_ABOVE = 0.25  # what a label's box has above and below its letters
_ROUNDS = 3
_ALONG = np.linspace(0, 1, 9)[:-1, None, None]  # a line is looked at in these places


class Placed(NamedTuple):
    """Labels in their places.

    Attributes
    ----------
    boxes : numpy.ndarray
        (n, 4) float64: the left, lower, right and upper edge of each label; nan where there is no room.
    is_far : numpy.ndarray
        (n,) bool: whether a line should lead from the point to its label.
    """

    boxes: Boxes
    is_far: NDArray[np.bool_]

    def line_ends(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Find the place of each label that is next to its point: (n, 2)."""
        return np.clip(points, self.boxes[:, :2], self.boxes[:, 2:])


def place_labels(
    points: NDArray[np.float64], sizes: NDArray[np.float64], area: NDArray[np.float64], radius: float
) -> Placed:
    """Place labels beside their points.

    No label covers another or leaves the area. Of the other places, the nearest is taken that covers few
    points and lines. A label without such a place is left out; earlier labels have the first choice.

    Parameters
    ----------
    points : (n, 2) float64
        The points.
    sizes : (n, 2) float64
        The width and height of each label.
    area : (4,) float64
        The left, lower, right and upper edge of the area for labels.
    radius : float
        The radius of a point.

    Returns
    -------
    Placed
        The labels' boxes.
    """
    placed = Placed(np.full((len(points), 4), np.nan), np.zeros(len(points), dtype=np.bool_))
    for number in range(_ROUNDS):
        before = placed.boxes.copy()
        for label in range(len(points)):
            placed.boxes[label], placed.is_far[label] = (
                np.nan,
                False,
            )  # in later rounds there may be a better place
            _place(label, points, sizes[label], placed, (area, radius))
        if number and np.array_equal(before, placed.boxes, equal_nan=True):
            break
    return placed


def _place(
    label: int,
    points: NDArray[np.float64],
    size: NDArray[np.float64],
    placed: Placed,
    area_and_radius: tuple[NDArray[np.float64], float],
) -> None:
    """Place one label where it is best, if there is room."""
    area, radius = area_and_radius
    point, height = points[label], size[1]
    # Nothing else can be in the way: the farthest place is within this distance.
    reach = size + 2 * radius + (_FARTHER[-1] + 1) * height
    window = np.concatenate([point - reach, point + reach])[None]
    is_close = _within(points, window, 0)[0]
    is_close[label] = False
    others = points[is_close]
    taken = placed.boxes[_overlap(window, placed.boxes)[0]]
    lines = _along(points[placed.is_far], placed.line_ends(points)[placed.is_far]).reshape(-1, 2)
    lines = lines[_within(lines, window, 0)[0]]
    best = np.inf
    for gap in (_BESIDE, *_FARTHER):
        if best <= gap:
            break
        gaps = radius + np.array([gap, gap - _ABOVE]) * height
        middles = point + _AROUND * (size / 2 + (gaps if gap != _BESIDE else _CLOSER * gaps))
        boxes = np.concatenate([middles - size / 2, middles + size / 2], axis=1)
        is_free = (boxes[:, :2] >= area[:2]).all(axis=1) & (boxes[:, 2:] <= area[2:]).all(axis=1)
        is_free &= ~_overlap(boxes, taken).any(axis=1)
        if not is_free.any():
            continue
        costs = gap + _ORDER_COST * np.arange(len(boxes))
        costs += _POINT_COST * _within(others, boxes, radius).sum(axis=1)
        costs += _NEAR_COST * _within(others, boxes, radius + _NEAR * height).any(axis=1)
        costs += _CROSSING_COST * _within(lines, boxes, 0).any(axis=1)
        if gap != _BESIDE:
            own = _along(point, np.clip(point, boxes[:, :2], boxes[:, 2:]))
            crossed = _within(own.reshape(-1, 2), taken, 0).any(axis=0)
            costs += _CROSSING_COST * crossed.reshape(len(_ALONG), -1).any(axis=0)
        costs[~is_free] = np.inf
        cheapest = int(costs.argmin())
        if costs[cheapest] < best:
            best = costs[cheapest]
            placed.boxes[label], placed.is_far[label] = boxes[cheapest], gap != _BESIDE


def _along(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """List places along n lines: (places, n, 2)."""
    return np.asarray(starts + (ends - starts) * _ALONG)


def _overlap(boxes: Boxes, others: Boxes) -> NDArray[np.bool_]:
    """Say which of n boxes overlap which of m others: (n, m)."""
    left, lower, right, upper = boxes.T[:, :, None]
    beside = (left >= others[:, 2]) | (right <= others[:, 0])
    overlapping: NDArray[np.bool_] = (lower < others[:, 3]) & (upper > others[:, 1]) & ~beside
    return overlapping


def _within(points: NDArray[np.float64], boxes: Boxes, radius: float) -> NDArray[np.bool_]:
    """Say which of n boxes cover which of m points: (n, m)."""
    left, lower, right, upper = boxes.T[:, :, None]
    x, y = points[:, 0], points[:, 1]
    inside: NDArray[np.bool_] = (x >= left - radius) & (x <= right + radius)
    inside &= (y >= lower - radius) & (y <= upper + radius)
    return inside
