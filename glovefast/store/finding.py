"""Find a store again in another process, perhaps on another host, by its name and its checksums."""

import os  # and not pathlib, whose functions take longer
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from glovefast.errors import StoreError, printable
from glovefast.store.files import SCALES, VECTORS, VOCABULARY
from glovefast.store.metadata import Metadata
from glovefast.store.metadata_file import METADATA

SEARCH_PATH = "GLOVEFAST_PATH"

_ADVICE = (
    f"Copy the store to this host, set {SEARCH_PATH} to a directory that holds it, or let the engine ship it "
    "(Spark: addArchive; Ray: working_dir)."
)


class _Opened(Protocol):
    metadata: Metadata


Opened = TypeVar("Opened", bound=_Opened)


def contents_of(metadata: Metadata) -> list[str | None]:
    """List the checksums of the words and the vectors, by which a store is known again."""
    return [metadata.checksums.get(name) for name in (VECTORS, SCALES, VOCABULARY)]


def open_again(location: str, contents: Sequence[str | None], open_at: Callable[[str], Opened]) -> Opened:
    """Open a store that another process had open.

    Parameters
    ----------
    location : str
        The absolute path at which it was open. Its last part is the store's name.
    contents : sequence
        Its checksums, as `contents_of` lists them.
    open_at : callable
        Opens the store at a path; the result must have its `metadata`.

    Returns
    -------
    object
        What `open_at` returns for the first store with these checksums: at `location`, in the directories of
        ``GLOVEFAST_PATH``, or among the files that Spark or Ray brought to this host.

    Raises
    ------
    StoreError
        If there is no such store. The message lists each place and what is wrong with it.
    """
    tried = []
    for place, source in _places(location):
        if not os.path.lexists(place):
            tried.append((place, source, "does not exist"))
            continue
        try:
            opened = open_at(place)
        except StoreError as error:
            tried.append((place, source, error.reason))
        except OSError as error:
            tried.append((place, source, f"cannot be read ({error.strerror})"))
        else:
            if contents_of(opened.metadata) == list(contents):
                return opened
            replaced = "was replaced by another store after it was pickled"
            tried.append((place, source, replaced if place == location else "is another store of this name"))
    lines = [f"  {printable(place)}{source}: {reason}" for place, source, reason in tried]
    lines += [f"  {where}" for where in _searched_in_vain(tried)]
    reason = f"this store was not found on host {os.uname().nodename}:\n" + "\n".join(lines)
    raise StoreError(location, f"{reason}\n{_ADVICE}")


def _places(location: str) -> Iterator[tuple[str, str]]:
    """List where a store may be, and how each place was found."""
    name = os.path.basename(location)  # noqa: PTH119
    yield location, ""
    for directory in _search_path():
        yield f"{directory}/{name}", f" ({SEARCH_PATH})"
    for directory, source in _shipped():
        for place in _stores_in(directory, name):
            if place != location:
                yield place, f" ({source})"


def _search_path() -> list[str]:
    return [directory for directory in os.environ.get(SEARCH_PATH, "").split(os.pathsep) if directory]


def _shipped() -> Iterator[tuple[str, str]]:
    """List the directories into which engines unpack what they ship."""
    if (files := _spark_files()) is not None:
        yield files, "SparkFiles"
    yield os.getcwd(), "working directory"  # noqa: PTH109 - of Ray's working_dir, of YARN's archives


def _spark_files() -> str | None:
    """Give the directory of Spark's files; None in a process that has nothing to do with Spark."""
    spark_files = getattr(sys.modules.get("pyspark"), "SparkFiles", None)
    if spark_files is None:
        return None
    try:
        directory: str = spark_files.getRootDirectory()
    except (AssertionError, AttributeError):  # there is no session in this process
        return None
    return directory


def _stores_in(directory: str, name: str) -> Iterator[str]:
    """List the stores that may be meant: by name, and in archives, which are unpacked under any name."""
    candidates = [f"{directory}/{name}"]
    try:
        with os.scandir(directory) as entries:
            for path in sorted(entry.path for entry in entries if entry.is_dir() and entry.name != name):
                candidates += path, f"{path}/{name}"
    except OSError:
        pass
    candidates.insert(1, f"{directory}/{name}/{name}")
    yield from (place for place in candidates if os.path.exists(f"{place}/{METADATA}"))  # noqa: PTH110


def _searched_in_vain(tried: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """List the sources that gave no place at all."""
    if not _search_path():
        yield f"{SEARCH_PATH} is not set"
    sources = {source for _, source, _ in tried}
    for directory, source in _shipped():
        if f" ({source})" not in sources:
            yield f"{printable(directory)} ({source}): holds no store of this name"
