"""Files that are read while a server sends them: which bytes are fetched, and what interrupts do."""

import errno
import random
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO

import pytest
import urllib3

from glovefast.errors import FetchError
from glovefast.sources import attempts, http
from glovefast.sources.addresses import remote_of
from glovefast.sources.attempts import OfflineError
from glovefast.sources.kept_parts import KeptParts
from glovefast.sources.opening import open_source
from glovefast.sources.remote import ChangedFileError
from glovefast.sources.transfers import RemoteFile
from tests.helpers.containers import TEXT, tarred, zipped
from tests.helpers.waiting import PATIENCE
from tests.helpers.web_server import cut_after, serving, status

DATA = random.Random(5).randbytes(300_000)
OTHER = DATA[:200_000] + b"changed" + DATA[200_007:]


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Do not wait between attempts."""
    monkeypatch.setattr(attempts, "_FIRST_WAIT", 0.0)


@pytest.fixture
def opened(tmp_path):
    """Open a file of a server, with the same kept parts each time."""

    def open_it(web, name="/data", report=None):
        return RemoteFile(remote_of(web.address + name), KeptParts(tmp_path / "parts"), report)

    return open_it


def kept(tmp_path) -> list[str]:
    folder = tmp_path / "parts"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("options", [{}, {"ranges": False}, {"etag": None}, {"etag": 'W/"1"'}])
def test_a_file_read_from_front_to_end_is_fetched_once(opened, options):
    with serving({"/data": DATA}, **options) as web, opened(web) as file:
        assert file.read(10) == DATA[:10]
        assert file.read(400_000) == DATA[10:]
        assert file.read(1) == b""
        again = 4096 if web.etag is None else 0  # nothing else tells that both answers are about one file
        assert web.sent == len(DATA) + again


def test_a_file_of_unknown_length_comes_first(opened):
    with serving({"/data": DATA}, ranges=False, with_length=False) as web, opened(web) as file:
        assert file.seek(0, 2) == len(DATA)
        assert file.seek(0) == 0
        assert file.read(400_000) == DATA
        assert web.sent == len(DATA)


def test_a_file_whose_end_nobody_marks(opened, caplog):
    """As servers send it that know HTTP 1.0 only."""

    def until_closed(handler):
        handler.send_response(200)
        handler.end_headers()
        web.send(handler, DATA)
        handler.close_connection = True

    with serving({"/data": DATA}, faults=[until_closed]) as web, opened(web) as file:
        assert file.read(400_000) == DATA
    assert (
        "the server does not say how long the file is, so a truncated download may go unnoticed"
        in caplog.text
    )


def test_parts_of_an_unknown_whole_are_not_believed(opened):
    def without_total(handler):
        data = DATA[:4096]
        handler.send_response(206)
        handler.send_header("Content-Range", "bytes 0-4095/*")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    with serving({"/data": DATA}, faults=[without_total]) as web, opened(web) as file:
        assert file.read(400_000) == DATA


def test_an_empty_file(opened):
    with serving({"/data": b""}) as web, opened(web) as file:
        assert (file.length, file.read(10)) == (0, b"")


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_of_a_zip_only_the_member_and_the_list_are_fetched(opened, compression):
    texts = {f"{name}.txt": random.Random(name).randbytes(400_000) for name in "abc"}
    data = zipped(texts, compression)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        packed = archive.getinfo("b.txt").compress_size
    with serving({"/data": data}) as web, opened(web) as file, zipfile.ZipFile(file) as archive:
        assert archive.read("b.txt") == texts["b.txt"]
    with serving({"/data": data}) as web, opened(web, "/data") as file:
        from glovefast.sources.zip_archives import ZipArchive

        member, size = ZipArchive("data", file).open("b.txt")
        found = bytearray(size)
        view = memoryview(found)
        while count := member.readinto(view):
            view = view[count:]
        assert bytes(found) == texts["b.txt"]
        assert web.sent <= 1.05 * packed


def test_of_a_zip64_archive_too(opened):
    file_object = BytesIO()
    with zipfile.ZipFile(file_object, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.txt", "b.txt"):
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(TEXT)
    buffer = memoryview(bytearray(len(TEXT) + 1))
    data = file_object.getvalue()
    with serving({"/data": data}) as web, opened(web) as file, open_source(file, "b.txt") as source:
        assert source.readinto(buffer) == len(TEXT)
    assert buffer[: len(TEXT)] == TEXT


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_archive(opened, ranges, mode):
    data = tarred({"a.txt": TEXT, "b.txt": TEXT[:6000]}, mode)
    with serving({"/data": data}, ranges=ranges) as web, opened(web) as file:
        with open_source(file, "b.txt") as source:
            buffer = memoryview(bytearray(9000))
            assert source.readinto(buffer) == 6000
        # Of an archive that is not compressed, members that are not wanted are passed over.
        assert web.sent < len(data) if ranges and mode == "w" else web.sent == len(data)


@pytest.mark.parametrize("marks", [{}, {"etag": None, "modified": "Mon, 01 Jan 2024 00:00:00 GMT"}])
def test_a_transfer_goes_on_where_it_was_cut(opened, marks):
    faults = [None, cut_after(100_000), cut_after(50_000)]
    with serving({"/data": DATA}, faults=faults, **marks) as web, opened(web) as file:
        assert file.read(400_000) == DATA
        assert web.sent == len(DATA)
        assert web.asked("Range") == [
            "bytes=0-4095",
            "bytes=4096-299999",
            "bytes=104096-299999",
            "bytes=154096-299999",
        ]
        assert set(web.asked("If-Range")[1:]) == {web.etag or web.modified}


@pytest.mark.parametrize("options", [{"ranges": False}, {"etag": None}])
def test_without_ranges_or_marks_the_same_bytes_must_come_again(opened, options):
    before = [] if "ranges" in options else [None]
    with (
        serving({"/data": DATA}, faults=[*before, cut_after(100_000)], **options) as web,
        opened(web) as file,
    ):
        assert file.read(400_000) == DATA

    def cut_and_change(handler):
        cut_after(250_000)(handler)
        web.files["/data"] = OTHER

    message = r"its bytes from [0-9,]+ on differ"
    with serving({"/data": DATA}, faults=[*before, cut_and_change], **options) as web, opened(web) as file:
        file.read(1)
        with pytest.raises(ChangedFileError, match=message):
            file.read(400_000)


@pytest.mark.parametrize(
    "change",
    [
        {"etag": '"2"'},
        {"etag": '"2"', "ranges": False},
        {"files": {"/data": OTHER + b"longer"}},
        {"files": {"/data": OTHER[:90_000]}},
        {"etag": None},
    ],
)
def test_a_file_that_changes_in_between_is_an_error(opened, change):
    def cut_and_change(handler):
        cut_after(100_000)(handler)
        for name, value in change.items():
            setattr(web, name, value)

    with serving({"/data": DATA}, faults=[None, cut_and_change]) as web, opened(web) as file:
        file.read(1)
        with pytest.raises(ChangedFileError, match=r"localhost.*: the file changed while it was fetched"):
            file.read(400_000)


def test_a_server_that_always_stops_at_the_same_place(opened):
    """As one does that promises more than it has."""
    with serving({"/data": DATA}) as web, opened(web) as file:
        web.faults = [cut_after(100_000), *[cut_after(0)] * 20]
        with pytest.raises(
            FetchError, match=r"broke off.*try again later; the download continues where it stopped"
        ):
            file.read(400_000)
        assert len(web.requests) == 7  # the beginning, one that brought something, and five that did not


def test_a_silent_server_is_asked_again(opened, monkeypatch):
    monkeypatch.setattr(http, "_SILENT_SECONDS", 0.05)
    monkeypatch.setattr(attempts, "_ATTEMPTS", 10_000)  # a busy server is silent, too, more or less often
    released = threading.Event()

    def stall(handler):
        if handler.headers["Range"] != "bytes=4096-299999":
            web.answer(handler)
            return
        web.send(handler, web.body(handler)[:100_000])
        released.wait(PATIENCE)
        handler.close_connection = True

    with serving({"/data": DATA}, faults=[stall] * 10_000) as web, opened(web) as file:
        try:
            assert file.read(400_000) == DATA
        finally:
            released.set()
        assert any(int(each[6:].split("-")[0]) > 4096 for each in web.asked("Range"))  # not all over again


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_busy_server_is_asked_again(opened, code):
    faults = [status(code, Retry_After="0"), None, status(code)]
    with serving({"/data": DATA}, faults=faults) as web, opened(web) as file:
        assert file.read(400_000) == DATA


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (404, "the server answers 404 Not Found; check the address"),
        (403, "the server answers 403 Forbidden; the server refuses access to it"),
        (401, "pass a name and a password"),
        (418, "answers 418"),
    ],
)
def test_what_will_not_pass_is_said_at_once(opened, code, said, tmp_path):
    with serving({"/data": DATA}, faults=[status(code)] * 9) as web:
        with pytest.raises(FetchError, match=said):
            opened(web)
        assert len(web.requests) == 1
    assert kept(tmp_path) == []


def test_other_bytes_than_were_asked_for(opened):
    def shifted(handler):
        web.send(handler, web.body(handler, begin=5))

    message = "the server sent other bytes than requested"
    with serving({"/data": DATA}, faults=[shifted]) as web, pytest.raises(FetchError, match=message):
        opened(web)


def test_redirects_are_followed_each_time(opened):
    with serving({"/data": DATA}) as web, serving({}) as first:
        first.faults = [
            status(302, Location=f"{web.address}/data"),
            status(307, Location=f"{web.address}/data"),
        ]
        with opened(first, "/elsewhere") as file:
            assert file.read(400_000) == DATA
        assert len(first.requests) == len(web.requests) == 2


def test_redirects_that_lead_nowhere(opened):
    with serving({}) as web:
        web.faults = [status(302, Location="/data")] * 20
        with pytest.raises(FetchError, match="redirects more than 10 times"):
            opened(web)
        web.faults = [status(302, Location="ftp://localhost/data")]
        with pytest.raises(FetchError, match="which is not a web address"):
            opened(web)


def test_no_server(opened):
    with serving({}) as web:
        pass
    with pytest.raises(OfflineError, match="cannot reach localhost"):
        opened(web)


def test_the_next_process_fetches_only_the_rest(opened, tmp_path):
    with serving({"/data": DATA}, faults=[None, cut_after(100_000), *[cut_after(0)] * 9]) as web:
        with opened(web) as file, pytest.raises(FetchError):
            file.read(400_000)
        assert kept(tmp_path) == ["0.part", "version.json"]
        web.faults.clear()
        web.forget()
        with opened(web) as file:
            assert file.read(400_000) == DATA
        assert web.sent == len(DATA) - 104_096 + 1  # one byte to learn that the file is the same


def test_a_transfer_that_failed_is_not_begun_again(opened):
    """Neither by a reader that comes to wait for it only now."""
    with serving({"/data": DATA}, faults=[None, *[cut_after(0)] * 20]) as web, opened(web) as file:
        with pytest.raises(FetchError):
            file.read(400_000)
        failed = file._transfer
        with pytest.raises(FetchError):
            file.read(400_000)
        file.will_need(200_000, 300_000)
        assert file._transfer is failed
        assert len(web.requests) == 7


def test_what_came_since_the_reader_looked_is_not_fetched_again(opened, monkeypatch):
    """It comes after a look in vain, and its transfer ends, before the reader begins another one."""
    read, looked = KeptParts.read, threading.Event()

    def hold(handler):
        data = web.body(handler)
        assert looked.wait(PATIENCE)
        web.send(handler, data)

    def look(parts, position, target):
        count = read(parts, position, target)
        if not count:
            looked.set()
            file._transfer.thread.join()
        return count

    with serving({"/data": DATA}, faults=[hold]) as web, opened(web) as file:
        monkeypatch.setattr(KeptParts, "read", look)
        assert file.read(100) == DATA[:100]
        assert looked.is_set()
        assert web.asked("Range") == ["bytes=0-4095"]


def test_nothing_is_fetched_for_a_reader_that_was_woken_or_is_closed(opened):
    with serving({"/data": DATA}) as web, opened(web) as file:
        file.read(4096)
        before = file._transfer
        file.stop_waiting()
        file.will_need(100_000, 200_000)
        file.seek(100_000)
        with pytest.raises(OSError, match="canceled"):
            file.read(100)
        file.close()
        file.will_need(100_000, 200_000)
        assert file._transfer is before
        assert len(web.requests) == 1


def test_a_transfer_without_a_thread_is_not_waited_for(opened, monkeypatch):
    """An archive's library may go on after the error, and read again."""
    with serving({"/data": DATA}) as web, opened(web) as file:
        file.read(4096)

        def none_left(thread):
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", none_left)
            for _ in range(2):
                with pytest.raises(OSError, match="cannot start a thread"):
                    file.read(100)
        assert file.read(400_000) == DATA[4096:]


