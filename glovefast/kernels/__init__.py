"""The kernels: they take arrays, fill arrays and return a status.

The modules with kernels are imported only when Numba must compile them; `load` turns kept LLVM IR into
machine code without Numba. This module holds the constants that kernels and Python share. May import
`errors` and `regular_files`.
"""

TAB, NEWLINE, RETURN, SPACE = 0x09, 0x0A, 0x0D, 0x20

# A separator is a byte, or this: runs of spaces and tabs, of which those around a row do not count.
WHITESPACE = 0x100

# The readable bytes that must surround a text, so that whole blocks can be loaded at its ends.
PADDING = 64

# How much the kernels write at once, and so the room that their lists need at the end.
SEPARATORS_AT_ONCE = 12
LANES = 8  # numbers parsed at once: the float64 values in the longest vector registers
WORD_BLOCK_BYTES = 32
SCALED_AT_ONCE = 16
WORD_BOUNDS_AT_ONCE = 24
POOLED_AT_ONCE = 16

# If the dimension is certain, this many numbers in a word mean that two rows share a line.
NUMBERS_IN_DAMAGE = 5

# The places in the status of parse_rows: where to go on, and its counters.
NEXT_LINE, NEXT_BYTE, ROWS, WORD_BYTES, BAD_LINES, ODD_NUMBERS, INFINITIES = range(7)
STATUS_LENGTH = 7

# The places in the status of keep_wanted_lines: the number of lines, where the kept ones end, and how many
# of those may have an unwanted word.
LINES, KEPT_END, UNDECIDED = range(3)
WANTED_STATUS_LENGTH = 3

# What explain_lines says about a bad line, and how many numbers it takes for that.
UNEXPLAINED, IS_EMPTY, IS_NO_NUMBER, NUMBERS_IN_WORD, WRONG_COUNT = range(5)
EXPLANATION_LENGTH = 5

# How a text becomes words: what lies between separators, each character, or as its words are given.
WORDS_ARE_SEPARATED, WORDS_ARE_CHARACTERS, WORDS_ARE_GIVEN = range(3)

# The places in the record of a word: where its bytes are, the first eight of them, its hash, how often it
# occurs, in how many texts, in which last, and where first (the text's number above 32 bits of the word's).
WORD_BEGIN, WORD_LENGTH, WORD_BLOCK, WORD_HASH, WORD_COUNT, WORD_TEXTS, WORD_LAST_TEXT, WORD_FIRST = range(8)
WORD_RECORD = 8

# The places in the status of count_words: what the table holds, the first text's number, and where to go on.
TABLE_WORDS, TABLE_BYTES, FIRST_TEXT, NEXT_TEXT, NEXT_WORD = range(5)
TEXT_STATUS_LENGTH = 5

# The hash of a word (see `glovefast.vocabulary.hashing`). The factors are odd, with well-spread bits: the
# golden ratio's, and the two of MurmurHash3's finalizer (https://github.com/aappleby/smhasher/wiki/MurmurHash3).
HASH_BITS = 64
HASH_BLOCK_BYTES = 8
HASH_SEED = 0x9E3779B97F4A7C15
HASH_MULTIPLIER = 0xFF51AFD7ED558CCD
HASH_FINAL_MULTIPLIER = 0xC4CEB9FE1A85EC53
HASH_SHIFT, HASH_FINAL_SHIFT = 32, 29

# Longer buckets of the index are halved before their entries are compared one by one. The longest bucket of
# ordinary words seldom has more.
INDEX_FEW_ENTRIES = 8

# What a look-up returns for a word that is not in the index, and what for an index that points outside of
# its arrays.
MISSING_WORD, BAD_BUCKET, BAD_ROW, BAD_WORD, BAD_TEXT = -1, -2, -3, -4, -5
LOOK_UPS_AT_ONCE = 256

# What the kernels that gather rows return if a place is not in its array.
BAD_PLACE = -1

# How many of the best rows the kernels for analogies keep for each question.
ANALOGY_CANDIDATES = 4
# Rows that do not stand for a word of a question, and those that are never the answer.
NO_WORD, NEVER_FOUND = -1, -2
