"""Files with any separators: read right, or refused with the separator named, but never read wrongly."""

import ast
import itertools
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.errors import FormatError
from glovefast.parser import chunks
from glovefast.parser.row_layout import infer_layout
from tests.helpers.separated import NUMBERS, PHRASES, SEPARATORS, WORDS, made, read
from tests.reference import same_bits

INTEGERS = ("1", "-2", "3", "40", "0", "-6", "7")


def outcome(text: bytes, words: tuple[str, ...], rows: np.ndarray, **options) -> tuple[str, str]:
    """Read a text and compare it: "right", "wrong" or "refused", and why."""
    try:
        found, numbers, bad = read(text, **options)
    except FormatError as error:
        return "refused", error.reason
    if bad:
        return "refused", bad[0]
    is_right = found == list(words) and same_bits(np.ascontiguousarray(numbers), rows)
    return ("right", "") if is_right else ("wrong", f"{found} {numbers.tolist()}")


def named_option(reason: str) -> str | None:
    """Read from a message the option that it names."""
    found = re.search(r"read it with separator=('[^']*')", reason)
    return ast.literal_eval(found[1]) if found else None


def test_all_separators_after_words_and_between_numbers():
    """A table of 1,444 files."""
    counts: Counter[str] = Counter()
    wrong = []
    for glue, between, header, words in itertools.product(
        SEPARATORS, SEPARATORS, (False, True), (WORDS, PHRASES)
    ):
        text, rows = made(words, glue, between, header=header)
        result, reason = outcome(text, words, rows)
        if result == "refused" and (option := named_option(reason)) is not None:
            result, why = outcome(text, words, rows, separator=option)
            result = {"right": "right with the option"}.get(result, f"{result} with the option: {why}")
        counts[result] += 1
        if result not in ("right", "right with the option", "refused"):
            wrong.append((glue, between, header, words[0], result))
    assert wrong == []
    # One option reads what has the same separator everywhere, whatever blanks surround it: 65 pairs.
    assert counts == {"right": 24, "right with the option": 236, "refused": 1184}


@pytest.mark.parametrize("numbers", [INTEGERS, NUMBERS])
@given(
    glue=st.sampled_from([*SEPARATORS, "/", "~", "#", "::", "=>", "\x0b", "\u2009", "\t,", "&", "-"]),
    between=st.sampled_from([*SEPARATORS, "/", "::", "\x0b", "&"]),
    words=st.lists(
        st.sampled_from([*WORDS, *PHRASES, "covid-19", "a,b", "o'neill"]), min_size=4, unique=True
    ),
    header=st.booleans(),
    dim=st.integers(2, 5),
)
def test_nothing_is_read_wrongly(numbers, glue, between, words, header, dim):
    text, rows = made(tuple(words), glue, between, header=header, numbers=numbers, dim=dim)
    result, reason = outcome(text, tuple(words), rows)
    assert result != "wrong", reason
    if option := named_option(reason):
        assert outcome(text, tuple(words), rows, separator=option)[0] == "right"


def refusal(text: str, **options) -> FormatError:
    with pytest.raises(FormatError) as caught:
        read(text.encode(), **options)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (
            "a,1 0 0\nb,0 1 0\n",
            1,
            "the word is followed by a comma, and the numbers are separated by a space",
        ),
        ("2 3\nthe  0.1 0.2 0.3\nof  1 2 3\n", 2, "the word is followed by several spaces"),
        (" the 0.1 0.2\n of 0.3 0.4\n", 1, "the rows begin with white space"),
        ("2 2\nthe\t0.1 0.2\nof\t0.3 0.4\n", 2, "the word is followed by a tab"),
        ("3 3\nder 0,1 0,2 0,3\ndie 0,4 0,5 0,6\n", 2, "the numbers have decimal commas, as in 'der 0,1 0,2"),
        ("der\t0,1\t1\ndie\t0,4\t0,5\ndas\t1,5\t1,5", 2, "the numbers have decimal commas"),
        ("0.1\t0.2\t0.3\n0.4\t0.5\t0.6\n", 1, "the rows have no words: they consist of numbers only"),
        ("0.1 0.2 0.3\n0.4 0.5 0.6\n", 1, "the rows have no words"),
        (" 0.1 -0.2  0.3\n-0.4  0.5  0.6\n", 1, "the rows have no words"),
        ("the 0.1 0.2\rof 0.4 0.5\r", 1, "the lines end in a carriage return alone"),
        ("the 0.1 0.2\rof 0.4 0.5\rand 1 2\r", 1, "the lines end in a carriage return alone"),
        ("2 2\rthe 0.1 0.2\rof 0.4 0.5", 1, "the lines end in a carriage return alone"),
        ("the 1\rof 2\r", 1, "the lines end in a carriage return alone"),
    ],
)
def test_what_is_named(text, line, reason):
    error = refusal(text)
    assert (error.line, error.reason[: len(reason)]) == (line, reason)


