"""The benchmarks' results: what gets no time, the report, the goals and the chart."""

import json
from types import SimpleNamespace

import pytest

from benchmarks import chart
from benchmarks.comparisons import COMPARISONS
from benchmarks.contenders import CONTENDERS, CONVERSIONS
from benchmarks.goals import GOALS
from benchmarks.processes import OUT_OF_MEMORY, Run
from benchmarks.recorder import WITHHELD, Wrong, of_reports, record
from benchmarks.report import main, render, render_short
from benchmarks.results import Measured, ResultsError, sort_results, time_text
from benchmarks.tables import GLOVEFAST, TABLES, WANTED_WORDS
from benchmarks.texts import CONVERTED, LARGEST, MAIN, MANY_WORDS, SHAPES, TUTORIAL


def made_results(*rows, withheld=(), shapes=SHAPES, processors=2):
    """What pytest-benchmark and our hook write, in short; each row is (table, row, seconds, extra info)."""
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
                "extra_info": {"row": row, **(extra[0] if extra else {})},
                "stats": {"data": seconds},
            }
            for table, row, seconds, *extra in rows
        ],
        "glovefast": {
            "command": "pytest benchmarks/",
            "texts": {
                name: {
                    "name": f"glove.{name}.txt",
                    "bytes": shape.rows * shape.dim * 8,
                    "made": name != MAIN,
                    "rows": shape.rows,
                    "dim": shape.dim,
                }
                for name, shape in shapes.items()
            },
            "processors": processors,
            "memory_bytes": 8 << 30,
            "versions": {"glovefast": "0.1.0", "polars": "2.0", "gensim": None},
            "withheld": [{"table": table, "row": row, "reason": reason} for table, row, reason in withheld],
        },
    }


def peak(megabytes):
    return {"peak_bytes": [megabytes * 1_000_000]}


def report_of(*rows, **options):
    return render(sort_results(made_results(*rows, **options)))


