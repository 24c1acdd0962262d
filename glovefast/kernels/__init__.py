"""The kernels: arrays in, arrays and a status out.

`parse` holds their source and is imported only where Numba has to compile it; `compile` turns it into machine
code without Numba wherever that was done before.
"""

# Readable bytes that a text needs before and behind it, so that whole blocks can be loaded at its ends.
PADDING = 64

# The places in parse_rows' status: how far it came and what it counted.
NEXT_LINE, NEXT_BYTE, ROWS, WORD_BYTES, BAD_LINES, ODD_NUMBERS = range(6)
STATUS_LENGTH = 6
