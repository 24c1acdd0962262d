"""``glovefast convert``: what it prints and where, and what it hands to the library."""

import ast
import json
import re
import zipfile
from pathlib import Path

import pytest

import glovefast
from tests.helpers.command_line import TEXT
from tests.helpers.files import names_here

pytestmark = pytest.mark.usefixtures("command_directory")


def described(output):
    """The lines of the output, without sizes and times."""
    return [re.sub(r" in \d+\.\d\d s \(.*\)$", "", line) for line in output.splitlines()]


def test_convert_makes_the_store_and_says_so(run):
    code, output, errors = run("convert", "small.2d.txt")
    assert (code, errors) == (0, "")
    first, next_step = output.splitlines()
    assert first.startswith("Converted 3 × 2 vectors to small.2d.glovefast in ")
    assert f" s ({len(TEXT)} bytes, " in first
    assert first.endswith("/s)")
    assert next_step == 'Next, in Python: glovefast.load("small.2d.glovefast")'
    vectors = glovefast.load("small.2d.glovefast")
    assert vectors.words.to_pylist() == ["the", "of", "king"]
    assert vectors.vectors.tolist() == [[0.5, 1], [-2, 3.25], [4, 5]]


@pytest.mark.parametrize(
    "name", ["plain", "it's", 'a "quoted" one', "back\\slash", "caf\udce9", "new\nline", "\u00e9"]
)
def test_the_next_step_can_be_pasted(run, name):
    output = run("convert", "small.2d.txt", "-o", name)[1]
    literal = output.splitlines()[-1].removeprefix("Next, in Python: glovefast.load(").removesuffix(")")
    assert ast.literal_eval(literal) == name


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
    assert described(output) == [
        "Converted 5 × 2 vectors to odd.glovefast",
        "  the header says 6 rows and 2 dimensions, but there are 5 rows",
        "  2 blank lines skipped",
        "  1 duplicate word; all its rows are kept, and look-ups find the first",
        "  1 word with a space",
        "  1 word that does not fit the encoding; it was changed",
        "  1 bad row skipped",
        "  skipped and changed rows are listed in odd.glovefast/bad_rows.jsonl",
        'Next, in Python: glovefast.load("odd.glovefast")',
    ]
    text = Path("odd.glovefast", "bad_rows.jsonl").read_text("utf-8")
    listed = [json.loads(line) for line in text.splitlines()]
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
    assert (code, described(output)[0]) == (0, "Converted 3 × 2 vectors to glove.2d.glovefast")
    code, output, _ = run("convert", archive, "--all", "-o", "stores")
    assert code == 0
    assert described(output) == [
        "Converted 1 × 1 vectors to stores/glove.1d.glovefast",
        "Converted 3 × 2 vectors to stores/glove.2d.glovefast",
        'Next, in Python: glovefast.load("stores/glove.1d.glovefast")',
    ]
    assert " s (6 bytes, " in output.splitlines()[0]
    assert f" s ({len(TEXT)} bytes, " in output.splitlines()[1]


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
    assert errors.startswith(f"glovefast: error: {store}: already exists")
    assert errors.count("\n") == 1
    assert run("convert", "small.2d.txt", "--force", "--limit", "1")[0] == 0
    assert len(glovefast.load(store)) == 1


def test_dimension_and_header_reach_the_parser(run):
    code, _, errors = run("convert", "small.2d.txt", "--dim", "3")
    assert code == 1
    assert errors.startswith("glovefast: error: small.2d.txt, line 1: ")
    Path("one.txt").write_text("3 1\n4 2\n", encoding="utf-8")
    assert "2 × 1 vectors" in run("convert", "one.txt", "--no-header")[1]
    assert "1 × 1 vectors" in run("convert", "one.txt", "--header", "--force")[1]


def test_a_bad_row_is_one_line_and_leaves_nothing(run):
    Path("bad.txt").write_text(TEXT + "queen 1 two\n", encoding="utf-8")
    code, output, errors = run("convert", "bad.txt", "--threads", "1")
    assert (code, output) == (1, "")
    assert errors.startswith("glovefast: error: bad.txt, line 4: ")
    assert "two" in errors
    assert errors.count("\n") == 1
    assert names_here() == ["bad.txt", "small.2d.txt"]


