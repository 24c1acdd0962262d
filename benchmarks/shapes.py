"""The texts that are measured: their names and their shapes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A text's shape.

    Attributes
    ----------
    rows, dim : int
        Words, and numbers per word.
    rounds : int
        At most so many runs of everything that has a process of its own.
    """

    rows: int
    dim: int
    rounds: int = 5


MAIN = "50d"
LARGEST = "840B"
MANY_WORDS = "2.2M"

SHAPES = {
    MAIN: Shape(400_000, 50),  # glove.6B.50d: the real file, where it is given
    "100d": Shape(400_000, 100),  # glove.6B.100d
    "300d": Shape(400_000, 300, rounds=3),  # glove.6B.300d
    LARGEST: Shape(2_196_017, 300, rounds=2),  # glove.840B.300d, 5.6 GB: measured with --largest alone
    "100k": Shape(100_000, 50),
    MANY_WORDS: Shape(2_196_017, 50, rounds=3),  # the words of glove.840B
}

# From text to store, and parsing alone.
CONVERTED = (MAIN, "100d", "300d", LARGEST)
# Where everything about the conversion that is not its size is measured: the tutorial's own file.
TUTORIAL = "100d"
# By rows, then by dimensions.
COSTS = ("100k", MAIN, MANY_WORDS, "100d", "300d", LARGEST)
