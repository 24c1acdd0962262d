"""The fuzz campaign's command, for a short time, and that it finds what is wrong."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from glovefast.parser import blocks as parser
from glovefast.parser import chunks, decoding
from tests.robustness import fuzz

LONG = os.environ.get("GLOVEFAST_LONG_TESTS", "0") != "0"


# Where there is no such library, the loader says so and goes on.
CHECKED_HEAP = {"LD_PRELOAD": "libc_malloc_debug.so.0", "MALLOC_CHECK_": "3"}


@pytest.mark.parametrize("switch", [{}, {"NUMBA_BOUNDSCHECK": "1"}, CHECKED_HEAP], ids=str)
def test_no_difference(switch):
    files = 100_000 if LONG else 2_000
    run = subprocess.run(
        [sys.executable, "-m", "tests.robustness.fuzz", "--files", str(files), "--seed", "1"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **switch},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith(f"seed 1\n{files:,} files with ")
    assert run.stdout.endswith(": no difference\n")


@pytest.mark.parametrize(
    ("home", "name", "wrong"),
    [
        (parser, "read_number", lambda value: 0.5),
        (decoding, "_is_utf8", lambda raw, offsets: True),
        (chunks, "_NEWLINE", b" "),
    ],
)
def test_a_difference_is_found(tmp_path, monkeypatch, home, name, wrong):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunks.CHUNK_BYTES)  # the batch changes it
    monkeypatch.setattr(home, name, wrong)
    with pytest.raises((fuzz.DifferenceError, UnicodeDecodeError), match=r"Case\(text=|decode"):
        fuzz.run_batch(1, 0, tmp_path, lambda files, numbers: None)


def test_a_batch_is_made_of_its_seed_and_number():
    def texts(seed):
        maker = fuzz.TextMaker(random.Random(seed))
        return [maker.make() for _ in range(100)]

    assert texts("1 2") == texts("1 2") != texts("1 3")
