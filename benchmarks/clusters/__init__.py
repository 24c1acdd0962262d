"""`TextColumn` in the engines of clusters, on one host: memory, processes, and Spark with a dictionary.

One command measures and writes the report::

    pip install -e '.[bench,engines]'  # Spark needs Java 17
    python -m benchmarks.clusters --text DIR --vectors glove.6B.50d.txt -o benchmarks

`DIR` holds the files of SST-2 (see `benchmarks.sst2`); a million short texts are drawn from its sentences.
The command takes some five minutes on two processors. ``--only memory``, ``processes`` or ``spark`` measures
a part and keeps the other results that ``-o`` holds already.

- Memory (`benchmarks.clusters.memory`): what is private to each worker (``Private_Clean`` and
  ``Private_Dirty`` of ``/proc/self/smaps_rollup``) after it has worked, less what it is where the same engine
  adds a column of zeros of the same size. Pages that processes share are in no one's private memory.
- Processes (`benchmarks.clusters.processes`): one process, and two at once, add the column to the same number
  of texts each. They start together, so that starting costs nothing.
  The same part measures what copying and opening a store cost a host.
- Spark (`benchmarks.clusters.spark_jobs`): the mean vector of each of a million texts, with `TextColumn` and
  with the dictionary that people broadcast, each in a session of its own, in turn, after a job that adds
  zeros: a cluster is warm. The time from the start of the first task to the end of the last counts; what is
  made before (the store, the dictionary) does not. The vectors must be the same, bit for bit, or glovefast
  gets no time.
"""
