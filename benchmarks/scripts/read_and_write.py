"""Read a text and write as many bytes as a store has: ``read_and_write.py TEXT STORE_BYTES OUTPUT``."""

import os
import sys

text, store_bytes, output = sys.argv[1], int(sys.argv[2]), sys.argv[3]
buffer = bytearray(1 << 19)
with open(text, "rb", buffering=0) as source, open(output, "wb", buffering=0) as target:  # noqa: PTH123
    text_bytes = os.fstat(source.fileno()).st_size
    read = written = 0
    while count := source.readinto(buffer):
        read += count
        due = store_bytes * read // text_bytes
        written += target.write(memoryview(buffer)[: due - written])
    if written != store_bytes:
        sys.exit(f"{written} bytes written instead of {store_bytes}")
    os.fsync(target.fileno())
