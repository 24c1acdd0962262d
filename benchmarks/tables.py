"""The tables of `tables.toml`, which says what is measured."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

_KNOWN = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
GLOVEFAST = "glovefast"
MATRIX_SIZES = tuple(_KNOWN["matrix"]["sizes"])
WANTED_WORDS = MATRIX_SIZES[-1]


@dataclass(frozen=True)
class Table:
    """One comparison; `tables.toml` explains the fields."""

    title: str
    note: str
    rows: dict[str, str]
    shape: str | None = None
    others: tuple[str, ...] = ()

    def is_peer(self, row: str) -> bool:
        """Say whether a row does the task without us."""
        return row != GLOVEFAST and row not in self.others


def _tables():
    for name, fields in _KNOWN.items():
        shapes, sizes = fields.pop("shapes", []), fields.pop("sizes", [])
        for shape in shapes:
            yield f"{name}-{shape}", Table(**fields, shape=shape)
        for size in sizes:
            yield f"{name}-{size}", Table(**{**fields, "title": fields["title"].format(size=f"{size:,}")})
        if not shapes and not sizes:
            yield name, Table(**fields)


TABLES = dict(_tables())
