"""How much private memory a worker of each engine takes for the store.

``python -m benchmarks.clusters.memory ENGINE STORE|zeros TEXTS WORKERS DIM`` prints as JSON the private
memory of each worker after its last batch.
"""

import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa

from benchmarks.clusters.private import Measured
from benchmarks.clusters.texts import BATCH, SPLITTING, read_batches
from glovefast.batches import TextColumn

BATCHES = 40


def with_processes(work: Measured, batches: list[pa.Table], workers: int) -> Iterable[pa.Table]:
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        return pool.map(work, batches, chunksize=1)


def with_datasets(work: Measured, batches: list[pa.Table], workers: int) -> Iterable[pa.Table]:
    import datasets

    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as directory:
        os.environ["HF_HOME"] = directory
        from pyarrow import parquet

        parquet.write_table(pa.concat_tables(batches), f"{directory}/texts.parquet")
        dataset = datasets.Dataset.from_parquet(f"{directory}/texts.parquet", cache_dir=directory)
        mapped = dataset.with_format("arrow").map(
            work, batched=True, batch_size=BATCH, num_proc=workers, remove_columns=["text"]
        )
        return [mapped[:]]


def with_ray(work: Measured, batches: list[pa.Table], workers: int) -> Iterable[pa.Table]:
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DATA_DISABLE_PROGRESS_BARS": "1"}
    import ray

    with tempfile.TemporaryDirectory(prefix="ray-") as directory:
        ray.init(
            address="local",
            num_cpus=workers,
            include_dashboard=False,
            object_store_memory=400 << 20,
            log_to_driver=False,
            _node_ip_address="127.0.0.1",
            _temp_dir=directory,
        )
        dataset = ray.data.from_arrow(batches)
        mapped = dataset.map_batches(work, batch_format="pyarrow", batch_size=BATCH)
        tables = ray.get(mapped.to_arrow_refs())
        ray.shutdown()
    return tables


def with_spark(work: Measured, batches: list[pa.Table], workers: int) -> Iterable[pa.Table]:
    from benchmarks.clusters.spark_jobs import session

    with session(workers) as spark:
        frame = spark.createDataFrame(pa.concat_tables(batches)).repartition(2 * workers)
        schema = "pid long, private long, bytes long, texts long"
        return [frame.mapInArrow(work.map_in_arrow, schema).toArrow()]


ENGINES: dict[str, Callable[[Measured, list[pa.Table], int], Iterable[pa.Table]]] = {
    "Python's multiprocessing": with_processes,
    "datasets": with_datasets,
    "Ray Data": with_ray,
    "Spark": with_spark,
}


def main(engine: str, store: str, texts: str, workers: str, dim: str) -> None:
    column = None if store == "zeros" else TextColumn(store, "text", "vector", **SPLITTING)
    batches = read_batches(Path(texts), BATCHES)
    measured = pa.concat_tables(ENGINES[engine](Measured(column, int(dim)), batches, int(workers)))
    last = {row["pid"]: row["private"] for row in measured.to_pylist()}
    print(json.dumps(list(last.values())))


if __name__ == "__main__":
    main(*sys.argv[1:])
