"""The kernel that finds the rows of the words of texts, straight from their bytes."""

import numpy as np

from glovefast.kernels import LOOK_UPS_AT_ONCE
from glovefast.kernels.registry import kernel
from glovefast.kernels.word_lookup import find_hashed
from glovefast.kernels.word_splitting import hash_word, split_text, word_block

_NO_SEED = np.uint64(0)


@kernel(
    *("uint8[]", "int64[]", "int64", "int64[]", "uint8[]", "int64"),
    *("int32[]", "uint64[]", "int32[]", "int32[]", "uint8[]"),
    *("uint8[]", "int64[]", "uint64[]", "int64[]"),
    *("int32[]", "int64[]"),
)
def find_text_rows(
    text,
    text_ends,
    how,
    given_ends,
    separators,
    lower,
    buckets,
    hashes,
    rows,
    word_offsets,
    word_bytes,
    scratch,
    bounds,
    hashes_sought,
    found,
    text_rows,
    row_ends,
):
    """Find the rows of the words of texts.

    Parameters
    ----------
    text, text_ends, how, given_ends, separators, lower
        t texts, as for `glovefast.kernels.word_table.count_words`.
    buckets, hashes, rows, word_offsets, word_bytes
        The index of a store, as for `glovefast.kernels.word_lookup.find_rows`.
    scratch, bounds
        Scratch, as for `glovefast.kernels.word_table.count_words`.
    hashes_sought, found : (LOOK_UPS_AT_ONCE,) uint64 and int64
        Scratch.
    text_rows : (w,) int32, written
        The first row of each word, `MISSING_WORD` for a missing one. w is the number of words at least.
    row_ends : (t,) int64, written
        Where the rows of each text end.

    Returns
    -------
    int64
        The number of words, or `BAD_BUCKET`, `BAD_ROW` or `BAD_WORD` if the index is damaged there.
    """
    listed = 0
    for number in range(len(text_ends)):
        words = split_text(text, text_ends, number, how, given_ends, separators, lower, scratch, bounds)
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
                text_rows[listed] = found[word]
                listed += 1
        row_ends[number] = listed
    return listed
