"""What is not embedding text, in whole or in part: errors with file and line, rows left out and listed."""

import bz2
import gzip
import io
import json
from pathlib import Path

import pytest

from glovefast.conversion.convert import convert
from glovefast.conversion.tally import ADVICE
from glovefast.errors import FormatError
from glovefast.parser import chunks
from glovefast.vectors import load
from tests.helpers.containers import zipped
from tests.helpers.files import names

ROWS = b"the 0.1 0.2 0.3\nof 0.4 0.5 0.6\n"


def refusal(data: bytes, directory: Path, name: str = "vectors.txt", **options) -> FormatError:
    """Convert a file that is refused, beside one that must stay as it is."""
    (directory / name).write_bytes(data)
    (directory / "other").mkdir(exist_ok=True)
    before = names(directory)
    with pytest.raises(FormatError) as caught:
        convert(directory / name, **options)
    assert names(directory) == before
    assert caught.value.path.startswith(str(directory / name))
    assert str(caught.value).startswith(f"{directory / name}")
    return caught.value


def encrypted(members: dict[str, bytes]) -> bytes:
    """Set the flag that says that a member is encrypted, in its local and its central header."""
    data = bytearray(zipped(members))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + offset] |= 1
    return bytes(data)


BAD_ROWS = [
    (b"w 1 2", "expected 3 numbers after the word 'w', found 2"),
    (b"w", "expected 3 numbers after the word 'w', found 0"),
    (b"w 1 2 3 4 5 6", "expected 3 numbers after the word 'w', found 6"),
    (
        b"v 1 2 3 w 1 2 3",
        "the word would be 'v 1 2 3 w', which contains numbers; two rows may share this line",
    ),
    (b"w 1 two 3", "'two' in column 5, after the word 'w', is not a number"),
    (b"w 1 2 3,0", "'3,0' in column 7, after the word 'w', is not a number"),
    (b"w 1 2  ", "expected 3 numbers after the word 'w', found 2"),
    (
        b"w 1  2 3",
        "column 5 is empty where a number must follow the word 'w 1': "
        "there are two spaces, and a single one separates the fields",
    ),
    (
        b"caf\xe9 1 2 3",
        "the word b'caf\\xe9' is not UTF-8; name the file's encoding "
        "(encoding, --encoding: gb18030, shift_jis, cp1252, latin-1, ...), or choose a rule for such words "
        "(errors, --errors: 'replace', 'backslashreplace', 'cp1252')",
    ),
]


