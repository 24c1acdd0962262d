"""`from_pretrained`: what it fetches, converts and opens, and what it says when it cannot."""

import gzip
import hashlib
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

import glovefast
from glovefast.cache_directory import cache_directory
from glovefast.conversion import pretrained_source as sources
from glovefast.conversion.cache import entries
from glovefast.errors import DependencyError, FetchError, ForeignError, FormatError, StoreError
from glovefast.sources import attempts
from glovefast.sources.published import Published, find, published
from tests.helpers.containers import TEXT, tarred, zipped
from tests.helpers.waiting import PATIENCE, said_by, wait_until
from tests.helpers.web_server import cut_after, serving, status

OTHER = TEXT.replace(b"word1 ", b"other1 ")


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(attempts, "_FIRST_WAIT", 0.0)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """A cache of the test's own, with what compiles nothing again beside it."""
    monkeypatch.setattr(sources, "published", published)
    directory = tmp_path / "cache"
    monkeypatch.setattr("glovefast.conversion.cache.cache_directory", lambda: directory)
    monkeypatch.chdir(tmp_path)
    return directory


def everything(cache: Path) -> list[str]:
    return sorted(str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file())


def stores_and_rest(cache: Path) -> tuple[int, list[str]]:
    """Count the stores in the cache; list what else is there, without locks and notes."""
    files = [
        name for name in everything(cache) if not name.endswith((".lock", ".json")) or "downloads" in name
    ]
    stores = {name.split("/")[1] for name in files if ".glovefast/" in name}
    return len(stores), [name for name in files if ".glovefast/" not in name]


def converted(text: bytes, tmp_path: Path) -> np.ndarray:
    path = tmp_path / "expected.txt"
    path.write_bytes(text)
    return glovefast.load(glovefast.convert(path, tmp_path / "expected.glovefast", overwrite=True)).vectors


@pytest.mark.parametrize("options", [{}, {"ranges": False}, {"with_length": False, "ranges": False}])
@pytest.mark.parametrize(
    ("name", "data", "member"),
    [
        ("v.txt", TEXT, None),
        ("v.txt.gz", gzip.compress(TEXT), None),
        ("v.zip", zipped({"v.txt": TEXT}), None),
        ("v.zip", zipped({"u.txt": b"a 1\n", "v.txt": TEXT}, zipfile.ZIP_BZIP2), "v.txt"),
        ("v.tar", tarred({"u.txt": b"a 1\n", "v.txt": TEXT}), "v.txt"),
        ("v.tgz", tarred({"u.txt": b"a 1\n", "v.txt": TEXT}, "w:gz"), "v.txt"),
    ],
)
def test_an_address(cache, tmp_path, name, data, member, options):
    with serving({f"/folder/{name}": data}, **options) as web:
        address = f"{web.address}/folder/{name}"
        vectors = glovefast.from_pretrained(address, member=member)
        assert np.array_equal(vectors.vectors, converted(TEXT, tmp_path))
        assert vectors.path.name.startswith("v-")
        web.forget()
        again = glovefast.from_pretrained(address, member=member)
        assert again.path == vectors.path
        assert web.requests == []
    assert len(glovefast.from_pretrained(address, member=member)) == 1000  # the server is gone
    assert stores_and_rest(cache) == (1, [])
    assert glovefast.verify(vectors.path).ok


def test_a_member_costs_its_own_bytes():
    rng = np.random.default_rng(1)
    texts = {
        f"v.{dim}d.txt": b"".join(
            b"w%d %s\n" % (row, " ".join(f"{each:.4f}" for each in rng.random(dim)).encode())
            for row in range(5000)
        )
        for dim in (20, 30, 40)
    }
    data = zipped(texts)
    with zipfile.ZipFile(BytesIO(data)) as archive, serving({"/v.zip": data}) as web:
        for name in texts:
            web.forget()
            vectors = glovefast.from_pretrained(f"{web.address}/v.zip", member=name)
            assert f".{vectors.dim}d." in name
            assert web.sent <= 1.05 * archive.getinfo(name).compress_size


