"""Words and how often they occur."""

from collections import Counter
from collections.abc import Iterable

from glovefast.tutorial import PUNCTUATION

WHITE_SPACE = "\t\n\r\f\v"


def count_words(pieces: Iterable[str], *, lower: bool = True, filters: str = PUNCTUATION) -> Counter[str]:
    """Count the words of text as Keras's legacy ``Tokenizer`` does.

    Parameters
    ----------
    pieces : iterable of str
        The text.
    lower : bool
        Whether words are counted in lower case.
    filters : str
        Characters that separate words, as the space does.

    Returns
    -------
    collections.Counter
        Word to count, in the order of their first occurrence.
    """
    separators = str.maketrans(dict.fromkeys(filters, " "))
    counts: Counter[str] = Counter()
    for piece in pieces:
        counts.update((piece.lower() if lower else piece).translate(separators).split(" "))
    del counts[""]
    return counts
