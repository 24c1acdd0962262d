"""What is said about files that are missing, and about things that are not embedding text files."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from glovefast.cli import main
from glovefast.conversion.convert import convert, convert_archive
from glovefast.errors import FormatError, StoreError
from glovefast.sources.names import close_names
from glovefast.sources.opening import open_source
from glovefast.sources.published import where_to_download
from glovefast.vectors import load
from tests.helpers.containers import TEXT, tarred, zipped


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "address",
    [
        "https://nlp.stanford.edu/data/glove.6B.zip",
        "http://example.org/v.txt",
        "HTTPS://example.org/v.txt",
        "ftp://example.org/v.txt",
        "s3://bucket/v.txt",
    ],
)
def test_an_address(address):
    expected = (
        f"{address}: is an address; fetch it with glovefast.from_pretrained, or: glovefast fetch {address}"
    )
    for source in (address, Path(address)):  # a Path has lost a slash
        with pytest.raises(FormatError) as caught:
            convert(source)
        assert str(caught.value) == expected


def test_an_address_in_the_command(capfd):
    for command in (["convert"], ["convert", "--all"], ["convert", "--dry-run"]):
        assert main([*command, "https://example.org/v.zip"]) == 1
        assert capfd.readouterr().err == (
            "glovefast: error: https://example.org/v.zip: is an address; "
            "fetch it with glovefast.from_pretrained, or: glovefast fetch https://example.org/v.zip\n"
        )


@pytest.mark.parametrize("command", [["info"], ["matrix", "-o", "m.npy"], ["verify"], ["coverage"]])
def test_an_address_in_the_place_of_a_store(command, capfd):
    Path("words.txt").write_bytes(b"a")
    words = ["words.txt"] if command[0] in {"matrix", "coverage"} else []
    assert main([*command, "https://example.org/v", *words]) == 1
    assert capfd.readouterr().err == (
        "glovefast: error: https://example.org/v: is an address; "
        "fetch it with glovefast.from_pretrained, or: glovefast fetch https://example.org/v\n"
    )


def test_the_address_of_a_file():
    for source in ("file:///data/v.txt", Path("file:///data/v.txt")):
        for use, error in ((convert, FormatError), (load, StoreError)):
            with pytest.raises(error) as caught:
                use(source)
            expected = "file:///data/v.txt: is an address: pass the file's path instead"
            assert str(caught.value) == expected


def test_a_current_directory_that_no_longer_exists(tmp_path, monkeypatch, capfd):
    Path("gone").mkdir()
    monkeypatch.chdir("gone")
    (tmp_path / "gone").rmdir()
    for command in (["convert", "v.txt"], ["info", "v"]):
        assert main(command) == 1
        assert capfd.readouterr().err.endswith(
            "No such file or directory; the current directory no longer exists: change to another one\n"
        )


def test_a_near_name_is_the_only_advice(capfd):
    Path("glove.6B.100d.text").write_bytes(TEXT)
    assert complaint("glove.6B.100d.txt", capfd) == (
        "glovefast: error: glove.6B.100d.txt: No such file or directory; did you mean glove.6B.100d.text?\n"
    )


def test_a_directory_that_looks_like_an_address():
    Path("http:/host").mkdir(parents=True)
    Path("http:/host/v.txt").write_bytes(TEXT)
    assert len(load(convert("http:/host/v.txt"))) == 1000


def complaint(source: str, capfd) -> str:
    assert main(["convert", source]) == 1
    return capfd.readouterr().err


def test_a_file_that_is_nearly_named(capfd):
    Path("glove.6B.100d.txt").write_bytes(TEXT)
    Path("other.txt").write_bytes(TEXT)
    for name in ("glove.6B.100d", "glove.6b.100d.txt", "Glove.6B.100D.txt", "glove.6B.100d.txt.gz"):
        assert complaint(name, capfd).startswith(
            f"glovefast: error: {name}: No such file or directory; did you mean glove.6B.100d.txt?"
        )
    assert complaint("vectors", capfd) == (
        "glovefast: error: vectors: No such file or directory; check the path\n"
    )
    with pytest.raises(FileNotFoundError) as caught:
        open_source("other.text")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOENT, "other.text")


def test_a_missing_directory_and_a_file_as_a_directory(capfd):
    assert complaint("nowhere/v.txt", capfd) == (
        "glovefast: error: nowhere/v.txt: No such file or directory; check the path\n"
    )
    Path("v.txt").write_bytes(TEXT)
    assert complaint("v.txt/w.txt", capfd) == "glovefast: error: v.txt/w.txt: Not a directory\n"


def test_a_well_known_file_that_is_missing(capfd):
    assert complaint("data.glove.6B.100d.txt"[5:], capfd) == (
        "glovefast: error: glove.6B.100d.txt: No such file or directory; "
        "fetch it with: glovefast fetch glove.6B.100d; or download "
        "https://nlp.stanford.edu/data/wordvecs/glove.6B.zip (822 MB) and leave it packed\n"
    )


@pytest.mark.parametrize(
    ("name", "archive"),
    [
        ("glove.6B.50d.txt", "glove.6B.zip (822 MB)"),
        ("glove.6b.300d", "glove.6B.zip (822 MB)"),
        ("glove.6B.zip", "glove.6B.zip (822 MB)"),
        ("glove.42B.300d.txt", "glove.42B.300d.zip (1.75 GB)"),
        ("glove.840B.300d.zip", "glove.840B.300d.zip (2.03 GB)"),
        ("glove.twitter.27B.25d.txt", "glove.twitter.27B.zip (1.42 GB)"),
        ("glove.6B.51d.txt", None),
        ("glove.twitter.27B.300d.txt", None),
        ("my.glove.6B.50d.txt", None),
        ("glove.txt", None),
    ],
)
def test_where_a_file_is_published(name, archive):
    where = where_to_download(name)
    if archive is None:
        assert where is None
    else:
        expected = f"download https://nlp.stanford.edu/data/wordvecs/{archive} and leave it packed"
        assert where is not None
        assert where.endswith(expected)


def test_close_names():
    names = ["a/glove.6B.50d.txt", "a/glove.6B.100d.txt", "README"]
    assert close_names("100d", names) == ["a/glove.6B.100d.txt"]
    assert close_names("readme", names) == ["README"]
    assert close_names("glove", names) == names[:2]
    assert close_names("gloev.6B.50d.txt", names) == ["a/glove.6B.50d.txt"]
    assert close_names("", names) == close_names("c.txt", ["a.txt"]) == []
    assert close_names("v", ["v1", "v2", "v3", "v4"]) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(capfd):
    Path("v.txt").write_bytes(TEXT)
    Path("v.txt").chmod(0)
    assert complaint("v.txt", capfd) == (
        "glovefast: error: v.txt: Permission denied; check its permissions\n"
    )


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
@pytest.mark.parametrize("inside", [True, False])
def test_a_zip_that_holds_a_store(capfd, inside, dtype):
    Path("v.txt").write_bytes(TEXT)
    convert("v.txt", dtype=dtype)
    shutil.make_archive("s", "zip", "." if inside else "v.glovefast", "v.glovefast" if inside else ".")
    for convert_zip in (convert, convert_archive):
        with pytest.raises(FormatError, match=r"^s\.zip: holds a store: unpack it and load it"):
            convert_zip("s.zip", "made")
    with pytest.raises(StoreError, match=r"^s\.zip: holds a store: unpack it and load it$"):
        load("s.zip")
    assert complaint("s.zip", capfd).startswith("glovefast: error: s.zip: holds a store: unpack it")
    Path("t.tar").write_bytes(
        tarred({"v/metadata.json": b"{}", "v/vectors.npy": b"x", "v/index.arrow": b"x"})
    )
    with pytest.raises(FormatError, match="holds a store"):
        convert("t.tar")


@pytest.mark.parametrize("suffix", ["tar", "tar.gz"])
def test_a_tar_that_holds_a_store(suffix):
    Path("v.txt").write_bytes(TEXT)
    convert("v.txt")
    shutil.make_archive("s", {"tar": "tar", "tar.gz": "gztar"}[suffix], ".", "v.glovefast")
    with pytest.raises(StoreError, match=rf"^s\.{suffix}: holds a store: unpack it and load it$"):
        load(f"s.{suffix}")
    Path("cut.tar").write_bytes(Path(f"s.{suffix}").read_bytes()[:700])
    with pytest.raises(StoreError, match="is a file, not a store"):
        load("cut.tar")


def test_a_zip_of_text_beside_a_store():
    """The name decides; what is listed is all that there is."""
    data = zipped({"s/metadata.json": b"{}", "s/vectors.npy": b"x", "v.txt": TEXT})
    Path("a.zip").write_bytes(data)
    with pytest.raises(FormatError, match="holds 3 members"):
        convert("a.zip")
    assert len(load(convert("a.zip", member="v.txt"))) == 1000
    with pytest.raises(StoreError, match="is a file, not a store; convert embedding text first"):
        load("a.zip")
