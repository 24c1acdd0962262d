"""What the caller of a conversion chose, checked once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glovefast.integers import as_integer
from glovefast.parser.chunks import MAX_LINE_BYTES
from glovefast.parser.decoding import UTF_8, check_errors_rule, checked_encoding
from glovefast.parser.separators import separator_of
from glovefast.progress import Callback
from glovefast.store.metadata import FLOAT32
from glovefast.store.rounding import checked_number_type
from glovefast.threads import checked_threads

if TYPE_CHECKING:
    from glovefast.conversion.wanted_words import WantedWords
    from glovefast.matrix.fallbacks import Fallback
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary

_MAX_DIM = MAX_LINE_BYTES // 2  # each number takes a digit and a space
_BAD_ROW_RULES = ("raise", "skip")


@dataclass(frozen=True, kw_only=True)
class Options:
    """The choices of a conversion; `glovefast.conversion.convert.convert` says what each means.

    Raises
    ------
    TypeError, ValueError
        If a value has the wrong type or is out of range.
    """

    dim: int | None = None
    header: bool | None = None
    separator: str | None = None
    limit: int | None = None
    threads: int | None = None
    encoding: str = UTF_8
    errors: str = "strict"
    on_bad_row: str = "raise"
    dtype: str = FLOAT32
    progress: Callback | None = None
    wanted: "WantedWords | None" = None

    def __post_init__(self) -> None:
        _check_integer("dim", self.dim, 1, _MAX_DIM)
        _check_integer("limit", self.limit, 0)
        checked_threads(self.threads)
        separator = separator_of(self.separator)
        object.__setattr__(self, "encoding", checked_encoding(self.encoding, separator.byte))
        check_errors_rule(self.errors)
        object.__setattr__(self, "dtype", checked_number_type(self.dtype))
        if self.on_bad_row not in _BAD_ROW_RULES:
            raise ValueError(f"on_bad_row must be 'raise' or 'skip', not {self.on_bad_row!r}")

    @property
    def workers(self) -> int:
        """How many workers parse."""
        return checked_threads(self.threads)


def wanted_words(
    words: "AnyVocabulary | None", fallback: "Fallback | Iterable[Fallback]"
) -> "WantedWords | None":
    """Check the vocabulary and the fallbacks; None if all words are wanted."""
    if words is not None:
        from glovefast.conversion.wanted_words import WantedWords

        return WantedWords(words, fallback)
    if fallback:
        raise ValueError("fallback needs words: pass the words to keep as well (words=..., --words)")
    return None


def _check_integer(name: str, value: object, lowest: int, highest: int | None = None) -> None:
    if value is None:
        return
    number = as_integer(value, name, None if highest is not None else lowest)
    if highest is not None and not lowest <= number <= highest:
        raise ValueError(f"{name} must be between {lowest} and {highest:,}, not {number}")
