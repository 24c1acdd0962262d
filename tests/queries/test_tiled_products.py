"""Matrix products tile by tile, and the threads that they are made on."""

import threading

import numpy as np
import pytest

from glovefast.queries import tiled_products
from glovefast.queries.tiled_products import TILE_ROWS, TiledVectors, do_at_once, slices
from glovefast.threads import Workers


@pytest.mark.parametrize("dim", [1, 50, 100, 300, 5000])
@pytest.mark.parametrize("count", [1, 64, 65, 130])
def test_products_as_numpy_makes_them(dim, count):
    """Of small integers, so that float32 is exact."""
    generator = np.random.default_rng(dim)
    vectors, block = (generator.integers(-9, 10, (rows, dim)) for rows in (count, 2 * TILE_ROWS))
    tiled = TiledVectors(vectors.astype(np.float64))
    assert len(tiled) % tiled.at_once == 0
    assert 0 <= len(tiled) - count < tiled.at_once
    products = np.full((len(tiled), len(block)), np.nan, np.float32)
    parts = slices(len(tiled), 2, tiled.at_once)
    for part in parts:
        tiled.multiply(block.astype(np.float32), part, products)
    assert products[:count].tolist() == (vectors @ block.T).tolist()
    assert not products[count:].any()


@pytest.mark.parametrize(
    ("count", "parts", "step"), [(1, 2, 1), (10, 3, 1), (96, 2, 32), (32, 4, 32), (7, 1, 7)]
)
def test_parts_cover_a_range(count, parts, step):
    found = slices(count, parts, step)
    assert [place for part in found for place in range(part.start, part.stop)] == list(range(count))
    assert len(found) <= parts
    assert all(part.start % step == 0 for part in found)


@pytest.mark.parametrize("threads_left", [True, False])
def test_all_parts_are_worked_on(threads_left, monkeypatch):
    if not threads_left:
        monkeypatch.setattr(tiled_products, "start", lambda pool, work, part: None)
    done = {}
    with Workers(2) as pool:
        do_at_once(pool, lambda part: done.setdefault(part.start, threading.current_thread()), slices(9, 3))
    here = threading.current_thread()
    assert sorted(done) == [0, 3, 6]
    assert done[0] is here
    assert {done[3] is here, done[6] is here} == {not threads_left}


def test_an_error_of_a_thread_is_raised():
    def fail(part):
        if part.start:
            raise MemoryError

    with Workers(2) as pool, pytest.raises(MemoryError):
        do_at_once(pool, fail, slices(2, 2))
