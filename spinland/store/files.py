"""Files other than stores: written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import StoreError
from .commit import locked, replaced


def write_file(path: Path, content: bytes) -> None:
    """Write a file; whoever opens it meanwhile sees what was there before.

    A process killed in between leaves a file of a fixed name behind, which the next one that writes takes away.
    What a symbolic link points to is replaced, not the link.

    Parameters
    ----------
    path : path
        The file; what it held is replaced.
    content : bytes
        What it shall hold.

    Raises
    ------
    StoreError
        No space, no permission: the file is as it was.
    """
    place = Path(os.path.realpath(path))
    try:
        with locked(place), replaced(place) as partial:
            partial.write_bytes(content)
    except StoreError as error:
        if isinstance(error.__cause__, OSError):  # of whatever step: to the user all of them are one
            raise StoreError(path, f"cannot be written: {error.__cause__.strerror or error.__cause__}") from None
        raise
