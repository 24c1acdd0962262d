"""word2vec's binary format: what gensim reads, and what neither should believe."""

import gzip
import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glovefast
from glovefast.conversion.convert import convert, convert_archive, dry_run
from glovefast.errors import FormatError
from glovefast.parser import chunks
from glovefast.sources.file_types import HEAD_BYTES, binary_header
from glovefast.verification.verify import verify
from tests.helpers.containers import tarred, zipped
from tests.helpers.switches import SWITCHES, passes_with
from tests.helpers.waiting import written
from tests.helpers.word2vec_binary import word2vec_binary
from tests.reference import read_word2vec_binary, same_bits

VECTORS = np.random.default_rng(5).normal(size=(500, 7)).astype(np.float32)
WORDS = [b"word%d" % row for row in range(497)] + ["été".encode(), b"", b"a\nb"]
DATA = word2vec_binary(WORDS, VECTORS)
ROW_ENDS = pytest.mark.parametrize("row_end", [b"", b"\n"], ids=["gensim", "word2vec"])

# Words without a space; a newline in front of one is not part of it.
words_of_bytes = st.binary(max_size=80).map(lambda word: word.replace(b" ", b"").lstrip(b"\n"))
words_of_text = st.text(max_size=20).map(lambda word: word.encode(errors="ignore").replace(b" ", b""))
bits = st.integers(0, 2**32 - 1)


@st.composite
def tables(draw, words):
    """Draw words and vectors of any bits."""
    dim = draw(st.integers(1, 20))
    chosen = [word.lstrip(b"\n") for word in draw(st.lists(words, min_size=1, max_size=20))]
    numbers = draw(st.lists(bits, min_size=dim * len(chosen), max_size=dim * len(chosen)))
    return chosen, np.array(numbers, dtype=np.uint32).view(np.float32).reshape(-1, dim)


def read(path: Path) -> tuple[list[str], np.ndarray]:
    vectors = glovefast.load(path)
    return vectors.words.to_pylist(), np.asarray(vectors)


def read_by_gensim(data: bytes, tmp_path: Path, **options) -> tuple[list[str], np.ndarray]:
    gensim = pytest.importorskip("gensim")
    path = tmp_path / "for_gensim"
    path.write_bytes(data)
    read = gensim.models.KeyedVectors.load_word2vec_format(path, binary=True, **options)
    return read.index_to_key, read.vectors


def refusal(data: bytes, tmp_path: Path, **options) -> str:
    with pytest.raises(FormatError) as caught:
        convert(io.BytesIO(data), tmp_path / "refused", **options)
    assert list(tmp_path.iterdir()) == []
    return str(caught.value)


@ROW_ENDS
def test_the_same_as_gensim(tmp_path, row_end):
    data = word2vec_binary(WORDS, VECTORS, row_end)
    words, vectors = read(convert(io.BytesIO(data), tmp_path / "store"))
    expected_words, expected = read_by_gensim(data, tmp_path)
    assert words == expected_words == [word.decode() for word in WORDS]
    assert same_bits(vectors, expected)
    assert same_bits(vectors, VECTORS)


@given(tables(words_of_bytes), st.sampled_from([b"", b"\n"]), st.sampled_from([1, 40, 1 << 20]))
def test_any_bytes(tmp_path_factory, table, row_end, chunk_bytes):
    data = word2vec_binary(*table, row_end)
    if binary_header(data[:HEAD_BYTES]) is None:
        return  # its vectors look like numbers in text
    tmp_path = tmp_path_factory.mktemp("any")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
        store = convert(io.BytesIO(data), tmp_path / "store", encoding="latin-1", threads=2)
    words, vectors = read(store)
    expected_words, expected = read_word2vec_binary(data)
    assert words == [word.decode("latin-1") for word in expected_words]
    assert same_bits(vectors, expected)


def text_of(words: list[bytes], vectors: np.ndarray, separator: bytes, form: str) -> bytes:
    rows = (
        separator.join([word, *(format(number, form).encode() for number in row)])
        for word, row in zip(words, vectors.tolist(), strict=True)
    )
    return b"%d %d\n" % vectors.shape + b"\n".join(rows) + b"\n"


