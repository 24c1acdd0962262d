"""A store is data and may come from an enemy: what does not fit is an error, never a crash or code."""

import json
import os
import pickle
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.errors import StoreError
from glovefast.store.arrow_column import write_column
from glovefast.store.files import npy_header
from glovefast.store.writing import write_store
from glovefast.vectors import load
from glovefast.vocabulary.index_building import BUCKET_TYPE, build_index
from tests.robustness.hostile import reseal

WORDS = [f"word{row}" for row in range(40)]
NUMBERS = np.arange(160, dtype="f4").reshape(40, 4)


@pytest.fixture
def store(tmp_path) -> Path:
    return write_store(tmp_path / "store", pa.array(WORDS), NUMBERS)


@pytest.mark.skipif(sys.platform != "linux", reason="the memory in use is bounded by what Linux tells of it")
def test_stores_damaged_at_random():
    """In a process of its own, so that a crash is seen; GLOVEFAST_HOSTILE_STORES says how many."""
    stores = os.environ.get("GLOVEFAST_HOSTILE_STORES", "250")
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-m", "tests.robustness.hostile", "0", stores],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, ""), lines[-1]
    usable = int(lines[-1].removeprefix("usable "))
    assert 0.1 * int(stores) < usable < 0.9 * int(stores)  # it is neither all refused nor all harmless


def with_index(store: Path, **arrays) -> None:
    """Exchange arrays of the index for others."""
    index = build_index(pa.array(WORDS))
    hashes = arrays.get("hashes", np.asarray(index.values.field(0)))
    rows = np.asarray(arrays.get("rows", np.asarray(index.values.field(1))), dtype="i4")
    offsets = np.asarray(arrays.get("offsets", np.asarray(index.offsets)), dtype="i4")
    entries = pa.StructArray.from_arrays(
        [pa.array(hashes), pa.array(rows)], fields=list(BUCKET_TYPE.value_type)
    )
    write_column(
        store / "index.arrow",
        "bucket",
        pa.ListArray.from_arrays(pa.array(offsets), entries, type=BUCKET_TYPE),
    )
    reseal(store)


