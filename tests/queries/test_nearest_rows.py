"""The engine of the neighbors, compared bit for bit with a slow reference, on matrices made to hurt."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.queries import nearest_rows as engine
from glovefast.queries import row_similarities
from glovefast.queries.nearest_rows import BestRows, nearest_rows, rows_reaching
from glovefast.queries.row_similarities import RowSimilarities
from glovefast.store.rounded_rows import RoundedRows
from glovefast.store.rounding import rounded
from tests.reference import cosine, nearest, same_bits

# The squares of some overflow float32, of others they vanish.
FINITE = [0, 1, -1, 2, 3e38, -3e38, 1e-38, 1e-45, 1e19, 1e-20]
ANY = [*FINITE, np.nan, np.inf, -np.inf]


def table_of(rows, passed_over=()):
    return RowSimilarities(rows, np.array(sorted(passed_over), np.int64))


def drawn_rows(data, numbers, dim, most):
    """Draw a few rows, repeated in any order: equal rows are what a search may get wrong."""
    row = st.lists(st.sampled_from(numbers), min_size=dim, max_size=dim)
    kinds = data.draw(st.lists(row, min_size=1, max_size=8))
    order = data.draw(st.lists(st.integers(0, len(kinds) - 1), min_size=1, max_size=most))
    return np.array(kinds, np.float32)[order]


def drawn_search(data, rows, queries):
    """Draw what is searched, what is excluded for each query, and what is passed over for all."""
    row = st.integers(0, rows - 1)
    chosen = st.sets(row).map(lambda chosen: np.array(sorted(chosen), np.int64))
    searched = data.draw(st.none() | st.integers(0, rows + 3) | chosen)
    without = st.lists(st.integers(-1, rows - 1), min_size=2, max_size=2)
    excluded = np.array(data.draw(st.lists(without, min_size=queries, max_size=queries)), np.int64)
    return searched, excluded, data.draw(st.sets(row))


@given(data=st.data())
def test_any_rows(data):
    dim = data.draw(st.integers(1, 5))
    rows, queries = drawn_rows(data, ANY, dim, 40), drawn_rows(data, FINITE, dim, 5)
    k = data.draw(st.integers(1, 45))
    searched, excluded, passed_over = drawn_search(data, len(rows), len(queries))
    table = table_of(rows, passed_over)
    expected = nearest(rows, queries, k, searched, excluded, passed_over)
    for _ in range(2):  # the second time, the norms are there
        found = nearest_rows(table, queries, k, searched, excluded)
        assert found[0].tolist() == expected[0].tolist()
        assert same_bits(found[1], expected[1])


@given(data=st.data())
def test_every_row_that_reaches_a_bound(data):
    dim = data.draw(st.integers(1, 4))
    rows, queries = drawn_rows(data, ANY, dim, 30), drawn_rows(data, FINITE, dim, 4)
    searched, excluded, passed_over = drawn_search(data, len(rows), len(queries))
    bound = cosine(queries[0], rows[0]) if data.draw(st.booleans()) else np.float32(0.5)
    least = np.full(len(queries), bound, np.float32)
    which, hits, similarities = rows_reaching(table_of(rows, passed_over), queries, least, searched, excluded)
    expected_rows, expected = nearest(rows, queries, len(rows), searched, excluded, passed_over)
    reach = expected >= bound
    order = np.lexsort((hits, -similarities, which))
    assert which[order].tolist() == np.nonzero(reach)[0].tolist()
    assert hits[order].tolist() == expected_rows[reach].tolist()
    assert same_bits(similarities[order], expected[reach])


@pytest.mark.parametrize("block_rows", [1, 7, 100])
@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_blocks_and_number_types(dtype, block_rows, monkeypatch):
    """Neither the size of the blocks nor how many queries come at once changes a bit."""
    generator = np.random.default_rng(1)
    stored = rounded(generator.normal(size=(300, 9)).astype(np.float32), dtype)
    rows = stored.numbers if dtype == "float32" else RoundedRows(stored.numbers, stored.scales)
    queries = generator.normal(size=(10, 9)).astype(np.float32)
    expected = nearest(np.asarray(rows), queries, 12)
    monkeypatch.setattr(row_similarities, "_BLOCK_ROWS", block_rows)
    monkeypatch.setattr(row_similarities, "_BLOCK_PRODUCTS", 10 * block_rows)
    monkeypatch.setattr(engine, "_QUERIES_AT_ONCE", 3)
    for _ in range(2):
        found = nearest_rows(table_of(rows), queries, 12)
        assert found[0].tolist() == expected[0].tolist()
        assert same_bits(found[1], expected[1])
    for searched in (55, np.arange(3, 300, 7)):
        found = nearest_rows(table_of(rows), queries, 12, searched)
        assert found[0].tolist() == nearest(np.asarray(rows), queries, 12, searched)[0].tolist()


def test_more_equal_rows_than_candidates(monkeypatch):
    """Rows that BLAS may round apart, far more than the kernel keeps, still come in their order."""
    generator = np.random.default_rng(2)
    rows = np.repeat(generator.normal(size=(5, 33)).astype(np.float32), 60, axis=0)[
        generator.permutation(300)
    ]
    queries = generator.normal(size=(40, 33)).astype(np.float32)
    excluded = generator.integers(0, 300, (40, 3))
    monkeypatch.setattr(row_similarities, "_BLOCK_ROWS", 37)
    found = nearest_rows(table_of(rows), queries, 20, excluded=excluded)
    assert found[0].tolist() == nearest(rows, queries, 20, excluded=excluded)[0].tolist()


def test_a_row_that_rounding_would_hide():
    """float32 products of these rows are all equal, or in the wrong order; the exact ones are not."""
    generator = np.random.default_rng(3)
    base = generator.normal(size=64)
    rows = (base + 1e-7 * generator.normal(size=(500, 64))).astype(np.float32)
    found = nearest_rows(table_of(rows), base[None].astype(np.float32), 5)
    expected = nearest(rows, base[None].astype(np.float32), 5)
    assert found[0].tolist() == expected[0].tolist()
    assert same_bits(found[1], expected[1])


@pytest.mark.parametrize("size", [1e37, 1e-40])
def test_chosen_rows_of_extreme_length(size):
    """More of them than the kernel keeps, before any other search has seen such rows."""
    generator = np.random.default_rng(5)
    rows = (generator.normal(size=(120, 8)) * size).astype(np.float32)
    queries, chosen = generator.normal(size=(3, 8)).astype(np.float32), np.arange(2, 120, 2)
    for searched in (chosen, range(3, 110), 100, None):
        found = nearest_rows(table_of(rows), queries, 4, searched)
        assert found[0].tolist() == nearest(rows, queries, 4, searched)[0].tolist()


def test_raw_blocks_are_near_the_exact_similarities():
    generator = np.random.default_rng(4)
    rows = (generator.normal(size=(200, 30)) * 10.0 ** generator.integers(-40, 37, (200, 1))).astype(
        np.float32
    )
    rows[7], rows[8, 0] = 0, np.nan
    queries = (generator.normal(size=(6, 30)) * 10.0 ** generator.integers(-35, 37, (6, 1))).astype(
        np.float32
    )
    table = table_of(rows)
    for _ in range(2):
        blocks = np.hstack([block for _, block in table.blocks(queries)])
        expected = np.array([[cosine(query, row) for row in rows] for query in queries])
        assert np.array_equal(np.isnan(blocks), np.isnan(expected))
        assert np.nanmax(np.abs(blocks - expected)) < table.rounding
    assert np.isnan(blocks[:, 8]).all()
    assert (blocks[:, 7] == 0).all()


def test_the_best_of_any_blocks():
    best = BestRows(2, 3)
    best.add(np.array([[1, np.nan, 5], [2, 2, 2]], np.float32), 0)
    best.add(np.array([[5, 7], [2, 3]], np.float32), 3, np.array([1, -1], np.float32))
    rows, values = best.ordered()
    assert rows.tolist() == [[2, 3, 0], [0, 1, 2]]
    assert values.tolist() == [[5, 5, 1], [2, 2, 2]]
    rows, values = BestRows(1, 2).ordered()
    assert rows.tolist() == [[-1, -1]]
    assert np.isnan(values).all()


def test_nothing_to_search():
    table, queries = table_of(np.ones((3, 2), np.float32)), np.ones((2, 2), np.float32)
    assert nearest_rows(table, queries, 0)[0].shape == (2, 0)
    assert nearest_rows(table, queries[:0], 4)[0].shape == (0, 4)
    assert nearest_rows(table, queries, 2, searched=0)[0].tolist() == [[-1, -1], [-1, -1]]
    assert nearest_rows(table_of(np.empty((0, 2), np.float32)), queries, 1)[0].tolist() == [[-1], [-1]]


def test_another_thread_finds_a_row_to_be_scaled(monkeypatch):
    """It finds it while this thread looks at its own rows, in which there is none."""
    rows = np.random.default_rng(3).normal(size=(200, 4)).astype(np.float32)
    rows[100:] *= np.float32(1e-30)
    table = RowSimilarities(rows, np.empty(0, np.int64))
    make_factors = row_similarities._factors

    class Interrupted(np.ndarray):
        def __lt__(self, other):
            monkeypatch.setattr(row_similarities, "_factors", make_factors)
            list(table.blocks(rows[:1], range(100, 200)))  # the other thread
            return super().__lt__(other)

    monkeypatch.setattr(row_similarities, "_factors", lambda block: make_factors(block).view(Interrupted))
    list(table.blocks(rows[:1], 100))
    found = np.concatenate([block.copy() for _, block in table.blocks(rows[:1])], axis=1)[0]
    expected = [cosine(rows[0], row) for row in rows]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_another_thread_writes_down_fewer_known_rows():
    counts = iter([150, 10])

    class Changing(RowSimilarities):
        _known = property(lambda _self: next(counts), lambda _self, _value: None)

    table = Changing(np.ones((200, 4), dtype=np.float32), np.empty(0, np.int64))
    assert table._block_rows(1, 100, False) == 50
