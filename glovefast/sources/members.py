"""The members of an archive: which may be embedding text, and which one the user means."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, ClassVar

from glovefast.errors import FormatError, printable, shortened
from glovefast.sources.names import close_names, question

_LISTED_MEMBERS = 20
# A folder with these files is a store; in an archive it may have the others of a store, but no more.
FILES_OF_A_STORE = ("metadata.json", "vectors.npy")
_OTHER_FILES_OF_A_STORE = ("vocabulary.arrow", "index.arrow", "scales.npy", "bad_rows.jsonl")


class Archive(ABC):
    """An open container of several files, whatever its format.

    Parameters
    ----------
    name : str
        The archive's name in messages.
    names : iterable of str
        The regular files' names in the archive's order, repeated names included.

    Attributes
    ----------
    kind : str
        The format's name in messages.
    reads_in_parallel : bool
        Whether members may be read at the same time, by several threads. Otherwise opening a member closes
        the one before it.
    """

    kind: ClassVar[str]
    reads_in_parallel = False

    def __init__(self, name: str, names: Iterable[str]) -> None:
        self.name = name
        self._counts = Counter(names)  # a dictionary, which keeps the archive's order

    @abstractmethod
    def open(self, member: str) -> tuple[Any, int]:
        """Open a member for reading once; give its bytes and their number."""

    @abstractmethod
    def is_packed(self, member: str) -> bool:
        """Say whether a member's bytes have to be unpacked."""

    @cached_property
    def candidates(self) -> list[str]:
        """The members that may be embedding text, without ``__MACOSX/`` and dot-files.

        Raises
        ------
        FormatError
            If the archive holds nothing but stores.
        """
        if self.holds_only_stores:
            raise FormatError(self.name, None, "holds a store: unpack it and load it with glovefast.load")
        return self._visible

    @cached_property
    def holds_only_stores(self) -> bool:
        """Whether every member is a file of a store."""
        files: dict[PurePosixPath, set[str]] = {}
        for member in map(PurePosixPath, self._visible):
            files.setdefault(member.parent, set()).add(member.name)
        of_a_store = {*FILES_OF_A_STORE, *_OTHER_FILES_OF_A_STORE}
        return bool(files) and all(
            names.issuperset(FILES_OF_A_STORE) and names <= of_a_store for names in files.values()
        )

    @cached_property
    def _visible(self) -> list[str]:
        return [
            name
            for name in self._counts
            if not name.startswith("__MACOSX/") and not PurePosixPath(name).name.startswith(".")
            if PurePosixPath(name).name
        ]

    def choose(self, member: str | None) -> str:
        """Find the member that the user means.

        Parameters
        ----------
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
        chosen = self._only_member() if member is None else self._named(member)
        if (twins := self._counts[chosen]) > 1:
            reason = f"appears {twins} times in the archive; unpack the one you want and convert its text"
            raise FormatError(f"{self.name}!{chosen}", None, reason)
        return chosen

    def _only_member(self) -> str:
        members = self.candidates
        if len(members) == 1:
            return members[0]
        if not members:
            raise FormatError(self.name, None, f"is a {self.kind} archive without files")
        raise FormatError(
            self.name,
            None,
            f"holds {len(members)} members: {_listed(members)}; choose one with --member NAME (member=...), "
            "or convert each of them with --all (convert_archive)",
        )

    def _named(self, member: str) -> str:
        if member in self._counts:
            return member
        members = self.candidates
        ending = [each for each in members if each.endswith(f"/{member}")]
        ending = ending or [each for each in members if member and each.endswith(member)]
        if len(ending) == 1:
            return ending[0]
        if ending:
            reason = f"has {len(ending)} members that end in {shortened(member)}: {_listed(ending)}"
        else:
            guess = question(close_names(member, members))
            held = f"{'It' if guess else 'it'} holds: {_listed(members) or 'no files'}"
            reason = f"has no member {shortened(member)}; {guess}{' ' if guess else ''}{held}"
        raise FormatError(self.name, None, reason)


def _listed(members: list[str]) -> str:
    more = len(members) - _LISTED_MEMBERS
    return ", ".join(map(printable, members[:_LISTED_MEMBERS])) + (f" and {more} more" if more > 0 else "")
