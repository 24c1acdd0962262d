"""Bytes of words to text: the encoding of a file, and the rules for words that do not fit it.

This is the only place that decodes the words of a file. All words of a chunk are decoded together.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import shortened
from glovefast.vocabulary.arrow import array_offsets, as_string_array, integer_array

ErrorsRule: TypeAlias = Literal["strict", "replace", "backslashreplace", "cp1252"]
ERRORS_RULES: tuple[str, ...] = get_args(ErrorsRule)
UTF_8 = "utf-8"

_NEWLINE = b"\n"
# Bytes that end a word or a line in every file.
_SEPARATING = b" \t\r\n"
_NON_ASCII = bytes(range(128, 256))
_CODEC_RULES = ("surrogateescape", "replace", "backslashreplace")
# Undecodable bytes become lone surrogates, which no codec decodes to. In UTF-8 they begin with these bytes.
_SURROGATE, _SURROGATE_SECOND = 0xED, 0xA0


def checked_encoding(encoding: str, separator: bytes = b"") -> str:
    """Check the name of an encoding; return the name that Python's codec has.

    Parameters
    ----------
    encoding : str
        Any codec of Python in which bytes below 128 are ASCII, whatever is around them.
    separator : bytes, optional
        The byte that separates fields, besides spaces and tabs.

    Raises
    ------
    TypeError
        If it is not a string.
    ValueError
        If the codec is unknown or does not keep ASCII, or a separator can be part of a character.
    """
    if not isinstance(encoding, str):
        raise TypeError(f"encoding must be a string such as 'gb18030', not {shortened(encoding)}")
    try:
        codec = codecs.lookup(encoding)
    except (LookupError, ValueError, UnicodeError):
        codec = None
    if codec is None or not codec._is_text_encoding:
        raise ValueError(
            f"encoding={shortened(encoding)} is not known; name one such as gb18030, shift_jis, "
            "cp1252 or latin-1"
        )
    if codec.name in (UTF_8, "utf-8-sig"):
        return UTF_8
    if not _keeps_ascii(codec.name):
        raise ValueError(
            f"encoding={shortened(encoding)} does not keep ASCII, so that lines cannot be split; convert "
            f"the file first: iconv -f {codec.name} -t UTF-8"
        )
    if not _reads_damaged_words(codec.name):
        raise ValueError(
            f"encoding={shortened(encoding)} has no rules for words that do not fit it; name another one "
            "such as gb18030, shift_jis, cp1252 or latin-1"
        )
    for byte in {*_SEPARATING, *separator}:
        if _is_in_characters(byte, codec.name):
            raise ValueError(
                f"separator={chr(byte)!r} can be part of a character in encoding={shortened(encoding)}; "
                f"convert the file first: iconv -f {codec.name} -t UTF-8"
            )
    return codec.name


def _keeps_ascii(encoding: str) -> bool:
    """Check that every pair of ASCII bytes is itself, without escape sequences or other states."""
    pairs = bytes(byte for first in range(128) for second in range(128) for byte in (first, second))
    try:
        return pairs.decode(encoding) == pairs.decode("ascii")
    except UnicodeError:
        return False


def _reads_damaged_words(encoding: str) -> bool:
    """Check that a codec knows the rules for undecodable bytes; idna, for one, does not."""
    try:
        for rule in _CODEC_RULES:
            _NON_ASCII.decode(encoding, rule)
    except (UnicodeError, LookupError):
        return False
    return True


def _is_in_characters(byte: int, encoding: str) -> bool:
    """Check whether a byte can follow another one as a part of the same character."""
    for first in range(128, 256):
        try:
            text = bytes([first, byte]).decode(encoding)
        except UnicodeError:
            continue
        if not text.endswith(chr(byte)):
            return True
    return False


def check_errors_rule(errors: str) -> None:
    """Raise ValueError unless `errors` names a rule for words that do not fit their encoding."""
    if errors not in ERRORS_RULES:
        raise ValueError(
            f"errors={shortened(errors)} is not a rule for undecodable words; choose one of {ERRORS_RULES}"
        )


@dataclass(slots=True)
class DamagedWord:
    """A word that does not fit its encoding.

    Attributes
    ----------
    row : int
        Its position among the words of the chunk.
    encoded : bytes
        The word as the file has it.
    changed : str or None
        The word as the rule changed it; None if the rule rejects it.
    reason : str
        What is wrong, for the list of bad rows.
    """

    row: int
    encoded: bytes
    changed: str | None
    reason: str


@dataclass(slots=True)
class DamagedWords:
    """The words of a chunk that do not fit the encoding; the attributes hold those of `DamagedWord`."""

    rows: list[int] = field(default_factory=list)
    encoded: list[bytes] = field(default_factory=list)
    changed: list[str | None] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[DamagedWord]:
        yield from map(DamagedWord, self.rows, self.encoded, self.changed, self.reasons)


class WordDecoder:
    """Decode the words of chunks.

    Parameters
    ----------
    errors : {"strict", "replace", "backslashreplace", "cp1252"}
        The rule for words that do not fit the encoding.
    encoding : str
        The encoding, as `checked_encoding` returns it.
    """

    def __init__(self, errors: str = "strict", encoding: str = UTF_8) -> None:
        self.errors = errors
        self.encoding = encoding

    def decode(
        self, raw: bytes, offsets: NDArray[np.int32]
    ) -> tuple[pa.StringArray, NDArray[np.int64], DamagedWords]:
        """Decode the words of a chunk.

        Parameters
        ----------
        raw : bytes
            The concatenated bytes of n words.
        offsets : numpy.ndarray
            (n + 1,) int32: the bounds of the words; the result keeps them.

        Returns
        -------
        words : pyarrow.StringArray
            The n words; a rejected word is empty.
        rejected : numpy.ndarray
            int64, ascending: the positions of rejected words.
        damaged : DamagedWords
            The words that do not fit the encoding, changed or rejected, in order.
        """
        if raw.isascii() or (self.encoding == UTF_8 and _is_utf8(raw, offsets)):
            return _string_array(raw, offsets), np.empty(0, dtype=np.int64), DamagedWords()
        words = _decoded(raw, offsets, self.encoding)
        rows = _with_surrogates(words)
        if not rows.size:
            return words, rows, DamagedWords()
        damaged = [
            raw[begin:end]
            for begin, end in zip(offsets[rows].tolist(), offsets[rows + 1].tolist(), strict=True)
        ]
        changed = self._change(damaged)
        places = np.arange(len(words))
        places[rows] = len(words) + np.arange(len(rows))
        replaced = as_string_array([word or "" for word in changed])
        words = pa.concat_arrays([words, replaced]).take(integer_array(places))
        rejected = rows[np.fromiter((word is None for word in changed), dtype=np.bool_, count=len(rows))]
        return words, rejected, DamagedWords(rows.tolist(), damaged, changed, self._reasons(damaged, changed))

    def _change(self, damaged: list[bytes]) -> list[str | None]:
        """Apply the rule to damaged words; None for words that it rejects."""
        if self.errors == "strict":
            return [None] * len(damaged)
        if self.errors == "cp1252":
            return [_decoded_as_cp1252(word) for word in damaged]
        if self.encoding == UTF_8:  # at once, since the codec's handler is slow to start
            changed = _NEWLINE.join(damaged).decode(errors=self.errors).split("\n")
            if len(changed) == len(damaged):  # no word has a newline
                return list(changed)
        return [word.decode(self.encoding, self.errors) for word in damaged]

    def _reasons(self, damaged: list[bytes], changed: list[str | None]) -> list[str]:
        """Say what is wrong with each damaged word."""
        name = "UTF-8" if self.encoding == UTF_8 else self.encoding
        rejected = f"{_rejected_reason(name, self.errors)}; {_advice(name, self.errors)}"
        return [
            f"the word {shortened(encoded)} is {rejected}"
            if word is None
            else f"the word {encoded!r} is not {name}; it was changed to {word!r}"
            for encoded, word in zip(damaged, changed, strict=True)
        ]


def _decoded_as_cp1252(word: bytes) -> str | None:
    try:
        return word.decode("cp1252")
    except UnicodeDecodeError:  # Windows-1252 leaves five bytes undefined
        return None


def _rejected_reason(name: str, errors: str) -> str:
    return f"neither {name} nor Windows-1252" if errors == "cp1252" else f"not {name}"


def _advice(name: str, errors: str) -> str:
    rules = ", ".join(repr(rule) for rule in ERRORS_RULES if rule not in ("strict", errors))
    which = "the file's encoding" if name == "UTF-8" else "another encoding"
    return (
        f"name {which} (encoding, --encoding: gb18030, shift_jis, cp1252, latin-1, ...), or choose "
        f"{'a' if errors == 'strict' else 'another'} rule for such words (errors, --errors: {rules})"
    )


def _is_utf8(raw: bytes, offsets: NDArray[np.int32]) -> bool:
    """Check that all words are UTF-8: as one text, and that no word begins in the middle of a character."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    filled = offsets[:-1][np.diff(offsets) > 0]
    firsts = np.frombuffer(raw, dtype=np.uint8)[filled]
    return not np.any((firsts & 0xC0) == 0x80)


