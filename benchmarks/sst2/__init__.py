"""A real task from start to end: the sentiment of sentences (SST-2), from raw text to a trained model.

One command measures and writes the report and the chart::

    pip install -e '.[bench,tensorflow]'
    python -m benchmarks.sst2 --text DIR --vectors glove.6B.50d.txt -o benchmarks

`DIR` holds ``sst2.train.txt``, ``sst2.dev.txt`` and ``sst2.test.txt``: UTF-8, with a label (0 or 1), a space
and a sentence on each line. `--vectors` is embedding text, or a zip archive with one such text. The command
takes some ten minutes on two processors, most of them for training. ``--only times`` and ``--only accuracy``
measure one half and keep the other half of the results that ``-o`` holds already.

Times (`benchmarks.sst2.steps`): from the raw texts and the vectors to model inputs and a layer, in the
tutorial's way and in ours, each in its own process, in turn. The clock starts after Keras is imported and has
built a layer, which both need. Ours must give the same inputs and the same layer, bit for bit, or it gets no
time.

Accuracy (`benchmarks.sst2.variants`): the same small model on several embedding layers, each with several
seeds; two layers take their vectors from stores in float16 and int8. A seed determines the initial weights,
the order of the sentences and the dropout, so a run can be repeated to the last digit on the same machine.
Training ends when the accuracy on the development sentences has not grown for some epochs, and the best epoch
counts. The test sentences are used once, at the end.
"""

from pathlib import Path

# Keras and TensorFlow print a lot while they load; none of it belongs to a result.
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}
PARTS = ("train", "dev", "test")


def read_sentences(directory: Path, part: str) -> tuple[list[str], list[int]]:
    """Read the sentences of one of `PARTS` and their labels; raise ValueError for a line without a label."""
    path = directory / f"sst2.{part}.txt"
    sentences, labels = [], []
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            label, _, sentence = line.rstrip("\n").partition(" ")
            if label not in {"0", "1"}:
                raise ValueError(f"{path}, line {number}: starts with {label!r}, expected a label 0 or 1")
            sentences.append(sentence)
            labels.append(int(label))
    return sentences, labels
