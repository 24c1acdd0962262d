"""One conversion: workers that read in turn, parse side by side and write each its own rows."""

import os
import threading
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from glovefast.conversion.bad_rows import BadRows
from glovefast.conversion.options import Options
from glovefast.errors import FormatError, GlovefastError
from glovefast.parser.blocks import Block, BlockParser
from glovefast.parser.chunks import CHUNKS_TO_FILTER, ChunkReader, TextBuffer
from glovefast.parser.row_layout import Layout, infer_layout
from glovefast.progress import Progress
from glovefast.sources.source import Source
from glovefast.store.checksums import new_checksum
from glovefast.store.writing import StoreWriter
from glovefast.vocabulary.arrow import array_offsets
from glovefast.vocabulary.word_index import WordIndex

_PROGRESS_SECONDS = 0.1
_FLUSH_SECONDS = 0.05
_LAYOUT_LINES = 2  # a header, if there is one, and a row
# What int32 counts: the rows of an index, the bytes of an Arrow file's words.
_MAX_ROWS = _MAX_WORD_BYTES = 2**31 - 1
_FIRST_BAD_ROW = "this is the first bad row, and a dry run finds all (dry_run, --dry-run)"


@dataclass
class _Tally:
    """What was met on the way, and the words so far."""

    rows: int = 0
    lines: int = 0
    rows_not_wanted: int = 0
    word_bytes: int = 0
    words: list[pa.StringArray] = field(default_factory=list)