@given(
    tables(words_of_text.map(lambda word: word.replace(b"\n", b""))),
    st.sampled_from([b" ", b"\t", b",", b";"]),
    st.sampled_from([".5g", ".0f", ".18e"]),
)
def test_text_is_never_taken_for_binary(table, separator, form):
    words, vectors = table
    vectors = np.nan_to_num(vectors)
    data = text_of(words, vectors, separator, form)
    assert binary_header(data[:HEAD_BYTES]) is None


@pytest.mark.parametrize("encoding", ["gb18030", "cp1252", "utf-8"])
@pytest.mark.parametrize("dim", [1, 2, 3, 50, 300, 2000])
@pytest.mark.parametrize("form", [".5f", ".0f"])
def test_text_in_any_encoding_is_not_binary(encoding, dim, form):
    vectors = np.random.default_rng(dim).normal(scale=100, size=(30, dim))
    words = ["été", *(f"é {row}" for row in range(29))]
    data = text_of([word.encode(encoding) for word in words], vectors, b" ", form)
    assert binary_header(data[:HEAD_BYTES]) is None


@pytest.mark.parametrize("dim", [1, 2, 3, 50, 300, 2000])
@pytest.mark.parametrize("rows", [1, 2, 30])
@ROW_ENDS
def test_binary_is_recognised(dim, rows, row_end):
    for seed in range(20):
        vectors = np.random.default_rng(seed).normal(size=(rows, dim))
        data = word2vec_binary([b"word%d" % row for row in range(rows)], vectors, row_end)
        assert binary_header(data[:HEAD_BYTES])[:2] == (rows, dim)


@pytest.mark.parametrize("number", [0, 1, -1, 0.5, 0.1, np.nan, 1e-40, 3e38])
def test_binary_of_special_numbers_is_recognised(number):
    data = word2vec_binary([b"the", b"of"], np.full((2, 2), number))
    assert binary_header(data) == (2, 2, 4)


def test_a_space_and_a_digit_before_a_newline_do_not_make_it_text():
    """As they occur in one of a million float32 numbers."""
    vectors = np.frombuffer(b" 5\n\x3f" + bytes(8), dtype="<f4").reshape(1, 3)
    assert binary_header(word2vec_binary([b"the"], vectors)) == (1, 3, 4)


@pytest.mark.parametrize(
    "data",
    [
        b"2 2\nthe ABC,DEF,GHI\nof ABC,DEF,GHI\n",
        b"2 3\nprose that ends in words\nand has a line more\n",
        "2 300\nprose in UTF-8: été, été, été, été, été\n".encode(),
        b"5 0\nthe \0of \0",
        b"0 5\n",
        b"3 2",
        b"1 1\nthe -inf",
        b"3 2\nthe -6267.1 5634.4 \n\xff\xfe ",  # cut off
        b"1 1\nthe 0_.5\n",
        b"1 1\nthe five",
        # Text whose lines have faults, with a character that makes a gap and no number at the end.
        b"9 3\nthe;0.5;0.25;\n;\n \x0b;0.099;-1.0;7.3;;;\nof;1;2;-\n" + 3 * b"and so on;\n",
        b"400000 50\n",
    ],
)
def test_neither_text_nor_binary(data):
    assert binary_header(data) is None


@pytest.mark.parametrize(
    "packed",
    [
        DATA,
        gzip.compress(DATA),
        zipped({"vectors.txt": DATA}),
        tarred({"x.bin": DATA}),
        tarred({"x.bin": DATA}, "w:gz"),
    ],
    ids=["plain", "gzip", "zip", "tar", "tar.gz"],
)
@pytest.mark.parametrize("name", ["vectors.txt", "vectors.bin", "vectors"])
def test_by_itself_and_inside_containers_whatever_the_name(file, tmp_path, packed, name):
    path = file(packed, name)
    store = convert(path, tmp_path / "store")
    assert same_bits(read(store)[1], VECTORS)
    assert verify(store, path).ok


