"""Maps of words: places against NumPy's eigenvectors, labels that do not overlap, words that are left out."""

import logging
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glovefast
from glovefast.errors import DependencyError, StoreError, UnknownWordError, VocabularyError
from tests.plots.test_labels import overlapping

matplotlib = pytest.importorskip("matplotlib")

from glovefast.plots.words import map_words, principal_components  # noqa: E402

RANDOM = np.random.default_rng(3)


def store_of(words: list[str], rows: np.ndarray, path) -> glovefast.WordVectors:
    return glovefast.load(glovefast.save(words, rows.astype(np.float32), path))


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    words = [f"word{number}" * (1 + number % 3) for number in range(300)]
    rows = RANDOM.normal(size=(300, 20)) + 3 * RANDOM.normal(size=(6, 20))[np.arange(300) % 6]
    return store_of(
        [*words, "漢字", r"$\bad$", "x" * 500, "a\tb"],
        np.concatenate([rows, rows[:4]]),
        tmp_path_factory.mktemp("plots") / "many.glovefast",
    )


def by_eigenvectors(rows: np.ndarray) -> np.ndarray:
    """The places by the eigenvectors of the covariances."""
    centered = rows - rows.mean(axis=0)
    _, vectors = np.linalg.eigh(centered.T @ centered)
    chosen = vectors[:, ::-1][:, :2].copy()
    signs = [np.sign(max(column, key=abs)) for column in chosen.T]
    return centered @ (chosen * signs)


@given(st.integers(3, 40), st.integers(2, 8), st.integers(0, 2**32 - 1))
def test_places_are_the_principal_components(count, dim, seed):
    scales = np.linspace(1, 4, dim)[::-1] ** 2  # no two components of one length
    rows = np.random.default_rng(seed).normal(size=(count, dim)) * scales
    points, shares = principal_components(rows)
    singular = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2
    if min(singular[0] - singular[1], singular[1] - singular[2:3].sum()) > 0.1 * singular[0]:
        assert np.allclose(points, by_eigenvectors(rows), atol=1e-8)
    assert np.allclose(shares, singular[:2] / singular.sum())
    assert np.allclose(points.mean(axis=0), 0, atol=1e-9)
    assert np.allclose((points**2).sum(axis=0), singular[:2])


@pytest.mark.parametrize(
    ("rows", "points", "shares"),
    [
        ([[5.0, 7.0, 1.0]], [[0, 0]], (0, 0)),
        ([[1.0, 2.0], [1.0, 2.0]], [[0, 0], [0, 0]], (0, 0)),
        ([[1.0], [3.0]], [[-1, 0], [1, 0]], (1, 0)),
        ([[0.0, 1.0], [0.0, -1.0], [0.0, 3.0]], [[0, 0], [-2, 0], [2, 0]], (1, 0)),
    ],
)
def test_few_words_and_dimensions(rows, points, shares):
    found, found_shares = principal_components(np.array(rows))
    assert np.allclose(found, points)
    assert np.allclose(found_shares, shares)


def labels(figure) -> dict[str, np.ndarray]:
    """Measure the labels of a map."""
    return {text.get_text(): np.array(text.get_window_extent().extents) for text in figure.axes[0].texts}


@pytest.mark.parametrize("count", [1, 5, 100, 304])
def test_labels_do_not_overlap(vectors, count):
    words = vectors.words.to_pylist()[-count:]
    figure = glovefast.plot_words(vectors, words)
    written = labels(figure)
    boxes = np.array(list(written.values()))
    assert len(boxes) == count if count <= 100 else len(boxes) > 270
    assert overlapping(boxes) == []
    area = np.array(figure.axes[0].get_window_extent().extents)
    assert (boxes[:, :2] >= area[:2]).all()
    assert (boxes[:, 2:] <= area[2:]).all()


def test_each_label_is_nearest_to_its_own_point(tmp_path):
    words = [f"w{x}{y}" for x in range(6) for y in range(6)]
    grid = np.array([(3 * x, y) for x in range(6) for y in range(6)])
    figure = glovefast.plot_words(store_of(words, grid, tmp_path / "grid"), words)
    points = figure.axes[0].transData.transform(figure.axes[0].collections[0].get_offsets())
    for word, (left, lower, right, upper) in labels(figure).items():
        nearest = np.linalg.norm(np.clip(points, (left, lower), (right, upper)) - points, axis=1).argmin()
        assert words[nearest] == word


def test_both_axes_have_the_same_scale_and_show_all_points(vectors):
    axes = glovefast.plot_words(vectors, vectors.words.to_pylist()[:50]).axes[0]
    box = axes.get_window_extent()
    (left, right), (lower, upper) = axes.get_xlim(), axes.get_ylim()
    assert np.isclose((right - left) / box.width, (upper - lower) / box.height)
    points = axes.collections[0].get_offsets()
    assert ((points > (left, lower)) & (points < (right, upper))).all()


def test_two_words_with_one_vector(tmp_path):
    figure = glovefast.plot_words(
        store_of(["one", "other"], np.ones((2, 3)), tmp_path / "two"), ["one", "other"]
    )
    written = labels(figure)
    assert list(written) == ["one", "other"]
    assert overlapping(np.array(list(written.values()))) == []


