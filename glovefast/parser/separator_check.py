"""Rows that are separated otherwise than assumed: recognize them, and name the option that reads them.

Most such files still look like rows: in ``the,0.1 0.2`` the word would be ``the,0.1``. So the first rows are
checked for what no vocabulary has: words that all end in a number, in the same mark, or in white space.
"""

import re
from collections import Counter

from glovefast.parser.bad_lines import show
from glovefast.parser.decoding import UTF_8
from glovefast.parser.separators import Separator, separator_of
from glovefast.parser.word_check import wrong_words

_MOST, _FEW = 0.9, 0.2
_ENOUGH_WORDS = 3
_LONGEST_ROW, _LONGEST_NUMBER = 1 << 16, 64

# Patterns that `re` compiles when they are first needed: for most files they never are.
_DECIMAL = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBER = rf"(?:(?<![\w.])[+-])?(?<![^\W_])(?<!\.){_DECIMAL}(?![^\W_])"
_FLOAT = r"[+-]?(?:[0-9]*\.[0-9]+|[0-9]+\.|[0-9.]+[eE][+-]?[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBER_AT_THE_END = rf"(?P<glue>(?![.\ufffd])[\W_])[+-]?(?P<number>{_DECIMAL})\W*$"
_DECIMAL_COMMA = r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?"
# Marks between fields. Words of a whole vocabulary may end in other marks, such as brackets: "</s>".
_MARKS = ",;:|=\t\uff0c\uff1b\uff1a\uff5c\u3001"  # the last are those of East Asian texts
_MARKS_BEFORE_INTEGERS = ",;|\t"  # but "user:12" is a word
# Among them what stands for bytes that are not UTF-8.
_ENDS_OF_WORDS = "()[]{}<>\"'`.!?_@*%\u2026\xbb\u201d\u2019\ufffd"
_NAMES = {" ": "a space", "\t": "a tab", ",": "a comma", ";": "a semicolon", "|": "a bar", ":": "a colon"}


def wrong_separator(
    rows: list[bytes], dim: int, separator: Separator, *, header_agrees: bool, encoding: str = UTF_8
) -> tuple[int, str] | None:
    """Find out whether rows would be read wrongly.

    Parameters
    ----------
    rows : list of bytes
        The first rows.
    dim : int
        Numbers per row; 0 if the rows end in no numbers.
    separator : Separator
        The assumed separator.
    header_agrees : bool
        Whether a header states the same dimension.
    encoding : str
        The encoding of the words.

    Returns
    -------
    tuple or None
        A row that shows it, by its place, and the reason: what separates the fields instead, and how to read
        them. None if nothing seems wrong.
    """
    texts = [row.decode(encoding, errors="replace").rstrip("\r") for row in rows]
    commas = [place for place, text in enumerate(texts) if _has_decimal_commas(text)]
    if 2 * len(commas) > len(texts):
        return commas[0], (
            f"the numbers have decimal commas, as in {show(rows[commas[0]])}; replace them with points, "
            r"for example with: sed -E 's/([ \t;][-+]?[0-9]+),([0-9])/\1.\2/g'"
        )
    wordless = [place for place, text in enumerate(texts) if _has_no_word(text)]
    if 2 * len(wordless) > len(texts) and not header_agrees:
        return wordless[0], (
            f"the rows have no words: they consist of numbers only, as in {show(rows[wordless[0]])}; "
            "embedding text has a word in front of the numbers"
        )
    if not dim or 2 * sum(map(separator.count_numbers, rows)) < dim * len(rows):
        found = _describe(texts, separator)
        if found or not dim:
            return found
    places = [place for place, row in enumerate(rows) if len(separator.split(row)) > dim]
    fields = [separator.split(rows[place]) for place in places]
    words = [b" ".join(split[:-dim]).decode(encoding, errors="replace") for split in fields]
    values = [value for split in fields for value in split[-dim:]]
    if not header_agrees and (word := _word_with_number(words, integers=not any(map(_has_point, values)))):
        return _describe(texts, separator) or (0, f"most words would end in numbers, as {word!r} does")
    wrong = wrong_words([split[:-dim] for split in fields], separator)
    if not wrong and (word := _word_with_common_edge(words)):
        reason = f"nearly all words would begin or end with the same mark, as {word!r} does"
        return _describe(texts, separator) or (0, reason)
    return (places[wrong[0]], wrong[1]) if wrong else None


def _word_with_number(words: list[str], *, integers: bool) -> str | None:
    """Find a word, if most words end in what may be the first number of the row."""
    with_digits = [word for word in words if any("0" <= character <= "9" for character in word)]
    if 2 * len(with_digits) <= len(words):
        return None
    found = [match for word in with_digits if (match := re.search(_NUMBER_AT_THE_END, word))]
    if 2 * len(found) <= len(words):
        return None
    # "user:12" is a word, unless all other numbers are integers as well.
    marked = sum(match["glue"] in _MARKS_BEFORE_INTEGERS for match in found)
    floats = sum(_has_point(match["number"].encode()) for match in found)
    if integers or 2 * marked > len(words) or floats >= _FEW * len(words):
        return found[0].string
    return None


