"""Several conversions at once: the members of archives, by workers that they share.

Inflating a member takes longer than parsing it and cannot be shared, so several members are under way at the
same time. Their stores are published in the archive's order by the caller's thread: after an error, those
before it are there, and no other.
"""

import threading
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from glovefast.conversion.options import Options, wanted_words
from glovefast.conversion.pipeline import PROGRESS_SECONDS, Conversion
from glovefast.conversion.report import DryRun
from glovefast.parser.formats import Parser
from glovefast.sources.source import OpenArchive
from glovefast.threads import Workers, no_thread_left, start

if TYPE_CHECKING:
    from glovefast.matrix.fallbacks import Fallback
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary

# Each member under way has its words in memory, and each that waits for those before it an open directory.
_MOST_UNDER_WAY, _MOST_UNPUBLISHED = 8, 32


class Member(NamedTuple):
    """A member of an archive and the store that it becomes; None to read it only."""

    archive: OpenArchive
    name: str
    target: Path | None


class Converted(NamedTuple):
    """A member that was converted or read, what was found in it, and what it took."""

    member: Member
    found: DryRun
    bytes_read: int
    seconds: float


def convert_members(
    members: Sequence[Member],
    *,
    words: "AnyVocabulary | None" = None,
    fallback: "Fallback | Iterable[Fallback]" = (),
    overwrite: bool = False,
    **options: Any,  # noqa: ANN401 - checked by `Options`
) -> Generator[Converted, None, None]:
    """Convert members of archives, several at once, or only read those without a target.

    Parameters
    ----------
    members : sequence of Member
        The members, with their stores.
    words, fallback, overwrite, **options
        As in `convert_archive`, for every member.

    Yields
    ------
    Converted
        Each member in turn, once its store is in its place.

    Raises
    ------
    FormatError, StoreError, VocabularyError, OSError, ValueError, TypeError
        The error of the first member that fails, once the stores before it are in their places.
    """
    yield from Crew(members, Options(**options, wanted=wanted_words(words, fallback)), overwrite).run()


class _Job:
    """The conversion of one member, from its beginning by one worker to its end by the last one that leaves.

    Attributes
    ----------
    resources : contextlib.ExitStack
        Closes the source and discards the store, if that is not published.
    flushing : contextlib.ExitStack
        Ends the thread that hands the rows to the disk.
    """

    def __init__(self, number: int, member: Member) -> None:
        self.number = number
        self.member = member
        self.conversion: Conversion | None = None
        self.resources, self.flushing = ExitStack(), ExitStack()
        self.workers = 0
        self.started = 0.0
        self.failures: list[BaseException] = []  # of its workers
        self.error: BaseException | None = None
        self.is_cancelled = self.is_done = False
        self.found: DryRun | None = None
        self.converted: Converted

    @property
    def is_read(self) -> bool:
        """Whether no worker is needed any more besides those at work."""
        return self.is_done or (self.conversion is not None and self.conversion.is_read)


