"""The command as a whole: usage, help, errors and exit codes."""

import signal
import threading

import pytest

import glovefast
from glovefast.cli import commands, main, options
from glovefast.matrix import embedding_matrix as matrix
from glovefast.parser import decoding
from tests.helpers.files import names_here

pytestmark = pytest.mark.usefixtures("command_directory")


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
        ["convert", "small.2d.txt", "--errors", "latin-1"],
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
    assert set(options.ERRORS) == set(decoding.ERRORS_RULES)
    assert list(options.OUT_OF_VOCABULARY) == list(matrix.POLICIES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["convert", "none.txt"], "none.txt: No such file or directory; check the path"),
        (
            ["convert", "small.2d.txt", "--member", "x"],
            "small.2d.txt: is not an archive, so it has no member 'x'",
        ),
        (["convert", "."], ".: is a directory; pass the embedding text file in it"),
        (
            ["matrix", "none", "small.2d.txt", "-o", "m.npy"],
            "none: does not exist; make a store from embedding text",
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
