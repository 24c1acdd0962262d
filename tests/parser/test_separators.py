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