def _string_array(raw: bytes, offsets: NDArray[np.int32]) -> pa.StringArray:
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(raw))


def _decoded(raw: bytes, offsets: NDArray[np.int32], encoding: str) -> pa.StringArray:
    """Decode words, all at once with newlines between them. Undecodable bytes become lone surrogates."""
    count = len(offsets) - 1
    lined = np.full(len(raw) + count, ord(_NEWLINE), dtype=np.uint8)
    is_of_word = np.ones(len(lined), dtype=np.bool_)
    is_of_word[offsets[1:] + np.arange(count)] = False
    lined[is_of_word] = np.frombuffer(raw, dtype=np.uint8)
    text = lined.tobytes().decode(encoding, "surrogateescape")
    data = np.frombuffer(text.encode(errors="surrogatepass"), dtype=np.uint8)
    ends = np.flatnonzero(data == ord(_NEWLINE))
    # A word has a newline, or a codec took one, or made one, where a character is damaged.
    if len(ends) != count or _NEWLINE in raw:
        each = [
            raw[begin:end].decode(encoding, "surrogateescape").encode(errors="surrogatepass")
            for begin, end in zip(offsets.tolist(), offsets[1:].tolist(), strict=False)
        ]
        ends = np.cumsum([len(word) for word in each], dtype=np.int64)
        return _string_array(b"".join(each), np.concatenate([[0], ends], dtype=np.int32))
    bounds = np.zeros(count + 1, dtype=np.int32)
    bounds[1:] = ends - np.arange(count)
    return _string_array(data[data != ord(_NEWLINE)].tobytes(), bounds)


def _with_surrogates(words: pa.StringArray) -> NDArray[np.int64]:
    """Find the words with a lone surrogate."""
    data = np.frombuffer(words.buffers()[2] or b"", dtype=np.uint8)
    places = np.flatnonzero((data[:-1] == _SURROGATE) & (data[1:] >= _SURROGATE_SECOND))
    rows = np.searchsorted(array_offsets(words), places, side="right") - 1
    return rows[np.flatnonzero(np.diff(rows, prepend=-1))]
