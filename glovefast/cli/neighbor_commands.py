"""``glovefast similar`` and ``glovefast analogy``: the nearest words of a store."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

import glovefast
from glovefast.cli.options import FilePath, json_option, quiet_progress_option
from glovefast.cli.terminal import print_json, print_text
from glovefast.errors import printable

_count_option = click.option(
    "-k",
    "count",
    metavar="N",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How many words to find.",
)


@click.command(
    short_help="Find the words most similar to a word.",
    epilog="""\b
Examples:
  glovefast similar glove.6B.100d.glovefast king
  glovefast similar glove.6B.100d.glovefast king paris -k 5 --json""",
)
@click.argument("path", metavar="STORE", type=FilePath(path_type=Path))
@click.argument("words", metavar="WORD...", nargs=-1, required=True)
@_count_option
@quiet_progress_option
@json_option
def similar(*, path: Path, words: tuple[str, ...], count: int, quiet: bool, as_json: bool) -> None:
    """Find the words most similar to each WORD, by the cosine of their vectors."""
    found = glovefast.load(path).nearest(words, count)
    if as_json:
        results = [
            {"word": word, "similar": _as_objects(near)} for word, near in zip(words, found, strict=True)
        ]
        print_json({"store": str(path), "results": results})
    elif len(words) == 1:
        _print_table(found[0])
    else:
        tables = [
            f"{printable(word)}\n{_table(near, indent='  ')}" for word, near in zip(words, found, strict=True)
        ]
        print_text("\n\n".join(tables))


@click.command(
    short_help="Find what is to C as A is to B.",
    epilog="""\b
Examples:
  glovefast analogy glove.6B.100d.glovefast king man woman
  glovefast analogy glove.6B.100d.glovefast paris france germany -k 3""",
)
@click.argument("path", metavar="STORE", type=FilePath(path_type=Path))
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.argument("third", metavar="C")
@_count_option
@quiet_progress_option
@json_option
def analogy(
    *, path: Path, first: str, second: str, third: str, count: int, quiet: bool, as_json: bool
) -> None:
    """Find the words nearest to A - B + C: what is to C as A is to B.

    For example, "king man woman" asks what is to woman as king is to man. A, B and C are not among the
    answers.
    """
    vectors = glovefast.load(path)
    _ = vectors[[first, second, third]]  # names all missing words at once
    near: Any = vectors.most_similar(positive=[first, third], negative=[second], topn=count)
    if as_json:
        question = {"positive": [first, third], "negative": [second]}
        print_json({"store": str(path), **question, "similar": _as_objects(near)})
    else:
        _print_table(near)


def _as_objects(found: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    return [{"word": word, "similarity": similarity} for word, similarity in found]


def _print_table(found: Sequence[tuple[str, float]]) -> None:
    if found:  # not for a store of one word
        print_text(_table(found))


def _table(found: Sequence[tuple[str, float]], indent: str = "") -> str:
    near = [(printable(word), similarity) for word, similarity in found]
    width = max((len(word) for word, _ in near), default=0)
    return "\n".join(f"{indent}{word:<{width}}  {similarity:.4f}" for word, similarity in near)
