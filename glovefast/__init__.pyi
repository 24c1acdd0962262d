# The public names, one line for each module. `__init__.py` reads these lines and loads a name on first use.
from glovefast._version import __version__
from glovefast.conversion.convert import convert, convert_archive, dry_run
from glovefast.errors import FormatError, GlovefastError, StoreError, VocabularyError
from glovefast.matrix.coverage import Coverage
from glovefast.matrix.explanation import Explanation
from glovefast.progress import Progress
from glovefast.vectors import WordVectors, load
from glovefast.verification.verify import Verification, verify

__all__ = [
    "Coverage",
    "Explanation",
    "FormatError",
    "GlovefastError",
    "Progress",
    "StoreError",
    "Verification",
    "VocabularyError",
    "WordVectors",
    "__version__",
    "convert",
    "convert_archive",
    "dry_run",
    "load",
    "verify",
]
