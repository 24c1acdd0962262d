"""``glovefast convert matrix.npy --vocabulary words.txt``: a matrix and its words, each in a file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

import glovefast
from glovefast.cli.word_list import read_word_list
from glovefast.errors import FormatError, GlovefastError, VocabularyError, printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glovefast.progress import Callback
    from glovefast.store.rounding import NumberType

_NPY_MAGIC = b"\x93NUMPY"
# What decides about text, and has nothing to decide about an array.
_FOR_TEXT = frozenset(
    [
        "member",
        "every_member",
        "words_file",
        "fallback",
        "limit",
        "dim",
        "header",
        "separator",
        "errors",
        "on_bad_row",
        "threads",
        "dry_run",
    ]
)


def check_array_options(context: click.Context, sources: tuple[str, ...]) -> None:
    """Refuse what cannot be combined with ``--vocabulary``."""
    if len(sources) > 1:
        raise click.UsageError(f"--vocabulary names the words of one matrix, not of {len(sources)} sources")
    if sources == ("-",):
        raise click.UsageError("--vocabulary needs a file as SOURCE, not standard input")
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if given and parameter.name in _FOR_TEXT:
            raise click.UsageError(f"{parameter.opts[0]} cannot be combined with --vocabulary")


def save_array(
    source: str,
    vocabulary: Path,
    *,
    destination: str | None,
    encoding: str,
    dtype: "NumberType",
    overwrite: bool,
    progress: "Callback",
    **_for_text: object,
) -> Path:
    """Make a store of a NumPy file and a list of words.

    Raises
    ------
    FormatError, VocabularyError
        If one of the files cannot be used, or they do not fit together.
    """
    from glovefast.conversion.targets import is_folder
    from glovefast.store.files import SUFFIX

    matrix = _mapped(source)
    target = Path(source).with_suffix(SUFFIX)
    if destination is not None:
        target = Path(destination) / target.name if is_folder(Path(destination)) else Path(destination)
    words = read_word_list(vocabulary, encoding)
    try:
        return glovefast.save(words, matrix, target, dtype=dtype, overwrite=overwrite, progress=progress)
    except VocabularyError as error:
        raise VocabularyError(f"{vocabulary}: {error}") from error
    except GlovefastError:
        raise
    except ValueError as error:
        raise FormatError(source, None, str(error)) from error


def _mapped(source: str) -> "NDArray[Any]":
    """Map a NumPy file; nothing in it is unpickled."""
    from tokenize import TokenError  # NumPy tokenizes headers that are not literals

    import numpy as np

    if Path(source).exists() and not Path(source).is_file():
        raise FormatError(source, None, "is not a file; pass a NumPy array (.npy)")
    with open(source, "rb") as file:  # noqa: PTH123 - for an error that names the path as it was given
        if file.read(len(_NPY_MAGIC)) != _NPY_MAGIC:
            reason = "is not a NumPy array (.npy); --vocabulary is for the words of an array's rows"
            raise FormatError(source, None, reason)
        size = os.fstat(file.fileno()).st_size
    try:
        array = np.lib.format.open_memmap(source, mode="r")
    except (
        ValueError,
        TypeError,
        OverflowError,
        SyntaxError,
        TokenError,
        RecursionError,
        MemoryError,
        EOFError,
    ) as error:
        # A message about a header quotes all of it.
        detail = printable(str(error.args[0] if error.args else error).splitlines()[0][:100])
        reason = f"cannot be read as a NumPy array of numbers ({size:,} bytes; {detail})"
        raise FormatError(source, None, reason) from error
    return array
