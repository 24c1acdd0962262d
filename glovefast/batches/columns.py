"""The columns of batches: texts or tokens are taken out, and a column is added."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from glovefast.errors import TextError
from glovefast.queries.text_pooling import is_null
from glovefast.text.pieces import is_list


@dataclass(frozen=True)
class Column:
    """Texts or lists of tokens, of which some may be missing.

    Attributes
    ----------
    texts : list or pyarrow.Array
        The texts; an empty one stands in the place of each that is missing.
    missing : list of bool, pyarrow.BooleanArray or None
        Whether each text is missing; None if all are there.
    """

    texts: list[Any] | pa.Array
    missing: list[bool] | pa.BooleanArray | None


def names_of(batch: Any) -> list[str]:  # noqa: ANN401 - any kind of batch
    """List the names of a batch's columns.

    Raises
    ------
    TypeError
        If it is not a batch that columns can be added to.
    """
    if isinstance(batch, pa.Table | pa.RecordBatch):
        return list(batch.schema.names)
    if isinstance(batch, Mapping):
        return list(batch)
    if is_pandas(batch):
        return list(batch.columns)
    advice = "; for mapInArrow of Spark, pass column.map_in_arrow" if isinstance(batch, Iterator) else ""
    raise TypeError(
        f"pass a pyarrow Table or RecordBatch, a dictionary of lists or a pandas DataFrame, not a "
        f"{type(batch).__name__}{advice}"
    )


def is_pandas(batch: Any) -> bool:  # noqa: ANN401
    """Say whether a batch is a DataFrame of pandas, or of what behaves like it."""
    return hasattr(batch, "columns") and hasattr(batch, "assign")


def arrow_column(chunk: pa.Array, name: str) -> Column:
    """Take the texts or the tokens from an Arrow array.

    Raises
    ------
    TextError
        If it holds something else; the message names the column and its type.
    """
    given = chunk.type
    if pa.types.is_dictionary(given):
        if pa.types.is_string(given.value_type):  # decoded, they may have more than 2 GiB
            large = chunk.dictionary.cast(pa.large_string())
            chunk = pa.DictionaryArray.from_arrays(chunk.indices, large)
        chunk = chunk.dictionary_decode()
    kind = chunk.type
    if pa.types.is_null(kind):
        return Column([""] * len(chunk), [True] * len(chunk))
    is_text = _is_text(kind) or pa.types.is_string_view(kind)
    if not is_text and not (is_list(kind) and _is_token(kind.value_type)):
        raise TextError(
            f"the column {name!r} holds {given}; it must hold texts (string) or tokens (list of strings)"
        )
    if pa.types.is_string_view(kind):
        chunk = _cast(chunk, pa.large_string())
    elif _is_list_view(kind):  # a cast to lists damages views with nulls (pyarrow 26)
        chunk = pa.array(chunk.to_pylist(), pa.large_list(pa.large_string()))
    elif is_list(kind) and pa.types.is_string_view(kind.value_type):
        chunk = _cast(chunk, pa.large_list(pa.large_string()))
    kind = chunk.type
    if not chunk.null_count:
        return Column(chunk, None)
    missing = chunk.is_null()
    if pa.types.is_fixed_size_list(kind):
        kind = pa.large_list(kind.value_type)
        chunk = chunk.cast(kind)
    return Column(chunk.fill_null(pa.scalar([] if is_list(kind) else "", kind)), missing)


def _is_list_view(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind))


def _cast(chunk: pa.Array, kind: pa.DataType) -> pa.Array:
    """Cast views of strings; older versions of pyarrow know few casts of them."""
    try:
        return chunk.cast(kind)
    except pa.ArrowNotImplementedError:
        return pa.array(chunk.to_pylist(), kind)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_token(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return _is_text(kind) or bool(pa.types.is_string_view(kind) or pa.types.is_null(kind))


def listed_column(values: Any, name: str) -> Column:  # noqa: ANN401 - a list, an array or a Series
    """Take the texts or the tokens from a list, a NumPy array or a pandas Series.

    Raises
    ------
    TextError
        If it is not a column. What it holds is checked later, text by text.
    """
    if isinstance(values, pa.Array | pa.ChunkedArray):
        values = values.to_pylist()
    elif hasattr(values, "tolist"):
        values = values.tolist()
    if not isinstance(values, Sequence) or isinstance(values, str | bytes):
        raise TextError(f"the column {name!r} must be a list of texts, not a {type(values).__name__}")
    if {*map(type, values)} <= {str}:
        return Column(list(values), None)
    missing = [is_null(text) for text in values]
    texts = ["" if is_missing else _plain(text) for text, is_missing in zip(values, missing, strict=True)]
    return Column(texts, missing if any(missing) else None)


def _plain(text: Any) -> Any:  # noqa: ANN401 - whatever a list may hold; it is checked later
    """Make a list of tokens in an array or a tuple."""
    if isinstance(text, np.ndarray):
        return text.tolist()
    if isinstance(text, pa.Array):
        return text.to_pylist()
    return list(text) if isinstance(text, tuple) else text


def with_column(batch: Any, name: str, values: list[Any]) -> Any:  # noqa: ANN401
    """Give a dictionary or a DataFrame with one column more."""
    return batch.assign(**{name: values}) if is_pandas(batch) else {**batch, name: values}
