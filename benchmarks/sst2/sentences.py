"""The labelled sentences of SST-2."""

from pathlib import Path

PARTS = ("train", "dev", "test")


def read_sentences(directory: Path, part: str) -> tuple[list[str], list[int]]:
    """Read a part of the sentences.

    Parameters
    ----------
    directory : pathlib.Path
        Where ``sst2.PART.txt`` lies: on each line a label, a space and a sentence.
    part : str
        One of `PARTS`.

    Returns
    -------
    sentences : list of str
        n sentences.
    labels : list of int
        n labels, 0 or 1.

    Raises
    ------
    ValueError
        If a line has no such label; it names the line.
    """
    path = directory / f"sst2.{part}.txt"
    sentences, labels = [], []
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            label, _, sentence = line.rstrip("\n").partition(" ")
            if label not in {"0", "1"}:
                raise ValueError(
                    f"{path}, line {number}: starts with {label!r}, where a label 0 or 1 is needed"
                )
            sentences.append(sentence)
            labels.append(int(label))
    return sentences, labels
