"""The command: what it prints and where, its exit codes, and what it leaves behind when it is stopped."""

import errno
import io
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import glovefast
from glovefast import commands, fallback, matrix, parser
from glovefast.cli import main
from glovefast.conversion import Progress

TEXT = "the 0.5 1\nof -2 3.25\nking 4 5\n"


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """Each test starts in an empty directory that holds one embedding text."""
    monkeypatch.chdir(tmp_path)
    Path("small.2d.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run the command in this process; give its exit code, output and error output."""

    def run_here(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        return code, *capsys.readouterr()

    return run_here


@pytest.fixture
def store(run):
    assert run("convert", "small.2d.txt")[0] == 0
    return Path("small.2d.glovefast")


def started(*arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "glovefast", *arguments], **options)


def names_here() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


# convert


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


# info


def test_info(run, store):
    code, output, errors = run("info", str(store))
    assert (code, errors) == (0, "")
    table = dict(line.split(maxsplit=1) for line in output.splitlines() if not line.startswith("first"))
    assert table["store"] == "small.2d.glovefast"
    assert (table["words"], table["dimensions"], table["numbers"]) == ("3", "2", "float32")
    assert table["source"] == f"small.2d.txt ({len(TEXT)} bytes)"
    assert output.splitlines()[-1] == "first words the of king"


def test_info_as_json_has_the_metadata(run, store):
    code, output, _ = run("info", str(store), "--json")
    result = json.loads(output)
    assert (code, result["store"], result["rows"], result["dim"]) == (0, str(store), 3, 2)
    assert json.loads((store / "metadata.json").read_text("utf-8")).items() <= result.items()
    assert result["files"]["vectors.npy"] == (store / "vectors.npy").stat().st_size


def test_a_word_cannot_steer_the_terminal(run):
    Path("hostile.txt").write_text("\x1b[2J 1\na\tb 2\n\u00a0 3\nit\u2019s 4\n", encoding="utf-8")
    assert run("convert", "hostile.txt")[0] == 0
    output = run("info", "hostile.glovefast")[1]
    assert output.splitlines()[-1] == "first words \\x1b[2J a\\tb \\xa0 it\u2019s"


def test_info_on_text_says_how_to_convert_it(run):
    code, output, errors = run("info", "small.2d.txt")
    assert (code, output) == (1, "")
    assert "glovefast convert small.2d.txt" in errors


# matrix


def test_matrix_rows_belong_to_lines(run, store):
    Path("words.txt").write_text("king\nqueen\r\nKING\n\nthe", encoding="utf-8-sig")
    code, output, errors = run("matrix", str(store), "words.txt", "-o", "matrix.npy", "--fallback", "lower")
    assert (code, errors) == (0, "")
    built = np.load("matrix.npy")
    assert built.dtype == np.float32
    assert built.tolist() == [[4, 5], [0, 0], [4, 5], [0, 0], [0.5, 1]]
    words = ["king", "queen", "KING", "", "the"]
    coverage = glovefast.load(store).coverage(words, fallback="lower")
    assert output == f"matrix.npy: 5 x 2 float32\n{coverage}\n"
    assert names_here() == ["matrix.npy", "small.2d.glovefast", "small.2d.txt", "words.txt"]


def test_matrix_policies_and_seed_reach_the_library(run, store):
    words = ["", "[UNK]", "king", "queen"]
    Path("words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    arguments = ("--oov", "normal", "--seed", "7", "--json")
    code, output, _ = run("matrix", str(store), "words.txt", "-o", "matrix.npy", *arguments)
    assert code == 0
    vectors = glovefast.load(store)
    np.testing.assert_array_equal(
        np.load("matrix.npy"), vectors.embedding_matrix(words, oov="normal", seed=7)
    )
    assert json.loads(output) == {
        "destination": "matrix.npy",
        "rows": 4,
        "dim": 2,
        "dtype": "float32",
        "coverage": vectors.coverage(words).to_dict(),
    }


def test_a_word_ends_at_a_newline_only(run, store, monkeypatch):
    monkeypatch.setattr(
        sys, "stdin", SimpleNamespace(buffer=io.BytesIO("a\u2028b\nking\x0b\nthe\n".encode()))
    )
    assert run("matrix", str(store), "-", "-o", "matrix.npy")[0] == 0
    assert np.load("matrix.npy").tolist() == [[0, 0], [0, 0], [0.5, 1]]


def test_matrix_replaces_only_when_told(run, store):
    Path("words.txt").write_text("king\n", encoding="utf-8")
    Path("matrix.npy").write_bytes(b"mine")
    code, _, errors = run("matrix", str(store), "words.txt", "-o", "matrix.npy")
    assert (code, errors) == (1, "glovefast: error: matrix.npy: exists already; replace it with --force\n")
    assert Path("matrix.npy").read_bytes() == b"mine"
    assert run("matrix", str(store), "words.txt", "-o", "matrix.npy", "--force")[0] == 0
    assert np.load("matrix.npy").tolist() == [[4, 5]]


def test_a_matrix_needs_a_place(run, store, scratch):
    Path("words.txt").write_text("king\n", encoding="utf-8")
    code, _, errors = run("matrix", str(store), "words.txt", "-o", "none/matrix.npy")
    assert code == 1
    assert errors == f"glovefast: error: {scratch / 'none'}: the directory does not exist; check the path\n"
    code, _, errors = run("matrix", str(store), "words.txt", "-o", str(store), "--force")
    assert (code, errors) == (1, f"glovefast: error: {store}: is a directory; give the name of a file\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "words.txt: is empty: it should hold one word a line"),
        (
            b"the\nof\n\xffx\n",
            "words.txt, line 3: is not UTF-8 (invalid start byte); convert the list of words",
        ),
    ],
)
def test_a_bad_list_of_words(run, store, data, message):
    Path("words.txt").write_bytes(data)
    code, output, errors = run("matrix", str(store), "words.txt", "-o", "matrix.npy")
    assert (code, output, errors) == (1, "", f"glovefast: error: {message}\n")
    assert not Path("matrix.npy").exists()


def test_a_matrix_that_cannot_be_written_leaves_nothing(run, store, monkeypatch):
    def full(*_arguments, **_options) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    Path("words.txt").write_text("king\n", encoding="utf-8")
    monkeypatch.setattr(np, "save", full)
    code, _, errors = run("matrix", str(store), "words.txt", "-o", "matrix.npy")
    assert code == 1
    assert errors == "glovefast: error: No space left on device; free some space, or write to another disk\n"
    assert names_here() == ["small.2d.glovefast", "small.2d.txt", "words.txt"]


# demo


@pytest.fixture
def demo_calls(monkeypatch):
    """A stand-in for the demo, which loads TensorFlow; it notes how it was called."""
    calls = []

    def run_demo(vectors_file, report, **options):
        calls.append((vectors_file, options))
        report("a line")
        options["progress"](Progress(1, 2, 3, "text"))
        report("two\nlines")
        return SimpleNamespace(to_dict=lambda: {"accuracy": 1.0})

    monkeypatch.setitem(sys.modules, "glovefast.demo", SimpleNamespace(run=run_demo))
    return calls


def test_demo_prints_its_report(run, demo_calls):
    assert run("demo") == (0, "a line\ntwo\nlines\n", "")
    vectors_file, options = demo_calls[0]
    assert (vectors_file, options["member"], options["output"]) == (None, None, None)


def test_demo_as_json_is_one_object(run, demo_calls):
    arguments = ("--vectors", "glove.zip", "--member", "100d.txt", "-o", "learned", "--json")
    assert run("demo", *arguments) == (0, '{"accuracy": 1.0}\n', "")
    vectors_file, options = demo_calls[0]
    assert (vectors_file, options["member"], options["output"]) == ("glove.zip", "100d.txt", "learned")


def test_demo_without_keras_is_one_line(run, monkeypatch):
    def run_demo(*_arguments, **_options) -> None:
        raise ImportError("this needs Keras; install it with: pip install")

    monkeypatch.setitem(sys.modules, "glovefast.demo", SimpleNamespace(run=run_demo))
    assert run("demo") == (1, "", "glovefast: error: this needs Keras; install it with: pip install\n")


# Usage and help


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["convert"],
        ["nothing"],
        ["convert", "small.2d.txt", "--limit", "-1"],
        ["convert", "small.2d.txt", "--threads", "0"],
        ["convert", "small.2d.txt", "--dim", "0"],
        ["convert", "small.2d.txt", "--errors", "ignore"],
        ["convert", "small.2d.txt", "other.txt", "-o", "one.glovefast"],
        ["convert", "glove.zip", "--all", "--member", "x"],
        ["convert", "glove.zip", "--all", "--no-header"],
        ["info"],
        ["info", "a", "b"],
        ["matrix", "store", "words.txt"],
        ["matrix", "store", "words.txt", "-o", "m.npy", "--oov", "ones"],
        ["matrix", "store", "words.txt", "-o", "m.npy", "--fallback", "stem"],
    ],
)
def test_wrong_usage_exits_with_2(run, arguments):
    code, output, errors = run(*arguments)
    assert (code, output) == (2, "")
    assert "Usage: glovefast" in errors
    assert names_here() == ["small.2d.txt"]


