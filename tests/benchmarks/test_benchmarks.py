"""The benchmarks' own parts: made files, the comparison with the reference, processes and programs."""

import json
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from benchmarks import agreement
from benchmarks.agreement import (
    disagreement,
    files_disagreement,
    matrix_disagreement,
    parsed_disagreement,
    read_reference,
    write_reference,
)
from benchmarks.building import NotBuiltError, compile_fast_float
from benchmarks.contenders import CONTENDERS
from benchmarks.evaluating import QUESTIONS, made_questions
from benchmarks.in_memory import InMemory, Worker
from benchmarks.in_process import time_in_turn
from benchmarks.made_file import REAL_FILE_VARIABLE, cached_made_file, made_word, write_made_file
from benchmarks.processes import OUT_OF_MEMORY, SCRIPTS, Command, error_of, run, run_in_turn, run_python
from benchmarks.texts import MAIN, Text, Texts
from tests.reference import read_rows, same_bits


def test_made_file_has_its_shape_and_its_look(tmp_path):
    path = tmp_path / "made.txt"
    write_made_file(path, rows=3000, dim=7)
    text = path.read_bytes()
    words, vectors = read_rows(text, 7)
    assert vectors.shape == (3000, 7)
    assert text.count(b"\n") == 3000
    assert text.endswith(b"\n")
    assert len(set(words)) == 3000
    assert {"the", "null", '"'} < set(words)
    assert any(not word.isascii() for word in words)
    for line in text.decode().splitlines():
        _word, *numbers = line.split(" ")
        assert len(numbers) == 7
        assert [f"{float(number):.5g}" for number in numbers] == numbers
    assert abs(vectors.mean()) < 0.05
    assert 0.6 < vectors.std() < 0.7


def test_made_file_is_the_same_each_time_and_another_for_another_seed(tmp_path):
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        write_made_file(tmp_path / name, rows=50, dim=3, seed=seed)
    one, again, other = ((tmp_path / name).read_bytes() for name in ("one", "again", "other"))
    assert one == again
    assert one != other


def test_made_words_never_repeat():
    assert len({made_word(number) for number in range(100_000)}) == 100_000


@pytest.mark.parametrize("packed", [False, True])
def test_made_file_keeps_real_words_and_draws_real_numbers(tmp_path, packed):
    real = tmp_path / "real.txt"
    real.write_text("king 0.5 -1.25\nthe 3e-05 7\nreine\u00a0mère 0.125 2\n", encoding="utf-8")
    if packed:
        with zipfile.ZipFile(tmp_path / "real.zip", "w") as archive:
            archive.write(real, "real.txt")
        real = tmp_path / "real.zip"
    write_made_file(tmp_path / "made.txt", rows=200, dim=5, like=real)
    words, vectors = read_rows((tmp_path / "made.txt").read_bytes(), 5)
    assert words[:3] == ["king", "the", "reine\u00a0mère"]
    assert len(set(words)) == 200
    assert set(vectors.ravel()) == set(np.float32([0.5, -1.25, 3e-05, 7, 0.125, 2]))


def test_made_file_is_kept_for_the_next_run(tmp_path):
    path, reference = cached_made_file(tmp_path / "kept", rows=20, dim=2)
    before = path.stat().st_mtime_ns
    assert cached_made_file(tmp_path / "kept", rows=20, dim=2) == (path, reference)
    assert path.stat().st_mtime_ns == before
    assert sorted(path.parent.iterdir()) == sorted([path, reference])


@pytest.mark.parametrize("like", [False, True])
def test_reference_of_a_made_file_is_what_the_plain_loop_reads(tmp_path, monkeypatch, like):
    monkeypatch.setattr("benchmarks.made_file._BLOCK_NUMBERS", 1000)  # several blocks, the last a short one
    real = tmp_path / "real.txt"
    real.write_text("king 0.5 -1.25\nthe 3e-05 0.12345\nreine\u00a0mère 0.30001 2\n", encoding="utf-8")
    path, reference = cached_made_file(tmp_path / "kept", rows=505, dim=9, like=real if like else None)
    assert disagreement(*read_reference(reference), *read_rows(path.read_bytes(), 9)) is None


