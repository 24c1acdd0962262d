"""Pictures of coverage: their bars and numbers against the coverage itself."""

import sys
import warnings

import numpy as np
import pytest

import glovefast
from glovefast.errors import DependencyError, VocabularyError
from tests.plots.test_labels import overlapping

pytest.importorskip("matplotlib")

WORDS = ["the", "king", "paris", "dont"]


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    path = tmp_path_factory.mktemp("coverage") / "store"
    return glovefast.load(glovefast.save(WORDS, np.ones((4, 2), dtype=np.float32), path))


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def bars(figure) -> list[list[float]]:
    """Give the shares of each bar's parts, from above."""
    rows: dict[float, list[float]] = {}
    for patch in figure.axes[0].patches:
        if patch.get_height() == 0.3:
            rows.setdefault(patch.get_y(), []).append(patch.get_width())
    return [[width / sum(widths) for width in widths] for widths in rows.values()]


def boxes(figure) -> np.ndarray:
    return np.array([text.get_window_extent().extents for text in figure.axes[0].texts])


COUNTS = {"the": 60, "King": 20, "Paris!": 10, "zzz": 8, "don't": 2}


def test_a_coverage(vectors):
    coverage = vectors.coverage(list(COUNTS), COUNTS, fallback=("lower", "strip+lower"))
    figure = glovefast.plot_coverage(coverage)
    assert np.allclose(bars(figure), [[0.6, 0.2, 0.1, 0.1], [0.2, 0.2, 0.2, 0.4]])
    written = texts(figure)
    assert written[0] == "Found: 90.0% of 100 tokens"
    for each in ("strip+lower", "1  (20.0%)", "10  (10.0%)", "2  (40.0%)", "zzz", "don't", "60.0%"):
        assert each in written
    assert overlapping(boxes(figure)) == []
    assert glovefast.plot_coverage(coverage, title=r"a $\bad$").axes[0].texts[0].get_text() == r"a $\bad$"


def test_an_explanation_shows_before_and_after(vectors):
    explained = vectors.explain_coverage(list(COUNTS), COUNTS)
    figure = glovefast.plot_coverage(explained)
    assert texts(figure)[0] == "Found: 60.0% of 100 tokens, 92.0% with the suggested fallbacks"
    before, after = explained.before, explained.after
    assert len(bars(figure)) == 4
    assert np.isclose(bars(figure)[0][0], before.token_rate)
    assert np.isclose(1 - bars(figure)[2][-1], after.token_rate)
    assert "with the suggested fallbacks: lower, apostrophes, strip+lower" in texts(figure)
    assert overlapping(boxes(figure)) == []
    nothing = vectors.explain_coverage(["the", "zzz"])
    assert len(bars(glovefast.plot_coverage(nothing))) == 1


@pytest.mark.parametrize(
    ("words", "counts", "expected"),
    [
        (["the", "king"], None, [[1, 0]]),
        (["xyz"], None, [[0, 1]]),
        (["the", "xyz"], {"the": 0, "xyz": 0}, [[0.5, 0.5]]),
        (["the", "xyz"], {"the": 0, "xyz": 7}, [[0, 1], [0.5, 0.5]]),
    ],
)
def test_all_nothing_and_no_tokens(vectors, words, counts, expected):
    figure = glovefast.plot_coverage(vectors.coverage(words, counts))
    assert np.allclose(bars(figure), expected)
    assert overlapping(boxes(figure)) == []


def test_long_and_odd_words_stay_in_their_place(vectors, tmp_path):
    def with_a_very_long_name_that_goes_on_and_on_for_ever(word: str) -> None:
        return None

    counts = {"W" * 200: 10**11, "漢字\t$\\bad$": 10**10, **{f"missing{number}": 5 for number in range(30)}}
    fallback = (with_a_very_long_name_that_goes_on_and_on_for_ever, *("lower", "upper", "strip"))
    with warnings.catch_warnings(action="error"):
        figure = glovefast.plot_coverage(vectors.coverage(list(counts), counts, fallback), title="long " * 50)
        figure.savefig(tmp_path / "coverage.png")
    assert overlapping(boxes(figure)) == []
    width, height = figure.bbox.size
    assert (boxes(figure)[:, :2] >= 0).all()
    assert (boxes(figure)[:, 2] <= width).all()
    assert (boxes(figure)[:, 3] <= height).all()
    assert "and 20 more" in texts(figure)


def test_bad_input(vectors):
    with pytest.raises(VocabularyError, match="has no words, so there is no coverage to plot"):
        glovefast.plot_coverage(vectors.coverage([""]))
    with pytest.raises(
        TypeError, match=r"pass what coverage\(\) or explain_coverage\(\) returned, not .* list"
    ):
        glovefast.plot_coverage(["the"])


def test_without_matplotlib(vectors, monkeypatch):
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DependencyError, match=r"install it: pip install 'glovefast\[plot\]'"):
        glovefast.plot_coverage(vectors.coverage(["the"]))
