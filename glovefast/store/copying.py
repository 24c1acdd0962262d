"""Copy a store, whole or not at all."""

import os
import shutil
from pathlib import Path

from glovefast.store.atomic import Partial
from glovefast.store.destination import check_store_destination
from glovefast.store.remains import clear_remains


def copy_store(store: Path, destination: Path, overwrite: bool) -> None:
    """Copy a store.

    Parameters
    ----------
    store : pathlib.Path
        The store.
    destination : pathlib.Path
        Where to put the copy.
    overwrite : bool
        Replace a store that is there.

    Raises
    ------
    StoreError
        If the destination exists and `overwrite` is false, or is not a store, or its parent is missing.
    OSError
        If the copy cannot be written. Nothing is left behind.
    """
    check_store_destination(destination, overwrite)
    target = destination.resolve()
    clear_remains(target)
    with Partial(target) as partial:
        for file in store.iterdir():
            with file.open("rb") as original, (partial.path / file.name).open("xb") as copy:
                shutil.copyfileobj(original, copy, 1 << 20)
                copy.flush()
                os.fsync(copy.fileno())
        partial.put_in_place(overwrite)
