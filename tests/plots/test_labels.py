"""Places for labels: no label covers another, and each is as near to its point as it can be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glovefast.plots.labels import place_labels

AREA = np.array([0.0, 0.0, 400.0, 300.0])
RADIUS = 3.0


def overlapping(boxes: np.ndarray) -> list[tuple[int, int]]:
    """List the pairs of boxes that share more than an edge, one pair at a time."""
    pairs = []
    for one in range(len(boxes)):
        for other in range(one):
            left, lower = np.maximum(boxes[one, :2], boxes[other, :2])
            right, upper = np.minimum(boxes[one, 2:], boxes[other, 2:])
            if left < right and lower < upper:
                pairs.append((other, one))
    return pairs


places = st.tuples(st.floats(0, 400), st.floats(0, 300))
sizes = st.tuples(st.floats(2, 90), st.floats(6, 12))


@settings(max_examples=50)
@given(st.lists(st.tuples(places, sizes), min_size=1, max_size=40))
def test_labels_never_overlap_and_stay_inside(labels):
    points, extents = (np.array(each) for each in zip(*labels, strict=True))
    placed = place_labels(points, extents, AREA, RADIUS)
    shown = placed.boxes[~np.isnan(placed.boxes[:, 0])]
    assert overlapping(shown) == []
    assert (shown[:, :2] >= AREA[:2]).all()
    assert (shown[:, 2:] <= AREA[2:]).all()
    assert np.allclose(
        (placed.boxes[:, 2:] - placed.boxes[:, :2] - extents)[~np.isnan(placed.boxes[:, 0])], 0
    )
    again = place_labels(points, extents, AREA, RADIUS)
    assert np.array_equal(again.boxes, placed.boxes, equal_nan=True)


def test_a_label_alone_stands_to_the_right_of_its_point():
    placed = place_labels(np.array([[100.0, 100.0]]), np.array([[50.0, 10.0]]), AREA, RADIUS)
    left, lower, right, upper = placed.boxes[0]
    assert 103 < left < 110
    assert (right - left, (lower + upper) / 2) == (50, 100)
    assert placed.is_far.tolist() == [False]


def test_at_the_right_edge_it_stands_to_the_left():
    placed = place_labels(np.array([[390.0, 100.0]]), np.array([[50.0, 10.0]]), AREA, RADIUS)
    assert placed.boxes[0, 2] < 390 - RADIUS


def test_a_crowded_point_gets_a_line_to_its_label():
    points = np.array([[200.0, 150.0]] * 12)
    placed = place_labels(points, np.array([[40.0, 10.0]] * 12), AREA, RADIUS)
    assert not np.isnan(placed.boxes).any()
    assert overlapping(placed.boxes) == []
    assert placed.is_far.any()
    ends = placed.line_ends(points)
    assert (ends >= placed.boxes[:, :2]).all()
    assert (ends <= placed.boxes[:, 2:]).all()


def test_labels_do_not_cover_points_where_there_is_room():
    points = np.array([[200.0, 150.0], [230.0, 150.0], [200.0, 170.0]])
    placed = place_labels(points, np.array([[60.0, 10.0]] * 3), AREA, RADIUS)
    for left, lower, right, upper in placed.boxes:
        assert not ((points > (left, lower)) & (points < (right, upper))).all(axis=1).any()


def test_without_room_for_all_the_first_labels_are_placed():
    points = np.array([[200.0, 150.0]] * 400)
    placed = place_labels(points, np.array([[80.0, 12.0]] * 400), AREA, RADIUS)
    is_shown = ~np.isnan(placed.boxes[:, 0])
    assert is_shown[:5].all()
    assert not is_shown[-5:].any()
    assert not placed.is_far[~is_shown].any()


@pytest.mark.parametrize("size", [(500.0, 10.0), (10.0, 500.0)])
def test_a_label_larger_than_the_area_is_left_out(size):
    placed = place_labels(np.array([[200.0, 150.0]]), np.array([size]), AREA, RADIUS)
    assert np.isnan(placed.boxes).all()
