"""Source to store: read, parse on all cores, write, publish."""

import logging
import os
from collections.abc import Iterable, Mapping
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from glovefast.conversion.options import Options, wanted_words
from glovefast.conversion.pipeline import Conversion
from glovefast.conversion.report import DryRun
from glovefast.errors import ForeignError, FormatError, StoreError
from glovefast.parser.decoding import ErrorsRule
from glovefast.parser.row_layout import holds_rows
from glovefast.progress import Callback, Progress, checked_progress, shows_progress
from glovefast.sources.names import stem_of
from glovefast.sources.opening import AnySource, open_archive, open_source
from glovefast.sources.source import OpenArchive, Source
from glovefast.store.files import SUFFIX
from glovefast.store.writing import check_destination

if TYPE_CHECKING:
    from glovefast.matrix.fallbacks import Fallback
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary

__all__ = ["Progress", "convert", "convert_archive", "dry_run"]

_log = logging.getLogger("glovefast")
_SAMPLE_BYTES = 1 << 18
_NO_NAME = "has no name to call a store after; say where it shall be (destination, -o)"


@shows_progress
def convert(
    source: AnySource,
    destination: str | os.PathLike[str] | None = None,
    *,
    words: "AnyVocabulary | None" = None,
    fallback: "Fallback | Iterable[Fallback]" = (),
    member: str | None = None,
    dim: int | None = None,
    header: bool | None = None,
    separator: str | None = None,
    limit: int | None = None,
    threads: int | None = None,
    errors: ErrorsRule = "strict",
    on_bad_row: Literal["raise", "skip"] = "raise",
    overwrite: bool = False,
    progress: Callback | bool | None = None,
) -> Path:
    """Convert embedding text into a store.

    Parameters
    ----------
    source : str, path-like or binary file object
        Embedding text: plain, compressed with gzip, bzip2 or xz, or a member of a zip or tar archive, which
        is read without being unpacked to disk; ``"-"`` is standard input.
    destination : str or path-like, optional
        Where the store shall be. By default beside the source, named after it (``glove.6B.50d.txt`` becomes
        ``glove.6B.50d.glovefast``), and for an archive's member beside the archive, named after the member.
    words : mapping, tokenizer, layer, sequence of str or array, optional
        Keep the rows of these words only: any kind of vocabulary that `WordVectors.embedding_matrix` takes,
        which makes the same matrix of the small store as of the whole one. Beside the words themselves it may
        need the store's own word for unknown ones (``<unk>``, ``<UNK>`` or ``[UNK]``), so that these are kept
        too. A word that stands more than once keeps all its rows. Of a row that is not wanted the numbers are
        counted but not read, so that trash among them does not show, and its word may be no UTF-8; a row with
        too few numbers or too many is a bad row also here. How many of the words were found stands in the
        store's metadata under ``wanted``, the rows left out under ``met``.
    fallback : str, callable, or iterable of them
        Keep these other forms of every wanted word, too, whether or not the word itself is found; as in
        `WordVectors.embedding_matrix`, which makes the same of the small store with these fallbacks, or some
        of them. Callables are called for every word.
    member : str, optional
        The archive's member; not needed if it has only one.
    dim : int, optional
        Numbers per row; inferred from the first rows together if not given. Checked on every row.
    header : bool, optional
        Whether the first line is ``rows dim``, as word2vec and fastText write it; recognised if not given.
    separator : str, optional
        What separates the fields of a row: one ASCII character, such as a tab or a comma, or
        ``"whitespace"``, which reads runs of spaces and tabs as one and ignores those around a row, as
        ``line.split()`` does. By default a single space, if the first rows do not look as if something else
        separated them; the error then names the separator. ``" "`` is a single space without this check.
    limit : int, optional
        Keep the first `limit` rows only; with `words`, the first `limit` rows of wanted words.
    threads : int, optional
        Workers; by default one for each processor that this process may use.
    errors : {"strict", "replace", "backslashreplace", "cp1252"}
        What becomes of a word that is not UTF-8. ``"strict"`` makes it a bad row. ``"replace"`` and
        ``"backslashreplace"`` are Python's codec error handlers of these names: what is no character becomes
        U+FFFD, or each byte of it a backslash, x and two digits. ``"cp1252"`` takes such a word, but no
        other, for Windows-1252; if it is not that either, it makes a bad row. Every change is listed. Where
        two different words become one, both rows stay and a look-up finds the first; how many rows that
        hides stands in the metadata as ``merged_words``, apart from duplicates, and which in the list.
    on_bad_row : {"raise", "skip"}
        Whether a row that cannot be read ends the conversion or is left out. Rows left out and words
        changed are listed, with line, reason and beginning, in a file beside the store
        (``NAME.bad_rows.jsonl``).
    overwrite : bool
        Replace a store that is at the destination, in one step once the new one is whole.
    progress : callable or bool, optional
        Called about ten times a second, and at the end, with a `Progress`; True shows a bar.

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
    VocabularyError
        If `words` cannot be used, holds no words, or none of them is in the source.
    OSError
        If the source cannot be read or the store cannot be written.
    ValueError
        If an argument is out of its range, or a fallback is given without `words`.
    TypeError
        If a fallback is neither name nor callable, or gives no string.
    """
    options = Options(
        dim=dim,
        header=header,
        separator=separator,
        limit=limit,
        threads=threads,
        errors=errors,
        on_bad_row=on_bad_row,
        progress=checked_progress(progress),
        wanted=wanted_words(words, fallback),
    )
    return _convert(source, destination, member, options, overwrite)


