"""``glovefast coverage``: how much of a text a store covers, and what would find the rest."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

import glovefast
from glovefast.cli.options import FilePath, fallback_option, json_option, quiet_progress_option
from glovefast.cli.plot_command import check_picture
from glovefast.cli.signals import EndingSignals
from glovefast.cli.terminal import ProgressMeter, print_json, print_text
from glovefast.cli.word_list import read_word_list
from glovefast.errors import GlovefastError

_WHITE_SPACE = "\t\n\r\f\v"


@click.command(
    short_help="Show which words of a text a store has.",
    epilog="""\b
Examples:
  glovefast coverage glove.6B.100d.glovefast train.txt
  glovefast coverage glove.6B.100d.glovefast train/*.txt.gz --fallback lower --json
  glovefast coverage glove.6B.100d.glovefast train.txt --plot coverage.png
  glovefast coverage glove.840B.300d.glovefast train.txt --keep-case --keep-punctuation
  cut -f1 counts.tsv | glovefast coverage glove.6B.100d.glovefast - --words""",
)
@click.argument("path", metavar="STORE", type=FilePath(path_type=Path))
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True, type=FilePath())
@click.option("--words", "as_words", is_flag=True, help="TEXT is a list of words, one per line.")
@click.option("--keep-case", is_flag=True, help="Do not change words to lower case.")
@click.option("--keep-punctuation", is_flag=True, help="Split words only at white space.")
@fallback_option("Use this fallback first, then suggest more. May be repeated; the first match wins.")
@click.option(
    "--min-share",
    metavar="SHARE",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="Suggest only fallbacks that find at least this share of the words still missing.",
)
@click.option(
    "--plot",
    "picture",
    metavar="FILE",
    type=FilePath(path_type=Path),
    help="Also draw the result, into NAME.png, NAME.svg or NAME.pdf.",
)
@click.option("--force", "overwrite", is_flag=True, help="With --plot, replace a file that already exists.")
@quiet_progress_option
@json_option
@click.pass_obj
def coverage(
    signals: EndingSignals,
    /,
    *,
    path: Path,
    texts: tuple[str, ...],
    as_words: bool,
    keep_case: bool,
    keep_punctuation: bool,
    fallback: tuple[str, ...],
    min_share: float,
    picture: Path | None,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Show how much of a text a store covers, why words are missing, and what would find them.

    TEXT is UTF-8 text, plain or compressed, or - for standard input. Words are counted as Keras's Tokenizer
    counts them: in lower case, split at punctuation and white space. Memory grows with the number of
    different words, not with the size of the text.
    """
    from glovefast.text import DEFAULT_FILTERS, Tokenizer

    if as_words and (keep_case or keep_punctuation):
        raise click.UsageError(
            "a list of --words is never changed; leave out --keep-case and --keep-punctuation"
        )
    if picture is not None:
        check_picture(picture, overwrite, "--plot")
    vectors = glovefast.load(path)
    with ProgressMeter(quiet, counted="lines") as progress:
        if as_words:
            counts: dict[str, int] = Counter(word for text in texts for word in read_word_list(Path(text)))
            counts.pop("", None)
        else:
            filters = _WHITE_SPACE if keep_punctuation else DEFAULT_FILTERS
            tokenizer = Tokenizer(filters=filters, lower=not keep_case)
            tokenizer.fit_on_texts(_pieces(texts, progress))
            counts = tokenizer.word_counts
    if not counts:
        raise GlovefastError(f"{', '.join(texts)}: contains no words; check that it is text")
    explained = vectors.explain_coverage(list(counts), counts, fallback, min_share)
    if picture is not None:
        from glovefast.plots.coverage import plot_coverage
        from glovefast.plots.drawing import save_picture

        save_picture(plot_coverage(explained), picture, overwrite)
        signals.finish()
    if as_json:
        print_json({"store": str(path), "texts": list(texts), **explained.to_dict()})
    else:
        print_text(str(explained))


def _pieces(texts: Iterable[str], progress: ProgressMeter) -> Iterator[str]:
    """Read texts in pieces, one text after the other."""
    from glovefast.cli.text_files import read_pieces
    from glovefast.sources.opening import open_text

    for text in texts:
        lines = 0
        with open_text(text, "the words to count") as source:
            for piece in read_pieces(source):
                yield piece
                lines += piece.count("\n")
                progress(glovefast.Progress(source.bytes_read, source.bytes_total, lines, source.name))