def _has_point(number: bytes) -> bool:
    return b"." in number or b"e" in number.lower()


def _word_with_common_edge(words: list[str]) -> str | None:
    """Find a word, if nearly all words begin with white space or end with the same mark."""
    words = [word for word in words if any(map(str.isalnum, word))]
    if not words:
        return None
    if sum(word[0].isspace() for word in words) >= _MOST * len(words):
        return words[0]
    end, count = Counter(word[-1] for word in words).most_common(1)[0]
    if end.isalnum() or count < _MOST * len(words):
        return None
    first = next(word for word in words if word[-1] == end)
    if end in _MARKS or end.isspace():
        return first
    apart = sum(word[-2:-1].isspace() for word in words)
    usual = end in _ENDS_OF_WORDS or not end.isprintable() or not end.isascii()
    return first if apart >= _MOST * len(words) or (not usual and len(words) >= _ENOUGH_WORDS) else None


def count_rows(lines: list[bytes], min_numbers: int = 1) -> int:
    """Count the lines that end in at least one number, or at least two, whatever separates them."""
    found = [_separators_of(line.decode(errors="replace")) for line in lines]
    return sum(pair is not None and (min_numbers == 1 or pair[1] != "") for pair in found)


def _describe(texts: list[str], assumed: Separator) -> tuple[int, str] | None:
    """Name what separates the rows, and the option that reads them; None if it is what was assumed."""
    found = [_separators_of(text) for text in texts]
    pairs = Counter(pair for pair in found if pair and pair[0]) or Counter(pair for pair in found if pair)
    if not pairs:
        return None
    glue, between = pairs.most_common(1)[0][0]
    place = found.index((glue, between))
    text = texts[place]
    option = _option_for(glue, between or glue, text.startswith((" ", "\t")))
    if option is not None and separator_of(option) == assumed:
        return None
    if option is not None and option in _MARKS and all(text.startswith(option) for text in texts):
        mark = _name(option)
        return place, f"the rows begin with {mark}, as in {show(text.encode())}; remove the first {mark[2:]}"
    if text.startswith((" ", "\t")):
        what = "the rows begin with white space"
    elif glue in ("", between) or not between:
        what = f"the fields are separated by {_name(between or glue)}"
    else:
        what = f"the word is followed by {_name(glue)}, and the numbers are separated by {_name(between)}"
    what += f", as in {show(text.encode())}"
    if option is None:
        wanted = between or " "
        return (
            place,
            f"{what}; no option reads this, so replace {glue!r} after the words with {wanted!r} first",
        )
    written = {" ": "space", "\t": "tab", ";": "';'", "|": "'|'"}.get(option, option)
    return place, f"{what}; read it with separator={option!r} (--separator {written})"


def _option_for(glue: str, between: str, indented: bool) -> str | None:
    """Choose the option `separator` for what stands behind the word and between the numbers."""
    if glue in ("", between) and between in (" ", "\t") and not indented:
        return between
    kernel = between.strip(" \t")
    if glue and glue.strip(" \t") != kernel:
        return None
    if not kernel:
        return "\t" if {(glue or "\t").strip(" "), between.strip(" ")} == {"\t"} else "whitespace"
    try:
        separator_of(kernel)
    except ValueError:
        return None
    return kernel


def _separators_of(row: str) -> tuple[str, str] | None:
    """Find what stands behind the word, and what between the numbers; None for a row without numbers."""
    if len(row) > _LONGEST_ROW:
        return None
    found = [match.span() for match in re.finditer(_NUMBER, row)]
    if not found or any(map(str.isalnum, row[found[-1][1] :])):
        return None
    between = ""
    place = len(found) - 1
    while place > 0:
        gap = row[found[place - 1][1] : found[place][0]]
        if any(map(str.isalnum, gap)) or (between and gap.strip(" \t") != between.strip(" \t")):
            break
        between = max(between, gap, key=len)
        place -= 1
    front = row[: found[place][0]]
    end = len(front)
    while end and not front[end - 1].isalnum():
        end -= 1
    glue = front[end:].lstrip(_ENDS_OF_WORDS) if end else ""
    return glue, between


def _has_decimal_commas(row: str) -> bool:
    end = row.rstrip(" \t")[-_LONGEST_NUMBER:]
    if "," not in end:
        return False
    values = re.split(r"[ \t;|]+", end)[1:]
    return bool(values) and re.fullmatch(_DECIMAL_COMMA, values[-1]) is not None


def _has_no_word(row: str) -> bool:
    row = row.lstrip(" \t")
    if row[:1] not in "0123456789+-.":
        return False
    first = re.match(_NUMBER, row)
    return bool(first and re.fullmatch(_FLOAT, first[0])) and not any(
        map(str.isalnum, re.sub(_NUMBER, "", row))
    )


def _name(separator: str) -> str:
    """Name a separator for a message."""
    if separator in _NAMES:
        return _NAMES[separator]
    if not separator.strip(" "):
        return "several spaces"
    if not separator.strip("\t"):
        return "several tabs"
    return "a mixture of spaces and tabs" if not separator.strip(" \t") else repr(separator)