def test_a_long_text_of_carriage_returns(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1 << 10)
    monkeypatch.setattr(chunks, "MAX_LINE_BYTES", 1 << 12)
    assert refusal("the 0.1 0.2\r" * 1000).reason.startswith("the lines end in a carriage return alone")


@pytest.mark.parametrize(
    "words",
    [
        ("user:12", "user:13", "user:14", "item:5"),
        ("</s>", "<unk>", "<pad>"),
        ("http://a/b/", "http://a/", "x"),
        ("7", "8", "400000"),
        ("1.5", "the", "2.5", "of"),
        ("covid-19", "covid-20"),
        (".", ",", ";", "the"),
        ("a b", "a c"),
        ("el ni\u00f1o", "na\u00efve"),
    ],
)
def test_words_that_are_not_suspected(words):
    text, rows = made(words, " ", " ", header=False)
    assert outcome(text, words, rows) == ("right", "")


def test_what_counts_as_a_number_in_a_word_and_in_a_vector():
    """One rule: each of these ends no word, and each is a number of a vector."""
    for number in ("nan", "-inf", "Infinity", "1_000", "\uff11\uff12", "\u0663", "1e400", "+.5"):
        _, rows, bad = read(f"the {number} 0.5\nfoo {number} 0.5 0.6\n".encode(), dim=2, header=False)
        assert len(rows) == 2
        assert bad == []
        words, _, bad = read(f"the {number} 0.5\nof 1 2\nfoo {number} 0.5 0.6\n".encode())
        assert words == ["the", "of"]
        assert bad[0].startswith(
            f"expected 2 numbers after the word 'foo', found 3; if the word is 'foo {number}'"
        )


@pytest.mark.parametrize("mark", [",", ";", "|", ":", "=", "~", "\x0b", "\t"])
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{0}||1|2", ""),  # said in several ways
        ("|{0}|1|2", "nearly all words would begin or end with the separator, as '"),
        ("7|{0}|1|2", "nearly all words would begin with a number, as '7"),
        ("|1|2", "the rows have no words"),
        ('"{0}"|1|2', "nearly all words would be in quotes, as '\"the\"' is"),
        ("'{0}'|1|2", "nearly all words would be in quotes, as \"'the'\" is"),
    ],
)
def test_words_that_contain_the_separator_or_quotes(mark, row, reason):
    text = "".join(row.format(word).replace("|", mark) + "\n" for word in ("the", "of", "and"))
    assert refusal(text, separator=mark, dim=2).reason.startswith(reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('"the" 0.1 2\n"of" 0.3 4\n', "nearly all words would be in quotes"),
        ("1 the 1 2\n2 of 3 4\n3 and 5 6\n", "nearly all words would begin with a number, as '1 the' does"),
        (",the,0.1,2\n,of,0.3,4\n", "the rows begin with a comma"),
    ],
)
def test_words_that_are_not_words(text, reason):
    assert refusal(text).reason.startswith(reason)


@pytest.mark.parametrize(
    "words",
    [
        ('"', "''", "...", "'n'", "the"),
        ("'n'",),
        ("1 the", "5 of", "2 and"),
        ("'s", "'re", '"a'),
        ("", "the"),
    ],
)
def test_words_with_quotes_and_numbers(words):
    text, rows = made(words, " ", " ", header=False)
    assert outcome(text, words, rows) == ("right", "")


def test_a_quoted_word_with_the_separator_is_a_bad_row():
    words, _, bad = read(b'the,1,2\n"1,a",0.3,0.4\n "a, b" ,1,2\n"of,2,3\na,b,3,4\n",5,6\n', separator=",")
    assert words == ["the", '"of', "a,b", '"']
    assert [reason.partition("; ")[0] for reason in bad] == [
        "the word would be '\"1,a\"', with the quotes",
        "the word would be '\"a,b\"', with the quotes",
    ]
    assert read(b'"a b" 1 2\nc 1 2\nd 3 4\n')[0] == ['"a b"', "c", "d"]


@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("end", ["\r", " \r", "\r ", " \r "])
def test_a_carriage_return_behind_numbers_ends_no_word(dim, end):
    row = " 1" * dim
    text = f"a{row}\nb{row}\nc{row}{end}d{row}\ne\rf{row}\n g\r x{row}\n"
    words, _, bad = read(text.encode(), dim=dim)
    assert words == ["a", "b", "e\rf", " g\r x"]
    assert len(bad) == 1
    assert dim == 3 or "a carriage return in this line ends a row" in bad[0]


def test_words_of_another_encoding_end_in_no_number():
    """The fourth byte of such a character is an ASCII digit."""
    text = "\u17bc 1 2\n\u17bd 3 4\n\u17be 5 6\n".encode("gb18030")
    assert infer_layout(text, "vectors.txt", encoding="gb18030").dim == 2
    assert infer_layout(b"\xff0 1 2\n\xff1 3 4\n", "vectors.txt").dim == 2