WAYS = [
    lambda vectors: [vectors.get(word) for word in WORDS],
    lambda vectors: [word in vectors for word in WORDS],
    lambda vectors: vectors.rows(WORDS),
    lambda vectors: vectors[WORDS],
    lambda vectors: vectors.embedding_matrix(WORDS),
    lambda vectors: vectors.coverage(WORDS),
    lambda vectors: vectors.embed(WORDS),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("by", [-41, -40, 40, 2**31 - 40, -(2**31)])
def test_rows_that_are_not_there(store, way, by):
    """Those of -1 and less would be places counted from the end; the word there is the word sought."""
    rows = np.asarray(build_index(pa.array(WORDS)).values.field(1)).astype("i8")
    with_index(store, rows=rows + by)
    vectors = load(store)
    with pytest.raises(StoreError, match="the store is damaged: its index points outside of the store"):
        way(vectors)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("last", [41, 2**30])
def test_buckets_that_are_not_there(store, way, last):
    offsets = np.asarray(build_index(pa.array(WORDS)).offsets).copy()
    offsets[1:-1] = last
    hashes = np.zeros(40, "u8")
    with_index(store, offsets=offsets, hashes=hashes)
    with pytest.raises(StoreError, match="the store is damaged: its index points outside of the store"):
        way(load(store))


def with_offsets(store: Path, offsets: np.ndarray) -> None:
    """Exchange the places where words begin, as far as Arrow's own quick check lets them pass."""
    data = (store / "vocabulary.arrow").read_bytes()
    before = bytes(pa.array(WORDS).buffers()[1])[: 4 * 41]
    assert data.count(before) == 1
    (store / "vocabulary.arrow").write_bytes(data.replace(before, offsets.astype("<i4").tobytes()))
    reseal(store)


OFFSETS = np.asarray(pa.array(WORDS).buffers()[1]).view("i4")[:41]


@pytest.mark.parametrize("place", [2**31 - 1, -(2**31), -1, int(OFFSETS[-1]) + 1, 3])
def test_words_that_lie_elsewhere(store, place):
    """A look-up of such a word does not find it; whoever wants the words themselves gets an error."""
    offsets = OFFSETS.copy()
    offsets[20] = place
    with_offsets(store, offsets)
    vectors = load(store)
    assert vectors["word7"].tolist() == NUMBERS[7].tolist()
    assert vectors.rows(["word7", "word30"]).tolist() == [7, 30]
    for word in ("word19", "word20"):
        assert word not in vectors
        assert vectors.rows([word]).tolist() == [-1]
    for use in (
        lambda: vectors.words,
        lambda: list(vectors),
        lambda: vectors.index_to_key,
        lambda: vectors.key_to_index,
        lambda: glovefast.convert(store.parent / "nothing", words=vectors.words),
    ):
        with pytest.raises(StoreError, match="the store is damaged: its words are damaged"):
            use()
    with pytest.raises(StoreError):  # the next time as well
        _ = vectors.words


def test_words_that_are_not_utf8(store):
    data = (store / "vocabulary.arrow").read_bytes()
    (store / "vocabulary.arrow").write_bytes(data.replace(b"word20", b"wor\xff20"))
    reseal(store)
    vectors = load(store)
    assert "word20" not in vectors
    with pytest.raises(StoreError, match="its words are damaged"):
        vectors.index_to_key  # noqa: B018


def refused(store: Path) -> str:
    with pytest.raises(StoreError) as caught:
        load(store)
    return caught.value.reason


def write_arrow(path: Path, column: pa.Array, name: str, batches: int = 1, **options) -> None:
    batch = pa.record_batch([column], names=[name])
    with pa.ipc.new_file(path, batch.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for _ in range(batches):
            writer.write_batch(batch)


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_a_small_file_that_would_fill_the_memory(store, compression):
    """Compressed columns are refused before they are inflated."""
    if not pa.Codec.is_available(compression):
        pytest.skip(f"this pyarrow has no {compression}")
    words = pa.array([*WORDS[1:], "x" * 100_000_000])
    write_arrow(store / "vocabulary.arrow", words, "word", compression=compression)
    assert (store / "vocabulary.arrow").stat().st_size < 1_000_000
    before = pa.total_allocated_bytes()
    peak = pa.default_memory_pool().max_memory()
    assert "vocabulary.arrow cannot be mapped (it is compressed)" in refused(store)
    del words
    assert pa.default_memory_pool().max_memory() == peak
    assert pa.total_allocated_bytes() <= before


@pytest.mark.parametrize(
    ("column", "batches", "reason"),
    [
        (pa.array(WORDS, pa.large_string()), 1, "it has columns ['word'] of types [DataType(large_string)]"),
        (pa.array(WORDS).dictionary_encode(), 1, "it has columns ['word'] of types [DictionaryType("),
        (pa.array(WORDS, pa.string_view()), 1, "it has columns ['word'] of types [DataType(string_view)]"),
        (pa.array([None, *WORDS[1:]]), 1, "1 of its entries are null"),
        (pa.array(WORDS), 2, "it has more than one record batch"),
        (pa.array(WORDS), 0, "it has no record batch"),
    ],
)
def test_columns_of_another_kind(store, column, batches, reason):
    write_arrow(store / "vocabulary.arrow", column, "word", batches)
    assert f"vocabulary.arrow cannot be mapped ({reason}" in refused(store)


@pytest.mark.parametrize("file", ["vocabulary.arrow", "index.arrow"])
@pytest.mark.parametrize("kinds", [(3, 3), (1, 1), (2, 3), (0, 3), (1, 0), (1, 5)])
def test_messages_of_another_kind(store, file, kinds):
    """Pyarrow would read each as what it should be, and crash; 1 is a schema, 3 a record batch."""
    data = bytearray((store / file).read_bytes())
    place = 8
    for kind in kinds:
        size, root = struct.unpack_from("<4xiI", data, place)
        message = place + 8 + root
        vtable = message - struct.unpack_from("<i", data, message)[0]
        data[message + struct.unpack_from("<H", data, vtable + 6)[0]] = kind
        place += 8 + size
    (store / file).write_bytes(data)
    code = "import sys, glovefast\ntry: glovefast.load(sys.argv[1])\nexcept glovefast.StoreError: print('ok')"
    done = subprocess.run([sys.executable, "-c", code, store], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "ok\n")


def test_a_column_shorter_than_it_says(store):
    """All files and sizes agree on 80 rows; of the words' places only half are there."""
    data = (store / "vocabulary.arrow").read_bytes()
    assert data.count(struct.pack("<q", 40)) == 2  # the batch's and the column's
    longer = data.replace(struct.pack("<q", 40), struct.pack("<q", 80))
    words = pa.array([f"word{row}" for row in range(80)])
    shutil.rmtree(store)
    write_store(store, words, np.zeros((80, 4)))
    (store / "vocabulary.arrow").write_bytes(longer)
    reseal(store)
    assert "vocabulary.arrow cannot be mapped (" in refused(store)


class Bomb:
    """Unpickled, it would say so."""

    def __reduce__(self):
        return Path.touch, (Path("executed"),)


def test_pickles_are_not_opened(store, tmp_path, monkeypatch):
    """Not in an object array, not as a type of pyarrow's old Python extensions (CVE-2023-47248)."""
    monkeypatch.chdir(tmp_path)
    objects = np.empty((40, 4), dtype=object)
    objects[...] = Bomb()
    np.save(store / "vectors.npy", objects, allow_pickle=True)
    assert "vectors.npy must contain (40, 4) float32" in refused(store)
    (store / "vectors.npy").write_bytes(pickle.dumps(Bomb()))
    assert "vectors.npy must contain (40, 4) float32" in refused(store)
    metadata = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": pickle.dumps(Bomb()),
    }
    schema = pa.schema([pa.field("word", pa.string(), metadata=metadata)])
    with pa.ipc.new_file(store / "vocabulary.arrow", schema) as writer:
        writer.write_batch(pa.record_batch([pa.array(WORDS)], names=["word"]).cast(schema))
    reseal(store)
    with pytest.raises(StoreError):
        load(store)
    assert not Path("executed").exists()
    pickle.loads(pickle.dumps(Bomb()))
    assert Path("executed").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
@pytest.mark.parametrize("name", ["vectors.npy", "vocabulary.arrow", "index.arrow", "metadata.json"])
def test_what_has_no_end_is_not_read(store, name):
    """A pipe that nobody writes to, a device that never ends, a directory."""
    (store / name).unlink()
    os.mkfifo(store / name)
    assert f"{name} is not a regular file" in refused(store)
    (store / name).unlink()
    (store / name).symlink_to("/dev/zero")
    assert f"{name} is not a regular file" in refused(store)
    (store / name).unlink()
    (store / name).mkdir()
    assert f"{name} cannot be mapped (Is a directory)" in refused(store)


@pytest.mark.parametrize("name", ["vectors.npy", "vocabulary.arrow", "index.arrow", "metadata.json"])
def test_links_are_not_followed(store, tmp_path, name):
    """A message must not show what a link leads to, not even to the right file of another store."""
    (store / name).rename(tmp_path / name)
    for target in (tmp_path / name, "/etc/passwd", tmp_path / "missing"):
        (store / name).symlink_to(target)
        assert refused(store) == (
            f"the store is damaged: {name} is not a regular file; convert its source again"
        )
        (store / name).unlink()
    (tmp_path / name).rename(store / name)
    assert len(load(store)) == 40


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir])
def test_a_conversion_does_not_wait_for_what_is_in_its_place(tmp_path, make):
    (tmp_path / "a.txt").write_text("the 1\n")
    (tmp_path / "a.glovefast").mkdir()
    make(tmp_path / "a.glovefast" / "metadata.json")
    with pytest.raises(StoreError, match="is not a glovefast store"):
        glovefast.convert(tmp_path / "a.txt", overwrite=True)
    with pytest.raises(StoreError, match="is a file"):
        load(tmp_path / "a.txt")


