"""Write one column as an Arrow IPC file, and map it again without trusting the file."""

import mmap
import os
import struct
from pathlib import Path

import pyarrow as pa

from glovefast.store.checksums import as_text, new_checksum

_MAGIC = b"ARROW1"
_FIRST_MESSAGE = 8  # after the magic and its padding
_PIECE_BYTES = 1 << 20
_ALIGNMENT = 8  # of every buffer in an Arrow file; memoryview cannot read numbers that are not aligned

# Positions of fields in Arrow's flatbuffers (format/Message.fbs in https://github.com/apache/arrow).
_MESSAGE_HEADER, _BATCH_COMPRESSION = 2, 3


def write_column(path: Path, name: str, column: pa.Array) -> str:
    """Write one column as an Arrow IPC file.

    Parameters
    ----------
    path : pathlib.Path
        The file to write.
    name : str
        The column's name.
    column : pyarrow.Array
        Its entries, without nulls.

    Returns
    -------
    str
        The file's checksum.
    """
    batch = pa.record_batch([column], schema=pa.schema([pa.field(name, column.type, nullable=False)]))
    with path.open("w+b") as file:
        with pa.ipc.new_file(file, batch.schema) as writer:
            writer.write_batch(batch)
        file.flush()
        os.fsync(file.fileno())
        # Read back in pieces: an index can be larger than everything else that a conversion keeps in memory.
        file.seek(0)
        checksum = new_checksum()
        while piece := file.read(_PIECE_BYTES):
            checksum.update(piece)
    return as_text(checksum)


def map_column(file: int, name: str, of_type: pa.DataType) -> pa.Array:
    """Map the only column of an Arrow IPC file.

    The messages are read in order, not through the footer. That takes one pass over a few hundred bytes and a
    fifth of the time of ``pyarrow.memory_map``, which starts threads.

    Parameters
    ----------
    file : int
        The open file's descriptor; it may be closed afterwards.
    name : str
        The column's name.
    of_type : pyarrow.DataType
        Its type.

    Returns
    -------
    pyarrow.Array
        The entries, without nulls. The sizes of the buffers are checked, and so are the first and the last
        offset; the offsets between them are not.

    Raises
    ------
    ValueError
        If the file is not an Arrow IPC file with this one column, uncompressed, in one record batch.
    OSError
        If the operating system cannot map it.
    """
    mapped = mmap.mmap(file, 0, access=mmap.ACCESS_READ)
    try:
        if mapped[: len(_MAGIC)] != _MAGIC or mapped[-len(_MAGIC) :] != _MAGIC:
            raise ValueError("it does not begin and end like an Arrow file")
        messages = pa.ipc.MessageReader.open_stream(pa.py_buffer(mapped)[_FIRST_MESSAGE:])
        schema = pa.ipc.read_schema(_next_message(messages, "schema"))
        # Checked before the batch is read, so that no reader for another type sees these bytes.
        if schema.names != [name] or schema.types != [of_type]:
            raise ValueError(f"it has columns {schema.names} of types {schema.types}")
        message = _next_message(messages, "record batch")
        if _is_compressed(message.metadata):  # a small file could fill the memory
            raise ValueError("it is compressed")
        batch = pa.ipc.read_record_batch(message, schema)
        batch.validate()
        if next(messages, None) is not None:
            raise ValueError("it has more than one record batch")
    except StopIteration:
        raise ValueError("it has no record batch") from None
    except (pa.ArrowException, OSError, struct.error, IndexError) as error:
        raise ValueError(str(error)) from error
    column = batch.column(0)
    if column.null_count:
        raise ValueError(f"{column.null_count} of its entries are null")
    if any(buffer.address % _ALIGNMENT for buffer in column.buffers() if buffer):
        raise ValueError("its buffers are not aligned")
    return column


def _next_message(messages: pa.ipc.MessageReader, kind: str) -> pa.ipc.Message:
    """Read a message and check its kind, since pyarrow does not check it and crashes."""
    message = messages.read_next_message()
    if message.type != kind:
        raise ValueError(f"it has a {message.type} message where its {kind} should be")
    return message


def _is_compressed(message: pa.Buffer) -> bool:
    """Check whether a record batch is compressed; pyarrow tells only after it has decompressed it."""
    (table,) = struct.unpack_from("<I", message)
    header = table + _field_offset(message, table, _MESSAGE_HEADER)
    header += struct.unpack_from("<I", message, header)[0]
    return _field_offset(message, header, _BATCH_COMPRESSION) != 0


def _field_offset(message: pa.Buffer, table: int, field: int) -> int:
    """Look up a field of a flatbuffer's table in its vtable; 0 if the field is not set."""
    vtable = table - struct.unpack_from("<i", message, table)[0]
    vtable_bytes, place = struct.unpack_from("<H", message, vtable)[0], 4 + 2 * field
    return int(struct.unpack_from("<H", message, vtable + place)[0]) if place < vtable_bytes else 0