def test_a_transfer_that_was_stopped_may_still_ask(monkeypatch):
    """Both make connections of the same kind at the same time; one object has them, which closing finds."""
    remote, making, made = http.HttpRemote("http://localhost/data"), threading.Barrier(2), []

    def make(proxy):
        with suppress(threading.BrokenBarrierError):  # as it should be: they do not meet
            making.wait(0.2)
        made.append(proxy)
        return urllib3.PoolManager()

    monkeypatch.setattr(http, "_new_manager", make)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(remote._manager, [remote.address] * 2)
    assert one is other
    assert len(made) == 1


@pytest.mark.parametrize(
    "change", [{"etag": '"2"'}, {"ranges": False}, {"etag": None}, {"files": {"/data": OTHER + b"1"}}]
)
def test_the_next_process_begins_anew_if_the_file_changed(opened, change):
    with serving({"/data": DATA}, faults=[None, cut_after(100_000), *[cut_after(0)] * 9]) as web:
        with opened(web) as file, pytest.raises(FetchError):
            file.read(400_000)
        web.faults.clear()
        web.files = {"/data": OTHER}
        for name, value in change.items():
            setattr(web, name, value)
        with opened(web) as file:
            assert file.read(400_000) == web.files["/data"]


def test_damaged_notes_are_not_believed(opened, tmp_path):
    folder = tmp_path / "parts"
    for note in (b"", b"[]", b'{"length": "5", "etag": 1, "modified": null}', b'{"length": 300000}'):
        folder.mkdir(exist_ok=True)
        (folder / "version.json").write_bytes(note)
        (folder / "0.part").write_bytes(b"wrong")
        with serving({"/data": DATA}) as web, opened(web) as file:
            assert file.read(400_000) == DATA


