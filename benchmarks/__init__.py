"""Measure glovefast side by side with what people use in its place.

One command measures, two more turn the results into a report and a chart; ``pytest`` alone never runs them::

    pip install -e '.[bench]'
    GLOVEFAST_GLOVE_6B_50D=glove.6B.50d.txt pytest benchmarks/ --benchmark-json=results.json
    python -m benchmarks.report results.json -o benchmarks/RESULTS.md
    python -m benchmarks.chart results.json -o benchmarks/conversion.png

This takes about a quarter of an hour and 8 GB of disk on two processors. ``--largest`` adds the shape of
glove.840B, 5.6 GB of text, and some minutes. Without the real file a made one of its shape is measured.
``--rounds N`` says how often everything is repeated at most, ``--files DIR`` where made files are kept for
the next run. The anchor of parsing alone is a C++ program; it needs g++ and fast_float (Debian: ``apt install
g++ libfast-float-dev``), and is left out without. ``python -m benchmarks.report results.json --short`` writes
the goals alone, for the README. A look whether it all works takes a minute::

    pytest benchmarks/ --rows 20000 --rounds 1

A real task, from raw text to a trained model, has a command of its own: `benchmarks.sst2`.

The texts are named in `benchmarks.shapes`, what is measured is listed in `benchmarks.tables`, and what we
want to reach in `benchmarks.goals`. These rules hold for all of it:

- A result is compared with the reference, bit for bit, before its time counts. A wrong one gets no time, but
  a row that says what is wrong. The reference of the real file is what a plain loop reads; that of a made
  file is what its generator drew, which the tests compare with the plain loop on a small file.
- What is compared runs in turn, so that a slow minute of the machine hits everybody. Ratios are taken between
  runs of the same turn. What takes minutes where others take seconds runs once, and the report shows it.
- Peak memory is that of a whole process which has done nothing else. Whoever runs out of memory gets a row
  that says so.
- The files lie in the page cache, and before each run the disk has finished what the last one wrote. Only
  glovefast forces its output to the disk (fsync); the peers need not.
- The bias is ours: we chose the rows. Where a peer is faster, the report says so.
"""
