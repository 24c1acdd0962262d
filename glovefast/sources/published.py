"""The word vectors that glovefast knows by name: what they are, and where they are published.

``published.json`` is the list. None of its files has been fetched from its real server yet; the field
``tried`` says so for each.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LIST = Path(__file__).with_name("published.json")
_SUFFIXES = re.compile(r"(?i)(?:\.(?:txt|vec|zip|gz|bz2|xz|zst))*\Z")


@dataclass(frozen=True)
class Published:
    """One published embedding text.

    Attributes
    ----------
    name : str
        The name that `glovefast.from_pretrained` takes.
    file : str
        The file that holds it: an archive.
    addresses : tuple of str
        Where the file is published; the first one is asked first.
    member : str or None
        The archive's member; None for its only text.
    rows, dim : int or None, int
        The text's rows, where they are known, and the numbers in each.
    size : int or None
        The file's size, rounded by its publisher.
    md5 : str or None
        The text's MD5, where it is known.
    licence : str
        The licence of the vectors.
    tried : bool
        Whether a release of glovefast fetched it from its real server.
    """

    name: str
    file: str
    addresses: tuple[str, ...]
    member: str | None
    rows: int | None
    dim: int
    size: int | None
    md5: str | None
    licence: str
    tried: bool


@cache
def published() -> dict[str, Published]:
    """Read the list: the published texts by name."""
    listed = json.loads(_LIST.read_text(encoding="utf-8"))["archives"]
    return {
        text["name"]: Published(
            file=archive["file"],
            addresses=tuple(archive["addresses"]),
            size=archive["size"],
            licence=archive["licence"],
            tried=archive["tried"],
            **text,
        )
        for archive in listed
        for text in archive["texts"]
    }


def find(name: str) -> Published | None:
    """Find a published text by its name, in any case; None if there is none of this name."""
    wanted = name.lower()
    return next((text for each, text in published().items() if each.lower() == wanted), None)


def where_to_download(name: str) -> str | None:
    """Say how to get a published file; None for any other file's name."""
    stem = _SUFFIXES.sub("", name).lower()
    for text in published().values():
        if stem == text.name.lower():
            return f"fetch it with: glovefast fetch {text.name}; or download {_described(text)}"
        if stem == _SUFFIXES.sub("", text.file).lower():
            return f"download {_described(text)}"
    return None


def size_text(text: Published) -> str:
    """Write the size of a published file as its publisher does."""
    if text.size is None:
        return "size unknown"
    return f"{text.size / 1e9:.3g} GB" if text.size >= 10**9 else f"{text.size / 1e6:.0f} MB"


def _described(text: Published) -> str:
    return f"{text.addresses[-1]} ({size_text(text)}) and leave it packed"
