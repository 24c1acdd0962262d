"""`verify`: what is wrong with a store is found and told, and what it was made of compared bit for bit."""

import io
import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast import verify as verify_function
from glovefast.cli.summary import readable_bytes
from glovefast.conversion.convert import convert
from glovefast.errors import StoreError
from glovefast.store import reading as opening
from glovefast.store.arrow_column import write_column
from glovefast.store.writing import write_store
from glovefast.verification.verify import Verification, verify
from glovefast.vocabulary.index_building import build_index
from tests.helpers.verified import BAD_LINES, NUMBERS, WORDS, problems, text_of
from tests.robustness.hostile import reseal

RNG = np.random.default_rng(12)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("verify")
    return convert(io.BytesIO(text_of(bad_lines=BAD_LINES)), directory / "made.glovefast", on_bad_row="skip")


@pytest.fixture
def store(made, tmp_path) -> Path:
    """A store of 64 words with a list of bad rows, to be damaged."""
    return shutil.copytree(made, tmp_path / made.name)


def test_a_store_as_it_was_written(store):
    result = verify(store)
    assert isinstance(result, Verification)
    assert (result.ok, result.problems, result.store) == (True, (), store)
    files = list(store.iterdir())
    assert result.bytes_read == sum(file.stat().st_size for file in files)
    assert result.to_dict() == {
        "store": str(store),
        "ok": True,
        "problems": [],
        "bytes_read": result.bytes_read,
        "against": None,
        "rows_compared": 0,
    }
    assert glovefast.verify is verify_function is verify
    assert verify(str(store)).ok


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 70_000])
def test_stores_of_every_size(tmp_path, rows):
    words = pa.array([f"w{row % 69_000}" for row in range(rows)], pa.string())
    write_store(tmp_path / "store", words, np.zeros((rows, 2)))
    assert problems(tmp_path / "store") == []


def flip(data: bytes, position: int, bits: int) -> bytes:
    return data[:position] + bytes([data[position] ^ bits]) + data[position + 1 :]


@pytest.mark.slow
def test_every_byte_that_can_flip_is_found(store):
    """Each byte of the small files and headers once, and 2,000 anywhere: with any of its bits changed."""
    files = sorted(store.iterdir())
    files.append(files.pop(0))
    assert [file.name for file in files] == [
        *("index.arrow", "metadata.json", "vectors.npy", "vocabulary.arrow"),
        "bad_rows.jsonl",
    ]
    sizes = [file.stat().st_size for file in files]
    places = [(at, place) for at in (1, 4) for place in range(sizes[at])]
    places += [(2, place) for place in range(128)]
    owners = RNG.choice(len(files), size=2000, p=np.array(sizes) / sum(sizes))
    places += [(owner, int(RNG.integers(sizes[owner]))) for owner in owners.tolist()]
    for at, place in places:
        data = files[at].read_bytes()
        files[at].write_bytes(flip(data, place, int(RNG.integers(1, 256))))
        try:
            found = not verify(store).ok
        except StoreError:  # it calls itself no store, or one of a newer version
            found = files[at].name == "metadata.json"
        files[at].write_bytes(data)
        assert found, (files[at].name, place)
    assert verify(store).ok


