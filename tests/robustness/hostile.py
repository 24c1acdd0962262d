"""Stores made by an enemy: damaged at random, their checksums right. Run as a program, it uses them.

Its only output is a line for each store and one at the end, so that of a process that crashed the last line
says which store it was::

    python -m tests.robustness.hostile 0 10000
"""

import contextlib
import io
import json
import os
import resource
import shutil
import socket
import struct
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa

from glovefast.conversion.convert import dry_run
from glovefast.errors import CoverageWarning, StoreError
from glovefast.store.checksums import checksum_of
from glovefast.store.files import npy_header
from glovefast.store.metadata import NUMBER_TYPES
from glovefast.store.metadata_file import sealed_json
from glovefast.store.writing import write_store
from glovefast.vectors import load
from glovefast.verification.verify import verify

WORDS = [f"word{row}" for row in range(40)] + ["new york", "été", "x" * 30, "word7"]
QUERY = ["", "none", "y" * 40, *WORDS]
EXTREMES = [
    -1,
    0,
    1,
    7,
    8,
    43,
    44,
    45,
    255,
    2**15,
    2**31 - 1,
    -(2**31),
    2**32 - 1,
    2**62,
    2**63 - 1,
    -(2**63),
]
WAYS = 16
# Beyond what the process has at the start: what a small file may make it allocate.
MEMORY = 1 << 30


