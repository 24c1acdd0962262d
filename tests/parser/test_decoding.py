"""Words decoded all at once are what each word decoded alone is, in every encoding and by every rule."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glovefast.parser.decoding import ERRORS_RULES, WordDecoder, checked_encoding

ENCODINGS = ["utf-8", "gb18030", "gbk", "big5", "shift_jis", "euc_kr", "cp1252", "iso8859-1", "ascii"]

PIECES = st.one_of(
    st.binary(min_size=1, max_size=6).filter(lambda data: b"\n" not in data),
    st.sampled_from(
        [*(text.encode("gb18030") for text in ("中国", "é", "😀", "ｱ")), "日本".encode("shift_jis")]
    ),
    st.sampled_from(["é", "😀", "\ufffd", "中", "a"]).map(str.encode),
    st.sampled_from(
        [b"\x81", b"\x81\x30", b"\x84\x31\xa4\x37", b"\xe2\x82", b"\xed\xa0\x80", b"\x81\x7c", b"\xff"]
    ),
)
WORDS = st.lists(st.lists(PIECES, max_size=3).map(b"".join), max_size=8)


def alone(word: bytes, encoding: str, errors: str) -> tuple[str, bool | None]:
    """Decode one word; give it and what happened: nothing (None), a change (True) or a rejection (False)."""
    try:
        return word.decode(encoding), None
    except UnicodeDecodeError:
        if errors == "strict":
            return "", False
    if errors != "cp1252":
        return word.decode(encoding, errors), True
    try:
        return word.decode("cp1252"), True
    except UnicodeDecodeError:
        return "", False


@given(words=WORDS, encoding=st.sampled_from(ENCODINGS), errors=st.sampled_from(ERRORS_RULES))
@example([b"\x810", b"0", b""], "gb18030", "replace")
@example([b"\xc3", b"\xa9"], "utf-8", "strict")
def test_words_are_decoded_as_alone(words, encoding, errors):
    offsets = np.cumsum([0, *map(len, words)], dtype=np.int32)
    decoded, rejected, damaged = WordDecoder(errors, encoding).decode(b"".join(words), offsets)
    expected = [alone(word, encoding, errors) for word in words]
    decoded.validate(full=True)
    assert decoded.to_pylist() == [word for word, _ in expected]
    assert rejected.tolist() == [row for row, (_, kept) in enumerate(expected) if kept is False]
    listed = list(damaged)
    assert [(each.row, each.encoded, each.changed) for each in listed] == [
        (row, words[row], word if kept else None)
        for row, (word, kept) in enumerate(expected)
        if kept is not None
    ]
    assert all(repr(each.encoded) in each.reason for each in listed)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        *[("utf8", "utf-8"), ("UTF-8-SIG", "utf-8"), ("latin-1", "iso8859-1"), ("GB18030", "gb18030")],
        *[("Shift_JIS", "shift_jis"), ("windows-1252", "cp1252"), ("ascii", "ascii"), ("koi8-r", "koi8-r")],
    ],
)
def test_encodings_that_keep_ascii(encoding, name):
    assert checked_encoding(encoding, b",") == name


@pytest.mark.parametrize(
    ("encoding", "reason"),
    [
        *[
            (name, "does not keep ASCII")
            for name in ("utf-16", "utf-16-le", "utf_32", "utf-7", "cp037", "hz")
        ],
        *[
            (name, "does not keep ASCII")
            for name in ("iso2022_jp", "unicode_escape", "punycode", "shift_jis_2004")
        ],
        ("idna", "has no rules for words that do not fit it"),
        *[(name, "is not known") for name in ("utf-9", "", "hex", "rot13", "zlib", "a\0b", "caf\xe9")],
    ],
)
def test_encodings_that_cannot_be_used(encoding, reason):
    with pytest.raises(ValueError, match=rf"^encoding=.* {reason}"):
        checked_encoding(encoding)


@pytest.mark.parametrize("encoding", [None, 5, b"utf-8"])
def test_an_encoding_must_be_a_string(encoding):
    with pytest.raises(TypeError, match="encoding must be a string such as 'gb18030', not "):
        checked_encoding(encoding)


@pytest.mark.parametrize("encoding", ["gbk", "big5", "shift_jis", "gb18030"])
def test_a_separator_that_can_be_part_of_a_character(encoding):
    assert b"\x81|".decode(encoding, "replace")[-1] != "|" or b"\xa1|".decode(encoding, "replace")[-1] != "|"
    with pytest.raises(ValueError, match=r"separator='\|' can be part of a character in encoding="):
        checked_encoding(encoding, b"|")
    for separator in (b"\t", b",", b";", b":", b""):
        checked_encoding(encoding, separator)
    checked_encoding("euc_kr", b"|")
    checked_encoding("cp1252", b"|")