@pytest.mark.parametrize(("row", "reason"), BAD_ROWS)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_bad_row_deep_in_the_file(tmp_path, monkeypatch, row, reason, line_end, threads):
    """The first one is told, whoever reads the others sooner."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 300)
    lines = [b"5000 3", *(b"word%d 0.1 -0.2 %d" % (line, line) for line in range(5000)), b""]
    lines[1234] = row
    lines[1500] = b""
    for line in range(1600, 5000, 10):
        lines[line] = b"another one"
    error = refusal(line_end.join(lines), tmp_path, threads=threads)
    assert (error.line, error.reason) == (1235, f"{reason}; {ADVICE}")
    assert str(error) == f"{tmp_path / 'vectors.txt'}, line 1235: {reason}; {ADVICE}"


@pytest.mark.parametrize("row", [b"w 1 2", b"w 1 two 3", b"caf\xe9 1 2 3"])
def test_a_bad_row_at_either_end(tmp_path, row):
    assert refusal(row + b"\n" + ROWS, tmp_path).line == 1
    assert refusal(b"\n\n" + row + b"\n" + ROWS, tmp_path).line == 3
    assert refusal(b"2 3\n" + row + b"\n" + ROWS, tmp_path).line == 2
    assert refusal(ROWS + row, tmp_path).line == 3
    assert refusal(ROWS + row + b"\n\n", tmp_path).line == 3


def test_a_given_dimension_is_checked(tmp_path):
    for dim in (2, 300):
        error = refusal(ROWS, tmp_path, dim=dim)
        assert error.line == 1
        assert error.reason == f"you asked for {dim} numbers per row (dim, --dim), but the rows have 3"


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", None, "is empty"),
        (b"\n\r\n  \n", None, "is empty: it has no rows"),
        (b"\xef\xbb\xbf", None, "is empty"),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>\n", None, "is an HTML page"),
        (b"<html><head>\n", None, "is an HTML page"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
            None,
            "is a Git LFS pointer",
        ),
        (bytes(range(256)) * 40, None, "is a binary file"),
        (b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'}\n", None, "is a NumPy array"),
        ("the 0.1 0.2\n".encode("utf-16"), None, "is UTF-16 text"),
        (b"Dear reader,\nthis is a letter.\n", 1, "not embedding text"),
        (
            b"the,0.1,0.2\nof,0.3,0.4\n",
            1,
            "the fields are separated by a comma, as in 'the,0.1,0.2'; read it",
        ),
        (b"the\t0.1\t0.2\n", 1, r"the fields are separated by a tab, as in 'the\t0.1\t0.2'; read it"),
        (b"400000 50\n", 1, "the header promises 400000 rows, but the file has no rows"),
        (b"2 50\nthe 1 2\nof 3 4\n", 1, "the header says 50 numbers per row, but the rows have 2"),
        (b"x" * 2_000_000, None, "a line is longer than 1 MiB"),
        (gzip.compress(ROWS * 9000, mtime=0)[:-300], None, "is truncated"),
        (gzip.compress(b"", mtime=0), None, "is empty"),
        (bz2.compress(ROWS)[:-5], None, "is truncated"),
        (zipped({"a.txt": ROWS})[:-30], None, "is a truncated or damaged zip archive"),
        (encrypted({"a.txt": ROWS}), None, "is encrypted"),
        (zipped({"a.txt": ROWS, "b.txt": ROWS}), None, "holds 2 members: a.txt, b.txt; choose one"),
        (zipped({"readme.md": b"# Vectors\n"}), 1, "not embedding text"),
    ],
)
def test_no_embedding_text(tmp_path, monkeypatch, data, line, reason):
    monkeypatch.setattr(chunks, "MAX_LINE_BYTES", 1 << 20)
    error = refusal(data, tmp_path)
    assert error.line == line
    assert reason in error.reason


def test_a_member_that_is_not_there(tmp_path):
    error = refusal(zipped({"a.txt": ROWS, "b.txt": ROWS}), tmp_path, member="c.txt")
    assert error.reason == "has no member 'c.txt'; it holds: a.txt, b.txt"
    assert refusal(ROWS, tmp_path, member="c.txt").reason == "is not an archive, so it has no member 'c.txt'"


def test_a_bad_row_in_a_member(tmp_path):
    error = refusal(zipped({"a.txt": ROWS + b"w 1 x 2\n"}), tmp_path, name="vectors.zip")
    assert error.path == f"{tmp_path / 'vectors.zip'}!a.txt"
    assert error.line == 3


def test_a_text_without_any_row(tmp_path):
    (tmp_path / "vectors.txt").write_bytes(b"w 1 x\nv 2 y\n")
    with pytest.raises(FormatError, match="none of its 2 lines is a row"):
        convert(tmp_path / "vectors.txt", dim=2, on_bad_row="skip")
    assert names(tmp_path) == ["vectors.txt"]


def listed(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("chunk_bytes", [1, 50, 1000])
def test_rows_left_out_are_counted_and_listed(tmp_path, monkeypatch, threads, chunk_bytes):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    lines = [b"9 3", b"the 0.1 0.2 0.3"]
    for row, _ in BAD_ROWS:
        lines += [row, b"", b"of the 0.4 0.5 0.6"]
    (tmp_path / "vectors.txt").write_bytes(b"\r\n".join(lines))
    vectors = load(convert(tmp_path / "vectors.txt", on_bad_row="skip", threads=threads))
    assert vectors.words.to_pylist() == ["the", *["of the"] * len(BAD_ROWS)]
    assert vectors.vectors.tolist() == [
        vectors["the"].tolist(),
        *[vectors["of the"].tolist()] * len(BAD_ROWS),
    ]
    assert vectors.metadata.report.to_dict() == {
        "header": [9, 3],
        "rows_promised": 9,
        "blank_lines": len(BAD_ROWS),
        "duplicate_words": len(BAD_ROWS) - 1,
        "words_with_spaces": len(BAD_ROWS),
        "replaced_words": 0,
        "merged_words": 0,
        "skipped_rows": len(BAD_ROWS),
        "rows_not_wanted": 0,
        "rows_not_finite": 0,
    }
    assert listed(tmp_path / "vectors.glovefast" / "bad_rows.jsonl") == [
        {
            "line": 3 + 3 * number,
            "reason": reason,
            "beginning": row.decode(errors="backslashreplace"),
            "kept": False,
        }
        for number, (row, reason) in enumerate(BAD_ROWS)
    ]


NOT_UTF8 = b"the 1 2\ncaf\xe9 3 4\ncaf\xe8 5 6\nna\xc3\xafve 7 8\n\xc3 9 10\n\xa9 11 12\nbad\xff 13 x\n"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("replace", ["the", "caf\ufffd", "caf\ufffd", "na\u00efve", "\ufffd", "\ufffd"]),
        ("backslashreplace", ["the", r"caf\xe9", r"caf\xe8", "na\u00efve", r"\xc3", r"\xa9"]),
        ("cp1252", ["the", "caf\u00e9", "caf\u00e8", "na\u00efve", "\u00c3", "\u00a9"]),
        ("strict", ["the", "na\u00efve"]),
    ],
)
@pytest.mark.parametrize("chunk_bytes", [1, 1000])
def test_words_that_are_not_utf8(tmp_path, monkeypatch, rule, words, chunk_bytes):
    """C3 and A9 are two words, though together they would be a letter."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    (tmp_path / "vectors.txt").write_bytes(NOT_UTF8)
    vectors = load(convert(tmp_path / "vectors.txt", errors=rule, on_bad_row="skip"))
    assert vectors.words.to_pylist() == words
    assert vectors.vectors[:, 0].tolist() == ([1, 7] if rule == "strict" else [1, 3, 5, 7, 9, 11])
    report = vectors.metadata.report.to_dict()
    assert (report["replaced_words"], report["skipped_rows"]) == ((0, 5) if rule == "strict" else (4, 1))
    assert (report["duplicate_words"], report["blank_lines"]) == (0, 0)
    assert report.get("merged_words", 0) == len(words) - len(set(words))
    entries = listed(tmp_path / "vectors.glovefast" / "bad_rows.jsonl")
    merged = [(3, True), (6, True)] if rule == "replace" else []
    assert [(entry["line"], entry["kept"]) for entry in entries] == [
        *((line, rule != "strict") for line in (2, 3, 5, 6)),
        (7, False),
        *merged,
    ]
    assert entries[4]["reason"] == r"'x' in column 9, after the word b'bad\xff', is not a number"
    assert entries[4]["beginning"] == r"bad\xff 13 x"
    remedy = "name the file's encoding" if rule == "strict" else f"it was changed to {words[1]!r}"
    assert entries[0]["reason"].startswith(rf"the word b'caf\xe9' is not UTF-8; {remedy}")


