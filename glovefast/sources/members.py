"""Archives of embedding texts: which of their members may be text, and which one is meant."""

from pathlib import PurePosixPath
from typing import Any, Protocol

from glovefast.errors import FormatError

_LISTED_MEMBERS = 20


class Archive(Protocol):
    """What a container of several files offers, whatever its format.

    Attributes
    ----------
    kind : str
        The format's name in messages.
    name : str
        What to call the archive in messages.
    """

    kind: str
    name: str

    def names(self) -> list[str]:
        """List the regular files' names, in the archive's order; one that stands twice is listed twice."""
        ...

    def open(self, member: str) -> tuple[Any, int]:
        """Open a member: its bytes, to be read once from front to end, and how many there are."""
        ...


def candidates(archive: Archive) -> list[str]:
    """List the members that may be embedding text: nothing in ``__MACOSX/``, no dot-files."""
    return [
        name
        for name in dict.fromkeys(archive.names())
        if not name.startswith("__MACOSX/") and not PurePosixPath(name).name.startswith(".")
        if PurePosixPath(name).name
    ]


def choose_member(archive: Archive, member: str | None) -> str:
    """Find the member that is meant.

    Parameters
    ----------
    archive : Archive
        The open archive.
    member : str or None
        The member's name, or the end of it where only one member's name ends so; None for the only one.

    Returns
    -------
    str
        The member's full name.

    Raises
    ------
    FormatError
        If there is no such member or more than one.
    """
    chosen = _only_member(archive) if member is None else _named(archive, member)
    twins = archive.names().count(chosen)
    if twins > 1:
        reason = f"has {twins} members of this one name; unpack the one that is meant and give its text"
        raise FormatError(f"{archive.name}!{chosen}", None, reason)
    return chosen


def _only_member(archive: Archive) -> str:
    members = candidates(archive)
    if len(members) == 1:
        return members[0]
    if not members:
        raise FormatError(archive.name, None, f"is a {archive.kind} archive without any file in it")
    raise FormatError(
        archive.name,
        None,
        f"holds {len(members)} members: {_listed(members)}; choose one with --member NAME (member=...), "
        "or convert each of them with --all (convert_archive)",
    )


def _named(archive: Archive, member: str) -> str:
    if member in archive.names():
        return member
    members = candidates(archive)
    ending = [each for each in members if each.endswith(f"/{member}")]
    ending = ending or [each for each in members if member and each.endswith(member)]
    if len(ending) == 1:
        return ending[0]
    if ending:
        reason = f"has {len(ending)} members that end in {member!r}: {_listed(ending)}"
    else:
        reason = f"has no member {member!r}; it holds: {_listed(members) or 'no files'}"
    raise FormatError(archive.name, None, reason)


def _listed(members: list[str]) -> str:
    more = len(members) - _LISTED_MEMBERS
    return ", ".join(members[:_LISTED_MEMBERS]) + (f" and {more} more" if more > 0 else "")
