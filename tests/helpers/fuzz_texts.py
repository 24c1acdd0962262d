"""Made-up embedding text of every kind that circulates, and of some that does not yet."""

import random
from decimal import Decimal

import numpy as np

POOL = 3000  # numbers made for a batch, from which its files draw

WORDS = [
    *("the", "", " ", "  ", ". . .", "at name@domain.com", " lead", "two  spaces", "w" * 70, "x" * 300),
    *(".\N{NO-BREAK SPACE}.", "\x85", "\u2028", "\u3000", "\x0b", "\x1c", "\ttab", "cr\rcr", "a\x00", "\x00"),
    *(
        "nan",
        "infinity",
        "inf",
        "7e7",
        "59e59",
        "0_2",
        "1.5",
        "-0",
        "400000",
        "5 and more",
        "1e400",
        "-",
        ".",
    ),
    *(
        "none",
        "null",
        '"',
        "#",
        ",",
        "a,b",
        "\\n",
        "<unk>",
        "é",
        "e\u0301",
        "日本",
        "\ufffd" * 9,
        "𝄞",
        "+",
        "e5",
    ),
]
BAD_WORDS = [
    b"caf\xe9",
    b"\xc3",
    b"\xa9",
    b"\x92s",
    b"\x81",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"a \xe9 b",
    b"\xf0\x9f",
]
LINE_ENDS = ["", "", "", "", " ", "\r", " \r", "\r ", "   ", "\r\r"]
NO_NUMBERS = [
    "x",
    "",
    "-",
    "1e",
    "1..2",
    "--1",
    "0x1",
    "1,5",
    "1.2345678x",
    "½",
    ".",
    "1-",
    "+-1",
    "12345:789",
    "a.5",
]
ODD_NUMBERS = [
    "nan",
    "NaN",
    "-nan",
    "inf",
    "-inf",
    "Infinity",
    "1_0",
    "\u0663.\u0665",
    "1\t",
    "\xa01.5",
    "1e400",
    "-1e-400",
]
DIMENSIONS = [1, 1, 2, 2, 3, 3, 4, 5, 7, 8, 9, 16, 25, 33, 50]
SOUP = [" ", " ", "\n", "\n", "\r", "0", "1", "9", "5", ".", "e", "E", "+", "-", "x", "\t", "é", "\0", "_"]
MUTATIONS = 4


class TextMaker:
    """Make texts from one generator of random numbers; the numbers in them come from a pool."""

    def __init__(self, generator: random.Random) -> None:
        self._generator = generator
        self._numbers = made_numbers(generator, POOL)

    def make(self) -> tuple[bytes, int]:
        """Make a text; give it with its dimension."""
        generator = self._generator
        dim = generator.choice(DIMENSIONS)
        kind = generator.random()
        if kind < 0.1:
            length = generator.randint(1, 150)
            return "".join(generator.choices(SOUP, k=length)).encode(), min(dim, 3)
        text = self._rows(dim, generator.choice([0, 0, 0, 0.05, 0.5]))
        if kind < 0.25:
            text = self._mutated(text)
        return text or b"\n", dim

    def _rows(self, dim: int, bad_share: float) -> bytes:
        generator = self._generator
        lines = []
        for _ in range(generator.randint(1, 12)):
            numbers = generator.choices(self._numbers, k=dim)
            word: bytes | str = generator.choice(WORDS)
            if generator.random() < 0.3:
                word = "".join(map(chr, generator.choices(range(0x21, 0x250), k=generator.randint(1, 20))))
            if generator.random() < 0.1:
                numbers[generator.randrange(dim)] = generator.choice(ODD_NUMBERS)
            if generator.random() < bad_share:
                word, numbers = self._spoiled(word, numbers)
            encoded = word if isinstance(word, bytes) else word.encode()
            end = generator.choice(LINE_ENDS)
            lines.append(encoded + "".join(f" {number}" for number in numbers).encode() + end.encode())
            while generator.random() < 0.1:
                lines.append(generator.choice([b"", b" ", b"\r", b"  \r"]))
        return b"\n".join(lines) + generator.choice([b"", b"\n"])

    def _spoiled(self, word: str, numbers: list[str]) -> tuple[bytes | str, list[str]]:
        """Make a row a bad one, in most cases."""
        generator = self._generator
        way = generator.randrange(4)
        if way == 0:
            return generator.choice(BAD_WORDS), numbers
        if way == 1:
            return word, numbers[: generator.randrange(len(numbers) + 1)]
        if way == 2:
            return word, numbers + generator.choices(["1", "-0.5", "2e3", ".5"], k=generator.randint(1, 3))
        place = generator.randrange(len(numbers))
        return word, [*numbers[:place], generator.choice(NO_NUMBERS), *numbers[place + 1 :]]

    def _mutated(self, text: bytes) -> bytes:
        """Change bytes of a text, or leave out and repeat parts of it."""
        generator = self._generator
        data = bytearray(text)
        for _ in range(generator.randint(1, MUTATIONS)):
            place = generator.randrange(len(data) + 1)
            length = generator.randint(0, 12)
            piece: bytes = data[place : place + length]
            match generator.randrange(4):
                case 0:
                    piece = bytes(generator.choices(b"\n \r.eE-+0123456789\t_", k=1))
                    data[place : place + 1] = piece
                case 1:
                    data[place : place + 1] = bytes([generator.randrange(256)])
                case 2:
                    del data[place : place + length]
                case _:
                    data[place:place] = piece
        return bytes(data)


