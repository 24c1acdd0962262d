"""Check a whole store: bytes against checksums, the index against the words, everything against a text."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from glovefast.errors import StoreError, shortened
from glovefast.kernels import HASH_BITS
from glovefast.progress import Callback, Progress, checked_progress, shows_progress
from glovefast.sources.opening import AnySource
from glovefast.store.checksums import as_text, new_checksum
from glovefast.store.files import (
    BAD_ROWS,
    FILES,
    INDEX,
    MORE_FILES,
    NPY_HEADER_BYTES,
    SCALES,
    VECTORS,
    VOCABULARY,
)
from glovefast.store.metadata import INT8, Metadata
from glovefast.store.metadata_file import METADATA, is_as_written, parse_metadata
from glovefast.store.reading import Store, StoreDirectory, map_store, with_directory
from glovefast.verification.against_text import first_difference
from glovefast.verification.stored_rows import StoredRowsReader
from glovefast.vocabulary.arrow import integer_array
from glovefast.vocabulary.hashing import hash_words
from glovefast.vocabulary.index_building import compare_rows
from glovefast.vocabulary.word_index import WordIndex

_PIECE_BYTES = 1 << 20
_PIECE_ENTRIES = 1 << 16
_PROGRESS_SECONDS = 0.1


@dataclass(frozen=True)
class Verification:
    """What `verify` found.

    Attributes
    ----------
    store : pathlib.Path
        The store.
    problems : tuple of str
        What is wrong, one sentence each; empty for a store without damage.
    bytes_read : int
        Bytes of the store that were read.
    against : str or None
        The text that the store was compared with, if any.
    rows_compared : int
        The rows that are the same in that text.
    """

    store: Path
    problems: tuple[str, ...]
    bytes_read: int
    against: str | None = None
    rows_compared: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain objects, for JSON."""
        return {
            "store": str(self.store),
            "ok": self.ok,
            "problems": list(self.problems),
            "bytes_read": self.bytes_read,
            "against": self.against,
            "rows_compared": self.rows_compared,
        }


@shows_progress
def verify(
    store: str | os.PathLike[str],
    against: "AnySource | None" = None,
    *,
    member: str | None = None,
    progress: Callback | bool | None = None,
) -> Verification:
    """Check all files of a store.

    Every file is read and its checksum compared, including ``metadata.json`` and ``bad_rows.jsonl``. Missing
    and extra files are reported. The words must be valid UTF-8, one per row, and the index must contain each
    row exactly once, in its place. The memory needed does not grow with the vectors.

    Checksums detect accidents, not tampering: only a comparison with the source (`against`) does.

    Parameters
    ----------
    store : str or path-like
        The store's directory.
    against : str, path-like or binary file object, optional
        The text that the store was made from, in any form that `convert` takes. It is parsed again, and
        every word and number is compared, bit for bit; for float16 and int8, with what rounding makes of it.
    member : str, optional
        The archive's member; by default the one that the store was made from.
    progress : callable or bool, optional
        Called about ten times a second with a `Progress`: first for the store's bytes, then for the text's;
        True shows a bar.

    Returns
    -------
    Verification
        What is wrong, if anything.

    Raises
    ------
    StoreError
        If there is no store at `store`, or it has another format version.
    FormatError
        If the text cannot be read, or is not embedding text.
    OSError
        If a file cannot be read.
    """

    def checked(directory: StoreDirectory) -> tuple["_Check", list[str], StoredRowsReader | None]:
        check = _Check(directory, report)
        problems = list(check.problems())
        if problems and not directory.is_current():
            raise StoreError(directory.path, "was replaced")  # so its successor is checked
        if against is None or check.store is None:
            return check, problems, None
        return check, problems, StoredRowsReader(directory, check.store.metadata)

    report = checked_progress(progress)
    check, problems, rows = with_directory(store, checked)
    if against is None or check.store is None or rows is None:
        return Verification(Path(store), tuple(problems), check.bytes_read)
    with rows:
        comparison = first_difference(check.store, rows, against, member, report)
    if comparison.difference:
        problems.append(comparison.difference)
    return Verification(Path(store), tuple(problems), check.bytes_read, comparison.source, comparison.rows)


