"""Pools of threads: leaving one waits for all work, also for work that an interrupt has hidden from it."""

import threading
from concurrent.futures import CancelledError

import pytest

from glovefast.threads import Workers, start
from tests.helpers.waiting import PATIENCE


def test_leaving_waits_for_a_thread_whose_start_was_interrupted(monkeypatch):
    begin, begun, left = threading.Thread.start, threading.Event(), threading.Event()
    was_left = []

    def work():
        begun.set()
        was_left.append(left.wait(0.3))

    def interrupted(thread):
        begin(thread)
        assert begun.wait(PATIENCE)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt), Workers(1) as pool:
        start(pool, work)
    left.set()
    assert was_left == [False]


def test_a_thread_that_begins_after_that_does_not_work(monkeypatch):
    begin, interrupted, calls = threading.Thread.start, [], []

    def interrupt(thread):
        interrupted.append(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupt)
    with pytest.raises(KeyboardInterrupt), Workers(1) as pool:
        start(pool, calls.append, 1)
    (thread,) = interrupted
    begin(thread)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert calls == []


def test_results_and_errors_of_work_are_those_of_its_future():
    with Workers(2) as pool:
        assert pool.submit(max, [3, 5], key=lambda number: -number).result() == 3
        assert isinstance(pool.submit(int, "x").exception(), ValueError)
        assert isinstance(pool.submit(_cancel).exception(), CancelledError)


def _cancel():
    raise CancelledError
