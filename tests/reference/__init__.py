"""The oracles: slow, obvious ways to do what glovefast does. Results are compared with theirs bit for bit."""

import itertools
import math
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glovefast.vocabulary.hashing import hash_word


def tutorial_dictionary(path: Path) -> dict[str, NDArray[np.float32]]:
    """The tutorial's loop: each line split, the first field the word, the others the vector."""
    embeddings_index = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            values = line.split()
            word = values[0]
            coefs = np.asarray(values[1:], dtype="float32")
            embeddings_index[word] = coefs
    return embeddings_index


def read_rows(text: bytes, dim: int) -> tuple[list[str], NDArray[np.float32]]:
    """Read embedding text as real files are: only spaces separate, the last `dim` fields are numbers."""
    words = []
    vectors = []
    for line in text.split(b"\n"):
        row = line.rstrip(b" \r")
        if not row:
            continue
        fields = row.decode("utf-8").split(" ")
        words.append(" ".join(fields[:-dim]))
        vectors.append(np.asarray(fields[-dim:], dtype="float32"))
    return words, np.array(vectors, dtype="float32").reshape(-1, dim)


def read_word2vec_binary(data: bytes) -> tuple[list[bytes], NDArray[np.float32]]:
    """Read word2vec's binary format byte by byte."""
    header, _, rest = data.partition(b"\n")
    rows, dim = map(int, header.split())
    words, vectors = [], []
    for _ in range(rows):
        word, _, rest = rest.partition(b" ")
        words.append(word.lstrip(b"\n"))
        vectors.append(rest[: 4 * dim])
        rest = rest[4 * dim :]
    return words, np.frombuffer(b"".join(vectors), dtype="<f4").reshape(rows, dim)


def word_of(own: bytes, errors: str) -> str | None:
    """Decode a word as a rule says; None where the rule makes a bad row of it."""
    try:
        return own.decode("utf-8")
    except UnicodeDecodeError:
        if errors == "strict":
            return None
    if errors != "cp1252":
        return own.decode("utf-8", errors)
    undefined = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
    return None if undefined & set(own) else own.decode("cp1252")


def merged_rows(owns: list[bytes], words: list[str]) -> list[int]:
    """Find the rows that a look-up misses because other bytes before theirs became the same word."""
    return [row for row, word in enumerate(words) if owns[words.index(word)] != owns[row]]


def fields_of(line: bytes, separator: str = " ") -> list[bytes]:
    """Split a line as the option `separator` says; nothing is left of a blank one."""
    if separator == "whitespace":
        return re.split(rb"[ \t]+", row) if (row := line.rstrip(b" \t\r").lstrip(b" \t")) else []
    row = line.rstrip(b" \r" if separator == " " else b" \t\r" + separator.encode())
    return row.split(separator.encode()) if row else []


def judge_lines(
    text: bytes, dim: int, errors: str = "strict", separator: str = " ", *, certain: bool = False
) -> list:
    """Read every line of any text: its word and its vector, None for a blank line, "bad" for a bad one.

    `certain` says whether the dimension is stated, so that words may end in numbers.
    """
    lines = text.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return [judge_fields(fields_of(line, separator), dim, errors, separator, certain) for line in lines]


def judge_fields(
    fields: list[bytes], dim: int, errors: str, separator: str, certain: bool
) -> tuple[str, NDArray[np.float32]] | str | None:
    if not fields:
        return None
    if len(fields) <= dim or has_too_many_numbers(fields[1:-dim], dim, certain):
        return "bad"
    if ends_a_row(fields[1:-dim]) or is_quoted(fields[:-dim], separator):
        return "bad"
    between = b" " if separator == "whitespace" else separator.encode()
    own = between.join(fields[:-dim])
    word = word_of(own if separator == " " else own.strip(b" \t"), errors)
    if word is None:
        return "bad"
    try:
        numbers = np.array([float(field.decode()) for field in fields[-dim:]])
        with np.errstate(over="ignore"):
            return word, numbers.astype("float32")
    except ValueError:
        return "bad"


