"""A real task, end to end: the sentiment of sentences (SST-2), from raw text to a trained model.

One command measures and writes the report and the chart::

    pip install -e '.[bench,tensorflow]'
    python -m benchmarks.sst2 --text DIR --vectors glove.6B.50d.txt -o benchmarks

`DIR` holds ``sst2.train.txt``, ``sst2.dev.txt`` and ``sst2.test.txt``, UTF-8 with a label (0 or 1), a space
and a sentence on each line; `--vectors` is embedding text, or a zip archive with one such text. On two
processors it takes some ten minutes, most of them for training. ``--only times`` and ``--only accuracy``
measure one half and keep the other half of the results that ``-o`` holds already.

Times (`benchmarks.sst2.steps`): from the raw texts and the vectors to model inputs and a layer, in the
tutorial's way and in ours, each in a process of its own, in turn. The clock starts when Keras is imported and
has built a layer, which both need. Ours has to give the same inputs and the same layer, bit for bit, or gets
no time.

Accuracy (`benchmarks.sst2.variants`): the same small model on four embedding layers, each with several seeds.
A seed decides about the initial weights, the order of the sentences and what is dropped out, so a run can be
repeated to the last digit on the same machine. Training ends when the accuracy on the development sentences
has not grown for some epochs, and the best epoch counts; the test sentences are looked at once, at the end.
"""

# Keras and TensorFlow say much while they are loaded; it belongs to no result.
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}
