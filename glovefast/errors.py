"""The exceptions of glovefast: each says what is wrong, where, and what to do.

Errors of the operating system (a missing file, a full disk) stay the ``OSError`` that Python raises.
"""

import os
import reprlib
import sys
import warnings
from collections.abc import Callable, Sequence
from os import PathLike, fspath
from pathlib import PurePath
from typing import Self


def printable(name: str) -> str:
    """Show a name with backslash escapes for bytes that are not UTF-8 and for control characters."""
    if name.isprintable():
        return name
    return "".join(each if each.isprintable() else _escaped(each) for each in name)


def _escaped(character: str) -> str:
    # Python keeps a byte of a file's name that is not UTF-8 as one of these surrogates.
    is_byte = 0xDC80 <= ord(character) <= 0xDCFF
    return f"\\x{ord(character) - 0xDC00:02x}" if is_byte else ascii(character)[1:-1]


_shortening = reprlib.Repr()
_shortening.maxstring = _shortening.maxother = _shortening.maxlong = 100


def shortened(value: object) -> str:
    """Write a value as `repr` does, without its middle if it is long: a message stays readable."""
    return _shortening.repr(value)


_NAMED = 5


class GlovefastError(Exception):
    """The base class of all errors that glovefast raises."""


class FormatError(GlovefastError, ValueError):
    """A source cannot be read as embedding text.

    Parameters
    ----------
    path : str or path-like
        The source as the user named it; a member of an archive follows a ``!``.
    line : int or None
        The line, counted from 1; None for an error that is not on one line.
    reason : str
        What is wrong and what to do about it.
    unit : {"line", "word"}
        What `line` counts: in word2vec's binary format, words.
    """

    def __init__(self, path: str | PathLike[str], line: int | None, reason: str, unit: str = "line") -> None:
        self.path = fspath(path)
        self.line = line
        self.reason = reason
        self.unit = unit
        name = printable(self.path)
        where = name if line is None else f"{name}, {unit} {line}"
        super().__init__(f"{where}: {reason}")

    def __reduce__(self) -> tuple[type["FormatError"], tuple[str, int | None, str, str]]:
        return type(self), (self.path, self.line, self.reason, self.unit)


class ForeignError(FormatError):
    """A source is something other than embedding text: a web page, a model, an empty file."""


class FetchError(GlovefastError, OSError):
    """A file cannot be fetched from its address: no connection, no such file, or no end to it.

    Parameters
    ----------
    address : str
        The address, without a password.
    reason : str
        What is wrong and what to do about it.
    """

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(f"{printable(address)}: {reason}")

    def __reduce__(self) -> tuple[type["FetchError"], tuple[str, str]]:
        return type(self), (self.address, self.reason)


class StoreError(GlovefastError):
    """A store is missing, damaged, of another format version, or not a store at all.

    Parameters
    ----------
    path : str or path-like
        The store.
    reason : str
        What is wrong and what to do about it.

    Attributes
    ----------
    damage : str or None
        What is damaged; None for every other problem.
    """

    damage: str | None = None

    def __init__(self, path: str | PathLike[str], reason: str) -> None:
        self.path = fspath(path)
        self.reason = reason
        super().__init__(f"{printable(self.path)}: {reason}")

    def __reduce__(self) -> tuple[type["StoreError"], tuple[str, str]]:
        return type(self), (self.path, self.reason)

    @classmethod
    def damaged(cls, path: str | PathLike[str], reason: str) -> Self:
        """Make the error for a damaged store; `reason` says what is damaged."""
        error = cls(path, f"the store is damaged: {reason}; convert its source again")
        error.damage = reason
        return error


class VocabularyError(GlovefastError, ValueError):
    """A training vocabulary cannot be used; the message names the word or the index."""


class UnknownWordError(GlovefastError, KeyError):
    """A store does not have a word; the message suggests other spellings that it has.

    Parameters
    ----------
    words : sequence of str
        The missing words.
    message : str or callable
        The message, or a function that makes it. The function is called when the message is first shown, so
        catching the error costs nothing.

    Attributes
    ----------
    words : tuple of str
        The missing words.
    """

    def __init__(self, words: Sequence[str], message: str | Callable[[], str]) -> None:
        self.words = tuple(words)
        self._message = message
        key = self.words[0]
        if len(self.words) > 1:
            more = f" and {len(self.words) - _NAMED} more" if len(self.words) > _NAMED else ""
            key = ", ".join(map(repr, self.words[:_NAMED])) + more
        super().__init__(key)

    def __str__(self) -> str:
        if callable(self._message):
            self._message = self._message()
        return self._message

    def __reduce__(self) -> tuple[type["UnknownWordError"], tuple[tuple[str, ...], str]]:
        return type(self), (self.words, str(self))


class TextError(GlovefastError, TypeError):
    """A text or a word is not a string; the message names its position and its type."""


class DependencyError(GlovefastError, ImportError):
    """An optional library is missing or too old; the message says how to install it."""


class MatrixSizeError(GlovefastError, MemoryError):
    """An embedding matrix is larger than the memory of the machine."""


class CoverageWarning(UserWarning):
    """A store has hardly any word of a training vocabulary; the message names the likely reason."""


def warn_caller(message: str, category: type[Warning]) -> None:
    """Issue a warning at the line outside glovefast that the running call comes from."""
    package = f"{PurePath(__file__).parent}{os.sep}"
    # From Python 3.12 on, skip_file_prefixes= does this.
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(package):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