@pytest.mark.parametrize("name", ["index.arrow", "vocabulary.arrow"])
def test_numbers_that_are_not_aligned(store, name):
    """Python's views of such numbers cannot be read. A schema of four bytes more moves all numbers."""
    data = (store / name).read_bytes()
    (size,) = struct.unpack_from("<i", data, 12)
    end = 16 + size
    moved = data[:12] + struct.pack("<i", size + 4) + data[16:end] + bytes(4) + data[end:]
    (store / name).write_bytes(moved)
    reseal(store)
    assert f"{name} cannot be mapped (its buffers are not aligned)" in refused(store)


@pytest.mark.parametrize("place", [-1, -5, -(2**31)])
def test_a_bucket_before_the_first(store, place):
    """A single look-up and a batch give the same answer: the index is damaged."""
    offsets = np.asarray(build_index(pa.array(WORDS)).offsets).copy()
    bucket = int(np.flatnonzero(np.diff(offsets[1:-1]))[0]) + 1
    word = WORDS[int(np.asarray(build_index(pa.array(WORDS)).values.field(1))[offsets[bucket]])]
    offsets[bucket] = place
    with_index(store, offsets=offsets)
    vectors = load(store)
    for way in (lambda: vectors.get(word), lambda: vectors.rows([word]), lambda: word in vectors):
        with pytest.raises(StoreError, match="its index points outside of the store"):
            way()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "metadata.json is not JSON ("),
        ('{"rows": ' + "9" * 5000 + "}", "metadata.json is not JSON ("),
        (" " * (1 << 24) + "{}", "metadata.json is larger than 16 MiB"),
        ("\ud800".encode("utf-8", "surrogatepass"), "metadata.json is not UTF-8 ("),
        ('{"format": "glovefast"}'.encode("utf-16"), "metadata.json is not UTF-8 ("),
    ],
)
def test_metadata_that_is_too_much(store, text, reason):
    (store / "metadata.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert reason in refused(store)


@pytest.mark.parametrize(
    ("rows", "dim"), [(2**62, 4), (40, 2**62), (0, 2**64), (10**30, 10**30), (0, 2**31), (0, 2**61)]
)
def test_sizes_that_are_too_much(store, rows, dim):
    """The header agrees with the metadata; the file cannot."""
    metadata = json.loads((store / "metadata.json").read_text())
    reseal(store, rows=rows, dim=dim)
    shape = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dim}), }}".ljust(117) + "\n"
    header = b"\x93NUMPY\x01\x00\x76\x00" + shape.encode()
    (store / "vectors.npy").write_bytes(header + NUMBERS.tobytes())
    assert metadata["rows"] == 40
    assert "the store is damaged" in refused(store)


