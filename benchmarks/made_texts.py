"""Made texts for a tokenizer: words by Zipf's law, punctuation, capitals; as long as the reviews of IMDB."""

from pathlib import Path

import numpy as np

TEXTS, WORDS_PER_TEXT = 25_000, 230
_VOCABULARY = 100_000
_SHORT_WORDS = 200  # the most frequent words of a language are short
_SEED = 20_240_601


def made_texts(number: int = TEXTS) -> list[str]:
    generator = np.random.default_rng(_SEED)
    lengths = generator.integers(2, 12, _VOCABULARY)
    lengths[:_SHORT_WORDS] = generator.integers(1, 5, _SHORT_WORDS)
    letters = generator.integers(ord("a"), ord("z") + 1, (_VOCABULARY, lengths.max()), dtype=np.uint8)
    words = [row[:length].tobytes().decode() for row, length in zip(letters, lengths, strict=True)]
    weights = 1 / np.arange(1, _VOCABULARY + 1)
    drawn = generator.choice(_VOCABULARY, size=(number, WORDS_PER_TEXT), p=weights / weights.sum())
    forms = [words, [f"{word}," for word in words], [f"{word}." for word in words], [*map(str.title, words)]]
    form = generator.choice(len(forms), size=drawn.shape, p=[0.83, 0.08, 0.04, 0.05])
    return [
        " ".join(forms[how][word] for word, how in zip(row, hows, strict=True))
        for row, hows in zip(drawn.tolist(), form.tolist(), strict=True)
    ]


def write_texts(path: Path, size: int, texts: list[str]) -> None:
    """Write texts, one per line and in a new order each time round, until a file has a size in bytes."""
    generator = np.random.default_rng(_SEED)
    written = 0
    with path.open("w", encoding="utf-8") as file:
        while written < size:
            for number in generator.permutation(len(texts)).tolist():
                written += file.write(f"{texts[number]}\n")
                if written >= size:
                    break
