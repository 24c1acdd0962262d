"""`WordVectors`: an open store, for look-ups and embedding matrices."""

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from glovefast.matrix.methods import MatrixMethods
from glovefast.queries.neighbour_methods import NeighbourMethods
from glovefast.queries.text_vector_methods import TextVectorMethods
from glovefast.store.export.methods import ExportMethods
from glovefast.store.files import VECTORS
from glovefast.store.metadata import FLOAT32, Metadata
from glovefast.store.reading import open_store
from glovefast.vocabulary.arrow import Words, as_string_array, integer_array
from glovefast.vocabulary.word_index import WordIndex

if TYPE_CHECKING:
    from pathlib import Path

    from glovefast.errors import UnknownWordError
    from glovefast.store.rounded_rows import Rows

Default = TypeVar("Default")

_FIRST_WORDS = 10


def load(path: str | os.PathLike[str]) -> "WordVectors":
    """Open a store.

    The files are memory-mapped, not read: a store of any size opens in the same time, and all processes that
    open it share its memory.

    Parameters
    ----------
    path : str or path-like
        The store's directory, as `convert` returned it.

    Returns
    -------
    WordVectors
        The open store.

    Raises
    ------
    StoreError
        If `path` is not a store (the message says how to convert embedding text), was written in another
        version of the format, or is damaged.
    """
    return WordVectors(path)


