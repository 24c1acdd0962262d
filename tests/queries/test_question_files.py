"""Files of analogy questions and of word pairs, in the layouts in which they are published."""

import gzip
from pathlib import Path

import pytest

from glovefast.errors import ForeignError, FormatError
from glovefast.queries.question_files import Section, WordPairs, files_in, read_question_file

QUESTIONS = "Athens Greece Oslo Norway\nRome Italy Paris France\n"


def read(file, text, name="some.txt", kind=None):
    data = text if isinstance(text, bytes) else text.encode()
    return read_question_file(str(file(data, name)), kind)


def sections_of(found):
    return {section.name: section.questions for section in found}


def test_one_file_with_sections(file):
    found = read(file, f": capitals\n{QUESTIONS}: gram3-comparative\nbad worse big bigger\n: empty\n")
    assert sections_of(found) == {
        "capitals": [("Athens", "Greece", "Oslo", "Norway"), ("Rome", "Italy", "Paris", "France")],
        "gram3-comparative": [("bad", "worse", "big", "bigger")],
        "empty": [],
    }


def test_a_file_without_sections_is_named_after_the_file(file):
    found = read(file, QUESTIONS, "capital-world.txt")
    assert [(section.name, len(section.questions)) for section in found] == [("capital-world", 2)]


def test_comments_blank_lines_and_line_ends(file):
    text = f"\ufeff// Copyright\n# a comment of five words\n\n: capitals\n{QUESTIONS}\n".replace("\n", "\r\n")
    assert sections_of(read(file, text)) == {"capitals": read(file, QUESTIONS)[0].questions}


def test_only_spaces_and_tabs_separate_words(file):
    found = read(file, "a\u00a0b \t c\u0085d  \u3000 e\n")
    assert found[0].questions == [("a\u00a0b", "c\u0085d", "\u3000", "e")]


def test_compressed(file):
    path = file(gzip.compress(QUESTIONS.encode()), "capitals.txt.gz")
    assert read_question_file(str(path)) == [
        Section(str(path), "capitals", read(file, QUESTIONS)[0].questions)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# WordSim\n# Word 1\tWord 2\tHuman (mean)\ntiger\tcat\t7.35\nking\tqueen\t8.58\n", None),
        ("Word 1,Word 2,Human (mean)\ntiger,cat,7.35\nking,queen,8.58\n", None),
        ("Word 1,Word 2,Human (mean),1,2\ntiger,cat,7.35,9,8\nking,queen,8.58,10,9\n", None),
        ("tiger,cat,7.35,9,8,7\nking,queen,8.58,10,9,8\n", None),
        ('"tiger","cat",7.35\n"king","queen",8.58\n', None),
        ("word1;word2;score\ntiger;cat;7.35\nking;queen;8.58\n", None),
        ("tiger cat 7.350000\nking queen 8.580000\n", None),
        ("tiger  cat\t7.35 \r\nking   queen\t8.58\r\n", None),
        ("word1\tword2\tPOS\tSimLex999\tconc(w1)\ntiger\tcat\tN\t7.35\t4\nking\tqueen\tN\t8.58\t5\n", None),
        ("tiger\tcat\tN\t7.35\tCOHYPONYMS\nking\tqueen\tN\t8.58\tNONE\n", None),
        ("tiger cat N 7.35\nking queen N 8.58\n", None),
        ("tiger\tcat\t7.35\t7\t8\nking\tqueen\t8.58\t9\t9\n", None),
        ("new york\tcat\t7\n", [("new york", "cat", 7.0)]),
        ("a,b c 1e-1\n", [("a,b", "c", 0.1)]),
        ("one\t1\t-2\nb\tc\t3\n", [("one", "1", -2.0), ("b", "c", 3.0)]),
    ],
)
def test_word_pairs(file, text, expected):
    found = read(file, text)
    assert isinstance(found, WordPairs)
    pairs = [(*pair, score) for pair, score in zip(found.pairs, found.scores, strict=True)]
    assert pairs == (expected or [("tiger", "cat", 7.35), ("king", "queen", 8.58)])


def test_the_kind_can_be_forced(file):
    text = "one two 2 3\nthree four 4 5\n"
    assert isinstance(read(file, text), WordPairs)
    assert read(file, text, kind="analogies")[0].questions == [
        ("one", "two", "2", "3"),
        ("three", "four", "4", "5"),
    ]
    with pytest.raises(FormatError, match=r"line 1: expected two words and a score, found 'Athens Greece"):
        read(file, QUESTIONS, kind="similarity")
    with pytest.raises(FormatError, match=r"line 1: expected the four words of an analogy question, found 3"):
        read(file, "tiger cat 7.35\n", kind="analogies")


