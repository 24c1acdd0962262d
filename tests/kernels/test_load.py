"""The kernels' ways into a process: a library, kept IR, compiled, or run by Numba; all give the same bits."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from glovefast.kernels import SEPARATORS_AT_ONCE, library, load
from glovefast.kernels.compile import digest, llvm_version, prepare
from glovefast.kernels.registry import source_key

TEXT = "".join(f"word{n} {n / 7:.5g} {-n / 3e5:.5g} {n * 1e30:.9g}\n" for n in range(500))

CONVERT = """
import hashlib, logging, pathlib, sys
logging.basicConfig(level=logging.INFO, format="%(message)s")
import glovefast
store = glovefast.convert(sys.argv[1], sys.argv[2])
print(hashlib.sha256((store / "vectors.npy").read_bytes()).hexdigest(), "numba" in sys.modules)
"""

CACHE_VARIABLES = ("HOME", "XDG_CACHE_HOME", "GLOVEFAST_CACHE_DIR")
HOMELESS = """
import pwd
def unknown(user):
    raise KeyError(user)
pwd.getpwuid = unknown
"""


NAMES = ["find_separators", "parse_rows"]


@pytest.fixture(scope="module")
def prepared() -> str:
    """The IR of two kernels."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        pytest.skip("Numba runs the kernels as Python")
    return prepare(*NAMES)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "made.txt"
    path.write_text(TEXT)
    return path


