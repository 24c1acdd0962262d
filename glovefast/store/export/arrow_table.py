"""Words and vectors as an Arrow table: a column of strings and one of lists that are equally long."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.store.export.pieces import Rows, pieces
from glovefast.vocabulary.arrow import integer_array


def table_schema(dim: int) -> pa.Schema:
    """Make the schema: ``word: string``, ``vector: fixed_size_list<float>[dim]``."""
    return pa.schema([("word", pa.string()), ("vector", pa.list_(pa.float32(), dim))])


def record_batch(words: pa.StringArray, rows: NDArray[np.float32], schema: pa.Schema) -> pa.RecordBatch:
    """Make a batch of words and their vectors, both without a copy."""
    numbers = integer_array(rows.reshape(-1))
    vectors = pa.FixedSizeListArray.from_arrays(numbers, type=schema.field("vector").type)
    return pa.record_batch([words, vectors], schema=schema)


def table_stream(words: pa.StringArray, rows: Rows) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Make a reader of record batches.

    Parameters
    ----------
    words : pyarrow.StringArray
        n words.
    rows : Rows
        (n, dim) float32. An array becomes one batch that views its memory; other rows are read piece by
        piece.

    Returns
    -------
    pyarrow.RecordBatchReader
        The batches.
    """
    schema = table_schema(rows.shape[1])

    def batches() -> Iterator[pa.RecordBatch]:
        if isinstance(rows, np.ndarray):
            yield record_batch(words, rows, schema)
            return
        for some_words, some_rows in pieces(words, rows):
            yield record_batch(some_words, some_rows, schema)

    return pa.RecordBatchReader.from_batches(schema, batches())
