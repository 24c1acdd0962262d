"""Time functions of this process in turn."""

import time
from collections.abc import Callable, Mapping

_LEAST_SECONDS = 0.02


def time_in_turn(functions: Mapping[str, Callable[[], object]], turns: int) -> dict[str, list[float]]:
    """Call each function once per turn, in the opposite order from one turn to the next.

    Parameters
    ----------
    functions : mapping
        The functions by name; each is called twice before, to warm up.
    turns : int
        How often.

    Returns
    -------
    dict
        By name, the seconds that a call took in each turn; what takes less than 20 ms is called so often that
        it takes as much, and the calls' mean counts, so that little of it is what the one before it drove out
        of the caches.
    """
    for function in functions.values():
        function()
    calls = {
        name: max(1, round(_LEAST_SECONDS / _seconds(function, 1))) for name, function in functions.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in functions}
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
    del result  # to let go of it is not in the time of the last call
    return seconds
