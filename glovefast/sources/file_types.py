"""Recognise files that are not embedding text from their first bytes.

Real embedding files contain words such as ``<`` and ``%PDF``. So a signature must match completely, and a
file without one is called binary only if most of it would be unreadable.
"""

import re
from typing import NamedTuple

HEAD_BYTES = 4096

_UNPACK = "unpack it and convert the text inside"
_PIPE = "unpack it first, or pipe the text: {} FILE | glovefast convert - -o DEST"
_RECODE = "convert it to UTF-8: iconv -f {} -t UTF-8 FILE | glovefast convert - -o DEST"
_ASCII = rb"[\t\n\r -~]"
# A member's name, padded with NULs, then the magic of POSIX or GNU tar at byte 257.
_TAR = rb"(?s)(?=[^\0]{1,256}\0).{257}ustar[\0 ]"

# (signature, what the file is, what to do); each signature is from the format's own documentation.
_SIGNATURES = [
    (
        # Unlike the row of a word such as "<html", none of these continues with a number.
        rb"(?is)(?:\s|<!--.*?-->)*<(?:!doctype\s+html\s*(?:>|\[|public\b|system\b)|html(?:\s+[a-z:]+\s*=|\s*>))",
        "an HTML page, not embedding text",
        "the server sent a web page instead of the file; open it to see why, then download again",
    ),
    (
        rb"(?is)\s*<\?xml\s+version\s*=",
        "an XML document, not embedding text",
        "if you downloaded it, the server sent an error message; open it to see why, then download again",
    ),
    (
        rb"version https://git-lfs\.github\.com/spec/",
        "a Git LFS pointer, not the file itself",
        "fetch the file with: git lfs pull",
    ),
    # Numbers and line ends hold NULs in these encodings; a word in another encoding may begin with the marks.
    (rb"(?s)\xff\xfe\0\0|\0\0\xfe\xff", "UTF-32 text", _RECODE.format("UTF-32")),
    (rb"(?s)(?:\xff\xfe|\xfe\xff)(?=.*\0)", "UTF-16 text", _RECODE.format("UTF-16")),
    (rb"(?:" + _ASCII + rb"\0){16}", "UTF-16 text", _RECODE.format("UTF-16LE")),
    (rb"(?:\0" + _ASCII + rb"){16}", "UTF-16 text", _RECODE.format("UTF-16BE")),
    (
        rb"\x93NUMPY",
        "a NumPy array (.npy), which has no words",
        "pass the words of its rows: glovefast convert matrix.npy --vocabulary words.txt, or "
        "glovefast.save(words, matrix, destination)",
    ),
    (
        rb"\x80[\x02-\x05]",
        "a Python pickle (gensim and others save models this way)",
        "export it as text with the program that wrote it; glovefast does not open pickles",
    ),
    (rb"\x89HDF\r\n\x1a\n", "an HDF5 file", "export the vectors as text with the program that wrote it"),
    (rb"SQLite format 3\0", "an SQLite database", "convert the text it was made from"),
    (rb"%PDF-\d\.\d\s*[\r\n]", "a PDF document", "convert the embedding text itself"),
    (
        rb"PAR1\x15|ARROW1\0\0",
        "a Parquet or Arrow file",
        "export it as text: a word and its numbers on each line",
    ),
    (rb"\x7fELF[\x01\x02][\x01\x02]\x01", "a program (ELF)", "convert the embedding text itself"),
    (
        rb"\xba\x16\x4f\x2f",
        "a fastText binary model (.bin)",
        "convert its text vectors (.vec), which are published next to it",
    ),
    (_TAR, "a tar archive inside another container", _UNPACK),
    (rb"PK\x03\x04|PK\x05\x06", "a zip archive inside another container", _UNPACK),
    (
        rb"\x1f\x8b\x08|BZh[1-9]1AY&SY|\xfd7zXZ\0|\x28\xb5\x2f\xfd|\x04\x22\x4d\x18",
        "compressed twice",
        _UNPACK,
    ),
    (rb"\x1f\x9d[\x80-\xff]", "compressed with compress (.Z)", _PIPE.format("gzip -dc")),
    (rb"\x02\x21\x4c\x18", "compressed with an old version of LZ4", _PIPE.format("lz4 -dc")),
    (rb"LZIP\x01", "compressed with lzip", _PIPE.format("lzip -dc")),
    (rb"\x89LZO\0\r\n\x1a\n", "compressed with lzop", _PIPE.format("lzop -dc")),
    (rb"\xff\x06\0\0sNaPpY", "compressed with Snappy", _UNPACK),
    (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (rb"Rar!\x1a\x07", "a RAR archive", _UNPACK),
]
_COMPILED = [(re.compile(signature), what, remedy) for signature, what, remedy in _SIGNATURES]

# As gensim reads it: two numbers with any white space around them.
_HEADER = re.compile(rb"[ \t]*([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t]*\r?\n")
_LINE_ENDING_IN_A_NUMBER = re.compile(rb"[ \t,;|][-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[ \t\r]*(?:\n|\Z)")
_BETWEEN_FIELDS = re.compile(rb"[ \t,;|:=]+")
_NOT_ASCII = bytes(range(128, 256))
_CONTROL_CHARACTERS = bytes([*range(9), 11, *range(14, 32), 127])
_UNREADABLE_SHARE = 0.3
_NUMBER_BYTES = 4


class BinaryHeader(NamedTuple):
    """The first line of a file in word2vec's binary format: what it states, and its length."""

    rows: int
    dim: int
    bytes: int


def is_tar(head: bytes) -> bool:
    """Tell whether these first bytes begin a tar archive."""
    return re.match(_TAR, head) is not None


def foreign(head: bytes) -> str | None:
    """Recognise a file that is not embedding text.

    Parameters
    ----------
    head : bytes
        The first `HEAD_BYTES` of the unpacked file, or all of a shorter one, without a byte order mark.

    Returns
    -------
    str or None
        What the file is and what to do about it, worded as a `FormatError`'s reason; None if it may be text.
    """
    for signature, what, remedy in _COMPILED:
        if signature.match(head):
            return f"is {what}; {remedy}"
    header = _HEADER.match(head)
    if not _is_unreadable(head[header.end() :] if header else head) or binary_header(head):
        return None
    return "is a binary file, not embedding text; convert text with a word and its numbers on each line"


def binary_header(head: bytes) -> BinaryHeader | None:
    """Recognise word2vec's binary format, whose first line is the same as in its text format.

    Most lines of text end in numbers. Where they do not, the vectors must have bytes that text does not have;
    many of them, unless the file ends where its header says.

    Parameters
    ----------
    head : bytes
        The first `HEAD_BYTES` of the unpacked file, or all of a shorter one.

    Returns
    -------
    BinaryHeader or None
        What the header states; None if the file is not in this format.
    """
    match = _HEADER.match(head)
    if match is None:
        return None
    header, body = BinaryHeader(int(match[1]), int(match[2]), match.end()), head[match.end() :]
    is_whole = len(head) < HEAD_BYTES
    if not header.dim or _has_lines_of_numbers(body, header.dim):
        return None
    vectors: list[bytes] = []
    position = 0
    while len(vectors) < header.rows and (begin := body.find(b" ", position) + 1):
        position = begin + header.dim * _NUMBER_BYTES
        vectors.append(body[begin:position])
    fits = is_whole and len(vectors) == header.rows and not body[position:].strip(b"\n")
    # Otherwise it may be text with a few damaged lines, and its characters may be cut where a vector begins.
    unlike_text = [each if fits else each.strip(_NOT_ASCII) for each in vectors]
    unreadable, total = sum(map(_unreadable_bytes, unlike_text)), sum(map(len, vectors))
    return header if unreadable > (0 if fits else _UNREADABLE_SHARE * total) else None


def _has_lines_of_numbers(body: bytes, dim: int) -> bool:
    """Tell text: most of its lines end in a number, or in two where a row has so many."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    if not body.endswith(b"\n") and len(lines) > 1:
        del lines[-1]  # it may be cut off
    # One number may end a line of binary numbers by chance, but hardly ever two.
    return 2 * sum(_ends_in_numbers(line, min(dim, 2)) for line in lines) > len(lines)


def _ends_in_numbers(line: bytes, count: int) -> bool:
    fields = _BETWEEN_FIELDS.split(line.rstrip(b" \t\r"))[1:][-count:]
    try:
        return len([float(field.decode()) for field in fields]) == count
    except ValueError:
        return False


def _is_unreadable(body: bytes) -> bool:
    """Tell binary numbers from text with damaged words: no line ends in a number, and little is UTF-8."""
    if not body or _LINE_ENDING_IN_A_NUMBER.search(body):
        return False
    return _unreadable_bytes(body) > _UNREADABLE_SHARE * len(body)


def _unreadable_bytes(body: bytes) -> int:
    """Count control characters and bytes that are not UTF-8."""
    control = len(body) - len(body.translate(None, _CONTROL_CHARACTERS))
    invalid = len(body) - len(body.decode("utf-8", "ignore").encode())
    return control + invalid
