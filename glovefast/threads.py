"""Work on several processors at once, its results in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")
Result = TypeVar("Result")


def processors() -> int:
    """Count the processors that this process may use, which in a container are fewer than the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def checked_threads(threads: int | None) -> int:
    """Give a number of threads that a user has chosen; all processors if none is chosen.

    Raises
    ------
    TypeError, ValueError
        If it is no whole number, or less than 1.
    """
    if threads is None:
        return processors()
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer):
        raise TypeError(f"threads={threads!r} is no whole number")
    if threads < 1:
        raise ValueError(f"threads={threads} is out of range: at least 1")
    return int(threads)


def in_order(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """Work on items side by side; give the results in the items' order.

    Parameters
    ----------
    work : callable
        Item → result; most of it should run without the GIL.
    items : iterable
        Taken one by one, in the caller's thread, and no more of them ahead than two for each thread.
    threads : int
        How many threads work; with one, or for a single item, it is the caller's own.

    Yields
    ------
    object
        The results.
    """
    waiting = iter(items)
    first = list(islice(waiting, 2))
    if threads == 1 or len(first) < 2:
        yield from map(work, chain(first, waiting))
        return
    under_way: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="glovefast") as pool:
        try:
            for item in chain(first, waiting):
                if len(under_way) == 2 * threads:
                    yield under_way.popleft().result()
                under_way.append(pool.submit(work, item))
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()