# Archives with other things in them, and work that fails in the middle

README = "GloVe vectors\n\nTrained on Wikipedia 2014.\nVersion 1.2\nLicence: public domain, 2014\n"


@pytest.fixture
def mixed_archive():
    with zipfile.ZipFile("mixed.zip", "w") as file:
        file.writestr("README.md", README)
        file.writestr("glove.2d.txt", TEXT)
        file.writestr("LICENSE", "Permission is hereby granted, free of charge\n" * 90)
        file.writestr("plot.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3")
        file.writestr("nothing.txt", b"")
        file.writestr("glove.1d.txt", "the 1\n")
    return "mixed.zip"


def test_what_is_no_text_in_an_archive_is_passed_over_and_named(run, mixed_archive):
    code, output, errors = run("convert", mixed_archive, "--all", "--quiet", "--json")
    assert code == 0
    assert [(made["destination"], made["rows"], made["dim"]) for made in json.loads(output)["stores"]] == [
        ("glove.2d.glovefast", 3, 2),
        ("glove.1d.glovefast", 1, 1),
    ]
    assert errors.splitlines() == [
        f"glovefast: warning: mixed.zip!{name} is skipped: it {reason}"
        for name, reason in (
            ("README.md", "has no rows of words and numbers"),
            ("LICENSE", "has no rows of words and numbers"),
            ("plot.pdf", "is a PDF document; convert the embedding text itself"),
            ("nothing.txt", "is empty: the archive's member has no bytes; download or export it again"),
        )
    ]


def test_an_archive_of_other_things(run):
    with zipfile.ZipFile("other.zip", "w") as file:
        file.writestr("README.md", README)
    code, output, errors = run("convert", "other.zip", "--all")
    assert (code, output) == (1, "")
    assert errors.splitlines()[-1] == (
        "glovefast: error: other.zip: none of its members is embedding text: README.md"
    )


def test_a_damaged_member_is_not_passed_over(run):
    with zipfile.ZipFile("damaged.zip", "w") as file:
        file.writestr("first.txt", TEXT)
        file.writestr("glove.txt", "the 1 2\nof 1\nand 3 4\n" * 9)
    code, output, errors = run("convert", "damaged.zip", "--all")
    assert (code, described(output)) == (1, ["Converted 3 × 2 vectors to first.glovefast"])
    assert errors.startswith("glovefast: error: damaged.zip!glove.txt, line 2: expected")
    assert names_here() == ["damaged.zip", "first.glovefast", "small.2d.txt"]


@pytest.mark.parametrize("options", [(), ("--force",)])
@pytest.mark.parametrize("second", ["small.2d.vec", "./small.2d.txt", "small.zip"])
def test_sources_that_would_be_one_store(run, options, second):
    if second == "small.zip":
        with zipfile.ZipFile("small.zip", "w") as file:
            file.writestr("small.2d.txt", "other 1 2\n")
    else:
        Path(second).write_text("other 1 2\n", encoding="utf-8")
    before = names_here()
    code, output, errors = run("convert", "small.2d.txt", second, *options)
    assert (code, output) == (1, "")
    assert errors.endswith(
        f"small.2d.glovefast: both small.2d.txt and {second} would become this store; "
        "convert them one by one\n"
    )
    assert names_here() == before
    assert run("convert", "small.2d.txt", second, "--dry-run")[0] == 0


def test_stores_of_several_sources_are_looked_at_before_the_work(run):
    Path("other.txt").write_text("the 1 2\n", encoding="utf-8")
    assert run("convert", "other.txt")[0] == 0
    code, output, errors = run("convert", "small.2d.txt", "other.txt")
    assert (code, output) == (1, "")
    assert errors.startswith("glovefast: error: other.glovefast: already exists")
    assert names_here() == ["other.glovefast", "other.txt", "small.2d.txt"]


