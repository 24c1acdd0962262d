"""A JSON object whose values are checked for their type as they are taken."""

from collections.abc import Callable, Mapping, Set
from typing import Any, TypeGuard, TypeVar

Part = TypeVar("Part")

_LARGEST_COUNT = 2**63 - 1


class UnusableError(ValueError):
    """A value that is missing or has the wrong type; `key` says where it stands, as in ``source.name``."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


class JsonFields:
    """The values of a JSON object.

    ``null`` counts as a missing value. Every method raises UnusableError for a value of another type than
    the method is for, and for a missing one unless it has a default.

    Parameters
    ----------
    values : object
        What was parsed; anything but a dictionary is refused.
    where : str
        The key of the object itself, for messages.
    """

    __slots__ = ("_values", "_where")

    def __init__(self, values: object, where: str = "") -> None:
        if not isinstance(values, dict):
            raise UnusableError(where)
        self._values: dict[str, Any] = values
        self._where = where

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def _unusable(self, key: str) -> UnusableError:
        return UnusableError(self._path(key))

    def _path(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key

    def count(self, key: str, default: int | None = None, most: int = _LARGEST_COUNT) -> int:
        """Take an integer from 0 to `most`."""
        value = self._values.get(key)
        if value is None and default is not None:
            return default
        if not _is_count(value, most):
            raise self._unusable(key)
        return value

    def count_or_none(self, key: str) -> int | None:
        """Take an integer, or None if it is missing."""
        return None if self._values.get(key) is None else self.count(key)

    def pair_or_none(self, key: str) -> tuple[int, int] | None:
        """Take two integers, or None if they are missing."""
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) != 2 or not all(map(_is_count, value)):
            raise self._unusable(key)
        return value[0], value[1]

    def text(self, key: str, default: str | None = None) -> str:
        """Take a string."""
        value = self._values.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self._unusable(key)
        return value

    def text_or_none(self, key: str) -> str | None:
        """Take a string, or None if it is missing."""
        return None if self._values.get(key) is None else self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of strings."""
        value = self._values.get(key)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self._unusable(key)
        return tuple(value)

    def texts_by_name(self, key: str) -> Mapping[str, str]:
        """Take an object of strings; empty if it is missing."""
        value = self._values.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            raise self._unusable(key)
        return value

    def part(self, key: str, read: "Callable[[JsonFields], Part]") -> "Part | None":
        """Read an object, or give None if it is missing."""
        value = self._values.get(key)
        return None if value is None else read(JsonFields(value, self._path(key)))

    def parts(self, key: str, read: "Callable[[JsonFields], Part]") -> "tuple[Part, ...]":
        """Read a list of objects."""
        value = self._values.get(key)
        if not isinstance(value, list):
            raise self._unusable(key)
        return tuple(read(JsonFields(each, self._path(key))) for each in value)

    def without(self, keys: Set[str]) -> dict[str, Any]:
        """Return all values except those of some keys."""
        return {key: value for key, value in self._values.items() if key not in keys}


def _is_count(value: object, most: int = _LARGEST_COUNT) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= most  # True is an int, but not a count