def test_two_halves_of_a_letter_are_not_utf8(tmp_path):
    error = refusal(b"\xc3 9 10\n\xa9 11 12\n", tmp_path)
    assert (error.line, error.reason[:26]) == (1, r"the word b'\xc3' is not UT")


def test_a_rule_for_words_is_none_for_rows(tmp_path):
    """Words are replaced and listed, and the bad row still ends the conversion."""
    assert refusal(NOT_UTF8, tmp_path, errors="replace").line == 7
    (tmp_path / "vectors.txt").write_bytes(NOT_UTF8[: NOT_UTF8.index(b"bad")])
    vectors = load(convert(tmp_path / "vectors.txt", errors="replace"))
    assert vectors.metadata.report.replaced_words == 4
    assert len(listed(tmp_path / "vectors.glovefast" / "bad_rows.jsonl")) == 6


def test_the_list_belongs_to_its_store(tmp_path):
    """It lies inside, and is gone when a store without bad rows replaces the store."""
    for name in ("glove.6B.50d", "glove.6B.100d.glovefast"):
        convert(io.BytesIO(ROWS + b"bad\n"), tmp_path / name, on_bad_row="skip")
        assert "bad_rows.jsonl" in names(tmp_path / name)
    convert(io.BytesIO(ROWS), tmp_path / "glove.6B.50d", overwrite=True)
    assert "bad_rows.jsonl" not in names(tmp_path / "glove.6B.50d")
    convert(
        io.BytesIO(ROWS + b"\xff 1 2 3\n"),
        tmp_path / "glove.6B.100d.glovefast",
        overwrite=True,
        errors="replace",
    )
    entries = listed(tmp_path / "glove.6B.100d.glovefast" / "bad_rows.jsonl")
    assert [entry["kept"] for entry in entries] == [True]
    assert names(tmp_path) == ["glove.6B.100d.glovefast", "glove.6B.50d"]


@pytest.mark.parametrize("with_bad_rows", [True, False])
def test_a_file_that_is_not_ours_stays(tmp_path, with_bad_rows):
    """Whatever it is called: also what earlier versions wrote beside the store, and the source itself."""
    rows = ROWS + b"bad\n" * with_bad_rows
    for name in ("mine.bad_rows.jsonl", "bad_rows.jsonl"):
        (tmp_path / name).write_bytes(rows)
    for overwrite in (False, True):
        for source in ("mine.bad_rows.jsonl", "bad_rows.jsonl"):
            destination = tmp_path / ("mine" if overwrite else "mine.glovefast")
            convert(
                tmp_path / source, destination, on_bad_row="skip", overwrite=overwrite or source[0] == "b"
            )
    assert names(tmp_path) == ["bad_rows.jsonl", "mine", "mine.bad_rows.jsonl", "mine.glovefast"]
    for name in ("mine.bad_rows.jsonl", "bad_rows.jsonl"):
        assert (tmp_path / name).read_bytes() == rows


def test_many_bad_rows(tmp_path):
    """More of them than the kernel's list holds, in one chunk, each found again."""
    text = b"".join(b"w%d %d\nbad%d x\nnone%d\n" % (row, row, row, row) for row in range(10_000))
    (tmp_path / "vectors.txt").write_bytes(text)
    vectors = load(convert(tmp_path / "vectors.txt", on_bad_row="skip"))
    assert vectors.vectors[:, 0].tolist() == list(range(10_000))
    entries = listed(tmp_path / "vectors.glovefast" / "bad_rows.jsonl")
    assert len(entries) == 20_000
    assert [entry["line"] for entry in entries] == [line for line in range(1, 30_001) if line % 3 != 1]
    assert [entries[n]["beginning"] for n in (0, 1, -1)] == ["bad0 x", "none0", "none9999"]
