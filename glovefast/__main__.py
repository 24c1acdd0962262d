"""``python -m glovefast``: the same as the ``glovefast`` command."""

import sys

from glovefast.cli import main

if __name__ == "__main__":
    sys.exit(main())
