"""The mean vector of each text on Spark: with `TextColumn`, and with a dictionary that is broadcast.

``python -m benchmarks.clusters.spark_jobs glovefast|dictionary|zeros STORE TEXTS`` prints as JSON the seconds
from the start of the first task to the end of the last, what else they took, and a digest of the vectors.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

import glovefast
from benchmarks.clusters.private import private_bytes
from benchmarks.clusters.texts import BATCH, SPLITTING
from glovefast.batches import TextColumn

WORKERS = 2
_LEAST_BYTES = 1 << 20  # of a partition, so that there are as many as files


@dataclass(frozen=True)
class Task:
    """What a task took: seconds since the epoch and of a processor, and bytes of private memory."""

    process: int
    started: float
    ended: float
    processor: float
    before: int
    behind: int


@contextmanager
def session(workers: int) -> Iterator:
    """Start Spark on this host, with processes of Python that stay for the next task, and stop it."""
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    )
    warnings.simplefilter("ignore")
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master(f"local[{workers}]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", "3g")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", str(BATCH))
        .config("spark.sql.files.openCostInBytes", str(_LEAST_BYTES))
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


def with_dictionary(broadcast):
    """Make the work of a task: the mean of the vectors of a text's words, as people write it."""

    def add_vectors(batches):
        vectors = broadcast.value
        dim = len(next(iter(vectors.values())))
        for batch in batches:
            means = np.zeros((len(batch), dim), dtype=np.float32)
            for number, text in enumerate(batch.column("text").to_pylist()):
                known = [vectors[word] for word in text.lower().split(" ") if word in vectors]
                if known:
                    means[number] = np.mean(known, axis=0, dtype=np.float64)
            column = pa.FixedSizeListArray.from_arrays(pa.array(means.reshape(-1)), dim)
            yield pa.RecordBatch.from_arrays(
                [batch.column("text"), column.cast(pa.list_(pa.float32()))], names=["text", "text_vector"]
            )

    return add_vectors


def with_zeros(dim: int):
    """Make the work of a task that looks nothing up."""

    def add_zeros(batches):
        for batch in batches:
            zeros = pa.FixedSizeListArray.from_arrays(
                pa.array(np.zeros(len(batch) * dim, dtype=np.float32)), dim
            )
            yield pa.RecordBatch.from_arrays(
                [batch.column("text"), zeros.cast(pa.list_(pa.float32()))], names=["text", "text_vector"]
            )

    return add_zeros


def processor_seconds(process: int) -> float:
    """Read how long a process has used processors."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def observed(add, directory: str):
    """Append to the work of a task a file with its times, and with the private memory of the process."""

    def work(batches):
        import glovefast.batches  # noqa: F401 - a library like the others

        started, processor, before = time.time(), time.process_time(), private_bytes()
        yield from add(batches)
        seen = Task(
            os.getpid(), started, time.time(), time.process_time() - processor, before, private_bytes()
        )
        Path(directory, f"{uuid.uuid4()}.json").write_text(json.dumps(asdict(seen)), encoding="ascii")

    return work


def run(name: str, store: str, texts: str, directory: str) -> dict:
    vectors = glovefast.load(store)
    column = TextColumn(vectors, "text", "vector", **SPLITTING)
    with session(WORKERS) as spark:
        started = time.perf_counter()
        if name == "dictionary":
            words = dict(zip(vectors.index_to_key, np.array(vectors), strict=True))
            add = with_dictionary(spark.sparkContext.broadcast(words))
            del words
        else:
            add = column.map_in_arrow if name == "glovefast" else with_zeros(vectors.dim)
        prepared = time.perf_counter() - started
        frame = spark.read.parquet(texts)
        schema = column.spark_schema(frame.schema)
        # A cluster is warm: Java has compiled what reads and what writes, and the workers have started.
        frame.mapInArrow(with_zeros(vectors.dim), schema).write.format("noop").mode("overwrite").save()
        mapped = frame.mapInArrow(observed(add, directory), schema)
        java = spark.sparkContext._gateway.proc.pid
        of_java, started = processor_seconds(java), time.perf_counter()
        mapped.write.format("noop").mode("overwrite").save()
        job, of_java = time.perf_counter() - started, processor_seconds(java) - of_java
        tasks = [Task(**json.loads(path.read_text())) for path in Path(directory).iterdir()]
        some = frame.where("crc32(text) % 100 = 0").dropDuplicates().mapInArrow(add, schema).toArrow()
    vectors_of_some = some.sort_by("text")["text_vector"].combine_chunks().flatten().to_numpy()
    first = {task.process: task.before for task in sorted(tasks, key=lambda task: -task.started)}
    last = {task.process: task.behind for task in sorted(tasks, key=lambda task: task.started)}
    return {
        "tasks": max(task.ended for task in tasks) - min(task.started for task in tasks),
        "job": job,
        "prepared": prepared,
        "processor": {"java": of_java, "python": sum(task.processor for task in tasks)},
        "memory": [last[process] - before for process, before in first.items()],
        "digest": hashlib.sha256(vectors_of_some.tobytes()).hexdigest(),
    }


def main(*arguments: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        print(json.dumps(run(*arguments, directory)))


if __name__ == "__main__":
    main(*sys.argv[1:])