def is_number(field: bytes) -> bool:
    try:
        float(field.decode())
    except ValueError:
        return False
    return True


def ends_a_row(fields: list[bytes]) -> bool:
    """Tell a carriage return that follows a number, which ends a row in old files."""
    fronts = [field.split(b"\r")[0] for field in fields]
    for place, field in enumerate(fields):
        if b"\r" in field and is_number(fronts[place]):
            return True
        if field.startswith(b"\r") and place and is_number(fields[place - 1]):
            return True
    return False


def is_quoted(fields: list[bytes], separator: str) -> bool:
    """Tell a word in quotes that contains a separator other than blanks, as tables have it."""
    if separator in (" ", "\t", "whitespace") or len(fields) < 2:
        return False
    return fields[0].strip(b" \t")[:1] == fields[-1].strip(b" \t")[-1:] == b'"'


def has_too_many_numbers(fields: list[bytes], dim: int, certain: bool) -> bool:
    """Tell two rows in one line, or a row of another dimension, from a word with spaces."""
    numbers = [is_number(field) for field in fields]
    if not certain:  # a number just before the vector, or two of them, are not part of a word
        return sum(numbers) > 1 or numbers[-1:] == [True]
    return sum(numbers) >= max(3 if numbers[-1:] == [True] else 2, min(dim, 5))


def float16_bits(number: np.float32) -> int:
    """Round a finite float32 to the nearest float16, a tie to the even one; give its bits.

    The bits of float16 numbers that are not negative have the same order as the numbers.
    """
    exact, sign = abs(Fraction(float(number))), int(np.signbit(number)) << 15
    low, high = 0, 0x7C00  # the result is one of them in the end; infinity stands for 2**16
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if float16_value(middle) <= exact else (low, middle)
    below, above = exact - float16_value(low), float16_value(high) - exact
    takes_low = below < above or (below == above and low % 2 == 0)
    return sign | (low if takes_low else high)


def float16_value(bits: int) -> Fraction:
    """Give the value of the bits of a float16 that is not negative, and 2**16 for infinity's."""
    exponent, fraction = divmod(bits, 1 << 10)
    if exponent == 0:
        return Fraction(fraction, 1 << 24)
    return Fraction((1 << 10) + fraction, 1 << 10) * Fraction(2) ** (exponent - 15)


def int8_row(row: NDArray[np.float32]) -> tuple[list[int], np.float32]:
    """Round a finite row to int8: exact quotients of its numbers and its scale, rounded as Python does."""
    largest = np.float32(max((abs(float(number)) for number in row), default=0))
    scale = largest / np.float32(127)
    while Fraction(float(scale)) * 127 > Fraction(float(np.finfo(np.float32).max)):
        scale = np.nextafter(scale, np.float32(0))
    if scale == 0:
        return [0] * len(row), scale
    quotients = [round(Fraction(float(number)) / Fraction(float(scale))) for number in row]
    return [max(-127, min(127, quotient)) for quotient in quotients], scale