def test_questions_about_numbers(file):
    assert read(file, "one 1 two 2\n")[0].questions == [("one", "1", "two", "2")]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (
            f"{QUESTIONS}\nking man queen\n",
            4,
            "the four words of an analogy question, found 3: 'king man queen'",
        ),
        (f": capitals\n{QUESTIONS}a b c d e\n", 4, "the four words of an analogy question, found 5"),
        ("king man queen\n", 1, "analogy questions .* or word pairs .*, found 'king man queen'"),
        ("the 0.5 -0.25\nking 1 2\n", 1, "analogy questions .* or word pairs .*, found 'the 0.5 -0.25'"),
        ("the 0.5 -0.25 1 1\nking 1 2 3 4\n", 1, "analogy questions .* or word pairs"),
        ("word\n", 1, "analogy questions .* or word pairs"),
        ("tiger\tcat\t7.35\nking\tqueen\n", 2, r"two words and a score, found 'king\\tqueen'"),
        ("tiger\tcat\t7.35\nking\tqueen\tnan\n", 2, "two words and a score"),
        ("tiger\tcat\t7.35\nking\tqueen\tinf\n", 2, "two words and a score"),
        ("tiger\tcat\t7.35\n\tqueen\t5\n", 2, "two words and a score"),
        ("tiger\tcat\t7.35\nking\tqueen\tN\t7.35\nx\ty\t1\n", 2, "two words and a score"),
        ("heading\ntiger cat 7.35\n", 1, "two words and a score, found 'heading'"),
        # They are no headings: the pairs would be lost.
        ('"a,b",cat,5\nman,woman,3\n', 1, "two words and a score, found '\"a,b\",cat,5'"),
        ("tiger\tcat\tN\tx\t7.35\nking\tqueen\t7\nman\twoman\t3\n", 1, "two words and a score"),
    ],
)
def test_a_bad_line_is_named(file, text, line, reason):
    with pytest.raises(FormatError, match=rf"some\.txt, line {line}: expected {reason}") as caught:
        read(file, text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty: it has no bytes; pass a text file with analogy questions"),
        (b"# nothing\n\n", "has only comments and blank lines"),
        (b": one\n: two\n", "has sections without questions; expected analogy questions"),
        (b"\x93NUMPY\x01\0", r"is a NumPy array \(\.npy\), which has no words; pass a text file"),
        (bytes(range(256)) * 8, "is a binary file; pass a text file"),
        (b"<!DOCTYPE html><html></html>", "is an HTML page; pass a text file"),
    ],
)
def test_what_is_no_question_file(file, data, reason):
    with pytest.raises(FormatError, match=reason):
        read(file, data)
    if data[:1] not in (b"#", b":"):
        with pytest.raises(ForeignError):
            read(file, data)


def test_text_that_is_not_utf8(file):
    with pytest.raises(FormatError, match=r"some\.txt, line 3: is not UTF-8 .*iconv"):
        read(file, QUESTIONS.encode() + b"caf\xe9 a b c\n")


def test_a_file_that_is_far_too_large(file, monkeypatch):
    monkeypatch.setattr("glovefast.queries.question_files._MOST_BYTES", 1 << 20)
    with pytest.raises(FormatError, match="has more than 1 MiB"):
        read(file, "a b c d\n" * (1 << 17) + "\n")
    assert len(read(file, "a b c d\n" * (1 << 17))[0].questions) == 1 << 17


def test_the_separator_is_named(file):
    with pytest.raises(FormatError, match=r"line 2: .* found 'car auto 9'; .* has commas between its fields"):
        read(file, "king,queen,8.5\ncar auto 9\ncat,dog,7\n")


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_question_file(str(tmp_path / "missing.txt"))


def test_a_directory_stands_for_its_files(tmp_path):
    for name in ("b.txt", "a.txt", ".hidden"):
        (tmp_path / name).write_text(QUESTIONS)
    (tmp_path / "folder").mkdir()
    assert [Path(path).name for path in files_in([tmp_path, "c.txt", "-"])] == [
        "a.txt",
        "b.txt",
        "c.txt",
        "-",
    ]
    with pytest.raises(FormatError, match="is a directory without files"):
        list(files_in([tmp_path / "folder"]))


def test_a_store_is_not_a_directory_of_questions(tmp_path):
    for name in ("metadata.json", "vectors.npy", "vocabulary.arrow", "index.arrow"):
        (tmp_path / name).touch()
    with pytest.raises(FormatError, match="is a store, not a file"):
        list(files_in([tmp_path]))
