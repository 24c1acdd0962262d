"""One conversion: workers that share a source and parse side by side."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from glovefast.conversion.bad_rows import BadRows
from glovefast.conversion.chunk_queue import ChunkQueue
from glovefast.conversion.options import Options
from glovefast.conversion.report import DryRun, describe, obstacle, warn
from glovefast.conversion.tally import Tally
from glovefast.parser.blocks import Block
from glovefast.parser.formats import Parser, parser_for, reader_of
from glovefast.parser.row_layout import Layout, infer_layout
from glovefast.parser.word2vec_binary import BinaryRowReader
from glovefast.progress import Progress
from glovefast.sources.source import Source
from glovefast.store.rounding import StoredRows, rounded_block
from glovefast.store.writing import StoreWriter
from glovefast.threads import Workers, no_thread_left, start
from glovefast.vocabulary.word_index import WordIndex

PROGRESS_SECONDS = 0.1
# Writing rows waits while earlier rows are forced to the disk. So a short conversion is faster if only its
# last rows are flushed, while the index is built; a long conversion is faster if the disk is never idle.
_FIRST_FLUSH_SECONDS, _FLUSH_SECONDS = 0.25, 0.05
_LAYOUT_LINES = 2  # a header, if there is one, and a row


class Conversion:
    """One run from an open source to a published store, or to a report of what the store would be.

    The workers share three things. They take chunks from one queue; each parses alone; and they take turns,
    in the order of their chunks, to learn the row at which theirs begins. Each then writes its own rows, so
    that no row is copied between threads.

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
        self._reader = reader_of(source, options.dim, options.header, options.separator)
        self._chunks = ChunkQueue(self._reader, reads_ahead=source.is_slow)
        self._turn = threading.Condition()
        self._next_chunk = 0
        self._workers = 0
        self._stopped = False
        self._tally: Tally
        self._vocabulary: WordIndex
        self._writer: StoreWriter | None = None

    def run(self, target: Path | None, overwrite: bool = False) -> DryRun:
        """Convert the source and publish the store; without a target, only read it and report."""
        with self.begun(target, overwrite):
            with self.flushed():
                self._parse_all()
                self.index()
            found = self.describe()
            self.announce(found)
            found = self.complete(found)
            self.publish()
        return found

    @contextmanager
    def begun(self, target: Path | None, overwrite: bool) -> Iterator[None]:
        """Learn the layout and begin the store; leaving without `publish` removes everything."""
        layout, name = self._read_layout(), self._source.name
        if target is None:
            self._tally = Tally(name, layout, self._options, BadRows(None), raises=False)
            yield
            return
        writer = StoreWriter(target, layout.dim, overwrite, self._options.dtype)
        try:
            with writer, BadRows(writer.directory) as bad_rows:
                raises = self._options.on_bad_row == "raise"
                self._tally = Tally(name, layout, self._options, bad_rows, raises=raises)
                self._writer = writer
                yield
        except KeyboardInterrupt:
            if not writer.is_published:  # else it came too late to undo anything
                raise

    @contextmanager
    def flushed(self) -> Iterator[None]:
        """Hand the rows to the disk while more are parsed, and the last ones while the index is built."""
        if self._writer is None:
            yield
            return
        with Workers(1) as pool:
            flushing = None
            try:
                flushing = start(pool, self._flush, self._writer)  # without a thread, publishing waits longer
                yield
            finally:
                self.stop()
            if flushing:
                flushing.result()  # raises what it met, such as a full disk, after which the rows end early

    def new_parser(self) -> Parser:
        """Make the parser of one worker. The first one compiles the kernels, or loads them."""
        options, layout = self._options, self._tally.layout
        wanted = options.wanted.kept if options.wanted else None
        return parser_for(layout, options.errors, wanted, options.encoding)

    def work(self, parser: Parser) -> None:
        """Parse chunks until none is left; any number of workers may do so, and join at any time."""
        with self._turn:
            self._workers += 1
        try:
            while chunk := self._chunks.take(alone=self._workers == 1):
                block = parser.parse(chunk.buffer)
                rows = rounded_block(block, self._options.dtype)
                row = self._take_turn(chunk.number, block, rows)
                if row is None:
                    break
                if self._writer:
                    self._writer.write_rows(row, rows.first(len(block.words)))
                self._chunks.give_back(chunk.buffer)
        except BaseException:
            self.stop()
            raise
        finally:
            with self._turn:
                self._workers -= 1

    @property
    def bytes_read(self) -> int:
        """How many bytes of the source have been read, as in `Progress`."""
        return self._source.bytes_read

    @property
    def is_read(self) -> bool:
        """Whether workers have taken all of the text, and nothing more is read from the source."""
        return self._chunks.is_exhausted

    def stop(self) -> None:
        """Let the workers finish: everything is read, the limit is reached, or one has failed."""
        with self._turn:
            self._stopped = True
            self._turn.notify_all()
        self._chunks.stop()
        self._source.stop_waiting()

    def check(self, failures: Sequence[BaseException]) -> None:
        """Raise what kept the text from being read to its end: an error of a worker, say."""
        self._chunks.clear()
        self._source.check_unchanged()  # first, since a file that changes may look like anything
        if failures:
            raise failures[0]
        if self._chunks.error and not self._tally.is_full:
            raise self._chunks.error

    def index(self) -> None:
        """Index the words of all rows."""
        self._vocabulary = WordIndex.from_words(self._tally.take_words())

    def describe(self) -> DryRun:
        """Describe what was read."""
        return describe(self._source, self._tally, self._vocabulary)

    def announce(self, found: DryRun) -> None:
        """Report that all is read, and log what the caller needs to know."""
        self.report_progress()
        warn(self._source.name, found.report, found.rows)

    def complete(self, found: DryRun) -> DryRun:
        """Write all of the store but its name; raise why there can be none, or add it to a report."""
        tally, vocabulary = self._tally, self._vocabulary
        del self._vocabulary
        error = obstacle(tally, found.wanted)
        if self._writer is None:
            return replace(found, error=None if error is None else str(error))
        if error:
            raise error
        checksums = {**tally.checksums(), **tally.bad_rows.finish()}
        self._writer.complete(vocabulary, found.metadata(), checksums)
        return found

    def publish(self) -> None:
        """Give the store its name."""
        if self._writer:
            self._writer.publish()

    def report_progress(self) -> None:
        """Tell the caller how far reading has come."""
        if self._options.progress:
            source = self._source
            self._options.progress(
                Progress(source.bytes_read, source.bytes_total, self._tally.rows, source.name)
            )

    def _read_layout(self) -> Layout:
        """Read the first chunk and learn from it how wide the rows are and whether there is a header."""
        options = self._options
        if isinstance(self._reader, BinaryRowReader):
            return self._reader.layout
        first, whole = self._chunks.read_first(_LAYOUT_LINES)
        sample = bytes(memoryview(first.bytes)[first.begin : first.end])
        layout = infer_layout(
            sample,
            self._source.name,
            dim=options.dim,
            header=options.header,
            separator=options.separator,
            whole=whole,
            encoding=options.encoding,
        )
        if layout.header:
            first.begin += sample.index(b"\n") + 1
        if options.wanted:
            self._chunks.read_larger_chunks()
        return layout

    def _parse_all(self) -> None:
        """Let the workers parse the whole source; their memory is free again before the index is built."""
        # The kernels are compiled, or loaded, once before the workers start.
        parsers = [self.new_parser() for _ in range(self._options.workers)]
        with Workers(len(parsers)) as pool:
            try:  # around the start as well: an interrupt between two workers must stop the first
                work = self._start_workers(pool, parsers)
                seconds = PROGRESS_SECONDS if self._options.progress else None
                while wait(work, seconds, FIRST_EXCEPTION).not_done:
                    if any(future.done() and future.exception() for future in work):
                        break
                    self.report_progress()
            finally:  # KeyboardInterrupt comes here as well
                self.stop()
        self.check([error for future in work if (error := future.exception())])

    def _start_workers(self, pool: Workers, parsers: Sequence[Parser]) -> list[Future[None]]:
        """Start a worker for each parser, or as many as the system has threads for."""
        work: list[Future[None]] = []
        for parser in parsers:
            future = start(pool, self.work, parser)
            if future is None:
                break
            work.append(future)
        if not work:
            raise no_thread_left()
        return work

    def _flush(self, writer: StoreWriter) -> None:
        try:
            stopped, seconds = False, _FIRST_FLUSH_SECONDS
            while not stopped:
                with self._turn:
                    stopped = self._turn.wait_for(lambda: self._stopped, seconds)
                writer.flush()
                seconds = _FLUSH_SECONDS
        except BaseException:
            self.stop()
            raise

    def _take_turn(self, chunk: int, block: Block, rows: StoredRows) -> int | None:
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
            row = self._tally.add(block, rows)
            if self._tally.is_full:
                self.stop()
            self._next_chunk += 1
            self._turn.notify_all()
            return row
