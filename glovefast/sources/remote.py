"""What every kind of server has to answer, so that a file on it can be fetched in parts.

`glovefast.sources.http` asks web servers, and `glovefast.sources.file_systems` all others, through fsspec;
`glovefast.sources.transfers` fetches from both.
"""

from dataclasses import dataclass
from typing import Protocol, Self

from glovefast.errors import FetchError, printable


@dataclass(frozen=True)
class Version:
    """What a server says of a file to tell one version of it from another.

    Attributes
    ----------
    length : int or None
        Its size in bytes.
    etag, modified : str or None
        The server's mark of this version, and when it was made.
    """

    length: int | None = None
    etag: str | None = None
    modified: str | None = None

    @classmethod
    def noted(cls, values: object) -> "Version | None":
        """Make a version of what `dataclasses.asdict` gave and a file kept; None if it is damaged."""
        if not isinstance(values, dict) or values.keys() != {"length", "etag", "modified"}:
            return None
        version = cls(**values)
        marks = (version.etag, version.modified)
        well_typed = isinstance(version.length, int | None) and all(isinstance(m, str | None) for m in marks)
        return version if well_typed and version.is_certain else None

    @property
    def is_certain(self) -> bool:
        """Whether another version would look different."""
        return self.etag is not None or self.modified is not None

    def difference(self, now: "Version") -> str | None:
        """Describe how a later answer differs; None if it is about the same version."""
        if None not in (self.length, now.length) and self.length != now.length:
            return f"it had {self.length:,} bytes, and now has {now.length:,}"
        if None not in (self.etag, now.etag) and self.etag != now.etag:
            return f"its version (ETag) was {self.etag}, and is now {now.etag}"
        if None not in (self.modified, now.modified) and self.modified != now.modified:
            return f"it was last modified {self.modified}, and now {now.modified}"
        shared = [None not in pair for pair in ((self.etag, now.etag), (self.modified, now.modified))]
        return (
            "the server no longer says which version it is" if self.is_certain and not any(shared) else None
        )


class InterruptedTransfer(Exception):  # noqa: N818 - not the end: the transfer goes on where it stopped
    """A transfer broke off, or could not begin, in a way that may pass.

    Parameters
    ----------
    reason : str
        What happened.
    wait : float, optional
        How many seconds the server asks to wait.
    offline : bool
        Whether no server was reached.
    """

    def __init__(self, reason: str, wait: float | None = None, *, offline: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait
        self.offline = offline


class Reply(Protocol):
    """An answer whose bytes are still to be read.

    Attributes
    ----------
    begin : int
        Where its bytes begin in the file.
    version : Version
        What the server says of the file.
    in_parts : bool
        Whether the server sent the part that was asked for, and not the whole file.
    """

    begin: int
    version: Version
    in_parts: bool

    def read(self, size: int) -> bytes:
        """Read up to so many bytes; none at the end. Raises InterruptedTransfer if they stop early."""
        ...

    def close(self) -> None:
        """Close the connection, or give it back for the next request."""
        ...

    def interrupt(self) -> None:
        """End a `read` that waits in another thread, if that is possible."""
        ...


class Remote(Protocol):
    """A file on a server.

    Attributes
    ----------
    address : str
        Where it is, as messages show it: without a password.
    """

    address: str

    def request(self, begin: int, end: int | None, version: Version | None = None) -> Reply:
        """Ask for the bytes from `begin` up to `end`, of this version if one is given.

        Raises
        ------
        InterruptedTransfer
            If that failed and may work later.
        FetchError
            If it will not work later.
        """
        ...

    def is_unchanged(self, version: Version) -> bool:
        """Ask the server whether the file still is of this version; raises as `request` does."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class ChangedFileError(FetchError):
    """The file on the server is no longer the one whose beginning was fetched."""

    @classmethod
    def of(cls, address: str, difference: str) -> Self:
        """Make the error; `difference` says how the file changed."""
        return cls(address, f"the file changed while it was fetched: {printable(difference)}; fetch it again")