@shows_progress
def dry_run(
    source: AnySource,
    *,
    words: "AnyVocabulary | None" = None,
    fallback: "Fallback | Iterable[Fallback]" = (),
    member: str | None = None,
    dim: int | None = None,
    header: bool | None = None,
    separator: str | None = None,
    limit: int | None = None,
    threads: int | None = None,
    errors: ErrorsRule = "strict",
    on_bad_row: Literal["raise", "skip"] = "raise",
    progress: Callback | bool | None = None,
) -> DryRun:
    """Read embedding text as `convert` does, to its end, and write nothing.

    Parameters
    ----------
    source, words, fallback, member, dim, header, separator, limit, threads, errors, on_bad_row, progress
        As in `convert`. A bad row does not end the reading.

    Returns
    -------
    DryRun
        What the metadata of the store would say (`rows`, `dim`, `source`, `report` and so on); the first 20
        bad rows; and the message with which `convert` would fail, or None.

    Raises
    ------
    FormatError, VocabularyError, OSError, ValueError, TypeError
        As `convert` raises them, but for a bad row, for a source without any row, and for one without any
        wanted word: these are reported.
    """
    options = Options(
        dim=dim,
        header=header,
        separator=separator,
        limit=limit,
        threads=threads,
        errors=errors,
        on_bad_row=on_bad_row,
        progress=checked_progress(progress),
        wanted=wanted_words(words, fallback),
    )
    with open_source(source, member) as opened:
        return Conversion(opened, options).dry_run()


@shows_progress
def convert_archive(
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str] | None = None,
    *,
    words: "AnyVocabulary | None" = None,
    fallback: "Fallback | Iterable[Fallback]" = (),
    separator: str | None = None,
    limit: int | None = None,
    threads: int | None = None,
    errors: ErrorsRule = "strict",
    on_bad_row: Literal["raise", "skip"] = "raise",
    overwrite: bool = False,
    progress: Callback | bool | None = None,
) -> list[Path]:
    """Convert each member of a zip or tar archive into a store of its own.

    Parameters
    ----------
    source : str or path-like
        An archive of embedding texts. What else is in it, such as a README, is passed over with a warning.
    destination : str or path-like, optional
        The directory for the stores, made if it is missing; by default the archive's own. Each store is named
        after its member.
    words, fallback, separator, limit, threads, errors, on_bad_row, overwrite, progress
        As in `convert`, for every member.

    Returns
    -------
    list of pathlib.Path
        The stores in the archive's order. A member that fails ends the work; the stores before it remain,
        and a note on the error names them.

    Raises
    ------
    FormatError, StoreError, VocabularyError, OSError, ValueError, TypeError
        As `convert` raises them; a StoreError too if two members would make the same store.
    """
    options = Options(
        separator=separator,
        limit=limit,
        threads=threads,
        errors=errors,
        on_bad_row=on_bad_row,
        progress=checked_progress(progress),
        wanted=wanted_words(words, fallback),
    )
    made: list[Path] = []
    try:
        with open_archive(source) as archive:
            stores = stores_of_archive(archive, source, destination)
            make_room(stores, overwrite)
            for member, target in stores.items():
                made.append(_convert(archive, target, member, options, overwrite))
    except Exception as error:
        if made:
            error.add_note(f"made before this error, and whole: {', '.join(map(str, made))}")
        raise
    return made


