"""Files and members whose names are not UTF-8, or hold control characters: shown with backslashes."""

import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from glovefast.cli import main
from glovefast.conversion.convert import convert, convert_archive
from glovefast.errors import FormatError, printable
from glovefast.vectors import load
from glovefast.verification.verify import verify
from tests.helpers.containers import tarred

LATIN_1 = os.fsdecode(b"caf\xe9.txt")
ROWS = b"the 0.1 0.2\nof 0.3 0.4\n"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def tar_of(name: bytes, data: bytes = ROWS, tar_format: int = tarfile.GNU_FORMAT) -> bytes:
    return tarred({os.fsdecode(name): data}, format=tar_format, encoding="utf-8", errors="surrogateescape")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (LATIN_1, r"caf\xe9.txt"),
        ("café.txt", "café.txt"),
        ("a\nb\x1b[31m.txt", r"a\nb\x1b[31m.txt"),
        ("\ud800", r"\ud800"),
        ("", ""),
    ],
)
def test_what_is_shown(name, shown):
    assert printable(name) == shown == printable(shown)
    assert str(FormatError(name, 3, "is wrong")) == f"{shown}, line 3: is wrong"
    assert FormatError(name, 3, "is wrong").path == name


def test_a_file_whose_name_is_not_utf8():
    Path(LATIN_1).write_bytes(ROWS)
    store = convert(LATIN_1)
    assert os.fsencode(store) == b"caf\xe9.glovefast"
    assert load(store).words.to_pylist() == ["the", "of"]
    assert json.loads((store / "metadata.json").read_text("utf-8"))["source"]["name"] == r"caf\xe9.txt"
    seen = []
    assert verify(store, LATIN_1, progress=seen.append).problems == ()
    assert {progress.source for progress in seen if progress.source} >= {r"caf\xe9.txt"}


def test_the_command_with_a_name_that_is_not_utf8(capfd):
    Path(LATIN_1).write_bytes(ROWS)
    assert main(["convert", LATIN_1, "--json", "-q"]) == 0
    stores = json.loads(capfd.readouterr().out)["stores"]
    assert stores[0]["source"]["name"] == r"caf\xe9.txt"
    assert main(["convert", LATIN_1, "--force"]) == 0
    assert r"vectors to caf\xe9.glovefast in" in capfd.readouterr().out
    Path(LATIN_1).write_bytes(ROWS + b"to 0.5\n")
    assert main(["convert", LATIN_1, "-o", "made"]) == 1
    assert r"glovefast: error: caf\xe9.txt, line 3: " in capfd.readouterr().err
    assert main(["convert", os.fsdecode(b"\xff.txt")]) == 1
    assert capfd.readouterr().err.startswith(r"glovefast: error: \xff.txt: No such file or directory")


def test_bad_rows_of_a_file_whose_name_is_not_utf8():
    Path(LATIN_1).write_bytes(ROWS + b"to 0.5\n")
    assert len(load(convert(LATIN_1, on_bad_row="skip"))) == 2


@pytest.mark.parametrize("tar_format", [tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_a_member_whose_name_is_not_utf8(tar_format):
    Path("t.tar").write_bytes(tar_of(b"x/caf\xe9.txt", tar_format=tar_format))
    store = convert("t.tar")
    assert store == Path(r"caf\xe9.glovefast")
    source = load(store).metadata.to_dict()["source"]
    assert (source["name"], source["member"]) == ("t.tar", r"x/caf\xe9.txt")
    assert verify(store, "t.tar").problems == ()
    assert convert("t.tar", "made", member=r"caf\xe9.txt").exists()
    assert convert_archive("t.tar", "all") == [Path(r"all/caf\xe9.glovefast")]
    with pytest.raises(FormatError) as caught:
        convert("t.tar", "other", member="no")
    assert str(caught.value) == r"t.tar: has no member 'no'; it holds: x/caf\xe9.txt"


def test_a_member_with_control_characters_in_its_name(capfd):
    Path("t.tar").write_bytes(tar_of(b"a\nb.txt"))
    with pytest.raises(FormatError) as caught:
        convert(io.BytesIO(tar_of(b"a\nb.txt", b"the 0.1\nof x\n")), "made")
    assert str(caught.value).startswith(r"<stream>!a\nb.txt, line 2: ")
    assert main(["convert", "t.tar", "-o", "made"]) == 0
    assert load("made").metadata.source.name == "t.tar"
    assert verify("made", "t.tar").problems == ()


def test_a_newline_in_a_name_does_not_break_a_result(capfd):
    name = "a\nb.txt"
    Path(name).write_bytes(ROWS + b"bad\n")
    skip = ["--on-bad-row", "skip"]
    shown, store = r"a\nb", "a\nb.glovefast"
    for command in (["convert", name, *skip], ["convert", name, "--dry-run", *skip], ["info", store]):
        assert main(command) == 0
        output = capfd.readouterr().out
        assert shown in output
        assert not any(line.startswith("b.") for line in output.split("\n"))
    assert main(["verify", store]) == 0
    assert capfd.readouterr().out.startswith(rf"{shown}.glovefast: all checks passed")
    Path("words.txt").write_bytes(b"the")
    assert main(["matrix", store, "words.txt", "-o", "m\nn.npy"]) == 0
    assert r"m\nn.npy" in capfd.readouterr().out