def start(text: Path, cache: Path, number: int = 0, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CONVERT, str(text), str(text.parent / f"made{number}.glovefast")],
        env={**os.environ, "GLOVEFAST_CACHE_DIR": str(cache), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[str, bool, str]:
    out, error = process.communicate()
    assert process.returncode == 0, error
    made, numba_loaded = out.split()
    return made, numba_loaded == "True", error


def expected_digest(text: Path, tmp_path: Path) -> str:
    """What a loop over Python's own numbers gives."""
    import hashlib

    rows = [np.asarray(line.split()[1:], dtype="float32") for line in text.read_text().splitlines()]
    np.save(tmp_path / "expected.npy", np.array(rows))
    return hashlib.sha256((tmp_path / "expected.npy").read_bytes()).hexdigest()


def test_compiled_once_then_kept(text: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    expected = expected_digest(text, tmp_path)

    first, numba_loaded, said = finish(start(text, cache, 1))
    prepared = load.PREPARED.exists() or library.PACKAGED.exists()  # in a wheel, not in a checkout
    assert first == expected
    assert numba_loaded is not prepared
    assert ("compiling the kernels" in said) is not prepared

    second, numba_loaded, said = finish(start(text, cache, 2))
    assert second == expected
    assert not numba_loaded
    assert "compiling" not in said


@pytest.mark.parametrize("switch", ["NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK"])
def test_numba_itself_gives_the_same_bits(text: Path, tmp_path: Path, switch: str) -> None:
    made, numba_loaded, _ = finish(start(text, tmp_path / "cache", **{switch: "1"}))
    assert numba_loaded
    assert made == expected_digest(text, tmp_path)


def test_processes_that_start_at_once_on_an_empty_cache(text: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    started = [start(text, cache, number) for number in range(3)]
    assert {finish(process)[0] for process in started} == {expected_digest(text, tmp_path)}
    # Nothing is left but what was kept: the library or the IR and each kernel's code.
    assert {path.suffix for path in cache.iterdir()} <= {".json", ".so", ".o"}


def test_a_cache_that_cannot_be_written(text: Path, tmp_path: Path) -> None:
    no_directory = tmp_path / "file"
    no_directory.write_text("in the way")
    made, _, said = finish(start(text, no_directory))
    assert made == expected_digest(text, tmp_path)
    if not (load.PREPARED.exists() or library.PACKAGED.exists()):
        assert "GLOVEFAST_CACHE_DIR" in said


def test_without_a_home_directory(text: Path, tmp_path: Path) -> None:
    # As in a container whose user has no entry in /etc/passwd.
    environment = {name: value for name, value in os.environ.items() if name not in CACHE_VARIABLES}
    store = tmp_path / "made.glovefast"
    run = subprocess.run(
        [sys.executable, "-c", HOMELESS + CONVERT, str(text), str(store)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[0] == expected_digest(text, tmp_path)
    assert "GLOVEFAST_CACHE_DIR" in run.stderr or load.PREPARED.exists() or library.PACKAGED.exists()
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize("suffix", [".o", ".json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_a_damaged_cache_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepared: str, suffix: str, damage: str
) -> None:
    ir = kept_kernels(tmp_path, monkeypatch, prepared)
    damaged = sorted(tmp_path.glob(f"*{suffix}"))
    assert damaged
    for path in damaged:
        good = path.read_bytes()
        middle = len(good) // 2
        path.write_bytes(
            {
                "flip": good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :],
                "cut": good[:middle],
                "empty": b"",
            }[damage]
        )
    loaded = load._try_ir(ir, NAMES)
    if suffix == ".json":
        assert loaded is None
    else:
        assert loaded is not None
        assert all(path.read_bytes() != b"" for path in damaged)
        text = np.zeros(256, np.uint8)
        text[64:69] = np.frombuffer(b"a 1 \n", np.uint8)
        separators, ends = np.zeros(5 + SEPARATORS_AT_ONCE, np.int32), np.zeros(5, np.int32)
        kernels, _ = loaded
        assert kernels["find_separators"](text, 64, 69, 32, separators, separators, ends) == 1
        assert separators[:3].tolist() == [65, 67, 68]


def test_ir_of_another_source_is_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "kernels.json"
    kernel = {"ir": "no IR", "symbol": "x", "arguments": []}
    kernels = {"x": {**kernel, "digest": digest("x", kernel)}}
    for key, said in (("of another time", "of another version"), (source_key(), "")):
        path.write_text(json.dumps({"key": key, "llvm": llvm_version(), "kernels": kernels}))
        with caplog.at_level(logging.INFO, logger="glovefast"):
            assert load._try_ir(path, ["x"]) is None
        assert str(path) in caplog.text
        assert said in caplog.text


def test_wrong_arrays_are_refused() -> None:
    find_separators = load.load_kernels("find_separators").find_separators
    text, places = np.zeros(200, np.uint8), np.zeros(8, np.int32)
    if hasattr(find_separators, "py_func") or os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        pytest.skip("Numba checks its arguments itself")
    with pytest.raises(TypeError, match="find_separators takes a contiguous array of int32, not of int64"):
        find_separators(text, 64, 65, 32, places.astype(np.int64), places, places)
    with pytest.raises(TypeError, match="contiguous"):
        find_separators(text[::2], 64, 65, 32, places, places, places)
    with pytest.raises(ValueError, match="argument"):
        find_separators(text, 64, 65, 32, places)


def kept_kernels(directory: Path, monkeypatch: pytest.MonkeyPatch, prepared: str) -> Path:
    """Keep two kernels in a directory; return the file with their IR."""
    monkeypatch.setenv("GLOVEFAST_CACHE_DIR", str(directory))
    (directory / "kernels.json").write_text(prepared)
    assert load._try_ir(directory / "kernels.json", NAMES) is not None
    return directory / "kernels.json"


def test_exchanged_machine_code_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepared: str
) -> None:
    """Each file has a right checksum, but belongs to the other kernel; its code would crash the process."""
    ir = kept_kernels(tmp_path, monkeypatch, prepared)
    one, other = sorted(tmp_path.glob("*.o"))
    codes = one.read_bytes(), other.read_bytes()
    one.write_bytes(codes[1])
    other.write_bytes(codes[0])
    assert load._try_ir(ir, NAMES) is not None
    assert (one.read_bytes(), other.read_bytes()) == codes  # compiled again


def test_exchanged_ir_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, prepared: str
) -> None:
    ir = kept_kernels(tmp_path, monkeypatch, prepared)
    kept = json.loads(ir.read_text())
    kernels = kept["kernels"]
    kernels["find_separators"], kernels["parse_rows"] = kernels["parse_rows"], kernels["find_separators"]
    ir.write_text(json.dumps(kept))
    with caplog.at_level(logging.INFO, logger="glovefast"):
        assert load._try_ir(ir, ["find_separators"]) is None
    assert "the file is damaged" in caplog.text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_fifos_in_the_cache_are_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepared: str
) -> None:
    ir = kept_kernels(tmp_path, monkeypatch, prepared)
    for path in tmp_path.glob("*.o"):
        path.unlink()
        os.mkfifo(path)
    assert load._try_ir(ir, NAMES) is not None
    assert all(path.is_file() for path in tmp_path.glob("*.o"))
    ir.unlink()
    os.mkfifo(ir)
    assert load._try_ir(ir, ["find_separators"]) is None
    ir.unlink()
    ir.symlink_to("/dev/zero")
    assert load._try_ir(ir, ["find_separators"]) is None


@pytest.mark.parametrize(
    "kept", ["[]", '{"key": KEY, "llvm": LLVM, "kernels": {"x": 5}}', "[" * 100_000, "null"]
)
def test_kept_kernels_of_another_shape_are_not_used(tmp_path: Path, kept: str) -> None:
    path = tmp_path / "kernels.json"
    path.write_text(kept.replace("KEY", json.dumps(source_key())).replace("LLVM", str(llvm_version())))
    assert load._try_ir(path, ["x"]) is None


def test_kernels_for_another_llvm_are_compiled_again_with_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, prepared: str
) -> None:
    ir = kept_kernels(tmp_path, monkeypatch, prepared)
    kept = json.loads(ir.read_text())
    ir.write_text(json.dumps({**kept, "llvm": 9}))
    with caplog.at_level(logging.INFO, logger="glovefast"):
        assert load._try_ir(ir, ["find_separators"]) is None
    (message,) = caplog.messages
    assert message.endswith(f"they are for LLVM 9, and llvmlite has LLVM {llvm_version()}")


def test_ir_that_llvm_cannot_read_makes_one_clear_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "kernels.json"
    kernel = {"ir": "define void @x() {\n  of another time\n}", "symbol": "x", "arguments": []}
    kernels = {"x": {**kernel, "digest": digest("x", kernel)}}
    path.write_text(json.dumps({"key": source_key(), "llvm": llvm_version(), "kernels": kernels}))
    with caplog.at_level(logging.INFO, logger="glovefast"):
        assert load._try_ir(path, ["x"]) is None
    (message,) = caplog.messages
    assert "\n" not in message
    assert "of another time" not in message
    assert capfd.readouterr() == ("", "")
