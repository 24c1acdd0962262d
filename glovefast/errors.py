"""What can go wrong, as exceptions that say what, where and what to do.

Plain operating-system errors (a file that is not there, a full disk) stay the ``OSError`` that Python raises.
"""

from os import PathLike, fspath
from typing import Self


class GlovefastError(Exception):
    """The base of every error that glovefast itself raises."""


class FormatError(GlovefastError, ValueError):
    """A source that is not the embedding text it should be.

    Parameters
    ----------
    path : str or path-like
        The source, as the user named it (with the archive's member after a ``!`` where there is one).
    line : int or None
        The line's number, counted from 1; None where the trouble is not on one line.
    reason : str
        What is wrong and what to do about it.
    """

    def __init__(self, path: str | PathLike[str], line: int | None, reason: str) -> None:
        self.path = fspath(path)
        self.line = line
        self.reason = reason
        where = self.path if line is None else f"{self.path}, line {line}"
        super().__init__(f"{where}: {reason}")

    def __reduce__(self) -> tuple[type["FormatError"], tuple[str, int | None, str]]:
        return type(self), (self.path, self.line, self.reason)


class ForeignError(FormatError):
    """A source that is no embedding text at all, but something else: a web page, a model, nothing."""


class StoreError(GlovefastError):
    """A store that is missing, foreign, newer than this version, or damaged.

    Parameters
    ----------
    path : str or path-like
        The store.
    reason : str
        What is wrong and what to do about it.

    Attributes
    ----------
    damage : str or None
        What of a damaged store is not as it was written; None where it is not damaged.
    """

    damage: str | None = None

    def __init__(self, path: str | PathLike[str], reason: str) -> None:
        self.path = fspath(path)
        self.reason = reason
        super().__init__(f"{self.path}: {reason}")

    def __reduce__(self) -> tuple[type["StoreError"], tuple[str, str]]:
        return type(self), (self.path, self.reason)

    @classmethod
    def damaged(cls, path: str | PathLike[str], reason: str) -> Self:
        """Make the error of a store that is not as it was written: `reason` says in what."""
        error = cls(path, f"the store is damaged: {reason}; convert its source again")
        error.damage = reason
        return error


class VocabularyError(GlovefastError, ValueError):
    """A training vocabulary that cannot be used as it is: the message names the word or the index."""


class TextError(GlovefastError, TypeError):
    """A text, or a word of one, that is no string: the message names its position and its type."""


class DependencyError(GlovefastError, ImportError):
    """An optional library that is not installed, or too old: the message says how to install it."""
