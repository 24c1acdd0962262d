"""How far reading has come: what `progress=` callbacks receive."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far the reading of a source has come.

    Attributes
    ----------
    bytes_read : int
        Bytes read from the source. For a compressed source these are compressed bytes if only they tell how
        much is left.
    bytes_total : int or None
        The value that `bytes_read` reaches at the end; None for a pipe.
    rows : int
        Rows parsed so far.
    source : str
        What is being read, named as in error messages: a path, ``archive.zip!member`` or ``<stdin>``.
    """

    bytes_read: int
    bytes_total: int | None
    rows: int
    source: str


def check_progress(progress: object) -> None:
    """Raise TypeError unless `progress` is None or callable."""
    if progress is not None and not callable(progress):
        raise TypeError(f"progress must be callable, not {type(progress).__name__}")
