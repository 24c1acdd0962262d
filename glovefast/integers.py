"""Integers from the user."""

import numpy as np

from glovefast.errors import shortened


def is_integer(value: object) -> bool:
    """Tell an integer of Python or NumPy; True and False do not count."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def as_integer(value: object, name: str, lowest: int | None = None) -> int:
    """Check an integer.

    Parameters
    ----------
    value : object
        What the user gave.
    name : str
        The argument, for messages.
    lowest : int, optional
        The least that is allowed.

    Raises
    ------
    TypeError, ValueError
        If it is not an integer, or is less than `lowest`.
    """
    if not is_integer(value):
        raise TypeError(f"{name} must be an integer, not {shortened(value)}")
    number: int = int(value)  # type: ignore[call-overload]
    if lowest is not None and number < lowest:
        raise ValueError(f"{name} must be at least {lowest}, not {number}")
    return number
