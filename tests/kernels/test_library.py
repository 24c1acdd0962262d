"""The kernels as a shared library: which one is loaded, at which level, and what it must not do."""

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glovefast.errors import GlovefastError
from glovefast.kernels import SEPARATORS_AT_ONCE, levels, library, link, load, registry
from glovefast.kernels import compile as compile_module
from glovefast.kernels.compile import prepare
from tests.helpers.libraries import LEVELS_OF_THIS_PROCESSOR, needs_library, undefined_symbols, without_linker

pytestmark = needs_library

NAMES = ["find_separators", "parse_rows"]


@pytest.fixture(scope="module")
def prepared() -> str:
    """Two kernels, compiled by Numba."""
    return prepare(*NAMES)


@pytest.fixture(scope="module")
def ir(prepared: str) -> dict[str, Any]:
    """The IR of two kernels."""
    return json.loads(prepared)["kernels"]


@pytest.fixture(scope="module")
def linked(ir: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    return link.link(ir, "libglovefast.so")


@pytest.fixture
def manifest(linked: tuple[bytes, dict[str, Any]], tmp_path: Path) -> Path:
    """The manifest of a library that lies beside it."""
    contents, described = linked
    (tmp_path / "libglovefast.so").write_bytes(contents)
    (tmp_path / "libglovefast.json").write_text(json.dumps(described))
    return tmp_path / "libglovefast.json"


@pytest.fixture
def nothing_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, prepared: str) -> Path:
    """A process that has loaded no kernels, and an empty cache; Numba's work is done already."""
    monkeypatch.setattr(compile_module, "prepare", lambda *names: prepared)
    cache = tmp_path / "cache"
    monkeypatch.setenv("GLOVEFAST_CACHE_DIR", str(cache))
    monkeypatch.delenv("GLOVEFAST_KERNELS", raising=False)
    for name in ("_loaded", "_ways"):
        monkeypatch.setattr(load, name, {})
    monkeypatch.setattr(load, "_reasons", [])
    monkeypatch.setattr(load, "_logged", set())
    return cache


def finds_separators(kernels: dict[str, Any]) -> bool:
    text = np.zeros(256, np.uint8)
    text[64:69] = np.frombuffer(b"a 1 \n", np.uint8)
    separators, ends = np.zeros(5 + SEPARATORS_AT_ONCE, np.int32), np.zeros(5, np.int32)
    found = kernels["find_separators"](text, 64, 69, 32, separators, separators, ends)
    return found == 1 and separators[:3].tolist() == [65, 67, 68]


@pytest.mark.parametrize("level", LEVELS_OF_THIS_PROCESSOR)
def test_every_level_of_this_processor_works(manifest: Path, level: str) -> None:
    kernels, taken = library.load_library(manifest, NAMES, level)
    assert taken == level
    assert finds_separators(kernels)


