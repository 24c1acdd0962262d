"""The files of a store.

A store is a directory in open formats::

    vectors.npy        float32, float16 or int8, C order, little-endian, (rows, dim)
    scales.npy         float32, (rows,): what a step of one stands for in each row; only for int8
    vocabulary.arrow   one column `word` (utf8): row i names vectors[i]
    index.arrow        one column `bucket`: the hash index, word -> row (see glovefast.vocabulary.word_index)
    metadata.json      format version, shape, source, report and checksums (see glovefast.store.metadata)
    bad_rows.jsonl     the rows that were skipped and the words that were changed, if there are any
"""

import struct

from glovefast.store.metadata import FLOAT16, FLOAT32, INT8
from glovefast.store.metadata_file import METADATA

SUFFIX = ".glovefast"
VECTORS = "vectors.npy"
SCALES = "scales.npy"  # only for int8
VOCABULARY = "vocabulary.arrow"
INDEX = "index.arrow"
NPY_HEADER_BYTES = 128
NPY_PREAMBLE_BYTES = 10  # the magic, the version, and the length of what follows
BAD_ROWS = "bad_rows.jsonl"  # only where a row was skipped or a word changed
FILES = (VECTORS, VOCABULARY, INDEX, METADATA)  # of every store
MORE_FILES = (SCALES, BAD_ROWS)  # of some

_NPY_TYPES = {FLOAT32: "<f4", FLOAT16: "<f2", INT8: "|i1"}

# A static embedding model that was exported, and the key in its configuration that says who wrote it.
MODEL_VECTORS, MODEL_TOKENIZER = "model.safetensors", "tokenizer.json"
MODEL_CONFIG, MODEL_MODULES = "config.json", "modules.json"
MODEL_FILES = (MODEL_VECTORS, MODEL_TOKENIZER, MODEL_CONFIG, MODEL_MODULES)
WRITTEN_BY = "glovefast_version"


def npy_header(*shape: int, dtype: str = FLOAT32) -> bytes:
    """Make the header of an array's file: 128 bytes for every shape.

    NumPy writes the same (the format's version 1.0, https://numpy.org/neps/nep-0001-npy-format.html); made
    here, a store keeps its bytes whatever room another NumPy leaves in a header.
    """
    length = NPY_HEADER_BYTES - NPY_PREAMBLE_BYTES
    description = f"{{'descr': {_NPY_TYPES[dtype]!r}, 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", length) + description.ljust(length - 1).encode() + b"\n"
