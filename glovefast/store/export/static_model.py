"""A static embedding model: a folder that sentence-transformers and model2vec open.

The tokenizer splits a text at white space and around punctuation and looks each piece up among the words
(``Whitespace`` and ``WordLevel`` in the tokenizers library). If hardly any word has capitals, texts become
lower case first. Words of both letters and punctuation, such as ``twenty-first``, are in the model but are
never found, because texts are split before.
"""

import json
import logging
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedWriter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from glovefast._version import __version__
from glovefast.progress import Callback
from glovefast.store.atomic import Partial, named_if_full
from glovefast.store.destination import already_exists
from glovefast.store.export.pieces import Rows, pieces
from glovefast.store.files import (
    MODEL_CONFIG,
    MODEL_MODULES,
    MODEL_TOKENIZER,
    MODEL_VECTORS,
    WRITTEN_BY,
)
from glovefast.store.remains import clear_remains
from glovefast.vocabulary.training_vocabulary import UNKNOWN_TOKENS
from glovefast.vocabulary.word_index import WordIndex

_log = logging.getLogger("glovefast")
_TENSOR = "embeddings"
_NUMBER_BYTES = 4
_ALIGNMENT = 8  # of the numbers in a safetensors file
_UNKNOWN = "[UNK]"
_FEW = 0.01
_WORDS_AT_ONCE = 1 << 16
# For SentenceTransformer, which opens a folder of modules.
_MODULES = [{"idx": 0, "name": "0", "path": ".", "type": "sentence_transformers.models.StaticEmbedding"}]


def write_static_model(
    destination: Path,
    words: pa.StringArray,
    vectors: Rows,
    *,
    overwrite: bool = False,
    progress: Callback | None = None,
) -> Path:
    """Write vectors as a static embedding model, whole or not at all.

    Parameters
    ----------
    destination : pathlib.Path
        The folder to be.
    words, vectors, progress
        As in `glovefast.store.export.embedding_text.write_embedding_text`. A tokenizer has each word once, so
        of duplicates the first is written. Unless there is a token for unknown words (``<unk>``, ``<UNK>`` or
        ``[UNK]``), ``[UNK]`` is added at the end, with zeros.
    overwrite : bool
        Replace a model that glovefast wrote.

    Returns
    -------
    pathlib.Path
        The destination.

    Raises
    ------
    StoreError
        If something has come to the destination meanwhile, and is not to be replaced.
    """
    import pyarrow.compute as pc

    is_first = np.ones(len(words), dtype=np.bool_)
    is_first[WordIndex.from_words(words).duplicate_rows()] = False
    kept = words.filter(pa.array(is_first))
    unknown = next((token for token in UNKNOWN_TOKENS if pc.index(kept, token).as_py() >= 0), None)
    if (left_out := len(words) - len(kept)) > 0:
        duplicates = "1 duplicate word" if left_out == 1 else f"{left_out:,} duplicate words"
        _log.warning("%s: left out %s; a tokenizer has each word once", destination, duplicates)
    rows, dim = len(kept) + (unknown is None), vectors.shape[1]
    target = destination.resolve()
    clear_remains(target)
    with named_if_full(destination), Partial(target) as partial:
        with _synced(partial.path / MODEL_VECTORS) as file:
            file.write(_safetensors_header(rows, dim))
            start = 0
            for some_words, some in pieces(words, vectors, progress=progress, name=str(destination)):
                is_kept = is_first[start : start + len(some_words)]
                file.write(np.ascontiguousarray(some if is_kept.all() else some[is_kept]).data)
                start += len(some_words)
            if unknown is None:
                file.write(bytes(_NUMBER_BYTES * dim))
        with _synced(partial.path / MODEL_TOKENIZER) as file:
            file.writelines(_tokenizer_json(kept, unknown))
        for name, contents in ((MODEL_CONFIG, _config()), (MODEL_MODULES, _MODULES)):
            with _synced(partial.path / name) as file:
                file.write(json.dumps(contents, indent=2).encode())
        try:
            partial.put_in_place(overwrite)
        except FileExistsError:  # in the instant since
            raise already_exists(destination) from None
    return destination


@contextmanager
def _synced(path: Path) -> Iterator[BufferedWriter]:
    """Open a file for writing, and wait at the end until it is on the disk."""
    with path.open("xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _safetensors_header(rows: int, dim: int) -> bytes:
    """Make what precedes the numbers (https://github.com/huggingface/safetensors, "Format")."""
    tensor = {"dtype": "F32", "shape": [rows, dim], "data_offsets": [0, _NUMBER_BYTES * rows * dim]}
    header = json.dumps({"__metadata__": {"format": "pt"}, _TENSOR: tensor}).encode()
    header += b" " * (-len(header) % _ALIGNMENT)
    return struct.pack("<Q", len(header)) + header


def _tokenizer_json(words: pa.StringArray, unknown: str | None) -> Iterator[bytes]:
    """Write a tokenizer as the tokenizers library saves it, its vocabulary piece by piece."""
    tokenizer: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"} if _is_lower_case(words) else None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": {}, "unk_token": unknown or _UNKNOWN},
    }
    before, empty, after = json.dumps(tokenizer).partition('"vocab": {')
    yield f"{before}{empty}".encode()
    comma = ""
    for start in range(0, len(words), _WORDS_AT_ONCE):
        some = words.slice(start, _WORDS_AT_ONCE).to_pylist()
        entries = json.dumps(
            dict(zip(some, range(start, start + len(some)), strict=True)), ensure_ascii=False
        )
        yield f"{comma}{entries[1:-1]}".encode()
        comma = ", "
    if unknown is None:
        yield f"{comma}{json.dumps(_UNKNOWN)}: {len(words)}".encode()
    yield after.encode()


def _is_lower_case(words: pa.StringArray) -> bool:
    """Say whether hardly any word has a capital letter."""
    import pyarrow.compute as pc

    with_capitals = pc.sum(pc.not_equal(words, pc.utf8_lower(words))).as_py() or 0
    return bool(with_capitals <= _FEW * len(words))


def _config() -> dict[str, Any]:
    """Describe the model as model2vec does, and say who wrote it."""
    return {
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "normalize": False,
        "max_length": None,
        "embedding_dtype": "float32",
        WRITTEN_BY: __version__,
    }
