"""Fetch a member of an archive from a server on the loopback, and open it again."""

import shutil
import urllib.request
import zipfile
from itertools import count
from pathlib import Path
from typing import Any

import glovefast
from benchmarks.agreement import disagreement, read_reference
from benchmarks.in_process import time_in_turn
from benchmarks.recorder import Outcome, of_functions
from benchmarks.session import Session
from benchmarks.tables import GLOVEFAST
from benchmarks.texts import MAIN
from tests.helpers.web_server import WebServer, serving

_TURNS = 3
_MAX_SHARE = 1.05  # of the member's packed bytes
_OTHER_SHARE = 0.5  # of the text, as the archive's other members


def compare_fetching(session: Session) -> dict[Any, Outcome]:
    text, directory = session.texts[MAIN], session.directory("fetching")
    archive, member, packed = _three_members(text.path, directory)
    numbers = count()
    truth = read_reference(text.reference)
    with serving({f"/{archive.name}": archive.read_bytes()}) as web:
        address = f"{web.address}/{archive.name}"

        def fetch(cache: Path) -> Any:
            return glovefast.from_pretrained(address, member=member, cache_dir=cache)

        def download() -> Any:
            path = directory / f"{next(numbers)}.zip"
            urllib.request.urlretrieve(address, path)
            return glovefast.load(glovefast.convert(path, path.with_suffix(".glovefast"), member=member))

        functions = {
            GLOVEFAST: lambda: fetch(directory / "cache"),
            "first time": lambda: fetch(directory / f"cache {next(numbers)}"),
            "on disk": lambda: glovefast.convert(
                archive, directory / f"{next(numbers)}.glovefast", member=member
            ),
            "download": download,
        }
        wrong = dict.fromkeys(functions) | {
            "first time": _costs_too_much(web, functions["first time"], packed)
        }
        for row in (GLOVEFAST, "first time"):
            vectors = functions[row]()
            wrong[row] = wrong[row] or disagreement(vectors.words.to_pylist(), vectors.vectors, *truth)
        wrong[GLOVEFAST] = wrong[GLOVEFAST] or _costs_anything(web, functions[GLOVEFAST])
        outcomes = of_functions(wrong, time_in_turn(functions, min(_TURNS, session.rounds(MAIN))))
    shutil.rmtree(directory)
    return outcomes


def _three_members(text: Path, directory: Path) -> tuple[Path, str, int]:
    """Make an archive with two more members; give the one that is wanted and its packed bytes."""
    path = directory / "three.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        part = text.read_bytes()[: int(text.stat().st_size * _OTHER_SHARE)]
        archive.writestr("first.txt", part)
        archive.write(text, text.name)
        archive.writestr("last.txt", part)
        return path, text.name, archive.getinfo(text.name).compress_size


def _costs_too_much(web: WebServer, first_time: Any, packed: int) -> str | None:
    web.forget()
    first_time()
    share = web.sent / packed
    return f"{share:.3f} times the member's packed bytes were fetched" if share > _MAX_SHARE else None


def _costs_anything(web: WebServer, again: Any) -> str | None:
    web.forget()
    again()
    return f"{len(web.requests)} requests" if web.requests else None
