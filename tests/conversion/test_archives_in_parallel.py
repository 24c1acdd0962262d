"""Members of archives that are converted at the same time: in any order of events, the same comes out."""

import gzip
import logging
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

import glovefast
from glovefast.conversion import crew
from glovefast.conversion.convert import convert, convert_archive
from glovefast.conversion.pipeline import Conversion
from glovefast.errors import FormatError, StoreError
from glovefast.parser import chunks
from glovefast.parser.blocks import BlockParser
from glovefast.progress import Progress
from glovefast.sources.source import Source
from glovefast.store.writing import StoreWriter
from glovefast.vectors import load
from tests.helpers.containers import tarred, zipped
from tests.helpers.files import names_here
from tests.helpers.waiting import PATIENCE
from tests.robustness.killing import contents


def text(name: str, rows: int = 300) -> bytes:
    return b"".join(b"%s%d %d.5 -%d\n" % (name.encode(), row, row, row) for row in range(rows))


NAMES = ["a", "b", "c", "d"]
TEXTS = {f"{name}.txt": text(name) for name in NAMES}
STORES = [f"{name}.glovefast" for name in NAMES]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1000)


def write(members: dict[str, bytes], pack: Callable = zipped) -> str:
    Path("vectors.zip").write_bytes(pack(members))
    return "vectors.zip"


class Gate:
    """Holds up what a worker does for one member until the test, or another member, opens the gate."""

    def __init__(self, monkeypatch, home: type, method: str, name_of: Callable[..., str]) -> None:
        self.events: dict[str, threading.Event] = {}
        self.reached: dict[str, threading.Event] = {name: threading.Event() for name in NAMES}
        original = getattr(home, method)

        def gated(*arguments):
            name = name_of(*arguments)
            self.reached[name].set()
            if name in self.events:
                assert self.events[name].wait(PATIENCE), f"{name} was never let through"
            return original(*arguments)

        monkeypatch.setattr(home, method, gated)

    def hold(self, name: str) -> threading.Event:
        return self.events.setdefault(name, threading.Event())


def member_of(conversion: Conversion, *_: object) -> str:
    return conversion._source.name.rpartition("!")[2].removesuffix(".txt")


@pytest.mark.parametrize("threads", [2, 3, 4, 8])
def test_members_are_read_at_the_same_time(monkeypatch, threads):
    """Each one of as many as there are threads waits until the others have begun, too."""
    together = min(threads, len(NAMES))
    barrier = threading.Barrier(together)
    work = Conversion.work

    def meet(conversion, parser):
        with one_by_one:  # a second worker may come to a member at the same time
            is_first = member_of(conversion) in NAMES[:together] and conversion not in met
            met.extend([conversion] * is_first)
        if is_first:
            barrier.wait(PATIENCE)
        work(conversion, parser)

    met: list[Conversion] = []
    one_by_one = threading.Lock()
    monkeypatch.setattr(Conversion, "work", meet)
    made = convert_archive(write(TEXTS), threads=threads)
    assert [path.name for path in made] == STORES
    assert len(met) == together


@pytest.mark.parametrize("pack", [zipped, tarred, lambda members: gzip.compress(tarred(members))])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_stores_are_those_of_single_conversions(pack, threads):
    members = {f"{name}.txt": text(name, rows) for name, rows in zip(NAMES, (1, 2000, 30, 700), strict=True)}
    archive = write(members, pack)
    made = convert_archive(archive, "made", threads=threads)
    for store, member in zip(made, members, strict=True):
        assert contents(store) == contents(convert(archive, "alone", member=member, overwrite=True))


def test_idle_workers_help(monkeypatch):
    """A worker that has nothing of its own joins another one's member, which needs both to go on."""
    barrier = threading.Barrier(2)
    parse, parsers = BlockParser.parse, set()

    def meet(parser, buffer):
        if bytes(buffer.bytes[buffer.begin : buffer.begin + 1]) == b"b" and parser not in parsers:
            parsers.add(parser)
            barrier.wait(PATIENCE)
        return parse(parser, buffer)

    monkeypatch.setattr(BlockParser, "parse", meet)
    assert len(convert_archive(write({"a.txt": text("a", 2), "b.txt": text("b")}), threads=2)) == 2
    assert len(parsers) == 2


