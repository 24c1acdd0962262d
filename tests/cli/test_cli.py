"""The command as a whole: usage, help, errors and exit codes."""

import importlib
import os
import signal
import sys
import threading
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest

import glovefast
from glovefast.cli import commands, convert_command, main, options
from glovefast.cli.signals import EndingSignals, Interrupted
from glovefast.errors import MatrixSizeError
from glovefast.matrix.out_of_vocabulary import POLICIES
from glovefast.matrix.word_forms import WORD_FORMS
from glovefast.parser import decoding
from glovefast.queries.analogies import METHODS
from glovefast.queries.question_files import KINDS
from glovefast.store.metadata import MAX_DIM, NUMBER_TYPES
from tests.helpers.files import names_here
from tests.helpers.waiting import PATIENCE

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
        ["convert", "small.2d.txt", "--dim", "99999999999"],
        ["convert", "small.2d.txt", "--errors", "ignore"],
        ["convert", "small.2d.txt", "other.txt", "-o", "one.glovefast"],
        ["convert", "glove.zip", "--all", "--member", "x"],
        ["convert", "glove.zip", "--all", "--no-header"],
        ["convert", "small.2d.txt", "--errors", "latin-1"],
        ["info", "a", "b"],
        ["matrix", "store", "words.txt"],
        ["matrix", "store", "words.txt", "-o", "m.csv"],
        ["matrix", "store", "words.txt", "-o", "m"],
        ["matrix", "store", "words.txt", "-o", "-"],
        ["convert", "small.2d.txt", "--separator", "; "],
        ["convert", "small.2d.txt", "--separator", "taab"],
        ["convert", ""],
        ["convert", "small.2d.txt", "-o", ""],
        ["info", ""],
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
    assert convert_command._MOST_DIMENSIONS == MAX_DIM
    assert set(options.ERRORS) == set(decoding.ERRORS_RULES)
    assert list(options.OUT_OF_VOCABULARY) == list(POLICIES)
    assert options.QUESTION_KINDS == KINDS
    assert options.ANALOGY_METHODS == METHODS
    assert list(options.NUMBER_TYPES) == list(NUMBER_TYPES)
    assert list(options.WORD_FORMS) == list(WORD_FORMS)


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
            "none: does not exist; make a store from text: glovefast convert SOURCE",
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
    assert errors == "glovefast: error: a\\nb\\x1b[31m\\xff.txt: No such file or directory; check the path\n"


@pytest.mark.parametrize(
    ("arguments", "suggested"),
    [
        pytest.param(
            ["covert", "small.2d.txt"],
            "convert",
            marks=pytest.mark.skipif(
                tuple(map(int, version("click").split(".")[:2])) < (8, 4),
                reason="click suggests commands since 8.4",
            ),
        ),
        (["convert", "small.2d.txt", "--dry-ru"], "--dry-run"),
        (["matrix", "s", "w", "-o", "m.npy", "--fallback", "lowr"], "'lower'"),
        (["matrix", "s", "w", "-o", "m.npy", "--fallback", "strip+accent"], "'accents'"),
        (["convert", "smal.2d.txt"], "small.2d.txt?"),
        (["convert", "small.2d.txt", "--words", "smal.2d.txt"], "small.2d.txt?"),
        (["info", "smal.2d.txt"], "small.2d.txt?"),
    ],
)
def test_typos_get_a_suggestion(run, arguments, suggested):
    code, output, errors = run(*arguments)
    assert (code, output) in {(1, ""), (2, "")}
    assert suggested in errors.lower().partition("did you mean ")[2]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "out of memory; close other programs, or use fewer --threads"),
        (RecursionError("deep"), "the input is nested too deeply"),
        (PermissionError(13, "Permission denied", b"b\xff.txt"), "b\\xff.txt: Permission denied; check"),
        (
            ImportError("Many lines.\n\nlibarrow.so: failed to map\n"),
            "a library cannot be loaded; reinstall it",
        ),
        (OSError("odd"), "odd"),
        (MatrixSizeError("a matrix of 8 TiB"), "a matrix of 8 TiB"),
        (OSError(), "OSError"),
    ],
)
def test_every_kind_of_failure_is_one_line(run, monkeypatch, error, message):
    def failing(*_arguments, **_options) -> None:
        raise error

    monkeypatch.setattr(glovefast, "convert", failing)
    code, output, errors = run("convert", "small.2d.txt")
    assert (code, output) == (1, "")
    assert errors.startswith(f"glovefast: error: {message}")
    assert errors.count("\n") == 1


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_after_the_last_store_is_complete_does_not_interrupt(run, store, monkeypatch, number):
    load = glovefast.load

    def interrupted(path):
        os.kill(os.getpid(), number)
        return load(path)

    monkeypatch.setattr(glovefast, "load", interrupted)
    code, output, errors = run("convert", "small.2d.txt", "--force")
    assert (code, errors) == (0, "")
    assert output.startswith("Converted 3 × 2 vectors to small.2d.glovefast in ")
    Path("second.txt").write_text("a 1\n", encoding="utf-8")
    code, output, errors = run("convert", "small.2d.txt", "second.txt", "--force")
    assert (code, errors) == (128 + number, "glovefast: interrupted\n")
    assert output.startswith("Converted 3 × 2 vectors to small.2d.glovefast in ")
    assert output.count("\n") == 1


def test_a_second_signal_does_not_wait_for_a_summary(run, store, monkeypatch):
    def interrupted(path):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError

    monkeypatch.setattr(glovefast, "load", interrupted)
    Path("second.txt").write_text("a 1\n", encoding="utf-8")
    code, output, errors = run("convert", "small.2d.txt", "second.txt", "--force")
    assert (code, output, errors) == (143, "", "glovefast: interrupted\n")


def test_a_summary_that_fails_does_not_undo_a_conversion(run, monkeypatch):
    def failing(path):
        raise MemoryError("no room")

    monkeypatch.setattr(glovefast, "load", failing)
    code, output, errors = run("convert", "small.2d.txt")
    assert (code, output.splitlines()[0]) == (0, "Converted to small.2d.glovefast")
    assert errors.startswith("glovefast: warning: small.2d.glovefast is complete, but cannot be opened")


def test_a_signal_during_an_import_interrupts_after_it(command_directory, monkeypatch):
    program = "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\nloaded = True\n"
    Path("signalling_module.py").write_text(program, encoding="utf-8")
    monkeypatch.syspath_prepend(str(command_directory))
    with EndingSignals() as signals:
        module = importlib.import_module("signalling_module")
        assert (module.loaded, signals.received) == (True, signal.SIGTERM)
        with pytest.raises(Interrupted) as caught:
            threading.Event().wait(60)
    assert caught.value.exit_code == 143


@pytest.mark.parametrize(
    "condition",
    [
        threading.Condition,
        pytest.param(
            lambda lock: lock,
            marks=pytest.mark.skipif(
                sys.version_info < (3, 14), reason="Python handles no signals between __enter__ and the block"
            ),
        ),
    ],
    ids=["condition", "lock"],
)
def test_a_signal_leaves_nothing_locked(condition):
    """It arrives when the lock is taken, and the block has not begun."""
    left = []

    class Lock:
        __enter__ = staticmethod(partial(os.kill, os.getpid(), signal.SIGTERM))
        acquire = release = locked = None

        def __exit__(self, *error):
            left.append(error[0])

    with EndingSignals(), pytest.raises(Interrupted), condition(Lock()):
        threading.Event().wait(PATIENCE)
    assert left == [Interrupted]


def test_ignored_signals_stay_ignored(run):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with EndingSignals():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


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
