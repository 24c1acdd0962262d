"""What a file is that is no embedding text, told from its first bytes.

The words of real embedding files include ``<``, ``%PDF`` and worse, so a signature is matched whole, and
bytes without one are called binary only where most of the text would be unreadable.
"""

import re

HEAD_BYTES = 4096

_UNPACK = "unpack it and give the text inside"
# A member's name, padded with NULs, then at byte 257 the magic of POSIX or of GNU tar.
_TAR = rb"(?s)(?=[^\0]{1,256}\0).{257}ustar[\0 ]"

# (signature, what the file is, what to do); the format's own documentation gives each signature.
_SIGNATURES = [
    (
        # Never followed by a number, as a row of that word would be.
        rb"(?is)(?:\s|<!--.*?-->)*<(?:!doctype\s+html\s*(?:>|\[|public\b|system\b)|html(?:\s+[a-z:]+\s*=|\s*>))",
        "an HTML page, not embedding text",
        "the download gave a web page instead of the file; look into it to see why, and download again",
    ),
    (
        rb"(?is)\s*<\?xml\s+version\s*=",
        "an XML document, not embedding text",
        "where a download was meant, the server sent an error message; look into it and download again",
    ),
    (
        rb"version https://git-lfs\.github\.com/spec/",
        "a Git LFS pointer, not the file itself",
        "fetch the file with: git lfs pull",
    ),
    (
        rb"\xff\xfe|\xfe\xff",
        "UTF-16 text",
        "convert it to UTF-8 first, for example with: iconv -f UTF-16 -t UTF-8",
    ),
    (rb"\x93NUMPY", "a NumPy array (.npy), which holds no words", "give the text that it was made from"),
    (
        rb"\x80[\x02-\x05]",
        "a Python pickle (gensim and others save models so)",
        "export it as text with the program that made it; glovefast opens no pickles",
    ),
    (rb"\x89HDF\r\n\x1a\n", "an HDF5 file", "export the vectors as text with the program that made it"),
    (rb"SQLite format 3\0", "an SQLite database", "give the text that it was made from"),
    (rb"%PDF-\d\.\d\s*[\r\n]", "a PDF document", "give the embedding text itself"),
    (
        rb"PAR1\x15|ARROW1\0\0",
        "a Parquet or Arrow file",
        "export it as text: a word and its numbers on each line",
    ),
    (rb"\x7fELF[\x01\x02][\x01\x02]\x01", "a program (ELF)", "give the embedding text itself"),
    (
        rb"\xba\x16\x4f\x2f",
        "a fastText binary model (.bin)",
        "give its text vectors (.vec), which are published beside it",
    ),
    (_TAR, "a tar archive inside another container", _UNPACK),
    (rb"PK\x03\x04|PK\x05\x06", "a zip archive inside another container", _UNPACK),
    (rb"\x1f\x8b\x08|BZh[1-9]1AY&SY|\xfd7zXZ\0", "compressed a second time", _UNPACK),
    (
        rb"\x28\xb5\x2f\xfd",
        "compressed with Zstandard",
        "unpack it first, or pipe it in: zstd -dc FILE | glovefast ...",
    ),
    (
        rb"\x04\x22\x4d\x18",
        "compressed with LZ4",
        "unpack it first, or pipe it in: lz4 -dc FILE | glovefast ...",
    ),
    (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (rb"Rar!\x1a\x07", "a RAR archive", _UNPACK),
]
_COMPILED = [(re.compile(signature), what, remedy) for signature, what, remedy in _SIGNATURES]

_HEADER = re.compile(rb"[0-9]+ [0-9]+\r?\n")
_LINE_ENDING_IN_A_NUMBER = re.compile(rb"[ \t][-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[ \t\r]*(?:\n|\Z)")
_CONTROL_CHARACTERS = bytes([*range(9), 11, *range(14, 32), 127])
_UNREADABLE_SHARE = 0.3


def is_tar(head: bytes) -> bool:
    """Tell a tar archive by its first bytes."""
    return re.match(_TAR, head) is not None


def foreign(head: bytes) -> str | None:
    """Recognise what is no embedding text.

    Parameters
    ----------
    head : bytes
        The first `HEAD_BYTES` of the unpacked file, or all of a shorter one, without a byte order mark.

    Returns
    -------
    str or None
        What the file is and what to do about it, as a `FormatError`'s reason; None for what may be text.
    """
    for signature, what, remedy in _COMPILED:
        if signature.match(head):
            return f"is {what}; {remedy}"
    header = _HEADER.match(head)
    body = head[header.end() :] if header else head
    if not _is_unreadable(body):
        return None
    if header:
        return (
            "is in word2vec's binary format; save it as text first "
            "(gensim: save_word2vec_format(path, binary=False))"
        )
    return "is a binary file, not embedding text; give the text: a word and its numbers on each line"


def _is_unreadable(body: bytes) -> bool:
    """Tell binary numbers from text with damaged words: no line ends in a number, and much is no UTF-8."""
    if not body or _LINE_ENDING_IN_A_NUMBER.search(body):
        return False
    control = len(body) - len(body.translate(None, _CONTROL_CHARACTERS))
    invalid = len(body) - len(body.decode("utf-8", "ignore").encode())
    return control + invalid > _UNREADABLE_SHARE * len(body)