class WordVectors(MatrixMethods, NeighbourMethods, TextVectorMethods, ExportMethods):
    """The vectors of a store, by word and by row.

    Parameters
    ----------
    path : str or path-like
        The store's directory.

    Raises
    ------
    StoreError
        See `load`.

    Notes
    -----
    An open store stays valid when another one replaces it: `is_current` notices, `reload` opens the new one.

    Pickling keeps the path and the checksums only: a worker process opens the store again and shares its
    memory. On another host, the store may also be in a directory of ``GLOVEFAST_PATH``, or among the files
    that Spark or Ray shipped. A store with other checksums is refused, because its rows would differ. The
    checksums are those in its metadata: they tell stores apart, and are no proof against somebody who may
    write in these directories. Threads and forked processes share the mapping, which is never written.

    Stores from untrusted sources are safe to open. Nothing in a store is executed or unpickled: sizes and
    types are checked when it is opened, and every position before it is followed. `glovefast.verify` checks
    that the contents are what was written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        # Absolute, because the working directory may have changed when the store is opened again.
        self._location = os.path.abspath(path)  # noqa: PTH100 - ten times as fast as Path
        store = open_store(path)
        self._index = store.vocabulary
        self._vectors = store.vectors
        self._scales = store.scales
        # A plain array over the same memory: small slices of a memmap take four times as long.
        self._array: Rows = store.vectors.view(np.ndarray)
        if store.metadata.dtype != FLOAT32:
            from glovefast.store.rounded_rows import RoundedRows

            scales = None if store.scales is None else store.scales.view(np.ndarray)
            self._array = RoundedRows(self._array, scales)
        self.path: Path = store.path
        self.metadata: Metadata = store.metadata
        self._identity = store.identity
        self._index_to_key: list[str] | None = None
        self._key_to_index: dict[str, int] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        from glovefast.store.finding import contents_of

        return reopen, (type(self), self._location, contents_of(self.metadata))

    def __repr__(self) -> str:
        numbers = "" if self._vectors.dtype == np.float32 else f", {self._vectors.dtype.name}"
        return f"<WordVectors {str(self.path)!r}: {len(self)} words, {self.dim} dimensions{numbers}>"

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Give NumPy the matrix: read-only, without a copy unless one is needed or asked for."""
        return np.array(self._array, dtype=dtype, copy=copy)

    def _repr_html_(self) -> str:
        from glovefast.matrix.tables import html_table, shown

        first = list(islice(self, _FIRST_WORDS))
        more = ", ..." if len(self) > len(first) else ""
        rows = [
            ("store", str(self.path)),
            ("words", f"{len(self):,}"),
            ("dimensions", f"{self.dim:,}"),
            ("first words", ", ".join(map(shown, first)) + more),
        ]
        if self._vectors.dtype != np.float32:
            rows.insert(3, ("numbers", self._vectors.dtype.name))
        return html_table((), rows)

    def is_current(self) -> bool:
        """Say whether the path still leads to this store.

        Returns
        -------
        bool
            False if the store was replaced, moved or deleted.
        """
        try:
            status = os.stat(f"{self._location}/{VECTORS}")  # noqa: PTH116 - called often
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def reload(self) -> "WordVectors":
        """Open the store that is at the path now; this one stays open and unchanged.

        Returns
        -------
        WordVectors
            The store that is at the path.

        Raises
        ------
        StoreError
            See `load`.
        """
        return type(self)(self._location)

    @property
    def vectors(self) -> NDArray[Any]:
        """The matrix as the store has it: (rows, dim), a read-only ``numpy.memmap``.

        Its type is the store's: float32, float16, or int8 with `scales`. Look-ups, `embedding_matrix` and
        ``numpy.asarray(vectors)`` give float32.
        """
        return self._vectors

    @property
    def scales(self) -> NDArray[np.float32] | None:
        """What the rows of an int8 store are multiplied by: (rows,) float32; None for another store."""
        return self._scales

    @property
    def words(self) -> pa.StringArray:
        """The words in row order, memory-mapped.

        The first use checks every word and its place in the file, which takes a few milliseconds per million
        words.

        Raises
        ------
        StoreError
            If the words are damaged.
        """
        return self._index.words

    @property
    def dim(self) -> int:
        """Numbers per vector."""
        return int(self._array.shape[1])

    @property
    def vector_size(self) -> int:
        """Numbers per vector, under gensim's name."""
        return self.dim

    @property
    def index_to_key(self) -> list[str]:
        """The words in row order as a list, made on first use; `words` takes far less memory."""
        if self._index_to_key is None:
            self._index_to_key = self.words.to_pylist()
        return self._index_to_key

    @property
    def key_to_index(self) -> dict[str, int]:
        """A dictionary word -> row, made on first use; `rows` takes far less memory.

        A word that occurs more than once has its first row, as in every look-up.
        """
        if self._key_to_index is None:
            words = self.index_to_key
            self._key_to_index = dict(zip(words, range(len(words)), strict=True))
            for row in self._index.duplicate_rows().tolist():
                self._key_to_index[words[row]] = self._index.row(words[row])
        return self._key_to_index

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._array)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the words in row order, duplicates included."""
        return iter(self._index)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self._index.row(word) >= 0

    def __getitem__(self, word: str | Sequence[str]) -> NDArray[np.float32]:
        """Look up one word or several.

        Parameters
        ----------
        word : str or sequence of str
            One word, or n of them.

        Returns
        -------
        numpy.ndarray
            (dim,) or (n, dim) float32, read-only; for one word of a float32 store a view of the matrix.

        Raises
        ------
        UnknownWordError
            If a word is missing. It is a KeyError; its message names the word and similar words of the store.
        """
        if isinstance(word, str):
            row = self._index.row(word)
            if row < 0:
                raise self._unknown_words([word])
            return self._row(row)
        words = as_string_array(word)
        rows = self._index.rows(words)
        missing = np.flatnonzero(rows < 0)
        if missing.size:
            raise self._unknown_words(words.take(integer_array(missing)).to_pylist())
        found: NDArray[np.float32] = self._array.take(rows, axis=0)
        found.setflags(write=False)
        return found

    @overload
    def get(self, word: str) -> NDArray[np.float32] | None: ...
    @overload
    def get(self, word: str, default: Default) -> NDArray[np.float32] | Default: ...
    def get(self, word: str, default: Any = None) -> Any:
        """Look up one word; return `default` if it is missing.

        Parameters
        ----------
        word : str
            The word.
        default : object
            What to return for a missing word.

        Returns
        -------
        numpy.ndarray or `default`
            (dim,) float32, read-only; a view of the matrix of a float32 store.
        """
        row = self._index.row(word) if isinstance(word, str) else -1
        return default if row < 0 else self._row(row)

    def _unknown_words(self, words: list[str]) -> "UnknownWordError":
        from glovefast.queries.near_spellings import unknown_words

        return unknown_words(self._index, words, self.path)

    def _row(self, row: int) -> NDArray[np.float32]:
        """Give a row, read-only."""
        vector: NDArray[np.float32] = self._array[row]
        if vector.flags.writeable:  # not a view of the store
            vector.flags.writeable = False
        return vector

    def rows(self, words: Words) -> NDArray[np.int64]:
        """Find the rows of several words.

        Parameters
        ----------
        words : sequence of str, numpy.ndarray or pyarrow array
            n words.

        Returns
        -------
        numpy.ndarray
            (n,) int64: -1 for a missing word, the first row for a word that occurs more than once.

        Raises
        ------
        VocabularyError
            If an entry is not a string.
        """
        return self._index.rows(words)


def opened(vectors: WordVectors | str | os.PathLike[str]) -> WordVectors:
    """Open a store where a path is given."""
    if not isinstance(vectors, WordVectors | str | os.PathLike):
        raise TypeError(
            f"vectors must be what glovefast.load returned, or the path of a store, not a "
            f"{type(vectors).__name__}"
        )
    return vectors if isinstance(vectors, WordVectors) else load(vectors)


def rows_of(vectors: WordVectors) -> "Rows":
    """Give all rows of vectors as a float32 array, or as what acts like one."""
    return vectors._array


def index_of(vectors: WordVectors) -> WordIndex:
    """Give the words of vectors and their index."""
    return vectors._index


def location_of(vectors: WordVectors) -> str:
    """Give the absolute path that vectors were opened at."""
    return vectors._location


def reopen(kind: type[WordVectors], location: str, contents: list[str | None]) -> WordVectors:
    """Unpickle: open the same store again, here or where it is on this host."""
    from glovefast.store.finding import contents_of, open_again

    def open_at(path: str) -> tuple[WordVectors, list[str | None]]:
        vectors = kind(path)
        return vectors, contents_of(vectors.metadata)

    return open_again(location, contents, open_at)
