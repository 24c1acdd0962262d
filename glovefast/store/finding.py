"""Find a store or a file again in another process, perhaps on another host: by its name and checksums."""

import os  # and not pathlib, whose functions take longer
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from glovefast.errors import StoreError, printable
from glovefast.store.files import SCALES, VECTORS, VOCABULARY
from glovefast.store.metadata import Metadata
from glovefast.store.metadata_file import METADATA

SEARCH_PATH = "GLOVEFAST_PATH"

_ADVICE = (
    f"Copy the {{}} to this host, set {SEARCH_PATH} to a directory that holds it, or let the engine ship it "
    "(Spark: addArchive; Ray: working_dir)."
)


Opened = TypeVar("Opened")
Contents = Sequence[str | None]


def contents_of(metadata: Metadata) -> list[str | None]:
    """List the checksums of the words and the vectors, by which a store is known again."""
    return [metadata.checksums.get(name) for name in (VECTORS, SCALES, VOCABULARY)]


def open_again(
    location: str,
    contents: Contents,
    open_at: Callable[[str], tuple[Opened, Contents]],
    is_file: bool = False,
) -> Opened:
    """Open a store that another process had open, or a file that it had read.

    Parameters
    ----------
    location : str
        The absolute path at which it was. Its last part is the name to look for.
    contents : sequence
        Its checksums. Those of a store are what its metadata says; nothing computes them again.
    open_at : callable
        Opens what is at a path; returns it and its checksums.
    is_file : bool
        Whether it is a file and not a store.

    Returns
    -------
    object
        The first one with these checksums: at `location`, in the directories of ``GLOVEFAST_PATH``, or among
        the files that Spark or Ray brought to this host.

    Raises
    ------
    StoreError
        If there is none. The message lists each place and what is wrong with it.
    """
    tried = []
    kind = "file" if is_file else "store"
    for place, source in _places(location, is_file):
        if not os.path.lexists(place):
            tried.append((place, source, "does not exist"))
            continue
        try:
            opened, found = open_at(place)
        except StoreError as error:
            tried.append((place, source, error.reason))
        except OSError as error:
            tried.append((place, source, f"cannot be read ({error.strerror})"))
        else:
            has_checksums = None not in (found[0], found[-1])  # somebody may have removed them
            if list(found) == list(contents) and (has_checksums or place == location):
                return opened
            reason = f"is another {kind} of this name" if has_checksums else "has no checksums to compare"
            if place == location:
                reason = f"was replaced by another {kind} after it was pickled"
            tried.append((place, source, reason))
    lines = [f"  {printable(place)}{source}: {reason}" for place, source, reason in tried]
    lines += [f"  {where}: holds no {kind} of this name" for where in _searched_in_vain(tried)]
    if not _search_path():
        lines.append(f"  {SEARCH_PATH} is not set")
    reason = f"this {kind} was not found on host {os.uname().nodename}:\n" + "\n".join(lines)
    raise StoreError(location, f"{reason}\n{_ADVICE.format(kind)}")


def _places(location: str, is_file: bool) -> Iterator[tuple[str, str]]:
    """List where it may be, and how each place was found."""
    name = os.path.basename(location)  # noqa: PTH119
    yield location, ""
    for directory in _search_path():
        yield f"{directory}/{name}", f" ({SEARCH_PATH})"
    for directory, source in _shipped():
        for place in _places_in(directory, name, is_file):
            if place != location:
                yield place, f" ({source})"


def _search_path() -> list[str]:
    return [directory for directory in os.environ.get(SEARCH_PATH, "").split(os.pathsep) if directory]


def _shipped() -> Iterator[tuple[str, str]]:
    """List the directories into which engines unpack what they ship."""
    if (files := _spark_files()) is not None:
        yield files, "SparkFiles"
    try:
        yield os.getcwd(), "working directory"  # noqa: PTH109 - of Ray's working_dir, of YARN's archives
    except FileNotFoundError:  # it was deleted
        return


def _spark_files() -> str | None:
    """Give the directory of Spark's files; None in a process that has nothing to do with Spark."""
    spark_files = getattr(sys.modules.get("pyspark"), "SparkFiles", None)
    if spark_files is None:
        return None
    try:
        directory: str = spark_files.getRootDirectory()
    except Exception:  # there is no session in this process, or it has ended: then the error is Java's
        return None
    return os.path.abspath(directory)  # noqa: PTH100 - executors have a relative one


def _places_in(directory: str, name: str, is_file: bool) -> Iterator[str]:
    """List what may be meant: by name, and in archives, which are unpacked under any name."""
    candidates = [f"{directory}/{name}", f"{directory}/{name}/{name}"]
    try:
        with os.scandir(directory) as entries:
            for path in sorted(entry.path for entry in entries if entry.is_dir() and entry.name != name):
                candidates += path, f"{path}/{name}"
    except OSError:
        pass
    for place in candidates:
        if os.path.isfile(place if is_file else f"{place}/{METADATA}"):  # noqa: PTH113
            yield place


def _searched_in_vain(tried: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """List the directories that gave no place at all."""
    sources = {source for _, source, _ in tried}
    for directory, source in _shipped():
        if f" ({source})" not in sources:
            yield f"{printable(directory)} ({source})"
