"""`TextColumn`: a function of a batch that adds a column, and that any engine can send to its workers."""

import json
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import numpy as np
import pyarrow as pa

from glovefast.batches.columns import arrow_column, listed_column, names_of, with_column
from glovefast.batches.outputs import OUTPUTS, Filling, Output, filling
from glovefast.batches.vocabularies import LARGEST_INDEX, reference_of
from glovefast.errors import TextError
from glovefast.store.finding import contents_of
from glovefast.text.padding import check_ends
from glovefast.text.words import DEFAULT_FILTERS
from glovefast.threads import checked_threads
from glovefast.vectors import WordVectors, location_of, opened

if TYPE_CHECKING:
    from pyspark.sql.types import StructType

Batch = TypeVar("Batch")


class TextColumn:
    """Add a column to batches: row numbers, a vector or padded indices for the text in another column.

    Call it with a batch: it returns a batch of the same kind. It holds no open file; its pickle has less
    than a kilobyte, and always the same bytes. A process opens the store when it first
    needs it, once for all columns, and shares its memory with the other processes of the host. On another
    host, the store is looked for at its path, then in the directories of ``GLOVEFAST_PATH``, then among the
    files that Spark (``addArchive``) or Ray (``working_dir``) shipped; one whose metadata has other checksums
    is refused.

    Parameters
    ----------
    store : WordVectors, str, path-like or None
        The vectors, or the path of their store. "padded" needs no store: pass None.
    column : str
        The column with the texts, or with lists of tokens, which become lower case but are not split.
    output : {"rows", "vector", "padded"}
        What the new column holds for each text:

        - "rows": the row of each word, a list of int32; -1 for a missing word;
        - "vector": one vector, as `WordVectors.embed` makes it: `dim` float32 numbers;
        - "padded": the indices of its words in `vocabulary`: `maxlen` int32 numbers.

        A text that is null (None, or NaN or NA of pandas) gives null, whatever the output. A token that is
        null is a missing word.
    pooling : {"mean", "sif"}
        For "vector": how the vectors of the words become one; see `WordVectors.embed`.
    name : str, optional
        The name of the new column. The default is the column's and the output's, such as ``text_vector``.
    vocabulary : Tokenizer, dict, str or path-like
        For "padded": a fitted Tokenizer, of glovefast or Keras; a dictionary word → index; or the path of a
        file with the JSON of a Tokenizer (``Tokenizer.to_json``). The file is found on other hosts like a
        store; the others are part of the pickle, which is then larger than a kilobyte.
    maxlen : int
        For "padded": the number of indices for each text.
    padding, truncating : {"pre", "post"}
        For "padded": the ends at which texts are padded and cut, as in `glovefast.text.pad_sequences`.
    filters, lower, split
        How texts are split, as in `glovefast.text.Tokenizer`. A Tokenizer as `vocabulary` has its own.
    threads : int
        The number of threads. Engines start a process for each processor, so that 1 is enough.

    Attributes
    ----------
    name : str
        The name of the new column.

    Raises
    ------
    StoreError
        If there is no store; when it is called, if the same store is not found on that host.
    VocabularyError
        If `vocabulary` cannot be used.
    ValueError, TypeError
        If an argument has a wrong value.

    Examples
    --------
    >>> column = TextColumn("glove.6B.50d.glovefast", "text", output="rows")  # doctest: +SKIP
    >>> dataset.with_format("arrow").map(column, batched=True, num_proc=2)  # doctest: +SKIP
    >>> frame.mapInArrow(column.map_in_arrow, column.spark_schema(frame.schema))  # doctest: +SKIP
    """

    def __init__(
        self,
        store: WordVectors | str | os.PathLike[str] | None,
        column: str = "text",
        output: Output = "vector",
        pooling: Literal["mean", "sif"] = "mean",
        name: str | None = None,
        *,
        vocabulary: Any = None,  # noqa: ANN401 - see `reference_of`
        maxlen: int | None = None,
        padding: str = "pre",
        truncating: str = "pre",
        filters: str = DEFAULT_FILTERS,
        lower: bool = True,
        split: str = " ",
        threads: int = 1,
    ) -> None:
        if output not in OUTPUTS:
            raise ValueError(f"output must be one of {', '.join(map(repr, OUTPUTS))}, not {output!r}")
        for argument, given in (("column", column), ("name", name)):
            if not isinstance(given, str) and not (argument == "name" and given is None):
                raise TypeError(f"{argument} must be a string, not {given!r}")
        name = f"{column}_{output}" if name is None else name
        if name == column:
            raise ValueError(f"name={name!r} is the column with the texts; choose another name")
        splitting = _checked_splitting(filters, lower, split)
        values: dict[str, Any] = {"column": column, "output": output, "name": name}
        values["threads"] = checked_threads(threads)
        if output == "padded":
            check_ends(padding, truncating)
            values["vocabulary"] = reference_of(vocabulary, splitting)
            values |= {"maxlen": _checked_maxlen(maxlen), "padding": padding, "truncating": truncating}
        else:
            if vocabulary is not None or maxlen is not None:
                raise ValueError(f"vocabulary and maxlen are for output='padded', not for {output!r}")
            if store is None:
                raise TypeError(f"output={output!r} needs a store")
            vectors = opened(store)
            values |= {"store": location_of(vectors), "contents": contents_of(vectors.metadata), **splitting}
            if output == "vector":
                if pooling not in ("mean", "sif"):
                    raise ValueError(f"pooling must be 'mean' or 'sif', not {pooling!r}")
                values["pooling"] = pooling
        # One string, because a pickle writes the same strings in another way if they are one object.
        self._settings = json.dumps(values, ensure_ascii=False)
        self._values = values
        self._filling: Filling | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._settings,)

    def __eq__(self, other: object) -> bool:
        return self._settings == other._settings if isinstance(other, TextColumn) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._settings)

    def __repr__(self) -> str:
        place = f" of {self._values['store']}" if "store" in self._values else ""
        return f"<TextColumn {self.name!r}: {self._values['output']} for {self._values['column']!r}{place}>"

    @property
    def name(self) -> str:
        """The name of the new column."""
        return cast("str", self._values["name"])

    @property
    def field(self) -> pa.Field:
        """The new column's name and type, for the schema of an Arrow table."""
        return pa.field(self.name, self._filled().type)

    def __call__(self, batch: Batch) -> Batch:
        """Add the column to a batch.

        Parameters
        ----------
        batch : pyarrow.Table, pyarrow.RecordBatch, dict of lists or pandas.DataFrame
            A column of strings of any Arrow type, also dictionary-encoded, or of lists of strings.

        Returns
        -------
        pyarrow.Table, pyarrow.RecordBatch, dict or pandas.DataFrame
            The batch with one column more. In Arrow, it holds lists; in a dictionary or a DataFrame, a NumPy
            array for each text. A null gives null (None).

        Raises
        ------
        TextError
            If the batch has no such column, or if it holds something else; the message names the columns.
        ValueError
            If the batch has a column with the new name already.
        StoreError
            If the store is not found on this host; the message lists all places.
        """
        return cast("Batch", self._with_column(batch))

    def map_in_arrow(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Add the column to an iterator of record batches, for ``DataFrame.mapInArrow`` of Spark.

        Parameters
        ----------
        batches : iterable of pyarrow.RecordBatch
            As Spark gives them.

        Yields
        ------
        pyarrow.RecordBatch
            The batches with one column more, a list of any length, since Spark has no lists of one length.

        Raises
        ------
        TypeError
            If a batch is something else, such as the DataFrames of ``mapInPandas``.
        """
        for batch in batches:
            if not isinstance(batch, pa.RecordBatch):
                raise TypeError(
                    f"map_in_arrow takes record batches, as mapInArrow of Spark gives them, not a "
                    f"{type(batch).__name__}"
                )
            added = self(batch)
            place = added.num_columns - 1
            column = added.column(place)
            listed = column.cast(pa.list_(column.type.value_type))
            yield pa.RecordBatch.from_arrays([*added.columns[:place], listed], names=added.schema.names)

    def spark_schema(self, schema: "StructType") -> "StructType":
        """Give the schema that Spark needs beside `map_in_arrow`.

        Parameters
        ----------
        schema : pyspark.sql.types.StructType
            The schema of the DataFrame.

        Returns
        -------
        pyspark.sql.types.StructType
            The schema with the new column.

        Raises
        ------
        TypeError
            If `schema` is something else, such as the DataFrame itself.
        """
        from pyspark.sql.types import ArrayType, FloatType, IntegerType, StructField, StructType

        if not isinstance(schema, StructType):
            raise TypeError(f"pass the schema, as frame.schema, not a {type(schema).__name__}")
        number = FloatType() if self._values["output"] == "vector" else IntegerType()
        return StructType([*schema.fields, StructField(self.name, ArrayType(number))])

    def _with_column(self, batch: Any) -> Any:  # noqa: ANN401 - as for a call
        names, column = names_of(batch), self._values["column"]
        if names.count(column) != 1:
            listed = ", ".join(map(repr, names)) or "none"
            many = "more than one column" if column in names else "no column"
            raise TextError(f"the batch has {many} {column!r}; its columns: {listed}")
        if self.name in names:
            raise ValueError(f"the batch has a column {self.name!r} already; choose another name=")
        filled = self._filled()
        if isinstance(batch, pa.Table):
            chunks = [filled.arrow(arrow_column(chunk, column)) for chunk in batch.column(column).chunks]
            return batch.append_column(self.field, pa.chunked_array(chunks, filled.type))
        if isinstance(batch, pa.RecordBatch):
            return batch.append_column(self.field, filled.arrow(arrow_column(batch.column(column), column)))
        return with_column(batch, self.name, filled.arrays(listed_column(batch[column], column)))

    def _filled(self) -> Filling:
        if self._filling is None:
            self._filling = filling(self._values)
        return self._filling


def _checked_splitting(filters: str, lower: bool, split: str) -> dict[str, Any]:
    try:
        filters = "".join(filters)
    except TypeError:
        raise TypeError(f"filters must be a string, not {filters!r}") from None
    if not isinstance(split, str) or not split:
        raise ValueError(f"split must be a string that is not empty, not {split!r}")
    return {"filters": filters, "lower": bool(lower), "split": split}


def _checked_maxlen(maxlen: Any) -> int:  # noqa: ANN401 - checked here
    if isinstance(maxlen, bool) or not isinstance(maxlen, int | np.integer) or maxlen < 1:
        raise ValueError(f"output='padded' needs maxlen, a positive integer, not {maxlen!r}")
    if maxlen > LARGEST_INDEX:
        raise ValueError(f"maxlen must be at most {LARGEST_INDEX:,}, not {maxlen}")
    return int(maxlen)


def _restored(settings: str) -> TextColumn:
    """Unpickle: nothing is opened before it is needed."""
    column = TextColumn.__new__(TextColumn)
    column._settings = settings
    column._values = json.loads(settings)
    column._filling = None
    return column