@pytest.mark.parametrize("threads", [2, 4])
def test_stores_are_published_in_the_archives_order(monkeypatch, threads):
    """The first member ends last; until then no other store has its name."""
    gate = Gate(monkeypatch, Conversion, "index", member_of)
    first, seen = gate.hold("a"), []
    complete = StoreWriter.complete

    def note(writer, *arguments):
        complete(writer, *arguments)
        seen.append((writer.destination.name, names_here()))
        if len(seen) == len(NAMES) - 1:
            first.set()

    monkeypatch.setattr(StoreWriter, "complete", note)
    made = convert_archive(write(TEXTS), threads=threads)
    assert [path.name for path in made] == STORES
    assert seen[-1][0] == "a.glovefast"
    for _, names in seen:
        assert [name for name in names if not name.startswith(".")] == ["vectors.zip"]


BAD = b"bad 1\n"


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("bad", range(4))
def test_an_error_keeps_the_stores_before_it_and_no_other(threads, bad):
    members = TEXTS | {f"{NAMES[bad]}.txt": text(NAMES[bad]) + BAD}
    with pytest.raises(FormatError) as caught:
        convert_archive(write(members), threads=threads)
    assert (caught.value.path, caught.value.line) == (f"vectors.zip!{NAMES[bad]}.txt", 301)
    assert names_here() == [*STORES[:bad], "vectors.zip"]
    notes = [f"complete stores made before this error: {', '.join(STORES[:bad])}"] if bad else []
    assert getattr(caught.value, "__notes__", []) == notes


def test_the_first_member_in_the_archive_that_fails_decides(monkeypatch):
    """Though a later one has failed before, and members between them are under way."""
    gate = Gate(monkeypatch, Conversion, "work", member_of)
    first, fail = gate.hold("b"), crew.Crew._fail

    def note(team, job, error):
        fail(team, job, error)
        if job.number == 3:
            first.set()

    monkeypatch.setattr(crew.Crew, "_fail", note)
    bad = {f"{name}.txt": text(name) + BAD for name in "bd"}
    with pytest.raises(FormatError, match=r"vectors\.zip!b\.txt, line 301"):
        convert_archive(write(TEXTS | bad), threads=4)
    assert first.is_set()
    assert names_here() == ["a.glovefast", "vectors.zip"]


def test_what_comes_after_an_error_is_not_begun(monkeypatch):
    opened, begun = [], Conversion.begun
    monkeypatch.setattr(
        Conversion, "begun", lambda each, *more: opened.append(member_of(each)) or begun(each, *more)
    )
    with pytest.raises(FormatError):
        convert_archive(
            write({"a.txt": text("a") + BAD, **{f"{n}.txt": text("z") for n in range(100)}}), threads=2
        )
    assert len(opened) <= 3


def test_a_replaced_store_stays_after_an_error_before_it():
    convert_archive(write(TEXTS))
    old = contents(Path("c.glovefast"))
    with pytest.raises(FormatError):
        convert_archive(write({**TEXTS, "b.txt": b"b 1 2\n" + BAD}), overwrite=True, limit=7)
    assert len(load("a.glovefast")) == 7
    assert contents(Path("c.glovefast")) == old
    assert names_here() == [*STORES, "vectors.zip"]


@pytest.mark.parametrize("moment", ["work", "index", "complete", "publish"])
@pytest.mark.parametrize("threads", [1, 3])
def test_an_interrupt_leaves_whole_stores_only(monkeypatch, threads, moment):
    """While the third member is at any step, in the thread of the caller as a signal does it."""
    at_step = threading.Event()
    original = getattr(Conversion, moment)

    def step(conversion, *arguments):
        if member_of(conversion) == "c":
            if moment == "publish":
                raise KeyboardInterrupt
            at_step.set()
        return original(conversion, *arguments)

    def interrupt(progress: Progress) -> None:
        if at_step.is_set():
            raise KeyboardInterrupt

    monkeypatch.setattr(Conversion, moment, step)
    monkeypatch.setattr(crew, "PROGRESS_SECONDS", 0.001)
    with pytest.raises(KeyboardInterrupt):
        convert_archive(write(TEXTS), threads=threads, progress=interrupt)
    *made, archive = names_here()
    assert archive == "vectors.zip"
    assert made in (STORES[:count] for count in range(4))
    for store in made:
        assert len(load(store)) == 300


