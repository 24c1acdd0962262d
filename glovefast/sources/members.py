"""The members of an archive: which may be embedding text, and which one the user means."""

from pathlib import PurePosixPath
from typing import Any, Protocol

from glovefast.errors import FormatError

_LISTED_MEMBERS = 20


class Archive(Protocol):
    """A container of several files, whatever its format.

    Attributes
    ----------
    kind : str
        The format's name in messages.
    name : str
        The archive's name in messages.
    """

    kind: str
    name: str

    def names(self) -> list[str]:
        """List the regular files' names in the archive's order, repeated names included."""
        ...

    def open(self, member: str) -> tuple[Any, int]:
        """Open a member for reading once; give its bytes and their number."""
        ...


def candidates(archive: Archive) -> list[str]:
    """List the members that may be embedding text, without ``__MACOSX/`` and dot-files."""
    return [
        name
        for name in dict.fromkeys(archive.names())
        if not name.startswith("__MACOSX/") and not PurePosixPath(name).name.startswith(".")
        if PurePosixPath(name).name
    ]


def choose_member(archive: Archive, member: str | None) -> str:
    """Find the member that the user means.

    Parameters
    ----------
    archive : Archive
        The open archive.
    member : str or None
        The member's name, or the end of it if only one name ends that way; None for the only member.

    Returns
    -------
    str
        The member's full name.

    Raises
    ------
    FormatError
        If no member fits, or more than one does.
    """
    chosen = _only_member(archive) if member is None else _named(archive, member)
    twins = archive.names().count(chosen)
    if twins > 1:
        reason = f"appears {twins} times in the archive; unpack the one you want and convert its text"
        raise FormatError(f"{archive.name}!{chosen}", None, reason)
    return chosen


def _only_member(archive: Archive) -> str:
    members = candidates(archive)
    if len(members) == 1:
        return members[0]
    if not members:
        raise FormatError(archive.name, None, f"is a {archive.kind} archive without files")
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