@pytest.mark.parametrize("name", commands.command.commands)
def test_every_command_has_help_with_examples(run, name):
    code, output, errors = run(name, "--help")
    assert (code, errors) == (0, "")
    assert "Examples:\n" in output
    assert f"  glovefast {name} " in output
    assert output == run(name, "-h")[1]


def test_help_and_version(run):
    code, output, _ = run("--help")
    assert code == 0
    assert "Exit codes: 0 done, 1 the work failed, 2 wrong usage, 130 interrupted." in output
    assert run("--version") == (0, f"glovefast {glovefast.__version__}\n", "")


def test_the_choices_are_the_librarys():
    assert list(commands.FALLBACKS) == list(fallback.WORD_FORMS)
    assert set(commands.ERRORS) == set(parser._ERRORS)
    assert list(commands.OUT_OF_VOCABULARY) == list(matrix.POLICIES)


# Errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["convert", "none.txt"], "none.txt: No such file or directory; check the path"),
        (
            ["convert", "small.2d.txt", "--member", "x"],
            "small.2d.txt: is not a zip archive, so it has no member 'x'",
        ),
        (["convert", "."], ".: is a directory; give the embedding text file in it"),
        (
            ["matrix", "none", "small.2d.txt", "-o", "m.npy"],
            "none: does not exist; a store is made from embedding",
        ),
    ],
)
def test_failed_work_exits_with_1_and_one_line(run, arguments, message):
    code, output, errors = run(*arguments)
    assert (code, output) == (1, "")
    assert errors.startswith(f"glovefast: error: {message}")
    assert errors.count("\n") == 1