@pytest.mark.parametrize("change", [b"", b"\0", bytes(16)])
def test_vectors_longer_than_they_say(store, change):
    with (store / "vectors.npy").open("ab") as file:
        file.write(change)
    if change:
        assert "vectors.npy has " in refused(store)
    else:
        assert len(load(store)) == 40


LONG = "x" * 100_000


def test_long_values_are_shortened_in_messages(tmp_path):
    """Whatever value of the metadata a message shows."""
    source = tmp_path / "text.txt"
    source.write_text("a 1 2\nb 3 4\n")
    made = glovefast.convert(source)
    metadata = json.loads((made / "metadata.json").read_text())
    with zipfile.ZipFile(tmp_path / "text.zip", "w") as archive:
        archive.writestr("other.txt", "a 1 2\nb 3 4\n")
        archive.writestr("another.txt", "a 1 2\nb 3 4\n")

    def message(against: str = "text.txt", **changes) -> str:
        (made / "metadata.json").write_text(json.dumps({**metadata, **changes}))
        reseal(made)
        try:
            load(made)
            glovefast.verify(made, against=tmp_path / against)
        except glovefast.GlovefastError as error:
            return str(error)
        return pytest.fail("it is accepted")

    options = metadata["options"]
    messages = [
        message(format_version=LONG),
        message(format_version=[LONG] * 1000),
        message(format_version=10**4000),
        message(dtype=LONG),
        message(options={**options, "separator": LONG}),
        message(options={**options, "encoding": LONG}),
        message(options={**options, "errors": LONG}),
        message("text.zip", source={**metadata["source"], "member": LONG}),
    ]
    assert all(len(each) < 1000 for each in messages), [each[:200] for each in messages]
    (made / "metadata.json").write_text(
        json.dumps({**metadata, "checksums": {**metadata["checksums"], "index.arrow": LONG}})
    )
    assert all(len(problem) < 1000 for problem in glovefast.verify(made).problems)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_scales_of_a_store_that_has_none(tmp_path, dtype):
    """They are not looked at when the store is opened, and `verify` says that they do not belong to it."""
    store = write_store(tmp_path / "store", pa.array(WORDS), NUMBERS, dtype=dtype)
    (store / "scales.npy").write_bytes(b"anything")
    assert (load(store)["word3"] == NUMBERS[3]).all()
    assert glovefast.verify(store).problems == ("scales.npy is not a file of a store",)


