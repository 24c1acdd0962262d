"""The public functions that turn embedding text into stores."""

import os
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from glovefast.conversion.crew import Crew, Member
from glovefast.conversion.options import Options, wanted_words
from glovefast.conversion.pipeline import Conversion
from glovefast.conversion.report import DryRun
from glovefast.conversion.targets import is_folder, room_for, stores_of_archive, target_of
from glovefast.parser.decoding import ErrorsRule
from glovefast.progress import Callback, Progress, checked_progress, shows_progress
from glovefast.sources.opening import AnySource, open_archive, open_source
from glovefast.store.destination import check_store_destination
from glovefast.store.rounding import NumberType

if TYPE_CHECKING:
    from glovefast.matrix.fallbacks import Fallback
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary

__all__ = ["Progress", "convert", "convert_archive", "dry_run"]


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
    encoding: str = "utf-8",
    errors: ErrorsRule = "strict",
    on_bad_row: Literal["raise", "skip"] = "raise",
    dtype: NumberType = "float32",
    overwrite: bool = False,
    progress: Callback | bool | None = None,
) -> Path:
    """Convert embedding text into a store.

    Parameters
    ----------
    source : str, path-like or binary file object
        Embedding text or word2vec's binary format, recognized by its content: plain, compressed (gzip, bzip2,
        xz, LZMA, Zstandard or LZ4), or a member of a zip or tar archive, which is read without unpacking it
        to disk; ``"-"`` is standard input. A binary file must have exactly the rows that its header promises.
    destination : str or path-like, optional
        Where to write the store. An existing directory that is not a store gets the store inside, named after
        the source (``glove.6B.50d.txt`` becomes ``glove.6B.50d.glovefast``) or the archive's member. By
        default, that is the directory of the source.
    words : mapping, tokenizer, layer, sequence of str or array, optional
        Keep only the rows of these words: any vocabulary that `WordVectors.embedding_matrix` takes. It makes
        the same matrix from the small store as from the whole one. For that, the store's own token for
        unknown words (``<unk>``, ``<UNK>`` or ``[UNK]``) is kept too. Duplicates of a word are all kept. In
        other rows, numbers are counted but not read, so errors in them or in their word's encoding go
        unnoticed; too few or too many of them still make a bad row. The metadata says how many words were
        found (``wanted``) and how many rows were left out (``report.rows_not_wanted``).
    fallback : str, callable, or iterable of them
        Also keep these other forms of every wanted word, whether or not the word itself is found; as in
        `WordVectors.embedding_matrix`, which can then use these fallbacks, or some of them, on the small
        store. Callables are called for every word.
    member : str, optional
        The archive's member; not needed if there is only one.
    dim : int, optional
        Numbers per row; inferred from the first rows by default. Checked on every row.
    header : bool, optional
        Whether the first line is ``rows dim``, as word2vec and fastText write it; recognized by default.
    separator : str, optional
        What separates the fields of a row: one ASCII character, such as a tab or a comma, or
        ``"whitespace"``, which reads runs of spaces and tabs as one and ignores those around a row, as
        ``line.split()`` does. By default a single space, if the first rows do not look as if something else
        separated them; the error then names the separator. ``" "`` is a single space without this check.
    limit : int, optional
        Keep only the first `limit` rows; with `words`, the first `limit` rows of wanted words.
    threads : int, optional
        Number of workers; by default one per processor that this process may use, and at most 64 unless
        there are more processors.
    encoding : str
        The encoding of the words: any codec of Python that keeps ASCII, such as ``"gb18030"``,
        ``"shift_jis"``, ``"cp1252"`` or ``"latin-1"``; not UTF-16 or UTF-32.
    errors : {"strict", "replace", "backslashreplace", "cp1252"}
        What to do with a word that does not fit the encoding. ``"strict"`` makes it a bad row. ``"replace"``
        and ``"backslashreplace"`` are Python's codec error handlers: bytes that are not a character become
        U+FFFD, or a backslash, x and two digits each. ``"cp1252"`` decodes such a word, and no other, as
        Windows-1252; if it is not that either, it makes a bad row. Every change is listed. If two different
        words become the same, both rows stay and a look-up finds the first; ``report.merged_words`` counts
        the rows that this hides, and the list names them.
    on_bad_row : {"raise", "skip"}
        Whether a row that cannot be read ends the conversion or is skipped. Skipped rows and changed words
        are listed in the store, in ``bad_rows.jsonl``, with their line, the reason and their beginning.
    dtype : {"float32", "float16", "int8"}
        The type of the numbers in the store. ``"float16"`` halves it; numbers are rounded to the nearest, and
        a row with a number beyond 65,504 is a bad row. ``"int8"`` takes about a quarter; each row is divided
        by its scale, a 127th of its largest magnitude, and rounded; a row with nan or an infinite number is a
        bad row. Look-ups and matrices are float32, whatever the store has.
    overwrite : bool
        Replace an existing store once the new one is complete; on Linux, in one step.
    progress : callable or bool, optional
        Called about ten times a second, and at the end, with a `Progress`; True shows a bar.

    Returns
    -------
    pathlib.Path
        The store.

    Raises
    ------
    FormatError
        If the source is not the embedding text it should be; with the line if there is one. Nothing is left
        behind.
    StoreError
        If the destination exists (and `overwrite` is false), is not a store, or cannot be made where it is.
    VocabularyError
        If `words` cannot be used, holds no words, or none of them is in the source.
    OSError
        If the source cannot be read or the store cannot be written.
    ValueError
        If an argument is out of range, or a fallback is given without `words`.
    TypeError
        If an argument has the wrong type, or a fallback returns something other than a string.

    Notes
    -----
    Once the store is in its place, the conversion has succeeded: what fails after that, such as the removal
    of the replaced store, is a warning of the logger ``glovefast``. So is a header that promises another
    number of rows.
    """
    options = Options(
        dim=dim,
        header=header,
        separator=separator,
        limit=limit,
        threads=threads,
        encoding=encoding,
        errors=errors,
        on_bad_row=on_bad_row,
        dtype=dtype,
        progress=checked_progress(progress),
        wanted=wanted_words(words, fallback),
    )
    wished = None if destination is None else Path(destination)
    if wished is not None and not is_folder(wished):
        check_store_destination(wished, overwrite)
    with open_source(source, member) as opened:
        target = target_of(source, opened, wished)
        check_store_destination(target, overwrite)
        Conversion(opened, options).run(target, overwrite)
    return target


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
    encoding: str = "utf-8",
    errors: ErrorsRule = "strict",
    on_bad_row: Literal["raise", "skip"] = "raise",
    dtype: NumberType = "float32",
    progress: Callback | bool | None = None,
) -> DryRun:
    """Read embedding text to its end as `convert` does, but write nothing.

    Parameters
    ----------
    source, words, fallback, member, dim, header, separator, limit, threads, encoding, errors, dtype
        As in `convert`.
    on_bad_row, progress
        As in `convert`, except that a bad row does not end the reading.

    Returns
    -------
    DryRun
        What the metadata of the store would say (`rows`, `dim`, `source`, `report` and so on); the first 20
        bad rows; and the message with which `convert` would fail, or None.

    Raises
    ------
    FormatError, VocabularyError, OSError, ValueError, TypeError
        As `convert` raises them, except for a bad row, a source without rows, and a source without wanted
        words: these are reported in the result.
    """
    options = Options(
        dim=dim,
        header=header,
        separator=separator,
        limit=limit,
        threads=threads,
        encoding=encoding,
        errors=errors,
        on_bad_row=on_bad_row,
        dtype=dtype,
        progress=checked_progress(progress),
        wanted=wanted_words(words, fallback),
    )
    with open_source(source, member) as opened:
        return Conversion(opened, options).run(None)


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
    encoding: str = "utf-8",
    errors: ErrorsRule = "strict",
    on_bad_row: Literal["raise", "skip"] = "raise",
    dtype: NumberType = "float32",
    overwrite: bool = False,
    progress: Callback | bool | None = None,
) -> list[Path]:
    """Convert each member of a zip or tar archive into a store of its own.

    Several members of a zip archive are converted at the same time, by threads that they share. A tar archive
    is read from front to end, one member after the other.

    Parameters
    ----------
    source : str or path-like
        An archive of embedding texts. Other members, such as a README, are skipped with a warning.
    destination : str or path-like, optional
        The directory for the stores, created if it is missing; by default the archive's own. Each store is
        named after its member.
    words, fallback, separator, limit, threads, encoding, errors, on_bad_row, dtype, overwrite
        As in `convert`, for every member.
    progress : callable or bool, optional
        As in `convert`. Members that are converted at the same time report in turn; `Progress.source` names
        the member. True shows a bar for each.

    Returns
    -------
    list of pathlib.Path
        The stores in the archive's order, in which they are also published. The first member that fails ends
        the work; the stores of the members before it remain, and a note on the error names them, as it does
        after an interrupt.

    Raises
    ------
    FormatError, StoreError, VocabularyError, OSError, ValueError, TypeError
        As `convert` raises them; also a StoreError if two members would become the same store.
    """
    options = Options(
        separator=separator,
        limit=limit,
        threads=threads,
        encoding=encoding,
        errors=errors,
        on_bad_row=on_bad_row,
        dtype=dtype,
        progress=checked_progress(progress),
        wanted=wanted_words(words, fallback),
    )
    made: list[Path] = []
    try:
        with open_archive(source) as archive:
            stores = stores_of_archive(archive, source, destination)
            members = [Member(archive, name, store) for name, store in stores.items()]
            with room_for(stores, overwrite), closing(Crew(members, options, overwrite).run()) as work:
                for converted in work:
                    made.append(stores[converted.member.name])
    except BaseException as error:  # an interrupt, too
        if made:
            error.add_note(f"complete stores made before this error: {', '.join(map(str, made))}")
        raise
    return made
