"""The compiled kernels: arrays in, arrays and a status out. Importing a kernel's module imports Numba."""

# Readable bytes that a text needs before and behind it, so that whole blocks can be loaded at its ends.
PADDING = 64
