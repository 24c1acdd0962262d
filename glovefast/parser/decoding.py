"""Bytes of words to text: the rules for words that are not UTF-8.

This is the only place that decodes the words of a file. `decode_words` takes the words of a whole chunk and
looks at single words only where it must.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.vocabulary.arrow import as_string_array

ErrorsRule: TypeAlias = Literal["strict", "replace", "backslashreplace", "cp1252"]
ERRORS_RULES: tuple[str, ...] = get_args(ErrorsRule)


@dataclass(frozen=True)
class DamagedWord:
    """A word that is not UTF-8.

    Attributes
    ----------
    row : int
        Its place among the words of the chunk.
    encoded : bytes
        The word as the file has it.
    changed : str or None
        What the rule makes of it; None if the rule rejects it.
    reason : str
        What is wrong, for the list of bad rows.
    """

    row: int
    encoded: bytes
    changed: str | None
    reason: str


def check_errors_rule(errors: str) -> None:
    """Raise ValueError unless `errors` names a rule for words that are not UTF-8."""
    if errors not in ERRORS_RULES:
        raise ValueError(
            f"errors={errors!r} is no rule for words that are not UTF-8; choose one of {ERRORS_RULES}"
        )


def decode_words(
    raw: bytes, offsets: NDArray[np.int32], errors: str
) -> tuple[pa.StringArray, list[DamagedWord]]:
    """Decode the words of a chunk.

    Parameters
    ----------
    raw : bytes
        The n words, one directly after the other.
    offsets : numpy.ndarray
        (n + 1,) int32: where each word begins, and where the last ends; kept by the result.
    errors : {"strict", "replace", "backslashreplace", "cp1252"}
        The rule for words that are not UTF-8.

    Returns
    -------
    words : pyarrow.StringArray
        The n words; a rejected word is empty.
    damaged : list of DamagedWord
        The words that are not UTF-8, changed or rejected, in order.
    """
    rows = len(offsets) - 1
    if _is_utf8(raw, offsets):
        return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(raw)), []
    words = []
    damaged = []
    for row in range(rows):
        encoded = raw[offsets[row] : offsets[row + 1]]
        try:
            words.append(encoded.decode())
        except UnicodeDecodeError:
            changed = _changed_word(encoded, errors)
            words.append(changed or "")
            damaged.append(DamagedWord(row, encoded, changed, _explain_word(encoded, changed, errors)))
    return as_string_array(words), damaged


def _changed_word(encoded: bytes, errors: str) -> str | None:
    """Apply a rule to a word that is not UTF-8; None if the rule rejects it."""
    if errors == "strict":
        return None
    if errors != "cp1252":
        return encoded.decode(errors=errors)
    try:
        return encoded.decode("cp1252")
    except UnicodeDecodeError:  # Windows-1252 leaves five bytes undefined
        return None


def _explain_word(encoded: bytes, changed: str | None, errors: str) -> str:
    if changed is not None:
        return f"the word {encoded!r} is not UTF-8; it was changed to {changed!r}"
    what, other = ("not UTF-8", "a") if errors == "strict" else ("neither UTF-8 nor Windows-1252", "another")
    rules = ", ".join(repr(rule) for rule in ERRORS_RULES if rule not in ("strict", errors))
    return f"the word {encoded!r} is {what}; choose {other} rule for such words (errors, --errors: {rules})"


def _is_utf8(raw: bytes, offsets: NDArray[np.int32]) -> bool:
    """Check that all words are UTF-8: as one text, and that no word begins in the middle of a character."""
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    filled = offsets[:-1][np.diff(offsets) > 0]
    firsts = np.frombuffer(raw, dtype=np.uint8)[filled]
    return not np.any((firsts & 0xC0) == 0x80)