def with_scales(store: Path, data: bytes | None) -> None:
    (store / "scales.npy").unlink()
    if data is not None:
        (store / "scales.npy").write_bytes(data)


SCALES = np.ones(40, dtype="<f4").tobytes()
BAD_SCALES = {
    "missing": (None, "scales.npy cannot be mapped"),
    "empty": (b"", "scales.npy must contain \\(40,\\) float32"),
    "fewer": (npy_header(39) + SCALES[4:], "its header says .*shape': \\(39,\\)"),
    "a header that lies": (npy_header(40) + SCALES[4:], "scales.npy has 284 bytes, expected 288"),
    "more than the header says": (npy_header(40) + SCALES + b"0000", "has 292 bytes, expected 288"),
    "float16": (npy_header(40, dtype="float16") + SCALES, "its header says .*'<f2'"),
    "a matrix": (npy_header(40, 1) + SCALES, "its header says .*shape': \\(40, 1\\)"),
}


@pytest.mark.parametrize("case", BAD_SCALES)
def test_scales_that_do_not_fit(tmp_path, case):
    data, reason = BAD_SCALES[case]
    store = write_store(tmp_path / "store", pa.array(WORDS), NUMBERS, dtype="int8")
    with_scales(store, data)
    with pytest.raises(StoreError, match=reason):
        load(store)
    assert not glovefast.verify(store).ok


@pytest.mark.parametrize("number", [np.nan, np.inf, -1.0, 0.0, 3.4e38])
def test_scales_that_no_writer_makes(tmp_path, number):
    """They are numbers to multiply with; the checksum tells that they are not what was written."""
    store = write_store(tmp_path / "store", pa.array(WORDS), NUMBERS, dtype="int8")
    with_scales(store, npy_header(40) + np.full(40, number, dtype="<f4").tobytes())
    vectors = load(store)
    with np.errstate(all="ignore"):
        expected = vectors.vectors * np.float32(number)
        assert np.array_equal(np.asarray(vectors), expected, equal_nan=True)
        assert np.array_equal(vectors["word3"], expected[3], equal_nan=True)
        assert np.array_equal(vectors[["word3", "word7"]], expected[[3, 7]], equal_nan=True)
        assert np.array_equal(vectors.embedding_matrix({"word3": 0}), expected[[3]], equal_nan=True)
    assert [problem.partition(":")[0] for problem in glovefast.verify(store).problems] == [
        "scales.npy is not as it was written"
    ]


@pytest.mark.filterwarnings("error")
def test_queries_with_such_scales(tmp_path):
    """A warning of NumPy would be about something that the user cannot change."""
    store = write_store(tmp_path / "store", pa.array(WORDS), NUMBERS, dtype="int8")
    scales = np.resize(np.array([np.nan, np.inf, 3.4e38, 1e-3], dtype="<f4"), 40)
    with_scales(store, npy_header(40) + scales.tobytes())
    (tmp_path / "questions.txt").write_text(f"{' '.join(WORDS[3:7])}\n{' '.join(WORDS[7:11])}\n")
    vectors = load(store)
    for method in ("3cosadd", "3cosmul"):
        found = glovefast.evaluate(vectors, tmp_path / "questions.txt", method=method)
        assert found.analogies[0].unknown == 2
    assert np.isfinite(vectors.nearest([WORDS[3]], 3).similarities).all()


@pytest.mark.parametrize("made", ["float32", "float16", "int8"])
@pytest.mark.parametrize("said", ["float32", "float16", "int8"])
def test_metadata_that_lies_about_the_type(tmp_path, made, said):
    store = write_store(tmp_path / "store", pa.array(WORDS), NUMBERS, dtype=made)
    reseal(store, dtype=said)
    if made == said:
        assert glovefast.verify(store).ok
        return
    with pytest.raises(StoreError, match=f"vectors.npy must contain \\(40, 4\\) {said}, but its header says"):
        load(store)
    assert not glovefast.verify(store).ok


def test_a_link_in_the_place_of_scales(tmp_path):
    store = write_store(tmp_path / "store", pa.array(WORDS), NUMBERS, dtype="int8")
    (store / "scales.npy").rename(tmp_path / "elsewhere")
    (store / "scales.npy").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match=r"scales\.npy is not a regular file"):
        load(store)