def test_from_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with written(tmp_path / "pipe", DATA):
        store = convert(tmp_path / "pipe", tmp_path / "store")
    assert same_bits(read(store)[1], VECTORS)


def test_every_member_of_an_archive(file, tmp_path):
    members = {"one.bin": DATA, "README.md": b"# Vectors\n", "two.vec": b"1 2\nthe 1 2\n", "three.bin": DATA}
    stores = convert_archive(file(zipped(members), "all.zip"), tmp_path / "stores")
    assert [store.name for store in stores] == ["one.glovefast", "two.glovefast", "three.glovefast"]
    assert same_bits(read(stores[2])[1], VECTORS)


@pytest.mark.parametrize("chunk_bytes", [1, 33, 34, 35, 100, 5000])
@pytest.mark.parametrize("threads", [1, 3])
@ROW_ENDS
def test_rows_across_chunks(tmp_path, monkeypatch, chunk_bytes, threads, row_end):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    data = word2vec_binary(WORDS, VECTORS, row_end)
    store = convert(io.BytesIO(data), tmp_path / "store", threads=threads)
    assert read(store)[0] == [word.decode() for word in WORDS]
    assert same_bits(read(store)[1], VECTORS)
    assert verify(store, io.BytesIO(data)).ok


def test_words_longer_than_a_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 100)
    words = [b"x" * 1000, b"y" * 5000, b"z"]
    store = convert(io.BytesIO(word2vec_binary(words, VECTORS[:3])), tmp_path / "store")
    assert read(store)[0] == [word.decode() for word in words]
    assert same_bits(read(store)[1], VECTORS[:3])


def test_a_word_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr("glovefast.parser.word2vec_binary.MAX_LINE_BYTES", 1 << 12)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1 << 10)
    data = word2vec_binary([b"the", b"x" * 10_000], VECTORS[:2])
    assert refusal(data, tmp_path).startswith(
        "<stream>, word 2: the word that begins at byte 36 has no end within"
    )


def test_what_is_reported(tmp_path):
    words = [b"the", b"of", b"the", b"a"]
    vectors = np.array([[1, 2], [np.nan, 0], [3, np.inf], [-0.0, 4]])
    data = word2vec_binary(words, vectors)
    metadata = glovefast.load(convert(io.BytesIO(data), tmp_path / "store")).metadata
    assert (metadata.rows, metadata.dim) == (4, 2)
    assert metadata.report.to_dict() == {
        "header": [4, 2],
        "rows_promised": None,
        "blank_lines": 0,
        "duplicate_words": 1,
        "words_with_spaces": 0,
        "replaced_words": 0,
        "merged_words": 0,
        "skipped_rows": 0,
        "rows_not_wanted": 0,
        "rows_not_finite": 2,
    }
    assert same_bits(read(tmp_path / "store")[1], vectors.astype(np.float32))


def test_only_some_rows(tmp_path):
    store = convert(io.BytesIO(DATA), tmp_path / "first", limit=3)
    assert read(store)[0] == ["word0", "word1", "word2"]
    assert verify(store, io.BytesIO(DATA)).ok
    store = convert(io.BytesIO(DATA), tmp_path / "some", words=["été", "word7", "none"])
    assert read(store)[0] == ["word7", "été"]
    assert same_bits(read(store)[1], VECTORS[[7, 497]])
    report = glovefast.load(store).metadata.report
    assert (report.rows_not_wanted, report.blank_lines) == (498, 0)
    assert verify(store, io.BytesIO(DATA)).ok


NOT_UTF8 = word2vec_binary([b"the", b"caf\xe9", b"of", b"\xff"], VECTORS[:4])


