"""Other forms of a word, and the words that one word can be split into."""

import re
import unicodedata
from collections.abc import Callable

WordForm = Callable[[str], str]

# Forms are joined by it into one that makes them one after the other.
JOINER = "+"

_APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}\N{FULLWIDTH APOSTROPHE}"
_HYPHENS = "-\N{HYPHEN}\N{NON-BREAKING HYPHEN}"
_STRAIGHT = str.maketrans(
    {
        **dict.fromkeys("\N{LEFT SINGLE QUOTATION MARK}\N{SINGLE HIGH-REVERSED-9 QUOTATION MARK}`", "'"),
        **dict.fromkeys(_APOSTROPHES, "'"),
        **dict.fromkeys("\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}", '"'),
        **dict.fromkeys(_HYPHENS + "\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}", "-"),
        "\N{HORIZONTAL ELLIPSIS}": "...",
    }
)
_DIGITS = str.maketrans("0123456789", "#" * 10)
_BRACKETS = {"lrb": "(", "rrb": ")", "lsb": "[", "rsb": "]", "lcb": "{", "rcb": "}"}

_POSSESSIVE = re.compile(rf"(?<=\w)(?:[{_APOSTROPHES}][sS]|(?<=[sS])[{_APOSTROPHES}])\Z")
_APOSTROPHE_INSIDE = re.compile(rf"(?<=\w)[{_APOSTROPHES}](?=\w)")
_HYPHEN_INSIDE = re.compile(rf"(?<=\w)[{_HYPHENS}](?=\w)")
# Their letters without the apostrophe are another word: we'll, we're, she'd, I'm.
_REDUCED_VERB = re.compile(rf"(?i)\w[{_APOSTROPHES}](?:ll|re|ve|d|m)\Z")
# https://en.wikipedia.org/wiki/Combining_Diacritical_Marks. The signs of other scripts, which are part of
# their letters, lie outside.
_ACCENTS = re.compile("[\u0300-\u036f]")
_ESCAPED = re.compile(r"\\([/*])")
_BRACKET = re.compile(r"(?i)-([lr][rsc]b)-\Z")

_CONTRACTION = re.compile(rf"(?i)\A(.*\w)(n[{_APOSTROPHES}]t|[{_APOSTROPHES}](?:s|ll|re|ve|d|m))\Z")
_HYPHENATED = re.compile(rf"[{_HYPHENS}\N{{EN DASH}}\N{{EM DASH}}]+|--+")


def _nfkc(word: str) -> str:
    return unicodedata.normalize("NFKC", word)


def _visible(word: str) -> str:
    if word.isascii() and word.isprintable():
        return word.strip()
    return "".join(each for each in word.strip() if unicodedata.category(each) not in {"Cc", "Cf"})


def _straight(word: str) -> str:
    return word.translate(_STRAIGHT)


def _treebank(word: str) -> str:
    bracket = _BRACKET.match(word)
    if bracket:
        return _BRACKETS[bracket[1].lower()]
    return '"' if word in {"``", "''"} else _ESCAPED.sub(r"\1", word)


def _strip(word: str) -> str:
    first, last = 0, len(word)
    while first < last and _is_punctuation(word[first]):
        first += 1
    while first < last and _is_punctuation(word[last - 1]):
        last -= 1
    return word[first:last]


def _is_punctuation(character: str) -> bool:
    """Say whether a character is punctuation or a symbol: ``string.punctuation`` for all of Unicode."""
    return unicodedata.category(character)[0] in "PS"


def _accents(word: str) -> str:
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", word)))


def _apostrophes(word: str) -> str:
    return word if _REDUCED_VERB.search(word) else _APOSTROPHE_INSIDE.sub("", word)


def _hyphens(word: str) -> str:
    return _HYPHEN_INSIDE.sub("", word)


def _possessive(word: str) -> str:
    return _POSSESSIVE.sub("", word)


def _digits(word: str) -> str:
    return word.translate(_DIGITS)


