"""Measure glovefast side by side with what people use in its place.

One command measures, another one turns the results into a table; ``pytest`` alone never runs them::

    pip install -e '.[bench]'
    GLOVEFAST_GLOVE_6B_50D=glove.6B.50d.txt pytest benchmarks/ --benchmark-json=results.json
    python -m benchmarks.report results.json -o benchmarks/RESULTS.md

Without the real file a made one of its shape is measured. ``--rows N`` and ``--dim N`` choose another shape
(made as well), ``--rounds N`` how often everything is repeated, ``--files DIR`` where made files are kept
for the next run. A look whether it all works takes less than a minute::

    pytest benchmarks/ --rows 20000 --rounds 1

What is measured is listed in `benchmarks.tables`. These rules hold for all of it:

- A result is compared with the reference, bit for bit, before its time counts. A wrong one gets no time, but
  a row that says what is wrong.
- What is compared runs in turn, so that a slow minute of the machine hits everybody. Ratios are taken between
  runs of the same turn.
- Peak memory is that of a whole process which has done nothing else.
- The file lies in the page cache. Only glovefast forces its output to the disk (fsync); the peers need not.
- The bias is ours: we chose the rows. Where a peer is faster, the report says so.
"""