def test_words_that_do_not_fit_the_encoding(tmp_path):
    message = refusal(NOT_UTF8, tmp_path)
    assert message.startswith("<stream>, word 2: the word b'caf\\xe9' is not UTF-8; name the file's encoding")
    assert "(it begins at byte 36; if it is not a word, the header states a wrong dimension)" in message
    assert NOT_UTF8[36:40] == b"caf\xe9"
    store = convert(io.BytesIO(NOT_UTF8), tmp_path / "skip", on_bad_row="skip")
    assert read(store)[0] == ["the", "of"]
    assert same_bits(read(store)[1], VECTORS[[0, 2]])
    assert verify(store, io.BytesIO(NOT_UTF8)).ok
    for errors in ("replace", "backslashreplace", "cp1252"):
        store = convert(io.BytesIO(NOT_UTF8), tmp_path / errors, errors=errors)
        codec = ("cp1252", "strict") if errors == "cp1252" else ("utf-8", errors)
        assert read(store)[0] == ["the", b"caf\xe9".decode(*codec), "of", b"\xff".decode(*codec)]
        assert same_bits(read(store)[1], VECTORS[:4])
        assert glovefast.load(store).metadata.report.replaced_words == 2
        assert verify(store, io.BytesIO(NOT_UTF8)).ok
    store = convert(io.BytesIO(NOT_UTF8), tmp_path / "latin-1", encoding="latin-1")
    assert read(store)[0] == ["the", "café", "of", "ÿ"]


def test_wanted_words_that_are_changed(tmp_path):
    store = convert(io.BytesIO(NOT_UTF8), tmp_path / "store", errors="cp1252", words=["café", "of"])
    assert read(store)[0] == ["café", "of"]
    report = glovefast.load(store).metadata.report
    assert (report.replaced_words, report.rows_not_wanted) == (1, 2)


def test_words_with_newlines_in_another_encoding(tmp_path):
    words = ["a\nb", "中\n国", "c"]
    data = word2vec_binary([word.encode("gb18030") for word in words], VECTORS[:3])
    assert read(convert(io.BytesIO(data), tmp_path / "store", encoding="gb18030"))[0] == words


def test_a_word_with_a_newline_that_does_not_fit_the_encoding(tmp_path):
    data = word2vec_binary([b"a", b"b\n\xffc\r"], VECTORS[:2])
    (bad,) = dry_run(io.BytesIO(data)).bad_rows
    assert (bad.line, bad.beginning) == (2, "b\n\\xffc")
    for errors in ("replace", "backslashreplace", "cp1252"):
        store = convert(io.BytesIO(data), tmp_path / errors, errors=errors)
        codec = ("cp1252", "strict") if errors == "cp1252" else ("utf-8", errors)
        assert read(store)[0] == ["a", b"b\n\xffc\r".decode(*codec)]


def test_a_dry_run(tmp_path):
    found = dry_run(io.BytesIO(NOT_UTF8))
    assert (found.rows, found.dim, found.report.skipped_rows) == (2, 7, 2)
    assert [bad.line for bad in found.bad_rows] == [2, 4]
    assert found.to_dict()["unit"] == "word"
    assert found.error.startswith("<stream>, word 2: the word b'caf\\xe9' is not UTF-8")
    assert found.error.endswith("; the first of 2 bad rows")


@pytest.mark.parametrize("chunk_bytes", [1 << 20, 50])
def test_a_file_that_is_cut_anywhere(tmp_path, monkeypatch, chunk_bytes):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    data = word2vec_binary([b"word%d" % row for row in range(5)], VECTORS[:5])
    begins = [data.index(b"word%d" % row) for row in range(5)] + [len(data)]
    for end in range(40, len(data)):
        message = refusal(data[:end], tmp_path)
        if end in begins:
            words = begins.index(end)
            assert message == (
                f"<stream>: ends at byte {end}, after {words} words, but the header promises 5 words; "
                "download the file again"
            )
        else:
            row = next(row for row in range(5) if begins[row] < end < begins[row + 1])
            assert message == (
                f"<stream>, word {row + 1}: the file ends at byte {end}, inside this row, which begins at "
                f"byte {begins[row]}; the header promises 5 words; download the file again"
            )


