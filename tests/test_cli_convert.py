"""``glovefast convert``: what it prints and where, and what it hands to the library."""

import json
import zipfile
from pathlib import Path

import pytest

import glovefast
from tests.command_line import TEXT, names_here

pytestmark = pytest.mark.usefixtures("command_directory")


def test_convert_makes_the_store_and_says_so(run):
    code, output, errors = run("convert", "small.2d.txt")
    assert (code, errors) == (0, "")
    first, speed = output.splitlines()
    assert first == "small.2d.glovefast: 3 words, 2 dimensions"
    assert speed.startswith(f"{len(TEXT)} bytes read in ")
    assert speed.endswith("/s")
    vectors = glovefast.load("small.2d.glovefast")
    assert vectors.words.to_pylist() == ["the", "of", "king"]
    assert vectors.vectors.tolist() == [[0.5, 1], [-2, 3.25], [4, 5]]


def test_convert_as_json_is_one_object(run):
    code, output, errors = run("convert", "small.2d.txt", "-o", "other.glovefast", "--limit", "2", "--json")
    assert (code, errors) == (0, "")
    assert output.count("\n") == 1
    result = json.loads(output)
    (made,) = result["stores"]
    assert (made["destination"], made["rows"], made["dim"], made["bad_rows"]) == (
        "other.glovefast",
        2,
        2,
        None,
    )
    assert made["source"]["name"] == "small.2d.txt"
    assert result["bytes_read"] == len(TEXT)
    assert result["seconds"] > 0


def test_convert_reports_what_was_met(run):
    text = b"6 2\nthe 1 2\n\nat x 3 4\nthe 5 6\n\n\xff 7 8\nof 9\nking 1 1\n"
    Path("odd.txt").write_bytes(text)
    code, output, _ = run("convert", "odd.txt", "--on-bad-row", "skip", "--errors", "replace")
    assert code == 0
    assert output.splitlines()[:-1] == [
        "odd.glovefast: 5 words, 2 dimensions",
        "  a header of 6 rows and 2 dimensions, which are not the rows it has",
        "  2 blank lines passed over",
        "  1 word that stood before: it keeps its row, a look-up finds the first",
        "  1 word with a space in it",
        "  1 word that is not UTF-8, its bytes replaced",
        "  1 bad row skipped",
        "  rows skipped or changed are listed in odd.bad_rows.jsonl",
    ]
    listed = [json.loads(line) for line in Path("odd.bad_rows.jsonl").read_text("utf-8").splitlines()]
    assert [entry["line"] for entry in listed] == [7, 8]
    options = ("--on-bad-row", "skip", "--errors", "replace", "-o", "odd.v2", "--json")
    _, output, _ = run("convert", "odd.txt", *options)
    assert Path(json.loads(output)["stores"][0]["bad_rows"]).is_file()


def test_convert_several_sources(run):
    Path("second.txt").write_text("a 1 2 3\n", encoding="utf-8")
    code, output, _ = run("convert", "small.2d.txt", "second.txt", "--json")
    assert code == 0
    result = json.loads(output)
    assert [made["dim"] for made in result["stores"]] == [2, 3]
    assert result["bytes_read"] == len(TEXT) + len("a 1 2 3\n")


@pytest.fixture
def archive():
    with zipfile.ZipFile("glove.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("glove.1d.txt", "the 1\n")
        file.writestr("glove.2d.txt", TEXT)
    return "glove.zip"


def test_convert_a_member_and_all_members(run, archive):
    code, output, _ = run("convert", archive, "--member", "2d.txt")
    assert (code, output.splitlines()[0]) == (0, "glove.2d.glovefast: 3 words, 2 dimensions")
    code, output, _ = run("convert", archive, "--all", "-o", "stores")
    assert code == 0
    assert output.splitlines()[:-1] == [
        "stores/glove.1d.glovefast: 1 words, 1 dimensions",
        "stores/glove.2d.glovefast: 3 words, 2 dimensions",
    ]
    assert output.splitlines()[-1].startswith(f"{len(TEXT) + 6} bytes read in")


def test_convert_an_archive_without_a_choice(run, archive):
    code, output, errors = run("convert", archive)
    assert (code, output) == (1, "")
    assert errors == (
        "glovefast: error: glove.zip: holds 2 members: glove.1d.txt, glove.2d.txt; choose one with "
        "--member NAME (member=...), or convert each of them with --all (convert_archive)\n"
    )


def test_convert_replaces_only_when_told(run, store):
    code, output, errors = run("convert", "small.2d.txt")
    assert (code, output) == (1, "")
    assert errors.startswith(f"glovefast: error: {store}: exists already")
    assert errors.count("\n") == 1
    assert run("convert", "small.2d.txt", "--force", "--limit", "1")[0] == 0
    assert len(glovefast.load(store)) == 1


def test_dimension_and_header_reach_the_parser(run):
    code, _, errors = run("convert", "small.2d.txt", "--dim", "3")
    assert code == 1
    assert errors.startswith("glovefast: error: small.2d.txt, line 1: ")
    Path("one.txt").write_text("3 1\n4 2\n", encoding="utf-8")
    assert "2 words, 1 dim" in run("convert", "one.txt", "--no-header")[1]
    assert "1 words, 1 dim" in run("convert", "one.txt", "--header", "--force")[1]


def test_a_bad_row_is_one_line_and_leaves_nothing(run):
    Path("bad.txt").write_text(TEXT + "queen 1 two\n", encoding="utf-8")
    code, output, errors = run("convert", "bad.txt", "--threads", "1")
    assert (code, output) == (1, "")
    assert errors.startswith("glovefast: error: bad.txt, line 4: ")
    assert "two" in errors
    assert errors.count("\n") == 1
    assert names_here() == ["bad.txt", "small.2d.txt"]
