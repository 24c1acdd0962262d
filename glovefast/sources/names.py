"""Name stores after their sources."""

from pathlib import PurePosixPath

_TEXT_SUFFIXES = {".txt", ".text", ".vec", ".tsv", ".csv", ".w2v", ".glove"}
_COMPRESSION_SUFFIXES = {".gz", ".bz2", ".xz"}


def stem_of(name: str) -> str | None:
    """Strip folders and suffixes such as ``.txt``, ``.vec`` and ``.gz`` from a file's or member's name.

    Other suffixes, such as ``.50d``, stay. Returns None if no store can be named after it (a member may be
    called ``..``).
    """
    path = PurePosixPath(name)
    if path.name in ("", "..", *_TEXT_SUFFIXES, *_COMPRESSION_SUFFIXES) or "\0" in name:
        return None
    for suffixes in (_COMPRESSION_SUFFIXES, _TEXT_SUFFIXES):
        if path.suffix.lower() in suffixes:
            path = path.with_suffix("")
    return path.name