def separated(text: bytes, separator: str, generator: random.Random) -> bytes:
    """Put another separator in the place of most spaces; of runs of blanks any."""
    if separator == " ":
        return text
    blanks = [" ", "  ", "\t", " \t"] if separator == "whitespace" else [separator]
    around = ["", "", "", " ", separator if separator != "whitespace" else "\t"]
    spare = generator.choice([0.0, 0.0, 0.1])
    lines = []
    for line in text.split(b"\n"):
        pieces = line.split(b" ")
        made = pieces[0]
        for piece in pieces[1:]:
            made += (" " if generator.random() < spare else generator.choice(blanks)).encode() + piece
        lines.append(generator.choice(around).encode() * (len(line) > 0) + made)
    return b"\n".join(lines)


def made_numbers(generator: random.Random, count: int) -> list[str]:
    """Make numbers of all shapes, as text."""
    chance = np.random.default_rng(generator.getrandbits(64))
    numbers = [form % value for value in chance.normal(0, 0.5, count).tolist() for form in ("%.5g",)]
    bits = chance.integers(0, 2**32, count, dtype=np.uint32).view(np.float32)
    anywhere = bits[np.isfinite(bits)].astype(float).tolist()
    doubles = chance.integers(0, 2**64, count // 4, dtype=np.uint64).view(np.float64)
    anywhere += doubles[np.isfinite(doubles)].tolist()
    forms = ["%.5g", "%.9g", "%.17g", "%.18e", "%r", "%.8f", "%.3f", "%.12g", "%g"]
    numbers += [generator.choice(forms) % value for value in anywhere[::2] if abs(value) < 1e60]
    numbers += [repr(value) for value in anywhere[1::8]]
    for _ in range(count):
        digits = str(generator.getrandbits(120))
        whole = digits[: generator.choice([0, 1, 1, 1, 1, 2, 3, 9, 17, 20, 25])]
        fraction = digits[25 : 25 + generator.randint(0, 25)][::-1]
        if generator.random() < 0.2:
            whole, fraction = "0", "0" * generator.randint(0, 25) + fraction
        number = f"{whole}.{fraction}" if fraction or generator.random() < 0.1 else whole
        if number in ("", "."):
            number = "0"
        if generator.random() < 0.2:
            sign, power = generator.choice(["", "+", "-"]), generator.choice([0, 1, 5, 22, 38, 45, 300])
            number += f"{generator.choice('eE')}{sign}{power}"
        numbers.append(generator.choice(["", "", "-", "-", "+"]) + number)
    numbers += midpoints(chance, generator, count // 10)
    return numbers


def midpoints(chance: np.random.Generator, generator: random.Random, count: int) -> list[str]:
    """Make numbers at, or next to, the middle of two float32, subnormals among them."""
    low = chance.integers(0, 0x7F000000, count, dtype=np.uint32).view(np.float32)
    low = np.concatenate([low, chance.integers(0, 2**23, count // 4, dtype=np.uint32).view(np.float32)])
    middles = (low.astype(float) + np.nextafter(low, np.float32(np.inf)).astype(float)) / 2
    numbers = []
    for middle in middles.tolist():
        exact = Decimal(middle)
        exact += exact.scaleb(-generator.randint(16, 25)) * generator.randint(-1, 1)
        numbers.append(f"{exact:.{generator.choice([9, 17, 19, 20, 30, 60])}{generator.choice('eg')}}")
    return numbers
