"""The command as a process of its own: pipes, signals, terminals, and what it loads."""

import os
import pty
import shlex
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.helpers.command_line import TEXT, started
from tests.helpers.files import names_here
from tests.helpers.waiting import open_for

pytestmark = pytest.mark.usefixtures("command_directory")

REPOSITORY = Path(__file__).parents[2]


def test_standard_input_to_standard_output():
    done = started("convert", "-", "-o", "piped.glovefast", stdin=subprocess.PIPE, stdout=-1, stderr=-1)
    output, errors = done.communicate(TEXT.encode())
    assert (done.returncode, errors) == (0, b"")
    assert output.startswith("Converted 3 × 2 vectors to piped.glovefast in ".encode())
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


@pytest.mark.parametrize(
    "arguments", [["info", "small.2d.glovefast"], ["convert", "small.2d.txt", "--force"]]
)
def test_a_closed_standard_output_is_an_error(store, arguments):
    before = (store / "metadata.json").stat().st_ino
    command = shlex.join([sys.executable, "-m", "glovefast", *arguments])
    done = subprocess.run(f"{command} >&-", shell=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == (
        b"glovefast: error: standard output is closed; redirect it to a file or to /dev/null\n"
    )
    assert (store / "metadata.json").stat().st_ino == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_full_standard_output_does_not_undo_a_conversion(more):
    with Path("/dev/full").open("wb") as full:
        process = started("convert", "small.2d.txt", *more, stdout=full, stderr=subprocess.PIPE)
        errors = process.communicate()[1].decode()
    assert process.returncode == 0
    assert "but standard output cannot be written: No space left on device\n" in errors
    assert all(line.startswith("glovefast: warning: ") for line in errors.splitlines())
    assert names_here() == ["small.2d.glovefast", "small.2d.txt"]


def test_a_reader_that_has_gone_does_not_undo_a_conversion():
    reader, writer = os.pipe()
    os.close(reader)
    process = started("convert", "small.2d.txt", stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert process.communicate()[1] == b""
    assert process.returncode == 0
    assert names_here() == ["small.2d.glovefast", "small.2d.txt"]


@pytest.mark.parametrize("arguments", [["matrix", "small.2d.glovefast", "-"], ["convert", "-"]])
def test_a_closed_standard_input_is_an_error(store, arguments):
    command = shlex.join([sys.executable, "-m", "glovefast", *arguments, "-o", "made.npy"])
    done = subprocess.run(f"{command} <&-", shell=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"glovefast: error: standard input is closed")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("module", ["typing", "click", "numpy", "pyarrow"])
def test_an_interrupt_while_modules_are_imported_is_no_traceback(store, module):
    """As where a module written in C turns the interrupt into another error."""
    program = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nraise ImportError('not loaded')\n"
    Path("stand-ins").mkdir()
    Path(f"stand-ins/{module}.py").write_text(program, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{Path('stand-ins').absolute()}:{REPOSITORY}"}
    process = started("info", str(store), env=environment, stdout=-1, stderr=-1)
    assert process.communicate() == (b"", b"glovefast: interrupted\n")
    assert process.returncode == 130


@pytest.mark.parametrize("module", ["click", "pyarrow"])
def test_a_library_that_cannot_be_loaded_is_one_line(store, module):
    Path("stand-ins").mkdir()
    program = "raise ImportError('failed to map segment from shared object')\n"
    Path(f"stand-ins/{module}.py").write_text(program, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{Path('stand-ins').absolute()}:{REPOSITORY}"}
    process = started("info", str(store), env=environment, stdout=-1, stderr=-1)
    output, errors = process.communicate()
    assert (process.returncode, output) == (1, b"")
    assert errors.startswith(b"glovefast: error: ")
    assert (
        errors.endswith(b"loaded: failed to map segment from shared object\n")
        or b"free some memory" in errors
    )
    assert errors.count(b"\n") == 1


@pytest.mark.parametrize("words", [{}, {"COMP_WORDS": "glovefast "}, {"COMP_WORDS": "", "COMP_CWORD": "x"}])
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_shell_completion_without_what_the_shell_sets(shell, words):
    environment = {**os.environ, "_GLOVEFAST_COMPLETE": f"{shell}_complete", **words}
    process = started(env=environment, stdout=-1, stderr=-1)
    output, errors = process.communicate()
    assert (process.returncode, output) == (1, b"")
    assert errors.startswith(b"glovefast: error: ")
    assert errors.count(b"\n") == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell):
    environment = {**os.environ, "_GLOVEFAST_COMPLETE": f"{shell}_source"}
    process = started(env=environment, stdout=-1, stderr=-1)
    output = process.communicate()[0].decode()
    assert process.returncode == 0
    assert f"_GLOVEFAST_COMPLETE={shell}_complete" in output


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("conv", "plain,convert"),
        ("convert --on-b", "plain,--on-bad-row"),
        ("matrix store words --oov nor", "plain,normal"),
        ("matrix store words --fallback strip+lo", "plain,strip+lower"),
        ("info small", "file,small"),
        ("convert small", "file,small"),
        ("coverage store small", "file,small"),
    ],
)
def test_words_are_completed(words, expected):
    line = f"glovefast {words}"
    cursor = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    environment = {**os.environ, "_GLOVEFAST_COMPLETE": "bash_complete", **cursor}
    process = started(env=environment, stdout=-1, stderr=-1)
    assert process.communicate() == (f"{expected}\n".encode(), b"")
    assert process.returncode == 0


def test_an_unknown_shell_is_an_error():
    environment = {**os.environ, "_GLOVEFAST_COMPLETE": "tcsh_source"}
    process = started(env=environment, stdout=-1, stderr=-1)
    output, errors = process.communicate()
    assert (process.returncode, output) == (1, b"")
    assert errors.startswith(b"glovefast: error: _GLOVEFAST_COMPLETE must be bash_source, ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_as_a_shell_expects_and_nothing_is_left(number):
    os.mkfifo("slow.txt")
    process = started("convert", "slow.txt", "-o", "slow.glovefast", stdout=-1, stderr=-1)
    with open_for(process, "slow.txt") as pipe:
        pipe.write(TEXT.encode())
        process.send_signal(number)
        output, errors = process.communicate()
    assert (process.returncode, output, errors) == (128 + number, b"", b"glovefast: interrupted\n")
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
        described = "Converted 40,000 × 50 vectors to large.glovefast in ".encode()
        assert output == b"" if quiet else output.startswith(described)
        assert (b"large.txt:" in shown and b"B/s, " in shown and b" rows]" in shown) is not bool(quiet)
        assert shown == b"" if quiet else shown.endswith(b"\r")


def test_a_bar_while_a_store_is_verified():
    write_large_text("large.txt")
    on_terminal(100, "convert", "large.txt", "--quiet")
    output, shown = on_terminal(100, "verify", "large.glovefast", "--against", "large.txt")
    assert output.startswith(b"large.glovefast: all checks passed, all 40,000 rows match large.txt (")
    assert b"large.glovefast:" in shown
    assert b"large.txt:" in shown
    assert b" rows]" in shown
    assert on_terminal(100, "verify", "large.glovefast", "--quiet") == (b"", b"")


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
    Path("words.txt").write_text("king\n日本\n", encoding="utf-8")
    arguments = ("matrix", str(store), "words.txt", "-o", "matrix.npy")
    process = started(*arguments, env=environment, stdout=subprocess.PIPE)
    output = process.communicate()[0]
    assert output.startswith(b"Wrote 2 x 2 float32 to matrix.npy\n")
    assert output.endswith(b"missing: \\u65e5\\u672c\n")
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


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["convert", "--help"], ["convert"]])
def test_help_and_usage_errors_wait_for_no_library(arguments):
    program = (
        "import sys; from glovefast.cli import main; main(sys.argv[1:]); "
        "print(sorted({'numpy', 'pyarrow', 'xxhash', 'urllib3'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, check=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
