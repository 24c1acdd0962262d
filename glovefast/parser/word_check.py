"""Words that are not words: recognize them in the first rows, where the separator seems right."""

from itertools import pairwise

from glovefast.parser.bad_lines import show
from glovefast.parser.separators import SINGLE_SPACE, Separator, read_number

_MOST = 0.9
_ENOUGH_WORDS, _ENOUGH_ROW_NUMBERS = 2, 3


def wrong_words(words: list[list[bytes]], separator: Separator) -> tuple[int, str] | None:
    """Find words that no vocabulary has: empty, cut off by a second separator, numbered, in quotes.

    Parameters
    ----------
    words : list of list of bytes
        The words of the first rows, each split into its fields.
    separator : Separator
        The assumed separator.

    Returns
    -------
    tuple or None
        A word that shows it, by its place, and the reason. None if nothing seems wrong.
    """

    def nearly_all(found: list[int]) -> bool:
        return len(found) >= max(_ENOUGH_WORDS, _MOST * len(words))

    shown = [show(separator.byte.join(word)) for word in words]
    empty = [place for place, word in enumerate(words) if not any(word)]
    if nearly_all(empty):
        return empty[0], "the rows have no words; embedding text has a word in front of the numbers"
    edges = [place for place, word in enumerate(words) if len(word) > 1 and not (word[0] and word[-1])]
    if separator != SINGLE_SPACE and nearly_all(edges):  # two spaces are described elsewhere
        return edges[0], (
            f"nearly all words would begin or end with the separator, as {shown[edges[0]]} does; "
            "leave one separator after each word, and none in front of it"
        )
    numbers = _row_numbers(words, separator)
    if numbers and nearly_all(numbers):
        return numbers[0], (
            f"nearly all words would begin with a number, as {shown[numbers[0]]} does; "
            "remove the numbers in front of the words"
        )
    quoted = [place for place, word in enumerate(words) if _is_quoted(separator.byte.join(word))]
    if nearly_all(quoted):
        return quoted[0], (
            f"nearly all words would be in quotes, as {shown[quoted[0]]} is; "
            "write the words without quotes, separated by a character that none of them contains"
        )
    return None


def _row_numbers(words: list[list[bytes]], separator: Separator) -> list[int]:
    """Find the words behind a number; if blanks separate, only if the numbers count the rows."""
    found = [
        place
        for place, word in enumerate(words)
        if len(word) > 1 and read_number(word[0].strip(b"\"'")) is not None and read_number(word[1]) is None
    ]
    if separator.byte != SINGLE_SPACE.byte:
        return found
    firsts = [read_number(words[place][0]) for place in found]
    count = sum(before is not None and after == before + 1 for before, after in pairwise(firsts))
    return found if len(found) >= _ENOUGH_ROW_NUMBERS and count + 1 >= _MOST * len(found) else []


def _is_quoted(word: bytes) -> bool:
    """Tell a word in quotes from a word of quotes, such as GloVe has."""
    if len(word) < 3 or word[:1] != word[-1:] or word[:1] not in (b'"', b"'"):
        return False
    return any(map(str.isalnum, word.decode(errors="replace")))
