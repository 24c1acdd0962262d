"""The kernel that finds the words of a store that are spelled most like a given one."""

import numpy as np

from glovefast.kernels import BAD_WORD
from glovefast.kernels.registry import kernel

_ONE, _LOW_BITS = np.uint64(1), np.uint64(63)
_TOP_BITS = 0xC0  # of a byte: 0x80 marks a byte that continues a UTF-8 character
_CONTINUES = 0x80
_MOST_BYTES = 4  # of a character


@kernel(inline=True)
def _bit_of(character):
    """Give each character one of 64 bits."""
    return _ONE << (np.uint64(character) & _LOW_BITS)


@kernel(inline=True)
def _differ_in_more(one, other, most):
    """Say whether two sets of 64 bits differ in more than `most` bits."""
    difference = one ^ other
    for _ in range(most):
        difference &= difference - _ONE
    return difference != np.uint64(0)


@kernel("int64[]", "int64", "int32[]", "uint8[]", "int64[]", "int64[]", "int64[]", "int64[]")
def nearest_spellings(sought, most_edits, word_offsets, word_bytes, characters, table, found, edits):
    """Find the words with the fewest edits to a word: characters inserted, deleted, replaced or swapped.

    Swapped are two neighboring characters, and nothing is edited twice (the distance is the optimal string
    alignment). Among words with equally many edits, the first ones are found.

    Parameters
    ----------
    sought : (m,) int64
        The characters of the word: the bytes of each as one number, the first byte highest.
    most_edits : int
        Words with more edits are not found; at most 32.
    word_offsets : (w + 1,) int32
        Where the word of each row begins in `word_bytes`.
    word_bytes : uint8
        The bytes of the words, one after the other.
    characters : (m + most_edits,) int64
        Scratch.
    table : (3 * (m + 1),) int64
        Scratch.
    found : (k,) int64, written
        The rows of the words found, the fewest edits first.
    edits : (k,) int64, written
        Their edits.

    Returns
    -------
    int64
        How many words are found, or `BAD_WORD` if a word does not lie in its bytes.
    """
    length = len(sought)
    wanted_bits = np.uint64(0)
    for place in range(length):
        wanted_bits |= _bit_of(sought[place])
    count = 0
    bound = most_edits
    for row in range(len(word_offsets) - 1):
        begin, end = np.int64(word_offsets[row]), np.int64(word_offsets[row + 1])
        if begin < 0 or end < begin or end > len(word_bytes):
            return BAD_WORD
        if end - begin < length - bound or end - begin > _MOST_BYTES * (length + bound):
            continue
        size = 0
        character = np.int64(0)
        bits = np.uint64(0)
        for place in range(begin, end):
            byte = np.int64(word_bytes[place])
            if byte & _TOP_BITS != _CONTINUES or place == begin:
                if size == length + bound:
                    size += 1
                    break
                size += 1
                character = byte
            else:
                character = character << 8 | byte
            characters[size - 1] = character
            if place + 1 == end or np.int64(word_bytes[place + 1]) & _TOP_BITS != _CONTINUES:
                bits |= _bit_of(character)
        # An edit changes two bits at most.
        if size < length - bound or size > length + bound or _differ_in_more(bits, wanted_bits, 2 * bound):
            continue
        distance = _edits(sought, characters, size, bound, table)
        if distance > bound:
            continue
        place = min(count, len(found) - 1)
        while place > 0 and edits[place - 1] > distance:
            found[place], edits[place] = found[place - 1], edits[place - 1]
            place -= 1
        found[place], edits[place] = row, distance
        count = min(count + 1, len(found))
        if count == len(found):
            bound = min(bound, edits[count - 1] - 1)
            if bound < 0:
                break
    return count


@kernel(inline=True)
def _edits(sought, characters, size, bound, table):
    """Count the edits between two words; a number above `bound` if there are more than that."""
    length = len(sought)
    width = length + 1
    for place in range(min(length, bound) + 1):
        table[place] = place
    if bound < length:
        table[bound + 1] = bound + 1
    for line in range(1, size + 1):
        before, now = (line - 1) % 3 * width, line % 3 * width
        # Only near the diagonal can a number be within the bound; beside that, one above it stands.
        first, last = max(1, line - bound), min(length, line + bound)
        table[now + first - 1] = line if first == 1 else bound + 1
        fewest = table[now + first - 1]
        for place in range(first, last + 1):
            same = characters[line - 1] == sought[place - 1]
            best = table[before + place - 1] + int(not same)
            best = min(best, table[before + place] + 1, table[now + place - 1] + 1)
            if (
                line > 1
                and place > 1
                and characters[line - 1] == sought[place - 2]
                and characters[line - 2] == sought[place - 1]
            ):
                best = min(best, table[(line - 2) % 3 * width + place - 2] + 1)
            table[now + place] = best
            fewest = min(fewest, best)
        if last < length:
            table[now + last + 1] = bound + 1
        if fewest > bound:
            return bound + 1
    return table[size % 3 * width + length]