class Crew:
    """Convert members of archives, several at once.

    Parameters
    ----------
    members : sequence of Member
        What to convert, in the order in which the stores are published.
    options : Options
        The caller's choices, for every member.
    overwrite : bool
        Replace existing stores.
    """

    def __init__(self, members: Sequence[Member], options: Options, overwrite: bool) -> None:
        self._jobs = [_Job(number, member) for number, member in enumerate(members)]
        self._options = options
        self._overwrite = overwrite
        self._changed = threading.Condition()
        self._one_at_a_time = threading.Lock()  # for what may call the user's functions, or loads kernels
        self._begun = self._published = 0
        self._last = len(self._jobs) - 1  # the last job that is needed: an error makes those after it useless
        self._stopped = False
        self._crash: BaseException | None = None

    def run(self) -> Generator[Converted, None, None]:
        """Convert the members, publish their stores in order, and yield each once it is there.

        Raises
        ------
        FormatError, StoreError, VocabularyError, OSError
            The error of the first member that fails, once the stores before it are published.
        """
        try:
            with Workers(self._options.workers) as pool:
                try:
                    self._start_workers(pool)
                    for job in self._jobs:
                        self._wait_for(job)
                        interrupt = self._publish(job)
                        yield job.converted
                        if interrupt and job is not self._jobs[-1]:
                            raise interrupt
                finally:
                    self._cancel_after(-1)
        finally:
            for job in self._jobs[self._published : self._begun]:
                job.resources.close()

    def _start_workers(self, pool: Workers) -> None:
        """Start the workers, or as many as the system has threads for."""
        for number in range(self._options.workers):
            if start(pool, self._work) is None:
                if number == 0:
                    raise no_thread_left()
                return

    def _wait_for(self, job: _Job) -> None:
        """Wait for the end of a job, and report the progress of all meanwhile."""
        seconds = PROGRESS_SECONDS if self._options.progress else None
        while True:
            with self._changed:
                self._changed.wait_for(lambda: job.is_done or self._crash, seconds)
                if self._crash:
                    raise self._crash
                if job.is_done:
                    return
                under_way = [each for each in self._under_way() if each.conversion]
            for each in under_way:
                if each.conversion:
                    each.conversion.report_progress()

    def _publish(self, job: _Job) -> KeyboardInterrupt | None:
        """Publish the store of a job that is done; give an interrupt that came too late to prevent it."""
        interrupt = None
        if job.conversion and job.found:
            job.conversion.announce(job.found)
        if job.error:
            raise job.error
        with job.resources:
            try:
                if job.conversion:
                    job.conversion.publish()
            except KeyboardInterrupt as error:
                interrupt = error
                raise
        with self._changed:
            job.conversion = None  # its memory is needed no longer
            self._published += 1
            self._changed.notify_all()
        return interrupt

    def _work(self) -> None:
        try:
            self._take_jobs()
        except BaseException as error:
            with self._changed:
                self._crash = error
                self._changed.notify_all()

    def _take_jobs(self) -> None:
        """Begin jobs, or help other workers with theirs, until no more workers are needed."""
        mine: tuple[_Job, Parser] | None = None
        while job := self._next_job():
            try:
                conversion = job.conversion or self._begin(job)
                if mine is None or mine[0] is not job:
                    mine = None  # its memory is free before the next parser takes as much
                    with self._one_at_a_time:
                        mine = job, conversion.new_parser()
                conversion.work(mine[1])
            except BaseException as error:
                self._fail(job, error)
            if self._is_last_to_leave(job):
                mine = None
                self._end(job)

    def _next_job(self) -> _Job | None:
        """Find work: a job that can begin, else one to help with; wait for one if there may be one later."""
        with self._changed:
            while not self._stopped:
                under_way = self._under_way()
                if self._can_begin(under_way):
                    job = self._jobs[self._begun]
                    self._begun += 1
                    job.workers += 1
                    return job
                unread = [each for each in under_way if not each.is_read]
                begun = [each for each in unread if each.conversion]
                if begun:
                    job = min(begun, key=lambda each: each.workers)
                    job.workers += 1
                    return job
                if self._begun > self._last and not unread:
                    break
                self._changed.wait()
        return None

    def _under_way(self) -> list[_Job]:
        return [each for each in self._jobs[self._published : self._begun] if not each.is_done]

    def _can_begin(self, under_way: Sequence[_Job]) -> bool:
        """Whether the next job is needed, has a place, and does not wait for its archive's other members."""
        if self._begun > self._last or self._begun - self._published >= _MOST_UNPUBLISHED:
            return False
        archive = self._jobs[self._begun].member.archive
        is_free = archive.reads_in_parallel or all(
            each.is_read for each in under_way if each.member.archive is archive
        )
        return is_free and len(under_way) < _MOST_UNDER_WAY

    def _begin(self, job: _Job) -> Conversion:
        job.started = time.perf_counter()
        with ExitStack() as resources:
            source = resources.enter_context(job.member.archive.open(job.member.name))
            conversion = Conversion(source, self._options)
            resources.enter_context(conversion.begun(job.member.target, self._overwrite))
            job.flushing.enter_context(conversion.flushed())
            job.resources = resources.pop_all()
        with self._changed:
            job.conversion = conversion
            if job.is_cancelled:
                conversion.stop()
            self._changed.notify_all()
        return conversion

    def _fail(self, job: _Job, error: BaseException) -> None:
        """Note an error, which ends the job, and makes those after it useless."""
        with self._changed:
            job.failures.append(error)
        if job.conversion:
            job.conversion.stop()
        self._cancel_after(job.number)

    def _cancel_after(self, number: int) -> None:
        with self._changed:
            self._last = min(self._last, number)
            self._stopped |= number < 0
            cancelled = self._jobs[number + 1 : self._begun]
            for job in cancelled:
                job.is_cancelled = True
            self._changed.notify_all()
        for job in cancelled:
            if job.conversion:
                job.conversion.stop()

    def _is_last_to_leave(self, job: _Job) -> bool:
        """Leave a job; whoever leaves last ends it."""
        with self._changed:
            job.workers -= 1
            self._changed.notify_all()
            return job.workers == 0

    def _end(self, job: _Job) -> None:
        """Complete the store of a job, or discard it."""
        try:
            with job.resources:
                if job.conversion and not job.is_cancelled:
                    self._complete(job, job.conversion)
                    job.resources = job.resources.pop_all()  # for `_publish`
                else:
                    job.flushing.close()
                    if job.failures:
                        raise job.failures[0]
        except BaseException as error:
            job.error = error
            self._cancel_after(job.number)
        with self._changed:
            job.is_done = True
            self._changed.notify_all()

    def _complete(self, job: _Job, conversion: Conversion) -> None:
        with job.flushing:
            conversion.stop()  # the last rows go to the disk while the index is built
            conversion.check(job.failures)
            conversion.index()
        with self._one_at_a_time:
            job.found = conversion.describe()
        found = conversion.complete(job.found)
        seconds = time.perf_counter() - job.started
        job.converted = Converted(job.member, found, conversion.bytes_read, seconds)
