"""What messages say about a line that gives no row."""

import pytest

from glovefast.parser.bad_lines import beginning_of, explain_bad_line, show


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("w 1 2", "expected 3 numbers after the word 'w', found 2"),
        ("w 1", "expected 3 numbers after the word 'w', found 1"),
        ("w", "expected 3 numbers after the word 'w', found 0"),
        ("1 2 3", "expected 3 numbers after the word '1', found 2"),
        (" 1 2 \r", "expected 3 numbers after the word '', found 2"),
        (
            "windows 95 1 2 3",
            "expected 3 numbers after the word 'windows', found 4; "
            "if the word is 'windows 95', state the dimension (dim=3, --dim 3)",
        ),
        (
            "w x 1 2 3 4 5",
            "expected 3 numbers after the word 'w x', found 5; "
            "if the word is 'w x 1 2', state the dimension (dim=3, --dim 3)",
        ),
        ("w 1 2 3 4 5 6", "expected 3 numbers after the word 'w', found 6"),
        (
            "v 1 2 3 w 1 2 3",
            "the word would be 'v 1 2 3 w', which contains numbers; two rows may share this line",
        ),
        ("w 1 two 3", "'two' in column 5, after the word 'w', is not a number"),
        ("w two 2 3", "'two' in column 3, after the word 'w', is not a number"),
        ("w 1 2 three\r", "'three' in column 7, after the word 'w', is not a number"),
        ("a b 1 2 x", "'x' in column 9, after the word 'a b', is not a number"),
        ("é \N{NO-BREAK SPACE}1 2x 3", "'2x' in column 6, after the word 'é', is not a number"),
        (
            "w 1  3",
            "column 5 is empty where a number must follow the word 'w': "
            "there are two spaces, and a single one separates the fields",
        ),
        (f"{'w' * 100} x 2 3", f"'x' in column 102, after the word '{'w' * 60}'…, is not a number"),
        ("w x 2", "expected 3 numbers after the word 'w x', found 1"),
    ],
)
def test_what_is_wrong_with_a_line(line, reason):
    assert explain_bad_line(line.encode(), 3) == reason


def test_a_line_that_is_not_utf8():
    assert explain_bad_line(b"caf\xe9 1 \xff 3", 3) == (
        r"b'\xff' in column 8, after the word b'caf\xe9', is not a number"
    )


def test_what_is_shown_ends_with_a_character():
    for front in ("", "a", "aa", "aaa"):
        text = front + "日本" * 20
        whole = text[: len(front) + (60 - len(front)) // 3]
        assert show(text.encode()) == f"{whole!r}…"
        assert beginning_of(text.encode()) == f"{whole}…"
        assert show(whole.encode()) == repr(whole)
    damaged = b"a" * 57 + b"\x92" * 9
    assert show(damaged) == f"{'a' * 56!r}…"
    assert show(damaged[57:]) == repr(damaged[57:])
    assert beginning_of(b"caf\x92 1\r") == r"caf\x92 1"
