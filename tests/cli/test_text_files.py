"""Text in pieces: together they are the text, and no word is cut."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.cli import text_files
from glovefast.cli.text_files import read_lines, read_pieces
from glovefast.errors import FormatError
from glovefast.sources.opening import open_source


def pieces_of(data: bytes) -> list[str]:
    with open_source(io.BytesIO(data)) as source:
        return list(read_pieces(source))


@given(
    text=st.text(alphabet="aé€😀Σ \n\t", min_size=1).filter(lambda text: not text.startswith("\ufeff")),
    block=st.integers(1, 9),
)
def test_pieces_are_the_text_cut_where_words_end(text, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_files, "_BLOCK_BYTES", block)
        pieces = pieces_of(text.encode())
    assert "".join(pieces) == text
    assert all(piece[-1] in " \n" for piece in pieces[:-1])
    assert "".join(piece.lower() for piece in pieces) == text.lower()
    longest = max(map(len, text.encode().replace(b"\n", b" ").split(b" ")))
    assert all(len(piece.encode()) <= block + longest + 3 for piece in pieces)


def test_only_what_is_asked_for_is_read(monkeypatch):
    monkeypatch.setattr(text_files, "_BLOCK_BYTES", 100)
    file = io.BytesIO(b"word " * 100_000)
    with open_source(file) as source:
        next(read_pieces(source))
        assert source.bytes_read == 100


@pytest.mark.parametrize(
    ("data", "line"),
    [(b"one\ntwo\nthr\xe9\n", 3), (b"caf\xc3", 1), (b"\n\n\xffx\n\n\n", 3), (b"a long line\nand\xe9", 2)],
)
def test_text_that_is_not_utf8(data, line, monkeypatch):
    monkeypatch.setattr(text_files, "_BLOCK_BYTES", 7)
    with pytest.raises(FormatError, match="is not UTF-8") as caught:
        pieces_of(data)
    assert caught.value.line == line


def test_text_without_any_space(monkeypatch):
    monkeypatch.setattr(text_files, "_LONGEST_WORD", 50)
    monkeypatch.setattr(text_files, "_BLOCK_BYTES", 20)
    with pytest.raises(FormatError, match="has no space in 70 characters") as caught:
        pieces_of(b"some text\n" + b"x" * 100)
    assert caught.value.line == 2


def test_vectors_in_place_of_text():
    with pytest.raises(FormatError, match="is in word2vec's binary format, not text"):
        pieces_of(b"1 2\nthe \0\0\x80?\0\0\0@")


def lines_of(data: bytes) -> list[str]:
    with open_source(io.BytesIO(data)) as source:
        return [line for lines in read_lines(source) for line in lines]


@given(lines=st.lists(st.text(alphabet="aé€ \t\x85\u2028", max_size=9), min_size=1), block=st.integers(1, 9))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines(lines, block, end):
    """Only a newline ends a line, whatever else Python takes for one; the last line may lack it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_files, "_BLOCK_BYTES", block)
        text = end.join(lines)
        assert lines_of((text + end).encode()) == lines
        if lines[-1]:
            assert lines_of(text.encode()) == lines


def test_a_line_that_is_too_long(monkeypatch):
    monkeypatch.setattr(text_files, "_LONGEST_LINE", 50)
    monkeypatch.setattr(text_files, "_BLOCK_BYTES", 20)
    with pytest.raises(FormatError, match="has more than 50 characters; write one text per line") as caught:
        lines_of(b"one\ntwo\n" + b"x " * 100)
    assert caught.value.line == 3
