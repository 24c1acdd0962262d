"""How far reading has come: what `progress=` callbacks get."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a conversion has come.

    Attributes
    ----------
    bytes_read : int
        Bytes taken from the source; for a compressed one those of the compressed file where only they tell
        how much is left.
    bytes_total : int or None
        What `bytes_read` will be at the end; None for a pipe.
    rows : int
        Rows parsed.
    source : str
        What is being read, as errors name it: the path, ``archive.zip!member``, ``<stdin>``.
    """

    bytes_read: int
    bytes_total: int | None
    rows: int
    source: str