def test_texts_are_real_or_made_and_no_larger_than_asked_for(tmp_path, monkeypatch):
    real = tmp_path / "real.txt"
    write_made_file(real, rows=30, dim=50)
    monkeypatch.setenv(REAL_FILE_VARIABLE, str(real))
    for max_rows, rows in ((None, 30), (20, 20)):
        scratch = tmp_path / f"scratch-{rows}"
        scratch.mkdir()
        texts = Texts(tmp_path / "kept", scratch, max_rows)
        text = texts[MAIN]
        assert (text.made, text.rows, text.dim) == (max_rows is not None, rows, 50)
        assert disagreement(*read_reference(text.reference), *read_rows(text.path.read_bytes(), 50)) is None
        assert texts[MAIN] is text
        with zipfile.ZipFile(texts.archive(MAIN)) as archive:
            assert archive.read(text.path.name) == text.path.read_bytes()


def test_disagreement_counts_and_names_what_differs():
    words, matrix = ["a", "b", "c"], np.float32([[0, 1], [2, 3], [4, 5]])
    assert disagreement(words, matrix.copy(), words, matrix) is None
    assert disagreement(words[:2], matrix[:2], words, matrix) == "2 words instead of 3"
    assert (
        disagreement(["a", "x", "y"], matrix, words, matrix)
        == "2 words differ, first in row 1: 'x' instead of 'b'"
    )
    assert "float64" in disagreement(words, matrix.astype(float), words, matrix)
    wrong = matrix.copy()
    wrong[1, 1] = np.nextafter(np.float32(3), np.float32(4))
    assert matrix_disagreement(wrong, matrix, words).startswith(
        "1 number differs, first at word 'b', column 1"
    )
    wrong[0, 0] = -0.0
    assert matrix_disagreement(wrong, matrix, words) == (
        "2 numbers differ, first at word 'a', column 0: -0.0 instead of 0.0"
    )


def test_matrices_are_compared_to_their_last_block(monkeypatch):
    monkeypatch.setattr(agreement, "_BLOCK_NUMBERS", 6)
    matrix = np.arange(70, dtype=np.float32).reshape(35, 2)
    wrong = matrix.copy()
    wrong[[4, 34], [1, 1]] = -1
    words = [f"word-{row}" for row in range(35)]
    assert matrix_disagreement(matrix.copy(), matrix, words) is None
    assert matrix_disagreement(wrong, matrix, words) == (
        "2 numbers differ, first at word 'word-4', column 1: -1.0 instead of 9.0"
    )


def test_reference_comes_back_whole(tmp_path):
    words, matrix = ["a", "\x85", "null", "\u2028"], np.float32([[1], [-0.0], [np.nan], [3]])
    write_reference(tmp_path, words, matrix)
    read_words, read_matrix = read_reference(tmp_path)
    assert read_words == words
    assert same_bits(read_matrix, matrix)


@pytest.mark.parametrize("name", CONTENDERS)
def test_contender_reads_a_made_file(tmp_path, name):
    contender = CONTENDERS[name]
    if not contender.installed:
        pytest.skip(f"not installed: {', '.join(contender.modules)}")
    text = tmp_path / "made.txt"
    write_made_file(text, rows=1000, dim=9)
    (tmp_path / "scratch").mkdir()
    words, matrix = contender.load(text, tmp_path / "scratch")
    as_list = words.to_pylist() if hasattr(words, "to_pylist") else list(words)
    assert disagreement(as_list, np.asarray(matrix), *read_rows(text.read_bytes(), 9)) is None


def test_processes_run_in_turn_and_a_failed_one_no_more(tmp_path):
    log = tmp_path / "log"
    note = "import sys; open(sys.argv[1], 'a').write(sys.argv[2])"
    fail = note + "; print('said before'); sys.exit('no such thing')"
    runs = run_in_turn(
        {
            "one": Command(("-c", note, log, "1")),
            "two": Command(("-c", f"{note}; print('a line'); x = bytearray(100 << 20)", log, "2")),
            "bad": Command(("-c", fail, log, "x")),
            "wrong": Command(("-c", note, log, "w"), wrong=lambda: "412 numbers differ"),
            "once": Command(("-c", note, log, "o"), rounds=1, wrong=lambda: None),
        },
        rounds=3,
    )
    assert log.read_text() == "12xwo" + "21" + "12"
    assert {name: len(of_one) for name, of_one in runs.items()} == {
        "one": 3,
        "two": 3,
        "bad": 1,
        "wrong": 1,
        "once": 1,
    }
    assert error_of(runs["one"]) is None
    assert error_of(runs["bad"]) == "the process ended with status 1: no such thing"
    assert error_of(runs["wrong"]) == "412 numbers differ"
    assert error_of(runs["once"]) is None
    assert runs["two"][0].output == "a line"
    assert all(one_run.seconds > 0 for one_run in runs["two"])
    assert runs["two"][0].peak_bytes - runs["one"][0].peak_bytes > 90 << 20


