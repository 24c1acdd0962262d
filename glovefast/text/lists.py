"""Many lists of Python integers: one object for each integer, and little work for the garbage collector."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MANY_LISTS = 1_000


class SharedIntegers:
    """The Python integers below `end`, each made once for all lists.

    A new integer for each place of a list takes longer, and 32 bytes each.

    Parameters
    ----------
    end : int
        The number of integers.
    """

    def __init__(self, end: int) -> None:
        self._integers = tuple(range(end))
        # In CPython, which Numba needs, too, the id of an object is its address.
        self._addresses = np.fromiter(map(id, self._integers), np.intp, end)

    def at(self, values: NDArray[np.integer]) -> NDArray[np.object_]:
        """Give an array of the integers with these values; it is valid as long as this object.

        The array views addresses and owns no references. Counting them up, and down again when the lists are
        made, takes as long as making the lists.
        """
        addresses = self._addresses.take(values)
        borrowed: NDArray[Any] = np.ndarray(len(addresses), dtype=object, buffer=addresses)
        return borrowed


def filled_lists(number: int, sequences: Iterable[list[Any]]) -> list[list[Any]]:
    """Make a list of lists, of which `number` are expected, while the garbage collector rests.

    Integers form no cycles, but the collector would look through all new lists again and again, and once even
    after a pause, which takes as long as making them. So the lists are made empty, pass a collection of young
    objects, and are filled when they are old: 25,000 lists of 230 integers take 45 ms instead of 73 ms with
    the pause alone.
    """
    with _collection_paused() as paused:
        sequences = iter(sequences)
        first = list(islice(sequences, 1))  # an error of the source comes before the lists are made
        lists: list[list[Any]] = [[] for _ in range(number)]
        if paused and number >= _MANY_LISTS:
            gc.collect(1)
        done = 0
        for sequence in chain(first, sequences):
            if done < number:
                lists[done] += sequence
            else:
                lists.append(sequence)
            done += 1
        del lists[done:]
        return lists


@contextmanager
def _collection_paused() -> Iterator[bool]:
    """Pause Python's search for reference cycles; say whether it was active."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield enabled
    finally:
        if enabled:
            gc.enable()