@pytest.mark.parametrize("file", ["vectors.npy", "vocabulary.arrow", "index.arrow", "bad_rows.jsonl"])
def test_a_file_that_was_cut_or_has_grown(store, file):
    path = store / file
    data = path.read_bytes()
    for changed in (data[:-1], data[: len(data) // 2], b"", data + b"\0"):
        path.write_bytes(changed)
        assert any(problem.startswith(f"{file} is not as it was written: ") for problem in problems(store))
    path.write_bytes(data)
    assert problems(store) == []


def test_files_missing_and_too_many(store):
    (store / "more.txt").touch()
    (store / "index.arrow").unlink()
    (store / "bad_rows.jsonl").unlink()
    found = problems(store)
    assert found[:3] == [
        "index.arrow is missing",
        "bad_rows.jsonl is missing",
        "more.txt is not a file of a store",
    ]
    (store / "metadata.json").unlink()
    with pytest.raises(StoreError, match=r"is not a glovefast store: it has no metadata\.json"):
        verify(store)
    with pytest.raises(StoreError, match="does not exist"):
        verify(store / "nothing")


def test_a_list_of_bad_rows_of_another_store(store, tmp_path):
    write_store(tmp_path / "other.glovefast", pa.array(["a"]), np.zeros((1, 2)))
    shutil.copy(store / "bad_rows.jsonl", tmp_path / "other.glovefast")
    assert problems(tmp_path / "other.glovefast") == ["metadata.json has no checksum of bad_rows.jsonl"]


@pytest.mark.parametrize("file", ["vectors.npy", "vocabulary.arrow", "index.arrow"])
def test_a_file_exchanged_for_that_of_another_store(store, tmp_path, file):
    """One of the same size and shape."""
    words = [word[::-1] for word in WORDS]
    other = write_store(tmp_path / "other", pa.array(words), NUMBERS[::-1])
    shutil.copy(other / file, store / file)
    assert any(problem.startswith(f"{file} is not as it was written") for problem in problems(store))


def test_metadata_without_checksums(store):
    metadata = json.loads((store / "metadata.json").read_text("utf-8"))
    (store / "metadata.json").write_text(json.dumps({**metadata, "checksums": None}))
    assert problems(store) == [
        "metadata.json is not as it was written: its own checksum does not fit",
        *(
            f"metadata.json has no checksum of {name}"
            for name in ("vectors.npy", "vocabulary.arrow", "index.arrow", "bad_rows.jsonl")
        ),
    ]


def rebuilt(words: list[str], **changes) -> pa.ListArray:
    """Build the index of some words, and change its arrays."""
    index = build_index(pa.array(words))
    arrays = {
        "offsets": np.asarray(index.offsets).copy(),
        "hashes": np.asarray(index.values.field(0)).copy(),
        "rows": np.asarray(index.values.field(1)).copy(),
    }
    for name, change in changes.items():
        arrays[name] = change(arrays[name])
    entries = pa.StructArray.from_arrays(
        [pa.array(arrays["hashes"]), pa.array(arrays["rows"])], fields=list(index.type.value_type)
    )
    return pa.ListArray.from_arrays(pa.array(arrays["offsets"]), entries, type=index.type)


def set_item(place, value):
    def change(array):
        array[place] = value
        return array

    return change


def exchange(one, other):
    def change(array):
        array[[one, other]] = array[[other, one]]
        return array

    return change


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"offsets": set_item(-1, 63)}, "index.arrow does not index 64 words"),
        # Older versions of Arrow refuse this themselves.
        ({"offsets": set_item(0, 1)}, "index.arrow does not index 64 words|list offset out of bounds"),
        ({"offsets": set_item(3, 60)}, "the buckets of index.arrow do not divide 64 entries"),
        ({"offsets": lambda offsets: np.append(0, np.full(64, 64, "i4"))}, "at a wrong place"),
        ({"rows": set_item(9, 64)}, "index.arrow names rows that are not there"),
        ({"rows": set_item(9, -1)}, "index.arrow names rows that are not there"),
        ({"rows": exchange(9, 40)}, "at a wrong place"),
        ({"hashes": set_item(20, 7)}, "at a wrong place"),
        ({"rows": exchange(9, 10), "hashes": exchange(9, 10)}, "at a wrong place"),
    ],
)
def test_an_index_that_is_not_that_of_the_words(store, changes, problem):
    """Also where every checksum is right."""
    write_column(store / "index.arrow", "bucket", rebuilt(WORDS, **changes))
    reseal(store)
    found = problems(store)
    assert len(found) == (problem is not None)
    assert problem is None or re.search(problem, found[0])


def test_of_equal_words_each_must_be_in_the_index_in_order(store):
    both = np.flatnonzero(np.isin(np.asarray(rebuilt(WORDS).values.field(1)), [7, 62]))
    assert np.diff(both).tolist() == [1]
    write_column(store / "index.arrow", "bucket", rebuilt(WORDS, rows=exchange(*both)))
    reseal(store)
    assert problems(store) == ["index.arrow has the word 'word7' of row 7 at a wrong place"]
    write_column(store / "index.arrow", "bucket", rebuilt(WORDS, rows=set_item(both[1], 7)))
    reseal(store)
    assert problems(store) == ["index.arrow has the word 'word7' of row 7 at a wrong place"]