def test_an_error_stays_on_one_line_whatever_the_name(run):
    code, _, errors = run("convert", "a\nb\x1b[31m\udcff.txt")
    assert code == 1
    assert (
        errors == "glovefast: error: a\\nb\\x1b[31m\\udcff.txt: No such file or directory; check the path\n"
    )


def test_an_unexpected_error_is_not_hidden(monkeypatch):
    def broken(*_arguments, **_options) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(glovefast, "convert", broken)
    with pytest.raises(ZeroDivisionError):
        main(["convert", "small.2d.txt"])


def test_an_interrupt_exits_with_130(run, monkeypatch):
    def interrupted(*_arguments, **_options) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(glovefast, "convert", interrupted)
    assert run("convert", "small.2d.txt") == (130, "", "glovefast: interrupted\n")


def test_signal_handlers_are_put_back(run):
    before = signal.getsignal(signal.SIGTERM)
    assert run("--version")[0] == 0
    assert signal.getsignal(signal.SIGTERM) == before


def test_it_runs_in_a_thread_too():
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(main(["convert", "small.2d.txt"])))
    thread.start()
    thread.join()
    assert codes == [0]


# Real processes


def test_standard_input_to_standard_output():
    done = started("convert", "-", "-o", "piped.glovefast", stdin=subprocess.PIPE, stdout=-1, stderr=-1)
    output, errors = done.communicate(TEXT.encode())
    assert (done.returncode, errors) == (0, b"")
    assert output.startswith(b"piped.glovefast: 3 words, 2 dimensions\n")
    without_destination = started("convert", "-", stdin=subprocess.PIPE, stdout=-1, stderr=-1)
    output, errors = without_destination.communicate(TEXT.encode())
    assert (without_destination.returncode, output) == (1, b"")
    assert errors.startswith(b"glovefast: error: <stdin>: ")


