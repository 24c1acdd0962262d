"""What a process opens once, however many columns use it."""

import json
from functools import lru_cache
from pathlib import Path

from glovefast.errors import VocabularyError, printable
from glovefast.store.checksums import checksum_of
from glovefast.store.finding import open_again
from glovefast.text.saved_tokenizers import tokenizer_from_json
from glovefast.text.tokenizer import Tokenizer
from glovefast.vectors import WordVectors, reopen

# A process that lives long may see many stores; each of them would keep its files on the disk.
_MOST = 8


@lru_cache(_MOST)
def opened_store(location: str, contents: tuple[str | None, ...]) -> WordVectors:
    """Open a store, wherever it is on this host; see `glovefast.store.finding`."""
    return reopen(WordVectors, location, list(contents))


@lru_cache(_MOST)
def opened_tokenizer(location: str, checksum: str) -> Tokenizer:
    """Read the JSON of a Tokenizer, wherever it is on this host."""
    data = open_again(location, [checksum], read_file, is_file=True)
    try:
        return tokenizer_from_json(data.decode())
    except UnicodeDecodeError as error:
        raise VocabularyError(f"{printable(location)} is not the JSON of a Tokenizer: {error}") from error


def read_file(path: str) -> tuple[bytes, list[str]]:
    """Read a file; give its checksum too."""
    data = Path(path).read_bytes()
    return data, [checksum_of(data)]


@lru_cache(_MOST)
def made_tokenizer(settings: str) -> Tokenizer:
    """Make a Tokenizer of what `settings_of` wrote."""
    values = json.loads(settings)
    word_index = values.pop("word_index")
    tokenizer = Tokenizer(**values)
    tokenizer.word_index = word_index
    return tokenizer