def test_an_interrupt_that_comes_too_late_for_one_store_ends_the_work_before_the_next(monkeypatch):
    publish = StoreWriter.publish

    def interrupted(writer):
        publish(writer)
        if writer.destination.name == "b.glovefast":
            raise KeyboardInterrupt

    monkeypatch.setattr(StoreWriter, "publish", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        convert_archive(write(TEXTS), threads=2)
    assert names_here() == [*STORES[:2], "vectors.zip"]
    assert caught.value.__notes__ == [f"complete stores made before this error: {', '.join(STORES[:2])}"]


def test_a_progress_that_raises_ends_the_work():
    def end(progress: Progress) -> None:
        if progress.source.endswith("!c.txt"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        convert_archive(write(TEXTS), threads=3, progress=end)
    assert set(names_here()) <= {*STORES[:2], "vectors.zip"}


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_progress_of_all_members(threads):
    """In the caller's thread; each member comes to its end, in order, and never goes back."""
    reports: list[Progress] = []

    def note(progress: Progress) -> None:
        assert threading.current_thread() is threading.main_thread()
        reports.append(progress)

    convert_archive(write(TEXTS), threads=threads, progress=note)
    for name, data in TEXTS.items():
        own = [report for report in reports if report.source == f"vectors.zip!{name}"]
        assert [report.bytes_read for report in own] == sorted(report.bytes_read for report in own)
        assert (own[-1].bytes_read, own[-1].bytes_total, own[-1].rows) == (len(data), len(data), 300)
    last = {report.source: number for number, report in enumerate(reports)}
    assert list(last) == sorted(last, key=last.__getitem__)


def test_warnings_come_in_the_archives_order(caplog):
    rows = dict(zip(NAMES, (900, 2, 1, 3), strict=True))
    texts = {f"{name}.txt": b"400 2\n" + text(name, rows[name]) for name in NAMES}
    with caplog.at_level(logging.WARNING):
        convert_archive(write(texts), threads=4)
    warned = [record.getMessage().split(":")[0] for record in caplog.records]
    assert warned == [f"vectors.zip!{name}" for name in texts]


def test_workers_share_the_threads_that_there_are(monkeypatch):
    """Not more parse at once than threads were asked for, however many members there are."""
    at_work, most, lock, parse = 0, [], threading.Lock(), BlockParser.parse

    def count(parser, buffer):
        nonlocal at_work
        with lock:
            at_work += 1
            most.append(at_work)
        try:
            return parse(parser, buffer)
        finally:
            with lock:
                at_work -= 1

    monkeypatch.setattr(BlockParser, "parse", count)
    convert_archive(write({f"{number}.txt": text("x") for number in range(30)}), threads=3)
    assert max(most) <= 3


def test_few_members_are_under_way_however_many_threads_there_are(monkeypatch):
    monkeypatch.setattr(crew, "_MOST_UNDER_WAY", 3)
    at_work, most, lock = set(), [], threading.Lock()
    begun, complete = Conversion.begun, Conversion.complete

    def begin(conversion, *arguments):
        with lock:
            at_work.add(conversion)
            most.append(len(at_work))
        return begun(conversion, *arguments)

    def end(conversion, found):
        try:
            return complete(conversion, found)
        finally:
            with lock:
                at_work.discard(conversion)

    monkeypatch.setattr(Conversion, "begun", begin)
    monkeypatch.setattr(Conversion, "complete", end)
    assert len(convert_archive(write({f"{number}.txt": text("x") for number in range(40)}), threads=16)) == 40
    assert max(most) <= 3


def test_few_stores_wait_for_those_before_them(monkeypatch):
    monkeypatch.setattr(crew, "_MOST_UNPUBLISHED", 5)
    gate = Gate(monkeypatch, Conversion, "index", member_of)
    gate.reached |= {str(number): threading.Event() for number in range(40)}
    first, complete, waiting = gate.hold("0"), StoreWriter.complete, []

    def note(writer, *arguments):
        complete(writer, *arguments)
        waiting.append(writer)
        if len(waiting) == 4:
            first.set()

    monkeypatch.setattr(StoreWriter, "complete", note)
    names = list(map(str, range(40)))
    made = convert_archive(write({f"{name}.txt": text("x") for name in names}), threads=4)
    assert [path.stem for path in made] == names
    assert [int(writer.destination.stem) for writer in waiting[:5]].index(0) == 4


def test_one_member_of_a_tar_is_read_at_a_time(monkeypatch):
    """It has one stream; the next member begins once the one before is read, limit or not."""
    reading, readinto = set(), Source.readinto

    def read(source, buffer):
        reading.add(source.name)
        assert len(reading) == 1
        count = readinto(source, buffer)
        reading.remove(source.name)
        return count

    monkeypatch.setattr(Source, "readinto", read)
    for limit in (None, 10):
        archive = write(TEXTS, lambda members: gzip.compress(tarred(members)))
        made = convert_archive(archive, threads=4, limit=limit, overwrite=True)
        assert [load(store).words[1].as_py() for store in made] == [f"{name}1" for name in NAMES]
        assert [len(load(store)) for store in made] == [limit or 300] * 4


def test_a_full_disk_in_one_member(monkeypatch):
    complete = StoreWriter.complete

    def full(writer, *arguments):
        if writer.destination.name == "c.glovefast":
            raise OSError(28, "No space left on device")
        complete(writer, *arguments)

    monkeypatch.setattr(StoreWriter, "complete", full)
    with pytest.raises(OSError, match="No space left") as caught:
        convert_archive(write(TEXTS), threads=4)
    assert Path(caught.value.filename).name == "c.glovefast"
    assert names_here() == [*STORES[:2], "vectors.zip"]


def test_rows_that_cannot_be_handed_to_the_disk(monkeypatch):
    def full(writer):
        if writer.destination.name == "b.glovefast":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(StoreWriter, "flush", full)
    with pytest.raises(OSError, match="No space left"):
        convert_archive(write(TEXTS), threads=4)
    assert names_here() == ["a.glovefast", "vectors.zip"]


def test_a_name_that_is_taken_meanwhile():
    def take(progress: Progress) -> None:
        Path("b.glovefast").mkdir(exist_ok=True)

    with pytest.raises(StoreError, match=r"b\.glovefast: already exists"):
        convert_archive(write(TEXTS), threads=4, progress=take)
    assert names_here() == ["a.glovefast", "b.glovefast", "vectors.zip"]


def test_memory_does_not_grow_with_the_members(monkeypatch):
    """Forty members of 200 kB take hardly more than four."""

    def peak(members: int) -> int:
        archive = write({f"{number}.txt": text("x", 10_000) for number in range(members)})
        tracemalloc.start()
        convert_archive(archive, f"made{members}", threads=2)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    monkeypatch.setattr(chunks, "CHUNK_BYTES", 50_000)
    monkeypatch.setattr(crew, "_MOST_UNPUBLISHED", 3)
    peak(1)
    assert peak(40) < 2 * peak(4)


def test_a_system_that_has_no_threads_left(monkeypatch):
    """One is enough; without any, the error says so."""
    for available in (1, 0):
        left = [available]

        def start(pool, work, *arguments, left=left):
            if not left[0]:
                return None
            left[0] -= 1
            return pool.submit(work, *arguments)

        monkeypatch.setattr(crew, "start", start)
        if available:
            assert len(convert_archive(write(TEXTS), "made", threads=4)) == 4
        else:
            with pytest.raises(OSError, match="cannot start a thread"):
                convert_archive(write(TEXTS), "none", threads=4)
            assert "none" not in names_here()


def test_a_dry_run_of_all_members_finds_what_each_dry_run_finds():
    from glovefast.conversion.crew import Member, convert_members
    from glovefast.sources.opening import open_archive

    members = TEXTS | {"b.txt": text("b") + BAD}
    with open_archive(write(members)) as archive:
        found = list(convert_members([Member(archive, name, None) for name in members], threads=3))
    assert names_here() == ["vectors.zip"]
    for each, name in zip(found, members, strict=True):
        assert each.found == glovefast.dry_run("vectors.zip", member=name)
        assert each.bytes_read == len(members[name])
    assert [each.found.error is None for each in found] == [True, False, True, True]
