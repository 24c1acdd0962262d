"""`progress=True`: a bar for whoever calls the library."""

import inspect
import sys
import threading
import types
import zipfile

import pytest

import glovefast
from glovefast import progress
from glovefast.errors import FormatError
from glovefast.progress import Progress, ProgressBar

TEXT = b"".join(b"word%d 1 2 3\n" % row for row in range(1000))


class Recorder:
    """In place of tqdm: what bars there were, and how far they came."""

    made: list["Recorder"]

    def __init__(self, desc, total, **_options):
        self.desc, self.total, self.n, self.postfix, self.closed = desc, total, 0, "", False
        self.made.append(self)

    def set_postfix_str(self, postfix, refresh):
        self.postfix = postfix

    def update(self, step):
        assert step >= 0
        self.n += step

    def close(self):
        self.closed = True


@pytest.fixture
def bars(monkeypatch) -> list[Recorder]:
    Recorder.made = []
    monkeypatch.setattr(progress, "bar_class", lambda: Recorder)
    return Recorder.made


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT)
    return path


def seen(bars: list[Recorder]) -> list[tuple[object, ...]]:
    assert all(bar.closed for bar in bars)
    return [(bar.desc, bar.n, bar.total, bar.postfix) for bar in bars]


def test_a_bar_for_every_reader(bars, text):
    whole = ("text.txt", len(TEXT), len(TEXT), "1,000 rows")
    store = glovefast.convert(text, progress=True)
    assert seen(bars) == [whole]
    glovefast.dry_run(text, progress=True)
    assert seen(bars) == [whole] * 2
    assert glovefast.verify(store, text, progress=True).ok
    assert seen(bars)[-1] == whole


def test_each_member_of_an_archive_has_its_bar(bars, tmp_path):
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.writestr("one.txt", TEXT)
        archive.writestr("two.txt", TEXT)
    glovefast.convert_archive(tmp_path / "both.zip", progress=True)
    assert [bar[0] for bar in seen(bars)] == ["one.txt", "two.txt"]


def test_an_error_closes_the_bar(bars, tmp_path):
    bad = tmp_path / "bad.txt"
    bad.write_bytes(TEXT + b"bad 1 2\n")
    with pytest.raises(FormatError):
        glovefast.convert(bad, progress=True)
    assert all(bar.closed for bar in bars)


@pytest.mark.parametrize("no_bar", [None, False])
def test_no_bar(bars, text, no_bar):
    store = glovefast.convert(text, progress=no_bar)
    glovefast.dry_run(text, progress=no_bar)
    glovefast.verify(store, progress=no_bar)
    assert bars == []


@pytest.mark.parametrize("wrong", [1, "yes", [True]])
def test_what_is_no_progress(text, tmp_path, wrong):
    store = glovefast.convert(text)
    for run in (glovefast.convert, glovefast.dry_run, glovefast.verify):
        with pytest.raises(TypeError, match="progress must be a function, True, False or None"):
            run(store if run is glovefast.verify else text, progress=wrong)


def test_tqdm_draws_it(capsys, text):
    glovefast.convert(text, progress=True)
    drawn = capsys.readouterr().err
    assert "text.txt" in drawn
    assert drawn.endswith("\r")
    assert drawn.split("\r")[-2].strip() == ""  # cleared in the end


def test_names_are_shortened_and_printable(bars):
    with ProgressBar("lines") as bar:
        bar(Progress(1, None, 2, f"directory/a.zip!{'x' * 40}.txt"))
        bar(Progress(3, None, 4, "new\nline\x1b[2J.txt"))
    assert seen(bars) == [("x" * 23 + "…", 1, None, "2 lines"), (r"new\nline\x1b[2J.txt", 3, None, "4 lines")]


def test_a_notebook_gets_its_own_bar(monkeypatch):
    import tqdm
    import tqdm.auto

    bars = progress.bar_class()
    assert bars.__base__ is tqdm.tqdm
    assert bars is progress.bar_class()
    assert isinstance(bars.get_lock(), type(threading.RLock()))  # starts no process, as tqdm's own does
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    assert progress.bar_class().__base__ is tqdm.auto.tqdm


def test_signatures_stay_visible():
    for function in (glovefast.convert, glovefast.convert_archive, glovefast.dry_run, glovefast.verify):
        assert "progress" in inspect.signature(function).parameters
        assert function.__doc__


def test_bars_of_several_sources_at_the_same_time(bars):
    """In turn, as the members of an archive report; a bar goes when another one begins after its end."""
    with ProgressBar() as bar:
        for name, bytes_read in (("a", 1), ("b", 2), ("a", 5), ("b", 10), ("a", 10), ("b", 10), ("c", 3)):
            bar(Progress(bytes_read, 10, bytes_read, name))
        assert [each.closed for each in bars] == [True, True, False]
        bar(Progress(10, 10, 10, "b"))  # once more, at the end
        bar(Progress(10, 10, 10, "c"))
    assert seen(bars) == [(name, 10, 10, "10 rows") for name in "abc"]


def test_a_source_that_is_read_again_has_another_bar(bars):
    with ProgressBar() as bar:
        for name, bytes_read in (("a", 10), ("b", 4), ("a", 2), ("a", 10)):
            bar(Progress(bytes_read, 10, bytes_read, name))
    assert [(name, n) for name, n, *_ in seen(bars)] == [("a", 10), ("b", 4), ("a", 10)]