class Conversion:
    """One run from an open source to a published store, or to a report of what the store would be.

    The workers share three things. They take turns at the source, so that it is read in order; they parse on
    their own; and they take turns again, in the order of their chunks, to learn at which row theirs begins.
    Each then writes its rows at their place itself, so that no chunk is copied between threads.

    Parameters
    ----------
    source : Source
        The open source.
    options : Options
        The caller's choices.
    """

    def __init__(self, source: Source, options: Options) -> None:
        self._source = source
        self._options = options
        self._reader = ChunkReader(source)
        self._reading = threading.Lock()
        self._turn = threading.Condition()
        self._next_chunk = 0
        self._stopped = False
        self._read_error: FormatError | OSError | None = None
        self._tally = _Tally()
        self._checksum = new_checksum()
        self._is_dry = False
        self._first: tuple[TextBuffer, int | None] | None = None
        self._flushing: Future[None]

    def run(self, target: Path, overwrite: bool) -> None:
        """Convert the source and publish the store."""
        self._run(target, overwrite)

    def dry_run(self) -> dict[str, Any]:
        """Read the whole source, write nothing, and report; `dry_run` says what."""
        self._is_dry = True
        return self._run(None, False)

    def _run(self, target: Path | None, overwrite: bool) -> dict[str, Any]:
        layout = self._read_layout()
        with ExitStack() as resources:
            self._bad_rows = resources.enter_context(BadRows(target))
            writer = None
            if target is not None:
                writer = resources.enter_context(StoreWriter(target, layout.dim, overwrite))
                pool = resources.enter_context(ThreadPoolExecutor(1, thread_name_prefix="glovefast"))
                resources.callback(self._stop)  # before the pool waits for what only ends then
                self._flushing = pool.submit(self._flush, writer)
            self._parse_all(writer, layout.dim)
            if self._read_error and self._tally.rows != self._options.limit:
                raise self._read_error
            return self._publish(writer, layout)

    def _read_layout(self) -> Layout:
        """Read the first chunk, and learn from it how wide the rows are and whether there is a header."""
        options, first = self._options, TextBuffer()
        chunk = self._reader.read(first, min_lines=_LAYOUT_LINES)
        sample = bytes(memoryview(first.bytes)[first.begin : first.end])
        layout = infer_layout(
            sample, self._source.name, dim=options.dim, header=options.header, whole=self._reader.ended
        )
        if layout.header:
            first.begin += sample.index(b"\n") + 1
            self._tally.lines = 1
        self._first = (first, chunk)
        if options.wanted:
            self._reader.chunk_bytes *= CHUNKS_TO_FILTER
        return layout

    def _parse_all(self, writer: StoreWriter | None, dim: int) -> None:
        """Let the workers parse all of the source; their memory is free again before the index is built."""
        options, threads = self._options, self._options.workers
        # The kernels are compiled, or loaded, once before the workers start.
        wanted = options.wanted.kept if options.wanted else None
        parsers = [BlockParser(dim, options.errors, wanted) for _ in range(threads)]
        with ThreadPoolExecutor(threads, thread_name_prefix="glovefast") as pool:
            work = [pool.submit(self._work, parser, writer) for parser in parsers]
            try:
                while wait(work, _PROGRESS_SECONDS if options.progress else None, FIRST_EXCEPTION).not_done:
                    if any(future.done() and future.exception() for future in work):
                        break
                    self._report()
            finally:  # KeyboardInterrupt comes here as well
                self._stop()
        self._source.check_unchanged()  # first, since a file that changes may look like anything
        failures = [error for future in work if (error := future.exception())]
        if failures:
            raise failures[0]

    def _publish(self, writer: StoreWriter | None, layout: Layout) -> dict[str, Any]:
        tally, limit, wanted = self._tally, self._options.limit, self._options.wanted
        obstacle = self._obstacle()
        words = pa.concat_arrays(tally.words) if tally.words else pa.nulls(0, pa.string())
        tally.words.clear()
        vocabulary = WordIndex.from_words(words)
        skipped, changed = self._bad_rows.skipped, len(self._bad_rows.changed_words)
        merged = self._bad_rows.merge(vocabulary)
        blank_lines = tally.lines - tally.rows - tally.rows_not_wanted - skipped - (layout.header is not None)
        met = {
            "header": list(layout.header) if layout.header else None,
            "blank_lines": blank_lines,
            "duplicate_words": len(vocabulary.duplicate_rows()) - merged,
            "words_with_spaces": vocabulary.words_with_spaces(),
            "replaced_words": changed,
            **({"merged_words": merged} if changed else {}),
            "skipped_rows": skipped,
        }
        member = self._source.member
        metadata: dict[str, Any] = {
            "source": {
                "name": self._source.file_name,
                "member": member,
                "bytes": self._source.bytes_total or self._source.bytes_read,
            },
            "options": {"errors": self._options.errors, "on_bad_row": self._options.on_bad_row},
            "met": met,
        }
        if tally.rows == limit:
            metadata["limit"] = limit
        if wanted:
            met["rows_not_wanted"] = tally.rows_not_wanted
            metadata["wanted"] = wanted.coverage(vocabulary)
            if not metadata["wanted"]["hits"] and tally.rows != limit:
                obstacle = obstacle or wanted.none_found(self._source.name)
        self._report()
        if writer:
            self._flushing.result()  # raises what it met, such as a full disk, where the rows end early
            if obstacle:
                raise obstacle
            checksum = self._checksum.hexdigest()
            writer.publish(vocabulary, checksum, metadata, self._bad_rows.checksums())
        return {
            "rows": tally.rows,
            "dim": layout.dim,
            **metadata,
            "bad_rows": self._bad_rows.first,
            "error": str(obstacle) if obstacle else None,
        }

    def _obstacle(self) -> GlovefastError | None:
        """Say what stands in the way of a store, once all is read."""
        name, bad_rows, tally = self._source.name, self._bad_rows, self._tally
        first = bad_rows.first_skipped
        if first and self._options.on_bad_row == "raise":  # only a dry run comes to its end with one
            more = f"; of {bad_rows.skipped:,} bad rows this is the first" if bad_rows.skipped > 1 else ""
            return FormatError(name, first.line, first.reason + more)
        if not tally.rows + tally.rows_not_wanted and self._options.limit != 0:
            return FormatError(name, None, f"not one of its {tally.lines} lines is a row")
        return None

    def _work(self, parser: BlockParser, writer: StoreWriter | None) -> None:
        """Parse chunks until there are none; the first worker begins with the chunk that is read already."""
        try:
            with self._reading:
                first, self._first = self._first, None
            buffer, chunk = first or (TextBuffer(), None)
            if first is None:
                chunk = self._read(buffer)
            del first
            while chunk is not None:
                block = parser.parse(buffer)
                row = self._take_turn(chunk, block)
                if row is None:
                    return
                if writer:
                    _write_at(writer, block, row)
                chunk = self._read(buffer)
        except BaseException:
            self._stop()
            raise

    def _flush(self, writer: StoreWriter) -> None:
        """Hand the rows to the disk while more are parsed, and the last ones while the index is built."""
        try:
            while not self._stopped:
                with self._turn:
                    self._turn.wait_for(lambda: self._stopped, _FLUSH_SECONDS)
                os.fsync(writer.vectors_file.fileno())
        except BaseException:
            self._stop()
            raise

    def _read(self, buffer: TextBuffer) -> int | None:
        """Read the worker's next chunk; None if there is none for it to parse.

        Text that cannot be read ends the text like its end: the chunks before it are counted first, in which
        there may be a bad line to tell or all the rows that are wanted.
        """
        with self._reading:
            if self._stopped or self._read_error:
                return None
            try:
                return self._reader.read(buffer)
            except (FormatError, OSError) as error:
                self._read_error = error
                return None

    def _take_turn(self, chunk: int, block: Block) -> int | None:
        """Wait for the chunks before this one; then count this one in and give its first row.

        None means that the work has been stopped and the block is not wanted.
        """
        with self._turn:
            while self._next_chunk != chunk:
                if self._stopped:
                    return None
                self._turn.wait()
            if self._stopped:
                return None
            row = self._tally.rows
            self._count(block)
            self._next_chunk += 1
            self._turn.notify_all()
            return row

    def _count(self, block: Block) -> None:
        """Take a block into the tally, cut off where the limit is; raise for its first bad line."""
        tally = self._tally
        room = None if self._options.limit is None else self._options.limit - tally.rows
        if room is not None and len(block.words) >= room:
            last_line = int(block.row_lines[room - 1]) if room > 0 else -1
            block.rows, block.words = block.rows[:room], block.words[:room]
            block.bad_lines = [bad for bad in block.bad_lines if bad.line <= last_line]
            block.lines = last_line + 1
            self._stop()
        for bad in block.bad_lines:
            placed = replace(bad, line=tally.lines + bad.line + 1)
            if bad.kept:
                self._bad_rows.change(placed, tally.rows + int(np.searchsorted(block.row_lines, bad.line)))
            elif self._is_dry or self._options.on_bad_row == "skip":
                self._bad_rows.skip(placed)
            else:
                raise FormatError(self._source.name, placed.line, f"{bad.reason}; {_FIRST_BAD_ROW}")
        offsets = array_offsets(block.words)
        tally.word_bytes += int(offsets[-1] - offsets[0])
        tally.rows += len(block.words)
        if tally.rows > _MAX_ROWS or tally.word_bytes > _MAX_WORD_BYTES:
            raise FormatError(
                self._source.name,
                tally.lines + 1,
                f"there is more than a store can hold, {_MAX_ROWS:,} rows and "
                f"{_MAX_WORD_BYTES:,} bytes of words; keep fewer (limit or words, --limit or --words)",
            )
        tally.lines += block.lines
        tally.rows_not_wanted += block.rows_not_wanted()
        tally.words.append(block.words)
        self._checksum.update(np.ascontiguousarray(block.rows))

    def _stop(self) -> None:
        """Let the workers come to an end: all is read, the limit is reached, or one has failed."""
        with self._turn:
            self._stopped = True
            self._turn.notify_all()
        self._source.stop_waiting()

    def _report(self) -> None:
        if self._options.progress:
            source = self._source
            self._options.progress(
                Progress(source.bytes_read, source.bytes_total, self._tally.rows, source.name)
            )


def _write_at(writer: StoreWriter, block: Block, row: int) -> None:
    """Write a block's rows at their place; a write may take less than it was given."""
    remaining = np.ascontiguousarray(block.rows).reshape(-1).view(np.uint8).data
    position = writer.header_bytes + row * writer.dim * 4
    while remaining:
        written = os.pwrite(writer.vectors_file.fileno(), remaining, position)
        remaining = remaining[written:]
        position += written