@pytest.mark.parametrize("options", [(), ("--force",)])
def test_members_of_several_archives_that_would_be_one_store(run, options):
    for name in ("a.zip", "b.zip"):
        with zipfile.ZipFile(name, "w") as file:
            file.writestr("glove.txt", TEXT)
    code, output, errors = run("convert", "a.zip", "b.zip", "--all", "-o", "made", *options)
    assert (code, output) == (1, "")
    assert errors.startswith("glovefast: error: made/glove.glovefast: both a.zip!glove.txt and b.zip!glove")
    assert names_here() == ["a.zip", "b.zip", "small.2d.txt"]


def test_what_was_made_before_an_error_is_told(run):
    Path("bad.txt").write_text("the 1 2\nof 1 x\n", encoding="utf-8")
    code, output, errors = run("convert", "small.2d.txt", "bad.txt")
    assert (code, described(output)) == (1, ["Converted 3 × 2 vectors to small.2d.glovefast"])
    assert errors.startswith("glovefast: error: bad.txt, line 2: 'x'")
    code, output, errors = run("convert", "small.2d.txt", "bad.txt", "--force", "--json")
    assert code == 1
    assert [made["destination"] for made in json.loads(output)["stores"]] == ["small.2d.glovefast"]
    assert errors.startswith("glovefast: error: bad.txt, line 2: 'x'")


# --dry-run

ODD = b"6 2\nthe 1 2\n\nat x 3 4\nthe 5 6\n\x93 7 8\n\x94 7 8\nof 9\nking 1 1\n"


def test_a_dry_run_reads_all_and_writes_nothing(run):
    Path("odd.txt").write_bytes(ODD)
    code, output, errors = run("convert", "odd.txt", "--dry-run", "--errors", "replace")
    assert code == 1
    assert f" s ({len(ODD)} bytes, " in output.splitlines()[0]
    assert described(output) == [
        "Checked 6 × 2 vectors in odd.txt",
        "  the header says 6 rows and 2 dimensions",
        "  1 blank line skipped",
        "  1 duplicate word; all its rows are kept, and look-ups find the first",
        "  1 word with a space",
        "  2 words that do not fit the encoding; they were changed",
        "  1 word that became equal to an earlier one; look-ups find the earlier one",
        "  1 bad row",
        "    line 6: the word b'\\x93' is not UTF-8; it was changed to '\N{REPLACEMENT CHARACTER}'",
        "    line 7: the word b'\\x94' is not UTF-8; it was changed to '\N{REPLACEMENT CHARACTER}'",
        "    line 8: expected 2 numbers after the word 'of', found 1",
        "    line 7: two words became one: b'\\x93', row 3, and b'\\x94', row 4, counted from 0; "
        "a look-up of '\N{REPLACEMENT CHARACTER}' finds the first",
    ]
    assert errors.startswith("glovefast: error: odd.txt, line 8: expected 2 numbers after the word 'of'")
    options = ("--dry-run", "--errors", "cp1252", "--on-bad-row", "skip", "-o", "made", "--json")
    code, output, errors = run("convert", "odd.txt", "small.2d.txt", *options)
    assert (code, errors) == (0, "")
    odd, small = json.loads(output)["sources"]
    assert (odd["rows"], odd["dim"], odd["error"]) == (6, 2, None)
    assert (odd["report"]["merged_words"], odd["report"]["skipped_rows"]) == (0, 1)
    assert [(bad["line"], bad["kept"]) for bad in odd["bad_rows"]] == [(6, True), (7, True), (8, False)]
    assert (small["rows"], small["bad_rows"], small["error"]) == (3, [], None)
    assert names_here() == ["odd.txt", "small.2d.txt"]


@pytest.mark.parametrize(
    "data", [ODD, TEXT.encode(), b"a 1 2\nb 1 x\nc 1\nd\n", b"1 x\n2 y\n", b"a 1 2 3 4 5\nb 1 2\n"]
)
@pytest.mark.parametrize("rule", ["strict", "replace"])
@pytest.mark.parametrize("on_bad_row", ["raise", "skip"])
def test_a_dry_run_says_what_a_conversion_would_say(run, data, rule, on_bad_row):
    """The same metadata where it succeeds, the same line and reason where it fails."""
    Path("odd.txt").write_bytes(data)
    options = {"dim": 2, "errors": rule, "on_bad_row": on_bad_row}
    report = glovefast.dry_run("odd.txt", **options)
    if report.error is None:
        metadata = glovefast.load(glovefast.convert("odd.txt", **options)).metadata
        same = ("rows", "dim", "source", "report")
        assert [getattr(report, key) for key in same] == [getattr(metadata, key) for key in same]
        return
    with pytest.raises(glovefast.FormatError) as caught:
        glovefast.convert("odd.txt", **options)
    assert str(caught.value).startswith(report.error.split("; the first of ")[0])


