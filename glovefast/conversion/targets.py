"""Which store a source becomes: its name and its place."""

import errno
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from os import fspath
from pathlib import Path

from glovefast.errors import ForeignError, FormatError, GlovefastError, StoreError
from glovefast.parser.row_layout import holds_rows
from glovefast.sources.file_types import binary_header
from glovefast.sources.names import stem_of
from glovefast.sources.opening import AnySource, open_source
from glovefast.sources.source import OpenArchive, Source
from glovefast.store.destination import check_store_destination
from glovefast.store.files import SUFFIX
from glovefast.store.metadata_file import is_store

_log = logging.getLogger("glovefast")
_SAMPLE_BYTES = 1 << 18
_NO_NAME = "cannot derive a store name from this source; pass a destination (-o)"


class Claims:
    """Which store each source or member becomes; no two may become the same."""

    def __init__(self) -> None:
        self._claimants: dict[str, str] = {}

    def add(self, target: Path, claimant: str) -> None:
        """Note that a source or member becomes a store.

        Raises
        ------
        StoreError
            If another one becomes the same store.
        """
        place = os.path.realpath(target)
        if place in self._claimants:
            raise StoreError(
                target,
                f"both {self._claimants[place]} and {claimant} would become this store; "
                "convert them one by one",
            )
        self._claimants[place] = claimant


def is_folder(destination: Path) -> bool:
    """Say whether a destination is an existing directory that stores are put into, because it is not one."""
    return destination.is_dir() and not is_store(destination)


def target_of(source: AnySource, opened: Source, destination: Path | None) -> Path:
    """Name the store of a source.

    Parameters
    ----------
    source : str, path-like or binary file object
        The source as the caller gave it.
    opened : Source
        The open source.
    destination : pathlib.Path or None
        The store; a directory to put it into; or None to put it beside the source.

    Raises
    ------
    StoreError
        If the store has to be named after a source without a name.
    """
    if destination is not None and not is_folder(destination):
        return destination
    if destination is None and isinstance(source, str | os.PathLike):
        destination = Path(source).parent
    if opened.stem is None or destination is None:
        raise StoreError(opened.name, _NO_NAME)
    return destination / (opened.stem + SUFFIX)


def check_stores_of_files(sources: Iterable[str], member: str | None, overwrite: bool) -> None:
    """Check the stores that will be beside several sources, before the first costs any time.

    A source that cannot be opened is passed over here, because its own conversion reports it.

    Raises
    ------
    StoreError
        If two sources would become the same store, or a store cannot be written.
    """
    claims = Claims()
    for source in sources:
        if not Path(source).is_file():  # no store is named after a pipe
            continue
        try:
            with open_source(source, member) as opened:
                target = target_of(source, opened, None)
        except (GlovefastError, OSError):
            continue
        claims.add(target, source)
        check_store_destination(target, overwrite)


def stores_of_archive(
    archive: OpenArchive,
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str] | None = None,
) -> dict[str, Path]:
    """List the stores that the members of an archive become.

    Members that are not embedding text (a README, a license) are skipped, each with a warning of the logger
    ``glovefast``.

    Parameters
    ----------
    archive : OpenArchive
        The open archive.
    source, destination
        As in `glovefast.convert_archive`.

    Returns
    -------
    dict
        The names of the members and their stores, in the archive's order.

    Raises
    ------
    FormatError, StoreError, OSError
        As `glovefast.convert_archive` raises them.
    """
    if not archive.members:
        raise FormatError(source, None, "is an archive without files")
    directory = Path(source).parent if destination is None else Path(destination)
    stores: dict[str, Path] = {}
    claims = Claims()
    for member in archive.members:
        reason = _why_not_text(archive, member)
        if reason is not None:
            _log.warning("%s!%s is skipped: it %s", fspath(source), member, reason)
            continue
        stem = stem_of(member)
        if stem is None:
            raise StoreError(f"{fspath(source)}!{member}", _NO_NAME)
        target = directory / (stem + SUFFIX)
        claims.add(target, member)
        stores[member] = target
    if not stores:
        raise FormatError(
            source, None, f"none of its members is embedding text: {', '.join(archive.members[:20])}"
        )
    return stores


@contextmanager
def room_for(stores: Mapping[str, Path], overwrite: bool) -> Iterator[None]:
    """Make the directory of an archive's stores, and check their names before the first costs any time.

    If no store was put into it by the end, the directory is removed again.

    Raises
    ------
    StoreError
        If a store exists and `overwrite` is false, or what exists is not a store.
    OSError
        If the directory cannot be made.
    """
    directory = next(iter(stores.values())).parent
    made: list[Path] = []
    try:
        for each in [path for path in (directory, *directory.parents) if not path.exists()][::-1]:
            with suppress(FileExistsError):  # another process was faster
                each.mkdir()
                made.append(each)
        if not directory.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(directory))
        for target in stores.values():
            check_store_destination(target, overwrite)
        yield
    finally:
        for each in reversed(made):
            with suppress(OSError):  # it is not empty
                each.rmdir()


def _why_not_text(archive: OpenArchive, member: str) -> str | None:
    """Say why a member is not embedding text; raise if it cannot be read, for example if it is encrypted."""
    try:
        with archive.open(member) as opened:
            if binary_header(opened.head) is not None:
                return None
            buffer = bytearray(_SAMPLE_BYTES)
            sample = bytes(memoryview(buffer)[: opened.readinto(memoryview(buffer))])
    except ForeignError as error:
        return error.reason
    # The last line is cut off, so it does not count unless it is the only one.
    has_rows = holds_rows(sample[: sample.rfind(b"\n") + 1] or sample)
    return None if has_rows else "has no rows of words and numbers"
