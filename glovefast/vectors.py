"""`WordVectors`: a store, open for look-ups and for building embedding matrices."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from glovefast.errors import StoreError
from glovefast.store.files import VECTORS, VOCABULARY
from glovefast.store.metadata import checksums_of
from glovefast.store.reading import open_store
from glovefast.vocabulary.arrow import Words, as_string_array, integer_array

if TYPE_CHECKING:
    from pathlib import Path

    from glovefast.matrix.coverage import Counts, Coverage
    from glovefast.matrix.embedding_matrix import OutOfVocabulary
    from glovefast.matrix.explanation import Explanation
    from glovefast.matrix.fallbacks import Fallback
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary

Default = TypeVar("Default")


def load(path: str | os.PathLike[str]) -> "WordVectors":
    """Open a store.

    The matrix and the vocabulary are mapped, not read: opening takes the same time for every size, and all
    processes that open a store share its pages.

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
        If `path` is no store (for embedding text it says how to convert it), is of a newer format than
        this version reads, or its files do not fit together.
    """
    return WordVectors(path)


class WordVectors:
    """The vectors of a store, by word and by row.

    Parameters
    ----------
    path : str or path-like
        The store's directory.

    Raises
    ------
    StoreError
        As `load` says.

    Notes
    -----
    What is open stays as it is: a store that is replaced under a reader remains readable, as the old one, for
    as long as the reader has it open. `is_current` tells, and `reload` opens the new one.

    Pickled by its path: a worker process opens the store again and shares its pages. Where another store lies
    at the path by then, unpickling raises a StoreError, because row numbers and vectors would be others.
    Threads and forked processes use the same mapping; nothing in it is ever written.

    A store may come from anywhere. Nothing in it is run or unpickled; sizes and types are checked when it is
    opened, what a look-up follows when it follows it, and all words when `words` is first asked for: what
    does not fit is a StoreError. The numbers are what they are: whether they are those that were written,
    `glovefast.verification.verify` tells.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        # Absolute, because the working directory may be another one when the store is opened again.
        self._location = os.path.abspath(path)  # noqa: PTH100 - Path takes ten times as long
        store = open_store(path)
        self._vocabulary = store.vocabulary
        self._vectors = store.vectors
        # The same memory without memmap's bookkeeping, which makes each small slice four times slower.
        self._array: NDArray[np.float32] = store.vectors.view(np.ndarray)
        self.path: Path = store.path
        self.metadata: dict[str, Any] = store.metadata
        self._identity = store.identity
        self._index_to_key: list[str] | None = None
        self._key_to_index: dict[str, int] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (type(self), self._location, _contents(self.metadata))

    def __repr__(self) -> str:
        return f"<WordVectors {str(self.path)!r}: {len(self)} words, {self.dim} dimensions>"

    def is_current(self) -> bool:
        """Say whether the store that is open is the one that its path leads to now.

        Returns
        -------
        bool
            False where another store has been put in its place, or none is there any more.
        """
        try:
            status = os.stat(f"{self._location}/{VECTORS}")  # noqa: PTH116 - asked again and again
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def reload(self) -> "WordVectors":
        """Open what is at the path now; this one stays open, and stays what it is.

        Returns
        -------
        WordVectors
            The store that `load` would open.

        Raises
        ------
        StoreError
            As `load` says.
        """
        return type(self)(self._location)

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The matrix: (rows, dim) float32, a read-only ``numpy.memmap``."""
        return self._vectors

    @property
    def words(self) -> pa.StringArray:
        """The words in row order, memory-mapped.

        Gone through once, at the first use (some milliseconds a million words): every offset then lies within
        the file and every word is UTF-8, so that whatever Arrow does with them stays inside.

        Raises
        ------
        StoreError
            If that is not so.
        """
        return self._vocabulary.words

    @property
    def dim(self) -> int:
        """Numbers per vector."""
        return int(self._array.shape[1])

    @property
    def vector_size(self) -> int:
        """Numbers per vector, under the name that gensim gives it."""
        return self.dim

    @property
    def index_to_key(self) -> list[str]:
        """The words in row order as a list, made at the first use; `words` takes far less."""
        if self._index_to_key is None:
            self._index_to_key = self.words.to_pylist()
        return self._index_to_key

    @property
    def key_to_index(self) -> dict[str, int]:
        """Word to row as a dictionary, made at the first use; `rows` takes far less.

        Of duplicate words the first row counts, as in every look-up.
        """
        if self._key_to_index is None:
            words = self.index_to_key
            self._key_to_index = dict(zip(words, range(len(words)), strict=True))
            for row in self._vocabulary.duplicate_rows().tolist():
                self._key_to_index[words[row]] = self._vocabulary.row(words[row])
        return self._key_to_index

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._array)

    def __iter__(self) -> Iterator[str]:
        """Go through the words in row order, duplicates included."""
        return iter(self._vocabulary)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self._vocabulary.row(word) >= 0

    def __getitem__(self, word: str | Sequence[str]) -> NDArray[np.float32]:
        """Look up one word or several.

        Parameters
        ----------
        word : str or sequence of str
            One word, or n of them.

        Returns
        -------
        numpy.ndarray
            (dim,) or (n, dim) float32, read-only; for one word a view of the mapped matrix.

        Raises
        ------
        KeyError
            If a word is missing; it names the word.
        """
        if isinstance(word, str):
            row = self._vocabulary.row(word)
            if row < 0:
                raise KeyError(word)
            vector: NDArray[np.float32] = self._array[row]
            return vector
        words = as_string_array(word)
        rows = self._vocabulary.rows(words)
        missing = np.flatnonzero(rows < 0)
        if missing.size:
            names = words.take(integer_array(missing[:5])).to_pylist()
            more = f" and {missing.size - 5} more" if missing.size > 5 else ""
            raise KeyError(", ".join(map(repr, names)) + more if missing.size > 1 else names[0])
        found: NDArray[np.float32] = self._array.take(rows, axis=0)
        found.setflags(write=False)
        return found

    @overload
    def get(self, word: str) -> NDArray[np.float32] | None: ...
    @overload
    def get(self, word: str, default: Default) -> NDArray[np.float32] | Default: ...
    def get(self, word: str, default: Any = None) -> Any:
        """Look up one word; give `default` where it is missing.

        Returns
        -------
        numpy.ndarray or `default`
            (dim,) float32, a read-only view of the mapped matrix.
        """
        row = self._vocabulary.row(word) if isinstance(word, str) else -1
        return default if row < 0 else self._array[row]

    def rows(self, words: Words) -> NDArray[np.int64]:
        """Find the rows of a batch of words.

        Parameters
        ----------
        words : sequence of str, numpy.ndarray or pyarrow array
            n words.

        Returns
        -------
        numpy.ndarray
            (n,) int64; -1 where a word is missing, the first row where it stands more than once.

        Raises
        ------
        VocabularyError
            If an entry is no string.
        """
        return self._vocabulary.rows(words)

    def embedding_matrix(
        self,
        vocabulary: "AnyVocabulary",
        oov: "OutOfVocabulary" = "zeros",
        fallback: "Fallback | Iterable[Fallback]" = (),
        dtype: DTypeLike = "float32",
        seed: int | None = None,
    ) -> NDArray[Any]:
        """Build the embedding matrix for a training vocabulary; see `glovefast.matrix.embedding_matrix`."""
        from glovefast.matrix.embedding_matrix import embedding_matrix

        return embedding_matrix(
            self._array, self._vocabulary, vocabulary, oov=oov, fallback=fallback, dtype=dtype, seed=seed
        )

    def coverage(
        self,
        vocabulary: "AnyVocabulary",
        counts: "Counts | None" = None,
        fallback: "Fallback | Iterable[Fallback]" = (),
    ) -> "Coverage":
        """Say which words of a training vocabulary the store has; see `glovefast.matrix.coverage`."""
        from glovefast.matrix.coverage import coverage

        return coverage(self._vocabulary, vocabulary, counts=counts, fallback=fallback)

    def explain_coverage(
        self,
        vocabulary: "AnyVocabulary",
        counts: "Counts | None" = None,
        fallback: "Fallback | Iterable[Fallback]" = (),
        least: float = 0.01,
    ) -> "Explanation":
        """Say why words are missing, and what finds them; see `glovefast.matrix.explanation`."""
        from glovefast.matrix.explanation import explain_coverage

        return explain_coverage(self._vocabulary, vocabulary, counts=counts, fallback=fallback, least=least)


def _reopen(kind: type[WordVectors], location: str, contents: list[str | None]) -> WordVectors:
    """Unpickle: open a store again, if it is the same."""
    vectors = kind(location)
    if _contents(vectors.metadata) != contents:
        raise StoreError(
            location, "was replaced by another store since its vectors were pickled; load it instead"
        )
    return vectors


def _contents(metadata: dict[str, Any]) -> list[str | None]:
    """Give the checksums of words and vectors."""
    checksums = checksums_of(metadata)
    return [checksums.get(name) for name in (VECTORS, VOCABULARY)]
