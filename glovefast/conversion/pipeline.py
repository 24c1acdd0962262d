"""One conversion: workers that take turns at the source and parse side by side."""

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from glovefast.conversion.bad_rows import BadRows
from glovefast.conversion.options import Options
from glovefast.conversion.report import DryRun, describe, obstacle, warn
from glovefast.conversion.tally import Tally
from glovefast.errors import FormatError
from glovefast.parser.blocks import Block, BlockParser
from glovefast.parser.chunks import CHUNKS_TO_FILTER, ChunkReader, TextBuffer
from glovefast.parser.row_layout import Layout, infer_layout
from glovefast.progress import Progress
from glovefast.sources.source import Source
from glovefast.store.writing import StoreWriter
from glovefast.threads import no_thread_left, start
from glovefast.vocabulary.word_index import WordIndex

_PROGRESS_SECONDS = 0.1
_FLUSH_SECONDS = 0.05
_LAYOUT_LINES = 2  # a header, if there is one, and a row


class Conversion:
    """One run from an open source to a published store, or to a report of what the store would be.

    The workers share three things. They take turns at the source, so that it is read in order; each parses
    alone; and they take turns again, in the order of their chunks, to learn the row at which theirs begins.
    Each then writes its own rows, so that no chunk is copied between threads.

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
        self._first: tuple[TextBuffer, int | None] | None = None
        self._tally: Tally

    def run(self, target: Path, overwrite: bool) -> None:
        """Convert the source and publish the store."""
        layout = self._read_layout()
        writer = StoreWriter(target, layout.dim, overwrite)
        try:
            with writer, BadRows(writer.directory) as bad_rows:
                raises = self._options.on_bad_row == "raise"
                self._tally = Tally(self._source.name, layout, self._options, bad_rows, raises=raises)
                with self._flushed(writer):
                    vocabulary, found = self._read_all(writer)
                if error := obstacle(self._tally, found.wanted):
                    raise error
                writer.publish(vocabulary, found.metadata(), self._tally.checksum(), bad_rows.finish())
        except KeyboardInterrupt:
            if not writer.is_published:  # else it came too late to undo anything
                raise

    def dry_run(self) -> DryRun:
        """Read the whole source, write nothing, and report."""
        layout = self._read_layout()
        self._tally = Tally(self._source.name, layout, self._options, BadRows(None), raises=False)
        _, found = self._read_all(None)
        error = obstacle(self._tally, found.wanted)
        return replace(found, error=None if error is None else str(error))

    def _read_all(self, writer: StoreWriter | None) -> tuple[WordIndex, DryRun]:
        """Parse the source to its end, index its words and describe what was found."""
        self._parse_all(writer)
        vocabulary = WordIndex.from_words(self._tally.take_words())
        found = describe(self._source, self._tally, vocabulary)
        self._report()
        warn(self._source.name, found.report, found.rows)
        return vocabulary, found

    def _read_layout(self) -> Layout:
        """Read the first chunk and learn from it how wide the rows are and whether there is a header."""
        options, first = self._options, TextBuffer()
        chunk = self._reader.read(first, min_lines=_LAYOUT_LINES)
        sample = bytes(memoryview(first.bytes)[first.begin : first.end])
        layout = infer_layout(
            sample,
            self._source.name,
            dim=options.dim,
            header=options.header,
            separator=options.separator,
            whole=self._reader.ended,
            encoding=options.encoding,
        )
        if layout.header:
            first.begin += sample.index(b"\n") + 1
        self._first = (first, chunk)
        if options.wanted:
            self._reader.chunk_bytes *= CHUNKS_TO_FILTER
        return layout

    @contextmanager
    def _flushed(self, writer: StoreWriter) -> Iterator[None]:
        """Hand the rows to the disk while more are parsed, and the last ones while the index is built."""
        with ThreadPoolExecutor(1, thread_name_prefix="glovefast") as pool:
            flushing = None
            try:
                flushing = start(pool, self._flush, writer)  # without a thread, publishing waits longer
                yield
            finally:
                self._stop()
            if flushing:
                flushing.result()  # raises what it met, such as a full disk, after which the rows end early

    def _parse_all(self, writer: StoreWriter | None) -> None:
        """Let the workers parse the whole source; their memory is free again before the index is built."""
        options, threads = self._options, self._options.workers
        # The kernels are compiled, or loaded, once before the workers start.
        wanted = options.wanted.kept if options.wanted else None
        layout = self._tally.layout
        parsers = [
            BlockParser(
                layout.dim,
                options.errors,
                wanted,
                encoding=options.encoding,
                separator=layout.separator,
                dim_is_certain=layout.dim_is_certain,
            )
            for _ in range(threads)
        ]
        with ThreadPoolExecutor(threads, thread_name_prefix="glovefast") as pool:
            try:  # around the start as well: an interrupt between two workers must stop the first
                work = self._start_workers(pool, parsers, writer)
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
        if self._read_error and not self._tally.is_full:
            raise self._read_error

    def _start_workers(
        self, pool: ThreadPoolExecutor, parsers: Iterable[BlockParser], writer: StoreWriter | None
    ) -> list[Future[None]]:
        """Start a worker for each parser, or as many as the system has threads for."""
        work: list[Future[None]] = []
        for parser in parsers:
            future = start(pool, self._work, parser, writer)
            if future is None:
                break
            work.append(future)
        if not work:
            raise no_thread_left()
        return work

    def _work(self, parser: BlockParser, writer: StoreWriter | None) -> None:
        """Parse chunks until there are none; the first worker begins with the chunk already read."""
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
                    writer.write_rows(row, block.rows)
                chunk = self._read(buffer)
        except BaseException:
            self._stop()
            raise

    def _flush(self, writer: StoreWriter) -> None:
        try:
            while not self._stopped:
                with self._turn:
                    self._turn.wait_for(lambda: self._stopped, _FLUSH_SECONDS)
                writer.flush()
        except BaseException:
            self._stop()
            raise

    def _read(self, buffer: TextBuffer) -> int | None:
        """Read the worker's next chunk; None if there is none left for it.

        An error while reading counts as the end of the text until the chunks before it are counted: they may
        have a bad row to report, or all the rows that are wanted.
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
        """Wait for the chunks before this one; then count this one and give its first row.

        None means that the work has stopped and the block is not needed.
        """
        with self._turn:
            while self._next_chunk != chunk:
                if self._stopped:
                    return None
                self._turn.wait()
            if self._stopped:
                return None
            row = self._tally.add(block)
            if self._tally.is_full:
                self._stop()
            self._next_chunk += 1
            self._turn.notify_all()
            return row

    def _stop(self) -> None:
        """Let the workers finish: everything is read, the limit is reached, or one has failed."""
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
