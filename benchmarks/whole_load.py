"""Let one contender load a text in this process, and print what came of it as JSON.

``python -m benchmarks.whole_load NAME TEXT REFERENCE_DIRECTORY SCRATCH_DIRECTORY``
"""

import gc
import json
import resource
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.agreement import disagreement, read_reference
from benchmarks.contenders import CONTENDERS, Contender, Loaded


def main() -> None:
    """Load, measure, and only then read the reference and compare."""
    name, *paths = sys.argv[1:]
    text, reference, scratch = map(Path, paths)
    contender = CONTENDERS[name]
    contender.prepare()
    first, loaded = _timed_load(contender, text, scratch)
    unit = 1 if sys.platform == "darwin" else 1024
    result: dict[str, Any] = {
        "first": first,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        "wrong": _wrong(loaded, reference),
        "again": [],
    }
    if contender.warm:
        del loaded
        gc.collect()
        again, loaded = _timed_load(contender, text, scratch)
        result["again"].append(again)
        result["wrong"] = result["wrong"] or _wrong(loaded, reference)
    print(json.dumps(result))


def _timed_load(contender: Contender, text: Path, scratch: Path) -> tuple[float, Loaded]:
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    start = time.perf_counter()
    loaded = contender.load(text, scratch)
    return time.perf_counter() - start, loaded


def _wrong(loaded: Loaded, reference: Path) -> str | None:
    words, matrix = loaded
    as_list = words.to_pylist() if hasattr(words, "to_pylist") else list(words)
    return disagreement(as_list, np.asarray(matrix), *read_reference(reference))


if __name__ == "__main__":
    main()