def stores_of_archive(
    archive: OpenArchive,
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str] | None = None,
) -> dict[str, Path]:
    """Say which stores the members of an archive would become.

    Members that are no embedding text at all (a README, a licence) are passed over; each is named in a
    warning of the logger ``glovefast``.

    Parameters
    ----------
    archive : OpenArchive
        The open archive.
    source, destination
        As in `convert_archive`.

    Returns
    -------
    dict
        The members' names and their stores, in the archive's order.

    Raises
    ------
    FormatError, StoreError, OSError
        As `convert_archive` raises them.
    """
    if not archive.members:
        raise FormatError(source, None, "is an archive without files")
    directory = Path(source).parent if destination is None else Path(destination)
    stores: dict[str, Path] = {}
    twins: dict[Path, str] = {}
    for member in archive.members:
        if not _is_embedding_text(archive, member):
            _log.warning(
                "%s!%s is passed over: it holds no rows of words and numbers", fspath(source), member
            )
            continue
        stem = stem_of(member)
        if stem is None:
            raise StoreError(f"{fspath(source)}!{member}", _NO_NAME)
        target = directory / (stem + SUFFIX)
        twin = twins.setdefault(target, member)
        if twin != member:
            reason = f"both {twin} and {member} would be this store; convert them one by one"
            raise StoreError(target, reason)
        stores[member] = target
    if not stores:
        raise FormatError(
            source, None, f"none of its members is embedding text: {', '.join(archive.members[:20])}"
        )
    return stores


def make_room(stores: Mapping[str, Path], overwrite: bool) -> None:
    """Make the directory of an archive's stores, and check their names before the first costs any time.

    Raises
    ------
    StoreError
        If one of them exists and `overwrite` is false, or is no store.
    OSError
        If the directory cannot be made.
    """
    next(iter(stores.values())).parent.mkdir(parents=True, exist_ok=True)
    for target in stores.values():
        check_destination(target, overwrite)


def _is_embedding_text(archive: OpenArchive, member: str) -> bool:
    """Look at a member's first lines; raise for a member that cannot be read, such as an encrypted one."""
    try:
        with archive.open(member) as opened:
            buffer = bytearray(_SAMPLE_BYTES)
            sample = bytes(memoryview(buffer)[: opened.readinto(memoryview(buffer))])
    except ForeignError:
        return False
    # A last line that is cut is no line, unless it is the only one.
    return holds_rows(sample[: sample.rfind(b"\n") + 1] or sample)


def _convert(
    source: AnySource | OpenArchive,
    destination: str | os.PathLike[str] | None,
    member: str | None,
    options: Options,
    overwrite: bool,
) -> Path:
    if destination is not None:
        check_destination(Path(destination), overwrite)
    with open_source(source, member) as opened:
        target = Path(destination) if destination is not None else _default_destination(source, opened)
        check_destination(target, overwrite)
        Conversion(opened, options).run(target, overwrite)
    return target


def _default_destination(source: AnySource | OpenArchive, opened: Source) -> Path:
    """Name the store after its source, beside it."""
    if opened.stem is None or not isinstance(source, str | os.PathLike):
        raise StoreError(opened.name, _NO_NAME)
    return Path(source).parent / (opened.stem + SUFFIX)
