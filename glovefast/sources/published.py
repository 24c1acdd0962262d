"""Where the well-known GloVe files are published, for messages about a file that is missing.

The addresses and sizes are those of GloVe's own README; nothing here downloads anything.
"""

import re

_FOLDER = "https://nlp.stanford.edu/data/wordvecs/"
# The archive's name without .zip, its size, and the dimensions of its texts.
_ARCHIVES = {
    "glove.6B": ("822 MB", (50, 100, 200, 300)),
    "glove.42B.300d": ("1.75 GB", (300,)),
    "glove.840B.300d": ("2.03 GB", (300,)),
    "glove.twitter.27B": ("1.42 GB", (25, 50, 100, 200)),
}
_NAME = re.compile(r"(?i)(glove\.(?:twitter\.27B|6B|42B|840B))(?:\.(\d+)d)?(?:\.(?:txt|zip|gz|bz2|xz|zst))*")


def where_to_download(name: str) -> str | None:
    """Say where a well-known file can be downloaded; None for any other file's name."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    for archive, (size, dims) in _ARCHIVES.items():
        corpus = archive.removesuffix(".300d")
        if corpus.lower() == match[1].lower() and (match[2] is None or int(match[2]) in dims):
            return f"download {_FOLDER}{archive}.zip ({size}), which needs no unpacking"
    return None