@pytest.mark.parametrize("chunk_bytes", [1 << 20, 50])
def test_junk_at_the_end(tmp_path, monkeypatch, chunk_bytes):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    data = word2vec_binary([b"the", b"of"], VECTORS[:2])
    assert refusal(data + b"\njunk", tmp_path) == (
        f"<stream>: the header promises 2 words, but at byte {len(data) + 1}, after the last one, the file "
        "goes on with 'junk'; download it again, or convert the promised words only: limit=2 (--limit 2)"
    )
    assert read(convert(io.BytesIO(data + b"\njunk"), tmp_path / "first", limit=2))[0] == ["the", "of"]
    assert read(convert(io.BytesIO(data + b"\n" * 99), tmp_path / "blank"))[0] == ["the", "of"]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"6 7\n", "<stream>: ends at byte 174, after 5 words, but the header promises 6 words"),
        (b"4 7\n", "<stream>: the header promises 4 words, but at byte 140, after the last one, the file"),
        (b"5 6\n", "if it is not a word, the header states a wrong dimension"),
        (b"5 8\n", "<stream>, word 5: the file ends at byte 174, inside this row, which begins at byte 144"),
        (b"5 300\n", "<stream>, word 1: the file ends at byte 176, inside this row"),
        (
            b"999999999999999999 7\n",
            "<stream>: ends at byte 191, after 5 words, but the header promises 999,",
        ),
        (b"5 8388608\n", "<stream>, word 1: the file ends at byte 180, inside this row"),
        (b"5 8388609\n", "<stream>, line 1: the header says 8,388,609 numbers per row; at most 8,388,608"),
        (b"5 999999999999999999\n", "<stream>, line 1: the header says 999,999,999,999,999,999 numbers"),
    ],
)
def test_a_header_that_lies(tmp_path, header, message):
    data = header + word2vec_binary([b"word%d" % row for row in range(5)], VECTORS[:5])[4:]
    assert message in refusal(data, tmp_path)


def test_what_a_wrong_header_takes_for_a_word_is_shortened(tmp_path):
    data = word2vec_binary([b"word"], np.full((1, 300), 1.3, dtype=np.float32))
    assert len(refusal(data.replace(b"1 300", b"1 1"), tmp_path)) < 500


def test_options_that_contradict_the_header(tmp_path):
    assert refusal(DATA, tmp_path, dim=8) == (
        "<stream>, line 1: you asked for 8 numbers per row (dim, --dim), but the header says 7"
    )
    assert refusal(DATA, tmp_path, header=False).startswith("<stream>: is in word2vec's binary format, which")
    assert refusal(DATA, tmp_path, separator=",") == (
        "<stream>: is in word2vec's binary format, where a space follows each word and nothing separates the "
        "numbers; leave out separator (--separator)"
    )
    store = convert(io.BytesIO(DATA), tmp_path / "store", dim=7, header=True, separator=" ")
    assert same_bits(read(store)[1], VECTORS)


def test_what_verify_says_of_another_file(tmp_path):
    store = convert(io.BytesIO(DATA), tmp_path / "store")
    changed = VECTORS.copy()
    changed[3, 2] = 5
    problem = verify(store, io.BytesIO(word2vec_binary(WORDS, changed))).problems[0]
    assert problem.startswith("row 3 is not word 4 of <stream>, 'word3': number 3 is ")
    with pytest.raises(FormatError, match="the header says 6 numbers per row, but the store has 7"):
        verify(store, io.BytesIO(word2vec_binary(WORDS, VECTORS[:, :6])))


def test_errors_can_be_pickled():
    import pickle

    error = FormatError("x.bin", 3, "is wrong", unit="word")
    assert str(pickle.loads(pickle.dumps(error))) == str(error) == "x.bin, word 3: is wrong"


@pytest.mark.parametrize("switch", SWITCHES)
def test_with_kernels_that_numba_runs(switch, tmp_path):
    passes_with(switch, __file__, "gensim or across_chunks or cut_anywhere or longer", tmp_path)
