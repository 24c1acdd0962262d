"""Source to store: read, parse on all cores, write, publish."""

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Literal

from glovefast.conversion import Conversion, Options, Progress
from glovefast.errors import FormatError, StoreError
from glovefast.sources import AnySource, Source, archive_members, open_source, stem_of
from glovefast.store import SUFFIX, check_destination

__all__ = ["Progress", "convert", "convert_archive"]


def convert(
    source: AnySource,
    destination: str | os.PathLike[str] | None = None,
    *,
    member: str | None = None,
    dim: int | None = None,
    header: bool | None = None,
    limit: int | None = None,
    threads: int | None = None,
    errors: Literal["strict", "replace", "backslashreplace"] = "strict",
    on_bad_row: Literal["raise", "skip"] = "raise",
    overwrite: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Path:
    """Convert embedding text into a store.

    Parameters
    ----------
    source : str, path-like or binary file object
        Embedding text: plain, compressed with gzip, bzip2 or xz, or a member of a zip archive, which is read
        without being unpacked to disk; ``"-"`` is standard input.
    destination : str or path-like, optional
        Where the store shall be. By default beside the source, named after it (``glove.6B.50d.txt`` becomes
        ``glove.6B.50d.glovefast``), and for an archive's member beside the archive, named after the member.
    member : str, optional
        The archive's member; not needed if it has only one.
    dim : int, optional
        Numbers per row; inferred from the first rows together if not given. Checked on every row.
    header : bool, optional
        Whether the first line is ``rows dim``, as word2vec and fastText write it; recognised if not given.
    limit : int, optional
        Keep the first `limit` rows only.
    threads : int, optional
        Workers; by default one for each processor that this process may use.
    errors : {"strict", "replace", "backslashreplace"}
        What becomes of a word that is not UTF-8: a bad row, or what Python's codec error handler of that
        name makes of it.
    on_bad_row : {"raise", "skip"}
        Whether a row that cannot be read ends the conversion or is left out. Rows left out and words
        replaced are listed, with line, reason and beginning, in a file beside the store
        (``NAME.bad_rows.jsonl``).
    overwrite : bool
        Replace a store that is at the destination, in one step once the new one is whole.
    progress : callable, optional
        Called about ten times a second, and at the end, with a `Progress`.

    Returns
    -------
    pathlib.Path
        The store.

    Raises
    ------
    FormatError
        If the source is not the embedding text it should be; with the line where there is one. Nothing is
        left behind.
    StoreError
        If the destination exists (and `overwrite` is false), is no store, or cannot be made where it is.
    OSError
        If the source cannot be read or the store cannot be written.
    ValueError
        If an argument is out of its range.
    """
    options = Options(dim, header, limit, threads, errors, on_bad_row, progress)
    if destination is not None:
        check_destination(Path(destination), overwrite)
    with open_source(source, member) as opened:
        target = Path(destination) if destination is not None else _default_destination(source, opened)
        check_destination(target, overwrite)
        Conversion(opened, options).run(target, overwrite)
    return target


def convert_archive(
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str] | None = None,
    *,
    limit: int | None = None,
    threads: int | None = None,
    errors: Literal["strict", "replace", "backslashreplace"] = "strict",
    on_bad_row: Literal["raise", "skip"] = "raise",
    overwrite: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> list[Path]:
    """Convert each member of a zip archive into a store of its own.

    Parameters
    ----------
    source : str or path-like
        A zip archive of embedding texts.
    destination : str or path-like, optional
        The directory for the stores, made if it is missing; by default the archive's own. Each store is named
        after its member.
    limit, threads, errors, on_bad_row, overwrite, progress
        As in `convert`, for every member.

    Returns
    -------
    list of pathlib.Path
        The stores in the archive's order. A member that fails ends the work; the stores before it remain.

    Raises
    ------
    FormatError, StoreError, OSError, ValueError
        As `convert` raises them; a StoreError too if two members would make the same store.
    """
    Options(limit=limit, threads=threads, errors=errors, on_bad_row=on_bad_row)  # before any work
    members = archive_members(source)
    if not members:
        raise FormatError(source, None, "is a zip archive without any file in it")
    directory = Path(source).parent if destination is None else Path(destination)
    targets = [directory / (stem_of(PurePosixPath(member).name) + SUFFIX) for member in members]
    for number, target in enumerate(targets):
        if target in targets[:number]:
            twin = members[targets.index(target)]
            raise StoreError(
                target, f"both {twin} and {members[number]} would be this store; convert them one by one"
            )
    directory.mkdir(parents=True, exist_ok=True)
    for target in targets:  # before the first of them costs any time
        check_destination(target, overwrite)
    return [
        convert(
            source,
            target,
            member=member,
            limit=limit,
            threads=threads,
            errors=errors,
            on_bad_row=on_bad_row,
            overwrite=overwrite,
            progress=progress,
        )
        for member, target in zip(members, targets, strict=True)
    ]


def _default_destination(source: AnySource, opened: Source) -> Path:
    """Name the store after its source, beside it."""
    if opened.stem is None or not isinstance(source, str | os.PathLike):
        raise StoreError(
            opened.name, "has no name to call a store after; say where it shall be (destination, -o)"
        )
    return Path(source).parent / (opened.stem + SUFFIX)