def test_run_clears_the_way_and_sets_variables(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    old = tmp_path / "old"
    (old / "inside").mkdir(parents=True)
    (tmp_path / "file").write_text("x")
    say = "import os, sys; print(os.getcwd(), os.environ['GIVEN'], os.listdir(), sys.dont_write_bytecode)"
    command = Command(
        ("-c", say),
        removed=(old, tmp_path / "file", tmp_path / "never"),
        environment={"GIVEN": "yes"},
        directory=tmp_path,
    )
    assert run(command).output == f"{tmp_path} yes [] False"


@pytest.mark.parametrize(
    "end",
    ["raise MemoryError", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"],
)
def test_running_out_of_memory_is_said(end):
    assert error_of([run_python("-c", end)]).startswith(OUT_OF_MEMORY)


def test_peak_memory_is_not_that_of_the_process_that_asks():
    held = np.ones(400 << 17)  # 400 MiB
    assert run_python("-c", "pass").peak_bytes < held.nbytes / 4


def test_functions_are_timed_in_turn(monkeypatch):
    calls, clock = [], [0.0]

    def take(seconds, number):
        clock[0] += seconds
        calls.append(number)

    monkeypatch.setattr("benchmarks.in_process.time", SimpleNamespace(perf_counter=lambda: clock[0]))
    seconds = time_in_turn({"one": lambda: take(0.005, 1), "two": lambda: take(0.5, 2)}, turns=3)
    assert [len(of_one) for of_one in seconds.values()] == [3, 3]
    assert seconds == {"one": pytest.approx([0.005] * 3), "two": pytest.approx([0.5] * 3)}
    order = [call for call, before in zip(calls, [0, *calls], strict=False) if call != before]
    # Two calls of each before, then three turns, the second the other way round.
    assert order == [1, 2, 1, 2, 1, 2, 1, 2]
    # What takes less than 20 ms is called so often in each turn that it takes as much.
    assert [calls.count(number) for number in (1, 2)] == [2 + 3 * 4, 2 + 3]


@pytest.fixture
def made_text(tmp_path):
    path, reference = cached_made_file(tmp_path / "made", rows=3000, dim=9)
    return Text(path, reference, True, 3000, 9)


@pytest.mark.parametrize("threads", [1, 2])
def test_parsing_in_memory_gives_the_reference(tmp_path, made_text, monkeypatch, threads):
    monkeypatch.setattr("benchmarks.in_memory.CHUNK_BYTES", 5000)
    in_memory = InMemory(made_text.path, made_text.dim)
    workers = [Worker(made_text.dim) for _ in range(threads)]
    for _ in range(2):
        in_memory.parse(workers)
        in_memory.write(tmp_path / "output")
        assert parsed_disagreement(tmp_path / "output", made_text.reference) is None
    in_memory.numbers[100] += 1
    in_memory.write(tmp_path / "output")
    assert parsed_disagreement(tmp_path / "output", made_text.reference).startswith("1 number differs")


def test_parsing_in_memory_ends_where_a_chunk_cannot_be_parsed(made_text, monkeypatch):
    monkeypatch.setattr("benchmarks.in_memory.CHUNK_BYTES", 5000)
    with made_text.path.open("r+b") as file:
        file.seek(made_text.path.stat().st_size // 2)
        file.write(b" trash trash ")
    in_memory = InMemory(made_text.path, made_text.dim)
    with pytest.raises(ValueError, match="measure another one"):
        in_memory.parse([Worker(made_text.dim) for _ in range(2)])


def test_fast_float_gives_the_reference(tmp_path, made_text):
    try:
        program = compile_fast_float(tmp_path)
    except NotBuiltError as error:
        pytest.skip(str(error))
    command = [program, made_text.path, str(made_text.dim), "2", tmp_path / "output"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert parsed_disagreement(tmp_path / "output", made_text.reference) is None
    report = json.loads(done.stdout)
    assert report["first"] > 0
    assert len(report["again"]) == 2
    with made_text.path.open("a") as file:
        file.write("one 1 2 3\n")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_missing_compiler_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotBuiltError, match=r"no C\+\+ compiler"):
        compile_fast_float(tmp_path)


def store_disagreement(store, *arguments):
    return files_disagreement(store / "vocabulary.arrow", store / "vectors.npy", *arguments)


def test_store_is_compared_with_its_text(tmp_path, made_text):
    store = glovefast.convert(made_text.path, tmp_path / "whole.glovefast")
    assert store_disagreement(store, made_text.reference) is None
    assert store_disagreement(store, made_text.reference, {"the"}) == "3,000 words instead of 1"
    small = glovefast.convert(made_text.path, tmp_path / "small.glovefast", words=["the", "nobody", "of"])
    assert store_disagreement(small, made_text.reference, {"the", "nobody", "of"}) is None
    assert store_disagreement(small, made_text.reference) == "2 words instead of 3,000"


def test_floor_reads_all_and_writes_as_much_as_a_store_has(tmp_path, made_text):
    output = tmp_path / "output"
    for size in (1, made_text.path.stat().st_size // 2):
        script = SCRIPTS / "read_and_write.py"
        subprocess.run([sys.executable, script, made_text.path, str(size), output], check=True)
        assert output.stat().st_size == size


@pytest.mark.parametrize("name", ["pandas", "polars", "pyarrow", "loop"])
def test_script_loads_and_saves(tmp_path, made_text, name):
    if not CONTENDERS[name].installed:
        pytest.skip(f"not installed: {', '.join(CONTENDERS[name].modules)}")
    files = tmp_path / "files"
    subprocess.run(
        [sys.executable, "-m", "benchmarks.contenders", "save", name, made_text.path, files], check=True
    )
    words = files / ("words.arrow" if name == "polars" else "words.txt")
    assert files_disagreement(words, files / "matrix.npy", made_text.reference) is None


def test_polars_script_keeps_the_wanted_words(tmp_path, made_text):
    pytest.importorskip("polars")
    (tmp_path / "wanted").write_text("the\nnobody\nnull\n")
    files = tmp_path / "files"
    command = [sys.executable, "-m", "benchmarks.contenders", "save", "polars", made_text.path, files]
    subprocess.run([*command, tmp_path / "wanted"], check=True)
    with pa.memory_map(str(files / "words.arrow")) as file:
        words = pa.ipc.open_file(file).read_all()["word"].to_pylist()
    true_words, true_matrix = read_reference(made_text.reference)
    rows = [true_words.index("the"), true_words.index("null")]
    assert words == ["the", "null"]
    assert same_bits(np.load(files / "matrix.npy"), np.asarray(true_matrix[rows]))


def test_made_questions_are_as_many_as_the_published_ones(tmp_path):
    words = [f"w{number}" for number in range(2_000)]
    lines = made_questions(words)
    questions = [line.split() for line in lines if not line.startswith(":")]
    assert (len(questions), len(lines) - len(questions)) == (QUESTIONS, 14)
    assert lines == made_questions(words)
    assert all(len(set(question)) == 4 and set(question) <= set(words) for question in questions)
    assert len(set(map(tuple, questions))) == QUESTIONS
    matrix = np.random.default_rng(0).normal(size=(2_000, 3)).astype(np.float32)
    store = glovefast.save(words, matrix, tmp_path / "some.glovefast")
    (tmp_path / "questions.txt").write_text("\n".join(lines))
    done = run_python(SCRIPTS / "answer_analogies.py", "3cosadd", store, tmp_path / "questions.txt")
    assert done.error is None
    found = glovefast.evaluate(glovefast.load(store), tmp_path / "questions.txt")
    assert json.loads(done.output)["correct"] == found.totals[-1].correct
    assert found.counted == QUESTIONS
