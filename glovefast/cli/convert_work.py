"""What ``glovefast convert`` works through: sources one after the other, or all members of archives."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import glovefast
from glovefast.cli.signals import EndingSignals, Interrupted
from glovefast.cli.terminal import ProgressMeter, complain
from glovefast.errors import GlovefastError


class Done(NamedTuple):
    """What became of a source or member: a store's metadata or a dry run's report, and what it took."""

    result: dict[str, Any]
    bytes_read: int
    seconds: float


def sources_in_turn(
    sources: Sequence[str],
    destination: str | None,
    options: Mapping[str, Any],
    signals: EndingSignals,
    convert: Callable[..., Path],
) -> Iterator[Done]:
    """Convert sources one after the other; only read them if the options have no `overwrite`."""
    from glovefast.conversion.targets import check_stores_of_files

    progress: ProgressMeter = options["progress"]
    if "overwrite" not in options:
        for source in sources:
            yield Done(glovefast.dry_run(source, **options).to_dict(), *progress.lap())
        return
    if len(sources) > 1:
        check_stores_of_files(sources, options["member"], options["overwrite"])
    for number, source in enumerate(sources, start=1):
        path = convert(source, destination=destination, **options)
        is_last = number == len(sources)
        yield Done(_new_store(path, is_last, signals), *progress.lap())
        _end_if_interrupted(is_last, signals)


def members_at_once(
    sources: Sequence[str],
    destination: str | None,
    options: Mapping[str, Any],
    signals: EndingSignals,
) -> Iterator[Done]:
    """Convert all members of archives, several at once; only read them if the options have no `overwrite`."""
    from glovefast.conversion.crew import Member, convert_members
    from glovefast.conversion.targets import Claims, room_for, stores_of_archive
    from glovefast.sources.opening import open_archive

    is_dry_run = "overwrite" not in options
    with ExitStack() as resources:
        members: list[Member] = []
        claims = Claims()
        for source in sources:
            archive = resources.enter_context(open_archive(source))
            stores = stores_of_archive(archive, source, destination)
            if not is_dry_run:
                for name, store in stores.items():
                    claims.add(store, f"{source}!{name}")
                resources.enter_context(room_for(stores, options["overwrite"]))
            members += [
                Member(archive, name, None if is_dry_run else store) for name, store in stores.items()
            ]
        work = resources.enter_context(closing(convert_members(members, **options)))
        for number, done in enumerate(work, start=1):
            is_last = number == len(members)
            path = done.member.target
            result = done.found.to_dict() if path is None else _new_store(path, is_last, signals)
            yield Done(result, done.bytes_read, done.seconds)
            _end_if_interrupted(is_last, signals)


def _new_store(path: Path, is_last: bool, signals: EndingSignals) -> dict[str, Any]:
    if is_last:  # an interrupt cannot undo it any more
        signals.finish()
    with signals.deferred():  # it is in time for the next store, once this one is told of
        return summarized(path)


def summarized(path: Path) -> dict[str, Any]:
    """Read the metadata of a new store; the conversion is done even if that fails."""
    from glovefast.store.files import BAD_ROWS

    store: dict[str, Any] = {"destination": str(path), "bad_rows": None}
    try:
        store |= glovefast.load(path).metadata.to_dict()
    except (GlovefastError, OSError, MemoryError) as error:
        complain(f"warning: {path} is complete, but cannot be opened for a summary: {error}")
        return store
    if store["report"].get("skipped_rows") or store["report"].get("replaced_words"):
        store["bad_rows"] = str(path / BAD_ROWS)
    return store


def _end_if_interrupted(is_last: bool, signals: EndingSignals) -> None:
    """End the work if a signal came too late for a store: it is in time for the next one."""
    if signals.received is not None and not is_last:
        raise Interrupted(signals.received)
