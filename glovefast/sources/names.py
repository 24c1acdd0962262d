"""Name stores after their sources, and suggest names that are close to a mistyped one."""

import re
import shlex
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

STANDARD_INPUT = "-"  # as a source

_FORMAT_SUFFIXES = {".txt", ".text", ".vec", ".tsv", ".csv", ".w2v", ".glove", ".bin"}
_COMPRESSION_SUFFIXES = {".gz", ".bz2", ".xz", ".lzma", ".zst", ".lz4"}
_MAX_SUGGESTIONS = 3
_MIN_PART = 2
# A pathlib.Path has lost some of the slashes.
_ADDRESS = re.compile(r"(https?|ftps?|s3|gs|hf):/{1,2}(?=[^/])|(file):/{1,3}(?=[^/])", re.IGNORECASE)


def check_member(member: object) -> None:
    """Raise TypeError unless the name of a member is a string, or there is none."""
    if member is not None and not isinstance(member, str):
        raise TypeError(f"member must be a string, not {type(member).__name__}")


def stem_of(name: str) -> str | None:
    """Strip folders and suffixes such as ``.txt``, ``.vec`` and ``.gz`` from a file's or member's name.

    Other suffixes, such as ``.50d``, stay. Returns None if no store can be named after it (a member may be
    called ``..``).
    """
    path = PurePosixPath(name)
    if path.name in ("", "..", *_FORMAT_SUFFIXES, *_COMPRESSION_SUFFIXES) or "\0" in name:
        return None
    for suffixes in (_COMPRESSION_SUFFIXES, _FORMAT_SUFFIXES):
        if path.suffix.lower() in suffixes:
            path = path.with_suffix("")
    return path.name


def reason_if_address(path: str) -> tuple[str, str] | None:
    """Give an address as it was written, and why it cannot be opened; None for any other path."""
    match = _ADDRESS.match(path)
    if match is None:
        return None
    if match[2]:
        return f"{match[2]}:///{path[match.end() :]}", "is an address: pass the file's path instead"
    address = f"{match[1]}://{path[match.end() :]}"
    command = f"glovefast fetch {shlex.quote(address)}"
    return address, f"is an address; fetch it with glovefast.from_pretrained, or: {command}"


def close_names(wanted: str, names: Iterable[str]) -> list[str]:
    """List the names that a mistyped one may stand for: up to three that contain it, or one spelled alike.

    Folders and case do not matter.
    """
    names, wanted = list(names), wanted.lower()
    containing = [name for name in names if len(wanted) >= _MIN_PART and wanted in name.lower()]
    if containing:
        return containing if len(containing) <= _MAX_SUGGESTIONS else []
    from difflib import get_close_matches  # only needed for messages

    by_spelling: dict[str, str] = {}
    for name in names:
        by_spelling.setdefault(PurePosixPath(name).name.lower(), name)
    close = get_close_matches(PurePosixPath(wanted).name, by_spelling, n=1, cutoff=0.85)
    return [by_spelling[each] for each in close]


def near_files(missing: Path) -> list[str]:
    """List the paths beside a missing file that it may stand for; none if it is a link to nowhere."""
    try:
        names = [path.name for path in missing.parent.iterdir()]
    except OSError:
        return []
    if missing.name in names:
        return []
    return [str(missing.with_name(name)) for name in close_names(missing.name, names)]


def question(close: list[str]) -> str:
    """Ask whether one of these names was meant; empty if there is none."""
    return f"did you mean {' or '.join(close)}?" if close else ""
