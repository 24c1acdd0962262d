"""The option `separator` from the text to the store, and back in a comparison."""

import io
import zipfile

import numpy as np
import pytest

import glovefast
from glovefast.errors import FormatError
from glovefast.parser import chunks
from tests.helpers.separated import PHRASES, made
from tests.reference import same_bits

# What separates, and the option that reads it.
READ_BY = [
    ("\t", "\t", "\t"),
    (" \t ", "\t", "\t"),
    (",", ",", ","),
    (", ", " , ", ","),
    (";", "; ", ";"),
    ("|", "|", "|"),
    ("  ", " ", "whitespace"),
    ("\t", " ", "whitespace"),
    ("\t\t", "   ", "whitespace"),
]


@pytest.mark.parametrize(("glue", "between", "separator"), READ_BY)
@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("chunk_bytes", [1, 50, 1 << 20])
def test_text_with_another_separator(tmp_path, monkeypatch, glue, between, separator, header, chunk_bytes):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    text, rows = made(PHRASES, glue, between, header=header)
    source = tmp_path / "vectors.txt"
    source.write_bytes(text)
    with pytest.raises(FormatError, match="read it with separator="):
        glovefast.convert(source)
    path = glovefast.convert(source, separator=separator)
    vectors = glovefast.load(path)
    assert vectors.words.to_pylist() == list(PHRASES)
    assert same_bits(np.array(vectors.vectors), rows)
    assert vectors.metadata.options.separator == separator
    assert glovefast.verify(path, against=source).problems == ()
    assert glovefast.dry_run(source, separator=separator).error is None


@pytest.mark.parametrize(("glue", "between", "separator"), READ_BY)
@pytest.mark.parametrize("wanted", [["los angeles", "nobody"], ["of"], ["caf\u00e9 au lait", "."]])
def test_only_wanted_words(tmp_path, glue, between, separator, wanted):
    """The filter agrees with the parser on the words, those with blanks in them as well."""
    text, rows = made(PHRASES, glue, between, header=False)
    kept = [row for row, word in enumerate(PHRASES) if word in wanted]
    source = tmp_path / "vectors.txt"
    source.write_bytes(text.replace(b"los angeles", b"los \t angeles") if separator == "whitespace" else text)
    vectors = glovefast.load(glovefast.convert(source, words=wanted, separator=separator))
    assert vectors.words.to_pylist() == [PHRASES[row] for row in kept]
    assert same_bits(np.array(vectors.vectors), rows[kept])
    assert vectors.metadata.report.rows_not_wanted == len(PHRASES) - len(kept)


def test_a_single_space_may_be_asked_for(tmp_path):
    """Then the words may be of any kind."""
    text = b"the, 0.1 0.2\nof, 0.3 0.4\n"
    with pytest.raises(FormatError, match="the word is followed by ', '"):
        glovefast.convert(io.BytesIO(text), tmp_path / "checked")
    vectors = glovefast.load(glovefast.convert(io.BytesIO(text), tmp_path / "taken", separator=" "))
    assert vectors.words.to_pylist() == ["the,", "of,"]


@pytest.mark.parametrize(
    "separator", ["", "ab", "0", "e", "x", ".", "-", "+", "_", "\n", "\r", "\0", "\u00e9"]
)
def test_what_cannot_separate(tmp_path, separator):
    with pytest.raises(ValueError, match="must be 'whitespace' or one ASCII character"):
        glovefast.convert(io.BytesIO(b"a 1\n"), tmp_path / "made", separator=separator)
    with pytest.raises(TypeError, match="separator must be a string, not bytes"):
        glovefast.dry_run(io.BytesIO(b"a 1\n"), separator=b"\t")


def test_the_space_is_named_for_the_command():
    with pytest.raises(FormatError, match=r"read it with separator=' ' \(--separator space\)$"):
        glovefast.dry_run(io.BytesIO(b"the 0.1 0.2\nof 0.3 0.4\n"), separator=",")


def test_archives(tmp_path):
    """A member with another separator is refused or read; it is not passed over as if it were prose."""
    text, rows = made(PHRASES, "\t", "\t", header=False)
    with zipfile.ZipFile(tmp_path / "vectors.zip", "w") as archive:
        archive.writestr("README", "Vectors")
        archive.writestr("vectors.tsv", text)
    with pytest.raises(FormatError, match=r"read it with separator='\\t' \(--separator tab\)"):
        glovefast.convert_archive(tmp_path / "vectors.zip", tmp_path)
    (store,) = glovefast.convert_archive(tmp_path / "vectors.zip", tmp_path, separator="\t")
    assert same_bits(np.array(glovefast.load(store).vectors), rows)