def test_a_library_is_read_once_in_a_process(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library.load_library(manifest, NAMES[:1])
    monkeypatch.setattr(library, "read", None)
    kernels, _ = library.load_library(manifest, NAMES)
    assert finds_separators(kernels)


def test_the_best_level_is_taken(manifest: Path) -> None:
    assert library.load_library(manifest, NAMES).level == LEVELS_OF_THIS_PROCESSOR[0]


@pytest.mark.skipif(
    not Path("/proc/cpuinfo").exists(), reason="the system does not list the processor's flags"
)
def test_the_level_agrees_with_the_system() -> None:
    (flags, *_) = re.findall(r"^flags\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE) or [""]
    demanded = {
        "x86-64-v2": "sse4_2 popcnt",
        "x86-64-v3": "avx2 bmi2 fma abm",
        "x86-64-v4": "avx512bw avx512vl",
    }
    supported = {level for level, names in demanded.items() if set(names.split()) <= set(flags.split())}
    assert supported == set(LEVELS_OF_THIS_PROCESSOR) - {"aarch64"}


class Processor:
    """Answers as a processor with some features would."""

    def __init__(self, features: set[tuple[int, int, int]], saved: int) -> None:
        self.features = features
        self.saved = saved

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def cpuid(self, leaf: Any, register: int) -> int:
        return sum(1 << bit for where, each, bit in self.features if (where, each) == (leaf.value, register))

    def xgetbv(self) -> int:
        assert (1, 2, 27) in self.features, "this instruction does not exist without OSXSAVE"
        return self.saved


V2, V3, V4 = (
    {(leaf, register, bit) for (leaf, register), bits in levels._DEMANDS[level].items() for bit in bits}
    for level in ("x86-64-v2", "x86-64-v3", "x86-64-v4")
)


@pytest.mark.parametrize(
    ("features", "saved", "best"),
    [
        (set(), 0, None),
        (V2 - {(1, 2, 20)}, 0, None),
        (V2, 0, "x86-64-v2"),
        (V2 | V4, 0xE7, "x86-64-v2"),
        (V2 | V3, 0x7, "x86-64-v3"),
        (V2 | V3, 0x3, "x86-64-v2"),  # the system does not save the registers of AVX
        (V2 | V3 | V4, 0x7, "x86-64-v3"),  # nor those of AVX-512
        (V2 | V3 | V4, 0xE7, "x86-64-v4"),
    ],
)
def test_levels_need_all_their_instructions(features: set[Any], saved: int, best: str | None) -> None:
    found = levels.supported_levels(Processor(features, saved), list(levels.LEVELS["x86_64"]))
    assert found == list(levels.LEVELS["x86_64"])[levels.LEVELS["x86_64"].index(best) if best else 3 :]


def test_no_level_contracts_a_product_and_a_sum(ir: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A fused multiply-add rounds once instead of twice, so that levels would differ."""
    import llvmlite.binding as llvm

    assembly = []
    emit_object = llvm.TargetMachine.emit_object

    def emit(machine: Any, module: Any) -> bytes:
        assembly.append(machine.emit_assembly(module))
        return emit_object(machine, module)

    monkeypatch.setattr(llvm.TargetMachine, "emit_object", emit)
    link._objects(ir, levels.levels_here())
    assert len(assembly) >= len(levels.levels_here())
    assert all("div" in text or "cpuid" in text for text in assembly)
    assert not re.findall(r"\bv?fn?m(?:add|sub)\w*", "\n".join(assembly))


def test_it_needs_nothing_of_a_c_library_but_what_all_have(manifest: Path) -> None:
    assert undefined_symbols(manifest.with_name("libglovefast.so")) <= {"memcpy", "memmove", "memset"}


@pytest.mark.parametrize(
    "damage", ["flip", "cut", "empty", "foreign", "fifo", "directory", "link", "missing"]
)
def test_a_damaged_library_is_never_loaded(
    manifest: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    path = manifest.with_name("libglovefast.so")
    good = path.read_bytes()
    path.unlink()
    match damage:
        case "flip":
            path.write_bytes(good[:-100] + bytes([good[-100] ^ 1]) + good[-99:])
        case "cut":
            path.write_bytes(good[: len(good) // 2])
        case "empty":
            path.write_bytes(b"")
        case "foreign":  # a right library, but with another machine's code
            path.write_bytes(good[:18] + b"\xf3\0" + good[20:])
            described = json.loads(manifest.read_text())
            described["checksum"] = library.checksum(described, path.read_bytes())
            manifest.write_text(json.dumps(described))
        case "fifo":
            os.mkfifo(path)
        case "directory":
            path.mkdir()
        case "link":
            path.symlink_to("/dev/zero")
    loads = []
    load_any = library.ctypes.CDLL

    def noted(name: str, **options: Any) -> Any:
        loads.append(name)
        return load_any(name, **options)

    monkeypatch.setattr(library.ctypes, "CDLL", noted)
    monkeypatch.setattr(load, "_reasons", [])
    monkeypatch.setattr(load, "_logged", set())
    with caplog.at_level(logging.INFO, logger="glovefast"):
        assert load._try_library(manifest, NAMES, None) is None
    assert loads == ([str(path)] if damage == "foreign" else [])
    if damage != "missing":
        (message,) = caplog.messages
        assert str(manifest) in message


@pytest.mark.parametrize(
    "described",
    ["[]", "null", "{}", "[" * 100_000, '{"library": 5}', '{"library": "../x.so", "checksum": ""}', "\x00"],
)
def test_a_damaged_manifest_is_not_used(tmp_path: Path, described: str) -> None:
    (tmp_path / "libglovefast.json").write_text(described)
    (tmp_path / "libglovefast.so").write_bytes(b"")
    assert load._try_library(tmp_path / "libglovefast.json", NAMES, None) is None


def test_a_changed_manifest_is_not_used(manifest: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A kernel that gets the arguments of another would write anywhere."""
    described = json.loads(manifest.read_text())
    kernels = described["kernels"]
    kernels["find_separators"], kernels["parse_rows"] = kernels["parse_rows"], kernels["find_separators"]
    manifest.write_text(json.dumps(described))
    with caplog.at_level(logging.INFO, logger="glovefast"):
        assert load._try_library(manifest, NAMES, None) is None
    assert "the file is damaged" in caplog.text


def test_a_packaged_library_comes_first(
    manifest: Path, nothing_loaded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "PACKAGED", manifest)
    told = load.kernels_in_use()
    assert told == {
        "by": "library",
        "level": LEVELS_OF_THIS_PROCESSOR[0],
        "file": str(manifest),
        "summary": f"shared library in the package, {LEVELS_OF_THIS_PROCESSOR[0]}",
        "reasons": [],
    }
    assert not nothing_loaded.exists()


def test_a_damaged_packaged_library_is_replaced_by_one_in_the_cache(
    manifest: Path, nothing_loaded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "PACKAGED", manifest)
    manifest.with_name("libglovefast.so").write_bytes(b"\x7fELF")
    for _ in range(2):  # compiled, then from the cache
        told = load.kernels_in_use()
        assert (told["by"], Path(told["file"]).parent) == ("library", nothing_loaded)
        (reason,) = told["reasons"]
        assert reason == f"the compiled kernels in {manifest} cannot be used: the file is damaged"
        load._loaded.clear()
        monkeypatch.setattr(load, "_compile_and_keep", None)


def test_without_a_linker_llvmlite_loads_them(
    nothing_loaded: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without_linker(monkeypatch, tmp_path)
    for _ in range(2):  # compiled, then from the cache
        told = load.kernels_in_use()
        assert (told["by"], Path(told["file"]).parent) == ("llvmlite", nothing_loaded)
        assert finds_separators(load._loaded)
        load._loaded.clear()
        monkeypatch.setattr(load, "_compile_and_keep", None)
    assert any("ziglang are all missing" in reason for reason in told["reasons"])


def test_a_linker_that_fails_is_asked_once(
    nothing_loaded: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken-cc"
    broken.write_text("#!/bin/sh\necho no such option >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CC", str(broken))
    told = load.kernels_in_use()
    assert told["by"] == "llvmlite"
    assert told["reasons"][-1].endswith(f"{broken} cannot link: no such option")
    load._loaded.clear()
    monkeypatch.setattr(load, "_compile_and_keep", None)
    assert load.kernels_in_use()["by"] == "llvmlite"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 0", "it makes no file"),
        ("exit 3", "exit code 3"),
        ("exec sleep 600", "it takes longer than 0.5 seconds"),
        ('echo "$5: unknown" >&2; exit 1', "libglovefast.so: unknown"),
        ("exit $(wc -c)", "it makes no file"),  # what the process reads is not for the linker
    ],
)
def test_a_linker_that_does_not_link(
    ir: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, said: str
) -> None:
    linker = tmp_path / "linker"
    linker.write_text(f"#!/bin/sh\n{script}\n")
    linker.chmod(0o755)
    monkeypatch.setenv("CC", str(linker))
    monkeypatch.setattr(link, "_LINKER_SECONDS", 0.5 if "sleep" in script else 120)
    (tmp_path / "input").write_text("text")
    kept = os.dup(0)
    try:
        with (tmp_path / "input").open("rb") as text:
            os.dup2(text.fileno(), 0)
        with pytest.raises(link.LinkError) as caught:
            link.link(ir)
    finally:
        os.dup2(kept, 0)
        os.close(kept)
    assert str(caught.value) == f"{linker} cannot link: {said}"


def test_a_wished_linker_that_cannot_be_read_is_left_out(
    nothing_loaded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", '"gcc')
    assert link.find_linker() != ['"gcc']
    assert finds_separators(vars(load.load_kernels("find_separators")))


@pytest.mark.parametrize("way", [*LEVELS_OF_THIS_PROCESSOR, "llvmlite", "numba"])
def test_a_variable_asks_for_a_way(nothing_loaded: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setenv("GLOVEFAST_KERNELS", way)
    told = load.kernels_in_use()
    assert way in (told["by"], told["level"])
    assert finds_separators(load._loaded)


@pytest.mark.parametrize(
    ("way", "said"), [("x86-64-v9", "must be one of"), ("aarch64", "does not support aarch64")]
)
def test_a_way_that_this_machine_does_not_have(
    nothing_loaded: Path, monkeypatch: pytest.MonkeyPatch, way: str, said: str
) -> None:
    if way in LEVELS_OF_THIS_PROCESSOR:
        pytest.skip("this machine has it")
    monkeypatch.setenv("GLOVEFAST_KERNELS", way)
    with pytest.raises(GlovefastError, match=said):
        load.load_kernels(*NAMES)


def test_a_change_in_a_module_is_a_change_for_the_kernels_that_use_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = registry._texts()
    names = registry.exported().keys()
    for name in names:
        assert registry._modules_of((name,), texts) < texts.keys()  # each kernel is found in its module
    for module, changed in (("padding", {"pad_rows"}), ("lanes", {"parse_rows"}), ("compile", set(names))):
        keys = {name: registry.source_key(name) for name in names}
        edited = {**texts, module: texts[module] + "#"}
        monkeypatch.setattr(registry, "_texts", lambda edited=edited: edited)
        assert {name for name in names if registry.source_key(name) != keys[name]} == changed
        monkeypatch.setattr(registry, "_texts", lambda: texts)


def test_the_same_is_logged_once(
    nothing_loaded: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, manifest: Path
) -> None:
    monkeypatch.setattr(load, "PACKAGED", manifest)
    manifest.write_text("{}")
    with caplog.at_level(logging.INFO, logger="glovefast"):
        load.load_kernels("parse_rows")
        load.load_kernels("find_separators")
    assert len(caplog.messages) == len(set(caplog.messages)) == 2


def test_arrays_of_equal_types_and_read_only_arrays_are_taken(manifest: Path) -> None:
    kernels, _ = library.load_library(manifest, NAMES)
    text = np.zeros(256, np.uint8)
    text[64:69] = np.frombuffer(b"a 1 \n", np.uint8)
    text.flags.writeable = False
    other = np.zeros(5 + SEPARATORS_AT_ONCE, np.dtype("i4", metadata={"of": "someone"}))
    assert kernels["find_separators"](text, np.int64(64), 69, 32, other, other, other) == 1
    with pytest.raises(TypeError, match="takes a contiguous array of int32, not of >i4"):
        kernels["find_separators"](text, 64, 69, 32, other.astype(">i4"), other, other)


WITHOUT_COMPILERS = """
import sys
sys.modules["numba"] = sys.modules["llvmlite"] = None  # so that importing them fails
import glovefast
glovefast.convert("text.txt", "made.glovefast")
glovefast.load("made.glovefast").embedding_matrix({"king": 1})
from glovefast.text import Tokenizer
Tokenizer().fit_on_texts(["the king"])
"""


@pytest.mark.slow
def test_a_process_needs_neither_llvmlite_nor_numba(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("king 0.5 1\nqueen 2 3\n")
    for script in (WITHOUT_COMPILERS.replace("sys.modules", "dict()"), WITHOUT_COMPILERS):  # compiled, kept
        run = subprocess.run(
            [sys.executable, "-c", script.replace("made", f"made{len(script)}")],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
