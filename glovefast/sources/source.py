"""Embedding text that is open for reading."""

from contextlib import ExitStack
from pathlib import PurePath
from types import TracebackType
from typing import Any, Self

from glovefast.errors import ForeignError, FormatError, printable
from glovefast.sources.file_types import foreign
from glovefast.sources.files_and_pipes import Origin
from glovefast.sources.members import Archive
from glovefast.sources.names import stem_of
from glovefast.sources.streams import Stream, container_errors

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Source:
    """Embedding text that is open for reading; as a context manager, it closes what `open_source` opened.

    Attributes
    ----------
    name : str
        Its name in messages: the path, ``archive.zip!member`` or ``<stdin>``. Here as in `file_name`, bytes
        that are not UTF-8 and control characters are written with backslashes.
    file_name : str
        The name of the file, or of the archive, without folders.
    stem : str or None
        The name of the file or member without folders and suffixes such as ``.txt`` and ``.gz``; None if no
        store can be named after it.
    member : str or None
        The full name of the archive's member; None if the source is not an archive.
    bytes_total : int or None
        The size in the units of `bytes_read`; None if it is not known.
    is_slow : bool
        Whether reading takes longer than copying: the text is unpacked, or does not come from a file.
    """

    def __init__(
        self,
        name: str,
        *,
        text: Stream,
        measured: Stream,
        origin: Origin,
        bytes_total: int | None,
        resources: ExitStack,
        stem: str | None,
        is_packed: bool,
        member: str | None = None,
    ) -> None:
        self.name = printable(name)
        file = name if member is None else name.removesuffix(f"!{member}")
        self.file_name = printable(PurePath(file).name)
        self.stem = stem
        self.member = member
        self.bytes_total = bytes_total
        self.is_slow = is_packed or not origin.is_file
        text.pass_over(_BYTE_ORDER_MARK)
        self._text = text
        self._measured = measured
        self._origin = origin
        self._resources = resources
        self._md5: Any = None
        self._expected_md5 = ""
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Source {self.name!r}>"

    @property
    def head(self) -> bytes:
        """The first bytes of the text, read or not: `HEAD_BYTES`, or all of a shorter one."""
        return self._text.head

    @property
    def bytes_read(self) -> int:
        """Bytes read so far: compressed ones for a compressed file, bytes of text for any other source."""
        return self._measured.bytes_read

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer with the next bytes of the text.

        Parameters
        ----------
        buffer : memoryview
            Writable bytes.

        Returns
        -------
        int
            The number of bytes read: all that `buffer` holds, fewer only at the end, then 0.

        Raises
        ------
        FormatError
            If the container is truncated or damaged.
        OSError
            If the file cannot be read.
        """
        filled = 0
        with container_errors(self.name):
            while filled < len(buffer):
                count = self._text.readinto(buffer[filled:])
                if count == 0:
                    self._ended = True
                    break
                filled += count
        if self._md5 is not None:
            self._md5.update(buffer[:filled])
        return filled

    def expect_md5(self, expected: str) -> None:
        """Let `check_unchanged` compare the MD5 of the text with a published one, if all of it was read."""
        import hashlib

        self._md5 = hashlib.md5(usedforsecurity=False)
        self._expected_md5 = expected

    def stop_waiting(self) -> None:
        """Make a `readinto` that waits for a pipe's writer in another thread raise OSError."""
        self._origin.stop_waiting()

    def check_unchanged(self) -> None:
        """Raise FormatError if the file has changed since it was opened, or is not the expected one."""
        change = self._origin.change()
        if change is not None:
            reason = f"changed while it was read: {change}; convert it again when nothing writes to it"
            raise FormatError(self.name, None, reason)
        if self._md5 is not None and self._ended and self._md5.hexdigest() != self._expected_md5:
            raise FormatError(
                self.name,
                None,
                f"is not the published text: its MD5 is {self._md5.hexdigest()}, "
                f"expected {self._expected_md5}; to use it anyway, pass its path or address instead of the "
                "name, and the member",
            )

    def close(self) -> None:
        """Close the files that `open_source` opened; a file object that the caller passed stays open."""
        self._resources.close()


class OpenArchive:
    """An archive whose members are opened one after the other; a context manager that closes it.

    Attributes
    ----------
    members : list of str
        The names of the members that may be embedding text, in the archive's order, without directories,
        links, ``__MACOSX/`` and dot-files.
    """

    def __init__(self, archive: Archive, origin: Origin, resources: ExitStack) -> None:
        self._archive = archive
        self._origin = origin
        self._resources = resources

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._resources.close()

    @property
    def members(self) -> list[str]:
        """The names of the members that may be embedding text."""
        return self._archive.candidates

    @property
    def holds_only_stores(self) -> bool:
        """Whether every member is a file of a store."""
        return self._archive.holds_only_stores

    @property
    def reads_in_parallel(self) -> bool:
        """Whether members may be read at the same time, by several threads."""
        return self._archive.reads_in_parallel

    def open(self, member: str | None = None, *, closing: bool = False) -> Source:
        """Open a member; unless `reads_in_parallel`, read no more of the one that was opened before.

        Parameters
        ----------
        member : str, optional
            The member's name, or the end of it if only one name ends that way; not needed for the only one.
        closing : bool
            Whether closing the member closes the archive too. An error does so as well.
        """
        resources = self._resources if closing else ExitStack()
        with resources:
            chosen = self._archive.choose(member)
            name = f"{self._archive.name}!{chosen}"
            with container_errors(name):
                raw, size = self._archive.open(chosen)
                text = Stream(raw)
            check_text(name, text.head, "the archive's member has no bytes")
            return Source(
                name,
                text=text,
                measured=text,
                origin=self._origin,
                bytes_total=size,
                resources=resources.pop_all(),
                stem=stem_of(chosen),
                is_packed=self._archive.is_packed(chosen),
                member=chosen,
            )


def check_text(name: str, head: bytes, emptiness: str) -> None:
    """Raise `ForeignError` if the first bytes are not embedding text; `emptiness` says why there are none."""
    head = head.removeprefix(_BYTE_ORDER_MARK)
    if not head:
        raise ForeignError(name, None, f"is empty: {emptiness}; download or export it again")
    reason = foreign(head)
    if reason is not None and name.lower().endswith(".br"):  # a format without a signature
        reason = (
            "is compressed with Brotli, judging by its name; unpack it first, or pipe the text: "
            "brotli -dc FILE | glovefast convert - -o DEST"
        )
    if reason is not None:
        raise ForeignError(name, None, reason)
