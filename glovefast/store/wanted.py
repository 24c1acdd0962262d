"""How many of the words that a store was made for it holds, as its ``metadata.json`` tells."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from glovefast.store.json_fields import JsonFields


@dataclass(frozen=True, kw_only=True)
class FoundBy:
    """How many words a form of them found: ``exact``, or the name of a fallback."""

    name: str
    words: int

    @classmethod
    def read(cls, values: JsonFields) -> Self:
        """Read an entry from metadata.json."""
        return cls(name=values.text("name"), words=values.count("words"))


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How many of the words that a store was made for it holds.

    Attributes
    ----------
    words, hits, misses : int
        How many words the training vocabulary has, how many were found, and how many are missing.
    found_by : tuple of FoundBy
        How many words were found as they are, and how many by each fallback.
    first_missing : tuple of str
        The first missing words.
    """

    words: int
    hits: int
    misses: int
    found_by: tuple[FoundBy, ...] = ()
    first_missing: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain objects, for JSON."""
        return {
            **asdict(self),
            "found_by": [asdict(way) for way in self.found_by],
            "first_missing": list(self.first_missing),
        }

    @classmethod
    def read(cls, values: JsonFields) -> Self:
        """Read the part from metadata.json."""
        return cls(
            words=values.count("words"),
            hits=values.count("hits"),
            misses=values.count("misses"),
            found_by=values.parts("found_by", FoundBy.read),
            first_missing=values.texts("first_missing"),
        )