def same_bits(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Equal in every bit: the sign of zero and the payload of nan count."""
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()


def embedding_matrix(vectors, word_index, input_dim, dim, forms=(), missing=None):
    """Fill an embedding matrix word by word from a dictionary of vectors, as the tutorials do.

    `forms` are functions word -> word, tried in order; `missing` gives the vector of a word found in no form.
    """
    matrix = np.zeros((input_dim, dim), dtype=np.float32)
    for word, index in word_index.items():
        vector = look_up(vectors, word, forms)[0]
        if vector is None and missing is not None:
            vector = missing(word)
        if vector is not None:
            matrix[index] = vector
    return matrix


def look_up(vectors, word, forms):
    """Give the vector of a word and its way: "exact", the number of a form, or (None, "missing")."""
    if word in vectors:
        return vectors[word], "exact"
    for number, form in enumerate(forms):
        other = form(word)
        if other is not None and other in vectors:
            return vectors[other], number
    return None, "missing"


def text_vector(vectors, words, dim, *, weights=None, component=None, normalize=False):
    """Give the vector of one text and the number of its known words: one word and one number at a time."""
    known = [word for word in words if word in vectors]
    if not known:
        return np.zeros(dim, dtype=np.float32), 0
    numbers = []
    for column in range(dim):
        total = -0.0
        for word in known:
            weight = 1.0 if weights is None else float(weights[word])
            total += weight * float(vectors[word][column])
        numbers.append(total / len(known))
    along = 0.0
    if component is not None:
        for number, direction in zip(numbers, component.tolist(), strict=True):
            along += number * direction
        numbers = [
            number - along * direction for number, direction in zip(numbers, component.tolist(), strict=True)
        ]
    if normalize:
        squares = 0.0
        for number in numbers:
            squares += number * number
        length = math.sqrt(squares)
        if squares > 2.0**-46 * along * along:
            numbers = [number / length for number in numbers]
        elif squares > 0:
            numbers = [0.0] * dim
    with np.errstate(over="ignore"):
        return np.array(numbers, dtype=np.float64).astype(np.float32), len(known)


def coverage(vectors, words, counts, forms):
    """Count words and tokens by the way they were found, and list the words missing, most frequent first."""
    ways = dict.fromkeys(["exact", *range(len(forms)), "missing"], 0)
    tokens = dict.fromkeys(ways, 0)
    missing = []
    for word in words:
        way = look_up(vectors, word, forms)[1]
        ways[way] += 1
        tokens[way] += counts.get(word, 0)
        if way == "missing":
            missing.append(word)
    return ways, tokens, sorted(missing, key=lambda word: -counts.get(word, 0))


def fallback_chain(stored, words, counts, forms, losses, min_share):
    """Choose fallbacks for missing words by trying everything: the least lossy first, then what wins most.

    `forms` are the named functions in the order in which they are joined, `losses` what each loses.
    """

    def steps(word, names):
        for name in names:
            word = forms[name](word)
            yield word

    def finds(word, names):
        *_, form = steps(word, names)
        return form != "" and form in stored

    def finds_by_every_part(word, names):
        return finds(word, names) and all(
            one != other for one, other in zip([word, *steps(word, names)], steps(word, names), strict=False)
        )

    left = [word for word in words if word not in stored]
    weight = counts if sum(counts.get(word, 0) for word in left) else dict.fromkeys(left, 1)
    joined = [
        names
        for many in (1, 2, 3)
        for names in itertools.combinations(forms, many)
        if len({"lower", "title", "upper"}.intersection(names)) <= 1
    ]
    useful = [names for names in joined if any(finds_by_every_part(word, names) for word in left)]
    chain = []
    for loss in sorted({sum(losses[name] for name in names) for names in useful}):
        candidates = [names for names in useful if sum(losses[name] for name in names) == loss]
        while candidates:
            won = [sum(weight.get(word, 0) for word in left if finds(word, names)) for names in candidates]
            best = won.index(max(won))
            if won[best] < max(1, min_share * sum(weight.get(word, 0) for word in left)):
                break
            chain.append("+".join(candidates[best]))
            names = candidates.pop(best)
            left = [word for word in left if not finds(word, names)]
    return chain


class NumpyIndex:
    """Look words up in an index with NumPy, all at once and step by step; IndexError if it is damaged."""

    def __init__(self, buckets, hashes, rows, word_offsets, word_bytes):
        self.buckets, self.hashes, self.rows_of_slots = buckets, hashes, rows
        self.word_offsets, self.bytes = word_offsets, word_bytes.tobytes()
        self.shift = np.uint64(64 - (len(buckets) - 1).bit_length() + 1)

    def rows(self, wanted: list[bytes]) -> list[int]:
        """Find the row of each word, -1 for a missing one."""
        hashes = np.array([hash_word(word) for word in wanted], dtype=np.uint64)
        bucket = (hashes >> np.uint64(1) >> (self.shift - np.uint64(1))).astype(np.int64)
        begin, last = (self.buckets[place].astype(np.int64) for place in (bucket, bucket + 1))
        if np.any((begin < 0) | (last < begin) | (last > len(self.hashes))):
            raise IndexError("a bucket")
        slot, end = self.narrow(begin, last, hashes, wanted)
        found = np.full(len(wanted), -1, dtype=np.int64)
        pending = np.flatnonzero(slot < end)
        while pending.size:
            same = self.hashes[slot[pending]] == hashes[pending]
            for place in pending[same].tolist():
                row = self.checked_row(slot[place])
                if self.word(row) == wanted[place]:
                    found[place] = row
            slot[pending] += 1
            pending = pending[(found[pending] < 0) & (slot[pending] < end[pending])]
        return found.tolist()

    def narrow(self, begin, last, hashes, wanted):
        """Halve the long buckets; give where the few entries left begin and end."""
        begin, end = begin.copy(), last.copy()
        while (wide := np.flatnonzero(end - begin > 8)).size:
            middle = (begin[wide] + end[wide]) // 2
            known, sought = self.hashes[middle], hashes[wide]
            before = known < sought
            for place in np.flatnonzero(known == sought).tolist():
                word = self.word(self.checked_row(middle[place]))
                if word is None:
                    raise IndexError("a word")
                before[place] = word < wanted[wide[place]]
            begin[wide[before]], end[wide[~before]] = middle[before] + 1, middle[~before]
        return begin, np.minimum(end + 1, last)

    def checked_row(self, slot: int) -> int:
        row = int(self.rows_of_slots[slot])
        if not 0 <= row < len(self.word_offsets) - 1:
            raise IndexError("a row")
        return row

    def word(self, row: int) -> bytes | None:
        """Give the word of a row; None if it does not lie in the bytes."""
        begin, end = self.word_offsets[row : row + 2].tolist()
        return self.bytes[begin:end] if 0 <= begin <= end <= len(self.bytes) else None


def edits_between(one: str, other: str) -> int:
    """Count the edits that make one word the other: the optimal string alignment, in a full table."""
    table = np.add.outer(np.arange(len(one) + 1), np.arange(len(other) + 1))
    for i, j in itertools.product(range(1, len(one) + 1), range(1, len(other) + 1)):
        choices = [
            table[i - 1, j] + 1,
            table[i, j - 1] + 1,
            table[i - 1, j - 1] + (one[i - 1] != other[j - 1]),
        ]
        if i > 1 and j > 1 and one[i - 2 : i] == other[j - 2 : j][::-1]:
            choices.append(table[i - 2, j - 2] + 1)
        table[i, j] = min(choices)
    return int(table[-1, -1])


def cosine(one, other) -> np.float32:
    """Compute a cosine number by number: 0 for zeros, nan for what is not finite."""
    product = one_square = other_square = 0.0
    for left, right in zip(map(float, one), map(float, other), strict=True):
        product += left * right
        one_square += left * left
        other_square += right * right
    if not math.isfinite(one_square * other_square):
        return np.float32(np.nan)
    squares = one_square * other_square
    return np.float32(product / math.sqrt(squares) if squares else 0)


def nearest(rows, queries, k, searched=None, excluded=None, passed_over=()):
    """Sort all rows by cosine for each query: the k best, equal ones by row; -1 and nan fill up."""
    if searched is None:
        searched = range(len(rows))
    elif isinstance(searched, int):
        searched = range(min(searched, len(rows)))
    found_rows = np.full((len(queries), k), -1, np.int64)
    found = np.full((len(queries), k), np.nan, np.float32)
    for number, query in enumerate(queries):
        left_out = {*passed_over, *([] if excluded is None else excluded[number])}
        pairs = [(cosine(query, rows[row]), row) for row in searched if row not in left_out]
        best = sorted((pair for pair in pairs if not np.isnan(pair[0])), key=lambda pair: (-pair[0], pair[1]))
        for place, (similarity, row) in enumerate(best[:k]):
            found_rows[number, place], found[number, place] = row, similarity
    return found_rows, found