def said(figure) -> str:
    return "\n".join(text.get_text() for text in figure.texts)


def test_characters_without_a_font_and_formulas_are_drawn_without_a_warning(vectors, tmp_path):
    from matplotlib.font_manager import fontManager, get_font

    has_font = any(
        get_font(font.fname).get_char_index(ord("漢"))
        for font in fontManager.ttflist
        if not font.name.startswith("Last Resort")
    )
    with warnings.catch_warnings(action="error"):
        figure = glovefast.plot_words(vectors, ["漢字", r"$\bad$", "x" * 500, "a\tb"], title=r"$\bad 漢$")
        for ending in ("png", "svg", "pdf"):
            figure.savefig(tmp_path / f"map.{ending}")
    kanji = "漢字" if has_font else "□□"
    assert set(labels(figure)) == {kanji, r"$\bad$", "x" * 18 + "…" + "x" * 9, "a\\tb"}
    assert ("without an installed font: drawn as □" in said(figure)) is not has_font
    assert rf"$\bad {kanji[0]}$" in said(figure)


def test_missing_words_are_listed(vectors, caplog):
    with caplog.at_level(logging.WARNING, "glovefast"):
        figure = glovefast.plot_words(vectors, ["word1word1", "pawn", "word1word1", "knight"])
    assert caplog.messages == [f"{vectors.path} lacks 2 of 3 words: pawn, knight"]
    assert "not in the store: pawn, knight" in said(figure)
    assert list(labels(figure)) == ["word1word1"]
    figure = glovefast.plot_words(vectors, ["word0", *(f"pawn{number}" for number in range(10))])
    assert said(figure).endswith("pawn6, pawn7 and 2 more")
    found = map_words(vectors, ["WORD0", "word3"], fallback="lower")
    assert (found.words, found.missing) == (("WORD0", "word3"), ())


def test_vectors_that_are_not_finite_are_left_out(tmp_path, caplog):
    rows = np.array([[1, 2], [np.nan, 1], [3, 4], [np.inf, 0]])
    store = store_of(["a", "b", "c", "d"], rows, tmp_path / "nan")
    with caplog.at_level(logging.WARNING, "glovefast"):
        figure = glovefast.plot_words(store, ["a", "b", "c", "d"])
    assert list(labels(figure)) == ["a", "c"]
    assert "vectors with nan or infinities: b, d" in said(figure)
    assert caplog.messages[-1].endswith("left out, because their vectors hold nan or infinities: b, d")
    with pytest.raises(VocabularyError, match="hold nan or infinities: b, d"):
        glovefast.plot_words(store, ["b", "d"])


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_stores_of_other_types(vectors, tmp_path, dtype):
    words = vectors.words.to_pylist()[:30]
    small = glovefast.load(glovefast.save(words, np.array(vectors[words]), tmp_path / "small", dtype=dtype))
    near, exact = map_words(small, words).points, map_words(vectors, words).points
    assert np.allclose(near, exact, atol=0.2)


def test_more_words_than_labels(vectors, tmp_path):
    words = [f"w{number}" for number in range(700)]
    figure = glovefast.plot_words(store_of(words, RANDOM.normal(size=(700, 3)), tmp_path / "wide"), words)
    shown = len(labels(figure))
    assert 300 < shown <= 500
    assert f"700 words, {shown:,} with labels" in said(figure)
    assert len(figure.axes[0].collections[0].get_offsets()) == 700


def test_the_same_picture_every_time(vectors):
    def pixels():
        figure = glovefast.plot_words(vectors, vectors.words.to_pylist()[:20])
        figure.canvas.draw()
        return bytes(figure.canvas.buffer_rgba())

    assert pixels() == pixels()


def test_no_window_and_no_state_of_pyplot(vectors):
    before = set(sys.modules)
    glovefast.plot_words(vectors, ["word0"])
    assert "matplotlib.pyplot" in before or "matplotlib.pyplot" not in sys.modules


def test_bad_input(vectors):
    with pytest.raises(UnknownWordError, match=r"'word9999' is not in .*; did you mean 'word"):
        glovefast.plot_words(vectors, ["word9999"])
    with pytest.raises(VocabularyError, match="there are no words to plot"):
        glovefast.plot_words(vectors, [""])
    with pytest.raises(VocabularyError, match="the training vocabulary is empty"):
        glovefast.plot_words(vectors, [])
    with pytest.raises(VocabularyError, match="not a single str"):
        glovefast.plot_words(vectors, "word0")
    with pytest.raises(TypeError, match=r"vectors must be what glovefast\.load returned, .* not a list"):
        glovefast.plot_words(["word0"], vectors)
    with pytest.raises(StoreError, match="does not exist"):
        glovefast.plot_words("missing.glovefast", ["word0"])


def test_the_path_of_a_store(vectors):
    words = vectors.words.to_pylist()[:2]
    assert list(labels(glovefast.plot_words(vectors.path, words))) == words


def test_without_matplotlib(vectors, monkeypatch):
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DependencyError, match=r"install it: pip install 'glovefast\[plot\]'"):
        glovefast.plot_words(vectors, ["word0"])
