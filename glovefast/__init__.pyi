# The public names. `__init__.py` reads these imports, and loads a name from its module on first use.
from glovefast import batches, keras, text, torch
from glovefast._version import __version__
from glovefast.conversion.arrays import save
from glovefast.conversion.convert import convert, convert_archive, dry_run
from glovefast.conversion.pretrained import from_pretrained
from glovefast.conversion.report import DryRun
from glovefast.errors import (
    CoverageWarning,
    DependencyError,
    FetchError,
    ForeignError,
    FormatError,
    GlovefastError,
    MatrixSizeError,
    StoreError,
    TextError,
    UnknownWordError,
    VocabularyError,
)
from glovefast.matrix.coverage import Coverage
from glovefast.matrix.explanation import Explanation
from glovefast.matrix.match import Match
from glovefast.plots.coverage import plot_coverage
from glovefast.plots.words import plot_words
from glovefast.progress import Progress
from glovefast.queries.evaluation import evaluate
from glovefast.queries.evaluation_result import Evaluation
from glovefast.queries.neighbours import Neighbours
from glovefast.vectors import WordVectors, load
from glovefast.verification.verify import Verification, verify

__all__ = [
    "Coverage",
    "CoverageWarning",
    "DependencyError",
    "DryRun",
    "Evaluation",
    "Explanation",
    "FetchError",
    "ForeignError",
    "FormatError",
    "GlovefastError",
    "Match",
    "MatrixSizeError",
    "Neighbours",
    "Progress",
    "StoreError",
    "TextError",
    "UnknownWordError",
    "Verification",
    "VocabularyError",
    "WordVectors",
    "__version__",
    "batches",
    "convert",
    "convert_archive",
    "dry_run",
    "evaluate",
    "from_pretrained",
    "keras",
    "load",
    "plot_coverage",
    "plot_words",
    "save",
    "text",
    "torch",
    "verify",
]