@pytest.mark.parametrize("arguments", [["info", "small.2d.glovefast"], ["--help"]])
def test_a_reader_that_has_gone_is_no_traceback(store, arguments):
    reader, writer = os.pipe()
    os.close(reader)
    process = started(*arguments, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert process.communicate()[1] == b""
    assert process.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_130_and_nothing_left(number):
    os.mkfifo("slow.txt")
    process = started("convert", "slow.txt", "-o", "slow.glovefast", stdout=-1, stderr=-1)
    with Path("slow.txt").open("wb", buffering=0) as pipe:  # returns once the command has opened its end
        pipe.write(TEXT.encode())
        process.send_signal(number)
        output, errors = process.communicate()
    assert (process.returncode, output, errors) == (130, b"", b"glovefast: interrupted\n")
    assert names_here() == ["slow.txt", "small.2d.txt"]


def write_large_text(path: str) -> None:
    rows = [f"word{row} {'0.25 ' * 49}1\n" for row in range(40_000)]
    Path(path).write_text("".join(rows), encoding="utf-8")


def on_terminal(columns: int, *arguments: str) -> tuple[bytes, bytes]:
    """Run a command with standard error on a terminal; give its output and what the terminal got."""
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, (24, columns))
    process = started(*arguments, stdout=subprocess.PIPE, stderr=end)
    os.close(end)
    shown = b""
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:  # how Linux says that the other end of a terminal is closed
        pass
    os.close(terminal)
    output = process.communicate()[0]
    assert process.returncode == 0
    return output, shown


def test_a_bar_on_a_terminal_only():
    write_large_text("large.txt")
    for quiet in ([], ["--quiet"]):
        output, shown = on_terminal(100, "convert", "large.txt", "--force", *quiet)
        assert output.splitlines()[0] == b"large.glovefast: 40,000 words, 50 dimensions"
        assert (b"large.txt:" in shown and b"B/s, " in shown and b" rows]" in shown) is not bool(quiet)
        assert shown == b"" if quiet else shown.endswith(b"\r")


def test_a_long_path_leaves_the_bar_its_room():
    directory = "a long directory name/" * 4
    Path(directory).mkdir(parents=True)
    write_large_text(f"{directory}wiki_\x1b[7m_vectors_seed_123_alpha_0.75_combined.txt")
    source = next(Path(directory).iterdir())
    _, shown = on_terminal(80, "convert", str(source), "-o", "large.glovefast")
    assert "wiki_\\x1b[7m_vectors_se…:".encode() in shown
    assert b" rows]" in shown
    assert b"\x1b[7m" not in shown


def test_words_that_the_output_cannot_hold_are_escaped(store):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    Path("words.txt").write_text("日本\n", encoding="utf-8")
    arguments = ("matrix", str(store), "words.txt", "-o", "matrix.npy")
    process = started(*arguments, env=environment, stdout=subprocess.PIPE)
    assert process.communicate()[0].endswith(b"missing: \\u65e5\\u672c\n")
    assert process.returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["info", "small.2d.glovefast"],
        ["matrix", "small.2d.glovefast", "words.txt", "-o", "m.npy"],
    ],
)
def test_only_what_needs_them_loads_numba_and_keras(store, arguments):
    Path("words.txt").write_text("king\n", encoding="utf-8")
    program = (
        "import sys; from glovefast.cli import main; code = main(sys.argv[1:]); "
        "print(code, *sorted({'numba', 'llvmlite', 'keras', 'tensorflow', 'tqdm'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, check=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "0"
