"""The kernels that turn texts into vectors: the mean of the vectors of their words, straight from the bytes.

Every number is read as float32 (see `glovefast.kernels.number_types`). Sums are float64, in the order of the
words, and each number of the result is rounded once.
"""

import numpy as np

from glovefast.kernels import BAD_ROW, LOOK_UPS_AT_ONCE, POOLED_AT_ONCE
from glovefast.kernels.intrinsics import prefetch, square_root
from glovefast.kernels.number_types import read_float16, read_float32, read_int8
from glovefast.kernels.registry import kernel
from glovefast.kernels.word_lookup import find_hashed
from glovefast.kernels.word_splitting import hash_word, split_text, word_block

_ROWS_AHEAD = 8
_LINE_BYTES = 64  # of the processor's caches
_LANES = np.uint64(POOLED_AT_ONCE)
_NO_SEED = np.uint64(0)
_ONE = np.float32(1)
# What rounding to float32 can leave of a square, by which the component that is removed may be off.
_ROUNDING_SQUARED = 2.0**-46

# The types of the arguments, in groups: before and behind the vectors.
_BEFORE = (
    *("uint8[]", "int64[]", "int64", "int64[]", "uint8[]", "int64"),
    *("int32[]", "uint64[]", "int32[]", "int32[]", "uint8[]"),
)
_BEHIND = (
    *("float32[]", "float32[]", "float64[]", "int64", "int64"),
    *("uint8[]", "int64[]", "uint64[]", "int64[]", "float64[]"),
    *("float32[]", "int64[]"),
)


@kernel(inline=True)
def _add_row(read, vectors, scale, begin, dim, weight, sums):
    """Add a row to the sums, many numbers at a time; `sums` has room for some of the next row."""
    # A number of steps that is known here becomes vector instructions.
    whole = dim if begin + dim + POOLED_AT_ONCE <= len(vectors) else dim - dim % POOLED_AT_ONCE
    for step in range(0, whole, POOLED_AT_ONCE):
        # Unsigned, because places below 0 would be counted from the end, which keeps vectors from being used.
        source, target = np.uint64(begin + step), np.uint64(step)
        for lane in range(_LANES):
            sums[target + lane] += weight * np.float64(read(vectors, scale, source + lane))
    for column in range(whole, dim):
        sums[column] += weight * np.float64(read(vectors, scale, begin + column))


@kernel(inline=True)
def _write_vector(sums, words, component, dim, normalize, matrix, to):
    """Make the vector of a text of its sums."""
    for column in range(dim):
        sums[column] /= np.float64(words)
    least = 0.0
    if len(component) == dim:
        along = 0.0
        for column in range(dim):
            along += sums[column] * component[column]
        for column in range(dim):
            sums[column] -= along * component[column]
        least = _ROUNDING_SQUARED * along * along
    if normalize != 0:
        squares = 0.0
        for column in range(dim):
            squares += sums[column] * sums[column]
        length = square_root(squares)
        if squares > least:
            for column in range(dim):
                sums[column] /= length
        elif squares > 0.0:  # nothing but rounding is left, which has no direction
            for column in range(dim):
                sums[column] = 0.0
    for column in range(dim):
        matrix[to + column] = np.float32(sums[column])