def line_of(report, label):
    (line,) = (line for line in report.splitlines() if line.startswith(f"| {label}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def outcome_of(what, *rows, shape=None, target="", **options):
    (goal,) = (goal for goal in GOALS if goal.what == what and goal.shape == shape and target in goal.target)
    return goal.judge(sort_results(made_results(*rows, **options)))


def test_every_contender_has_its_row():
    assert list(COMPARISONS) == list(TABLES)
    assert list(CONTENDERS) == list(TABLES["whole-load"].rows)
    measured = ("in-process", "zip", "archive")
    assert {*CONVERSIONS} == {row for table in measured for row in TABLES[table].rows} | {"all members"}
    assert all(table.shape is None or table.shape in SHAPES for table in TABLES.values())
    assert all(set(table.others) <= set(table.rows) for table in TABLES.values())


def test_wrong_result_gets_no_time():
    config = SimpleNamespace(stash=pytest.Stash())
    benchmark = SimpleNamespace(group=None, extra_info={}, pedantic=lambda function, rounds: None)
    wrong = Wrong("412 numbers differ")
    with pytest.raises(pytest.skip.Exception, match="412 numbers differ"):
        record(benchmark, config, "whole-load", "pandas", wrong)
    with pytest.raises(pytest.fail.Exception, match="412 numbers differ"):
        record(benchmark, config, "whole-load", GLOVEFAST, wrong)
    with pytest.raises(pytest.fail.Exception, match="412 numbers differ"):
        record(benchmark, config, f"parse-{MAIN}", "two threads", wrong)
    assert [entry["row"] for entry in config.stash[WITHHELD]] == ["pandas", GLOVEFAST, "two threads"]
    record(benchmark, config, "whole-load", "polars", Measured([1.0]))
    assert benchmark.extra_info == {"row": "polars"}
    with pytest.raises(KeyError):
        record(benchmark, config, "whole-load", "duckdb", Measured([1.0]))


def test_what_processes_report_counts_behind_their_first_call():
    replayed = []
    benchmark = SimpleNamespace(
        group=None, extra_info={}, pedantic=lambda function, rounds: replayed.append(rounds)
    )
    config = SimpleNamespace(stash=pytest.Stash())
    reports = ({"first": 3.0, "again": [1.0, 2.0]}, {"first": 4.0, "again": [1.5, 2.5]})
    runs = [Run(9.0, 1, json.dumps(report), None) for report in reports]
    record(benchmark, config, "cost-parse", MAIN, of_reports({MAIN: runs}, {MAIN: 10})[MAIN])
    assert replayed == [4]
    assert benchmark.extra_info == {"row": MAIN, "first_seconds": [3.0, 4.0], "numbers": 10}
    runs.append(Run(9.0, 1, json.dumps({"first": 1.0, "again": [], "wrong": "1 word differs"}), None))
    with pytest.raises(pytest.skip.Exception, match="1 word differs"):
        record(benchmark, config, "whole-load", "polars", of_reports({"polars": runs})["polars"])


def test_report_has_medians_ranges_and_ratios_by_turn():
    report = report_of(
        ("first-run", GLOVEFAST, [1.0, 2.0, 4.0], peak(200)),
        ("first-run", "polars", [3.0, 8.0, 4.0], peak(400)),
        ("first-run", "nothing prepared", [15.0, 10.0], peak(300)),
    )
    assert line_of(report, "`glovefast convert`")[1:4] == ["2.00 s", "1.00 s to 4.00 s", "3"]
    # Ratios 3, 4 and 1 by turn: their median is 3, that of the medians would be 2.
    assert line_of(report, "polars")[4:] == ["3.00 (1.00 to 4.00)", "400 MB"]
    # It took part in two turns.
    assert line_of(report, "the same, everything")[4] == "10.0 (5.00 to 15.0)"
    assert "A Processor" in report
    assert "gensim not installed" in report
    assert "400,000 x 100, 320 MB" in report
    assert "Nowhere in this run." in report


def test_report_says_where_a_peer_does_better_but_counts_no_floor():
    report = report_of(
        ("start-to-matrix", GLOVEFAST, [0.5, 0.5], peak(200)),
        ("start-to-matrix", "gensim", [0.25, 0.25], peak(100)),
        ("start-to-matrix", "import glovefast", [0.1, 0.1], peak(20)),
    )
    _, _, better = report.partition("## Where a peer does better")
    assert better.count("\n- ") == 2
    assert "takes 0.50 (0.50 to 0.50) times our time" in better
    assert "takes 0.50 times our memory" in better
    assert "import glovefast" not in better


def test_report_withholds_the_time_of_a_wrong_result_and_names_what_is_missing():
    report = report_of(
        ("whole-load", GLOVEFAST, [1.0], peak(200)),
        withheld=[("whole-load", "pandas", "412 numbers differ, first at 'a|b'")],
    )
    wrong = next(line for line in report.splitlines() if line.startswith("| pandas"))
    assert "no time: 412 numbers differ, first at 'a\\|b'" in wrong
    assert " s |" not in wrong
    assert line_of(report, "polars")[1] == "not measured in this run"


def test_report_has_the_cost_of_a_number():
    numbers = 400_000 * 100
    report = report_of(("cost-parse", TUTORIAL, [0.1, 0.2, 0.3], {"numbers": numbers}))
    assert line_of(report, "400,000 x 100, 320 MB")[4] == "5.00 ns"
    assert "400,000 x 300, 960 MB |" not in report.partition("Time per number")[2]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("whole-load", "duckdb", [1.0])], "unknown row 'duckdb'"),
        ([("whole-store", GLOVEFAST, [1.0])], "unknown row 'glovefast' of table 'whole-store'"),
        ([("whole-load", "polars", [1.0])] * 2, "appears twice"),
    ],
)
def test_report_refuses_rows_it_does_not_know(tmp_path, capsys, rows, message):
    with pytest.raises(ResultsError, match=message):
        sort_results(made_results(*rows))
    path = tmp_path / "results.json"
    path.write_text(json.dumps(made_results(*rows)), encoding="utf-8")
    for command, output in ((main, tmp_path / "RESULTS.md"), (chart.main, tmp_path / "chart.png")):
        assert command([str(path), "-o", str(output)]) == 1
        assert message in capsys.readouterr().err
        assert not output.exists()