def reseal(store: Path, **changes) -> None:
    """Make metadata.json anew, so that all checksums are right."""
    metadata = json.loads((store / "metadata.json").read_text("utf-8"))
    checksums = metadata.pop("checksums")
    checksums["vectors.npy"] = checksum_of((store / "vectors.npy").read_bytes()[128:])
    if (store / "scales.npy").is_file():
        checksums["scales.npy"] = checksum_of((store / "scales.npy").read_bytes()[128:])
    for name in ("vocabulary.arrow", "index.arrow"):
        checksums[name] = checksum_of((store / name).read_bytes())
    (store / "metadata.json").write_bytes(sealed_json({**metadata, **changes, "checksums": checksums}))


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Damage a file in one of several ways, some blind and some knowing where numbers are."""
    changed = bytearray(data)
    for _ in range(int(rng.choice([1, 1, 1, 2, 4, 16]))):
        kind, length = rng.integers(5), int(rng.choice([1, 2, 4, 8]))
        # The flatbuffers stand in front, and so do the first numbers behind them.
        place = int(rng.integers(len(changed) if kind < 2 else min(len(changed), 700))) // length * length
        if kind == 0:
            changed[place] ^= 1 << int(rng.integers(8))
        elif kind in (1, 2):
            extreme = EXTREMES[rng.integers(len(EXTREMES))] % (1 << 8 * length)
            changed[place : place + length] = extreme.to_bytes(length, "little")
        elif kind == 3:
            changed[place : place + length] = rng.bytes(length)
        else:  # a number nearby: an offset or a length that is a little wrong
            (number,) = struct.unpack_from("<i", changed.ljust(place + 4, b"\0"), place)
            number = (number + int(rng.integers(-64, 64))) % (1 << 32)
            changed[place : place + 4] = number.to_bytes(4, "little")
    if rng.random() < 0.1:
        cut = int(rng.integers(len(changed)))
        changed[cut:] = changed[-6:] if rng.random() < 0.8 else b""
    return bytes(changed[: len(data)] if rng.random() < 0.9 else changed + changed)


def with_random_numbers(store: Path, rng: np.random.Generator) -> None:
    """Replace one of the arrays that look-ups follow by numbers at random, within the file's own sizes."""
    name = ["vocabulary.arrow", "index.arrow"][rng.integers(2)]
    column = pa.ipc.open_file(store / name).get_batch(0).column(0)
    arrays = [array for array in (*column.buffers(), *buffers_below(column)) if array]
    data = (store / name).read_bytes()
    array = bytes(arrays[rng.integers(len(arrays))])
    numbers = np.frombuffer(array[: len(array) // 4 * 4], dtype="<i4").copy()
    some = rng.random(len(numbers)) < rng.choice([0.02, 0.5, 1])
    numbers[some] = rng.choice(
        [rng.integers(-50, 50, some.sum()), rng.integers(-(2**31), 2**31, some.sum())], axis=0
    )
    (store / name).write_bytes(data.replace(array[: numbers.nbytes], numbers.tobytes(), 1))


def buffers_below(column: pa.Array) -> list:
    if not pa.types.is_list(column.type):
        return []
    return [column.values.field(place).buffers()[1] for place in range(2)]


def make_hostile(store: Path, rng: np.random.Generator, dtype: str) -> None:
    kind = rng.random()
    if kind < 0.5:
        with_random_numbers(store, rng)
    if kind > 0.3:
        names = ["vocabulary.arrow", "index.arrow", "vectors.npy", "scales.npy"]
        name = names[int(rng.choice(4, p=[0.46, 0.46, 0.04, 0.04]))]
        name = name if (store / name).exists() else "vectors.npy"
        (store / name).write_bytes(damaged((store / name).read_bytes(), rng))
    changes = {}
    if rng.random() < 0.1:
        rows, dim = rng.choice([0, 1, 43, 45, 88, 2**31, 2**61], size=2).tolist()
        changes = {"rows": rows if rng.random() < 0.5 else len(WORDS), "dim": dim}
        vectors = (store / "vectors.npy").read_bytes()
        changes["dtype"] = str(rng.choice(NUMBER_TYPES)) if rng.random() < 0.5 else dtype
        header = npy_header(changes["rows"], dim, dtype=changes["dtype"])
        (store / "vectors.npy").write_bytes(header + vectors[128:])
    reseal(store, **changes)
    if rng.random() < 0.05:
        replace_file(store, rng)


def check_single_and_batch(vectors) -> None:
    """Look each word up alone and as a batch: both must find the same, or both must refuse."""

    def outcome(look_up):
        try:
            return look_up()
        except StoreError:
            return "refused"

    for word in QUERY:
        alone = outcome(lambda word=word: word in vectors)
        batch = outcome(lambda word=word: bool(vectors.rows([word])[0] >= 0))
        if alone != batch:
            raise AssertionError(f"{word!r}: {alone} alone, {batch} in a batch")


def replace_file(store: Path, rng: np.random.Generator) -> None:
    """Put a FIFO, a link, a directory or a socket in the place of a file, or shift what it contains."""
    path = store / ["vocabulary.arrow", "index.arrow", "vectors.npy", "metadata.json"][rng.integers(4)]
    data = path.read_bytes()
    path.unlink()
    kind = rng.integers(6)
    if kind == 0:
        os.mkfifo(path)
    elif kind == 1:
        path.symlink_to(["/dev/zero", "/etc/passwd", "vectors.npy", "nothing"][rng.integers(4)])
    elif kind == 2:
        path.mkdir()
    elif kind == 3:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as made:
            made.bind(str(path))
    else:
        (size,) = struct.unpack_from("<i", data, 12)
        more = 4 * int(rng.integers(1, 4))
        end = 16 + size % len(data)
        path.write_bytes(
            data[:12] + struct.pack("<i", (size + more) % 2**31) + data[16:end] + bytes(more) + data[end:]
        )


def use(store: Path, text: bytes) -> int:
    """Use a store in every way there is; give how many of them were refused."""
    refused = 0
    ways = [
        lambda: [word in vectors for word in QUERY],
        lambda: [vectors.get(word) for word in QUERY],
        lambda: vectors.rows(QUERY),
        lambda: vectors.rows(pa.array(QUERY)),
        lambda: vectors.embedding_matrix(QUERY, oov="mean", fallback=("lower", "strip")),
        lambda: vectors.embedding_matrix(QUERY, oov="unk"),
        lambda: vectors.coverage(QUERY, fallback="lower"),
        lambda: [word.as_py() for word in vectors.words],
        lambda: vectors.words.take(pa.array([3, 1])).to_pylist(),
        lambda: list(vectors),
        lambda: vectors.key_to_index,
        lambda: vectors.rows(vectors.words),
        lambda: dry_run(io.BytesIO(text), words=vectors.words, threads=1),
        lambda: vectors.vectors.sum(initial=0),
        lambda: vectors.embed(QUERY, "sif", fallback="lower", threads=1),
        lambda: check_single_and_batch(vectors),
    ]
    with contextlib.suppress(StoreError):
        verify(store, io.BytesIO(text))
    try:
        vectors = load(store)
    except StoreError:
        return WAYS
    for way in ways:
        try:
            way()
        except StoreError:
            refused += 1
        except ValueError as error:  # of what it asks for there is nothing: no word, no vector
            if type(error).__name__ not in ("VocabularyError", "FormatError"):
                raise
    return refused


def main(first: int, stores: int) -> None:
    directory = Path(tempfile.mkdtemp())
    numbers = np.random.default_rng(0).normal(size=(len(WORDS), 4)).astype(np.float32)
    text = "".join(f"{word} 1 2 3 4\n" for word in WORDS).encode()
    bases = [write_store(directory / dtype, pa.array(WORDS), numbers, dtype=dtype) for dtype in NUMBER_TYPES]
    for base in bases:
        assert use(base, text) == 0
    grown = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (grown, grown))
    usable = 0
    for number in range(first, first + stores):
        print("store", number, flush=True)
        kind = number % len(bases)
        shutil.copytree(bases[kind], directory / "store")
        make_hostile(directory / "store", np.random.default_rng(number), NUMBER_TYPES[kind])
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", CoverageWarning)  # few words may be left to find
            usable += use(directory / "store", text) < WAYS
        shutil.rmtree(directory / "store")
    shutil.rmtree(directory)
    print("usable", usable, flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
