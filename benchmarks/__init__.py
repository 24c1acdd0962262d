"""Measure glovefast side by side with what people use in its place.

One command measures, two more turn its results into a report and a chart. Plain ``pytest`` runs none of
them::

    pip install -e '.[bench]'
    GLOVEFAST_GLOVE_6B_50D=glove.6B.50d.txt pytest benchmarks/ --benchmark-json=results.json
    python -m benchmarks.report results.json -o benchmarks/RESULTS.md
    python -m benchmarks.chart results.json -o benchmarks/conversion.png

A full run takes about a quarter of an hour and 8 GB of disk on two processors. ``pytest benchmarks/ --rows
20000 --rounds 1`` checks within a minute that everything works; ``-k wanted-words`` chooses one table.
``--largest`` adds the shape of glove.840B (5.6 GB of text), ``--files DIR`` keeps made files for the next
run, and ``--rounds N`` limits how often everything is repeated. Without the real file, a made file of its
shape is measured. The C++ anchor of parsing needs g++ and fast_float (Debian: ``apt install g++
libfast-float-dev``) and is left out without them. ``python -m benchmarks.report results.json --short`` writes
the goals alone, for the README. `benchmarks.sst2` measures a real task, from raw text to a trained model.

pytest-benchmark provides groups, statistics, JSON and the comparison of runs. `benchmarks.tables` lists the
rows, `benchmarks.comparisons` measures them, and `benchmarks.goals` names what we want to reach. The rules:

- Every result is compared with the reference, bit for bit, before its time counts. A wrong result gets no
  time but a row that says what is wrong. The reference of the real file is what a plain loop reads; that of a
  made file is what its generator drew, which the tests compare with the plain loop on a small file.
- Contenders run in turn, so that a slow minute of the machine hits all of them, and ratios are taken within a
  turn. What takes minutes where others take seconds runs once; the report shows the number of runs.
- Peak memory is measured on a whole process that has done nothing else. A contender that runs out of memory
  gets a row that says so.
- The files are in the page cache, and the disk has finished earlier writes before each run. Only glovefast
  forces its output to the disk (fsync).
- The bias is ours, since we chose the rows. Where a peer is faster, the report says so.
"""
