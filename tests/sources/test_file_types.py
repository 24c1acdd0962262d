"""Files that are no embedding text, and embedding text that looks like one."""

import gzip
import io
import pickle
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.helpers.containers import read_all, refusal, zipped


def npy_bytes() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros((3, 4), np.float32))
    return file.getvalue()


def parquet_bytes() -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"word": ["the"], "x": [0.5]}), file)
    return file.getvalue()


def arrow_bytes() -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, pa.schema([("x", pa.float32())])) as writer:
        writer.write_table(pa.table({"x": pa.array([1.0], pa.float32())}))
    return sink.getvalue().to_pybytes()


FOREIGN = {
    "html": (b"<!DOCTYPE html>\n<html><head>", "is an HTML page"),
    "html public": (b'<!doctype HTML PUBLIC "-//W3C//DTD HTML 4.01//EN">', "is an HTML page"),
    "html after white space": (b"\xef\xbb\xbf \r\n\t<HTML lang='en'>\n", "is an HTML page"),
    "html after a comment": (b"<!-- saved -->\n<html>\n", "is an HTML page"),
    "xml": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code>', "is an XML document"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "is a Git LFS pointer"),
    "utf-16": ("the 0.1 0.2\n".encode("utf-16"), "is UTF-16 text; convert it to UTF-8"),
    "utf-16-be": (b"\xfe\xff" + "the 0.1\n".encode("utf-16-be"), "is UTF-16 text"),
    "utf-16 without a mark": ("the 0.1 0.2\nof 0.3 0.4\n".encode("utf-16-le"), "is UTF-16 text"),
    "utf-16-be without a mark": ("the 0.1 0.2\nof 0.3 0.4\n".encode("utf-16-be"), "is UTF-16 text"),
    "utf-32": ("the 0.1 0.2\n".encode("utf-32"), "is UTF-32 text; convert it to UTF-8"),
    "utf-32-be": (b"\0\0\xfe\xff" + "the 0.1\n".encode("utf-32-be"), "is UTF-32 text"),
    "npy": (npy_bytes(), "is a NumPy array"),
    **{
        f"pickle {protocol}": (pickle.dumps({"the": [0.5]}, protocol), "is a Python pickle")
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "is an HDF5 file"),
    "sqlite": (b"SQLite format 3\0" + bytes(100), "is an SQLite database"),
    "pdf": (b"%PDF-1.7\r%\xe2\xe3\xcf\xd3\r\n1 0 obj", "is a PDF document"),
    "parquet": (parquet_bytes(), "is a Parquet or Arrow file"),
    "arrow": (arrow_bytes(), "is a Parquet or Arrow file"),
    "elf": (Path(sys.executable).resolve().read_bytes()[:5000], "is a program"),
    "fasttext": (b"\xba\x16\x4f\x2f\x0c\0\0\0" + bytes(100), "is a fastText binary model"),
    "compress": (b"\x1f\x9d\x90\x74\xd0", "is compressed with compress (.Z); unpack it first, or pipe"),
    "old lz4": (b"\x02\x21\x4c\x18\x64\x40", "is compressed with an old version of LZ4"),
    "lzip": (b"LZIP\x01\x0c", "is compressed with lzip"),
    "lzop": (b"\x89LZO\0\r\n\x1a\n\x10", "is compressed with lzop"),
    "snappy": (b"\xff\x06\0\0sNaPpY\0", "is compressed with Snappy"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", "is a 7-Zip archive"),
    "rar": (b"Rar!\x1a\x07\x01\x00", "is a RAR archive"),
    "bare floats": (np.random.default_rng(5).normal(size=3000).tobytes(), "is a binary file"),
    "zeros": (bytes(5000), "is a binary file"),
    "empty": (b"", "is empty: it has no bytes"),
    "only a byte order mark": (b"\xef\xbb\xbf", "is empty"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_no_embedding_text_is_named(file, kind):
    data, message = FOREIGN[kind]
    path = file(data)
    assert refusal(path).startswith(f"{path}: {message}")
    assert refusal(file(gzip.compress(data))).startswith(f"{path}: {message.split(':')[0]}")
    assert refusal(file(zipped({"v.txt": data}))).startswith(f"{path}!v.txt: {message.split(':')[0]}")


def test_a_directory_and_a_store_are_told_apart(tmp_path):
    from glovefast.store.writing import write_store

    assert "is a directory; pass the embedding text file in it" in refusal(tmp_path)
    store = write_store(tmp_path / "s.glovefast", pa.array(["a"]), np.ones((1, 2), np.float32))
    assert refusal(store) == f"{store}: is already a store; open it with glovefast.load"


def long_row(word: bytes, dim: int = 300) -> bytes:
    return word + b" " + b" ".join(b"%.18e" % (value / 7) for value in range(dim)) + b"\n"


EMBEDDING_TEXTS = {
    "tags": b"< 0.1 0.2\n<html> 0.1 0.2\n",
    "html as a word": b"<html 0.1 0.2\n",
    "doctype as a word": b"<!doctype html 0.1 0.2\n",
    "xml as a word": b"<?xml 0.1 0.2\n",
    "pdf as a word": b"%PDF-1.4 0.1 0.2\n",
    "magics as words": b"PAR1 0.1\nARROW1 0.1\nRar! 0.5\n7z 0.5\n",
    "bzip2 as a word": b"BZh91 0.1 0.2\n",
    "parquet as a word": b"PAR1 0.1 0.2\n",
    "version as a word": b"version 0.1 0.2\n",
    "ustar at its place": b"a" * 256 + b" ustar 0.5\n",
    "a header": b"2 3\nthe 0.1 0.2 0.3\nof 1 2 3\n",
    "a header and damaged words": b"9 1\n" + b"\xef\xf0\xe8\xe2\xe5\xf2 0.5\n" * 9,
    "words in another encoding": b"\xef\xf0\xe8\xe2\xe5\xf2\xef\xf0\xe8\xe2\xe5\xf2 1\n" * 900,
    "words of control characters": b"\0\1\2\3\4\5\6\7\0\1\2\3\4\5\6\7 -1.5e-3\n",
    "a word of NULs without a line's end": b"\0" * 100 + b" .5",
    "long rows": long_row("日本".encode()) + long_row(b"the"),
    "a long row of damaged bytes": long_row(b"\x93\x94\x96"),
    "a word that begins as UTF-16 does": b"\xff\xfe 0.1 0.2\n\xfe\xff\xfe 0.1 0.2\n",
    "windows": b"the 0.1 0.2 \r\nof 1 2 \r\n",
    "one field": b"x",
    "blank lines": b"\n\n\nthe 1\n",
}


@pytest.mark.parametrize("kind", EMBEDDING_TEXTS)
def test_embedding_text_is_never_taken_for_something_else(file, kind):
    assert read_all(file(EMBEDDING_TEXTS[kind])) == EMBEDDING_TEXTS[kind]


def test_brotli_is_known_by_its_name(file):
    data = np.random.default_rng(5).bytes(3000)
    assert "is compressed with Brotli, judging by its name; unpack it" in refusal(file(data, "v.txt.br"))
    assert read_all(file(b"the 0.5\n", "v.br")) == b"the 0.5\n"