def test_a_reader_can_be_woken(opened):
    """Closing does not wait for a silent server either."""
    asked, released = threading.Event(), threading.Event()

    def stall(handler):
        web.body(handler)
        asked.set()
        released.wait(PATIENCE)

    errors = []

    def read(file):
        try:
            file.read(400_000)
        except OSError as error:
            errors.append(error.errno)

    with serving({"/data": DATA}, faults=[None, stall]) as web, opened(web) as file:
        reader = threading.Thread(target=read, args=(file,), daemon=True)
        reader.start()
        assert asked.wait(PATIENCE)
        file.stop_waiting()
        reader.join(PATIENCE)
        file.close()
        released.set()
    assert errors == [errno.ECANCELED]


def test_an_error_that_nobody_expects_reaches_the_reader(opened, monkeypatch):
    with serving({"/data": DATA}) as web, opened(web) as file:
        monkeypatch.setattr(http.HttpRemote, "request", lambda *_arguments: 1 / 0)
        file.read(4096)
        with pytest.raises(ZeroDivisionError):
            file.read(400_000)


def test_progress_while_a_whole_file_comes(opened):
    reports = []
    first = threading.Event()

    def slowly(handler):
        data = web.body(handler)
        web.send(handler, data[:100_000])
        first.wait(PATIENCE)
        web.send(handler, data[100_000:])

    def report(done, total):
        reports.append((done, total))
        if done == 100_000:
            first.set()

    with serving({"/data": DATA}, ranges=False, faults=[slowly]) as web, opened(web, report=report) as file:
        assert file.read(400_000) == DATA
    assert (100_000, 300_000) in reports
    assert reports == sorted(reports)


