"""Files in other encodings than UTF-8."""

import json

import numpy as np
import pytest

import glovefast
from glovefast.errors import FormatError, StoreError
from glovefast.parser import chunks
from glovefast.parser.chunks import CHUNK_BYTES
from tests.helpers.cases import case_name

TEXTS = {
    "gb18030": ["中国", "你好", "the", "é", "😀", "㐀", "a b", "中 国", "\ufffd"],
    "shift_jis": ["日本", "ソ", "表", "ｱｲｳ", "the", "能 ソ"],  # the second bytes of some are backslashes
    "big5": ["中國", "功", "許", "the"],
    "cp1252": ["café", "“naïve”", "€", "the"],
    "koi8-r": ["привет", "мир", "the"],
    "utf-8": ["中国", "é", "the"],
}


def write(path, words, encoding, separator=" "):
    numbers = np.arange(2 * len(words), dtype=np.float32).reshape(-1, 2)
    lines = [
        separator.join([word, *(f"{number:g}" for number in row)])
        for word, row in zip(words, numbers, strict=True)
    ]
    path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
    return numbers


@pytest.fixture(params=[1 << 4, CHUNK_BYTES], ids=["small chunks", "one chunk"], autouse=True)
def chunk_bytes(request, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", request.param)


@pytest.mark.parametrize("separator", [" ", "\t", ",", "whitespace"], ids=case_name)
@pytest.mark.parametrize("encoding", TEXTS)
def test_words_of_every_encoding(tmp_path, encoding, separator):
    words, source = TEXTS[encoding], tmp_path / "a.txt"
    between = "  " if separator == "whitespace" else separator
    numbers = write(source, words, encoding, between)
    store = glovefast.convert(source, encoding=encoding, separator=separator, dim=2)
    vectors = glovefast.load(store)
    assert vectors.words.to_pylist() == words
    assert np.array_equal(vectors.vectors, numbers)
    assert vectors.metadata.options.encoding == encoding
    assert vectors.metadata.report.replaced_words == 0
    assert not (store / "bad_rows.jsonl").exists()
    checked = glovefast.verify(store, against=source)
    assert checked.ok, checked.problems
    assert glovefast.dry_run(source, encoding=encoding, separator=separator, dim=2).rows == len(words)


@pytest.mark.parametrize("encoding", TEXTS)
def test_wanted_words_are_found_by_their_characters(tmp_path, encoding):
    words, source = TEXTS[encoding], tmp_path / "a.txt"
    numbers = write(source, words, encoding)
    wanted = [*words[::2], "missing", words[0].encode(encoding).decode("latin-1")]
    store = glovefast.convert(source, words=wanted, encoding=encoding)
    vectors = glovefast.load(store)
    assert vectors.words.to_pylist() == words[::2]
    assert np.array_equal(vectors.vectors, numbers[::2])
    assert vectors.metadata.report.rows_not_wanted == len(words) - len(words[::2])
    assert glovefast.verify(store, against=source).ok


def test_several_bytes_of_one_character_are_one_word(tmp_path):
    """In cp932, two codes are the same character; encoding the wanted word would give only one of them."""
    assert b"\x87\x90".decode("cp932") == b"\x81\xe0".decode("cp932") == "≒"
    (tmp_path / "a.txt").write_bytes(b"\x87\x90 1\n\x81\xe0 2\nthe 3\n")
    store = glovefast.convert(tmp_path / "a.txt", words=["≒"], encoding="cp932", dim=1)
    assert glovefast.load(store).vectors.tolist() == [[1], [2]]
    assert glovefast.load(store).metadata.report.duplicate_words == 1


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ("replace", ["the", "中\ufffd", "国"]),
        ("backslashreplace", ["the", "中\\xff", "国"]),
        ("cp1252", ["the", "ÖÐÿ", "国"]),
    ],
)
def test_words_that_do_not_fit_the_encoding_are_changed_and_listed(tmp_path, errors, words):
    source = tmp_path / "a.txt"
    source.write_bytes(b"the 1 2\n\xd6\xd0\xff 3 4\n\xb9\xfa 5 6\n")
    with pytest.raises(
        FormatError, match=r"line 2: the word b'\\xd6\\xd0\\xff' is not gb18030; name another"
    ):
        glovefast.convert(source, encoding="gb18030")
    store = glovefast.convert(source, encoding="gb18030", errors=errors)
    assert glovefast.load(store).words.to_pylist() == words
    (entry,) = map(json.loads, (store / "bad_rows.jsonl").read_text("utf-8").splitlines())
    reason = rf"the word b'\xd6\xd0\xff' is not gb18030; it was changed to {words[1]!r}"
    assert (entry["line"], entry["reason"], entry["kept"]) == (2, reason, True)
    assert glovefast.verify(store, against=source).ok


def test_words_that_do_not_fit_the_encoding_can_be_skipped(tmp_path):
    source = tmp_path / "a.txt"
    source.write_bytes(b"the 1 2\n\x81 3 4\n\x93\xfa 5 6\n")
    store = glovefast.convert(source, encoding="shift_jis", on_bad_row="skip")
    assert glovefast.load(store).words.to_pylist() == ["the", "日"]
    assert glovefast.load(store).metadata.report.skipped_rows == 1
    assert glovefast.verify(store, against=source).ok


def test_an_archive_in_another_encoding(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("one.txt", "two.txt"):
            archive.writestr(name, "中国 1 2\n你好 3 4\n".encode("gb18030"))
    for store in glovefast.convert_archive(tmp_path / "a.zip", encoding="gb18030"):
        assert glovefast.load(store).words.to_pylist() == ["中国", "你好"]


def test_an_encoding_that_cannot_be_used_is_told_before_anything_is_read(tmp_path):
    for convert in (glovefast.convert, glovefast.dry_run, glovefast.convert_archive):
        with pytest.raises(ValueError, match="encoding='utf-16' does not keep ASCII"):
            convert(tmp_path / "missing.txt", encoding="utf-16")
        with pytest.raises(ValueError, match=r"separator='\|' can be part of a character"):
            convert(tmp_path / "missing.txt", encoding="gbk", separator="|")


def test_a_store_that_names_no_usable_encoding(tmp_path):
    source = tmp_path / "a.txt"
    source.write_text("the 1\n")
    store = glovefast.convert(source)
    metadata = json.loads((store / "metadata.json").read_text())
    assert metadata["options"]["encoding"] == "utf-8"
    metadata["options"]["encoding"] = "utf-16"
    (store / "metadata.json").write_text(json.dumps(metadata))
    with pytest.raises(StoreError, match=r"the store is damaged: .* encoding='utf-16' does not keep ASCII"):
        glovefast.verify(store, against=source)
