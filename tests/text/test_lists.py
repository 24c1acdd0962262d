"""Lists of shared integers, and the garbage collector while they are made."""

import gc
import sys

import numpy as np
import pytest

from glovefast.errors import TextError
from glovefast.text import Tokenizer
from glovefast.text.lists import SharedIntegers, filled_lists
from glovefast.text.sequences import Sequences


@pytest.fixture
def collector():
    enabled = gc.isenabled()
    gc.enable()
    yield
    if not enabled:
        gc.disable()


def test_lists_share_integers_and_own_their_references():
    integers = SharedIntegers(100_000)
    values = np.array([99_999, 70_000, 99_999, 3], dtype=np.int32)
    borrowed = integers.at(values)
    before = sys.getrefcount(borrowed[0])
    lists = [borrowed.tolist(), borrowed[1:].tolist()]
    held = sys.getrefcount(borrowed[0])
    del lists
    released = sys.getrefcount(borrowed[0])
    assert (held, released) == (before + 3, before)
    del borrowed
    first, second = integers.at(values).tolist(), integers.at(values[1:]).tolist()
    assert (first, second) == (values.tolist(), values[1:].tolist())
    assert first[0] is first[2] is second[1]


def test_lists_outlive_the_integers_that_they_share():
    integers = SharedIntegers(50_000)
    made = list(Sequences(np.array([49_999, 40_000], dtype=np.int32), np.array([0, 1, 2]), integers).lists())
    del integers
    assert made == [[49_999], [40_000]]
    assert [[each + 1 for each in sequence] for sequence in made] == [[50_000], [40_001]]


@pytest.mark.parametrize("value", [10, -11])
def test_an_integer_that_is_not_shared(value):
    with pytest.raises(IndexError):
        SharedIntegers(10).at(np.array([value]))


@pytest.mark.parametrize("expected", [0, 1, 2, 3, 5, 2_000])
def test_any_number_of_lists(expected, collector):
    assert filled_lists(expected, iter([[1], [], [2, 3]])) == [[1], [], [2, 3]]
    assert gc.isenabled()


def test_many_lists_are_old_when_they_are_filled(collector):
    assert len(filled_lists(2_000, ([number] for number in range(2_000)))) == 2_000
    lists = filled_lists(2_000, ([number] for number in range(2_000)))
    young = {id(each) for each in gc.get_objects(generation=0)}
    assert not any(id(each) in young for each in lists)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled, collector):
    def fails():
        yield [1]
        assert not gc.isenabled()
        raise TextError("no text")

    (gc.enable if enabled else gc.disable)()
    with pytest.raises(TextError):
        filled_lists(2_000, fails())
    assert gc.isenabled() is enabled


@pytest.mark.parametrize("method", ["fit_on_texts", "texts_to_sequences"])
@pytest.mark.parametrize("progress", [None, lambda _: None])
def test_an_array_without_a_dimension(method, progress):
    with pytest.raises(TextError):
        getattr(Tokenizer(), method)(np.array("text"), progress=progress)
