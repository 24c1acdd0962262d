"""What several test files need: the real file, where it is given, and hypothesis without a time limit."""

import os
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from glovefast.cli import main
from tests.helpers.command_line import TEXT

# How long an example may take is the machine's matter.
settings.register_profile("glovefast", deadline=None)
settings.load_profile("glovefast")

REAL_FILE = "GLOVEFAST_GLOVE_6B_50D"

_LONGEST_BYTES = 50  # in the name of a test

_COMPILING = "compiling the kernels of this task"

TESTS = Path(__file__).parent
# Everything here needs Keras or one of its backends; single tests elsewhere carry the marker themselves.
KERAS = [
    "keras",
    "benchmarks/test_sst2.py",
    "demo/test_side_by_side.py",
    "demo/test_walkthrough.py",
    "matrix/test_flax.py",
    "test_readme.py",
    "text/test_padding.py",
    "text/test_text_sources.py",
    "text/test_tokenizer.py",
    "torch",
    "vocabulary/test_training_vocabulary_keras.py",
    "vocabulary/test_vocabularies_of_others.py",
]
# Most of these work in processes of their own, or compile the kernels.
SLOW = [
    "robustness",
    "benchmarks/test_benchmarks.py",
    "cli/test_processes.py",
    "kernels/test_build_hook.py",
    "kernels/test_load.py",
]


def is_listed(path: Path, listed: list[str]) -> bool:
    return any(path.is_relative_to(TESTS / each) for each in listed)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what imports Keras, which takes seconds, where no test of it is wanted."""
    unwanted = "not keras" in config.option.markexpr and is_listed(collection_path, KERAS)
    return True if unwanted else None


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name long bytes by their argument: packed ones hold the time, and all workers must agree on names."""
    return argname if isinstance(val, bytes) and len(val) > _LONGEST_BYTES else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # Tests must have the same names in every run, for pytest-xdist and for those that are chosen by name.
        if " at 0x" in item.nodeid:
            raise pytest.UsageError(f"{item.nodeid}: has an address in its name; use tests.helpers.cases")
        for marker, listed in (("keras", KERAS), ("slow", SLOW)):
            if is_listed(item.path, listed):
                item.add_marker(marker)


@pytest.fixture(scope="session")
def glove_6b_50d() -> Path:
    """The real glove.6B.50d, as the zip or as the text, whichever was given."""
    given = os.environ.get(REAL_FILE)
    if not given:
        pytest.skip(f"{REAL_FILE} is not set to the path of the real glove.6B.50d (zip or text)")
    return Path(given)


@pytest.fixture(scope="session")
def glove_6b_50d_text(glove_6b_50d: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real glove.6B.50d as plain text."""
    if not zipfile.is_zipfile(glove_6b_50d):
        return glove_6b_50d
    directory = tmp_path_factory.mktemp("real")
    with zipfile.ZipFile(glove_6b_50d) as archive:
        return Path(archive.extract("glove.6B.50d.txt", directory))


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Write bytes into a file; give its path."""

    def write(data: bytes, name: str = "vectors.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def command_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to start commands in, which holds one embedding text."""
    monkeypatch.chdir(tmp_path)
    Path("small.2d.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], command_directory: Path) -> Callable[..., tuple[int, str, str]]:
    """Run the command in this process; give its exit code, output and error output."""

    def run_here(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        output, errors = capsys.readouterr()
        # Which test comes first to kernels that nobody has compiled yet is chance.
        lines = [line for line in errors.splitlines(keepends=True) if _COMPILING not in line]
        return code, output, "".join(lines)

    return run_here


@pytest.fixture
def store(run: Callable[..., tuple[int, str, str]]) -> Path:
    """The store of the embedding text in the directory of the commands."""
    assert run("convert", "small.2d.txt")[0] == 0
    return Path("small.2d.glovefast")


def pytest_sessionstart() -> None:
    """Let interrupts through to the processes that the tests start.

    A shell starts what runs in its background with SIGINT ignored, and nohup does so with SIGHUP. That is
    handed on from process to process: the tests that interrupt one would wait for ever.
    """
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, handler)
