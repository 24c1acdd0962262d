"""``glovefast convert --all``: several members at once, and what an interrupt or a kill leaves of them."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import glovefast
from tests.helpers.files import names_here
from tests.helpers.waiting import PATIENCE

NAMES = ["a", "b", "c", "d"]
TEXTS = {
    f"{name}.txt": "".join(f"{name}{row} {row} 0.5\n" for row in range(100 * (NAMES.index(name) + 1)))
    for name in NAMES
}
STORES = [f"{name}.glovefast" for name in NAMES]

# Sends itself a signal when the work on one store comes to a step. Another thread is at work on it: that goes
# on once the signal has interrupted the main thread.
SIGNALLED = f"""
PATIENCE = {PATIENCE}
import os, sys, threading
from glovefast.cli import main
from glovefast.conversion.crew import Crew
from glovefast.conversion.pipeline import Conversion
from glovefast.store.writing import StoreWriter

step, member, number, *arguments = sys.argv[1:]
home, name_of = Conversion, lambda conversion: conversion._source.stem
if step == "publish":
    home, name_of = StoreWriter, lambda writer: writer.destination.stem
original = getattr(home, step)

def signalled(one, *arguments):
    if step == "publish":
        original(one, *arguments)
    if name_of(one) == member:
        os.kill(os.getpid(), int(number))
        if step != "publish":
            interrupted.wait(PATIENCE)
    if step != "publish":
        return original(one, *arguments)

def cancel(crew, number):
    cancel_after(crew, number)
    if number < 0:
        interrupted.set()

interrupted, cancel_after = threading.Event(), Crew._cancel_after
Crew._cancel_after = cancel
setattr(home, step, signalled)
sys.exit(main(arguments))
"""


@pytest.fixture(autouse=True)
def archive(command_directory):
    Path("small.2d.txt").unlink()
    with zipfile.ZipFile("vectors.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in TEXTS.items():
            file.writestr(name, text)


def signalled(step: str, member: str, number: int, *options: str) -> subprocess.CompletedProcess:
    arguments = ["convert", "vectors.zip", "--all", "--threads", "3", *options]
    command = [sys.executable, "-c", SIGNALLED, step, member, str(int(number)), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_report_of_all_members(run):
    code, output, errors = run("convert", "vectors.zip", "--all", "--json", "--threads", "4")
    assert (code, errors) == (0, "")
    report = json.loads(output)
    assert [store["destination"] for store in report["stores"]] == STORES
    assert [store["rows"] for store in report["stores"]] == [100, 200, 300, 400]
    assert report["bytes_read"] == sum(map(len, TEXTS.values()))


def test_each_member_has_its_own_size_and_time(run):
    code, output, _ = run("convert", "vectors.zip", "--all")
    assert code == 0
    lines = output.splitlines()
    for line, store, text in zip(lines, STORES, TEXTS.values(), strict=False):
        assert f"vectors to {store} in " in line
        assert f"{len(text) / 1000:.3g} kB, " in line
    assert len(lines) == len(STORES) + 1


def test_an_error_is_told_after_the_stores_before_it(run):
    with zipfile.ZipFile("vectors.zip", "a") as file:
        file.writestr("e.txt", "the 1 2\nof 1\n")
        file.writestr("f.txt", "the 1 2\n")
    code, output, errors = run("convert", "vectors.zip", "--all", "--json", "--threads", "6")
    assert code == 1
    assert [store["destination"] for store in json.loads(output)["stores"]] == STORES
    assert errors.startswith("glovefast: error: vectors.zip!e.txt, line 2: ")
    assert names_here() == [*STORES, "vectors.zip"]


def test_a_dry_run_says_of_each_member_what_is_wrong(run):
    with zipfile.ZipFile("vectors.zip", "a") as file:
        file.writestr("e.txt", "the 1 2\nof 1\n")
        file.writestr("f.txt", "the 1 2\nof 1\n")
    code, output, errors = run("convert", "vectors.zip", "--all", "--json", "--dry-run", "--threads", "6")
    assert code == 1
    report = json.loads(output)
    assert [source["error"] is None for source in report["sources"]] == [True] * 4 + [False] * 2
    assert report["bytes_read"] == sum(map(len, TEXTS.values())) + 2 * len("the 1 2\nof 1\n")
    assert errors.startswith("glovefast: error: vectors.zip!e.txt, line 2: ")
    assert errors.endswith("; 2 of 6 sources fail\n")
    assert names_here() == ["vectors.zip"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("step", ["begun", "work", "index", "complete"])
@pytest.mark.parametrize("member", ["a", "c"])
def test_a_signal_leaves_whole_stores_only(number, step, member):
    done = signalled(step, member, number)
    assert (done.returncode, done.stderr) == (128 + number, "glovefast: interrupted\n")
    made = names_here()[:-1]
    assert made in [STORES[:count] for count in range(NAMES.index(member) + 1)]
    assert done.stdout.count("\n") <= len(made)
    for store in made:
        assert len(glovefast.load(store)) == 100 * (NAMES.index(store[0]) + 1)


def test_a_signal_that_comes_too_late_for_one_store_is_in_time_for_the_next():
    done = signalled("publish", "b", signal.SIGINT, "--json")
    assert (done.returncode, done.stderr) == (130, "glovefast: interrupted\n")
    assert [store["destination"] for store in json.loads(done.stdout)["stores"]] == STORES[:2]
    assert names_here() == [*STORES[:2], "vectors.zip"]


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_store_is_told_of_though_a_signal_comes_while_it_is_read(run, monkeypatch, more):
    load = glovefast.load

    def interrupted(path):
        if path.name == "b.glovefast":
            os.kill(os.getpid(), signal.SIGTERM)
        return load(path)

    monkeypatch.setattr(glovefast, "load", interrupted)
    code, output, errors = run("convert", "vectors.zip", "--all", *more)
    assert (code, errors) == (143, "glovefast: interrupted\n")
    made = names_here()[:-1]
    assert made == STORES[:2]
    assert [store in output for store in STORES] == [True, True, False, False]


def test_a_signal_after_the_last_store_is_too_late():
    done = signalled("publish", "d", signal.SIGINT, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert names_here() == [*STORES, "vectors.zip"]


@pytest.mark.parametrize("step", ["work", "index", "complete", "publish"])
def test_what_a_killed_run_leaves_is_cleared_away(step):
    """Without a store in its place that is not whole."""
    done = signalled(step, "c", signal.SIGKILL)
    assert done.returncode == -signal.SIGKILL
    made = [name for name in names_here() if not name.startswith(".")][:-1]
    assert made in [STORES[:count] for count in range(4)]
    for store in made:
        assert len(glovefast.load(store)) == 100 * (NAMES.index(store[0]) + 1)
    again = ["convert", "vectors.zip", "--all", "--force", "--quiet"]
    subprocess.run([sys.executable, "-m", "glovefast", *again], check=True)
    assert names_here() == [*STORES, "vectors.zip"]