def test_a_password_is_sent_but_not_shown(opened, tmp_path):
    with serving({"/data": DATA}) as web, serving({"/data": b"elsewhere"}) as other:
        address = web.address.replace("http://", "http://name:secret@")
        web.faults = [status(302, Location=f"{other.address}/data")]
        with RemoteFile(remote_of(f"{address}/data"), KeptParts(tmp_path / "p")) as file:
            assert file.read(100) == b"elsewhere"
            assert file.name == f"{web.address}/data"
        assert web.asked("Authorization")[0].startswith("Basic ")
        assert other.asked("Authorization") == [None]


def test_a_proxy_of_the_environment(opened, monkeypatch):
    with serving({"http://example.invalid/data": DATA}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.address)
        monkeypatch.setenv("no_proxy", "localhost")
        proxied = type(proxy)({}, address="http://example.invalid")
        with opened(proxied) as file:
            assert file.read(400_000) == DATA
        with serving({"/data": DATA}) as web, opened(web) as file:
            assert file.read(5) == DATA[:5]
            assert web.requests


def test_addresses_that_cannot_be(tmp_path):
    for address in ("http://[", "https://host:port/v.txt", "http:///v.txt"):
        with pytest.raises(FetchError, match="is not a valid address"):
            remote_of(address)


def test_lengths_that_cannot_be(opened, caplog):
    """Python refuses to make a number of so many digits."""
    digits = "9" * 5000

    def part(handler):
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 0-4095/{digits}")
        handler.end_headers()
        handler.close_connection = True

    def whole(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", digits)
        handler.end_headers()
        web.send(handler, DATA)
        handler.close_connection = True

    with serving({"/data": DATA}, faults=[part]) as web:
        with pytest.raises(FetchError, match="the server sent other bytes than requested"):
            opened(web)
        web.faults = [whole]
        with opened(web) as file:
            assert file.read() == DATA
    assert "does not say how long the file is" in caplog.text


def test_a_redirect_to_what_is_not_an_address(opened):
    with serving({}, faults=[status(302, Location="http://[bad")]) as web:
        message = r"redirects to http://\[bad, which is not a valid address"
        with pytest.raises(FetchError, match=message):
            opened(web)


def test_a_broken_connection_is_told_in_plain_words(opened):
    with serving({"/data": DATA}) as web, opened(web) as file:
        web.faults = [cut_after(100_000), *[cut_after(0)] * 20]
        with pytest.raises(FetchError, match=r": the connection broke off before the end of the file; try"):
            file.read(400_000)
    hanging_up = [lambda handler: setattr(handler, "close_connection", True)] * 9
    message = r": the connection broke off \(Remote end closed connection"
    with serving({}, faults=hanging_up) as web, pytest.raises(FetchError, match=message):
        opened(web)


def test_a_file_that_has_become_shorter(opened):
    message = "it had more than 4,096 bytes, and now has less;"
    with serving({"/data": DATA}, faults=[None, status(416)]) as web, opened(web) as file:
        file.read(4_000)
        with pytest.raises(ChangedFileError, match=message):
            file.read(400_000)