WORD_FORMS: dict[str, WordForm] = {
    "nfkc": _nfkc,
    "visible": _visible,
    "straight": _straight,
    "treebank": _treebank,
    "strip": _strip,
    "possessive": _possessive,
    "accents": _accents,
    "apostrophes": _apostrophes,
    "hyphens": _hyphens,
    "digits": _digits,
    "lower": str.lower,
    "title": str.title,
    "upper": str.upper,
}
"""The named word forms, in an order in which they can build on each other.

``nfkc``
    Unicode's compatibility composition: full-width letters, ligatures and the like in their plain form.
``visible``
    Without characters that nobody sees: soft hyphens, zero-width spaces and joiners, a byte order mark, and
    at the ends a carriage return, a no-break space and all other white space.
``straight``
    Typographic apostrophes, quotation marks, dashes and ellipses as on a typewriter: ``'``, ``"``, ``-`` and
    ``...``.
``treebank``
    What the Penn Treebank's tokenisation escapes: ``-LRB-`` is ``(``, two backticks or apostrophes are ``"``,
    ``\\/`` is ``/``.
``strip``
    Without the punctuation and symbols around the word.
``possessive``
    Without a final ``'s``, or the apostrophe behind a final ``s``.
``accents``
    Without the accents of Latin, Greek and Cyrillic letters: "creme" for "crème". A letter that is not
    composed in Unicode, as "ø" and "ł", stays.
``apostrophes``
    Without apostrophes between letters: "dont", "oneill". A word that ends in ``'ll``, ``'re``, ``'ve``,
    ``'d`` or ``'m`` stays, because its letters spell another one ("we'll", "well").
``hyphens``
    Without hyphens between letters: "email" for "e-mail".
``digits``
    Each ASCII digit as ``#``, as the Google News vectors of word2vec have their numbers ("2013" is "####").
``lower``, ``title``, ``upper``
    As the methods of `str` (so ``title`` makes "Don'T" of "don't"; ``str.capitalize`` can be given itself).

Several names joined by ``+`` are one form, made from left to right: ``"strip+lower"`` is "word" for "Word,".
"""


def word_form(name: str) -> WordForm:
    """Give a named form, or several joined by ``+``.

    Raises
    ------
    ValueError
        If a name is unknown; the message lists the names.
    """
    parts = name.split(JOINER)
    for part in parts:
        if part not in WORD_FORMS:
            names = ", ".join(map(repr, WORD_FORMS))
            raise ValueError(
                f"unknown fallback {name!r}: give a callable, one of {names}, or several joined by {JOINER!r}"
            )
    if len(parts) == 1:
        return WORD_FORMS[name]

    def joined(word: str) -> str:
        for part in parts:
            word = WORD_FORMS[part](word)
        return word

    return joined


def _split_hyphens(word: str) -> list[str]:
    return _HYPHENATED.split(word)


def _split_contraction(word: str) -> list[str]:
    found = _CONTRACTION.match(word)
    return [part.translate(_STRAIGHT) for part in found.groups()] if found else [word]


def _split_punctuation(word: str) -> list[str]:
    if word.isalnum():
        return [word]
    kept = _APOSTROPHES + _HYPHENS
    spaced = "".join(" " if each not in kept and _is_punctuation(each) else each for each in word)
    return spaced.split(" ")


SPLITS: dict[str, Callable[[str], list[str]]] = {
    "contractions": _split_contraction,
    "hyphens": _split_hyphens,
    "punctuation": _split_punctuation,
    "white space": str.split,
}
"""Ways to split a word, by name; of the parts, empty ones do not count.

``contractions``
    As the Penn Treebank does, whose tokenisation GloVe's texts went through: "do" and "n't", "king" and "'s".
``hyphens``
    At hyphens and dashes.
``punctuation``
    At all other punctuation and symbols inside the word, which is dropped: "and/or", "end.Next".
``white space``
    At no-break spaces and the like, where words were split at the ASCII space alone.
"""
