"""The checksums of a store: XXH3 with 128 bits (https://github.com/Cyan4973/xxHash)."""

from typing import Any

ALGORITHM = "xxh3_128"
_BLANK = f"{ALGORITHM}:{'0' * 32}"


def new_checksum(data: Any = b"") -> Any:  # noqa: ANN401 - xxhash's type is known to its stubs only
    """Begin a checksum that takes its data piece by piece with ``update``."""
    import xxhash

    return xxhash.xxh3_128(data)


def checksum_of(data: Any) -> str:  # noqa: ANN401 - anything with a buffer
    """Compute the checksum of a buffer, written as `as_text` writes it."""
    return as_text(new_checksum(data))


def as_text(checksum: Any) -> str:  # noqa: ANN401 - as `new_checksum` gives it
    """Write a checksum with its algorithm's name, as metadata.json has it."""
    return f"{ALGORITHM}:{checksum.hexdigest()}"


def blank() -> str:
    """Return the placeholder of a text's own checksum, which `sealed` replaces."""
    return _BLANK


def sealed(text: str) -> bytes:
    """Put a text's own checksum into the text.

    Parameters
    ----------
    text : str
        With `blank` in it, in place of the checksum; the last one counts.

    Returns
    -------
    bytes
        The text in UTF-8, its checksum in place.
    """
    before, _, behind = text.rpartition(_BLANK)
    return f"{before}{checksum_of(text.encode())}{behind}".encode()


def is_sealed(text: bytes, checksum: str) -> bool:
    """Say whether a text is as `sealed` gave it: whether a checksum that stands in it is its own."""
    if len(checksum) != len(_BLANK):
        return False
    before, found, behind = text.rpartition(checksum.encode())
    return bool(found) and checksum_of(before + _BLANK.encode() + behind) == checksum
