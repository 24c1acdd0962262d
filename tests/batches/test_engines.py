"""The engines give the same bytes for the same texts as a plain loop, called as the README shows."""

import multiprocessing
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import glovefast
from glovefast.batches import TextColumn
from tests.batches import engines
from tests.helpers.readme import engine_example

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    return engines.made_store(tmp_path_factory.mktemp("stores"))


@pytest.fixture(scope="module")
def columns(store) -> list[TextColumn]:
    return engines.columns(store)


@pytest.fixture(scope="module")
def expected() -> dict[str, list[bytes | None]]:
    return engines.expected()


def test_one_process(columns, expected):
    result = engines.table()
    for column in columns:
        result = column(result)
    assert engines.cells_of(result) == expected


def test_processes_of_python(columns, expected):
    """Started anew, as on macOS, with nothing but what is pickled."""
    table = engines.table()
    parts = [table.slice(first, 100) for first in range(0, len(table), 100)]
    for column in columns:
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            example = engine_example("multiprocessing")
            parts = eval(example, {"pool": pool, "column": column, "parts": parts})
    assert engines.cells_of(pa.concat_tables(parts)) == expected


# Spark


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    """A session with two workers in directories of their own, to which an archive of the store is shipped.

    The store itself is moved away, as it is missing on every host but one.
    """
    pyspark = pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    from pyspark.sql import SparkSession

    directory = tmp_path_factory.mktemp("spark")
    store = engines.made_store(directory)
    columns = engines.columns(store)
    archive = shutil.make_archive(str(directory / "archive"), "zip", directory, store.name)
    shutil.move(store, directory / "elsewhere")
    # Workers write into the directory of Spark, which may be somebody else's.
    home = directory / "spark"
    home.mkdir()
    for each in Path(pyspark.__file__).parent.iterdir():
        if each.name != "work":
            (home / each.name).symlink_to(each)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SPARK_CONF_DIR", "SPARK_REMOTE", "SPARK_CONNECT_MODE", "PYSPARK_SUBMIT_ARGS"):
            patch.delenv(name, raising=False)
        patch.setenv("SPARK_HOME", str(home))
        patch.setenv("PYSPARK_PYTHON", sys.executable)  # and not the first python3 in PATH
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        ours = str(Path(glovefast.__file__).parents[1])  # where tests run without an installation
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [ours, os.environ.get("PYTHONPATH")])))
        settings = {
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "2",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.local.dir": str(directory / "local"),
            "spark.sql.warehouse.dir": str(directory / "warehouse"),
        }
        builder = SparkSession.builder.master("local-cluster[2,1,1024]")
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    session.sparkContext.addArchive(f"{Path(archive).as_uri()}#vectors")
    yield session, columns, store
    session.stop()


def test_spark(spark, expected):
    session, columns, _ = spark
    frame = session.createDataFrame(engines.table()).repartition(4)
    for column in columns:
        frame = eval(engine_example("Spark"), {"frame": frame, "column": column})
    assert engines.cells_of(frame.toArrow()) == expected


def test_spark_finds_the_store_in_each_worker(spark):
    """Each of the two executors unpacks the archive in its own directory, and each process finds it there."""
    session, (column, *_), store = spark

    def places(batches):
        from glovefast.batches.opened import opened_store

        for batch in batches:
            list(column.map_in_arrow([batch]))
            settings = column._values
            path = opened_store(settings["store"], tuple(settings["contents"])).path
            yield pa.RecordBatch.from_pydict({"path": [str(path)], "directory": [str(Path.cwd())]})

    found = (
        session.createDataFrame(engines.table())
        .repartition(8)
        .mapInArrow(places, "path string, directory string")
    )
    rows = {(Path(row.path), row.directory) for row in found.collect()}
    assert len({directory for _, directory in rows}) == len({path for path, _ in rows}) == 2
    assert {path.parts[-2:] for path, _ in rows} == {("vectors", store.name)}


def test_spark_says_what_is_wrong(spark, tmp_path):
    """A store that no executor has: the error of the worker names the places."""
    session, _, _ = spark
    from pyspark.errors import PythonException

    other = glovefast.save(["other"], np.ones((1, 2), dtype="float32"), tmp_path / "words.glovefast")
    column = TextColumn(other, "text", "rows")
    shutil.rmtree(other)
    frame = session.createDataFrame([("a",)], "text string")
    with pytest.raises(TypeError, match=r"pass the schema, as frame\.schema, not a DataFrame"):
        column.spark_schema(frame)
    with pytest.raises(PythonException) as caught:
        frame.mapInArrow(column.map_in_arrow, column.spark_schema(frame.schema)).collect()
    message = str(caught.value)
    assert f"StoreError: {other}: this store was not found on host " in message
    assert f"{other}: does not exist" in message
    assert "(SparkFiles): is another store of this name" in message
    assert "GLOVEFAST_PATH is not set" in message


