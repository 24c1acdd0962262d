"""Other forms of a word, and ways to split a word."""

import re
import unicodedata
from collections.abc import Callable

WordForm = Callable[[str], str]

# Joins the names of forms that are applied one after the other.
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
# Without the apostrophe these are other words: we'll, we're, she'd, I'm.
_REDUCED_VERB = re.compile(rf"(?i)\w[{_APOSTROPHES}](?:ll|re|ve|d|m)\Z")
# https://en.wikipedia.org/wiki/Combining_Diacritical_Marks; without the marks of other scripts, which are
# parts of letters.
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
    """Say whether a character is punctuation or a symbol, as ``string.punctuation`` does for ASCII."""
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
"""The named word forms, in the order in which joined forms apply them.

``nfkc``
    Unicode's compatibility composition: plain letters for full-width letters, ligatures and the like.
``visible``
    Without invisible characters: soft hyphens, zero-width spaces and joiners, a byte order mark, and at the
    ends carriage returns, no-break spaces and all other white space.
``straight``
    Plain ``'``, ``"``, ``-`` and ``...`` for typographic apostrophes, quotation marks, dashes and ellipses.
``treebank``
    Without the escapes of the Penn Treebank: ``(`` for ``-LRB-``, ``"`` for two backticks or two
    apostrophes, ``/`` for ``\\/``.
``strip``
    Without the punctuation and symbols around the word.
``possessive``
    Without a final ``'s``, or without the apostrophe after a final ``s``.
``accents``
    Without the accents of Latin, Greek and Cyrillic letters: "creme" for "crème". Letters that Unicode does
    not decompose, such as "ø" and "ł", stay.
``apostrophes``
    Without apostrophes between letters: "dont", "oneill". Words that end in ``'ll``, ``'re``, ``'ve``, ``'d``
    or ``'m`` stay, because their letters can spell another word ("we'll", "well").
``hyphens``
    Without hyphens between letters: "email" for "e-mail".
``digits``
    ``#`` for each ASCII digit, as in the Google News vectors of word2vec ("####" for "2013").
``lower``, ``title``, ``upper``
    The methods of `str`. ``title`` makes "Don'T" of "don't"; pass ``str.capitalize`` itself to avoid that.

Names joined by ``+`` are applied from left to right: ``"strip+lower"`` makes "word" of "Word,".
"""


def word_form(name: str) -> WordForm:
    """Find the named form, or the form that several names joined by ``+`` make.

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
"""Ways to split a word, by name; empty parts are ignored.

``contractions``
    As in the Penn Treebank, whose tokenization GloVe's texts have: "do" and "n't", "king" and "'s".
``hyphens``
    At hyphens and dashes.
``punctuation``
    At all other punctuation and symbols, which are dropped: "and/or", "end.Next".
``white space``
    At no-break spaces and other white space, for texts that were split at ASCII spaces only.
"""