def test_parsing_runs_while_the_bytes_arrive():
    """The server sends the second half when the first is being parsed."""
    text = TEXT * 300
    parsed, in_time = threading.Event(), []

    def in_two_halves(handler):
        data = web.body(handler)
        web.send(handler, data[: len(data) // 2])
        in_time.append(parsed.wait(PATIENCE))
        web.send(handler, data[len(data) // 2 :])

    def watch(progress):
        if progress.rows > 0:
            parsed.set()

    with serving({"/v.txt": text}, faults=[None, in_two_halves]) as web:
        vectors = glovefast.from_pretrained(f"{web.address}/v.txt", progress=watch, threads=2)
    assert len(vectors) == 300_000
    assert in_time == [True]


def test_other_options_make_other_stores():
    with serving({"/v.txt": TEXT}) as web:
        address = f"{web.address}/v.txt"
        paths = {
            glovefast.from_pretrained(address, **options).path
            for options in (
                {},
                {"limit": 5},
                {"limit": np.int64(5)},
                {"words": ["word1", "word2"]},
                {"words": {"word1": 1, "word2": 2}},
                {"words": ["word2", "word1"]},
                {"words": ["word1", "word2", "Word3"], "fallback": "lower"},
                {"on_bad_row": "skip"},
                {"encoding": "latin-1"},
                {"encoding": "ISO-8859-1"},
                {"encoding": "utf8"},
                {"dtype": "int8"},
                {"dtype": np.int8},
                {"dtype": "float32"},
                {"threads": 1},
                {"progress": True},
            )
        }
    assert len(paths) == 7


def test_a_file_and_its_versions(cache, tmp_path):
    Path("v.txt").write_bytes(TEXT)
    Path("v.txt").chmod(0o400)
    first = glovefast.from_pretrained("v.txt")
    assert first.path.parent == cache / "stores"
    assert glovefast.from_pretrained(tmp_path / "v.txt", refresh=True).path == first.path
    inode = (first.path / "vectors.npy").stat().st_ino
    assert (glovefast.from_pretrained("v.txt").path / "vectors.npy").stat().st_ino == inode
    Path("v.txt").unlink()
    Path("v.txt").write_bytes(OTHER)
    assert "other1" in glovefast.from_pretrained("v.txt")
    assert "word1" in first
    Path("v.zip").write_bytes(zipped({"a.txt": TEXT, "b.txt": OTHER}))
    assert "other1" in glovefast.from_pretrained("v.zip", member="b.txt")
    with pytest.raises(FormatError, match="holds 2 members"):
        glovefast.from_pretrained("v.zip")


def test_a_source_that_is_known_is_not_read(monkeypatch):
    Path("v.txt").write_bytes(TEXT)
    glovefast.from_pretrained("v.txt")

    def no_reading(*_arguments):
        raise AssertionError("it is read")

    monkeypatch.setattr("glovefast.conversion.fetching.make_store", no_reading)
    opened = []
    sys.addaudithook(lambda event, arguments: opened.append(arguments[0]) if event == "open" else None)
    glovefast.from_pretrained("v.txt")
    assert not [name for name in opened if str(name).endswith("v.txt")]


@pytest.mark.parametrize("name", ["é" * 120 + ".txt", "a b\udcff\n.txt", "x.txt", ".txt"])
def test_odd_names(name):
    Path(name).write_bytes(TEXT)
    assert "word1" in glovefast.from_pretrained(name)
    assert len(entries()) == 1
    json.dumps(entries()[0].describe())


NOTES = {
    "empty": b"",
    "list": b"[]",
    "nothing noted": b"{}",
    "version": b'{"version": {"length": 1}}',
    "nested": b"[" * 100_000,
    "types": b'{"source": 1, "options": [], "member": {}}',
}


@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES)
def test_a_damaged_note(cache, note):
    with serving({"/v.txt": TEXT}) as web:
        address = f"{web.address}/v.txt"
        glovefast.from_pretrained(address)
        next(cache.glob("stores/*.json")).write_bytes(note)
        assert "word1" in glovefast.from_pretrained(address)
        described = entries()[0].describe()
        assert (described["source"], described["member"], described["options"]) == (None, None, {})
        assert "word1" in glovefast.from_pretrained(address, refresh=True)
        assert entries()[0].describe()["source"] == address


def test_a_store_is_opened_where_it_is(cache):
    Path("v.txt").write_bytes(TEXT)
    store = glovefast.convert("v.txt")
    assert glovefast.from_pretrained(store).path == store
    with pytest.raises(StoreError, match="is a store already; open it without conversion options"):
        glovefast.from_pretrained(store, limit=5)
    with pytest.raises(StoreError, match="is a store already"):
        glovefast.from_pretrained(store, member="v.txt")
    assert not cache.exists()


@pytest.fixture
def names(monkeypatch):
    """Published names whose servers are the test's own."""

    def publish(*addresses: str, member: str | None = "v.2d.txt", md5: str | None = None) -> None:
        text = Published(
            name="v.2d",
            file="v.zip",
            addresses=addresses,
            member=member,
            rows=1000,
            dim=3,
            size=None,
            md5=md5,
            licence="PDDL",
            tried=False,
        )
        monkeypatch.setattr(sources, "find", lambda name: text if name.lower() == "v.2d" else find(name))

    return publish


def test_a_published_name(names, cache):
    data = zipped({"v.2d.txt": TEXT, "v.3d.txt": OTHER})
    with serving({"/v.zip": data}) as web, serving({"/v.zip": data}) as mirror:
        names(f"{web.address}/v.zip", f"{mirror.address}/v.zip", md5=hashlib.md5(TEXT).hexdigest())
        assert "word1" in glovefast.from_pretrained("V.2D")
        assert mirror.requests == []
        web.forget()
        assert "word1" in glovefast.from_pretrained("v.2d")
        assert web.requests == []
        with pytest.raises(FormatError, match=r"v\.2d: is a single text; leave out the member"):
            glovefast.from_pretrained("v.2d", member="v.3d.txt")


def test_the_mirror_is_asked_next(names):
    with serving({}) as gone, serving({}) as web, serving({"/v.zip": zipped({"a.txt": TEXT})}) as mirror:
        pass
    with serving({}) as web, serving({"/v.zip": zipped({"a.txt": TEXT})}) as mirror:
        names(f"{gone.address}/v.zip", f"{web.address}/v.zip", f"{mirror.address}/v.zip", member=None)
        assert "word1" in glovefast.from_pretrained("v.2d")


PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


@pytest.mark.parametrize(
    "wrong",
    [
        PAGE,
        b"Not Found",
        zipped({"v.3d.txt": OTHER}),
        zipped({"v.2d.txt": OTHER}),
        zipped({"v.2d.txt": TEXT})[:-40],
    ],
    ids=["page", "text", "another archive", "another text", "cut"],
)
def test_the_mirror_is_asked_when_a_server_sends_something_else(names, cache, caplog, wrong):
    with serving({"/v.zip": wrong}) as web, serving({"/v.zip": zipped({"v.2d.txt": TEXT})}) as mirror:
        names(f"{web.address}/v.zip", f"{mirror.address}/v.zip", md5=hashlib.md5(TEXT).hexdigest())
        assert "word1" in glovefast.from_pretrained("v.2d")
        assert f"{web.address}/v.zip" in caplog.text
        assert "; asking the next server" in caplog.text
        assert stores_and_rest(cache) == (1, [])
        web.forget()
        assert glovefast.from_pretrained("v.2d", refresh=True).is_current()
        assert web.requests == []


def test_when_no_server_sends_the_text_the_last_one_is_told_of(names, cache):
    with serving({"/v.zip": PAGE}) as web, serving({"/v.zip": PAGE}) as mirror:
        names(f"{web.address}/v.zip", f"{mirror.address}/v.zip")
        with pytest.raises(ForeignError, match=f"^{mirror.address}/v.zip: is an HTML page"):
            glovefast.from_pretrained("v.2d")
    with serving({"/v.zip": PAGE}) as web:
        names(f"{web.address}/v.zip", f"{mirror.address}/v.zip")
        with pytest.raises(FetchError, match=r"^v\.2d: is an HTML page, .*; cannot reach localhost \("):
            glovefast.from_pretrained("v.2d")
    assert stores_and_rest(cache) == (0, [])


def test_a_bad_row_is_not_fetched_from_the_mirror_too(names):
    data = zipped({"v.2d.txt": TEXT + b"word 1\n"})
    with serving({"/v.zip": data}) as web, serving({"/v.zip": data}) as mirror:
        names(f"{web.address}/v.zip", f"{mirror.address}/v.zip")
        with pytest.raises(FormatError, match="line 1001"):
            glovefast.from_pretrained("v.2d")
        assert mirror.requests == []


def test_a_text_that_is_not_the_published_one(names, cache):
    with serving({"/v.zip": zipped({"v.2d.txt": OTHER})}) as web:
        names(f"{web.address}/v.zip", md5=hashlib.md5(TEXT).hexdigest())
        with pytest.raises(
            FormatError, match=r"is not the published text: its MD5 is [0-9a-f]{32}, expected"
        ):
            glovefast.from_pretrained("v.2d")
        assert stores_and_rest(cache) == (0, [])
        assert "other1" in glovefast.from_pretrained(f"{web.address}/v.zip")


def test_a_page_in_place_of_an_archive():
    with serving({"/v.zip": PAGE}) as web, pytest.raises(ForeignError, match="is an HTML page"):
        glovefast.from_pretrained(f"{web.address}/v.zip", member="v.txt")


def test_without_a_network_a_file_can_be_put_by_hand(names, cache):
    with serving({}) as gone:
        pass
    names(f"{gone.address}/v.zip")
    with pytest.raises(FetchError) as caught:
        glovefast.from_pretrained("v.2d")
    message = str(caught.value)
    place = cache / "files" / "v.zip"
    assert "\n" not in message
    assert message.startswith("v.2d: cannot reach localhost (")
    assert message.endswith(
        f"; if this machine has no network, download {gone.address}/v.zip on another one "
        f"and put it here: {place}"
    )
    place.parent.mkdir()
    place.write_bytes(zipped({"v.2d.txt": TEXT, "v.3d.txt": OTHER}))
    assert "word1" in glovefast.from_pretrained("v.2d")
    with pytest.raises(FetchError) as caught:
        glovefast.from_pretrained(f"{gone.address}/a/../b/w.txt")
    place = Path(str(caught.value).rpartition(" here: ")[2])
    assert place == cache / "files" / "localhost" / "a" / "b" / "w.txt"
    place.parent.mkdir(parents=True)
    place.write_bytes(OTHER)
    assert "other1" in glovefast.from_pretrained(f"{gone.address}/a/../b/w.txt")


def test_a_long_address():
    with serving({"/" + "v" * 300: TEXT}) as web:
        assert "word1" in glovefast.from_pretrained(f"{web.address}/{'v' * 300}")


def test_the_text_of_a_published_name_by_hand(names, cache):
    names("http://localhost:1/v.zip")
    (cache / "files").mkdir(parents=True)
    (cache / "files" / "v.2d.txt").write_bytes(TEXT)
    assert "word1" in glovefast.from_pretrained("v.2d")


def test_refresh_asks_the_server(tmp_path):
    with serving({"/v.txt": TEXT}) as web:
        address = f"{web.address}/v.txt"
        first = glovefast.from_pretrained(address)
        web.forget()
        assert glovefast.from_pretrained(address, refresh=True).is_current()
        assert first.is_current()
        assert (web.sent, web.asked("If-None-Match")) == (0, [web.etag])
        web.files["/v.txt"], web.etag = OTHER, '"2"'
        assert "word1" in glovefast.from_pretrained(address)
        assert "other1" in glovefast.from_pretrained(address, refresh=True)
        assert not first.is_current()
        web.forget()
        glovefast.from_pretrained(address, refresh=True)
        assert (web.sent, len(web.requests)) == (0, 1)
    with pytest.raises(FetchError, match="cannot reach"):
        glovefast.from_pretrained(address, refresh=True)
    assert "other1" in glovefast.from_pretrained(address)


@pytest.mark.parametrize(
    ("etag", "modified"), [(None, "Mon, 01 Jan 2024 00:00:00 GMT"), ('W/"a"', None), (None, None)]
)
def test_refresh_with_other_marks(etag, modified):
    with serving({"/v.txt": TEXT}, etag=etag, modified=modified) as web:
        address = f"{web.address}/v.txt"
        first = glovefast.from_pretrained(address)
        glovefast.from_pretrained(address, refresh=True)
        assert first.is_current() == (etag is not None or modified is not None)


def test_a_failed_refresh_leaves_the_store():
    with serving({"/v.txt": TEXT}) as web:
        first = glovefast.from_pretrained(f"{web.address}/v.txt")
        web.files["/v.txt"], web.etag = b"word1 1 2\nword2 1 2 3 4 5 6\n" * 9, '"2"'
        with pytest.raises(FormatError):
            glovefast.from_pretrained(f"{web.address}/v.txt", refresh=True)
        assert first.is_current()
        assert "word999" in glovefast.from_pretrained(f"{web.address}/v.txt")


def test_a_store_in_the_cache_that_is_damaged_is_made_again(caplog):
    Path("v.txt").write_bytes(TEXT)
    first = glovefast.from_pretrained("v.txt").path
    (first / "index.arrow").unlink()
    assert "word1" in glovefast.from_pretrained("v.txt")
    assert "making the store in the cache again" in caplog.text
    shutil.rmtree(first)
    assert "word1" in glovefast.from_pretrained("v.txt")


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (b"<!DOCTYPE html><html><body>Please log in</body></html>", ForeignError, "is an HTML page"),
        (zipped({"v.txt": TEXT})[:-40], FormatError, "is a truncated or damaged zip archive"),
        (gzip.compress(TEXT)[:-40], FormatError, "is truncated"),
        (zipped({"v.txt": TEXT}).replace(b"v.txt", b"w.txt", 1), FormatError, "damaged"),
        (b"", ForeignError, "is empty"),
    ],
)
def test_what_is_not_embedding_text(cache, data, kind, said):
    with serving({"/v.zip": data}) as web, pytest.raises(kind, match=said) as caught:
        glovefast.from_pretrained(f"{web.address}/v.zip")
    assert str(caught.value).startswith(f"{web.address}/v.zip")
    assert stores_and_rest(cache) == (0, [])


def test_a_file_that_is_not_there(cache):
    with serving({}) as web, pytest.raises(FetchError) as caught:
        glovefast.from_pretrained(f"{web.address}/v.zip")
    assert str(caught.value) == (f"{web.address}/v.zip: the server answers 404 Not Found; check the address")
    assert stores_and_rest(cache) == (0, [])


def test_a_lost_connection_while_the_directory_of_a_zip_is_read():
    """zipfile would call that a file that is not a zip archive."""
    with serving({"/v.zip": zipped({"v.txt": TEXT})}, faults=[None, *[cut_after(0)] * 9]) as web:
        with pytest.raises(FetchError, match="the connection broke off"):
            glovefast.from_pretrained(f"{web.address}/v.zip")
        web.faults.clear()
        assert "word1" in glovefast.from_pretrained(f"{web.address}/v.zip")


def test_a_file_that_changes_in_between_is_never_mixed(cache):
    text = TEXT * 30

    def cut_and_change(handler):
        cut_after(300_000)(handler)
        web.files["/v.txt"], web.etag = OTHER * 30, '"2"'

    with serving({"/v.txt": text}, faults=[None, cut_and_change]) as web:
        with pytest.raises(FetchError, match="the file changed while it was fetched: it had "):
            glovefast.from_pretrained(f"{web.address}/v.txt")
        assert stores_and_rest(cache) == (0, [])
        vectors = glovefast.from_pretrained(f"{web.address}/v.txt")
    assert "word1" not in vectors


@pytest.fixture
def certified():
    """Make a context for a server whose certificate nobody knows, and the certificate of its authority."""
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context, authority.cert_pem


def test_a_certificate_that_nobody_knows(cache, certified, tmp_path, monkeypatch):
    context, authority = certified
    with serving({"/v.txt": TEXT}, context) as web:
        with pytest.raises(FetchError) as caught:
            glovefast.from_pretrained(f"{web.address}/v.txt")
        assert str(caught.value).startswith(
            f"{web.address}/v.txt: the certificate of localhost cannot be verified: "
        )
        assert str(caught.value).endswith("name their file in SSL_CERT_FILE")
        assert stores_and_rest(cache) == (0, [])
        authority.write_to_path(tmp_path / "authority.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        assert "word1" in glovefast.from_pretrained(f"{web.address}/v.txt")


def test_no_redirect_from_an_encrypted_address(certified, tmp_path, monkeypatch):
    context, authority = certified
    authority.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with serving({"/v.txt": TEXT}) as plain, serving({}, context) as web:
        web.faults = [status(302, Location=f"{plain.address}/v.txt")]
        with pytest.raises(FetchError, match=r"redirects to http://localhost.*, which is not encrypted"):
            glovefast.from_pretrained(f"{web.address}/v.txt")


def test_other_addresses_through_fsspec(cache):
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.pipe("/folder/v.zip", zipped({"u.txt": b"a 1\n", "v.txt": TEXT}))
    address = "memory://folder/v.zip"
    vectors = glovefast.from_pretrained(address, member="v.txt")
    assert "word1" in vectors
    glovefast.from_pretrained(address, member="v.txt", refresh=True)
    assert vectors.is_current()
    memory.pipe("/folder/v.zip", zipped({"u.txt": b"a 1\n", "v.txt": OTHER}))
    assert "other1" in glovefast.from_pretrained(address, member="v.txt", refresh=True)
    with pytest.raises(FetchError, match=r"^memory://folder/none.txt: there is no such file; check "):
        glovefast.from_pretrained("memory://folder/none.txt")
    memory.rm("/folder", recursive=True)


def test_addresses_that_need_other_packages(monkeypatch):
    pytest.importorskip("fsspec")
    with pytest.raises(FetchError, match="cannot be opened by fsspec"):
        glovefast.from_pretrained("nowhere://folder/v.txt")
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(DependencyError, match=r"^s3://bucket/v\.txt: .*; install it with: pip install s3fs$"):
        glovefast.from_pretrained("s3://bucket/v.txt")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(
        DependencyError, match=r"the package fsspec; install it with: pip install fsspec huggingface_hub$"
    ):
        glovefast.from_pretrained("hf://stanfordnlp/glove/glove.6B.zip")


@pytest.mark.parametrize(
    ("source", "kind", "said"),
    [
        ("glove.6B.100", FileNotFoundError, "did you mean glove.6B.100d?"),
        ("nothing", FileNotFoundError, "list the published vectors with: glovefast fetch --list"),
        (Path("glove.6B.100d"), FileNotFoundError, "no published vectors have this name"),
        ("glove.6b", FileNotFoundError, "did you mean glove.6B.50d or glove.6B.100d or glove.6B.200d or"),
        (Path("https://example.org/v.txt"), FormatError, "lost a slash as a path; pass it as a string"),
        ("-", FormatError, "standard input cannot be cached"),
        ("file:///data/v.txt", FormatError, "pass the file's path instead"),
        ("https://[::1", FetchError, "is not a valid address"),
        ("http://.../v.txt", FetchError, "is not a valid address"),
        (".", FormatError, "is a directory, but not a store"),
        (5, TypeError, "source must be a name, an address or a path, not int"),
    ],
)
def test_sources_that_are_not_there(source, kind, said):
    with pytest.raises(kind, match=said.replace("?", r"\?")):
        glovefast.from_pretrained(source)


def test_the_home_directory_and_no_directory(tmp_path, cache, monkeypatch):
    """A shell leaves ``~`` in quotes; an option may be given an empty variable."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    Path("v.txt").write_bytes(TEXT)
    glovefast.from_pretrained("v.txt", cache_dir="~/cached")
    assert len(entries(tmp_path / "home" / "cached")) == len(entries("~/cached")) == 1
    assert glovefast.from_pretrained("v.txt", cache_dir="").path.is_relative_to(cache)
    monkeypatch.setenv("GLOVEFAST_CACHE_DIR", "~/variable")
    assert cache_directory() == tmp_path / "home" / "variable"
    monkeypatch.setenv("GLOVEFAST_CACHE_DIR", "~nobody_of_this_name/c")
    assert cache_directory() == Path("~nobody_of_this_name/c")


def test_a_pipe_is_not_cached():
    os.mkfifo("pipe")
    with pytest.raises(FormatError, match="is not a regular file; convert it with"):
        glovefast.from_pretrained("pipe")


def test_options_are_checked(cache):
    Path("v.txt").write_bytes(TEXT)
    with pytest.raises(TypeError, match="member must be a string, not PosixPath"):
        glovefast.from_pretrained("v.txt", member=Path("v.txt"))
    with pytest.raises(ValueError, match="errors"):
        glovefast.from_pretrained("v.txt", errors="ignore")
    with pytest.raises(TypeError, match="progress"):
        glovefast.from_pretrained("v.txt", progress=1)
    with pytest.raises(ValueError, match="fallback needs words"):
        glovefast.from_pretrained("v.txt", fallback="lower")


def test_a_cache_that_cannot_be_written(tmp_path):
    Path("v.txt").write_bytes(TEXT)
    Path("file").write_bytes(b"")
    with pytest.raises(OSError, match=r"; choose another cache directory \(cache_dir=") as caught:
        glovefast.from_pretrained("v.txt", cache_dir="file/below")
    assert "\n" not in str(caught.value)


PROGRAM = """
import logging, sys, glovefast
from glovefast.sources import attempts
logging.basicConfig(level=logging.INFO, format="%(message)s")
attempts._FIRST_WAIT = 0.0
vectors = glovefast.from_pretrained(sys.argv[1], cache_dir=sys.argv[2])
print(len(vectors))
"""


def start(address: str, cache: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, address, str(cache)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_the_lock(process: subprocess.Popen) -> None:
    """Wait until a process says that it waits for another one."""
    said = []
    for line in process.stderr:
        if line.startswith("waiting for another process"):
            return
        said.append(line)
    raise AssertionError(f"it did not wait\n{''.join(said)}{said_by(process)}")


@pytest.mark.parametrize("killed", [False, True])
def test_processes_that_ask_at_once_convert_once(cache, killed):
    """The server waits until all of them are there; if the first is killed, another one does its work."""
    asked, everybody = threading.Event(), threading.Event()

    def wait(handler):
        asked.set()
        everybody.wait(PATIENCE)
        web.answer(handler)

    with serving({"/v.txt": TEXT}, faults=[wait]) as web:
        first = start(f"{web.address}/v.txt", cache)
        wait_until(asked.is_set, first)
        others = [start(f"{web.address}/v.txt", cache) for _ in range(2)]
        for each in others:
            wait_for_the_lock(each)
        if killed:
            first.kill()
        everybody.set()
        said = [each.communicate() for each in (first, *others)]
        assert [output for output, _ in said] == ["" if killed else "1000\n", *["1000\n"] * 2], said
        assert len([each for each in web.asked("Range") if each == "bytes=0-4095"]) == 1 + killed


def test_killed_in_the_middle_it_fetches_only_the_rest(cache):
    text = TEXT * 30
    half, released = len(text) // 2, threading.Event()

    def stop_halfway(handler):
        data = web.body(handler)
        web.send(handler, data[: half - 4096])
        released.wait(PATIENCE)
        handler.close_connection = True

    def come_so_far() -> bool:
        return sum(path.stat().st_size for path in cache.glob("downloads/*/0.part")) == half

    with serving({"/v.txt": text}, faults=[None, stop_halfway]) as web:
        process = start(f"{web.address}/v.txt", cache)
        wait_until(come_so_far, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        released.set()
        assert stores_and_rest(cache)[0] == 0
        assert len(entries(cache)) == 1
        web.forget()
        vectors = glovefast.from_pretrained(f"{web.address}/v.txt", cache_dir=cache)
        assert len(vectors) == 30_000
        assert web.sent == len(text) - half + 1
    assert stores_and_rest(cache) == (1, [])
    assert json.loads(everything_json(cache))["source"] == f"{web.address}/v.txt"


def everything_json(cache: Path) -> str:
    return next(cache.glob("stores/*.json")).read_text()


def test_the_published_list():
    texts = published()
    assert {"glove.6B.100d", "glove.42B.300d", "glove.840B.300d", "glove.twitter.27B.25d"} <= set(texts)
    assert {name for name in texts if "2024" in name} == {
        "glove.2024.wikigiga.50d",
        "glove.2024.wikigiga.100d",
        "glove.2024.wikigiga.200d",
        "glove.2024.wikigiga.300d",
        "glove.2024.dolma.300d",
    }
    for name, text in texts.items():
        assert text.name == name
        assert text.addresses
        assert all(each.startswith("https://") and each.endswith(text.file) for each in text.addresses)
        assert text.md5 is None or len(text.md5) == 32
        assert f"{text.dim}d" in name
        assert text.licence
        assert isinstance(text.tried, bool)
    assert find("GLOVE.6b.50D") == texts["glove.6B.50d"]
    assert find("glove.6B") is None
