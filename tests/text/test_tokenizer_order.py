"""The Tokenizer on several threads, which take and finish their pieces in every order.

Words of equal counts are numbered by first occurrence. No thread may change that, however the machine
schedules it, so the schedules here are forced.
"""

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glovefast.text import Tokenizer, column_lookup, counting
from glovefast.threads import in_order
from tests.helpers.waiting import PATIENCE
from tests.text.test_tokenizer import assert_same, text_files

keras_text = pytest.importorskip("keras.src.legacy.preprocessing.text")


# Most words have equal counts, and the pieces have them in different orders.
TEXTS = [
    ["If x or y", "only here", "x x"],
    ["y or if", "b a É", "c"],
    ["c É a b", "z w"],
    ["w z only", "Y d"],
    ["d here x", "e"],
]
RULES: list[dict[str, Any]] = [
    {},
    {"oov_token": "or", "num_words": 9},
    {"char_level": True},
    {"lower": False},
    {"analyzer": str.split},
]


class Schedule:
    """An order in which threads take a table each, and in which they count with it.

    Parameters
    ----------
    steps : iterable of int
        The numbers of pieces. The first time a piece is named, its thread runs until it has a table; the
        second time, it counts and puts the table back.
    """

    def __init__(self, steps: Iterable[int]) -> None:
        self._steps = iter(steps)
        self._next = next(self._steps, None)
        self._changed = threading.Condition()
        self._own = threading.local()

    def _wait(self) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._next == self._own.piece, PATIENCE):
                raise TimeoutError(f"the schedule does not reach piece {self._own.piece}")

    def _advance(self) -> None:
        with self._changed:
            self._next = next(self._steps, None)
            self._changed.notify_all()

    def before_counting(self) -> None:
        """Let others run, and wait for the second turn."""
        self._advance()
        self._wait()

    def in_order(self, work: Callable[[Any], Any], pieces: Iterable[Any], threads: int) -> Iterator[Any]:
        """Work as `glovefast.threads.in_order` does, by the schedule."""

        def scheduled(numbered: tuple[int, Any]) -> Any:
            self._own.piece, piece = numbered
            self._wait()
            result = work(piece)
            self._advance()
            return result

        return in_order(scheduled, enumerate(pieces), threads)


def every_schedule(pieces: int) -> list[tuple[int, ...]]:
    """List the orders in which pieces can be taken and counted."""
    return sorted(set(permutations([*range(pieces)] * 2)))


@contextmanager
def forced(steps: Iterable[int]) -> Iterator[None]:
    """Make a fit, or a look-up, follow a schedule."""
    schedule = Schedule(steps)
    with pytest.MonkeyPatch.context() as patch:
        for module, method in ((counting, "count"), (column_lookup, "indices")):
            real = getattr(module.WordTable, method)

            def waiting(table: Any, *arguments: Any, real: Any = real) -> Any:
                if threading.current_thread() is not threading.main_thread():
                    schedule.before_counting()
                return real(table, *arguments)

            patch.setattr(module.WordTable, method, waiting)
            patch.setattr(module, "in_order", schedule.in_order)
        yield


def batches(texts: list[list[str]]) -> Iterator[tuple[str, ...]]:
    return (tuple(batch) for batch in texts)


def fitted_by_keras(texts: list[list[str]], rule: dict[str, Any]) -> Any:
    expected = keras_text.Tokenizer(**rule)
    expected.fit_on_texts([text for batch in texts for text in batch])
    return expected


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_three_pieces_in_every_schedule(rule: dict[str, Any]) -> None:
    expected = fitted_by_keras(TEXTS[:3], rule)
    schedules = every_schedule(3)
    assert len(schedules) == 90
    for steps in schedules:
        tokenizer = Tokenizer(**rule)
        with forced(steps):
            tokenizer.fit_on_texts(batches(TEXTS[:3]), threads=3)
        assert_same(tokenizer, expected)


@settings(max_examples=60, deadline=None)
@given(
    st.permutations([*range(5)] * 2),
    st.permutations([*range(4)] * 2),
    st.sampled_from(RULES),
    st.booleans(),
)
def test_refits_in_any_schedule(
    first: list[int], second: list[int], rule: dict[str, Any], seen: bool
) -> None:
    """What the second fit adds stands behind the words of the first; so do dictionaries that were seen."""
    expected = keras_text.Tokenizer(**rule)
    tokenizer = Tokenizer(**rule)
    again = [[*batch[::-1], "q if p"] for batch in TEXTS[:0:-1]]
    for steps, texts in ((first, TEXTS), (second, again)):
        with forced(steps):
            tokenizer.fit_on_texts(batches(texts), threads=5)
        expected.fit_on_texts([text for batch in texts for text in batch])
        for each in (tokenizer, expected):
            each.fit_on_sequences([[1, 2, 2], [], [3, 1]])
        if seen:
            assert_same(tokenizer, expected)
    assert_same(tokenizer, expected)