@kernel(inline=True)
def _pool(read, texts, index, pooling, working, output):
    text, text_ends, how, given_ends, separators, lower = texts
    buckets, hashes, rows, word_offsets, word_bytes = index
    vectors, scales, weights, component, dim, normalize = pooling
    scratch, bounds, hashes_sought, found, sums = working
    matrix, known = output
    stored = len(vectors) // dim if dim > 0 else 0
    line = _LINE_BYTES // vectors.itemsize
    if 0 < len(scales) < stored or 0 < len(weights) < stored or stored + 1 < len(word_offsets):
        return BAD_ROW
    for number in range(len(text_ends)):
        words = split_text(text, text_ends, number, how, given_ends, separators, lower, scratch, bounds)
        for column in range(len(sums)):
            sums[column] = -0.0  # added to any number, 0.0 and -0.0 too, it changes nothing
        found_words = 0
        for batch in range(0, words, LOOK_UPS_AT_ONCE):
            in_batch = min(LOOK_UPS_AT_ONCE, words - batch)
            for word in range(in_batch):
                begin, end = bounds[2 * (batch + word)], bounds[2 * (batch + word) + 1]
                block = word_block(scratch, begin, end)
                hashes_sought[word] = hash_word(scratch, begin, end, block, _NO_SEED)
            status = find_hashed(
                scratch,
                bounds,
                2 * batch,
                2,
                in_batch,
                hashes_sought,
                buckets,
                hashes,
                rows,
                word_offsets,
                word_bytes,
                found,
                0,
            )
            if status < 0:
                return status
            for word in range(in_batch):
                if word + _ROWS_AHEAD < in_batch and found[word + _ROWS_AHEAD] >= 0:
                    place = found[word + _ROWS_AHEAD] * dim
                    behind = place + dim
                    while place < behind:  # `range` would divide by the step
                        prefetch(vectors, place)
                        place += line
                row = found[word]
                if row >= 0:
                    scale = scales[row] if len(scales) > 0 else _ONE
                    weight = np.float64(weights[row] if len(weights) > 0 else _ONE)
                    _add_row(read, vectors, scale, row * dim, dim, weight, sums)
                    found_words += 1
        known[number] = found_words
        if found_words > 0:
            _write_vector(sums, found_words, component, dim, normalize, matrix, number * dim)
        else:
            for column in range(dim):
                matrix[number * dim + column] = 0
    return 0


@kernel(*_BEFORE, "float32[]", *_BEHIND)
def pool_float32(*arguments):
    """Pool the vectors of the words of texts.

    The other kernels of this module differ in the type of the vectors only, after which they are named;
    float16 is passed as uint16.

    Parameters
    ----------
    text, text_ends, how, given_ends, separators, lower
        t texts, as for `glovefast.kernels.word_table.count_words`.
    buckets, hashes, rows, word_offsets, word_bytes
        The index of a store, as for `glovefast.kernels.word_lookup.find_rows`.
    vectors : (r * dim,) float32, uint16 or int8
        A row for each word of the index.
    scales : (r,) float32
        What the numbers of each row are multiplied by; of int8 vectors only, otherwise empty.
    weights : (r,) float32
        What each row is multiplied by when it is added; empty for 1.
    component : (dim,) float64
        A direction, of length 1, that is removed from the mean; empty for none.
    dim : int64
        The numbers in a row, at least 1.
    normalize : int64
        Not 0 to divide each vector by its length; zeros if only rounding is left of it.
    scratch : (m,) uint8, written
        m is the length of the longest text, in bytes or in words, plus `PADDING`.
    bounds : (2 * m,) int64, written
        Scratch: where each word of a text begins and ends.
    hashes_sought, found : (LOOK_UPS_AT_ONCE,) uint64 and int64, written
        Scratch.
    sums : float64, written
        Scratch: dim, rounded up to a multiple of `POOLED_AT_ONCE`.
    matrix : (t * dim,) float32, written
        The vector of each text: the weighted sum of the vectors of its words that have a row, divided by
        their number. Zeros if there is none.
    known : (t,) int64, written
        How many words of each text have a row.

    Returns
    -------
    int64
        0, or `BAD_BUCKET`, `BAD_ROW` or `BAD_WORD` if the index is damaged there.
    """
    return _pool(
        read_float32, arguments[:6], arguments[6:11], arguments[11:17], arguments[17:22], arguments[22:]
    )


@kernel(*_BEFORE, "uint16[]", *_BEHIND)
def pool_float16(*arguments):
    """Pool vectors; see `pool_float32`."""
    return _pool(
        read_float16, arguments[:6], arguments[6:11], arguments[11:17], arguments[17:22], arguments[22:]
    )


@kernel(*_BEFORE, "int8[]", *_BEHIND)
def pool_int8(*arguments):
    """Pool vectors; see `pool_float32`."""
    return _pool(
        read_int8, arguments[:6], arguments[6:11], arguments[11:17], arguments[17:22], arguments[22:]
    )