def test_a_word_that_the_index_lacks(tmp_path):
    """Another word stands in its place, under that word's own hash."""
    store = write_store(tmp_path / "store", pa.array(["a", "b"]), np.zeros((2, 1)))
    index = rebuilt(["a", "a"])
    write_column(store / "index.arrow", "bucket", index)
    reseal(store)
    assert "index.arrow has the word 'b' of row 1 at a wrong place" in problems(store)


def test_a_vocabulary_of_another_length(store):
    write_column(store / "vocabulary.arrow", "word", pa.array(WORDS[:-1]))
    reseal(store)
    assert problems(store) == ["vocabulary.arrow has 63 entries, but metadata.json says 64"]


def test_words_that_are_not_utf8(store):
    path = store / "vocabulary.arrow"
    path.write_bytes(path.read_bytes().replace("été".encode(), b"\xff\xfe\xfd\xfc\xfb"))
    reseal(store)
    (problem,) = problems(store)
    assert problem.startswith("its words are damaged (")


def test_progress(store, monkeypatch):
    monkeypatch.setattr(sys.modules["glovefast.verification.verify"], "_PROGRESS_SECONDS", 0)
    reports = []
    result = verify(store, io.BytesIO(text_of(bad_lines=BAD_LINES)), progress=reports.append)
    own = [report for report in reports if report.source == str(store)]
    assert own[-1].bytes_read == own[-1].bytes_total == result.bytes_read
    assert [report.bytes_read for report in own] == sorted({report.bytes_read for report in own})
    assert (reports[-1].source, reports[-1].rows) == ("<stream>", 64)


@pytest.mark.parametrize("turn", range(9))
def test_a_store_that_is_replaced_meanwhile(store, monkeypatch, turn):
    """The check goes on with the new one once the files of the old are gone."""
    open_file, turns = opening.StoreDirectory.open, iter(range(100))

    def replace_first(directory, name):
        if next(turns) == turn:
            convert(io.BytesIO(b"a 1 2\n"), store, overwrite=True)
        return open_file(directory, name)

    monkeypatch.setattr(opening.StoreDirectory, "open", replace_first)
    assert verify(store, io.BytesIO(b"a 1 2\n")).ok
    assert next(turns) > 9  # more than one check takes


def test_a_link_to_a_store(store, tmp_path):
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "current.glovefast"
    link.symlink_to(store)
    assert problems(link) == []


# The command


def test_the_command(run, store):
    path = str(store.resolve())
    code, output, errors = run("verify", path)
    assert (code, errors) == (0, "")
    assert output == f"{path}: all checks passed ({readable_bytes(verify(path).bytes_read)} read)\n"
    Path("text.txt").write_bytes(text_of(bad_lines=BAD_LINES))
    code, output, _ = run("verify", path, "--against", "text.txt")
    assert code == 0
    assert output.startswith(f"{path}: all checks passed, all 64 rows match text.txt (")
    code, output, _ = run("verify", path, "--against", "text.txt", "--json")
    result = json.loads(output)
    assert (code, result.pop("seconds") > 0) == (0, True)
    assert result == verify(path, "text.txt").to_dict()


def test_the_command_says_what_is_wrong(run, store):
    path = str(store.resolve())
    (store / "index.arrow").unlink()
    (store / "more").touch()
    code, output, errors = run("verify", path)
    assert (code, output) == (1, "".join(f"{line}\n" for line in [f"{path}:", *indented(problems(store))]))
    assert errors == f"glovefast: error: {path}: found 3 problems; convert its source again\n"
    code, output, errors = run("verify", path, "--json")
    assert (code, json.loads(output)["ok"], json.loads(output)["problems"]) == (1, False, problems(store))
    assert run("verify", "nothing")[0] == 1
    assert run("verify", path, "--member", "a")[0] == 2


def indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]