class _Check:
    """One check of the files of a store; `problems` does it."""

    def __init__(self, directory: StoreDirectory, progress: Callback | None) -> None:
        self._directory = directory
        self._progress = progress
        self._last_report = 0.0
        self.bytes_read = 0
        self.store: Store | None = None

    def problems(self) -> Iterator[str]:
        """Go through the store; give what is wrong."""
        raw = self._directory.read_metadata()
        self.bytes_read += len(raw)
        metadata: Metadata | None = None
        try:
            metadata = parse_metadata(self._directory.path, raw)
            if not is_as_written(raw, metadata):
                yield f"{METADATA} is not as it was written: its own checksum does not fit"
        except StoreError as error:
            if not error.damage:
                raise
            yield error.damage
        names = self._directory.names()
        checksums = metadata.checksums if metadata else {}
        expected = [*FILES, *(name for name in MORE_FILES if name in checksums)]
        if metadata and metadata.dtype == INT8 and SCALES not in expected:
            expected.append(SCALES)
        known = {*FILES, *MORE_FILES} if metadata is None else {*expected, BAD_ROWS}
        yield from (f"{name} is missing" for name in expected if name not in names)
        yield from (f"{name} is not a file of a store" for name in names if name not in known)
        yield from self._wrong_checksums(checksums, [name for name in names if name in known])
        if metadata:
            yield from self._wrong_contents()

    def _wrong_checksums(self, checksums: Mapping[str, str], names: list[str]) -> Iterator[str]:
        """Read every other file through; files that cannot be opened are reported as well."""
        with ExitStack() as resources:
            files: list[tuple[str, FileIO]] = []
            for name in (VECTORS, SCALES, VOCABULARY, INDEX, BAD_ROWS):
                if name in names:
                    try:
                        files.append((name, resources.enter_context(self._directory.open(name))))
                    except StoreError as error:
                        yield error.damage or error.reason
            sizes = (os.fstat(file.fileno()).st_size for _, file in files)
            total = self.bytes_read + sum(sizes)
            for name, file in files:
                # The checksums of the rows are made while they are written, before their headers.
                begin = NPY_HEADER_BYTES if name in (VECTORS, SCALES) else 0
                found = self._checksum(file, begin, total)
                if name not in checksums:
                    yield f"{METADATA} has no checksum of {name}"
                elif found != checksums[name]:
                    written = checksums[name][:100]
                    yield f"{name} is not as it was written: its checksum is {found}, not {written}"

    def _checksum(self, file: FileIO, begin: int, total: int) -> str:
        checksum, piece = new_checksum(), bytearray(_PIECE_BYTES)
        file.seek(begin)
        self.bytes_read += begin
        while count := file.readinto(piece):
            checksum.update(memoryview(piece)[:count])
            self.bytes_read += count
            now = time.monotonic()
            if self._progress and now - self._last_report >= _PROGRESS_SECONDS:
                self._last_report = now
                self._progress(Progress(self.bytes_read, total, 0, str(self._directory.path)))
        return as_text(checksum)

    def _wrong_contents(self) -> Iterator[str]:
        """Open the store; compare words and index."""
        try:
            store = map_store(self._directory)
            problem = index_problem(store.vocabulary)
        except StoreError as error:
            yield error.damage or error.reason
            return
        if problem:
            yield problem
        self.store = store


def index_problem(vocabulary: WordIndex) -> str | None:
    """Check that an index is the one that `build_index` makes for its words.

    Parameters
    ----------
    vocabulary : WordIndex
        n words and their index.

    Returns
    -------
    str or None
        The first thing that is wrong.

    Raises
    ------
    StoreError
        If the words themselves cannot be used.
    """
    words, (starts, hashes, rows, *places) = vocabulary.words, vocabulary.tables()
    shift = np.uint64(HASH_BITS - (len(starts) - 1).bit_length() + 1)
    if len(starts) < 3 or starts[0] != 0 or starts[-1] != len(words) or np.any(starts[1:] < starts[:-1]):
        return f"the buckets of {INDEX} do not divide {len(words)} entries"
    # Entries that are all different, each with the hash of its row's word, are those of all rows: there are
    # as many. One entry of the piece before comes with each piece, to compare neighbors.
    for first in range(0, len(words), _PIECE_ENTRIES):
        piece = slice(max(first - 1, 0), first + _PIECE_ENTRIES)
        row, hashed = rows[piece], hashes[piece]
        if row.min() < 0 or row.max() >= len(words):
            return f"{INDEX} names rows that are not there"
        slot, bucket = np.arange(piece.start, piece.start + len(row)), (hashed >> shift).astype(np.int64)
        right = hashed == hash_words(words.take(integer_array(row)))
        right &= (starts[bucket] <= slot) & (slot < starts[bucket + 1])
        right[1:] &= hashed[:-1] <= hashed[1:]
        equal = np.flatnonzero(hashed[:-1] == hashed[1:])
        one, other = row[equal], row[equal + 1]
        orders = compare_rows(one, other, *places)
        right[equal + 1] &= (orders < 0) | ((orders == 0) & (one < other))
        if not right.all():
            wrong = int(row[np.argmin(right)])
            return f"{INDEX} has the word {shortened(words[wrong].as_py())} of row {wrong} at a wrong place"
    return None
