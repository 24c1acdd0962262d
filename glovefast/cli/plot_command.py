"""``glovefast plot``: words in two dimensions, as a picture."""

import json
from pathlib import Path

import click

import glovefast
from glovefast.cli.options import FilePath, fallback_option, json_option, output_option, quiet_option
from glovefast.cli.signals import EndingSignals
from glovefast.cli.summary import counted
from glovefast.cli.terminal import announce
from glovefast.cli.word_list import read_word_list
from glovefast.errors import VocabularyError, printable

PICTURE_FORMATS = ("png", "svg", "pdf")  # a copy of the library's list; a test compares them


def check_picture(file: Path, overwrite: bool, option: str) -> None:
    """Check that a picture can be drawn and written, before any work is done for it."""
    if file.suffix.lower().removeprefix(".") not in PICTURE_FORMATS and not file.is_dir():
        endings = ", ".join(f".{each}" for each in PICTURE_FORMATS[:-1])
        raise click.BadParameter(f"{file} must end in {endings} or .{PICTURE_FORMATS[-1]}", param_hint=option)
    from glovefast.plots.drawing import import_matplotlib
    from glovefast.store.destination import check_file_destination

    check_file_destination(file, overwrite)
    import_matplotlib()


@click.command(
    short_help="Draw words in two dimensions.",
    epilog="""\b
Examples:
  glovefast plot glove.6B.100d.glovefast words.txt -o map.png
  glovefast plot glove.6B.100d.glovefast words.txt -o map.svg --fallback lower --title "Cities"
  printf 'king\\nqueen\\nman\\nwoman\\n' | glovefast plot glove.6B.100d.glovefast - -o map.pdf""",
)
@click.argument("path", metavar="STORE", type=FilePath(path_type=Path))
@click.argument("words_file", metavar="WORDS", type=FilePath(path_type=Path))
@output_option("The picture to write: NAME.png, NAME.svg or NAME.pdf.")
@fallback_option("Another form of a missing word to look up. May be repeated; the first match wins.")
@click.option("--title", metavar="TEXT", help="The title. Default: the name of the store.")
@click.option("--force", "overwrite", is_flag=True, help="Replace a file that already exists.")
@quiet_option
@json_option
@click.pass_obj
def plot(
    signals: EndingSignals,
    /,
    *,
    path: Path,
    words_file: Path,
    destination: Path,
    fallback: tuple[str, ...],
    title: str | None,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Draw words in two dimensions: the first two principal components of their vectors.

    WORDS is UTF-8 text with one word per line, most important first, or - for standard input. No label covers
    another: where there is no room for all, the first words have labels. This needs matplotlib:
    pip install 'glovefast[plot]'.
    """
    check_picture(destination, overwrite, "-o")
    from glovefast.plots.drawing import save_picture
    from glovefast.plots.words import draw_words, map_words

    vectors = glovefast.load(path)
    words = [word for word in read_word_list(words_file) if word]
    if not words:
        raise VocabularyError(f"{words_file}: has only empty lines; write one word per line")
    found = map_words(vectors, words, fallback)
    save_picture(draw_words(found, title), destination, overwrite)
    signals.finish()
    done = f"{destination} is complete"
    if as_json:
        result = {
            "destination": str(destination),
            "words": [
                {"word": word, "x": x, "y": y}
                for word, (x, y) in zip(found.words, found.points.tolist(), strict=True)
            ],
            "variance": list(found.shares),
            "missing": list(found.missing),
            "not_finite": list(found.not_finite),
        }
        announce(json.dumps(result), done)
    elif not quiet:
        announce(f"Drew {counted(len(found.words), 'word')} in {printable(str(destination))}", done)
