"""Make the store of pretrained vectors once, wherever they come from."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, cast

from glovefast.conversion.cache import Entry
from glovefast.conversion.options import Options
from glovefast.conversion.pipeline import Conversion
from glovefast.conversion.pretrained_source import PretrainedSource
from glovefast.conversion.targets import is_folder
from glovefast.errors import FetchError, FormatError, StoreError
from glovefast.progress import Progress
from glovefast.sources.addresses import remote_of, without_password
from glovefast.sources.attempts import OfflineError, is_unchanged
from glovefast.sources.kept_parts import KeptParts, remove_parts
from glovefast.sources.opening import open_source
from glovefast.sources.remote import ChangedFileError, Version
from glovefast.sources.source import Source
from glovefast.sources.transfers import RemoteFile
from glovefast.store.copying import copy_store
from glovefast.store.destination import check_store_destination
from glovefast.store.files import SUFFIX
from glovefast.store.reading import open_store
from glovefast.store.remains import remove_store

_log = logging.getLogger("glovefast")


def make_store(
    source: PretrainedSource,
    entry: Entry,
    options: Options,
    made_of: Mapping[str, Any],
    *,
    refresh: bool,
) -> bool:
    """Make the store in the cache, unless another process has done so, or nothing has changed since.

    Parameters
    ----------
    source : PretrainedSource
        The vectors.
    entry : Entry
        The store's place in the cache.
    options : Options
        How to convert.
    made_of : mapping
        What to note of the source and the options.
    refresh : bool
        Ask the server whether the file is another one by now.

    Returns
    -------
    bool
        Whether a store was made.
    """
    with entry.locked():
        is_there = _is_usable(entry.store)
        origin = entry.origin()
        if is_there and not (refresh and _has_changed(source, origin)):
            entry.note_use()
            return False
        if not is_there:
            origin = dict(made_of)
            entry.note_origin(origin)
        found = _convert(source, entry, options, entry.store, overwrite=is_there)
        # Last: an interrupt in between makes the next refresh fetch once more, and never too little.
        entry.note_origin({**made_of, **found})
        remove_parts(entry.downloads)
    return True


def make_store_at(
    source: PretrainedSource,
    entry: Entry,
    options: Options,
    destination: Path,
    *,
    overwrite: bool,
    refresh: bool,
) -> tuple[Path, bool]:
    """Make the store at a place of the user's choice: a copy of the one in the cache if it is there.

    Parameters
    ----------
    source, entry, options
        As in `make_store`.
    destination : pathlib.Path
        The store, or an existing directory to put it into.
    overwrite : bool
        Replace a store that is there.
    refresh : bool
        Copy nothing, but fetch and convert.

    Returns
    -------
    pathlib.Path, bool
        The store, and whether it was converted, not copied.
    """
    target = destination / (source.stem + SUFFIX) if is_folder(destination) else destination
    check_store_destination(target, overwrite)
    with entry.locked():
        if not refresh and _is_usable(entry.store):
            copy_store(entry.store, target, overwrite)
            return target, False
        _convert(source, entry, options, target, overwrite)
        remove_parts(entry.downloads)
    return target, True


def _is_usable(store: Path) -> bool:
    """Say whether there is a store that opens; remove one that is damaged."""
    if not store.exists():
        return False
    try:
        open_store(store)
    except StoreError as error:
        _log.warning("making the store in the cache again: %s", error)
        remove_store(store)
        return False
    return True


def _has_changed(source: PretrainedSource, origin: Mapping[str, Any]) -> bool:
    """Ask the server that a store came from whether the file has changed; a local file needs no asking."""
    version, noted = Version.noted(origin.get("version")), origin.get("address")
    address = next((each for each in source.addresses if without_password(each) == noted), None)
    if version is None or address is None:
        return bool(source.addresses)
    remote = remote_of(address)
    try:
        return not is_unchanged(remote, version)
    finally:
        remote.close()


def _convert(
    source: PretrainedSource, entry: Entry, options: Options, target: Path, overwrite: bool
) -> dict[str, Any]:
    """Make a store of the text, wherever it is; say where it was found.

    A mirror is asked if a server does not answer, or sends something else than the text: a web page, say.
    """
    place, member = source.path, source.member
    if place is None:
        place, member = _put_by_hand(source, entry)
    if place is not None:
        with open_source(place, member) as opened:
            _expect(opened, source)
            Conversion(opened, options).run(target, overwrite)
        return {"path": str(place)}
    failures: list[FetchError | FormatError] = []
    for address in source.addresses:
        try:
            with _fetched(address, entry, options) as file, _openable(file, member) as opened:
                file.stop_reporting()
                _expect(opened, source)
                Conversion(opened, options).run(target, overwrite)
                return {"address": without_password(address), "version": asdict(file.version)}
        except (_NoAnswer, FormatError) as error:
            if isinstance(error, FormatError) and error.line is not None:  # a mirror has the same line
                raise
            failure = error.args[0] if isinstance(error, _NoAnswer) else error
            failures.append(failure)
            if address != source.addresses[-1] and not isinstance(failure, OfflineError):
                _log.warning("%s; asking the next server", failure)
    raise _failure_of_all(failures, source, entry)


def _expect(opened: Source, source: PretrainedSource) -> None:
    if source.md5 is not None:
        opened.expect_md5(source.md5)


def _put_by_hand(source: PretrainedSource, entry: Entry) -> tuple[Path | None, str | None]:
    for name, member in (source.by_hand or {}).items():
        path = entry.by_hand / name
        if path.is_file():
            _log.info("%s: using %s", source.shown, path)
            return path, member
    return None, source.member


class _NoAnswer(Exception):  # noqa: N818 - a mirror may answer
    """A server did not even begin to send the file; holds the FetchError that says why."""


@contextmanager
def _fetched(address: str, entry: Entry, options: Options) -> Iterator[RemoteFile]:
    """Begin to fetch a file; keep what came unless it is of no use."""
    parts = KeptParts(entry.downloads)
    try:
        remote = remote_of(address)
        try:
            file = RemoteFile(remote, parts, _reporter(remote.address, options))
        except FetchError as error:
            remote.close()
            raise _NoAnswer(error) from error
        with file:
            yield file
    except Exception as error:
        # What an interrupt or a lost connection leaves is the beginning of the next attempt. A file that
        # cannot be converted is fetched anew, and a full disk gets its room back.
        if isinstance(error, ChangedFileError) or not isinstance(error, FetchError | _NoAnswer):
            parts.discard()
        raise
    finally:
        parts.close()


def _failure_of_all(
    failures: list[FetchError | FormatError], source: PretrainedSource, entry: Entry
) -> FetchError | FormatError:
    """Choose what to say when no server gave the file."""
    if not any(isinstance(error, OfflineError) for error in failures):
        return failures[-1]
    path = entry.by_hand / next(iter(source.by_hand or {}))
    reasons = "; ".join(error.reason.partition("; ")[0] for error in failures)
    address = without_password(source.addresses[-1])
    return OfflineError(
        source.shown,
        f"{reasons}; if this machine has no network, download {address} on another one "
        f"and put it here: {path}",
    )


def _reporter(address: str, options: Options) -> Any:  # noqa: ANN401
    """Report what has come of a file, while nothing of it can be parsed yet."""
    report = options.progress
    if report is None:
        return None
    return lambda done, total: report(Progress(done, total, 0, address))


def _openable(file: RemoteFile, member: str | None) -> Source:
    try:
        return open_source(cast("BinaryIO", file), member)
    except Exception as error:
        if file.failure is not None and error is not file.failure:  # zipfile calls it a damaged archive
            raise file.failure from error
        raise
