"""The benchmarks' own parts: made files, the comparison with the reference, the report."""

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.agreement import disagreement, matrix_disagreement, read_reference, write_reference
from benchmarks.contenders import CONTENDERS
from benchmarks.made_file import cached_made_file, made_word, write_made_file
from benchmarks.processes import error_of, run_in_turn, run_python
from benchmarks.recorder import WITHHELD, begin
from benchmarks.report import ReportError, main, render
from benchmarks.tables import GLOVEFAST, TABLES
from benchmarks.test_matrix import BUILDERS
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
    path = cached_made_file(tmp_path / "kept", rows=20, dim=2)
    before = path.stat().st_mtime_ns
    assert cached_made_file(tmp_path / "kept", rows=20, dim=2) == path
    assert path.stat().st_mtime_ns == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


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


def test_every_row_of_the_tables_has_its_contender():
    assert list(CONTENDERS) == list(TABLES["whole-load"].rows)
    assert all(
        list(BUILDERS) == list(table.rows) for name, table in TABLES.items() if name.startswith("matrix-")
    )


def test_processes_run_in_turn_and_a_failed_one_no_more(tmp_path):
    log = tmp_path / "log"
    note = "import sys; open(sys.argv[1], 'a').write(sys.argv[2])"
    fail = note + "; print('said before'); sys.exit('no memory')"
    runs = run_in_turn(
        {
            "one": lambda: ("-c", note, log, "1"),
            "two": lambda: ("-c", f"{note}; print('a line'); x = bytearray(100 << 20)", log, "2"),
            "bad": lambda: ("-c", fail, log, "x"),
        },
        rounds=3,
    )
    assert log.read_text() == "12x" + "21" + "12"
    assert {name: len(of_one) for name, of_one in runs.items()} == {"one": 3, "two": 3, "bad": 1}
    assert error_of(runs["one"]) is None
    assert error_of(runs["bad"]) == "the process ended with status 1: no memory"
    assert runs["two"][0].output == "a line"
    assert all(run.seconds > 0 for run in runs["two"])
    assert runs["two"][0].peak_bytes - runs["one"][0].peak_bytes > 90 << 20


def test_peak_memory_is_not_that_of_the_process_that_asks():
    held = np.ones(400 << 17)  # 400 MiB
    assert run_python("-c", "pass").peak_bytes < held.nbytes / 4


def test_wrong_result_gets_no_time():
    config = SimpleNamespace(stash=pytest.Stash())
    benchmark = SimpleNamespace(group=None, extra_info={})
    with pytest.raises(pytest.skip.Exception, match="412 numbers differ"):
        begin(benchmark, config, "whole-load", "pandas", "412 numbers differ")
    with pytest.raises(pytest.fail.Exception, match="412 numbers differ"):
        begin(benchmark, config, "whole-load", GLOVEFAST, "412 numbers differ")
    assert [entry["row"] for entry in config.stash[WITHHELD]] == ["pandas", GLOVEFAST]
    begin(benchmark, config, "whole-load", "polars", None)
    assert benchmark.extra_info == {"row": "polars"}
    with pytest.raises(KeyError):
        begin(benchmark, config, "whole-load", "duckdb", None)


def made_results(*rows, withheld=()):
    """What pytest-benchmark and our hook write, in short; each row is (table, row, seconds, peak MiB)."""
    return {
        "datetime": "2026-01-31T12:00:00+00:00",
        "machine_info": {
            "cpu": {"brand_raw": "A Processor"},
            "machine": "x86_64",
            "system": "Linux",
            "release": "6.1",
            "python_implementation": "CPython",
            "python_version": "3.11.0",
        },
        "benchmarks": [
            {
                "group": table,
                "name": f"test[{row}]",
                "extra_info": {"row": row, "peak_bytes": [peak << 20]},
                "stats": {"data": seconds},
            }
            for table, row, seconds, peak in rows
        ],
        "glovefast": {
            "command": "pytest benchmarks/",
            "text": {"name": "glove.txt", "bytes": 1, "made": False, "rows": 2, "dim": 3},
            "processors": 2,
            "memory_bytes": 8 << 30,
            "versions": {"glovefast": "0.1.0", "gensim": None},
            "withheld": [{"table": table, "row": row, "wrong": wrong} for table, row, wrong in withheld],
        },
    }


def line_of(report, label):
    (line,) = (line for line in report.splitlines() if line.startswith(f"| {label}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_report_has_medians_ranges_and_ratios_by_turn():
    report = render(
        made_results(
            ("whole-process", GLOVEFAST, [1.0, 2.0, 4.0], 200),
            ("whole-process", "polars", [3.0, 8.0, 4.0], 400),
        )
    )
    assert line_of(report, "`glovefast convert`")[1:4] == ["2.00 s", "1.00 s to 4.00 s", "3"]
    # Ratios 3, 4 and 1 by turn: their median is 3, that of the medians would be 2.
    assert line_of(report, "polars")[4:] == ["3.00 (1.00 to 4.00)", "400 MiB"]
    assert "A Processor" in report
    assert "gensim not installed" in report
    assert "Nowhere in this run." in report


def test_report_says_where_a_peer_does_better_but_counts_no_floor():
    report = render(
        made_results(
            ("start-to-matrix", GLOVEFAST, [0.5, 0.5], 200),
            ("start-to-matrix", "gensim", [0.25, 0.25], 100),
            ("start-to-matrix", "import glovefast", [0.1, 0.1], 20),
        )
    )
    _, _, better = report.partition("## Where a peer does better")
    assert better.count("\n- ") == 2
    assert "takes 0.50 (0.50 to 0.50) times our time" in better
    assert "takes 0.50 times our memory" in better
    assert "import glovefast" not in better


def test_report_withholds_the_time_of_a_wrong_result_and_names_what_is_missing():
    results = made_results(
        ("whole-load", GLOVEFAST, [1.0], 200),
        withheld=[("whole-load", "pandas", "412 numbers differ, first at 'a|b'")],
    )
    report = render(results)
    wrong = next(line for line in report.splitlines() if line.startswith("| pandas"))
    assert "no time, for the result is wrong: 412 numbers differ, first at 'a\\|b'" in wrong
    assert " s |" not in wrong
    assert line_of(report, "polars")[1] == "not measured in this run"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("whole-load", "duckdb", [1.0], 1)], "unknown row 'duckdb'"),
        ([("whole-store", GLOVEFAST, [1.0], 1)], "unknown row 'glovefast' of table 'whole-store'"),
        ([("whole-load", "polars", [1.0], 1)] * 2, "appears twice"),
    ],
)
def test_report_refuses_rows_it_does_not_know(tmp_path, capsys, rows, message):
    with pytest.raises(ReportError, match=message):
        render(made_results(*rows))
    path = tmp_path / "results.json"
    path.write_text(json.dumps(made_results(*rows)), encoding="utf-8")
    assert main([str(path), "-o", str(tmp_path / "RESULTS.md")]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "RESULTS.md").exists()


def test_report_refuses_other_results():
    with pytest.raises(ReportError, match="no results of"):
        render({"benchmarks": []})


def test_report_command_writes_the_file(tmp_path):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(made_results(("opening", GLOVEFAST, [0.0005], 1))), encoding="utf-8")
    assert main([str(path), "-o", str(tmp_path / "RESULTS.md")]) == 0
    assert "500 µs" in Path(tmp_path / "RESULTS.md").read_text(encoding="utf-8")
