"""Work on several processors at once, with results in order."""

import errno
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from functools import partial
from itertools import chain, islice
from types import TracebackType
from typing import Any, TypeVar

from glovefast.integers import as_integer

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_THREADS = 64


def processors() -> int:
    """Count the processors that this process may use; in a container, fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def checked_threads(threads: int | None) -> int:
    """Check a number of threads chosen by the user; None stands for one per processor.

    Every thread has its own buffers, and more of them than processors gain nothing: numbers above
    `MOST_THREADS` (or above the number of processors, if there are more) are reduced to it.

    Raises
    ------
    TypeError, ValueError
        If the number is not an integer, or less than 1.
    """
    if threads is None:
        return processors()
    return min(as_integer(threads, "threads", 1), max(MOST_THREADS, processors()))


class Workers(ThreadPoolExecutor):
    """A pool of threads. Leaving its context waits for all work, whenever an interrupt comes.

    Python's own pool knows a thread only once its start has returned. One whose start is interrupted would go
    on working while the files that it writes are closed and removed.

    Parameters
    ----------
    threads : int
        The most threads at a time.
    """

    def __init__(self, threads: int) -> None:
        super().__init__(threads, thread_name_prefix="glovefast")
        self._work_ended = threading.Condition()
        self._at_work = 0
        self._is_left = False

    def submit(self, work: Callable[..., Result], /, *arguments: Any, **named: Any) -> "Future[Result]":  # noqa: ANN401
        """Start work on a thread."""
        return super().submit(self._run, partial(work, *arguments, **named))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, traceback)
        with self._work_ended:
            self._is_left = True
            self._work_ended.wait_for(lambda: self._at_work == 0)

    def _run(self, work: Callable[[], Result]) -> Result:
        with self._work_ended:
            if self._is_left:
                raise CancelledError
            self._at_work += 1
        try:
            return work()
        finally:
            with self._work_ended:
                self._at_work -= 1
                self._work_ended.notify_all()


def start(pool: Workers, work: Callable[..., Result], *arguments: object) -> "Future[Result] | None":
    """Start work on a thread of a pool; None if the system has no thread left for it."""
    try:
        return pool.submit(work, *arguments)
    except RuntimeError as error:
        if "new thread" in str(error):
            return None
        raise


def no_thread_left() -> OSError:
    """Make the error for a system that has no thread left."""
    advice = "cannot start a thread; end other programs, or raise the limit on processes (ulimit -u)"
    return OSError(errno.EAGAIN, advice)


def in_order(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """Work on items in parallel and yield the results in the order of the items.

    Parameters
    ----------
    work : callable
        Maps an item to a result; most of its work should run without the GIL.
    items : iterable
        Taken one by one in the caller's thread, at most two per thread ahead of the results.
    threads : int
        The number of threads. With one thread, or for a single item, the caller's own thread works.

    Yields
    ------
    object
        The results.
    """
    tasks = _tasks(work, items)
    first = list(islice(tasks, 2))
    if threads == 1 or len(first) < 2:
        yield from (task() for task in chain(first, tasks))
        return
    under_way: deque[Future[Result]] = deque()
    with Workers(threads) as pool:
        try:
            for task in chain(first, tasks):
                if len(under_way) == 2 * threads:
                    yield under_way.popleft().result()
                future = start(pool, task)
                if future is None:
                    raise no_thread_left()
                under_way.append(future)
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()


def _tasks(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Callable[[], Result]]:
    """Give the work on each item; an error of the iterable is raised in the place of an item."""
    try:
        for item in items:
            yield partial(work, item)
    except Exception as error:
        yield partial(_raise, error)


def _raise(error: Exception) -> Any:  # noqa: ANN401 - never returns
    raise error