def test_a_dry_run_tells_how_many_bad_rows_there_are(run):
    Path("bad.txt").write_bytes(TEXT.encode() * 100 + b"bad 1\n" * 1234)
    report = glovefast.dry_run("bad.txt")
    assert report.report.skipped_rows == 1234
    assert [bad.line for bad in report.bad_rows] == list(range(301, 321))
    assert report.error.endswith("; the first of 1,234 bad rows")
    code, output, errors = run("convert", "bad.txt", "--dry-run")
    assert code == 1
    assert "\n    and 1,214 more\n" in output
    code, output, errors = run("convert", "bad.txt")
    assert errors.endswith("or list them all with --dry-run\n")


def test_a_dry_run_of_an_archive_and_of_several_sources(run, mixed_archive):
    code, output, _ = run("convert", mixed_archive, "--all", "--dry-run")
    assert code == 0
    assert described(output) == [
        "Checked 3 × 2 vectors in mixed.zip!glove.2d.txt",
        "Checked 1 × 1 vectors in mixed.zip!glove.1d.txt",
    ]
    Path("bad.txt").write_bytes(b"bad 1 2\nof 1 x\nof 1 x\n")
    code, output, errors = run("convert", "bad.txt", "small.2d.txt", "bad.txt", "--dry-run", "--dim", "2")
    assert code == 1
    assert output.count("bad row") == 2
    assert errors.endswith("; the first of 2 bad rows; 2 of 3 sources fail\n")
    assert names_here() == ["bad.txt", "mixed.zip", "small.2d.txt"]


def test_a_dry_run_with_wanted_words(run):
    Path("words.txt").write_text("king\nqueen\n", encoding="utf-8")
    code, output, _ = run("convert", "small.2d.txt", "--words", "words.txt", "--dry-run")
    assert (code, described(output)[0]) == (0, "Checked 1 × 2 vectors in small.2d.txt")
    Path("words.txt").write_text("rook\n", encoding="utf-8")
    code, _, errors = run("convert", "small.2d.txt", "--words", "words.txt", "--dry-run")
    assert code == 1
    assert errors.startswith("glovefast: error: the only wanted word is not in small.2d.txt")
    assert names_here() == ["small.2d.txt", "words.txt"]


@pytest.mark.parametrize(
    ("name", "separator"), [("tab", "\t"), ("\\t", "\t"), ("\t", "\t"), (",", ","), ("|", "|")]
)
def test_separators(run, name, separator):
    """The message names the option that reads the file."""
    rows = [["the", "1.5", "2"], ["new york", "3", "4"]]
    Path("v.txt").write_text("".join(separator.join(row) + "\n" for row in rows))
    code, _, errors = run("convert", "v.txt")
    assert code == 1
    written = {"\t": "tab", ",": ",", "|": "'|'"}[separator]
    assert f"read it with separator={separator!r} (--separator {written})" in errors
    assert run("convert", "v.txt", "--separator", name)[0] == 0
    assert glovefast.load("v.glovefast").words.to_pylist() == ["the", "new york"]


@pytest.mark.parametrize("separator", ["tabs", "", "5", "\n"])
def test_what_cannot_separate(run, separator):
    code, _, errors = run("convert", "v.txt", "--separator", separator)
    assert code == 2
    assert "must be 'whitespace' or one ASCII character" in errors


def test_bad_words_of_the_binary_format(run):
    Path("x.bin").write_bytes(b"2 1\nthe \0\0\x80?caf\xe9 \0\0\0@")
    code, out, err = run("convert", "x.bin", "--dry-run")
    assert code == 1
    assert "    word 2: the word b'caf\\xe9' is not UTF-8" in out
    assert err.startswith("glovefast: error: x.bin, word 2: the word b'caf\\xe9' is not UTF-8")
