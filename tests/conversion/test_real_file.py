"""All of the real glove.6B.50d, number by number and word by word, by every way in."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from glovefast.conversion.convert import convert, convert_archive
from glovefast.vectors import load
from glovefast.verification.verify import verify
from tests.reference import same_bits, tutorial_dictionary


@pytest.fixture(scope="module")
def expected(glove_6b_50d_text) -> tuple[list[str], np.ndarray]:
    """What the tutorial's loop makes of the text; no word of it stands twice or holds white space."""
    dictionary = tutorial_dictionary(glove_6b_50d_text)
    return list(dictionary), np.stack(list(dictionary.values()))


@pytest.fixture(scope="module")
def archive(glove_6b_50d, tmp_path_factory) -> Path:
    if zipfile.is_zipfile(glove_6b_50d):
        return glove_6b_50d
    path = tmp_path_factory.mktemp("archive") / "glove.6B.50d.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.write(glove_6b_50d, "glove.6B.50d.txt")
    return path


def assert_whole(store: Path, expected: tuple[list[str], np.ndarray]) -> None:
    words, rows = expected
    vectors = load(store)
    assert (len(vectors), vectors.dim) == (400_000, 50)
    assert vectors.words.to_pylist() == words
    assert same_bits(np.array(vectors.vectors), rows)
    assert vectors.rows(words).tolist() == list(range(400_000))
    assert vectors.metadata.report.to_dict() == {
        "header": None,
        "rows_promised": None,
        "blank_lines": 0,
        "duplicate_words": 0,
        "words_with_spaces": 0,
        "replaced_words": 0,
        "merged_words": 0,
        "skipped_rows": 0,
        "rows_not_wanted": 0,
        "rows_not_finite": 0,
    }


@pytest.mark.parametrize("threads", [None, 1])
def test_from_the_text(glove_6b_50d_text, tmp_path, expected, threads):
    store = convert(glove_6b_50d_text, tmp_path / "store", threads=threads)
    assert_whole(store, expected)
    # Readable with NumPy and pyarrow alone.
    assert same_bits(np.load(store / "vectors.npy"), expected[1])
    table = pa.ipc.open_file(store / "vocabulary.arrow").read_all()
    assert table["word"].to_pylist() == expected[0]


def test_from_the_zip(archive, tmp_path, expected):
    (store,) = convert_archive(archive, tmp_path)
    assert store == tmp_path / "glove.6B.50d.glovefast"
    assert_whole(store, expected)


def test_verified_against_the_zip(glove_6b_50d_text, archive, tmp_path):
    store = convert(glove_6b_50d_text, tmp_path / "store")
    result = verify(store, archive)
    assert (result.problems, result.rows_compared) == ((), 400_000)
    data = (store / "vectors.npy").read_bytes()
    (store / "vectors.npy").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert len(verify(store, archive).problems) == 2


def test_from_a_pipe(glove_6b_50d_text, tmp_path, expected):
    command = [sys.executable, "-m", "glovefast", "convert", "-", "-o", str(tmp_path / "store")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        with glove_6b_50d_text.open("rb") as text:
            shutil.copyfileobj(text, process.stdin, 100_000)
        summary, _ = process.communicate()
    assert process.returncode == 0
    assert "400,000 × 50 vectors".encode() in summary
    assert_whole(tmp_path / "store", expected)


@pytest.mark.parametrize("limit", [1, 9_999, 399_999, 400_000, 1_000_000])
def test_the_first_rows(glove_6b_50d_text, tmp_path, expected, limit):
    vectors = load(convert(glove_6b_50d_text, tmp_path / "store", limit=limit))
    assert vectors.words.to_pylist() == expected[0][:limit]
    assert same_bits(np.array(vectors.vectors), expected[1][:limit])