@pytest.mark.parametrize("header", [b"3 3\n", b""])
def test_words_that_end_in_numbers(tmp_path, header):
    """They are words if a header or the caller states the dimension."""
    text = b"windows 95 0.1 0.2 0.3\nthe 1 2 3\njune 6 1944 4 5 6\nv 1 2 3 w 1 2 3\n"
    source = tmp_path / "vectors.txt"
    source.write_bytes(header + text)
    options = {"dim": None if header else 3, "on_bad_row": "skip"}
    path = glovefast.convert(source, **options)
    vectors = glovefast.load(path)
    assert vectors.words.to_pylist() == ["windows 95", "the", "june 6 1944"]
    assert vectors.metadata.report.skipped_rows == 1  # two rows share its line
    assert glovefast.verify(path, against=source).problems == ()
    small = glovefast.load(glovefast.convert(source, tmp_path / "small", words=["windows 95"], **options))
    assert small.words.to_pylist() == ["windows 95"]
    source.write_bytes(text[23:] + b"of 0.4 0.5 0.6\n")
    unsure = glovefast.dry_run(source, on_bad_row="skip")
    assert [(bad.line, bad.reason.partition("; ")[2]) for bad in unsure.bad_rows] == [
        (2, "if the word is 'june 6 1944', state the dimension (dim=3, --dim 3)"),
        (3, "two rows may share this line"),
    ]


def test_rows_that_are_not_finite_are_counted(tmp_path):
    text = b"a nan 1\nb inf -inf\nc 1e39 2\nd 1e400 2\ne 1e38 2\nf x 1\n"
    for words, count in ((None, 4), (["c", "e"], 1), (["e"], 0)):
        made = glovefast.convert(
            io.BytesIO(text), tmp_path / "made", words=words, on_bad_row="skip", overwrite=True
        )
        assert glovefast.load(made).metadata.report.rows_not_finite == count
    cut = glovefast.convert(io.BytesIO(text), tmp_path / "cut", limit=2)
    assert glovefast.load(cut).metadata.report.rows_not_finite == 2


def test_rows_that_share_a_line_and_quoted_words_are_no_wanted_words(tmp_path):
    """The filter and the parser agree on what is a word."""
    for text, options in (
        (b"a 1 2\nb 3 4\nc 1 2\rd 3 4\n", {"dim": 2}),
        (b'a,1,2\nb,3,4\n"c,d",5,6\n', {"separator": ","}),
    ):
        for words in (None, ["b", "c", "a"]):
            vectors = glovefast.load(
                glovefast.convert(
                    io.BytesIO(text),
                    tmp_path / "made",
                    words=words,
                    on_bad_row="skip",
                    overwrite=True,
                    **options,
                )
            )
            assert vectors.words.to_pylist() == ["a", "b"]
            assert vectors.metadata.report.skipped_rows == 1


def test_a_header_of_one_dimension(tmp_path, caplog):
    """It is a header in a long text, too, and a wrong number of rows is told."""
    text = b"".join(b"w%d %d\n" % (row, row % 7) for row in range(2000))
    for promised, told in ((2000, None), (2001, 2001)):
        source = tmp_path / "vectors.txt"
        source.write_bytes(b"%d 1\n" % promised + text)
        path = glovefast.convert(source, dim=1, overwrite=True)
        vectors = glovefast.load(path)
        assert vectors.metadata.report.header == (promised, 1)
        assert (len(vectors), vectors.metadata.report.rows_promised) == (2000, told)
        assert glovefast.verify(path, against=source).problems == ()
    assert len(caplog.records) == 1


def test_words_whose_bytes_look_like_numbers_in_utf_8(tmp_path):
    words = ["\u17bc", "\u17bd", "\u7b2c2"]
    text = "".join(f"{word} 1 2\n" for word in words).encode("gb18030")
    vectors = glovefast.load(glovefast.convert(io.BytesIO(text), tmp_path / "made", encoding="gb18030"))
    assert vectors.words.to_pylist() == words