# Ray


@pytest.fixture(scope="module")
def ray(tmp_path_factory):
    """Ray on this host alone, with two workers."""
    pytest.importorskip("ray.data")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_DISABLE_IMPORT_WARNING": "1",
            "RAY_AIR_NEW_OUTPUT": "0",
            "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
            "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
            "RAY_memory_monitor_refresh_ms": "0",
        }.items():
            patch.setenv(name, value)
        import ray

        # Short, because it begins the paths of sockets, which may have 107 bytes.
        with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as directory:
            ray.init(
                address="local",
                num_cpus=2,
                include_dashboard=False,
                object_store_memory=100 << 20,
                _node_ip_address="127.0.0.1",
                log_to_driver=False,
                _temp_dir=directory,
            )
            yield ray
            ray.shutdown()


def test_ray(ray, columns, expected):
    dataset = ray.data.from_arrow(engines.table()).repartition(4)
    for column in columns:
        dataset = eval(engine_example("Ray Data"), {"dataset": dataset, "column": column})
    tables = [ray.get(reference) for reference in dataset.to_arrow_refs()]
    assert engines.cells_of(pa.concat_tables(tables)) == expected


# datasets


def test_datasets(columns, expected, tmp_path, monkeypatch):
    """Two processes; the second run takes everything from the cache."""
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    parquet.write_table(engines.table(), tmp_path / "texts.parquet")

    def run(form: str | None) -> "datasets.Dataset":
        dataset = datasets.Dataset.from_parquet(str(tmp_path / "texts.parquet"), cache_dir=tmp_path / "cache")
        for column in columns:
            if form == "arrow":
                dataset = eval(engine_example("datasets"), {"dataset": dataset, "column": column})
            else:
                dataset = dataset.map(column, batched=True, batch_size=100, num_proc=2)
        return dataset.with_format("arrow")

    for form in ("arrow", None):
        first = run(form)
        assert engines.cells_of(first[:]) == expected
        made = sorted((tmp_path / "cache").rglob("*.arrow"))
        again = run(form)
        assert again._fingerprint == first._fingerprint
        assert sorted((tmp_path / "cache").rglob("*.arrow")) == made
        assert [file["filename"] for file in again.cache_files] == [
            file["filename"] for file in first.cache_files
        ]


# Dask


def test_dask(columns, expected):
    dask = pytest.importorskip("dask")
    table = engines.table()
    parts = [table.slice(first, 100) for first in range(0, len(table), 100)]
    for column in columns:
        with dask.config.set(scheduler="processes", num_workers=2):
            (parts,) = eval(engine_example("Dask"), {"dask": dask, "column": column, "parts": parts})
    assert engines.cells_of(pa.concat_tables(parts)) == expected


# PyTorch and TensorFlow


def collated(column: TextColumn, texts: list) -> np.ndarray:
    return np.stack(column({"text": texts})[column.name])


def test_data_loader(columns, expected):
    torch = pytest.importorskip("torch")
    from functools import partial

    texts, (_, _, padded) = engines.texts()[1:], columns
    data_loader = partial(torch.utils.data.DataLoader, multiprocessing_context="spawn")
    names = {"DataLoader": data_loader, "texts": texts, "stacked": partial(collated, padded)}
    found = np.concatenate(list(eval(engine_example("PyTorch"), names)))
    assert engines.bytes_of(list(found)) == expected["text_padded"][1:]


@pytest.mark.keras
def test_tf_data(columns, expected):
    tensorflow = pytest.importorskip("tensorflow")
    _, vector, _ = columns
    batches = tensorflow.data.Dataset.from_tensor_slices(engines.texts()[1:]).batch(100)
    names = {"tf": tensorflow, "batches": batches, "stacked": lambda texts: collated(vector, texts)}
    found = np.concatenate([batch.numpy() for batch in eval(engine_example("tf.data"), names)])
    assert engines.bytes_of(list(found)) == expected["text_vector"][1:]
