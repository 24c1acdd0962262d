"""Parquet: a column of words and one of vectors, as lists of a fixed size."""

from pathlib import Path

import pyarrow as pa

from glovefast.progress import Callback
from glovefast.store.atomic import published_whole
from glovefast.store.export.arrow_table import record_batch
from glovefast.store.export.pieces import Rows, pieces

# Each piece becomes a row group: 16 MiB of numbers, which are in memory twice while they are written.
_ROW_GROUP_NUMBERS = 1 << 22


def write_parquet(
    destination: Path,
    words: pa.StringArray,
    vectors: Rows,
    *,
    overwrite: bool = False,
    progress: Callback | None = None,
) -> Path:
    """Write vectors as Parquet, whole or not at all.

    The words are compressed with Zstandard. The numbers are not, because compressors find nothing in them.

    Parameters
    ----------
    destination, words, vectors, overwrite, progress
        As in `glovefast.store.export.embedding_text.write_embedding_text`.

    Returns
    -------
    pathlib.Path
        The destination.
    """
    import pyarrow.parquet as pq

    # Without nulls, the numbers need no levels beside them.
    number = pa.field("element", pa.float32(), nullable=False)
    schema = pa.schema(
        [
            pa.field("word", pa.string(), nullable=False),
            pa.field("vector", pa.list_(number, vectors.shape[1]), nullable=False),
        ]
    )
    with published_whole(destination, overwrite) as partial, partial.open("wb") as file:
        writer = pq.ParquetWriter(
            file,
            schema,
            use_dictionary=False,
            write_statistics=["word"],
            compression={"word": "zstd", "vector.list.element": "none"},
        )
        with writer:
            parts = pieces(
                words, vectors, numbers=_ROW_GROUP_NUMBERS, progress=progress, name=str(destination)
            )
            for some_words, rows in parts:
                writer.write_batch(record_batch(some_words, rows, schema))
    return destination
