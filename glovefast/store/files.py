"""The files of a store.

A store is a directory in open formats::

    vectors.npy        float32, C order, little-endian, (rows, dim)
    vocabulary.arrow   one column `word` (utf8): row i names vectors[i]
    index.arrow        one column `bucket`: the hash index, word -> row (see glovefast.vocabulary.word_index)
    metadata.json      format version, shape, source, report and checksums (see glovefast.store.metadata)
    bad_rows.jsonl     the rows that were skipped and the words that were changed, if there are any
"""

import struct

from glovefast.store.metadata_file import METADATA

SUFFIX = ".glovefast"
VECTORS = "vectors.npy"
VOCABULARY = "vocabulary.arrow"
INDEX = "index.arrow"
NPY_HEADER_BYTES = 128
NPY_PREAMBLE_BYTES = 10  # the magic, the version, and the length of what follows
FILES = (VECTORS, VOCABULARY, INDEX, METADATA)
BAD_ROWS = "bad_rows.jsonl"  # only where a row was skipped or a word changed


def npy_header(rows: int, dim: int) -> bytes:
    """Make the header of vectors.npy: 128 bytes for every shape.

    NumPy writes the same (the format's version 1.0, https://numpy.org/neps/nep-0001-npy-format.html); made
    here, a store keeps its bytes whatever room another NumPy leaves in a header.
    """
    length = NPY_HEADER_BYTES - NPY_PREAMBLE_BYTES
    description = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dim}), }}".ljust(length - 1)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", length) + description.encode() + b"\n"
