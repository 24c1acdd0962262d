"""Time functions of this process in turn."""

import time
from collections.abc import Callable, Hashable, Mapping

_LEAST_SECONDS = 0.02


def time_in_turn(
    functions: Mapping[Hashable, Callable[[], object]], turns: int
) -> dict[Hashable, list[float]]:
    """Call each function once per turn, in reverse order every other turn.

    Returns the seconds of each turn by name. A function that takes less than 20 ms is called so often that it
    takes as much, and the mean counts: it depends little on what the one before drove out of the caches. Each
    function is called twice beforehand, to warm up.
    """
    for function in functions.values():
        function()
    calls = {
        name: max(1, round(_LEAST_SECONDS / _seconds(function, 1))) for name, function in functions.items()
    }
    seconds: dict[Hashable, list[float]] = {name: [] for name in functions}
    order = list(functions)
    for _ in range(turns):
        for name in order:
            seconds[name].append(_seconds(functions[name], calls[name]))
        order.reverse()
    return seconds


def _seconds(function: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        result = function()
    seconds = (time.perf_counter() - start) / calls
    del result  # releasing it is not part of the last call's time
    return seconds
