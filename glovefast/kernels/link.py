"""Link the kernels into a shared library (see `glovefast.kernels.library`), from Numba's LLVM IR."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from glovefast.kernels.levels import levels_here, symbol

# All levels come from the same optimized IR, which is made for this one.
_OPTIMIZED_FOR = {"x86-64-v4": "x86-64-v3", "aarch64": "generic"}

# Linking takes a tenth of a second, and with Zig some seconds for the first time.
_LINKER_SECONDS = 120

# LLVM's pointers are written in two ways, depending on the version, so these functions have none. XGETBV
# exists only where CPUID shows OSXSAVE.
_READ_PROCESSOR = """
define i32 @cpuid(i32 %leaf, i32 %register) {
  %all = call { i32, i32, i32, i32 } asm sideeffect "cpuid", "={ax},={bx},={cx},={dx},{ax},{cx}"(
    i32 %leaf, i32 0)
  %ebx = extractvalue { i32, i32, i32, i32 } %all, 1
  %ecx = extractvalue { i32, i32, i32, i32 } %all, 2
  %is_ebx = icmp eq i32 %register, 1
  %value = select i1 %is_ebx, i32 %ebx, i32 %ecx
  ret i32 %value
}

define i32 @xgetbv() {
  %both = call { i32, i32 } asm sideeffect "xgetbv", "={ax},={dx},{cx}"(i32 0)
  %eax = extractvalue { i32, i32 } %both, 0
  ret i32 %eax
}
"""


class LinkError(Exception):
    """The kernels cannot be linked into a library on this machine."""


def find_linker() -> list[str] | None:
    """Find a C compiler, which is used only to link: ``CC``, cc, gcc, clang, or the package ziglang."""
    for command in (_wished_linker(), ["cc"], ["gcc"], ["clang"]):
        if command and shutil.which(command[0]):
            return command
    return [sys.executable, "-m", "ziglang", "cc"] if find_spec("ziglang") else None


def _wished_linker() -> list[str]:
    try:
        return shlex.split(os.environ.get("CC", ""))
    except ValueError:  # a quotation mark without the other one
        return []


def link(kernels: dict[str, Any], name: str | None = None) -> tuple[bytes, dict[str, Any]]:
    """Compile kernels for all levels of this kind of machine and link them.

    Parameters
    ----------
    kernels : dict
        The arguments, symbol and IR of each kernel (see `glovefast.kernels.compile.prepare`).
    name : str, optional
        The file name of the library; by default one that belongs to its contents.

    Returns
    -------
    tuple of (bytes, dict)
        The library and its manifest.

    Raises
    ------
    LinkError
        If this kind of machine has no libraries, there is no linker, or linking fails.
    """
    from glovefast.kernels.library import checksum

    levels = levels_here()
    if not levels:
        raise LinkError("there are no libraries of kernels for this kind of machine")
    linker = find_linker()
    if linker is None:
        raise LinkError("cc, gcc, clang and the package ziglang are all missing")
    with tempfile.TemporaryDirectory(prefix="glovefast-") as directory:
        library = _run_linker(linker, Path(directory), _objects(kernels, levels))
    manifest = {
        "library": name or f"kernels-{checksum({}, library)}.so",
        "levels": list(levels),
        "kernels": {kernel: made["arguments"] for kernel, made in kernels.items()},
    }
    return library, {**manifest, "checksum": checksum(manifest, library)}


def prepare_wheel(directory: Path) -> str | None:
    """Write what a wheel for this kind of machine contains: a library and its manifest, or else IR.

    Parameters
    ----------
    directory : Path
        Gets ``libglovefast.so`` and ``libglovefast.json``, or ``prepared.json``.

    Returns
    -------
    str or None
        Why there is no library.
    """
    from glovefast.kernels.compile import prepare

    prepared = prepare()
    try:
        library, manifest = link(json.loads(prepared)["kernels"], "libglovefast.so")
    except LinkError as error:
        (directory / "prepared.json").write_text(prepared, encoding="utf-8")
        return str(error)
    (directory / manifest["library"]).write_bytes(library)
    (directory / "libglovefast.json").write_text(json.dumps(manifest), encoding="utf-8")
    return None


def _run_linker(linker: list[str], directory: Path, objects: list[bytes]) -> bytes:
    library, inputs = directory / "libglovefast.so", []
    for number, code in enumerate(objects):
        path = directory / f"{number}.o"
        path.write_bytes(code)
        inputs.append(str(path))
    # No standard library: the result depends on no version of any. Zig keeps files of its own while it links.
    options = ["-shared", "-nostdlib", "-Wl,-s", "-o", str(library)]
    zig_cache = {f"ZIG_{which}_CACHE_DIR": str(directory / "zig") for which in ("LOCAL", "GLOBAL")}
    try:
        run = subprocess.run(  # noqa: S603 - the user's own compiler
            [*linker, *options, *inputs],
            env={**os.environ, **zig_cache},
            stdin=subprocess.DEVNULL,  # it may be the text of a conversion
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LINKER_SECONDS,
            check=False,
        )
        if run.returncode == 0 and library.is_file():
            return library.read_bytes()
        said = run.stderr.strip() or (f"exit code {run.returncode}" if run.returncode else "it makes no file")
    except subprocess.TimeoutExpired:
        said = f"it takes longer than {_LINKER_SECONDS} seconds"
    except OSError as error:
        said = str(error)
    said = said.replace(f"{directory}{os.sep}", "")  # another one each time
    raise LinkError(f"{shlex.join(linker)} cannot link: {said[-500:]}")


def _objects(kernels: dict[str, Any], levels: tuple[str, ...]) -> list[bytes]:
    """Compile the kernels to one object for each level, and one more that finds the level."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()  # for the inline assembly
    target = llvm.Target.from_default_triple()

    def machine(processor: str) -> Any:
        # "small": code and data of the library lie within 2 GB of each other.
        return target.create_target_machine(cpu=processor, opt=3, reloc="pic", codemodel="small")

    whole = llvm.parse_assembly("")
    for name, made in kernels.items():
        module = llvm.parse_assembly(made["ir"])
        # Only the kernels are exported; what they do not call is then removed.
        for value in (*module.functions, *module.global_variables):
            if not value.is_declaration and value.name != made["symbol"]:
                value.linkage = "internal"
        module.get_function(made["symbol"]).name = name
        whole.triple, whole.data_layout = module.triple, module.data_layout
        whole.link_in(module)
    passes = llvm.create_pass_builder(
        machine(_OPTIMIZED_FOR[levels[0]]), llvm.create_pipeline_tuning_options(speed_level=3)
    )
    passes.getModulePassManager().run(whole, passes)

    optimized, objects = str(whole), []
    for level in levels:
        module = llvm.parse_assembly(optimized)
        for name in kernels:
            module.get_function(name).name = symbol(name, level)
        objects.append(machine("generic" if level == "aarch64" else level).emit_object(module))
    if levels[0].startswith("x86-64"):
        module = llvm.parse_assembly(_READ_PROCESSOR)
        module.triple = target.triple
        objects.append(machine("x86-64").emit_object(module))
    return objects