@settings(max_examples=40, deadline=None)
@given(st.permutations([*range(5)] * 2), st.sampled_from(RULES))
def test_sequences_in_any_schedule(steps: list[int], rule: dict[str, Any]) -> None:
    expected = fitted_by_keras(TEXTS, rule).texts_to_sequences([text for batch in TEXTS for text in batch])
    tokenizer = Tokenizer(**rule)
    tokenizer.fit_on_texts([text for batch in TEXTS for text in batch], threads=1)
    with forced(steps):
        assert tokenizer.texts_to_sequences(batches(TEXTS), threads=5) == expected
    with forced(steps):
        assert tokenizer.texts_to_arrow(batches(TEXTS), threads=5).to_pylist() == expected


def test_given_words_in_every_schedule() -> None:
    words = [[text.split() for text in batch] for batch in TEXTS[:3]]
    expected = keras_text.Tokenizer()
    expected.fit_on_texts([text for batch in words for text in batch])
    for steps in every_schedule(3):
        tokenizer = Tokenizer()
        with forced(steps):
            tokenizer.fit_on_texts(batches(words), threads=3)
        assert_same(tokenizer, expected)


@pytest.mark.parametrize("size", [1, 7, 100, 5_000])
def test_batches_of_any_size(size: int) -> None:
    generator = random.Random(size)
    texts = [" ".join(f"w{generator.randrange(3_000)}" for _ in range(3)) for _ in range(5_000)]
    expected = fitted_by_keras([texts], {})
    for threads in (1, 2, 7):
        tokenizer = Tokenizer()
        tokenizer.fit_on_texts(
            batches([texts[first : first + size] for first in range(0, len(texts), size)]), threads=threads
        )
        assert_same(tokenizer, expected)


def test_the_first_error_in_the_texts_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the one that a thread meets first."""
    real = counting.batch_of
    later_has_failed = threading.Event()

    def earlier_waits(piece: Any, rule: Any) -> Any:
        try:
            if piece.first == 0:
                assert later_has_failed.wait(PATIENCE)
            return real(piece, rule)
        finally:
            if piece.first:
                later_has_failed.set()

    monkeypatch.setattr(counting, "batch_of", earlier_waits)
    with pytest.raises(TypeError, match="position 1 "):
        Tokenizer().fit_on_texts(iter([("a", 1), ("b", 2)]), threads=2)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_an_error_of_a_text_comes_before_a_later_one_of_the_source(threads: int) -> None:
    def texts() -> Iterator[tuple[Any, ...]]:
        yield "a", 1
        raise OSError("the source ends early")

    for use in (Tokenizer().fit_on_texts, Tokenizer().texts_to_sequences):
        with pytest.raises(TypeError, match="position 1 "):
            use(texts(), threads=threads)
        with pytest.raises(OSError, match="ends early"):
            use((batch for batch in texts() if batch != ("a", 1)), threads=threads)


@pytest.mark.slow
def test_real_texts_in_sixty_fits() -> None:
    files = text_files()
    for texts in files.values():
        expected = fitted_by_keras([texts], {})
        for fit in range(60):
            tokenizer = Tokenizer()
            size = (1_000, 100, 17)[fit % 3]
            tokenizer.fit_on_texts(
                batches([texts[first : first + size] for first in range(0, len(texts), size)]),
                threads=1 + fit % 5,
            )
            assert_same(tokenizer, expected)


def test_settings_that_change_between_two_calls_count():
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(["a-b A", "a-b"])
    assert tokenizer.word_index == {"a": 1, "b": 2}
    tokenizer.filters = "!"
    assert tokenizer.texts_to_sequences(["a-b a! A"]) == [[1, 1]]
    tokenizer.lower = False
    assert tokenizer.texts_to_sequences(["a-b a! A"]) == [[1]]
    tokenizer.split = "-"
    assert tokenizer.texts_to_sequences(["a-b!a-A"]) == [[1, 2, 1]]
    tokenizer.char_level = True
    assert tokenizer.texts_to_sequences(["ab"]) == [[1, 2]]
    tokenizer.char_level, tokenizer.analyzer = False, lambda text: [*text[:1]]
    assert tokenizer.texts_to_sequences(["ab"]) == [[1]]


@pytest.mark.parametrize("texts", [1, 20])
def test_a_changed_word_index_counts_at_once(texts):
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(["b a b"])
    given = ["a b c"] * texts
    for changed in ({"a": 2, "b": 1}, {"a": 1, "b": 1}, {"b": 1, "a": 1}, {"b": 1, "c": 1}, {}, {"c": 7}):
        tokenizer.word_index.clear()
        tokenizer.word_index.update(changed)
        expected = [changed[word] for word in "abc" if word in changed]
        assert tokenizer.texts_to_sequences(given) == [expected] * texts
