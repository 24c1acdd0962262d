"""What real embedding files contain, one thing at a time: the bytes, and the words that they must give.

Each was met in a published file, or in a report by somebody whose loader lost data to it.
"""

import bz2
import gzip
import io
import lzma
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from glovefast.conversion.convert import convert
from glovefast.errors import FormatError
from glovefast.vectors import load
from tests.helpers.containers import tarred, zipped
from tests.reference import judge_lines, same_bits

PLAIN = ["the", "of"]
ROWS = b"the 0.5 -1\nof 2 3e-05\n"


@dataclass
class Golden:
    """A file's bytes, the words that it gives, what is reported of it, and the options that it needs."""

    data: bytes
    words: list[str]
    report: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


SPACES = {"words_with_spaces": 1}
FILES = {
    # Lines
    "plain": Golden(b"the 0.5 -1\nof 2 3e-05\n", PLAIN),
    "no final newline": Golden(b"the 0.5 -1\nof 2 3e-05", PLAIN),
    "spaces at the ends of lines": Golden(b"the 0.5 -1 \nof 2 3e-05  \n", PLAIN),
    "CRLF": Golden(b"the 0.5 -1\r\nof 2 3e-05\r\n", PLAIN),
    "CRLF without the last": Golden(b"the 0.5 -1\r\nof 2 3e-05", PLAIN),
    "CRLF behind spaces": Golden(b"the 0.5 -1 \r\nof 2 3e-05 \r\n", PLAIN),
    "a byte order mark": Golden(b"\xef\xbb\xbfthe 0.5 -1\nof 2 3e-05\n", PLAIN),
    "blank lines": Golden(b"\nthe 0.5 -1\n\r\n \nof 2 3e-05\n\n", PLAIN, {"blank_lines": 4}),
    # Words with spaces: the word is what stands before the last numbers.
    "dots of 840B": Golden(b"the 1 2\n. . . 3 4\nof 5 6\n", ["the", ". . .", "of"], SPACES),
    "addresses of 840B": Golden(
        b"the 1 2\nat name@domain.com 3 4\nor contact name@domain.com 5 6\nto name@domain.com 7 8\n",
        ["the", "at name@domain.com", "or contact name@domain.com", "to name@domain.com"],
        {"words_with_spaces": 3},
    ),
    "NBSP of 840B": Golden(b"the 1 2\n.\xc2\xa0.\xc2\xa0. 3 4\n", ["the", ".\u00a0.\u00a0."]),
    "NEL of twitter.27B": Golden(b"the 1 2\n\xc2\x85 3 4\nof 5 6\n", ["the", "\u0085", "of"]),
    "line and paragraph separators": Golden(
        b"the 1 2\na\xe2\x80\xa8b 3 4\n\xe2\x80\xa9 5 6\n\x0b 7 8\n\x1c 9 1\n",
        ["the", "a\u2028b", "\u2029", "\x0b", "\x1c"],
    ),
    "an empty word": Golden(b"the 1 2\n 3 4\nof 5 6\n", ["the", "", "of"]),
    "a lone space as a word": Golden(b"the 1 2\n  3 4\nof 5 6\n", ["the", " ", "of"], SPACES),
    "a tab in a word": Golden(b"the 1 2\na\tb 3 4\nof 5 6\n", ["the", "a\tb", "of"]),
    "NUL bytes in words": Golden(b"the 1 2\na\0b 3 4\n\0 5 6\n", ["the", "a\0b", "\0"]),
    # Words that other readers take for something else
    "words like numbers": Golden(
        b"the 1 2\nnan 3 4\ninfinity 5 6\ninf 7 8\n7e7 9 1\n59e59 2 3\n0_2 4 5\n1 6 7\n-0.5 8 9\n",
        ["the", "nan", "infinity", "inf", "7e7", "59e59", "0_2", "1", "-0.5"],
    ),
    "words that CSV readers eat": Golden(
        b"none 1 2\nna 3 4\nnan 5 6\nnat 7 8\nnull 9 1\nn/a 2 3\n"
        b'" 4 5\n# 6 7\n, 8 9\n1,000 1 2\n"a" 3 4\n\\N 5 6\n',
        ["none", "na", "nan", "nat", "null", "n/a", '"', "#", ",", "1,000", '"a"', "\\N"],
    ),
    "unk, pad and <unk>": Golden(b"unk 1 2\npad 3 4\n<unk> 5 6\n", ["unk", "pad", "<unk>"]),
    "a long word": Golden(b"the 1 2\n" + b"w" * 5000 + b" 3 4\n", ["the", "w" * 5000]),
    "letters of every length": Golden(
        b"caf\xc3\xa9 1 2\ncafe\xcc\x81 3 4\n\xe6\x97\xa5\xe6\x9c\xac 5 6\n\xf0\x9d\x84\x9e 7 8\n",
        ["caf\u00e9", "cafe\u0301", "\u65e5\u672c", "\U0001d11e"],
    ),
    "duplicates": Golden(
        b"the 1 2\nof 3 4\nthe 5 6\nthe 7 8\n", ["the", "of", "the", "the"], {"duplicate_words": 2}
    ),
    "runs of U+FFFD of 840B": Golden(
        b"the 1 2\n\xef\xbf\xbd\xef\xbf\xbd 3 4\n"
        b"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd 5 6\n\xef\xbf\xbd\xef\xbf\xbd 7 8\n",
        ["the", "\ufffd" * 2, "\ufffd" * 3, "\ufffd" * 2],
        {"duplicate_words": 1},
    ),
    # A copy that went through cp1252
    "cp1252, read as such": Golden(
        b"the 1 2\n\x93 3 4\n\x94 5 6\nit\x92s 7 8\ncaf\xc3\xa9 9 1\n",
        ["the", "\u201c", "\u201d", "it\u2019s", "caf\u00e9"],
        {"replaced_words": 3},
        {"errors": "cp1252"},
    ),
    "cp1252 beside the same word in UTF-8": Golden(
        b"it\xe2\x80\x99s 1 2\nit\x92s 3 4\nit\x92s 5 6\n",
        ["it\u2019s"] * 3,
        {"replaced_words": 2, "merged_words": 2},
        {"errors": "cp1252"},
    ),
    "cp1252, replaced": Golden(
        b"the 1 2\n\x93 3 4\n\x94 5 6\n\x93 7 8\n\xef\xbf\xbd 9 1\n",
        ["the", "\ufffd", "\ufffd", "\ufffd", "\ufffd"],
        {"replaced_words": 3, "merged_words": 2, "duplicate_words": 1},
        {"errors": "replace"},
    ),
    "cp1252, written out": Golden(
        b"the 1 2\n\x93 3 4\n\x94 5 6\n\\x94 7 8\n",
        ["the", "\\x93", "\\x94", "\\x94"],
        {"replaced_words": 2, "merged_words": 1},
        {"errors": "backslashreplace"},
    ),
    "cp1252, left out": Golden(
        b"the 1 2\n\x93 3 4\nof 5 6\n", PLAIN, {"skipped_rows": 1}, {"on_bad_row": "skip"}
    ),
    "neither UTF-8 nor cp1252": Golden(
        b"the 1 2\n\x81 3 4\n\x93 5 6\n",
        ["the", "\u201c"],
        {"skipped_rows": 1, "replaced_words": 1},
        {"errors": "cp1252", "on_bad_row": "skip"},
    ),
    # Numbers
    "forms of numbers": Golden(
        b"a 0.418 -6.3681e-05\nb 1 -1\nc -0 +.5\nd 5. 1E3\ne 000.50 1e-45\nf 3.4028235e38 1e-400\n",
        list("abcdef"),
    ),
    "nan and inf": Golden(
        b"a nan -nan\nb inf -inf\nc Infinity 1e39\nd -1e400 NaN\n", list("abcd"), {"rows_not_finite": 4}
    ),
    "numbers of word2vec": Golden(
        b"a -1.250000000000000000e-01 9.999999747378751636e-05\n"
        b"b 3.141592741012573242e+00 0.000000000000000000e+00\n",
        ["a", "b"],
    ),
    "numbers of float64": Golden(
        b"a 0.10000000000000001 -3.1415926535897931\nb 1e+22 123456789.123456789\n", ["a", "b"]
    ),
    "numbers of 10,000 digits": Golden(
        b"a 0.%b %b\nb 1%be-10000 -0.%b1\n" % (b"3" * 10_000, b"7" * 10_000, b"0" * 10_000, b"0" * 10_000),
        ["a", "b"],
        {"rows_not_finite": 1},
    ),
    "midpoints of float32": Golden(
        b"a 16777217 16777219\nb 1.00000005960464477539 1.00000005960464477540\n", ["a", "b"]
    ),
    # Headers
    "a header": Golden(b"2 2\nthe 0.5 -1\nof 2 3e-05\n", PLAIN, {"header": [2, 2]}),
    "a header with CRLF": Golden(b"2 2\r\nthe 0.5 -1\r\nof 2 3e-05\r\n", PLAIN, {"header": [2, 2]}),
    "a header that promises too much": Golden(
        b"2519370 2\nthe 0.5 -1\nof 2 3e-05\n", PLAIN, {"header": [2519370, 2], "rows_promised": 2519370}
    ),
    "a header of 10**15 rows": Golden(
        b"1000000000000000 2\nthe 0.5 -1\nof 2 3e-05\n",
        PLAIN,
        {"header": [10**15, 2], "rows_promised": 10**15},
    ),
    "a row that looks like a header": Golden(b"1900 1\n1901 0.5\n1902 0\n", ["1900", "1901", "1902"]),
    "a header of one dimension": Golden(b"2 1\na 5\nb 6\n", ["a", "b"], {"header": [2, 1]}),
    "a header that the user says is none": Golden(b"2 1\na 5\nb 6\n", ["2", "a", "b"], {}, {"header": False}),
    # Rows that are set aside
    "two rows in one line": Golden(
        b"the 1 2\nof 3 4 and 5 6\nto 7 8\n", ["the", "to"], {"skipped_rows": 1}, {"on_bad_row": "skip"}
    ),
    "a row cut off": Golden(
        b"the 1 2\nof 3 4\nto 7", PLAIN, {"skipped_rows": 1}, {"on_bad_row": "skip"}
    ),
    "a row of another dimension": Golden(
        b"the 1 2\nof 3 4\nto 5 6 7\n", PLAIN, {"skipped_rows": 1}, {"on_bad_row": "skip"}
    ),
    "a word that ends in a number": Golden(
        b"the 1 2\nwindows 95 3 4\nof 5 6\n", PLAIN, {"skipped_rows": 1}, {"on_bad_row": "skip"}
    ),
    "NUL bytes in numbers": Golden(
        b"the 1 2\nto 1\0 2\nof 3 4\n", PLAIN, {"skipped_rows": 1}, {"on_bad_row": "skip"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", FILES)
def test_a_golden_file(tmp_path, kind, threads):
    golden = FILES[kind]
    vectors = load(convert(io.BytesIO(golden.data), tmp_path / "made", threads=threads, **golden.options))
    assert vectors.words.to_pylist() == golden.words
    assert {key: count for key, count in vectors.metadata.report.to_dict().items() if count} == golden.report
    body = golden.data.removeprefix(b"\xef\xbb\xbf")
    if "header" in golden.report:
        body = body.split(b"\n", 1)[1]
    judged = judge_lines(
        body,
        vectors.dim,
        golden.options.get("errors", "strict"),
        certain="header" in golden.report or "dim" in golden.options,
    )
    rows = [row for row in judged if isinstance(row, tuple)]
    assert [word for word, _ in rows] == golden.words
    assert same_bits(np.array(vectors.vectors), np.array([numbers for _, numbers in rows]))
    assert vectors.rows(golden.words).tolist() == [golden.words.index(word) for word in golden.words]
    listed = vectors.path / "bad_rows.jsonl"
    entries = sum(golden.report.get(key, 0) for key in ("skipped_rows", "replaced_words", "merged_words"))
    assert (listed.read_text("utf-8").count("\n") if listed.exists() else 0) == entries


def test_the_numbers_stand_where_they_should(tmp_path):
    """The reference is code as well; here stand numbers that were not computed."""
    vectors = load(convert(io.BytesIO(FILES["numbers of word2vec"].data), tmp_path / "made"))
    assert vectors.vectors.tobytes() == bytes.fromhex("000000be 17b7d138 db0f4940 00000000")
    vectors = load(convert(io.BytesIO(FILES["midpoints of float32"].data), tmp_path / "other"))
    assert vectors.vectors.tolist() == [[16777216, 16777220], [1, 1]]


CONTAINERS = {
    "glove.txt.gz": gzip.compress(ROWS),
    "glove.txt.bz2": bz2.compress(ROWS),
    "glove.txt.xz": lzma.compress(ROWS),
    "glove.zip": zipped({"glove.txt": ROWS}),
    "glove in a folder.zip": zipped({"a/": b"", "a/b/": b"", "a/b/glove.txt": ROWS}),
    "glove of a Mac.zip": zipped({"glove.txt": ROWS, "__MACOSX/Icon": b"\0", ".DS_Store": b"\0"}),
    "glove.tar": tarred({"glove.txt": ROWS}),
    "glove.tar.gz": tarred({"./": b"", "./glove.txt": ROWS}, "w:gz"),
    "glove.tgz": tarred({"a/": b"", "a/glove.txt": ROWS}, "w:gz"),
    "glove.tar.bz2": tarred({"glove.txt": ROWS}, "w:bz2"),
    "glove.tar.xz": tarred({"glove.txt": ROWS}, "w:xz"),
    "glove.2024.wikigiga.50d.zip": zipped({"wiki_giga_2024_50_MFT20_vectors_seed_123_combined.txt": ROWS}),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_golden_container(file, tmp_path, name):
    vectors = load(convert(file(CONTAINERS[name], name)))
    assert vectors.words.to_pylist() == PLAIN
    assert same_bits(np.array(vectors.vectors), np.array([[0.5, -1], [2, 3e-05]], dtype="float32"))
    stem = "wiki_giga_2024_50_MFT20_vectors_seed_123_combined" if "2024" in name else "glove"
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([name, f"{stem}.glovefast"])


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_many_members(file, pack):
    sizes = {f"glove.6B.{dim}d.txt": b"the" + b" 0.5" * dim + b"\n" for dim in (50, 100, 200, 300)}
    archive = file(pack(sizes), "glove.6B.archive")
    with pytest.raises(FormatError, match=r"holds 4 members: glove\.6B\.50d\.txt, .*; choose one with"):
        convert(archive)
    assert load(convert(archive, member="200d.txt")).dim == 200


def test_bytes_that_are_not_utf8_are_an_error_unless_a_rule_says_otherwise(file):
    source = file(FILES["cp1252, replaced"].data)
    with pytest.raises(FormatError) as caught:
        convert(source)
    assert caught.value.line == 2
    assert r"the word b'\x93' is not UTF-8; name the file's encoding" in str(caught.value)
