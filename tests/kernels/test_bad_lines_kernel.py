"""Bad lines: the kernel and the messages made of its codes, against the explanation of single lines."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glovefast.parser.bad_lines import BadLines, beginning_of, explain_bad_line
from glovefast.parser.chunks import TextBuffer
from glovefast.parser.separators import SINGLE_SPACE, separator_of
from tests.helpers.switches import SWITCHES, passes_with

SEPARATORS = [SINGLE_SPACE, *map(separator_of, ["\t", ",", "whitespace"])]
FIELDS = st.sampled_from(
    [
        *(
            "0.1",
            "-2",
            "3e5",
            "nan",
            "-Infinity",
            "1_000",
            "1__0",
            "٣",
            "x",
            "x2",
            "é",
            "日本",
            "",
            "1e9999x",
        ),
        *(
            "1.000000059604644775390625",
            '"',
            '"a',
            'b"',
            "a\r",
            "\r",
            "caf\udce9",
            "\udcff",
            "½",
            "\x1c1",
            "w" * 70,
        ),
    ]
)
GLUE = st.sampled_from([" ", " ", " ", "\t", ",", "  ", " \t", "\t ", ", ", "\r"])
LINES = st.lists(st.tuples(FIELDS, GLUE), min_size=1, max_size=9).map(
    lambda pairs: "".join(part for pair in pairs for part in pair)[: -len(pairs[-1][1]) or None]
)


def buffer_of(lines: list[bytes]) -> TextBuffer:
    buffer, text = TextBuffer(), b"".join(line + b"\n" for line in lines)
    buffer.end = buffer.begin + len(text)
    buffer.bytes[buffer.begin : buffer.end] = text
    return buffer


@given(
    lines=st.lists(LINES, min_size=1, max_size=6),
    dim=st.integers(1, 4),
    separator=st.sampled_from(SEPARATORS),
)
@example(
    ["a b 1 2 3", "1 2 3 1 2 3", "a 1 2", "a 1 x", "a 1  2", '"a b" 1 2', "a 5 6 7 1 2"], 2, SINGLE_SPACE
)
def test_lines_are_explained_as_alone(lines, dim, separator):
    encoded = [line.encode(errors="surrogateescape") for line in lines]
    # Blank lines are not bad.
    numbers = [number for number, line in enumerate(encoded) if line.strip(separator.line_end)]
    bad_lines = BadLines(buffer_of(encoded), np.array(numbers, dtype=np.int32), dim, separator)
    assert [(bad.line, bad.reason, bad.beginning, bad.changed_word) for bad in bad_lines] == [
        (number, explain_bad_line(encoded[number], dim, separator), beginning_of(encoded[number]), None)
        for number in numbers
    ]


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES)
def test_with_bounds_checks_and_as_plain_python(switch, tmp_path):
    passes_with(switch, __file__, "explained_as_alone", tmp_path)
