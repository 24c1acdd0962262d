"""The formats for other tools: which ending stands for which, and where each can be written."""

import os
from pathlib import Path

from glovefast.errors import shortened
from glovefast.store.destination import check_file_destination, check_model_destination
from glovefast.store.files import MODEL_FILES

GLOVE, WORD2VEC, WORD2VEC_BINARY = "glove", "word2vec", "word2vec-binary"
PARQUET, PROJECTOR, STATIC_MODEL = "parquet", "projector", "static-model"
FORMATS = (GLOVE, WORD2VEC, WORD2VEC_BINARY, PARQUET, PROJECTOR, STATIC_MODEL)
FORMAT_OF_SUFFIX = {
    ".txt": GLOVE,
    ".vec": WORD2VEC,
    ".bin": WORD2VEC_BINARY,
    ".parquet": PARQUET,
    ".tsv": PROJECTOR,
}


def export_format(destination: str | os.PathLike[str], file_format: str | None = None) -> str:
    """Choose the format for a destination.

    Parameters
    ----------
    destination : str or path-like
        The file or folder to be. Its ending decides; a name without one is a folder.
    file_format : str, optional
        The format, whatever the ending.

    Raises
    ------
    ValueError
        If the ending or the format is unknown.
    """
    if file_format is not None:
        if file_format not in FORMATS:
            raise ValueError(
                f"unknown file_format {shortened(file_format)}: choose one of {', '.join(map(repr, FORMATS))}"
            )
        return file_format
    suffix = Path(destination).suffix
    if not suffix or os.fspath(destination).endswith(os.sep):
        return STATIC_MODEL
    found = FORMAT_OF_SUFFIX.get(suffix.lower())
    if found is None:
        raise ValueError(
            f"{os.fspath(destination)!r} ends in {suffix}, which is not one of "
            f"{', '.join(FORMAT_OF_SUFFIX)}; end it in one of them, or choose the format "
            "(file_format, --format); for a static embedding model, pass a folder: a name without an ending, "
            "or with / at the end"
        )
    return found


def check_export_destination(destination: Path, file_format: str, overwrite: bool) -> None:
    """Check that a format can be written to a destination, before any work is done for it.

    Raises
    ------
    StoreError, OSError
        As `check_file_destination` and `check_model_destination` raise them.
    """
    if file_format == STATIC_MODEL:
        check_model_destination(destination, overwrite)
        return
    check_file_destination(destination, overwrite)
    if file_format == PROJECTOR:
        check_file_destination(projector_metadata(destination), overwrite)


def projector_metadata(destination: Path) -> Path:
    """Name the projector's table of words: ``NAME_metadata.tsv`` beside ``NAME.tsv``."""
    return destination.with_name(f"{destination.stem}_metadata{destination.suffix}")


def exported_files(destination: Path, file_format: str) -> list[Path]:
    """List the files that an export consists of."""
    if file_format == STATIC_MODEL:
        return [destination / name for name in MODEL_FILES]
    return [destination, projector_metadata(destination)] if file_format == PROJECTOR else [destination]