def test_report_refuses_other_results():
    with pytest.raises(ResultsError, match="no results of"):
        sort_results({"benchmarks": []})


def test_report_command_writes_the_file(tmp_path, capsys):
    path = tmp_path / "results.json"
    opening = (f"opening-{MAIN}", GLOVEFAST, [0.0005])
    path.write_text(json.dumps(made_results(opening)), encoding="utf-8")
    assert main([str(path), "-o", str(tmp_path / "RESULTS.md")]) == 0
    assert "500 µs" in (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert main([str(path), "--short"]) == 0
    assert capsys.readouterr().out.startswith("| what |")


def test_report_takes_what_a_run_left_out_from_an_earlier_one(tmp_path, capsys):
    now = made_results(("matrix-15", GLOVEFAST, [1.0]))
    before = made_results(("matrix-15", GLOVEFAST, [3.0]), ("zip", GLOVEFAST, [2.0]))
    before["commit_info"] = {"id": "0123456789abcdef"}
    for name, results in (("now.json", now), ("before.json", before)):
        (tmp_path / name).write_text(json.dumps(results), encoding="utf-8")
    assert main([str(tmp_path / "now.json"), "--earlier", str(tmp_path / "before.json")]) == 0
    report = capsys.readouterr().out
    assert f"- Measured earlier: on 2026-01-31, at commit 0123456: {TABLES['zip'].title}\n" in report
    assert "| 1.00 s |" in report
    assert "| 2.00 s |" in report
    assert "3.00 s" not in report


def test_goals_are_judged_by_the_median_of_the_turns():
    what, table = "text to store, whole process", f"whole-process-{TUTORIAL}"
    ours, theirs = (table, GLOVEFAST, [1.0, 1.0, 1.0]), (table, "polars", [9.0, 3.5, 2.0])
    outcome = outcome_of(what, ours, theirs, shape=TUTORIAL)
    assert (outcome.measured, outcome.met) == ("3.50 (2.00 to 9.00) times", True)
    slower = (table, GLOVEFAST, [1.01, 1.01, 1.01])
    assert outcome_of(what, slower, theirs, shape=TUTORIAL).met is False
    small = {TUTORIAL: SHAPES["100k"]}
    assert outcome_of(what, ours, theirs, shape=TUTORIAL, shapes=small).met is None
    assert outcome_of(what, ours, shape=TUTORIAL).met is None
    assert "polars" in outcome_of(what, ours, shape=TUTORIAL).measured


def test_peer_without_memory_loses_only_at_the_largest_text():
    what = "text to store, whole process"
    for shape, met in ((LARGEST, True), (TUTORIAL, None)):
        ours = (f"whole-process-{shape}", GLOVEFAST, [1.0])
        withheld = [(f"whole-process-{shape}", "polars", f"{OUT_OF_MEMORY} (status -9)")]
        outcome = outcome_of(what, ours, shape=shape, withheld=withheld)
        assert OUT_OF_MEMORY in outcome.measured
        assert outcome.met is met
    other = [(f"whole-process-{LARGEST}", "polars", "the process ended with status 1: no such file")]
    assert outcome_of(what, ours, shape=LARGEST, withheld=other).met is None


@pytest.mark.parametrize(("megabytes", "met"), [(249, True), (251, False)])
def test_goal_for_memory_looks_at_the_largest_run(megabytes, met):
    extra = {"peak_bytes": [100_000_000, megabytes * 1_000_000]}
    row = (f"whole-process-{LARGEST}", GLOVEFAST, [1.0, 1.0], extra)
    outcome = outcome_of("peak memory of a conversion", row, shape=LARGEST)
    assert (outcome.measured, outcome.met) == (f"{megabytes} MB on 2 threads", met)


@pytest.mark.parametrize(("megabytes", "met"), [(129, True), (131, False)])
def test_goal_for_memory_leaves_out_what_the_imports_take(megabytes, met):
    extra = {"peak_bytes": [100_000_000, megabytes * 1_000_000]}
    row = (f"whole-process-{MAIN}", GLOVEFAST, [1.0, 1.0], extra)
    imports = ("start-to-matrix", "import numpy, pyarrow", [0.1], {"peak_bytes": [56_000_000, 55_000_000]})
    outcome = outcome_of("peak memory of a conversion", row, imports, shape=MAIN)
    assert (outcome.measured, outcome.met) == (f"{megabytes} MB, {megabytes - 55} MB more", met)


def test_goals_at_most():
    def judge(what, target, ours, **rows):
        measured = [("start-to-matrix", name, [seconds]) for name, seconds in rows.items()]
        return outcome_of(
            what, *measured, ("start-to-matrix", ours[0], [ours[1]]), shape=ours[2], target=target
        ).met

    imports = {"import numpy, pyarrow": 0.2}
    assert judge("`import glovefast`", "1.3", ("import glovefast", 0.26, None), **imports)
    assert not judge("`import glovefast`", "1.3", ("import glovefast", 0.27, None), **imports)
    start = f"new process: import, load, matrix for {WANTED_WORDS:,} words"
    assert judge(start, "1.2", (GLOVEFAST, 0.24, MAIN), **imports)
    assert not judge(start, "1.2", (GLOVEFAST, 0.25, MAIN), **imports)


@pytest.mark.parametrize(("seconds", "met"), [(19e-6, True), (21e-6, False)])
def test_goal_for_a_few_rows_is_a_time(seconds, met):
    assert outcome_of("`rows` of 14 words", ("rows", GLOVEFAST, [seconds])).met is met


@pytest.mark.parametrize(
    ("small", "large", "met"), [(0.0009, 0.001, True), (0.0005, 0.0006, False), (0.001, 0.0011, False)]
)
def test_goal_for_opening_wants_no_growth(small, large, met):
    rows = [(f"opening-{MAIN}", GLOVEFAST, [small]), (f"opening-{MANY_WORDS}", GLOVEFAST, [large])]
    assert outcome_of("`load`, by the number of words", *rows).met is met


@pytest.mark.parametrize(("most", "met"), [(1.14, True), (1.16, False)])
def test_goal_for_cost_looks_at_the_number(most, met):
    rows = [
        ("cost-parse", MAIN, [0.5], {"numbers": 1_000}),
        ("cost-parse", "100d", [1.0 * most], {"numbers": 2_000}),
    ]
    assert outcome_of("cost by size: parsing alone", *rows).met is met


def test_every_goal_can_be_judged():
    """With every row measured no goal stays open, so that none looks at a row that is not there."""
    extra = {"peak_bytes": [1], "numbers": 1, "stored_bytes": 1}
    rows = [(table, row, [1.0, 1.0], extra) for table, known in TABLES.items() for row in known.rows]
    results = sort_results(made_results(*rows))
    assert all(goal.judge(results).met is not None for goal in GOALS)
    short = render_short(results)
    assert all(f"| {goal.target} |" in short for goal in GOALS)
    assert "the real glove.6B.50d and made files" in short


def test_times_have_three_digits_in_a_unit_that_suits_them():
    times = [time_text(seconds) for seconds in (123.4, 1.234, 0.01234, 0.000012, 4.5e-9)]
    assert times == ["123 s", "1.23 s", "12.3 ms", "12.0 µs", "4.50 ns"]


def test_chart_is_drawn_of_what_there_is(tmp_path):
    pytest.importorskip("matplotlib")
    rows = [
        (f"whole-process-{shape}", row, [1.0 + number, 2.0 + number])
        for number, shape in enumerate(CONVERTED[:3])
        for row in (GLOVEFAST, "polars")
    ]
    path, picture = tmp_path / "results.json", tmp_path / "chart.png"
    path.write_text(json.dumps(made_results(*rows[:-1])), encoding="utf-8")
    assert chart.main([str(path), "-o", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
